"""A newsletter while the mail server refuses, hangs, or its sender is killed: the numbers add up, nothing twice."""

import asyncio
import datetime
import os
import random
import signal
import time
from collections import Counter

import pytest
from django.db import connections
from django.utils import timezone

from charhar.contacts import outbox
from charhar.contacts.models import OutgoingMail, Person
from charhar.outreach import newsletters
from charhar.outreach.models import Newsletter, Subscription

RECIPIENTS, KILLS = 1_000, 5


def begun(names):
    """A newsletter to so many, its sending begun."""
    now = timezone.now()
    people = Person.objects.bulk_create(
        Person(email=f"{name}@example.org", email_key=f"{name}@example.org") for name in names
    )
    Subscription.objects.bulk_create(Subscription(person=person, confirmed_at=now) for person in people)
    made = Newsletter.objects.create(title="March", subject="March", introduction="<p>Dear all</p>")
    newsletters.schedule(made, now)
    newsletters.begin_due()
    made.refresh_from_db()
    return made


def states():
    return dict(OutgoingMail.objects.values_list("to", "state"))


@pytest.mark.django_db(transaction=True)
def test_refused_for_now_refused_for_good_and_silent_after_data(mail_server):
    made = begun(["ann", "bo", "cy", "later", "never", "silent"])
    replies = {"later@example.org": "451 4.7.1 Later", "never@example.org": "550 5.1.1 Nobody"}
    taken = Counter()

    async def rcpt(server, session, envelope, address, options):
        if address in replies:
            return replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def data(server, session, envelope):
        taken.update(envelope.rcpt_tos)
        if envelope.rcpt_tos == ["silent@example.org"]:
            await asyncio.sleep(30)
        return "250 OK"

    mail_server.handle_RCPT, mail_server.handle_DATA = rcpt, data
    outbox.deliver_due()
    expected = dict.fromkeys(["ann", "bo", "cy"], "sent")
    expected |= {"later": "pending", "never": "failed", "silent": "uncertain"}
    assert states() == {f"{name}@example.org": state for name, state in expected.items()}
    newsletters.begin_due()
    assert Newsletter.objects.get().state == "sending"
    del replies["later@example.org"]
    for hours in (1, 2, 3):
        outbox.deliver_due(timezone.now() + datetime.timedelta(hours=hours))
    expected["later"] = "sent"
    assert states() == {f"{name}@example.org": state for name, state in expected.items()}
    assert taken == {f"{name}@example.org": 1 for name in ("ann", "bo", "cy", "later", "silent")}
    newsletters.begin_due(timezone.now() + datetime.timedelta(minutes=2))
    made.refresh_from_db()
    assert made.state == "sent"


def sender():
    """A process that sends what is due; its number."""
    connections.close_all()  # not to be shared
    child = os.fork()
    if child == 0:
        try:
            outbox.deliver_due()
        finally:
            os._exit(0)
    return child


@pytest.mark.django_db(transaction=True)
def test_five_times_its_sender_is_killed(mail_server, settings):
    settings.EMAIL_TIMEOUT = 60  # on a busy machine the server, a thread of this process, may have to wait
    made = begun(f"reader{number}" for number in range(RECIPIENTS))
    chance = random.Random(0)

    def look():
        counts = made.mailing.counts()
        assert sum(counts.values()) == RECIPIENTS, counts
        return counts

    for kill in range(KILLS):
        child = sender()
        aim = len(mail_server.messages) + chance.uniform(0.2, 0.9) * RECIPIENTS / (KILLS + 1)
        until = time.monotonic() + 60
        while len(mail_server.messages) < aim and time.monotonic() < until:
            time.sleep(0.001)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert look()["pending"], f"all was sent before kill {kill + 1}"
        connections.close_all()
    while look()["pending"]:
        outbox.deliver_due()
    counts = look()
    taken = Counter(message["Message-ID"] for _to, message in mail_server.messages)
    rows = dict(OutgoingMail.objects.values_list("message_id", "state"))
    assert [key for key, state in rows.items() if key not in taken and state != "uncertain"] == []
    assert [key for key, times in taken.items() if times > 1] == []
    assert set(taken) <= set(rows)
    assert counts["uncertain"] <= KILLS * outbox.CLAIM
    assert counts["failed"] == counts["suppressed"] == 0
