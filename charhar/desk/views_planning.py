"""The calendar and the queue at the desk, and the queue as a table for spreadsheets."""

import calendar as months
import csv
import datetime
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from charhar.publishing.kinds import kinds_by_name
from charhar.publishing.languages import LANGUAGES

from . import planning
from .planning import Filters, Item

SHOWN_A_DAY = 4
ONE_DAY, ONE_WEEK = datetime.timedelta(days=1), datetime.timedelta(days=7)
YEARS = range(1900, 2200)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Day(NamedTuple):
    """One day of a calendar: what it shows, and how much stands in its week alone."""

    date: datetime.date
    shown: list[Item]
    hidden: int
    week: str
    inside: bool
    today: bool
    past: bool


def require_plans(request: HttpRequest) -> None:
    """Raise ``PermissionDenied`` for whoever may read nothing before publication, and so has no plan."""
    if not planning.may_plan(request.user):
        raise PermissionDenied


def planning_page(request: HttpRequest, title: Any, **context: Any) -> dict[str, Any]:
    """What every page of the plan shows: the admin's frame, the filters and their choices."""
    filters = Filters.of(request.GET)
    return {
        **admin.site.each_context(request),
        "title": title,
        "filters": filters,
        "filter_query": filters.query(),
        "languages": LANGUAGES,
        "kinds": [
            (name, capfirst(model._meta.verbose_name_plural)) for name, model in kinds_by_name().items()
        ],
        "here": request.get_full_path(),
        **context,
    }


# -- The calendar -----------------------------------------------------------------------------------


def _month_of(text: str) -> datetime.date | None:
    """The first day of a month written as 2027-03."""
    year, _dash, month = text.partition("-")
    try:
        first = datetime.date(int(year), int(month), 1)
    except (ValueError, OverflowError):
        return None
    return first if first.year in YEARS else None


def _week_of(text: str) -> datetime.date | None:
    """The Monday of a week written as 2027-W09."""
    year, _dash, week = text.partition("-W")
    try:
        monday = datetime.date.fromisocalendar(int(year), int(week), 1)
    except (ValueError, OverflowError):
        return None
    return monday if monday.year in YEARS else None


def week_name(day: datetime.date) -> str:
    """A day's week as addresses have it: 2027-W09."""
    year, week, _day = day.isocalendar()
    return f"{year}-W{week:02}"


def _days(items: Iterable[Item], start: datetime.date, end: datetime.date, most: int | None) -> list[Day]:
    by_day: dict[datetime.date, list[Item]] = {}
    for item in items:
        by_day.setdefault(item.day, []).append(item)  # type: ignore[arg-type]
    today, days = timezone.localdate(), []
    for number in range((end - start).days):
        date = start + number * ONE_DAY
        found = by_day.get(date, [])
        # One more than fits is shown all the same: the line that says so would need as much room.
        shown = found if most is None or len(found) <= most + 1 else found[:most]
        hidden = len(found) - len(shown)
        days.append(Day(date, shown, hidden, week_name(date), True, date == today, date < today))
    return days


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """A month as a grid, or a week as a list with hours: ``?month=2027-03``, ``?week=2027-W09``."""
    require_plans(request)
    monday = _week_of(request.GET.get("week", ""))
    if monday:
        return _week(request, monday)
    first = _month_of(request.GET.get("month", "")) or timezone.localdate().replace(day=1)
    last = first.replace(day=months.monthrange(first.year, first.month)[1])
    start = first - first.weekday() * ONE_DAY
    end = last + (7 - last.weekday()) * ONE_DAY
    filters = Filters.of(request.GET)
    items = planning.between(request.user, start, end, filters)
    days = [day._replace(inside=first <= day.date <= last) for day in _days(items, start, end, SHOWN_A_DAY)]
    context = planning_page(
        request,
        _("Calendar"),
        subtitle=date_format(first, "F Y"),
        weeks=[days[n : n + 7] for n in range(0, len(days), 7)],
        empty=not any(first <= item.day <= last for item in items if item.day),
        shown=("month", f"{first:%Y-%m}"),
        before=filters.query(month=f"{first - ONE_DAY:%Y-%m}"),
        after=filters.query(month=f"{last + ONE_DAY:%Y-%m}"),
        now=filters.query(month=f"{timezone.localdate():%Y-%m}"),
        other=filters.query(week=week_name(_within(first, last))),
    )
    return TemplateResponse(request, "admin/desk/calendar_month.html", context)


def _within(first: datetime.date, last: datetime.date) -> datetime.date:
    """Today where it lies between two days, else the first: where one goes from a month to a week."""
    today = timezone.localdate()
    return today if first <= today <= last else first


def _week(request: HttpRequest, monday: datetime.date) -> HttpResponse:
    sunday, filters = monday + 6 * ONE_DAY, Filters.of(request.GET)
    items = planning.between(request.user, monday, monday + ONE_WEEK, filters)
    year, number, _day = monday.isocalendar()
    context = planning_page(
        request,
        _("Calendar"),
        subtitle=_("Week %(number)d of %(year)d: %(first)s to %(last)s")
        % {
            "number": number,
            "year": year,
            "first": date_format(monday, "F j, Y"),
            "last": date_format(sunday, "F j, Y"),
        },
        days=_days(items, monday, monday + ONE_WEEK, None),
        empty=not items,
        shown=("week", week_name(monday)),
        before=filters.query(week=week_name(monday - ONE_WEEK)),
        after=filters.query(week=week_name(monday + ONE_WEEK)),
        now=filters.query(week=week_name(timezone.localdate())),
        other=filters.query(month=f"{_within(monday, sunday):%Y-%m}"),
    )
    return TemplateResponse(request, "admin/desk/calendar_week.html", context)


# -- The queue --------------------------------------------------------------------------------------


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Everything that has still to happen, what went wrong first, in order of time; undated drafts paged."""
    require_plans(request)
    raw = request.GET.get("page", "1")
    page = int(raw) if raw.isascii() and raw.isdigit() and 1 <= len(raw) <= 4 and raw.strip("0") else 1
    filters = Filters.of(request.GET)
    found = planning.queue(request.user, filters, page)
    context = planning_page(
        request,
        _("Queue"),
        queue=found,
        empty=not found.items() and page == 1,
        page=page,
        newer=filters.query(page=str(page - 1)),
        older=filters.query(page=str(page + 1)),
    )
    return TemplateResponse(request, "admin/desk/queue.html", context)


def cell(value: Any) -> str:
    """A value as a table may hold it: no spreadsheet takes it for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


class _Echo:
    """What a CSV writer writes to when its lines are streamed."""

    def write(self, line: str) -> str:
        return line


def _csv(items: Iterable[Item]) -> Iterator[bytes]:
    writer: Any = csv.writer(_Echo())
    yield b"\xef\xbb\xbf"  # without it spreadsheets take Chinese for something else
    yield writer.writerow(
        [
            _("When"), _("Status"), _("Kind"), _("Language"), _("Title"), _("Owner"), _("Assigned to"),
            _("Failure"), _("Last changed"), _("Version"),
        ]
    ).encode()  # fmt: skip
    for item in items:
        when = item.local.isoformat(timespec="seconds") if item.local else item.day or ""
        row = item.row
        changed = timezone.localtime(row.updated_at).isoformat(timespec="seconds")
        values = [
            when, item.status, item.kind_name, row.language, row.name, row.owner or "", row.assigned or "",
            row.failure, changed, row.version,
        ]  # fmt: skip
        yield writer.writerow([cell(value) for value in values]).encode()


@require_safe
def queue_csv(request: HttpRequest) -> HttpResponseBase:
    """The queue's filtered rows, all pages, as a table for spreadsheets."""
    require_plans(request)
    found = planning.queue(request.user, Filters.of(request.GET), size=None)
    name = f"queue-{timezone.localdate():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        _csv(found.items()),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
