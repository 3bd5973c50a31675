"""What the page of a topic, region or news section asks of articles: how many a year, and what heads it."""

import datetime
from dataclasses import dataclass, fields
from typing import Any

from django.db import models
from django.db.models import CharField, Count, F, IntegerField, Q, Value
from django.utils import timezone

from charhar.publishing.languages import ENGLISH
from charhar.publishing.listing import by_year, per_year
from charhar.publishing.models import PublishableQuerySet
from charhar.taxonomy.models import Listed

NEWEST_OF_A_KIND = 4
# Among how many of a subject's newest a kind is looked for: a rare one is in the list, not at its head.
LOOKED_THROUGH = 300


# What readers do not see whatever the hour: few of many, so that a partial index holds them.
KEPT_BACK = ~Q(state="published") | Q(trashed_at__isnull=False) | Q(corrects__isnull=False)


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


class SubjectQuerySet(PublishableQuerySet):
    """Articles as the pages of subjects need them."""

    about: Any

    def hidden(self, now: datetime.datetime | None = None) -> models.QuerySet:
        """The keys of those that readers do not see: all but ``published``; some of them more than once.

        They are few, and each part has an index, so that none of those that readers do see is looked at.
        """
        now = now or timezone.now()
        parts = [KEPT_BACK, Q(publish_at__gt=now), Q(expire_at__lte=now)]
        first, *others = (self.filter(part).order_by().values("pk") for part in parts)
        return first.union(*others, all=True)

    def years_under(self, subject: Listed, language: str) -> dict[int | None, int]:
        """How many articles a subject's list in one language holds, by year. One query.

        In English it is all that is filed, as the lists' own index has it, less what readers do not see, so
        that none of the others is read. In Chinese each is asked whether it has an edition in the other
        language.
        """
        if language != ENGLISH:
            return per_year(self.for_readers_in(language).about(subject, language))
        rows = {"topic": "topic_rows", "region": "region_rows", "newssection": "section_rows"}
        filing = self.model._meta.get_field(rows[str(subject._meta.model_name)]).related_model
        filed = filing.objects.filter(subject=subject, language=language).order_by()
        days = filed.values("date").annotate(number=Count("pk"))
        unseen = filed.filter(article__in=self.model.versions.hidden())
        less = unseen.values("date").annotate(number=0 - Count("pk"))
        return by_year(days.values_list("date", "number").union(less.values_list("date", "number"), all=True))

    def front_of(self, subject: Any, language: str) -> tuple[list[Any], dict[str, list[Any]]]:
        """What heads a subject's page: what editors chose, in the page's language where there is such an
        edition, and of the newest ``LOOKED_THROUGH`` the newest of each kind besides. Three queries.
        """
        readable = self.for_readers_in(language)
        newest = self.filter(pk__in=readable.about(subject, language).values("pk")[:LOOKED_THROUGH])
        looked = newest.order_by().annotate(
            row=F("pk"), key=F("pk"), original=F("translation_of"), place=Value(None, IntegerField())
        )
        chosen = subject.features.order_by().annotate(
            kind=Value("", CharField()),
            language=F("article__language"),
            date=F("article__date"),
            publish_at=F("article__publish_at"),
            row=F("pk"),
            key=F("article"),
            original=F("article__translation_of"),
            place=F("position"),
        )
        columns = [column.name for column in fields(Head)]
        heads = looked.values_list(*columns).union(chosen.values_list(*columns), all=True)
        found = [Head(*row) for row in heads]
        features = sorted((head for head in found if head.place is not None), key=Head.as_placed)
        originals = [head.original or head.key for head in features]
        of_kind: dict[str, list[int]] = {}
        for head in sorted((head for head in found if head.place is None), key=Head.newness, reverse=True):
            of_kind.setdefault(head.kind, []).append(head.key)
        of_kind = {kind: keys[:NEWEST_OF_A_KIND] for kind, keys in of_kind.items()}

        wanted = Q(pk__in=[key for keys in of_kind.values() for key in keys])
        if originals:
            wanted |= Q(pk__in=originals) | Q(translation_of__in=originals)
        rows = {row.pk: row for row in readable.filter(wanted).for_list().order_by()}
        by_original = {row.translation_of_id or row.pk: row for row in rows.values()}
        by_kind = {
            kind: [
                rows[key]
                for key in keys
                if key in rows and (rows[key].translation_of_id or key) not in originals
            ]
            for kind, keys in of_kind.items()
        }
        return [by_original[key] for key in originals if key in by_original], by_kind
