"""What of all texts concerns one person now, for the start page of the admin.

Every part (texts to review, drafts, what is scheduled, ...) is a queryset a kind of text; the rows of all
parts and kinds come in one query, their numbers in a second, however many there are.
"""

import datetime
from collections import defaultdict
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db.models import (
    CharField,
    Count,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Coalesce, Concat, NullIf
from django.utils import timezone

from charhar.publishing.admin_filters import STALE
from charhar.publishing.kinds import kinds_of_text
from charhar.publishing.models import Action, Publishable, Snapshot, State
from charhar.publishing.permissions import allowed, own_q, permitted_q

from .models import Assignment, Comment, Opinion, Sitting, TextLink

SHOWN = 8
RECENT = datetime.timedelta(days=30)


class Part(NamedTuple):
    """A part's texts of one kind: which, in which order (``moment`` or ``-moment``), what more is said."""

    rows: Any
    moment: Any
    newest_first: bool = False
    note: Any = Value("")
    first: list[int] | None = None  # the keys of the first lines, where their order is known already


class Line(NamedTuple):
    """A text or working copy in a part."""

    part: str
    kind: str
    pk: int
    name: str
    language: str
    state: str
    corrects: int | None
    moment: datetime.datetime
    note: str

    @property
    def model(self) -> type[Publishable]:
        """The kind of text."""
        return next(model for model in kinds_of_text() if model._meta.label == self.kind)


class Overview(NamedTuple):
    """The first lines of each part, how many there are of each kind, and the rows that are about texts."""

    lines: dict[str, list[Line]]
    numbers: dict[str, dict[str, int]]
    assignments: dict[tuple[str, int], Assignment]
    comments: dict[tuple[str, int], Comment]
    sittings: dict[tuple[str, int], Sitting]
    begun: list[Sitting]  # new texts that were typed and never saved

    def number(self, part: str) -> int:
        """How many texts a part has in all."""
        return sum(self.numbers.get(part, {}).values())


def overview(user: Any, now: datetime.datetime | None = None) -> Overview:
    """All parts for ``user``: two queries, and three for what is about texts; one for who has no texts."""
    now = now or timezone.now()
    kinds = [model for model in kinds_of_text() if any(allowed(user, action, model) for action in Action)]
    if not kinds:
        return Overview({}, {}, {}, {}, {}, [])
    names = {ContentType.objects.get_for_model(model).pk: model._meta.label for model in kinds}
    mine = Assignment.objects.filter(to=user, done_at=None)
    assignments = _about(mine.order_by(F("due").asc(nulls_last=True), "pk"), names)
    mentions = Comment.objects.filter(mentions=user, resolved_at=None, parent=None) | Comment.objects.filter(
        mentions=user, resolved_at=None, parent__resolved_at=None
    )
    comments = _about(mentions.distinct().order_by("-created_at"), names)
    kept = Sitting.objects.filter(user=user, typed_at__isnull=False, closed_at=None)
    typed = [s for s in kept.order_by("-typed_at").defer("form") if s.content_type_id in names]
    sittings: dict[tuple[str, int], Sitting] = {}
    for sitting in typed:
        if sitting.object_id is not None:  # of two windows, the one typed in last
            sittings.setdefault((names[sitting.content_type_id], sitting.object_id), sitting)
    keyed = {"assigned": assignments, "mentioned": comments, "unsaved": sittings}
    branches = [
        (code, model, part)
        for model in kinds
        for code, part in _parts(user, model, now, keyed).items()
        if part is not None
    ]
    lines = _lines(branches)
    for code, rows in keyed.items():
        order = list(rows)
        lines[code].sort(key=lambda line: order.index((line.kind, line.pk)))
    return Overview(
        lines,
        _numbers(branches),
        assignments,
        comments,
        sittings,
        [s for s in typed if s.object_id is None],
    )


def _about(rows: Any, names: dict[int, str]) -> dict[tuple[str, int], Any]:
    """The rows by the text that they are about; of several the first."""
    found: dict[tuple[str, int], Any] = {}
    for row in rows[:200]:
        if row.content_type_id in names:
            found.setdefault((names[row.content_type_id], row.object_id), row)
    return found


def _parts(user: Any, model: Any, now: datetime.datetime, keyed: dict[str, Any]) -> dict[str, Part | None]:
    """Every part of one kind of text; None for what this person has no business with."""
    label, kind = model._meta.label, ContentType.objects.get_for_model(model)
    there = model.versions.filter(trashed_at=None)
    public = model.objects.published(now)
    own = own_q(user, model)

    def about(code: str) -> Part | None:
        """Only what the person may read: an assignment or a mention gives no right."""
        keys = [pk for name, pk in keyed[code] if name == label]
        seen = Q() if user.is_superuser else permitted_q(user, Action.VIEW, model)
        first = [pk for name, pk in list(keyed[code])[:SHOWN] if name == label]
        return (
            Part(there.filter(seen, pk__in=keys), changed, newest_first=True, first=first) if keys else None
        )

    changed = F("updated_at")
    publishes = allowed(user, Action.PUBLISH, model)
    judged = there.filter(permitted_q(user, Action.PUBLISH, model)) if publishes else None
    mended = None
    if allowed(user, Action.CHANGE, model):
        mended = public.filter(own | permitted_q(user, Action.PUBLISH, model) if publishes else own)
    opened = Snapshot.objects.filter(content_type=kind, object_id=OuterRef("pk"), action="open", user=user)
    opinions = Opinion.objects.filter(
        content_type=kind, object_id=OuterRef("pk"), version=OuterRef("version")
    )
    opinions = opinions.exclude(user=user)
    broken = TextLink.objects.filter(content_type=kind).exclude(problem="")
    links = broken.filter(object_id=OuterRef("pk"))
    unpublished = ~Q(state=State.PUBLISHED)  # goes without saying, but for the index
    unfinished = unpublished & Q(state__in=[State.DRAFT, State.REVIEW])
    parts: dict[str, Part | None] = {
        "drafts": Part(
            there.filter(unfinished, own | Q(Exists(opened), corrects__isnull=False)),
            changed,
            newest_first=True,
        ),
        "opinions": Part(
            there.filter(unfinished, Exists(opinions), own),
            Subquery(opinions.values("at")[:1], output_field=DateTimeField()),
            newest_first=True,
            note=Subquery(opinions.values("verdict")[:1]),
        ),
        "recent": Part(public.filter(publish_at__gt=now - RECENT), F("publish_at"), newest_first=True),
        "scheduled": Part(
            there.filter(
                permitted_q(user, Action.VIEW, model), state=State.PUBLISHED, publish_at__gt=now, failure=""
            ),
            F("publish_at"),
        ),
        **{code: about(code) for code in keyed},
    }
    if judged is not None:
        parts["review"] = Part(judged.filter(unpublished, state=State.REVIEW), changed)
        # COALESCE lets SQLite look through the few working copies, not through all texts in order.
        moment = Coalesce(F("publish_at"), F("publish_at"))
        parts["failed"] = Part(judged.exclude(failure="").filter(corrects__isnull=False), moment)
    if mended is not None:
        parts["broken"] = Part(
            mended.filter(pk__in=broken.values("object_id")),  # few, by an index of their own
            Subquery(links.order_by("broken_since").values("broken_since")[:1], output_field=DateTimeField()),
            note=Subquery(
                links.order_by("broken_since")
                .annotate(said=Concat("problem", Value(" "), "url", output_field=TextField()))
                .values("said")[:1]
            ),
        )
        if not hasattr(model, "date"):
            parts["stale"] = Part(mended.filter(updated_at__lt=now - STALE), changed)
    return parts


def _lines(branches: list[tuple[str, Any, Part]]) -> dict[str, list[Line]]:
    """The first lines of each part. One query: what is cut off is cut off in each branch, by its keys."""
    selects = []
    for code, model, part in branches:
        order = F("moment").desc() if part.newest_first else F("moment").asc()
        ordered = part.rows.annotate(moment=part.moment).order_by(order, "pk").values("pk")
        first = ordered[:SHOWN] if part.first is None else part.rows.filter(pk__in=part.first).values("pk")
        names = [NullIf(column, Value("")) for column in model.name_columns]
        edition: Any = F("language") if model.is_translated else Value("")
        selects.append(
            model.versions.filter(pk__in=first)
            .order_by()
            .values_list(
                Value(code, output_field=CharField()),
                Value(model._meta.label, output_field=CharField()),
                "pk",
                Coalesce(*names, Value(""), output_field=TextField()),
                Coalesce(edition, Value(""), output_field=CharField()),
                "state",
                "corrects",
                part.moment,
                Coalesce(part.note, Value(""), output_field=TextField()),
            )
        )
    found: dict[str, list[Line]] = defaultdict(list)
    for row in selects[0].union(*selects[1:], all=True):
        found[row[0]].append(Line(*row))
    newest_first = {code: part.newest_first for code, _model, part in branches}
    for code, lines in found.items():
        lines.sort(key=lambda line: (line.moment, line.pk), reverse=newest_first[code])
        del lines[SHOWN:]
    return found


def _numbers(branches: list[tuple[str, Any, Part]]) -> dict[str, dict[str, int]]:
    """How many texts each part has, by kind. One query."""
    selects = [
        part.rows.order_by()
        .annotate(
            part=Value(code, output_field=CharField()),
            label=Value(model._meta.label, output_field=CharField()),
        )
        .values("part", "label")
        .annotate(number=Count("pk"))
        .values_list("part", "label", "number")
        for code, model, part in branches
    ]
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for code, label, number in selects[0].union(*selects[1:], all=True):
        if number:
            found[code][label] = number
    return found
