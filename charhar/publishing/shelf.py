"""One list of the site, as readers page through it: counted by months, read by an index, far pages by a leap.

A page costs the same wherever it is. Which year and month it begins in follows from the counts, and only
within that month are rows passed over; that is done in the index of ``ListRow``, without touching a text.
"""

import calendar
import datetime
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import F, IntegerField, Q, QuerySet, Sum
from django.utils import timezone

from .languages import CHINESE, ENGLISH
from .list_models import ListCount, ListRow
from .prepared import Prepared
from .standing import ALONE, MEDIA, UNDATED

# Fewer rows than this are passed over for less than it costs to ask for the month.
NEAR = 200
ORDER = ("-date", "-publish_at", "-text")
# The texts of one kind that readers see at a moment, with all that a row shows.
Rows = Callable[[datetime.datetime], Any]


class Stretch(NamedTuple):
    """Some of a list's rows in one edition."""

    edition: str
    start: int
    stop: int


def editions_in(language: str) -> list[str]:
    """What a list in a language shows, in its order: in Chinese also what is there in English alone."""
    return [ENGLISH] if language == ENGLISH else [CHINESE, ALONE]


class Shelf:
    """One list in one language, newest first; for ``listing``.

    ``rows`` make the querysets, by name of the kind, that a page's texts are fetched from. ``kind`` narrows a
    list whose parts are counted by kind.
    """

    def __init__(
        self, under: str, subject: int, language: str, rows: Mapping[str, Rows], *, kind: str = ""
    ) -> None:
        self.under, self.subject, self.language, self.rows = under, subject, language, rows
        self.kind, self.year = kind, 0
        self._numbers: dict[str, Counter[int]] | None = None

    @property
    def counted_as(self) -> str:
        """The name that the list's counts stand under."""
        return f"{self.under}:{self.kind}" if self.kind else self.under

    def numbers(self) -> dict[str, Counter[int]]:
        """How many rows each edition has in each year. One query, once."""
        if self._numbers is None:
            found = numbers_of([self.counted_as], self.subject, self.language)
            self._numbers = found.get(self.counted_as, {})
        return self._numbers

    def per_year(self) -> dict[int | None, int]:
        """How many texts each year holds; undated ones under None."""
        years: Counter[int] = Counter()
        for numbers in self.numbers().values():
            years.update(numbers)
        return {None if year == UNDATED.year else year: number for year, number in years.items()}

    def in_year(self, year: int) -> "Shelf":
        """Those dated in one year."""
        narrowed = Shelf(self.under, self.subject, self.language, self.rows, kind=self.kind)
        narrowed.year = year
        narrowed._numbers = {
            edition: Counter({year: numbers[year]}) for edition, numbers in self.numbers().items()
        }
        return narrowed

    def __getitem__(self, part: slice) -> list[Any]:
        """The texts of one page: each kind's own query, one for keys of several kinds, one on a far page."""
        start, stop = part.start or 0, part.stop
        looks = [self._look(stretch, stop - start) for stretch in self._stretches(start, stop)]
        if len(self.rows) == 1 and looks:
            (rows,) = self.rows.values()
            values = {
                f"{name}{n}": value for n, look in enumerate(looks) for name, value in look.values.items()
            }
            texts = texts_of(rows, *(look.shape for look in looks), now=timezone.now(), **values)
            return sorted(texts, key=newness, reverse=True)[: stop - start]
        keys = [key for look in looks for key in keys_of(look.shape, **look.values)]
        return self.fetch(keys[: stop - start])

    def fetch(self, keys: list[tuple[str, int]]) -> list[Any]:
        """The texts with these names of kinds and keys, in their order."""
        found: dict[tuple[str, int], Any] = {}
        for what, rows in self.rows.items():
            wanted = [pk for named, pk in keys if named == what]
            for row in texts_with(rows, keys=wanted, now=timezone.now()) if wanted else ():
                found[what, row.pk] = row
        return [found[key] for key in keys if key in found]

    def _stretches(self, start: int, stop: int) -> Iterator[Stretch]:
        for edition in editions_in(self.language):
            length = self.numbers().get(edition, Counter()).total()
            if start < length and start < stop:
                yield Stretch(edition, start, min(stop, length))
            start, stop = max(0, start - length), max(0, stop - length)

    def _look(self, stretch: Stretch, count: int) -> "Look":
        values: dict[str, Any] = {"under": self.under, "subject": self.subject, "start": stretch.start}
        if stretch.start >= NEAR:
            values["newest"], passed = self._leap(stretch)
            values["start"] -= passed
        if self.year:
            values["since"] = datetime.date(self.year, 1, 1)
            values.setdefault("newest", datetime.date(self.year, 12, 31))
        if self.kind and self.kind != MEDIA:
            values["kind"] = self.kind
        return Look((stretch.edition, count, self.kind == MEDIA), values)

    def _leap(self, stretch: Stretch) -> tuple[datetime.date, int]:
        """The last day of the month that the stretch begins in, and how many rows are newer. One query."""
        passed, numbers = 0, self.numbers()[stretch.edition]
        for year in sorted(numbers, reverse=True):
            if passed + numbers[year] > stretch.start:
                break
            passed += numbers[year]
        newest = datetime.date(year, 12, 31)
        for period, number in months_of(
            under=self.counted_as, subject=self.subject, edition=stretch.edition,
            first=year * 100, last=year * 100 + 99,
        ):  # fmt: skip
            if passed + number > stretch.start:
                month = period % 100 or 12
                newest = datetime.date(year, month, calendar.monthrange(year, month)[1])
                break
            passed += number
        return newest, passed


class Look(NamedTuple):
    """What is looked for in a list's rows: edition, how many, whether only what ran elsewhere; and values."""

    shape: tuple[str, int, bool]
    values: dict[str, Any]


def _looked(shape: tuple[str, int, bool], number: str, values: Mapping[str, Any]) -> QuerySet[ListRow]:
    """The rows of one look, in their order; its values are those whose names end in ``number``."""
    edition, count, elsewhere = shape
    own = {name.removesuffix(number): value for name, value in values.items() if name.endswith(number)}
    rows = rows_under(own["under"], own["subject"], edition)
    if elsewhere:
        rows = rows.filter(elsewhere=True)
    for name, condition in (("kind", "kind"), ("since", "date__gte"), ("newest", "date__lte")):
        if name in own:
            rows = rows.filter(**{condition: own[name]})
    return rows.order_by(*ORDER)[own["start"] : own["start"] + count]


@Prepared
def keys_of(shape: tuple[str, int, bool], **values: Any) -> QuerySet:
    """The kinds and keys of what stands in a part of a list."""
    return _looked(shape, "", values).values_list("what", "text")


@Prepared
def texts_of(rows: Rows, *shapes: tuple[str, int, bool], now: datetime.datetime, **values: Any) -> QuerySet:
    """The texts, all of one kind, that stand in some parts of a list, in no order."""
    pages = [_looked(shape, str(n), values) for n, shape in enumerate(shapes)]
    return rows(now).filter(reduce(or_, (Q(pk__in=page.values("text")) for page in pages))).order_by()


@Prepared
def texts_with(rows: Rows, keys: list[int], now: datetime.datetime) -> QuerySet:
    """The texts with these keys, in no order."""
    return rows(now).filter(pk__in=keys).order_by()


@Prepared
def months_of(under: str, subject: int, edition: str, first: int, last: int) -> QuerySet:
    """How many rows of a list fall into each month of a time, the newest first."""
    months = ListCount.objects.filter(under=under, subject=subject, edition=edition)
    return months.filter(period__range=(first, last)).order_by("-period").values_list("period", "number")


@Prepared
def years_of(unders: tuple[str, ...], language: str, subject: int) -> QuerySet:
    """How many rows some lists have in each edition and year."""
    return (
        ListCount.objects.filter(under__in=unders, subject=subject, edition__in=editions_in(language))
        .annotate(year=F("period") / 100)
        .order_by()
        .values_list("under", "edition", "year")
        .annotate(total=Sum("number", output_field=IntegerField()))
    )


def newness(text: Any) -> tuple[Any, ...]:
    """As lists sort, the newest last."""
    return text.language, text.date or UNDATED, text.publish_at, text.pk


def rows_under(under: str, subject: int, edition: str) -> QuerySet[ListRow]:
    """The rows of a list in one edition."""
    rows = ListRow.objects.filter(under=under, subject=subject)
    return rows.filter(language=ENGLISH, alone=True) if edition == ALONE else rows.filter(language=edition)


def newest_rows(
    what: str, under: str, subjects: Iterable[int], language: str, count: int, by: tuple[str, ...] = ORDER
) -> list[QuerySet[ListRow]]:
    """The newest rows of one kind in some subjects' lists, ``count`` of each edition of each list."""
    return [
        rows_under(under, subject, edition).filter(what=what).order_by(*by)[:count]
        for subject in subjects
        for edition in editions_in(language)
    ]


def newest_of(what: str, under: str, subjects: Iterable[int], *more: Any, **by: Any) -> Q:
    """A condition on texts of one kind: those of ``newest_rows``, for the query that fetches them."""
    found = newest_rows(what, under, subjects, *more, **by)
    return reduce(or_, (Q(pk__in=rows.values("text")) for rows in found)) if found else Q(pk__in=())


def numbers_of(unders: list[str], subject: int, language: str) -> dict[str, dict[str, Counter[int]]]:
    """How many rows some lists have, by the name that they are counted under, edition and year. One query."""
    found: dict[str, dict[str, Counter[int]]] = {}
    for under, edition, year, total in years_of(tuple(unders), language, subject=subject):
        if total > 0:
            found.setdefault(under, {}).setdefault(edition, Counter())[year] = total
    return found
