"""Two subscriptions become one when their owner's two entries do: nothing wished is lost, no objection either."""

import datetime

import pytest
from django.utils import timezone

from charhar.contacts.merging import merge
from charhar.contacts.models import Consent, OutgoingMail, Person, Suppression
from charhar.outreach.choices import Choices, chosen, keep
from charhar.outreach.links import unsubscribe_url
from charhar.outreach.models import Subscription
from charhar.outreach.subscriptions import give_consent
from tests.factories import ExpertFactory, TopicFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = datetime.timedelta(days=1)


def subscribed(email, *, confirmed=None, ended=None, paused=None, choices=None):
    """A subscription; the moments as days before now."""
    moments = {"confirmed_at": confirmed, "unsubscribed_at": ended, "paused_until": paused}
    made = Subscription.objects.create(
        person=Person.objects.meet(email),
        **{name: days if days is None else NOW - days * DAY for name, days in moments.items()},
    )
    keep(made, choices or Choices("en"))
    if made.is_active:
        give_consent(made, source="/subscribe/")
    return made


def merged(own, other):
    merge(own.person, other.person)
    only = Subscription.objects.get()
    assert only.pk == own.pk
    return only


def test_both_ones_subjects_and_the_later_ones_language_and_rhythm_stay():
    topic, other_topic, expert = TopicFactory(), TopicFactory(), ExpertFactory()
    own = subscribed("a@example.org", confirmed=9, choices=Choices("en", "weekly", {"topics": [topic]}))
    other = subscribed(
        "b@example.org", confirmed=2, paused=-5,
        choices=Choices("zh-hans", "at_once", {"topics": [topic, other_topic], "experts": [expert]}),
    )  # fmt: skip
    waiting = OutgoingMail.objects.create(person=other.person, to="b@example.org", sender="x", purpose="x")
    only = merged(own, other)
    found = chosen(only)
    assert (found.language, found.rhythm, only.is_active) == ("zh-hans", "at_once", True)
    assert set(found.subjects["topics"]) == {topic, other_topic}
    assert list(found.subjects["experts"]) == [expert]
    assert only.paused_until == other.paused_until
    assert Consent.objects.filter(person=only.person, withdrawn_at=None).count() == 2
    waiting.refresh_from_db()
    assert waiting.state == "pending"  # no letter to many


def test_who_follows_everything_at_one_address_goes_on_so():
    own = subscribed(
        "a@example.org", confirmed=9, choices=Choices("en", "weekly", {"topics": [TopicFactory()]})
    )
    only = merged(own, subscribed("b@example.org", confirmed=2))
    assert not any(chosen(only).subjects.values())


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(("confirmed", "is_active"), [(9, False), (2, True)])
def test_of_an_end_and_a_confirmation_the_later_counts(confirmed, is_active, swapped):
    topic = TopicFactory()
    pair = [
        subscribed(
            "a@example.org", confirmed=confirmed, choices=Choices("en", "weekly", {"topics": [topic]})
        ),
        subscribed("b@example.org", confirmed=20, ended=5),
    ]
    only = merged(*(reversed(pair) if swapped else pair))
    assert only.is_active is is_active
    assert Consent.objects.filter(withdrawn_at=None).exists() is is_active
    if is_active:
        assert list(chosen(only).subjects["topics"]) == [topic]


def test_what_was_never_confirmed_adds_nothing():
    own = subscribed("a@example.org", choices=Choices("en", "at_once", {"topics": [TopicFactory()]}))
    only = merged(own, subscribed("b@example.org", confirmed=2, choices=Choices("en", "newsletter")))
    assert (only.is_active, only.rhythm, any(chosen(only).subjects.values())) == (True, "newsletter", False)


@pytest.mark.parametrize(
    ("reason", "listed"), [("request", True), ("complaint", True), ("bounce", False), ("erasure", False)]
)
def test_an_objection_at_the_other_address_holds_for_the_one_that_stays(reason, listed):
    own, other = subscribed("a@example.org", confirmed=2), subscribed("b@example.org", confirmed=3)
    Suppression.objects.add_address("b@example.org", reason)
    merge(own.person, other.person)
    assert bool(Suppression.objects.among(["a@example.org"])) is listed


def test_whoever_confirmed_after_objecting_is_not_suppressed():
    own, gone = subscribed("a@example.org", confirmed=2), Person.objects.meet("b@example.org")
    Suppression.objects.add_address("b@example.org", "request")
    Suppression.objects.update(at=NOW - 3 * DAY)
    merge(own.person, gone)
    assert Suppression.objects.among(["a@example.org"]) == set()


def test_the_link_in_the_other_ones_letters_still_ends_it(client):
    own, other = subscribed("a@example.org", confirmed=2), subscribed("b@example.org", confirmed=3)
    path = unsubscribe_url(other).partition("example.org")[2] or unsubscribe_url(other)
    merge(own.person, other.person)
    response = client.post(path, {"List-Unsubscribe": "One-Click"})
    assert (response.status_code, response.content) == (200, b"Unsubscribed.\n")
    assert Subscription.objects.get().is_active is False
