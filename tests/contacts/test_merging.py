"""Two entries of one person become one with the history of both; nothing moves before it was asked for."""

import pytest
from django.urls import reverse

from charhar.contacts.held import everything_held
from charhar.contacts.merging import duplicates, fold, mailbox, merge, what_moves
from charhar.contacts.models import Consent, OutgoingMail, Person, TimelineEvent, Wording
from charhar.members.memberships import admit, end, renew
from charhar.members.models import Membership, Plan
from charhar.outreach.models import Subscription
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair():
    kept = Person.objects.meet("ann@example.org", name="王安")
    gone = Person.objects.meet("ann@elsewhere.example", name="Wang An")
    gone.organisation = "Sample University"
    gone.save()
    return kept, gone


def test_every_row_moves_and_the_timeline_keeps_both_addresses(pair):
    kept, gone = pair
    Consent.objects.give(gone, Wording("membership", "1", "Yes."), source="/x/")
    OutgoingMail.objects.create(person=gone, to=gone.email, sender="x", purpose="x")
    TimelineEvent.objects.note(gone, "note", text="Old.")
    Subscription.objects.create(person=gone)
    membership = admit(gone, Plan.objects.create(name_en="Individual"))
    before = dict(what_moves(gone))
    merge(kept, gone)
    assert Person.objects.get() == kept
    kept.refresh_from_db()
    assert (kept.name, kept.organisation) == ("王安", "Sample University")
    after = dict(what_moves(kept))
    assert {name: after[name] - count for name, count in before.items()} == {
        name: int(name == "timeline") for name in before
    }
    membership.refresh_from_db()
    assert (membership.person, membership.terms.count()) == (kept, 1)
    event = kept.timeline.get(kind="merged")
    assert "ann@elsewhere.example" in event.text
    assert "memberships: 1" in event.text.lower()


def test_of_what_there_is_once_the_own_row_stays(pair):
    kept, gone = pair
    own = Subscription.objects.create(person=kept)
    Subscription.objects.create(person=gone)
    merge(kept, gone)
    assert Subscription.objects.get() == own


def test_of_two_memberships_the_longer_one_goes_on(pair):
    kept, gone = pair
    plan = Plan.objects.create(name_en="Individual")
    short, long = admit(kept, plan), admit(gone, plan)
    renew(long)
    merge(kept, gone)
    short.refresh_from_db()
    long.refresh_from_db()
    assert (short.ending, long.ended_on) == ("merged", None)
    assert set(kept.memberships.all()) == {short, long}


def test_an_ended_membership_does_not_stand_in_the_way(pair):
    kept, gone = pair
    plan = Plan.objects.create(name_en="Individual")
    admit(kept, plan)
    end(admit(gone, plan))
    merge(kept, gone)
    assert Membership.objects.filter(person=kept, ended_on=None).count() == 1


def test_a_person_is_not_merged_with_itself_or_twice(pair):
    kept, gone = pair
    with pytest.raises(ValueError, match="itself"):
        merge(kept, kept)
    merge(kept, gone)
    with pytest.raises(Person.DoesNotExist):
        merge(kept, gone)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("PAN Deng", "Deng, Pan", True), ("王安", " 王安 ", True), ("Ａｎｎ", "ann", True), ("José", "Jose", True),
     ("Ann", "Anna", False), ("", "", True)],
)  # fmt: skip
def test_names_are_folded(one, other, same):
    assert (fold(one) == fold(other)) is same


def test_mailboxes_that_many_have_say_nothing():
    assert mailbox("Ann.Wang+news@example.org") == "ann.wang"
    assert mailbox("info@example.org") == mailbox("an@example.org") == ""


def test_duplicates_are_found_with_the_reason(pair, django_assert_max_num_queries):
    Person.objects.meet("b.pan@example.org", name="PAN Deng")
    Person.objects.meet("pan@example.org", name="Deng Pan")
    Person.objects.meet("info@example.org"), Person.objects.meet("info@elsewhere.example")
    with django_assert_max_num_queries(2):
        found = duplicates()
    assert [(str(group.why), [p.email for p in group.people]) for group in found] == [
        ("same name", ["b.pan@example.org", "pan@example.org"]),
        ("same address before the @", ["ann@example.org", "ann@elsewhere.example"]),
    ]


def test_the_page_shows_what_moves_and_asks(client, pair):
    kept, gone = pair
    Subscription.objects.create(person=gone)
    client.force_login(UserFactory(is_superuser=True))
    assert gone.email in client.get(reverse("admin:contacts_person_duplicates")).content.decode()
    page = reverse("admin:contacts_person_merge", args=[gone.pk, kept.pk])
    text = client.get(page).content.decode()
    assert "subscriptions: 1" in text.lower()
    assert Person.objects.count() == 2
    assert client.post(page).status_code == 200
    assert Person.objects.count() == 2
    response = client.post(page, {"kept": kept.pk})
    assert response["Location"] == reverse("admin:contacts_person_change", args=[kept.pk])
    assert Person.objects.get() == kept
    assert client.post(page, {"kept": kept.pk}).status_code == 404


def test_only_who_may_change_and_delete_may_merge(client, pair):
    from django.contrib.auth.models import Permission

    kept, gone = pair
    page = reverse("admin:contacts_person_merge", args=[kept.pk, gone.pk])
    clerk = UserFactory()
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_person", "change_person"]))
    client.force_login(clerk)
    assert client.post(page, {"kept": kept.pk}).status_code == 403
    assert Person.objects.count() == 2
    assert len(everything_held()) > 5
