"""Subscribers from a file: none without the origin of their consent, none against their will, nothing twice."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from charhar.contacts.models import Consent, OutgoingMail, Person, Suppression
from charhar.outreach.bringing_in import bring_in
from charhar.outreach.choices import chosen
from charhar.outreach.models import Subscription
from tests.factories import TopicFactory

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
