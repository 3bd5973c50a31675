"""Lists: pages of twenty and narrowing by year; nothing else varies an address."""

import datetime
from typing import Any

from django.core.paginator import EmptyPage, Page, Paginator
from django.http import Http404, HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from .shelf import Shelf

PER_PAGE = 20


class CountedPaginator(Paginator):
    """Django's paginator for rows whose number is already known."""

    def __init__(self, rows: Any, per_page: int, count: int) -> None:
        super().__init__(rows, per_page)
        self.known = count

    @cached_property
    def count(self) -> int:
        return self.known


def listing(request: HttpRequest, shelf: Shelf, per_page: int = PER_PAGE) -> dict[str, Any]:
    """The context of a list: ``page``, ``years`` that hold something, and the chosen ``year`` or None.

    Raises ``Http404`` for a page or year that makes no sense or holds nothing. Two queries besides the rows'
    own prefetches: the number in each year, and the page.
    """
    numbers = shelf.per_year()
    years = sorted((year for year in numbers if year is not None), reverse=True)
    year = _year(request.GET.get("year"), years)
    if year is None:
        count = sum(numbers.values())
    else:
        count = numbers[year]
        shelf = shelf.in_year(year)
    return {"page": page_of(request, shelf, per_page, count), "years": years, "year": year}


def in_year(rows: Any, year: int) -> Any:
    """The rows dated in one year."""
    return rows.filter(date__range=(datetime.date(year, 1, 1), datetime.date(year, 12, 31)))


def page_of(request: HttpRequest, rows: Any, per_page: int = PER_PAGE, count: int | None = None) -> Page:
    """The page that ``?page=`` names; page 1 of an empty list is empty, not missing.

    ``count`` saves the query for the number of rows where that is known. Raises ``Http404`` for nonsense.
    """
    paginator = Paginator(rows, per_page) if count is None else CountedPaginator(rows, per_page, count)
    wanted = request.GET.get("page", "1")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 8):
        raise Http404(_("There is no such page of this list."))
    try:
        page = paginator.page(int(wanted))
    except EmptyPage:
        raise Http404(_("There is no such page of this list.")) from None
    request.is_list = True  # type: ignore[attr-defined]  # for varied_query
    return page


def _year(wanted: str | None, years: list[int]) -> int | None:
    if not wanted:
        return None
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) == 4 and int(wanted) in years):
        raise Http404(_("Nothing here is dated in that year."))
    return int(wanted)


def varied_query(request: HttpRequest) -> str:
    """The part of the query that names another page: ``?year=2022&page=2``, page 1 left out, in one order.

    Empty where the request was not for a list, which has no pages.
    """
    if not hasattr(request, "is_list"):
        return ""
    parts = [
        f"{name}={int(value)}"
        for name in ("year", "page")
        if (value := request.GET.get(name, "")).isascii()
        and value.isdigit()
        and (name, int(value)) != ("page", 1)
    ]
    return f"?{'&'.join(parts)}" if parts else ""
