"""What is forgotten when: each rule a minute before its time and a minute after it."""

import datetime
from collections import Counter

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from charhar.contacts import retention
from charhar.contacts.models import (
    Attempt,
    Consent,
    Mailing,
    OutgoingMail,
    Person,
    RetentionRun,
    TimelineEvent,
    Wording,
)
from charhar.contacts.retention import due_now, every_rule, forget, forget_once_a_day
from charhar.members.models import Application, SignIn
from charhar.outreach.models import ContactMessage, Subscription
from tests.contacts.filled import ADDRESS, fill, make_person
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()
Kind = TimelineEvent.Kind


def mail(at, **more):
    return OutgoingMail.objects.create(
        **{"to": ADDRESS, "sender": "x", "purpose": "x", "subject": "s", "text": "t", "state": "sent",
           "sent_at": at, "created_at": at, **more}
    )  # fmt: skip


def application(at, state):
    person = Person.objects.meet(ADDRESS)
    consent = Consent.objects.give(person, Wording("membership", "1", "Yes."), source="x")
    return fill(
        Application,
        {"contacts.Person": person},
        consent=consent, state=state, created_at=at, decided_at=at, assigned_to=None,
    )  # fmt: skip


def message(at, state):
    return ContactMessage.objects.create(
        person=Person.objects.meet(ADDRESS), name="x", email=ADDRESS, message="m", state=state, created_at=at,
        digest=state, day=timezone.localdate(), answered_at=at if state == "answered" else None,
    )  # fmt: skip


def subscription(at, **more):
    return Subscription.objects.create(person=Person.objects.meet(ADDRESS), asked_at=at, **more)


ROWS = {
    "mail-words": mail,
    "mail-addresses": lambda at: mail(
        at, text="", mailing=Mailing.objects.create(purpose="x", title="x", sender="x", subject="x", text="x")
    ),
    "looks": lambda at: TimelineEvent.objects.create(kind=Kind.VIEWED, at=at),
    "attempts": lambda at: Attempt.objects.create(form="x", sender="x", digest="x", at=at),
    "sessions": lambda at: Session.objects.create(session_key="x", session_data="x", expire_date=at),
    "axes-accessattempt": lambda at: AccessAttempt.objects.create(username="x", failures_since_start=1),
    "axes-accesslog": lambda at: AccessLog.objects.create(username="x"),
    "consents": lambda at: Consent.objects.create(
        person=Person.objects.meet(ADDRESS), purpose="updates", version="1", text="x", withdrawn_at=at
    ),
    "applications-started": lambda at: application(at, "started"),
    "applications-declined": lambda at: application(at, "declined"),
    "sign-ins": lambda at: SignIn.objects.create(person=Person.objects.meet(ADDRESS), asked_at=at),
    "spam": lambda at: message(at, "spam"),
    "messages-answered": lambda at: message(at, "answered"),
    "subscriptions-unconfirmed": subscription,
    "subscriptions-ended": lambda at: subscription(at, confirmed_at=at, unsubscribed_at=at),
    "people": lambda at: Person.objects.create(email=ADDRESS, created_at=at),
}  # fmt: skip


@pytest.mark.parametrize("code", [code for code in ROWS if not code.startswith("axes")])
@pytest.mark.parametrize(("minutes", "goes"), [(-1, False), (1, True)])
def test_a_row_goes_when_its_time_is_over_and_not_before(code, minutes, goes):
    rule = next(rule for rule in every_rule() if rule.code == code)
    row = ROWS[code](NOW - datetime.timedelta(days=rule.days, minutes=minutes))
    assert due_now(NOW)[code] == goes
    forget(NOW)
    assert due_now(NOW)[code] == 0
    assert type(row)._base_manager.filter(pk=row.pk).exists() == (rule.is_cleared or not goes)


def test_every_rule_is_tried_here():
    assert {rule.code for rule in every_rule()} - set(ROWS) == {"axes-accessfailurelog"}


@pytest.mark.parametrize("code", ["axes-accessattempt", "axes-accesslog"])
def test_sign_ins_to_the_admin_are_forgotten(code):
    row = ROWS[code](NOW)
    forget(NOW + datetime.timedelta(days=89))
    assert type(row).objects.count() == 1
    forget(NOW + datetime.timedelta(days=91))
    assert type(row).objects.count() == 0


def test_a_dry_run_changes_nothing_and_counts_what_a_real_one_takes(capsys):
    for number in range(3):
        TimelineEvent.objects.create(kind=Kind.VIEWED, at=NOW - datetime.timedelta(days=800 + number))
    call_command("forget_old", dry_run=True)
    told = capsys.readouterr().out
    assert "looks: Who looked at whose data, or downloaded them, after 730 days: 3 deleted." in told
    assert "Nothing was changed" in told
    assert TimelineEvent.objects.count() == 3
    call_command("forget_old")
    assert "3 deleted" in capsys.readouterr().out
    assert TimelineEvent.objects.count() == 0


def test_cleared_mail_stays_in_the_totals():
    old = NOW - datetime.timedelta(days=400)
    mail(old)
    mail(old, state="failed")
    mail(old, state="pending", sent_at=None)
    before = Counter(OutgoingMail.objects.values_list("state", "purpose"))
    forget(NOW)
    assert Counter(OutgoingMail.objects.values_list("state", "purpose")) == before
    assert sorted(OutgoingMail.objects.values_list("state", "to", "text")) == [
        ("failed", "", ""), ("pending", ADDRESS, "t"), ("sent", "", ""),
    ]  # fmt: skip


def test_an_answered_message_stays_in_the_totals_without_its_words():
    row = message(NOW - datetime.timedelta(days=731), "answered")
    forget(NOW)
    row.refresh_from_db()
    assert (row.subject, row.state, row.name, row.email, row.message, row.person) == (
        "general", "answered", "", "", "", None,
    )  # fmt: skip


def test_an_application_takes_its_consent_along():
    application(NOW - datetime.timedelta(days=366), "declined")
    forget(NOW)
    assert Consent.objects.count() == 0


@pytest.mark.parametrize("keeps", ["note", "consent", "subscription", "letter that waits", "nothing"])
def test_people_stay_while_anything_of_them_is_kept(keeps):
    person = make_person(created_at=NOW - datetime.timedelta(days=365))
    mail(NOW, person=person)
    TimelineEvent.objects.create(person=person, kind=Kind.VIEWED, at=NOW)
    if keeps == "note":
        TimelineEvent.objects.create(person=person, kind=Kind.NOTE, at=NOW - datetime.timedelta(days=300))
    elif keeps == "consent":
        Consent.objects.give(person, Wording("updates", "1", "Yes."), source="x")
    elif keeps == "subscription":
        Subscription.objects.create(person=person, confirmed_at=NOW)
    elif keeps == "letter that waits":
        mail(NOW, person=person, state="pending", sent_at=None, to="x@example.org")
    forget(NOW)
    assert Person.objects.exists() == (keeps != "nothing")


def test_more_than_a_batch_goes_and_progress_is_told(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(5):
        Attempt.objects.create(form="x", sender="x", digest=str(number), at=NOW - datetime.timedelta(days=2))
    told = []
    assert forget(NOW, progress=lambda rule, number: told.append((rule.code, number)))["attempts"] == 5
    assert told == [("attempts", 2), ("attempts", 4), ("attempts", 5)]


def test_it_is_done_once_a_day_and_again_when_somebody_was_stopped():
    assert forget_once_a_day(NOW) is not None
    assert forget_once_a_day(NOW) is None
    RetentionRun.objects.update(ended_at=None)
    assert forget_once_a_day(NOW + datetime.timedelta(minutes=5)) is None
    RetentionRun.objects.update(began_at=NOW - datetime.timedelta(hours=2))
    assert forget_once_a_day(NOW) is not None
    assert forget_once_a_day(NOW + datetime.timedelta(days=1)) is not None
    assert RetentionRun.objects.filter(ended_at__isnull=False).count() == 2


def test_the_rules_are_shown_in_the_admin_and_not_changed_there(client):
    client.force_login(UserFactory(is_superuser=True))
    forget_once_a_day()
    page = client.get(reverse("admin:contacts_retentionrun_changelist")).content.decode()
    for rule in every_rule():
        assert str(rule.what).replace("’", "’") in page
    assert client.get(reverse("admin:contacts_retentionrun_add")).status_code == 403
