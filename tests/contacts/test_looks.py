"""Who looked at whose data is written down: every row's page, every search, every download, once an hour."""

import datetime

import pytest
import time_machine
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone

from charhar.contacts.held import everything_held
from charhar.contacts.models import Consent, Person, TimelineEvent
from charhar.outreach.models import ContactMessage
from tests.contacts.filled import ADDRESS, NAME, fill_everything, make_person
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
Kind = TimelineEvent.Kind


@pytest.fixture
def person():
    return make_person()


@pytest.fixture
def account(client):
    account = UserFactory(username="curious", is_superuser=True)
    client.force_login(account)
    return account


def looks():
    return list(
        TimelineEvent.objects.filter(kind__in=[Kind.VIEWED, Kind.EXPORTED])
        .order_by("pk")
        .values_list("kind", "person", "about_type__model", "about_id", "by__username")
    )


def registered(model):
    from django.contrib import admin

    return model in admin.site._registry


@pytest.mark.parametrize(
    "label",
    ["contacts.Person", *(held.model._meta.label for held in everything_held() if registered(held.model))],
)
def test_opening_a_rows_page_is_written_down(client, person, account, label):
    rows = {"contacts.Person": person, **fill_everything(person)}
    row = rows[label]
    name = row._meta.label_lower.replace(".", "_")
    for page in ("change", "history"):
        assert client.get(reverse(f"admin:{name}_{page}", args=[row.pk])).status_code == 200
    assert looks() == [(Kind.VIEWED, person.pk, row._meta.model_name, row.pk, "curious")]


def test_it_is_written_once_an_hour_for_each_account_person_and_page(client, person, account):
    address = reverse("admin:contacts_person_change", args=[person.pk])
    for minutes, number in ((0, 1), (59, 1), (61, 2)):
        with time_machine.travel(timezone.now() + datetime.timedelta(minutes=minutes)):
            client.force_login(account)
            client.get(address)
            assert len(looks()) == number, minutes
    client.force_login(UserFactory(is_superuser=True))
    client.get(address)
    assert len(looks()) == 3


def test_of_a_search_nothing_but_that_it_was_is_kept(client, person, account):
    address = reverse("admin:contacts_person_changelist")
    client.get(address)
    client.get(address, {"q": " "})
    assert looks() == []
    client.get(address, {"q": NAME})
    client.get(address, {"q": ADDRESS})
    assert looks() == [(Kind.VIEWED, None, "person", None, "curious")]
    assert TimelineEvent.objects.get().text == ""


def test_every_download_is_written_down(client, person, account):
    fill_everything(person)
    for name, row in (("contacts_consent", Consent), ("outreach_contactmessage", ContactMessage)):
        for _twice in range(2):
            response = client.post(
                reverse(f"admin:{name}_changelist"),
                {"action": "export", "_selected_action": list(row.objects.values_list("pk", flat=True))},
            )
            assert response["Content-Disposition"].startswith("attachment")
    assert [(kind, about) for kind, _p, about, _id, _by in looks()] == [
        (Kind.EXPORTED, "consent"), (Kind.EXPORTED, "consent"),
        (Kind.EXPORTED, "contactmessage"), (Kind.EXPORTED, "contactmessage"),
    ]  # fmt: skip
    texts = TimelineEvent.objects.filter(kind=Kind.EXPORTED).order_by("pk").values_list("text", flat=True)
    assert texts[0] == "consents.csv"


def test_pages_without_personal_data_are_nobodys_look(client, account):
    for name in ("index", "taxonomy_topic_changelist", "members_plan_changelist", "outreach_vacancy_add"):
        assert (
            client.get(reverse(f"admin:{name}"), {"q": "x"} if "changelist" in name else {}).status_code
            == 200
        )
    assert looks() == []


def test_what_is_refused_or_not_there_is_no_look(client, person):
    client.force_login(UserFactory(roles=["Editors"]))
    assert client.get(reverse("admin:contacts_person_change", args=[person.pk])).status_code == 403
    client.force_login(UserFactory(is_superuser=True))
    assert client.get(reverse("admin:contacts_person_change", args=[person.pk + 1])).status_code == 302
    assert looks() == []


def test_a_page_comes_even_when_the_look_can_not_be_written(client, person, account, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise DatabaseError(f"no room for {ADDRESS}")

    monkeypatch.setattr(TimelineEvent.objects, "create", fail)
    assert client.get(reverse("admin:contacts_person_change", args=[person.pk])).status_code == 200
    assert "not written down" in caplog.text
    assert ADDRESS not in caplog.text


def test_the_persons_page_shows_who_looked_to_those_who_may_know(client, person, account):
    from django.contrib.auth.models import Permission

    TimelineEvent.objects.note(person, Kind.VIEWED, by=account, about=person)
    address = reverse("admin:contacts_person_change", args=[person.pk])
    assert "<td>curious</td>" in client.get(address).content.decode()
    clerk = UserFactory()
    clerk.user_permissions.set(Permission.objects.filter(codename="view_person"))
    client.force_login(clerk)
    page = client.get(address).content.decode()
    assert NAME in page
    assert "curious" not in page


@pytest.mark.parametrize("number", [1, 40])
def test_a_look_costs_three_queries_at_most(client, person, account, number, django_assert_max_num_queries):
    for _time in range(number):
        TimelineEvent.objects.note(person, Kind.NOTE, by=account, text="x")
    address = reverse("admin:contacts_person_change", args=[person.pk])
    client.get(address)
    TimelineEvent.objects.filter(kind=Kind.VIEWED).delete()
    with django_assert_max_num_queries(13):
        client.get(address)
    assert len(looks()) == 1
    assert Person.objects.count() == 1
