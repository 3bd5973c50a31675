"""What the page of a topic, region or news section asks of articles: its list, and what heads it."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.db.models import CharField, F, IntegerField, Q, QuerySet, Value, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from charhar.publishing.languages import ENGLISH
from charhar.publishing.list_models import ListRow
from charhar.publishing.prepared import Prepared
from charhar.publishing.shelf import Shelf, newest_rows
from charhar.taxonomy.models import Listed

NEWEST_OF_A_KIND = 4
# Among how many of a subject's newest a kind is looked for: a rare one is in the list, not at its head.
LOOKED_THROUGH = 300


@dataclass
class Head:
    """What may head a subject's page, without its content; ``place`` is None where no editor chose it."""

    kind: str
    language: str
    date: datetime.date | None
    publish_at: datetime.datetime | None
    row: int
    key: int
    original: int | None
    place: int | None

    def newness(self) -> tuple[Any, ...]:
        """As lists sort, the newest last."""
        return self.language, self.date or datetime.date.min, self.publish_at, self.key

    def as_placed(self) -> tuple[Any, ...]:
        """As editors put them."""
        return self.place, self.row


class UnderSubjects:
    """Articles as the pages of subjects need them."""

    objects: ClassVar[Any]

    @classmethod
    def shelf_of(cls, subject: Listed, language: str) -> Shelf:
        """The list of a topic, region or news section in a language, as readers page through it."""
        under = {"topic": "topic", "region": "region", "newssection": "section"}[
            str(subject._meta.model_name)
        ]
        return Shelf(under, subject.pk, language, {"article": cls.objects.in_lists})

    @classmethod
    def front_of(cls, subject: Any, language: str) -> tuple[list[Any], dict[str, list[Any]]]:
        """What heads a subject's page: what editors chose, in the page's language where there is such an
        edition, and of the newest ``LOOKED_THROUGH`` the newest of each kind besides. Three queries.
        """
        heads = _heads(type(subject), language, subject=subject.pk)
        found = [Head(*row) for row in heads]
        features = sorted((head for head in found if head.place is not None), key=Head.as_placed)
        originals = [head.original or head.key for head in features]
        of_kind: dict[str, list[int]] = {}
        for head in sorted((head for head in found if head.place is None), key=Head.newness, reverse=True):
            of_kind.setdefault(head.kind, []).append(head.key)
        of_kind = {kind: keys[:NEWEST_OF_A_KIND] for kind, keys in of_kind.items()}

        keys = [key for keys in of_kind.values() for key in keys]
        editions = {"originals": originals} if originals else {}
        texts = _texts(cls, keys=keys, now=timezone.now(), **editions)
        readable = [text for text in texts if text.language in (ENGLISH, language)]
        rows = {row.pk: row for row in readable}
        # Of two editions the one in the page's language, which comes last.
        readable.sort(key=lambda row: row.language == language)
        by_original = {row.translation_of_id or row.pk: row for row in readable}
        by_kind = {
            kind: [
                rows[key]
                for key in keys
                if key in rows and (rows[key].translation_of_id or key) not in originals
            ]
            for kind, keys in of_kind.items()
        }
        return [by_original[key] for key in originals if key in by_original], by_kind


@Prepared
def _heads(kind: type[Listed], language: str, subject: int) -> QuerySet:
    """The newest under a topic or region and what editors chose for it, as ``Head`` names the columns."""
    newest = newest_rows("article", str(kind._meta.model_name), [subject], language, LOOKED_THROUGH)
    order = [F(name).desc() for name in ("date", "publish_at", "text")]
    rank = Window(RowNumber(), partition_by=[F("language"), F("kind")], order_by=order)
    among = ListRow.objects.filter(reduce(or_, (Q(pk__in=rows.values("pk")) for rows in newest)))
    of_each_kind = among.order_by().annotate(rank=rank).filter(rank__lte=NEWEST_OF_A_KIND)
    looked = (
        ListRow.objects.filter(pk__in=of_each_kind.values("pk"))
        .order_by()
        .annotate(
            row=F("pk"),
            key=F("text"),
            original=Value(None, IntegerField()),
            place=Value(None, IntegerField()),
        )
    )
    features: Any = kind._meta.get_field("features")  # type: ignore[misc]  # articles add it
    chosen = (
        features.related_model.objects.filter(**{features.field.name: subject})
        .order_by()
        .annotate(
            kind=Value("", CharField()),
            language=F("article__language"),
            date=F("article__date"),
            publish_at=F("article__publish_at"),
            row=F("pk"),
            key=F("article"),
            original=F("article__translation_of"),
            place=F("position"),
        )
    )
    columns = [column.name for column in fields(Head)]
    return looked.values_list(*columns).union(chosen.values_list(*columns), all=True)


@Prepared
def _texts(model: Any, keys: list[int], now: datetime.datetime, originals: Iterable[int] = ()) -> QuerySet:
    """The texts with these keys, and all editions of these originals, as rows of lists."""
    wanted = Q(pk__in=keys)
    if originals:
        wanted |= Q(pk__in=originals) | Q(translation_of__in=originals)
    return model.objects.in_pictured_lists(now).filter(wanted).order_by()
