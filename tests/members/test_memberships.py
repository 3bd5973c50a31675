"""Numbers, terms, standing by the clock, renewal, change of plan, ending, return, payments."""

import datetime
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction

from charhar.contacts.models import Person
from charhar.members import memberships
from charhar.members.memberships import Refused, admit, last_day
from charhar.members.models import MEMBERS, Membership, Payment, Plan, Standing
from tests.members.conftest import day

pytestmark = pytest.mark.django_db


def beijing(date, hour=12):
    return datetime.datetime.fromisoformat(f"{date}T{hour:02}:00:00+08:00")


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        ("2026-03-05", 12, "2027-03-04"), ("2026-01-01", 12, "2026-12-31"), ("2024-02-29", 12, "2025-02-28"),
        ("2026-01-31", 1, "2026-02-28"), ("2026-03-31", 6, "2026-09-30"), ("2026-12-15", 1, "2027-01-14"),
        ("2023-03-01", 12, "2024-02-29"), ("2024-02-29", 48, "2028-02-28"),
    ],
)  # fmt: skip
def test_a_term_ends_the_day_before_its_anniversary(start, months, last):
    assert last_day(day(start), months) == day(last)


# -- Numbers ----------------------------------------------------------------------------------------


def test_numbers_follow_each_other_within_a_year(plan):
    with time_machine.travel(beijing("2026-12-31", 23), tick=False):
        numbers = [admit(Person.objects.meet(f"{n}@example.org"), plan).number for n in range(2)]
    with time_machine.travel(beijing("2027-01-01", 0), tick=False):
        numbers.append(admit(Person.objects.meet("3@example.org"), plan).number)
    assert numbers == ["CH-2026-0001", "CH-2026-0002", "CH-2027-0001"]


def test_what_is_rolled_back_uses_no_number_up(plan, person):
    with transaction.atomic():
        admit(person, plan)
        transaction.set_rollback(True)
    assert admit(person, plan).number.endswith("-0001")


def test_a_number_that_came_from_elsewhere_is_passed_over(plan, person):
    year = memberships.today().year
    Membership.objects.create(number=f"CH-{year}-0001", plan=plan)
    assert admit(person, plan).number == f"CH-{year}-0002"


@pytest.mark.django_db(transaction=True)
def test_twenty_admitted_at_once_have_twenty_numbers_without_a_gap(plan, at_once):
    people = [Person.objects.meet(f"{n}@example.org") for n in range(20)]
    waiting = iter(people)
    numbers = at_once(20, lambda: admit(next(waiting), plan).number)
    year = memberships.today().year
    assert sorted(numbers) == [f"CH-{year}-{n:04}" for n in range(1, 21)]


@pytest.mark.django_db(transaction=True)
def test_one_person_admitted_ten_times_at_once_is_one_member(plan, person, at_once):
    def join():
        try:
            return admit(person, plan).number
        except Refused:
            return None

    assert len([number for number in at_once(10, join) if number]) == 1
    assert Membership.objects.count() == 1


# -- Standing ---------------------------------------------------------------------------------------

STANDINGS = [
    # joined on 2026-03-05 for a year (until 2027-03-04), 30 days of grace (until 2027-04-03)
    ("2026-03-05", "active"), ("2027-03-04", "active"), ("2027-03-05", "grace"), ("2027-04-03", "grace"),
    ("2027-04-04", "lapsed"), ("2030-01-01", "lapsed"),
]  # fmt: skip


@pytest.mark.parametrize(("on", "standing"), STANDINGS)
def test_the_clock_alone_decides_standing(plan, person, on, standing):
    membership = admit(person, plan, starts_on=day("2026-03-05"))
    assert membership.standing_on(day(on)) == standing
    with time_machine.travel(beijing(on, 23), tick=False):
        assert membership.standing == standing
        assert membership.is_member is (standing in MEMBERS)


def test_the_day_changes_in_beijing(plan, person):
    membership = admit(person, plan, starts_on=day("2026-03-05"))
    with time_machine.travel("2027-03-04T15:59:59+00:00", tick=False):
        assert membership.standing == Standing.ACTIVE
    with time_machine.travel("2027-03-04T16:00:00+00:00", tick=False):
        assert membership.standing == Standing.GRACE


def test_queryset_and_instance_agree_on_every_day(plan, student, honorary):
    plan.grace_days = 0
    plan.save()
    starts = day("2026-03-05")
    for number, (kind, ended) in enumerate(
        [(plan, None), (student, None), (honorary, None), (plan, "2026-06-01"), (student, "2027-03-20"),
         (honorary, "2027-04-03"), (student, "2028-01-01")]
    ):  # fmt: skip
        membership = admit(Person.objects.meet(f"{number}@example.org"), kind, starts_on=starts)
        if ended:
            memberships.end(membership, on=day(ended))
    rows = list(Membership.objects.all())
    seen = set()
    for date in [
        "2026-03-05", "2026-05-31", "2026-06-01", "2027-03-04", "2027-03-05", "2027-03-19", "2027-03-20",
        "2027-04-02", "2027-04-03", "2027-04-04", "2027-12-31", "2028-01-01",
    ]:  # fmt: skip
        then = day(date)
        annotated = {row.pk: row.standing_then for row in Membership.objects.with_standing(then)}
        for standing in Standing:
            found = set(Membership.objects.in_standing(standing, day=then))
            assert found == {row for row in rows if row.standing_on(then) == standing}, (date, standing)
            assert found == {row for row in rows if annotated[row.pk] == standing}
            seen |= {standing} if found else set()
        assert set(Membership.objects.members(then)) == {
            row for row in rows if row.standing_on(then) in MEMBERS
        }
    assert seen == set(Standing)


def test_a_change_of_grace_holds_for_terms_after_it(plan, membership):
    before = membership.grace_until
    plan.grace_days = 60
    plan.save()
    membership.refresh_from_db()
    assert membership.grace_until == before
    memberships.renew(membership)
    membership.refresh_from_db()
    assert membership.grace_until == membership.runs_until + datetime.timedelta(days=60)


# -- Renewal, return, change of plan, end -------------------------------------------------------------


def spans(membership):
    return [(f"{t.starts_on}", t.ends_on and f"{t.ends_on}") for t in membership.terms.all()]


@pytest.mark.parametrize(
    ("on", "starts", "kind"),
    [
        ("2027-02-01", "2027-03-05", "renewed"),  # active: from the end of the last
        ("2027-03-20", "2027-03-05", "renewed"),  # in grace: without a gap
        ("2027-05-01", "2027-05-01", "returned"),  # lapsed: from today
    ],
)
def test_a_renewal_begins_where_it_should(plan, person, on, starts, kind):
    membership = admit(person, plan, starts_on=day("2026-03-05"))
    with time_machine.travel(beijing(on), tick=False):
        term = memberships.renew(membership)
        assert Membership.objects.get().standing == Standing.ACTIVE
    assert term.starts_on == day(starts)
    assert person.timeline.first().kind == kind


def test_renewed_by_two_at_once_it_is_renewed_once(membership):
    seen = membership.runs_until
    memberships.renew(membership, after=seen)
    with pytest.raises(Refused, match="renewed already"):
        memberships.renew(membership, after=seen)
    assert membership.terms.count() == 2


def test_an_ended_membership_and_one_without_end_are_not_renewed(membership, honorary):
    memberships.end(membership)
    with pytest.raises(Refused):
        memberships.renew(membership)
    life = admit(Person.objects.meet("b@example.org"), honorary)
    with pytest.raises(Refused):
        memberships.renew(life)
    assert life.standing == Standing.WITHOUT_END


def test_who_resigned_comes_back_under_the_old_number(plan, person):
    with time_machine.travel(beijing("2026-03-05"), tick=False):
        membership = admit(person, plan)
    with time_machine.travel(beijing("2026-06-01"), tick=False):
        assert memberships.end(membership, text="Moved.") is True
        assert memberships.end(membership) is False
        membership.refresh_from_db()
        assert membership.standing == Standing.ENDED
        with pytest.raises(IntegrityError), transaction.atomic():
            Membership.objects.filter(pk=membership.pk).update(ending="")
    with time_machine.travel(beijing("2026-09-01"), tick=False):
        again = admit(person, plan)
    assert (again.pk, again.number, again.ended_on) == (membership.pk, membership.number, None)
    assert spans(again) == [("2026-03-05", "2026-08-31"), ("2026-09-01", "2027-08-31")]
    assert list(person.timeline.values_list("kind", flat=True)) == ["returned", "resigned", "joined"]


def test_a_member_does_not_come_back(membership):
    with pytest.raises(Refused, match="member already"):
        memberships.come_back(membership)


def test_a_plan_changes_from_the_next_term_or_from_today(plan, student, person):
    with time_machine.travel(beijing("2026-03-05"), tick=False):
        membership = admit(person, plan)
    with time_machine.travel(beijing("2026-06-01"), tick=False):
        membership = memberships.change_plan(membership, student)
        assert spans(membership) == [("2026-03-05", "2027-03-04")]
        assert memberships.renew(membership).plan == student
        with pytest.raises(Refused):
            memberships.change_plan(membership, student)
        membership = memberships.change_plan(membership, plan, at_once=True)
    assert spans(membership) == [("2026-03-05", "2026-05-31"), ("2026-06-01", "2027-05-31")]
    assert membership.plan == plan


def test_the_plan_of_a_term_that_began_today_is_put_right(membership, student, honorary):
    changed = memberships.change_plan(membership, student, at_once=True)
    assert changed.terms.get().fee == 200
    changed = memberships.change_plan(membership, honorary, at_once=True)
    assert (changed.terms.get().ends_on, changed.standing) == (None, Standing.WITHOUT_END)


def test_a_later_term_that_was_paid_for_is_not_cut_away(plan, student, person):
    with time_machine.travel(beijing("2026-03-05"), tick=False):
        membership = admit(person, plan)
        later = memberships.renew(membership)
        memberships.record_payment(later, Decimal(1200), "CNY", day("2026-03-05"))
    with time_machine.travel(beijing("2026-06-01"), tick=False), pytest.raises(Refused, match="paid"):
        memberships.change_plan(membership, student, at_once=True)
    assert membership.terms.count() == 2


def test_terms_do_not_overlap(membership, plan):
    with pytest.raises(Refused):
        memberships.write_term(membership, plan, membership.runs_until)


# -- Payments -----------------------------------------------------------------------------------------


def test_the_same_payment_is_recorded_once_and_taken_back_with_a_reason(membership, staff):
    term = membership.terms.get()
    what = (term, Decimal("1200.00"), "CNY", memberships.today())
    payment, new = memberships.record_payment(*what, reference="T-1", by=staff)
    assert (new, memberships.record_payment(*what, reference="T-1")) == (True, (payment, False))
    assert term.is_paid is True
    assert memberships.take_back(payment, "Another member's.", by=staff) is True
    assert memberships.take_back(payment, "Again.") is False
    assert (Payment.objects.count(), term.is_paid) == (1, False)
    assert Payment.objects.get().taken_back_because == "Another member's."
    assert memberships.record_payment(*what, reference="T-1")[1] is True
    assert [event.kind for event in membership.person.timeline.all()] == [
        "paid", "payment_undone", "paid", "joined",
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_ten_clicks_record_one_payment(membership, at_once):
    term = membership.terms.get()
    results = at_once(
        10, lambda: memberships.record_payment(term, Decimal(1200), "CNY", day("2026-01-01"))[1]
    )
    assert sorted(results) == [False] * 9 + [True]


@pytest.mark.parametrize("fields", [{"amount": 0}, {"amount": -5}])
def test_a_payment_is_some_money(membership, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.create(term=membership.terms.get(), currency="CNY", **fields)


def test_days_of_reminding_are_read_with_any_comma():
    assert Plan(reminder_days="7，30, 0、30").days_to_remind == [30, 7, 0]
    for wrong in ("x", "-1", "400", "1.5", "７"):
        with pytest.raises(Exception, match="whole numbers"):
            Plan._meta.get_field("reminder_days").run_validators(wrong)
