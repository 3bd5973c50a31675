"""Subscribers from a file: none without the origin of their consent, none against their will, nothing twice."""

import io

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from charhar.contacts.csv_files import MOST_BYTES
from charhar.contacts.models import Consent, OutgoingMail, Person, Suppression
from charhar.outreach.bringing_in import bring_in
from charhar.outreach.choices import chosen
from charhar.outreach.models import Subscription
from tests.factories import TopicFactory, UserFactory

pytestmark = pytest.mark.django_db
HEAD = "email,name,language,rhythm,topics,consent,consent on,consent source"
CONSENT = "Send me news,2019-03-05,Paper list at the 2019 forum"
ROWS = [
    f"Ann+news@BÜCHER.example,王安,zh,weekly,energy,{CONSENT}",
    f"bo@example.org,,,,,{CONSENT}",
    f"no address,,,,,{CONSENT}",
    "cy@example.org,,,,,,2019-03-05,Paper",
    "cy@example.org,,,,,Send me news,,Paper",
    "cy@example.org,,,,,Send me news,2019-03-05,",
    "cy@example.org,,,,,Send me news,2999-03-05,Paper",
    f"BO@example.org,,,,,{CONSENT}",
    f"bounced@example.org,,,,,{CONSENT}",
    f"ended@example.org,,,,,{CONSENT}",
    f"there@example.org,,zh,at_once,,{CONSENT}",
    f"di@example.org,,fr,,,{CONSENT}",
    f"di@example.org,,,hourly,,{CONSENT}",
    f"di@example.org,,,,nothing,{CONSENT}",
    f"asked@example.org,'=cmd(),,,,{CONSENT}",
]  # fmt: skip
FATES = ["new", "new", *["refused"] * 8, "unchanged", *["refused"] * 3, "new"]


@pytest.fixture(autouse=True)
def _known():
    now = timezone.now()
    TopicFactory(slug="energy")
    Suppression.objects.add_address("bounced@example.org", "bounce")
    for name, fields in {
        "ended": {"confirmed_at": now, "unsubscribed_at": now},
        "there": {"confirmed_at": now},
        "asked": {},
    }.items():
        Subscription.objects.create(person=Person.objects.meet(f"{name}@example.org"), **fields)


def a_file(*rows):
    return "\r\n".join([HEAD, *rows]).encode()


def everything():
    return [list(model.objects.order_by("pk").values()) for model in (Person, Subscription, Consent)]


def test_each_rows_fate_is_told_and_the_same_file_twice_changes_nothing():
    fates = bring_in(a_file(*ROWS), dry_run=False)
    assert [(fate.line, fate.fate) for fate in fates] == list(enumerate(FATES, start=2))
    for number, words in {3: "consent", 4: "consent_on", 5: "consent_source", 6: "still to come", 7: "line 3",
                          8: "suppression list", 9: "ended the subscription"}.items():  # fmt: skip
        assert words in fates[number].words
    ann = Subscription.objects.get(person__email="Ann+news@xn--bcher-kva.example")
    assert (ann.person.name, ann.language, ann.rhythm, ann.is_active) == ("王安", "zh-hans", "weekly", True)
    assert [topic.slug for topic in chosen(ann).subjects["topics"]] == ["energy"]
    consent = ann.person.consents.get()
    assert (consent.text, consent.source) == ("Send me news", "Paper list at the 2019 forum")
    assert f"{consent.given_at:%Y-%m-%d}" == "2019-03-05"
    assert ann.person.timeline.get().kind == "imported"
    there = Subscription.objects.get(person__email="there@example.org")
    assert (there.language, there.rhythm) == ("en", "newsletter")
    assert not Person.objects.filter(email__in=["cy@example.org", "di@example.org"]).exists()
    assert OutgoingMail.objects.count() == 0
    before = everything()
    again = bring_in(a_file(*ROWS), dry_run=False)
    assert [fate.fate for fate in again] == [fate.replace("new", "unchanged") for fate in FATES]
    assert everything() == before


def test_a_dry_run_tells_the_same_and_writes_nothing():
    before = everything()
    dry = bring_in(a_file(*ROWS), dry_run=True)
    assert everything() == before
    assert dry == bring_in(a_file(*ROWS), dry_run=False)


def test_the_command_names_lines_and_no_addresses(tmp_path):
    path = tmp_path / "subscribers.csv"
    path.write_bytes(a_file(*ROWS[:2], ROWS[8]))
    said = io.StringIO()
    call_command("import_subscribers", path, dry_run=True, stdout=said)
    assert "Line 2: new" in said.getvalue()
    assert "2 new, 0 unchanged, 1 refused. Nothing was written." in said.getvalue()
    assert "@" not in said.getvalue()
    for content in (b"", b"name\nAnn", b"email,colour\n"):
        path.write_bytes(content)
        with pytest.raises(CommandError):
            call_command("import_subscribers", path)


PAGE = "/admin/outreach/subscription/import/"


def test_the_page_tries_first_then_brings_in_and_says_who_did(client):
    staff = UserFactory(roles=["Secretariat"])
    client.force_login(staff)
    assert PAGE in client.get("/admin/outreach/subscription/").content.decode()
    upload = lambda: SimpleUploadedFile("subscribers.csv", a_file(*ROWS))  # noqa: E731
    before = everything()
    shown = client.post(PAGE, {"file": upload(), "dry_run": "on"})
    assert "nothing was written" in shown.content.decode()
    assert everything() == before
    assert [str(fate.fate) for fate, _name in shown.context["fates"]] == sorted(
        FATES, key=lambda fate: fate != "refused"
    )
    client.post(PAGE, {"file": upload()})
    assert Subscription.objects.active().count() == 4
    imported = Person.objects.get(email="bo@example.org").timeline.get()
    assert (imported.kind, imported.by) == ("imported", staff)


def test_the_page_refuses_what_is_no_table_beside_the_field(client):
    client.force_login(UserFactory(roles=["Secretariat"]))
    for content in (b"", b"name\nAnn", b"x" * (MOST_BYTES + 1)):
        response = client.post(PAGE, {"file": SimpleUploadedFile("x.csv", content)})
        assert list(response.context["form"].errors) == ["file"]


def test_the_page_is_for_those_who_may_add_subscriptions(client):
    assert client.get(PAGE).status_code == 302
    viewer = UserFactory()
    viewer.user_permissions.set(Permission.objects.filter(codename="view_subscription"))
    for user in (UserFactory(roles=["Editors"]), viewer):
        client.force_login(user)
        assert client.get(PAGE).status_code == 403
    assert PAGE not in client.get("/admin/outreach/subscription/").content.decode()
