"""Letters that the clock asks for: before a term ends, on its last day, before grace ends, and when it has.

``tick`` runs this; each letter is written under a key of its own, so that however often it runs, at however
many places at once, each member gets each letter once. A day on which nothing ran is caught up on: the latest
letter that was due goes out, never two at once.
"""

import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from charhar.contacts.models import OutgoingMail, Person, Suppression, TimelineEvent

from .letters import write_to_member
from .models import Membership, Standing, Term, today

CHUNK = 500
# What was due longer ago than this is not caught up on: as long as a machine may stand still over a holiday.
CAUGHT_UP_FOR = datetime.timedelta(days=14)


class Due(NamedTuple):
    """A letter that falls due on a day of a term's life."""

    on: datetime.date
    code: str
    key: str
    days: int


def schedule(membership: Membership, term: Term) -> list[Due]:
    """Every letter about the end of a term, the earliest first; none for a term without an end."""
    if term.ends_on is None or membership.grace_until is None:
        return []
    plan = membership.plan
    found = [
        Due(
            term.ends_on - datetime.timedelta(days=days),
            "membership-reminder" if days else "membership-last-day",
            f"reminder:term:{term.pk}:{days}",
            days,
        )
        for days in plan.days_to_remind
    ]
    if plan.grace_reminder_days is not None and plan.grace_reminder_days < term.grace_days:
        on = membership.grace_until - datetime.timedelta(days=plan.grace_reminder_days)
        found.append(Due(on, "membership-grace", f"reminder:term:{term.pk}:grace", plan.grace_reminder_days))
    after = membership.grace_until + datetime.timedelta(days=1)
    found.append(Due(after, "membership-lapsed", f"reminder:term:{term.pk}:lapsed", 0))
    return sorted(found)


def due_on(membership: Membership, term: Term, day: datetime.date) -> Due | None:
    """The letter that should have gone out by ``day``: the latest, if it is not too long ago.

    What fell due before the term was written down was never due: somebody who joins for a month is not told
    on the first day that it is about to end.
    """
    written = timezone.localdate(term.created_at)
    passed = [due for due in schedule(membership, term) if written <= due.on <= day]
    if not passed or passed[-1].on < day - CAUGHT_UP_FOR:
        return None
    return passed[-1]


def run_due(day: datetime.date | None = None) -> int:
    """Write every reminder that is due on ``day`` (today) and was not written yet; how many.

    Looks only at memberships whose end is near: by index, 500 at a time, five queries each, and a
    transaction for every letter.
    """
    day = day or today()
    near = Membership.objects.filter(
        Q(ended_on__isnull=True),
        person__isnull=False,
        runs_until__lte=day + datetime.timedelta(days=366),
        grace_until__gte=day - CAUGHT_UP_FOR,
    )
    keys = list(near.order_by("pk").values_list("pk", flat=True))
    return sum(_write(keys[start : start + CHUNK], day) for start in range(0, len(keys), CHUNK))


def _write(keys: list[int], day: datetime.date) -> int:
    memberships = list(
        Membership.objects.filter(pk__in=keys)
        .select_related("person", "plan")
        .prefetch_related("terms")
        .order_by("pk")
    )
    wanted: dict[str, tuple[Membership, Due]] = {}
    for membership in memberships:
        terms = list(membership.terms.all())
        due = due_on(membership, terms[-1], day) if terms else None
        if due is not None:
            wanted[due.key] = membership, due
    written = set(OutgoingMail.objects.filter(key__in=wanted).values_list("key", flat=True))
    people = [membership.person for membership, _due in wanted.values() if membership.person]
    unwanted = Suppression.objects.among(person.email for person in people)
    return sum(
        _write_one(membership, due, day)
        for key, (membership, due) in wanted.items()
        if key not in written and membership.person and membership.person.email not in unwanted
    )


def _write_one(membership: Membership, due: Due, day: datetime.date) -> bool:
    """One letter and its line in the timeline; nothing where somebody was quicker or it was renewed."""
    with transaction.atomic():
        list(Person.objects.select_for_update(of=("self",)).filter(memberships=membership))
        fresh = Membership.objects.select_related("person", "plan").get(pk=membership.pk)
        if (
            fresh.standing_on(day) == Standing.ENDED
            or fresh.runs_until != membership.runs_until
            or OutgoingMail.objects.filter(key=due.key).exists()
        ):
            return False
        write_to_member(
            fresh, due.code, key=due.key, days=(fresh.runs_until - day).days if fresh.runs_until else 0
        )
        TimelineEvent.objects.note(
            fresh.person, TimelineEvent.Kind.REMINDED, text=f"{due.on:%Y-%m-%d}", about=fresh
        )
        return True
