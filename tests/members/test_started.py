"""An application that is saved and gone on with: nothing typed is lost, and no link does anything by itself."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from charhar.contacts.models import Consent, OutgoingMail, Person
from charhar.contacts.retention import forget
from charhar.members.models import Application
from tests.members.test_membership import GOOD

pytestmark = pytest.mark.django_db
PAGE = "/about/membership/"
TYPED = {"plan": "", "name": "x" * 10_000, "email": "Ann+club@Bücher.example", "country": "A\nB",
         "statement": "Half a sentence, <b>“and”</b>", "save": "yes"}  # fmt: skip


@pytest.fixture
def link(client, plan):
    response = client.post(PAGE, {**TYPED, "plan": plan.pk})
    assert (response.status_code, response["Location"]) == (302, "/about/membership/saved/")
    return path_in(OutgoingMail.objects.get())


def path_in(mail):
    [line] = [line for line in mail.text.splitlines() if line.startswith("http")]
    return "/" + line.split("/", 3)[3]


def test_what_is_not_whole_is_kept_and_comes_back_as_it_was(client, plan, link):
    application = Application.objects.get()
    assert (application.state, application.email) == ("started", "Ann+club@xn--bcher-kva.example")
    assert Consent.objects.count() == 0
    form = client.get(link).context["form"]
    assert {name: form[name].value() for name in ("name", "email", "country", "statement")} == {
        name: TYPED[name] for name in ("name", "email", "country", "statement")
    }
    assert str(form["plan"].value()) == str(plan.pk)
    text = client.get(link).content.decode()
    assert "&lt;b&gt;“and”&lt;/b&gt;" in text
    assert "noindex" in text


def test_only_the_address_has_to_be_right(client, plan):
    response = client.post(PAGE, {**TYPED, "email": "ann"})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["email"]
    assert "Half a sentence" in response.content.decode()
    assert (Application.objects.count(), Person.objects.count()) == (0, 0)


def test_it_is_kept_further_and_then_sent_once(client, plan, link):
    client.post(link, {**TYPED, "statement": "A whole sentence.", "save": "yes"})
    assert client.get(link).context["form"]["statement"].value() == "A whole sentence."
    for _click in range(2):
        response = client.post(link, {**GOOD, "plan": plan.pk})
        assert (response.status_code, response["Location"]) == (302, "/about/membership/thanks/")
    application = Application.objects.get()
    assert (application.state, application.typed, application.name) == ("new", {}, "王安")
    assert application.consent.text
    assert application.person.timeline.get().kind == "applied"
    assert OutgoingMail.objects.filter(purpose="notice").count() == 1
    assert client.get(link)["Location"] == "/about/membership/thanks/"


def test_errors_on_sending_lose_nothing(client, plan, link):
    response = client.post(link, {**GOOD, "plan": plan.pk, "country": ""})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["country"]
    assert Application.objects.get().state == "started"


def test_a_scanner_that_opens_the_link_changes_nothing(client, link, often):
    before = Application.objects.values().get()
    for _time in often:
        assert client.get(link).status_code == client.head(link).status_code == 200
    assert Application.objects.values().get() == before


def test_it_is_deleted_on_wish_and_after_fourteen_days(client, plan, link):
    assert client.post(link, {"forget": "yes"})["Location"] == "/about/membership/forgotten/"
    assert Application.objects.count() == 0
    assert client.get(link).status_code == 410
    client.post(PAGE, {**TYPED, "name": "y"})
    now = timezone.now()
    assert forget(now + datetime.timedelta(days=13))["applications-started"] == 0
    assert forget(now + datetime.timedelta(days=15))["applications-started"] == 1


def test_a_link_that_was_cut_is_said_to_be(client, link):
    assert client.get(link[:-3] + "/").status_code == 404


def test_a_mailbox_is_not_flooded(client, plan):
    answers = [client.post(PAGE, {**TYPED, "statement": f"{n}"}).status_code for n in range(5)]
    assert answers == [302, 302, 302, 429, 429]
    assert (OutgoingMail.objects.count(), Application.objects.count()) == (3, 3)


def test_nul_is_taken_out(client, plan):
    client.post(PAGE, {**TYPED, "statement": "a\0b"})
    assert Application.objects.get().typed["statement"] == "ab"


@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_saves_are_one_row_and_one_mail(plan, at_once):
    answers = at_once(20, lambda: Client().post(PAGE, TYPED))
    assert {(a.status_code, a["Location"]) for a in answers} == {(302, "/about/membership/saved/")}
    assert (Application.objects.count(), OutgoingMail.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_sends_of_a_started_one_are_one_application(plan, at_once):
    Client().post(PAGE, TYPED)
    link = path_in(OutgoingMail.objects.get())
    answers = at_once(20, lambda: Client().post(link, {**GOOD, "plan": plan.pk}))
    assert {(a.status_code, a["Location"]) for a in answers} == {(302, "/about/membership/thanks/")}
    assert (Application.objects.count(), Consent.objects.count()) == (1, 1)
    assert OutgoingMail.objects.filter(purpose="notice").count() == 1


def test_fifty_megabytes_are_refused_and_the_page_comes_back(client, plan):
    response = client.post(PAGE, {**TYPED}, CONTENT_LENGTH=str(50 * 1024 * 1024))
    assert response.status_code == 413
    assert Application.objects.count() == 0
