"""Lists: pages of twenty and narrowing by year; nothing else varies an address."""

import datetime
from typing import Any

from django.core.paginator import EmptyPage, PageNotAnInteger, Paginator
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

PER_PAGE = 20


def listing(request: HttpRequest, rows: Any, per_page: int = PER_PAGE) -> dict[str, Any]:
    """The context of a list: ``page``, ``years`` that hold something, and the chosen ``year`` or None.

    ``rows`` is a queryset with a ``date``. Raises ``Http404`` for a page or year that makes no sense or holds
    nothing. Three queries besides the rows' own prefetches.
    """
    years = [day.year for day in rows.order_by().dates("date", "year", order="DESC")]
    year = _year(request.GET.get("year"), years)
    if year is not None:
        rows = rows.filter(date__gte=datetime.date(year, 1, 1), date__lte=datetime.date(year, 12, 31))
    return {"page": page_of(request, rows, per_page), "years": years, "year": year}


def page_of(request: HttpRequest, rows: Any, per_page: int = PER_PAGE) -> Any:
    """The page that ``?page=`` names; page 1 of an empty list is empty, not missing."""
    wanted = request.GET.get("page", "1")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 8):
        raise Http404(_("There is no such page of this list."))
    try:
        return Paginator(rows, per_page).page(int(wanted))
    except (EmptyPage, PageNotAnInteger):
        raise Http404(_("There is no such page of this list.")) from None


def _year(wanted: str | None, years: list[int]) -> int | None:
    if wanted is None or wanted == "":
        return None
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) == 4 and int(wanted) in years):
        raise Http404(_("Nothing here is dated in that year."))
    return int(wanted)


def varied_query(request: HttpRequest) -> str:
    """The part of the query that names another page: ``?year=2022&page=2``, page 1 left out, in one order."""
    parts = [f"year={request.GET['year']}"] if request.GET.get("year") else []
    if request.GET.get("page", "1") != "1":
        parts.append(f"page={request.GET['page']}")
    return f"?{'&'.join(parts)}" if parts else ""
