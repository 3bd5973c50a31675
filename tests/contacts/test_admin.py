"""Who sees personal data in the admin: the secretariat, and nobody who merely edits texts."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from charhar.contacts.models import Consent, OutgoingMail, Person, Wording
from charhar.members.models import Application, Plan
from charhar.outreach.models import ContactMessage, Subscription
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
SECRET = "very-private@example.org"
QUERIES_OF_A_LIST = 10


@pytest.fixture
def rows():
    """One of each row that says something about a person."""
    person = Person.objects.meet(SECRET, name="Private Person")
    consent = Consent.objects.give(person, Wording("membership", "1", "Yes."), source="/about/membership/")
    return {
        "contacts_person": person,
        "contacts_consent": consent,
        "contacts_outgoingmail": OutgoingMail.objects.create(
            to=SECRET, subject="x", text="x", sender="x", purpose="x"
        ),
        "outreach_contactmessage": ContactMessage.objects.create(
            person=person, name="=cmd()", email=SECRET, message="x", day=timezone.localdate(), digest="x"
        ),
        "outreach_subscription": Subscription.objects.create(person=person),
        "members_application": Application.objects.create(
            person=person, plan=Plan.objects.create(name_en="Individual"), consent=consent,
            name="Private Person", email=SECRET, country="China", day=timezone.localdate(), digest="x",
        ),
    }  # fmt: skip


def pages(rows):
    for name, row in rows.items():
        yield reverse(f"admin:{name}_changelist")
        yield reverse(f"admin:{name}_change", args=[row.pk])
        yield reverse(f"admin:{name}_history", args=[row.pk])


@pytest.fixture
def secretary():
    """Somebody with every permission on the secretariat's apps, and no other."""
    user = UserFactory()
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label__in=["contacts", "members", "outreach"])
    )
    return user


def test_an_outsider_sees_nobody(client, rows):
    for address in pages(rows):
        response = client.get(address)
        assert response.status_code == 302, address
        assert SECRET not in response.content.decode()


@pytest.mark.parametrize("role", ["Authors", "Editors"])
def test_an_editor_sees_nobody(client, rows, role):
    client.force_login(UserFactory(roles=[role]))
    for address in pages(rows):
        response = client.get(address)
        assert response.status_code == 403, address
        assert SECRET not in response.content.decode()


def test_the_secretariat_sees_them(client, rows, secretary):
    client.force_login(secretary)
    for address in pages(rows):
        assert client.get(address).status_code == 200, address


def test_the_role_secretariat_sees_them(client, rows):
    client.force_login(UserFactory(roles=["Secretariat"]))
    for address in pages(rows):
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize("name", ["contacts_consent", "contacts_outgoingmail"])
def test_the_ledgers_can_not_be_written_by_hand(client, rows, name):
    client.force_login(UserFactory(is_superuser=True))
    row = rows[name]
    assert client.get(reverse(f"admin:{name}_add")).status_code == 403
    assert client.post(reverse(f"admin:{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert client.post(reverse(f"admin:{name}_change", args=[row.pk]), {"subject": "y"}).status_code == 403


@pytest.mark.parametrize("name", ["outreach_contactmessage", "outreach_subscription", "members_application"])
def test_what_people_sent_is_not_made_up_by_hand(client, rows, name):
    client.force_login(UserFactory(is_superuser=True))
    assert client.get(reverse(f"admin:{name}_add")).status_code == 403


def test_lists_cost_the_same_at_one_and_at_three(client, secretary, rows, django_assert_num_queries):
    client.force_login(secretary)
    address = reverse("admin:members_application_changelist")
    client.get(address)
    with django_assert_num_queries(QUERIES_OF_A_LIST):
        client.get(address)
    for number in range(2):
        person = Person.objects.meet(f"reader{number}@example.org", name=f"Reader {number}")
        Application.objects.create(
            person=person, plan=Plan.objects.get(), name="x", email=person.email, country="China",
            digest=str(number), day=timezone.localdate(),
            consent=Consent.objects.give(person, Wording("membership", "1", "Yes."), source="x"),
        )  # fmt: skip
    with django_assert_num_queries(QUERIES_OF_A_LIST):
        client.get(address)


def test_a_list_comes_as_csv_without_formulas(client, secretary, rows):
    client.force_login(secretary)
    response = client.post(
        reverse("admin:outreach_contactmessage_changelist"),
        {"action": "export", "_selected_action": [rows["outreach_contactmessage"].pk]},
    )
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "private, no-store" in response["Cache-Control"]
    assert f"General question,'=cmd(),{SECRET},,,x,en,New" in response.content.decode()


def test_a_failed_message_is_sent_again_by_decision(client, secretary, rows):
    client.force_login(secretary)
    mail = rows["contacts_outgoingmail"]
    OutgoingMail.objects.update(state=OutgoingMail.State.FAILED, error="550 no")
    client.post(
        reverse("admin:contacts_outgoingmail_changelist"),
        {"action": "try_again", "_selected_action": [mail.pk]},
    )
    mail.refresh_from_db()
    assert (mail.state, mail.error) == (OutgoingMail.State.PENDING, "")


def test_ending_a_subscription_in_the_admin_ends_it(client, secretary, rows):
    client.force_login(secretary)
    subscription = rows["outreach_subscription"]
    Subscription.objects.update(confirmed_at=timezone.now())
    client.post(
        reverse("admin:outreach_subscription_changelist"),
        {"action": "end", "_selected_action": [subscription.pk]},
    )
    subscription.refresh_from_db()
    assert subscription.is_active is False


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        (
            "members_plan",
            {
                "name_en": "Student",
                "fee": "200",
                "currency": "CNY",
                "term_months": "12",
                "kind": "student",
                "grace_days": "30",
            },
        ),
        (
            "outreach_vacancy",
            {
                "title_en": "Assistant",
                "opens_at_0": "2022-01-18",
                "opens_at_1": "09:00",
                "country": "CN",
                "employment": "INTERN",
            },
        ),
        ("outreach_waytogive", {"title_en": "Bank transfer"}),
    ],
)
def test_the_secretariat_adds_what_its_pages_show(client, name, fields):
    client.force_login(UserFactory(roles=["Secretariat"]))
    address = reverse(f"admin:{name}_add")
    assert client.get(address).status_code == 200
    response = client.post(address, {"position": "0", **fields})
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert response["Location"] == reverse(f"admin:{name}_changelist")
    text = client.get(response["Location"]).content.decode()
    assert next(iter(fields.values())) in text


# -- The roles, also in a database from before ------------------------------------------------------


def personal_permissions(role):
    from django.contrib.auth.models import Group

    labels = ["contacts", "members", "outreach"]
    found = Group.objects.get(name=role).permissions.filter(content_type__app_label__in=labels)
    return set(found.values_list("content_type__app_label", "codename"))


@pytest.mark.parametrize("role", ["Secretariat", "Administrators"])
def test_the_secretariats_roles_have_every_permission_on_peoples_data(role):
    from django.apps import apps

    wanted = {
        (label, f"{action}_{model._meta.model_name}")
        for label in ("contacts", "members", "outreach")
        for model in apps.get_app_config(label).get_models()
        for action in ("view", "add", "change", "delete")
    }
    assert personal_permissions(role) == {*wanted, ("contacts", "export_person")}


def test_a_database_from_before_gets_what_is_new_and_keeps_what_its_administrators_decided():
    from django.apps import apps
    from django.contrib.auth.models import Group

    from charhar.roles import grant_personal

    whole = personal_permissions("Administrators")
    for role in ("Secretariat", "Administrators"):
        group = Group.objects.get(name=role)
        new = group.permissions.filter(content_type__model__in=["funding", "timelineevent"])
        group.permissions.remove(*new, *group.permissions.filter(codename="export_person"))
    taken = Permission.objects.get(codename="delete_person")
    Group.objects.get(name="Secretariat").permissions.remove(taken)
    Permission.objects.filter(codename__in=["view_funding", "export_person"]).delete()
    grant_personal(apps, "default")
    assert personal_permissions("Administrators") == whole
    assert personal_permissions("Secretariat") == whole - {("contacts", "delete_person")}
    assert personal_permissions("Editors") == set()
