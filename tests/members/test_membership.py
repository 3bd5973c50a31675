"""Membership: the plans, and an application with its consent."""

from decimal import Decimal

import pytest
from django.conf import settings
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client

from charhar.contacts.models import Consent, OutgoingMail, Person, StaffWording
from charhar.members.forms import WORDING
from charhar.members.models import Application, Plan

GOOD = {
    "name": "王安",
    "email": "ann@example.org",
    "organisation": "",
    "country": "China",
    "statement": "I study public diplomacy.",
    "consent": "on",
}


@pytest.fixture
def plan(db):
    return Plan.objects.create(
        name_en="Individual", name_zh="个人会员", fee=1200, benefits_en="<p>The Quarterly.</p>"
    )


def test_the_page_shows_plans_and_form(client, plan):
    Plan.objects.create(name_en="Secret plan", hidden=True)
    text = client.get("/about/membership/").content.decode()
    for words in ("Individual", "CNY 1,200", "1 year", "The Quarterly.", str(WORDING.text)):
        assert words in text
    assert "Secret plan" not in text
    assert "个人会员" in client.get("/zh/about/membership/").content.decode()


@pytest.mark.django_db
def test_without_a_plan_no_form_promises_anything(client):
    response = client.get("/about/membership/")
    assert response.status_code == 200
    assert 'name="statement"' not in response.content.decode()


def test_an_application_is_kept_with_its_consent(client, plan, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post("/about/membership/", {**GOOD, "plan": plan.pk})
    assert (response.status_code, response["Location"]) == (302, "/about/membership/thanks/")
    application = Application.objects.get()
    assert (application.plan, application.name, application.country) == (plan, "王安", "China")
    assert application.state == Application.State.NEW
    assert (application.consent.text, application.consent.person) == (str(WORDING.text), application.person)
    received, note = mail.outbox
    assert (received.subject, received.to) == ("We have received your application", ["ann@example.org"])
    assert (note.subject, note.to) == (
        "New application for membership: Individual", [settings.SERVER_EMAIL],
    )  # fmt: skip
    for letter in (received, note):
        assert not [typed for typed in ("王安", "China", "I study") if typed in letter.body]
    assert client.get(response["Location"])["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("field", "value"),
    [("plan", ""), ("plan", "0"), ("plan", "99999999999999999999"), ("plan", "x\0"), ("name", ""),
     ("name", "x" * 10_000), ("email", "ann"),
     ("country", ""), ("country", "A\nB"), ("statement", "x" * 10_001), ("consent", "")],
)  # fmt: skip
def test_errors_stand_beside_their_field_and_nothing_is_lost(client, plan, field, value):
    response = client.post("/about/membership/", {**GOOD, "plan": plan.pk, field: value})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    text = response.content.decode()
    assert f'id="id_{field}_error"' in text
    if field != "statement":
        assert "I study public diplomacy." in text
    assert (Application.objects.count(), Consent.objects.count(), Person.objects.count()) == (0, 0, 0)


def test_a_hidden_plan_can_not_be_applied_for(client, plan):
    hidden = Plan.objects.create(name_en="Honorary", hidden=True)
    assert client.post("/about/membership/", {**GOOD, "plan": hidden.pk}).status_code == 422
    assert Application.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_applications_are_one_row_one_consent_one_mail_each(at_once):
    plan = Plan.objects.create(name_en="Individual")
    answers = at_once(20, lambda: Client().post("/about/membership/", {**GOOD, "plan": plan.pk}))
    assert [(a.status_code, a["Location"]) for a in answers] == [(302, "/about/membership/thanks/")] * 20
    assert (Application.objects.count(), Consent.objects.count(), OutgoingMail.objects.count()) == (1, 1, 2)


def test_a_stranger_whose_address_is_typed_over_and_over_is_written_to_three_times(client, plan):
    for number in range(5):
        client.post("/about/membership/", {**GOOD, "plan": plan.pk, "statement": f"Version {number}"})
    assert Application.objects.count() == 5
    assert OutgoingMail.objects.filter(purpose="application-acknowledged").count() == 3


def test_the_acknowledgement_is_in_the_language_of_the_form_and_in_the_staffs_words(client, plan):
    StaffWording.objects.create(
        code="application-acknowledged", language="zh-hans", subject="收到", text="{plan}，谢谢。"
    )
    client.post("/zh/about/membership/", {**GOOD, "plan": plan.pk})
    mail = OutgoingMail.objects.get(purpose="application-acknowledged")
    assert (mail.subject, mail.text) == ("收到", "个人会员，谢谢。\n")


@pytest.mark.parametrize(
    ("fee", "currency", "label"),
    [
        (None, "CNY", "Free of charge"),
        (Decimal("0.00"), "CNY", "Free of charge"),
        (Decimal("1200.00"), "CNY", "CNY 1,200"),
        (Decimal("99.50"), "USD", "USD 99.50"),
    ],
)
def test_a_fee_reads_well(fee, currency, label):
    assert Plan(fee=fee, currency=currency).fee_label == label


@pytest.mark.parametrize(
    ("months", "label"),
    [(None, "without an end"), (1, "1 month"), (6, "6 months"), (12, "1 year"), (24, "2 years")],
)
def test_a_term_reads_well(months, label):
    assert Plan(term_months=months).term_label == label


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"fee": -1}, {"term_months": 0}])
def test_a_plan_without_sense_is_refused_by_the_database(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        Plan.objects.create(name_en="x", **fields)
