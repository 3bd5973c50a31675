"""What is dated, of all kinds of text in both languages: publications, corrections, expiries, due dates.

One row of the database may stand in the plan several times (it appears, expires, is due), so rows are fetched
first, all kinds in one query that also answers what the person may move, and read into items then.
"""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib.contenttypes.models import ContentType
from django.db.models import (
    BooleanField,
    CharField,
    Exists,
    F,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Coalesce, Concat, NullIf, Trim
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from charhar.publishing.kinds import kinds_by_name
from charhar.publishing.languages import CHINESE, ENGLISH, LANGUAGES
from charhar.publishing.models import Action, Publishable, State
from charhar.publishing.permissions import allowed, own_q, permitted_q

from .about import may_with_any
from .models import Assignment

PUBLISH, EXPIRE, DUE, WAIT = "publish", "expire", "due", "wait"


def may_plan(user: Any) -> bool:
    """Whether somebody may read anything before publication, and so has a plan to see."""
    return may_with_any(user, Action.VIEW)


class Filters(NamedTuple):
    """What of the plan is wanted; empty means everything."""

    language: str = ""
    kind: str = ""
    mine: bool = False

    @classmethod
    def of(cls, given: Any) -> "Filters":
        """From a request's parameters; what makes no sense counts as not given."""
        language, kind = given.get("language", ""), given.get("kind", "")
        return cls(
            language if language in (ENGLISH, CHINESE) else "",
            kind if kind in kinds_by_name() else "",
            given.get("mine") == "1",
        )

    def query(self, **more: str) -> str:
        """The same as an address carries it, with other parameters before."""
        mine = {"mine": "1"} if self.mine else {}
        named = {"language": self.language, "kind": self.kind}
        return urlencode({**more, **{name: value for name, value in named.items() if value}, **mine})


class Row(NamedTuple):
    """A text or working copy as the plan needs it."""

    kind: str
    pk: int
    name: str
    language: str
    state: str
    publish_at: datetime.datetime | None
    expire_at: datetime.datetime | None
    failure: str
    corrects_id: int | None
    version: int
    updated_at: datetime.datetime
    owner: str | None
    assigned: str | None
    due: datetime.date | None
    may_publish: bool
    may_change: bool


class Item(NamedTuple):
    """One entry of the plan. ``at`` is None for what has a day alone, ``day`` for what has no date at all."""

    row: Row
    what: str
    at: datetime.datetime | None
    day: datetime.date | None
    code: str
    status: str | Promise
    urgent: bool = False
    movable: bool = False

    @property
    def key(self) -> str:
        """A name for it that stays the same, wherever it is moved."""
        return f"{self.row.kind}-{self.row.pk}-{self.what}"

    @property
    def kind_name(self) -> str:
        """The kind of text, in words."""
        return str(capfirst(kinds_by_name()[self.row.kind]._meta.verbose_name))

    @property
    def language_name(self) -> str:
        """The edition's language in its own name; empty for what is in both."""
        return dict(LANGUAGES).get(self.row.language, "")

    @property
    def route(self) -> str:
        """The name of the text's form in the admin."""
        opts = kinds_by_name()[self.row.kind]._meta
        return f"admin:{opts.app_label}_{opts.model_name}_change"

    @property
    def local(self) -> datetime.datetime | None:
        """The moment in Beijing."""
        return timezone.localtime(self.at) if self.at else None

    @property
    def is_correction(self) -> bool:
        """Whether it is about a working copy."""
        return self.row.corrects_id is not None

    @property
    def order(self) -> Any:
        """The place in a plan: by moment, what has a day alone before that day's hours."""
        moment = self.at or beginning(self.day or datetime.date.max)
        return moment, self.at is not None, self.row.name, self.key


def beginning(day: datetime.date) -> datetime.datetime:
    """Midnight in Beijing, at which a day begins."""
    return datetime.datetime.combine(day, datetime.time.min, tzinfo=timezone.get_default_timezone())


# -- Rows -------------------------------------------------------------------------------------------


def _name(column: str) -> Any:
    """A person's name behind a foreign key, as ``get_full_name`` gives it, else the name of the account."""
    full = Trim(Concat(f"{column}__first_name", Value(" "), f"{column}__last_name"))
    return Coalesce(NullIf(full, Value("")), f"{column}__username", output_field=CharField())


def _open_assignments(model: type[Model]) -> QuerySet:
    kind = ContentType.objects.get_for_model(model)
    return Assignment.objects.filter(content_type=kind, done_at__isnull=True)


def _may(user: Any, action: str, model: Any) -> Any:
    """Whether the person may do this to the row, or to the live text that it corrects."""
    if user.is_superuser:
        return Value(True, output_field=BooleanField())
    text = model.versions.filter(pk=Coalesce(OuterRef("corrects_id"), OuterRef("pk")))
    return Exists(text.filter(permitted_q(user, action, model)))


def _seen(user: Any, model: Any, filters: Filters) -> Any:
    """The rows of one kind that the person may see before publication and that the filters let through."""
    rows = model.versions.filter(permitted_q(user, Action.VIEW, model), trashed_at__isnull=True)
    if filters.language and model.is_translated:
        rows = rows.filter(language=filters.language)
    if filters.mine:
        rows = rows.filter(own_q(user, model))
    return rows


def _columns(user: Any, model: type[Publishable], rows: Any) -> Any:
    names = [NullIf(column, Value("")) for column in model.name_columns]
    edition: Any = F("language") if model.is_translated else Value("")
    return (
        rows.order_by()
        .annotate(
            kind_code=Value(model._meta.model_name, output_field=CharField()),
            name=Coalesce(*names, Value(""), output_field=TextField()),
            edition=Coalesce(edition, Value(""), output_field=CharField()),
            owner=_name("created_by"),
            assigned=_name("assigned_to"),
            due=Subquery(_open_assignments(model).filter(object_id=OuterRef("pk")).values("due")[:1]),
            may_publish=_may(user, Action.PUBLISH, model),
            may_change=_may(user, Action.CHANGE, model),
        )
        .values_list(
            "kind_code", "pk", "name", "edition", "state", "publish_at", "expire_at", "failure",
            "corrects_id", "version", "updated_at", "owner", "assigned", "due", "may_publish", "may_change",
        )
    )  # fmt: skip


def _dated(model: type[Publishable], start: datetime.datetime, end: datetime.datetime | None) -> Q:
    """Rows with a moment or a due day from ``start`` on, before ``end`` where one is given."""
    until: dict[str, Any] = {"publish_at__lt": end} if end else {}
    over: dict[str, Any] = {"expire_at__lt": end} if end else {}
    due = _open_assignments(model).filter(due__gte=timezone.localdate(start))
    if end:
        due = due.filter(due__lt=timezone.localdate(end))
    return (
        Q(state=State.PUBLISHED, publish_at__gte=start, **until)
        | Q(state=State.PUBLISHED, expire_at__gte=start, **over)
        | Q(pk__in=due.values("object_id"))
    )


def _late(model: type[Publishable]) -> Q:
    """Corrections that failed or are due and not applied yet, and whatever somebody is late with."""
    due = _open_assignments(model).filter(due__lt=timezone.localdate())
    return Q(corrects__isnull=False, state=State.PUBLISHED) | Q(pk__in=due.values("object_id"))


def _fetch(user: Any, filters: Filters, condition: Any) -> Iterator[Row]:
    """One query for all kinds; ``condition(model, rows)`` says which of a kind's visible rows are wanted."""
    parts = []
    for name, model in kinds_by_name().items():
        if filters.kind in ("", name) and allowed(user, Action.VIEW, model):
            rows = _seen(user, model, filters)
            parts.append(_columns(user, model, rows.filter(condition(model, rows))))
    if not parts:
        return iter(())
    first, *others = parts
    return (Row(*row) for row in (first.union(*others, all=True) if others else first))


# -- Items ------------------------------------------------------------------------------------------


def _items(rows: Iterable[Row], now: datetime.datetime) -> Iterator[Item]:
    for row in rows:
        if row.state == State.PUBLISHED and row.publish_at:
            yield _correction(row, now) if row.corrects_id else _publication(row, now)
            if row.expire_at:
                yield _expiry(row, now)
        if row.due:
            late = row.due < timezone.localdate(now)
            code, status = ("overdue", _("Overdue")) if late else ("due", _("Due"))
            yield Item(row, DUE, None, row.due, code, status, urgent=late)
        if not row.due and row.state in (State.DRAFT, State.REVIEW):
            yield _waiting(row)


def _publication(row: Row, now: datetime.datetime) -> Item:
    assert row.publish_at  # noqa: S101
    coming = row.publish_at > now
    code, status = ("scheduled", _("Scheduled")) if coming else ("published", _("Published"))
    day = timezone.localdate(row.publish_at)
    return Item(row, PUBLISH, row.publish_at, day, code, status, movable=coming and row.may_publish)


def _correction(row: Row, now: datetime.datetime) -> Item:
    assert row.publish_at  # noqa: S101
    coming, failed = row.publish_at > now, bool(row.failure)
    code, status = "scheduled", _("Correction scheduled")
    if failed:
        code, status = "failed", _("Correction failed")
    elif not coming:
        code, status = "overdue", _("Correction due")
    return Item(
        row, PUBLISH, row.publish_at, timezone.localdate(row.publish_at), code, status,
        urgent=failed or not coming, movable=(failed or coming) and row.may_publish,
    )  # fmt: skip


def _expiry(row: Row, now: datetime.datetime) -> Item:
    assert row.expire_at  # noqa: S101
    coming = row.expire_at > now
    code, status = ("expires", _("Expires")) if coming else ("expired", _("Expired"))
    day = timezone.localdate(row.expire_at)
    return Item(row, EXPIRE, row.expire_at, day, code, status, movable=coming and row.may_change)


def _waiting(row: Row) -> Item:
    if row.corrects_id:
        status = _("Correction in review") if row.state == State.REVIEW else _("Working copy")
    else:
        status = _("In review") if row.state == State.REVIEW else _("Draft")
    return Item(row, WAIT, None, None, row.state, status)


def between(user: Any, start: datetime.date, end: datetime.date, filters: Filters) -> list[Item]:
    """What is dated from one day until before another, in order of time. One query and the rights."""
    first, last = beginning(start), beginning(end)
    rows = _fetch(user, filters, lambda model, rows: _dated(model, first, last))
    items = _items(rows, timezone.now())
    return sorted((item for item in items if item.day and start <= item.day < end), key=lambda i: i.order)


def since(user: Any, start: datetime.date, filters: Filters) -> list[Item]:
    """What is dated from a day on, without an end, and what is late. One query and the rights."""
    first = beginning(start)
    rows = _fetch(user, filters, lambda model, rows: _dated(model, first, None) | _late(model))
    items = _items(rows, timezone.now())
    wanted = (item for item in items if item.day and (item.urgent or item.day >= start))
    return sorted(wanted, key=lambda i: i.order)


@dataclass(frozen=True)
class Queue:
    """Everything that has still to happen. ``more`` says whether undated drafts follow on another page."""

    urgent: list[Item]
    coming: list[Item]
    review: list[Item]
    drafts: list[Item]
    more: bool

    def items(self) -> list[Item]:
        """All of it, in the order in which it is shown."""
        return [*self.urgent, *self.coming, *self.review, *self.drafts]


def queue(user: Any, filters: Filters, page: int = 1, size: int | None = 50) -> Queue:
    """What is late, what comes, what waits in review, and a page of the drafts without a date, latest first.

    One query and the rights. ``size=None`` gives all drafts.
    """
    now = timezone.now()

    def wanted(model: type[Publishable], rows: Any) -> Q:
        drafts = rows.filter(state=State.DRAFT)
        if size is not None:
            dated = _open_assignments(model).filter(due__isnull=False).values("object_id")
            drafts = drafts.exclude(pk__in=dated).order_by("-updated_at", "-pk")[: page * size + 1]
        waiting = Q(state=State.REVIEW) | Q(pk__in=drafts.values("pk"))
        return _dated(model, now, None) | _late(model) | waiting

    items = sorted(_items(_fetch(user, filters, wanted), now), key=lambda i: i.order)
    undated = sorted((i for i in items if i.what == WAIT), key=lambda i: (i.row.updated_at, i.key))
    drafts = [i for i in reversed(undated) if i.row.state == State.DRAFT]
    past, end = (0, None) if size is None else ((page - 1) * size, page * size)
    return Queue(
        urgent=[i for i in items if i.urgent],
        coming=[i for i in items if i.what != WAIT and not i.urgent and (i.at is None or i.at > now)],
        review=[i for i in undated if i.row.state == State.REVIEW],
        drafts=drafts[past:end],
        more=end is not None and len(drafts) > end,
    )
