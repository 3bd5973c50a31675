"""What is forgotten when: one table of rules, to which every app adds its own as it does to ``held``."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .attempts import Attempt
from .erasure import erase
from .held import everything_held
from .models import Consent, OutgoingMail, Person, TimelineEvent
from .runs import RetentionRun

State = OutgoingMail.State
LOOKS = (TimelineEvent.Kind.VIEWED, TimelineEvent.Kind.EXPORTED)
BATCH = 500
# Whoever began to go through the rules this long ago and has not ended was stopped.
GIVEN_UP_AFTER = datetime.timedelta(hours=1)


@dataclass(frozen=True)
class Rule:
    """One rule: what ``due`` gives for a moment ``days`` ago is deleted, cleared, or what ``act`` does."""

    code: str
    what: Any
    days: int
    due: Callable[[datetime.datetime], QuerySet]
    clear: Mapping[str, Any] | None = None
    act: Callable[[QuerySet], None] | None = None
    keeps_row: bool = False

    @property
    def is_cleared(self) -> bool:
        """Whether the rows stay, without what was personal in them."""
        return self.clear is not None or self.keeps_row

    def rows(self, now: datetime.datetime) -> QuerySet:
        """What is due at ``now``."""
        return self.due(now - datetime.timedelta(days=self.days))


_rules: dict[str, Rule] = {}


def keep_for(
    code: str,
    what: Any,
    *,
    days: int,
    due: Callable[[datetime.datetime], QuerySet],
    clear: Mapping[str, Any] | None = None,
    act: Callable[[QuerySet], None] | None = None,
    keeps_row: bool = False,
) -> None:
    """Add a rule. ``due`` must no longer give a row that the rule has been through."""
    _rules[code] = Rule(code, what, days, due, clear, act, keeps_row)


def every_rule() -> list[Rule]:
    """Every rule, in the order of their making; people of whom nothing is left come last."""
    return sorted(_rules.values(), key=lambda rule: rule.code == "people")


def due_now(now: datetime.datetime | None = None) -> dict[str, int]:
    """How many rows each rule would take. One query a rule."""
    now = now or timezone.now()
    return {rule.code: rule.rows(now).order_by().count() for rule in every_rule()}


def forget(
    now: datetime.datetime | None = None, *, progress: Callable[[Rule, int], None] | None = None
) -> dict[str, int]:
    """Go through every rule, 500 rows a transaction; how many rows each took.

    It can be stopped at any moment and run again. ``progress`` hears of every batch.
    """
    now = now or timezone.now()
    counts = {}
    for rule in every_rule():
        counts[rule.code] = 0
        last: Any = None
        while True:
            rows = rule.rows(now).order_by("pk")
            rest = rows if last is None else rows.filter(pk__gt=last)
            keys = list(rest.values_list("pk", flat=True)[:BATCH])
            if not keys:
                break
            last = keys[-1]
            with transaction.atomic():
                _apply(rule, rows.model._base_manager.filter(pk__in=keys))
            counts[rule.code] += len(keys)
            if progress is not None:
                progress(rule, counts[rule.code])
    return counts


def _apply(rule: Rule, rows: QuerySet) -> None:
    if rule.act is not None:
        rule.act(rows)
    elif rule.clear is not None:
        rows.update(**rule.clear)
    else:
        rows.delete()


def forget_once_a_day(now: datetime.datetime | None = None) -> dict[str, int] | None:
    """Go through the rules where nobody has today (in Beijing); None where somebody has, or is about it."""
    now = now or timezone.now()
    day = timezone.localdate(now)
    run, is_new = RetentionRun.objects.get_or_create(day=day, defaults={"began_at": now})
    if not is_new and not RetentionRun.objects.filter(
        pk=run.pk, ended_at=None, began_at__lt=now - GIVEN_UP_AFTER
    ).update(began_at=now):
        return None
    counts = forget(now)
    RetentionRun.objects.filter(pk=run.pk).update(ended_at=timezone.now(), counts=counts)
    RetentionRun.objects.filter(day__lt=day - datetime.timedelta(days=365)).delete()
    return counts


def without_rows(before: datetime.datetime) -> QuerySet:
    """People of whom nothing is kept but letters, and with whom nothing has happened since ``before``."""
    people = Person.objects.filter(created_at__lt=before)
    for held in everything_held():
        if held.model not in (OutgoingMail, TimelineEvent):
            people = people.filter(~Exists(held.model._base_manager.filter(**{held.person: OuterRef("pk")})))
    event = TimelineEvent.objects.filter(person=OuterRef("pk")).exclude(kind__in=LOOKS)
    mail = OutgoingMail.objects.filter(person=OuterRef("pk"), state=State.PENDING)
    return people.filter(
        ~Exists(event.filter(Q(at__gte=before) | Q(kind=TimelineEvent.Kind.NOTE))), ~Exists(mail)
    )


def _erase_all(people: QuerySet) -> None:
    for person in people:
        erase(person, suppress=False)


def _tried_before(model: Any, before: datetime.datetime) -> QuerySet:
    return model.objects.filter(attempt_time__lt=before)


def own_rules() -> None:
    """The rules of this app and of what every site has."""
    single = OutgoingMail.objects.filter(mailing=None).exclude(state=State.PENDING)
    settled = OutgoingMail.objects.exclude(state=State.PENDING)
    keep_for(
        "mail-words", _("The words of letters to one"), days=90,
        due=lambda before: single.filter(created_at__lt=before).exclude(text="", html=""),
        clear={"text": "", "html": "", "values": {}, "headers": {}},
    )  # fmt: skip
    keep_for(
        "mail-addresses", _("Whom letters went to, and their subject"), days=365,
        due=lambda before: settled.filter(created_at__lt=before).exclude(to=""),
        clear={"to": "", "subject": "", "text": "", "html": "", "values": {}, "headers": {}, "error": "",
               "person": None},
    )  # fmt: skip
    keep_for(
        "looks", _("Who looked at whose data, or downloaded them"), days=730,
        due=lambda before: TimelineEvent.objects.filter(kind__in=LOOKS, at__lt=before),
    )  # fmt: skip
    keep_for(
        "attempts", _("Posts to public forms, as they are counted"), days=1,
        due=lambda before: Attempt.objects.filter(at__lt=before),
    )  # fmt: skip
    keep_for(
        "sessions", _("Sessions that have ended"), days=0,
        due=lambda before: Session.objects.filter(expire_date__lt=before),
    )  # fmt: skip
    for model, name in (
        (AccessAttempt, _("Failed sign-ins to the admin")),
        (AccessFailureLog, _("Failed sign-ins to the admin, one by one")),
        (AccessLog, _("Sign-ins to the admin")),
    ):
        keep_for(
            f"axes-{model._meta.model_name}", name, days=90,
            due=partial(_tried_before, model),
        )  # fmt: skip
    keep_for(
        "consents", _("Consents to news by e-mail that were withdrawn"), days=3 * 365,
        due=lambda before: Consent.objects.filter(
            purpose=Consent.Purpose.UPDATES, withdrawn_at__lt=before
        ),
    )  # fmt: skip
    keep_for(
        "people", _("People of whom nothing but letters is kept any more"), days=30, due=without_rows,
        act=_erase_all,
    )  # fmt: skip
