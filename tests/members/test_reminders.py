"""Reminders go out once each, on their day, to those who are to get them, and to nobody else."""

import datetime

import pytest
import time_machine

from charhar.contacts.models import OutgoingMail, Person, Suppression
from charhar.members import memberships, reminders
from charhar.members.memberships import admit
from charhar.members.models import Membership
from tests.members.conftest import day

pytestmark = pytest.mark.django_db
ONE_DAY = datetime.timedelta(days=1)


@pytest.fixture
def joined(plan, person):
    """A member from 2026-03-05 until 2027-03-04, in grace until 2027-04-03."""
    with time_machine.travel("2026-03-05T12:00:00+08:00", tick=False):
        return admit(person, plan)


def sent():
    return list(OutgoingMail.objects.order_by("pk").values_list("purpose", flat=True))


def run_through(first, last):
    """``tick`` three times a day from one day to the other: {day: what was written}."""
    found, date = {}, day(first)
    while date <= day(last):
        before = len(sent())
        for _tick in range(3):
            reminders.run_due(date)
        if len(sent()) > before:
            found[f"{date}"] = sent()[before:]
        date += ONE_DAY
    return found


def test_each_is_written_once_on_its_day(joined):
    assert run_through("2027-01-20", "2027-05-01") == {
        "2027-02-02": ["membership-reminder"],
        "2027-02-25": ["membership-reminder"],
        "2027-03-04": ["membership-last-day"],
        "2027-03-27": ["membership-grace"],
        "2027-04-04": ["membership-lapsed"],
    }
    assert joined.person.timeline.filter(kind="reminded").count() == 5


def test_it_says_what_it_should(joined):
    reminders.run_due(day("2027-02-25"))
    mail = OutgoingMail.objects.get()
    assert mail.subject == "Your membership ends in 7 days"
    for words in ("王安", joined.number, "March 4, 2027", "CNY 1,200", "Sample Bank, account 0000 0000"):
        assert words in mail.text
    assert "{" not in mail.text


def test_after_days_without_tick_only_the_latest_goes_out(joined):
    assert reminders.run_due(day("2027-03-06")) == 1
    assert sent() == ["membership-last-day"]
    assert reminders.run_due(day("2027-03-06")) == 0


def test_what_was_missed_long_ago_stays_unsaid(joined):
    assert reminders.run_due(day("2027-06-01")) == 0


def test_renewed_the_reminders_are_about_the_new_term(joined):
    with time_machine.travel("2027-02-10T12:00:00+08:00", tick=False):
        memberships.renew(joined)
    assert run_through("2027-02-10", "2027-05-01") == {}
    assert reminders.run_due(day("2028-02-03")) == 1


def test_who_joins_for_a_short_time_is_not_reminded_at_once(plan, person):
    plan.term_months, plan.reminder_days = 1, "60, 30, 7"
    plan.save()
    membership = admit(person, plan)
    assert reminders.run_due(memberships.today()) == 0
    assert reminders.run_due(membership.runs_until - 7 * ONE_DAY) == 1


@pytest.mark.parametrize("ending", ["resigned", "died", "excluded", "merged"])
def test_nobody_is_reminded_of_what_has_ended(joined, ending):
    memberships.end(joined, ending, on=day("2027-01-01"))
    assert run_through("2027-01-20", "2027-04-10") == {}


def test_the_erased_and_the_suppressed_are_not_reminded(joined, plan):
    Suppression.objects.add_address("ANN@example.org", Suppression.Reason.BOUNCE)
    with time_machine.travel("2026-03-05T12:00:00+08:00", tick=False):
        other = admit(Person.objects.meet("bo@example.org"), plan)
    other.person.delete()
    assert Membership.objects.filter(person=None).count() == 1
    assert run_through("2027-02-01", "2027-02-03") == {}


def test_without_an_end_nobody_is_reminded(person, honorary):
    admit(person, honorary)
    assert reminders.run_due(memberships.today() + 400 * ONE_DAY) == 0


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_write_one(joined, at_once):
    assert sorted(at_once(10, lambda: reminders.run_due(day("2027-02-25")))) == [0] * 9 + [1]
    assert sent() == ["membership-reminder"]
