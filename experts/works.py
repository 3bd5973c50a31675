"""Everything of an expert's that stands on this site, by kind and year."""

from typing import Any, NamedTuple

from django.db.models import BooleanField, CharField, Count, ExpressionWrapper, Q, QuerySet, Value
from django.http import Http404
from django.utils.translation import gettext as _

from charhar.publishing.languages import current_language
from charhar.publishing.together import Together

from .models import Expert

PUBLICATION, MEDIA = "publication", "media"


class Kind(NamedTuple):
    """One kind of works: how an address names it, its label, and how many there are."""

    key: str
    label: str
    number: int


class Works(Together):
    """An expert's articles and publications, or those of one kind; ``kinds`` are those that hold something.

    What first ran elsewhere is a kind as well, beside the one that it is. Raises ``Http404`` for a kind that
    holds nothing. Counting is one query, a page at most four.
    """

    def __init__(self, person: Expert, kind: str = "") -> None:
        language = current_language()
        # Upwards by the reverse managers: this app knows nothing of articles and publications.
        bylines: Any = person.bylines  # type: ignore[attr-defined]
        contributors: Any = person.contributors  # type: ignore[attr-defined]
        self.article = bylines.model.article.field.related_model
        publication = contributors.model.publication.field.related_model
        articles = self.article.objects.for_readers_in(language).filter(pk__in=bylines.values("article"))
        publications = publication.objects.for_readers_in(language).filter(
            pk__in=contributors.values("publication")
        )
        self.counted = self._count(articles, publications)
        texts = {"article": self._of_kind(articles, kind)} if kind != PUBLICATION else {}
        if kind in ("", PUBLICATION):
            texts[PUBLICATION] = publications
        super().__init__(
            texts,
            {
                "article": self.article.objects.select_related("lead_image", "outlet").defer("body"),
                PUBLICATION: publication.objects.for_list(),
            },
        )
        self.kind = kind
        if kind not in (each.key for each in self.kinds) and kind:
            raise Http404(_("There is no work of that kind here."))

    def _of_kind(self, articles: QuerySet, kind: str) -> QuerySet:
        if kind == MEDIA:
            return articles.filter(outlet__isnull=False)
        return articles.filter(kind=kind) if kind else articles

    def _count(self, articles: QuerySet, publications: QuerySet) -> list[tuple[str, bool, Any, int]]:
        """Kind, whether it first ran elsewhere, day and number. One query."""
        elsewhere = ExpressionWrapper(Q(outlet__isnull=False), BooleanField())
        nowhere = Value(False, BooleanField())
        rows = articles.order_by().annotate(elsewhere=elsewhere).values_list("kind", "elsewhere", "date")
        books = publications.order_by().annotate(what=Value(PUBLICATION, CharField()), elsewhere=nowhere)
        return list(
            rows.annotate(number=Count("pk")).union(
                books.values_list("what", "elsewhere", "date").annotate(number=Count("pk")), all=True
            )
        )

    @property
    def kinds(self) -> list[Kind]:
        """The kinds in their order, all of them together first."""
        labels = {"": _("All"), **dict(self.article.Kind.choices), PUBLICATION: _("Publications")}
        labels[MEDIA] = _("First ran elsewhere")
        numbers = {key: sum(n for row in self.counted if (n := self._number(row, key))) for key in labels}
        return [Kind(key, str(label), numbers[key]) for key, label in labels.items() if numbers[key]]

    def _number(self, row: tuple[str, bool, Any, int], kind: str) -> int:
        what, elsewhere, _date, number = row
        return number if kind in ("", what) or (kind == MEDIA and elsewhere) else 0

    def per_year(self) -> dict[int | None, int]:
        numbers: dict[int | None, int] = {}
        for row in self.counted:
            if number := self._number(row, self.kind):
                year = row[2] and row[2].year
                numbers[year] = numbers.get(year, 0) + number
        return numbers
