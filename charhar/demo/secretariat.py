"""A sample roster in every standing and sample applications in every state, for the secretariat's pages."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation

from charhar.contacts.models import Consent, Person, TimelineEvent
from charhar.members import memberships
from charhar.members.forms import WORDING
from charhar.members.models import Application, Membership, NumberSeries, Payment, Plan, Question, Term
from charhar.publishing.languages import ENGLISH

from .stock import read_yaml

Kind = TimelineEvent.Kind
State = Application.State
# What each state has in the timeline after the application itself.
HAPPENED: dict[str, list[str]] = {
    State.NEW: [],
    State.REVIEW: [Kind.ASSIGNED],
    State.ASKED: [Kind.ASSIGNED, Kind.ASKED_BACK],
    State.DECLINED: [Kind.DECLINED],
    State.WITHDRAWN: [Kind.WITHDRAWN],
}


def load_secretariat() -> int:
    """Write the sample roster and applications; how many rows there are.

    Nothing where there is or ever was a roster, an application, or where the sample plans are not all there.
    No letter is written.
    """
    rows = read_yaml("secretariat")
    if NumberSeries.objects.exists() or Membership.objects.exists() or Application.objects.exists():
        return 0
    everybody = [*rows["members"], *rows["applications"]]
    named = {row["plan"] for row in everybody}
    plans = {name: plan for name in named if (plan := _plan(name))}
    if len(plans) < len(named):
        return 0
    now = timezone.now()
    with transaction.atomic():
        for row in rows["members"]:
            _member(row, plans[row["plan"]], now)
        for row in rows["applications"]:
            _application(row, plans[row["plan"]], now)
    return len(everybody)


def _plan(name: str) -> Plan | None:
    return Plan.objects.filter(Q(name_en=name) | Q(name_zh=name)).first()


def _person(row: dict[str, Any], at: datetime.datetime) -> tuple[Person, Consent]:
    language = row.get("language", ENGLISH)
    person = Person.objects.create(
        email=f"{row['email']}@members.example", name=row["name"], country=row["country"],
        organisation=row.get("organisation", ""), language=language, created_at=at,
    )  # fmt: skip
    with translation.override(language):
        consent = Consent.objects.give(person, WORDING, source="Sample")
    Consent.objects.filter(pk=consent.pk).update(given_at=at)
    return person, consent


def _member(row: dict[str, Any], plan: Plan, now: datetime.datetime) -> None:
    at = now - datetime.timedelta(days=row["days"])
    day = timezone.localdate(at)
    person, _consent = _person(row, at)
    membership = Membership(
        number=memberships.next_number(day.year),
        person=person,
        plan=plan,
        country=row["country"],
        joined_on=day,
    )
    membership.save()
    for position, term in enumerate(_terms(membership, plan, day, 1 + row.get("renewed", 0))):
        begins = at if position == 0 else _noon(term.starts_on - datetime.timedelta(days=9))
        _note(membership, Kind.RENEWED if position else Kind.JOINED, begins, f"{plan} · {term}")
        if position < row.get("paid", 0):
            received = term.starts_on if position == 0 else term.starts_on - datetime.timedelta(days=6)
            payment = Payment.objects.create(
                term=term, amount=term.fee, currency=term.currency, received_on=received,
                reference=f"Sample {membership.number}/{position + 1}", recorded_at=_noon(received),
            )  # fmt: skip
            _note(membership, Kind.PAID, _noon(received), payment.label)
    if "left" in row:
        left = now - datetime.timedelta(days=row["left"])
        membership.ended_on, membership.ending = timezone.localdate(left), Membership.Ending.RESIGNED
        membership.save(update_fields=["ended_on", "ending"])
        _note(membership, Kind.RESIGNED, left, f"{membership.get_ending_display()} · {membership.ended_on}")


def _terms(membership: Membership, plan: Plan, day: datetime.date, number: int) -> Iterator[Term]:
    for _number in range(number):
        term = memberships.write_term(membership, plan, day)
        yield term
        if term.ends_on is None:
            return
        day = term.ends_on + datetime.timedelta(days=1)


def _noon(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(12)))


def _note(about: Membership | Application, kind: str, at: datetime.datetime, text: str = "") -> None:
    TimelineEvent.objects.note(about.person, kind, at=at, text=text, about=about)


def _application(row: dict[str, Any], plan: Plan, now: datetime.datetime) -> None:
    at = now - datetime.timedelta(days=row["days"])
    person, consent = _person(row, at)
    state = row["state"]
    is_decided = state in {State.DECLINED, State.WITHDRAWN}
    secretary = get_user_model().objects.filter(username="secretary").first()
    application = Application.objects.create(
        person=person, plan=plan, name=row["name"], email=person.email, country=row["country"],
        organisation=person.organisation, statement=row.get("statement", ""), consent=consent,
        language=person.language, state=state, reason=row.get("reason", ""), created_at=at,
        decided_at=at + datetime.timedelta(hours=20) if is_decided else None,
        assigned_to=secretary if Kind.ASSIGNED in HAPPENED[state] else None,
        day=timezone.localdate(at), digest=f"sample {row['email']}",
    )  # fmt: skip
    _note(application, Kind.APPLIED, at, str(plan))
    words = {
        Kind.ASSIGNED: secretary.get_full_name() if secretary else "–",
        Kind.ASKED_BACK: row.get("question", ""),
        Kind.DECLINED: row.get("reason", ""),
    }
    for hours, kind in enumerate(HAPPENED[state], start=19):
        _note(application, kind, at + datetime.timedelta(hours=hours), words.get(Kind(kind), ""))
    if state == State.ASKED:
        Question.objects.create(
            application=application, text=row["question"], asked_at=at + datetime.timedelta(hours=20)
        )
