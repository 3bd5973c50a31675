"""A plan, somebody who applies, and a member, for every test of the app."""

import datetime

import pytest
from django.utils import timezone

from charhar.contacts.models import Consent, Person
from charhar.members.forms import WORDING
from charhar.members.memberships import admit
from charhar.members.models import Application, Plan
from tests.factories import UserFactory


@pytest.fixture
def plan(db):
    return Plan.objects.create(
        name_en="Individual",
        name_zh="个人会员",
        fee=1200,
        benefits_en="<p>The Quarterly.</p>",
        payment_en="Sample Bank, account 0000 0000",
    )


@pytest.fixture
def student(db):
    return Plan.objects.create(
        name_en="Student", name_zh="学生会员", kind=Plan.Kind.STUDENT, fee=200, position=1
    )


@pytest.fixture
def honorary(db):
    return Plan.objects.create(
        name_en="Honorary", kind=Plan.Kind.HONORARY, term_months=None, hidden=True, position=2
    )


@pytest.fixture
def person(db):
    return Person.objects.meet("ann@example.org", name="王安")


@pytest.fixture
def make_application(plan):
    """``make_application(state)``: one as it was sent, put into a state."""

    def make(state=Application.State.NEW, email="ann@example.org", name="王安", **fields):
        person = Person.objects.meet(email, name=name)
        return Application.objects.create(
            person=person,
            plan=plan,
            name=name,
            email=email,
            country="China",
            state=state,
            consent=Consent.objects.give(person, WORDING, source="/about/membership/"),
            day=timezone.localdate(),
            digest=f"{email} {Application.objects.count()}",
            **fields,
        )

    return make


@pytest.fixture
def membership(person, plan):
    return admit(person, plan)


@pytest.fixture
def staff(db):
    return UserFactory(
        is_superuser=True, email="secretary@example.org", first_name="Sample", last_name="Clerk"
    )


def day(text):
    return datetime.date.fromisoformat(text)
