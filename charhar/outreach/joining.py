"""Two subscriptions of one person, when two entries become one: one stays, with what both asked for.

What was said last counts: who ended one of them, and confirmed none since, gets nothing more. An objection to
letters holds for the address that stays as well; that an address does not work says nothing of another.
"""

from charhar.contacts.merging import before_merging
from charhar.contacts.models import Consent, Person, Suppression, TimelineEvent, suppression_keys
from charhar.contacts.outbox import hold_back

from .choices import GROUPS, Choices, chosen, in_words, keep
from .models import Subscription

OBJECTIONS = [Suppression.Reason.REQUEST, Suppression.Reason.COMPLAINT]


@before_merging
def join_subscriptions(kept: Person, gone: Person) -> None:
    """Make one subscription of two, and let an objection to letters at the other address stand."""
    rows = Subscription.objects.select_for_update().filter(person__in=[kept, gone])
    found = {row.person_id: row for row in rows}
    own, other = found.get(kept.pk), found.get(gone.pk)
    if own is not None and other is not None:
        _join(own, other)
    standing = own or other
    listed = Suppression.objects.filter(key__in=suppression_keys(gone.email), reason__in=OBJECTIONS)
    objection = listed.order_by("-at").first()
    if objection is None:
        return
    since = standing.confirmed_at if standing is not None and standing.is_active else None
    if since is None or since < objection.at:
        Suppression.objects.add_address(kept.email, objection.reason)
        hold_back(kept)
        hold_back(gone)


def _join(own: Subscription, other: Subscription) -> None:
    """Put what ``other`` was into ``own``, and delete it. About twenty queries."""
    wishes = sorted((row for row in (own, other) if row.is_active), key=lambda row: str(row.confirmed_at))
    ended = max(filter(None, (own.unsubscribed_at, other.unsubscribed_at)), default=None)
    last = wishes[-1] if wishes else None
    if last is not None and last.confirmed_at and (ended is None or last.confirmed_at > ended):
        if len(wishes) > 1:
            hold_back(other.person)  # both get the same letters
        keep(own, _together([chosen(row) for row in wishes]))
        own.confirmed_at, own.unsubscribed_at = last.confirmed_at, None
        own.paused_until = max(filter(None, (row.paused_until for row in wishes)), default=None)
    elif ended is not None:
        own.unsubscribed_at = ended
        own.round += 1  # so that no confirming link under way brings it back
        for person in (own.person, other.person):
            Consent.objects.withdraw(person, Consent.Purpose.UPDATES)
            hold_back(person)
    own.asked_at = min(own.asked_at, other.asked_at)
    own.save()
    TimelineEvent.objects.note(
        own.person, TimelineEvent.Kind.CHANGED, text=in_words(chosen(own)), about=other
    )
    other.delete()


def _together(wishes: list[Choices]) -> Choices:
    """All that any of them names; everything, where one names nothing. Language and rhythm of the last."""
    subjects = {name: [each for wish in wishes for each in wish.subjects[name]] for name in GROUPS}
    if not all(any(wish.subjects.values()) for wish in wishes):
        subjects = {}
    return Choices(wishes[-1].language, wishes[-1].rhythm, subjects)
