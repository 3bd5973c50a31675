"""What becomes of a message, whatever the mail server does."""

import datetime
import smtplib
import threading

import pytest
from django.core import mail as django_mail
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from charhar.contacts import outbox
from charhar.contacts.models import Attempt, Mailing, OutgoingMail, Person, Suppression

State = OutgoingMail.State


def write(to="ann@example.org", subject="News", **fields):
    return OutgoingMail.objects.create(
        to=to,
        subject=subject,
        text="Good news.\n",
        sender="Charhar <office@example.org>",
        purpose="test",
        **fields,
    )


def outcome(mail):
    mail.refresh_from_db()
    return mail.state


class Server:
    """A connection that answers as it is told."""

    def __init__(self, *answers, reachable=True):
        self.answers, self.reachable, self.sent, self.opened = list(answers), reachable, [], 0

    def open(self):
        self.opened += 1
        if not self.reachable:
            raise ConnectionRefusedError("nobody there")

    def close(self):
        raise smtplib.SMTPServerDisconnected("gone already")

    def send_messages(self, messages):
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.sent += messages


@pytest.fixture
def server(monkeypatch):
    def use(server):
        monkeypatch.setattr(outbox, "get_connection", lambda **kwargs: server)
        return server

    return use


@pytest.mark.django_db
def test_a_sent_message_carries_its_own_id_and_headers():
    mail = write(html="<p>Good news.</p>", headers={"List-Unsubscribe": "<https://example.org/end/>"})
    assert outbox.deliver_due() == {State.SENT: 1}
    assert outcome(mail) == State.SENT
    assert mail.sent_at is not None
    [message] = django_mail.outbox
    sent = message.message()
    assert sent["Message-ID"] == mail.message_id
    assert mail.message_id.endswith("@127.0.0.1>")
    assert sent["List-Unsubscribe"] == "<https://example.org/end/>"
    assert sent["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in sent.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


@pytest.mark.django_db
def test_what_is_sent_is_never_sent_again():
    write()
    outbox.deliver_due()
    assert outbox.deliver_due() == {}
    assert len(django_mail.outbox) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (smtplib.SMTPRecipientsRefused({"ann@example.org": (450, b"greylisted")}), State.PENDING),
        (smtplib.SMTPRecipientsRefused({"ann@example.org": (550, b"no such user")}), State.FAILED),
        (smtplib.SMTPSenderRefused(421, b"too many", "office@example.org"), State.PENDING),
        (smtplib.SMTPDataError(451, b"later"), State.PENDING),
        (smtplib.SMTPDataError(554, b"spam"), State.FAILED),
        (smtplib.SMTPNotSupportedError("SMTPUTF8"), State.FAILED),
        (smtplib.SMTPServerDisconnected("timed out"), State.UNCERTAIN),
        (TimeoutError("silence"), State.UNCERTAIN),
        (RuntimeError("what?"), State.UNCERTAIN),
    ],
)
def test_the_servers_answer_decides(server, answer, state):
    server(Server(answer))
    mail = write()
    outbox.deliver_due()
    assert outcome(mail) == state
    assert mail.error.startswith(type(answer).__name__)
    assert mail.attempts == 1


@pytest.mark.django_db
def test_a_passing_refusal_is_tried_again_later_and_later(server):
    used = server(Server(smtplib.SMTPDataError(451, b"later"), smtplib.SMTPDataError(451, b"later")))
    mail = write()
    now = timezone.now()
    outbox.deliver_due()
    assert outbox.deliver_due() == {}
    outbox.deliver_due(now + datetime.timedelta(minutes=3))
    mail.refresh_from_db()
    assert mail.next_try_at > timezone.now() + datetime.timedelta(minutes=3)
    assert outbox.deliver_due(now + datetime.timedelta(minutes=10)) == {State.SENT: 1}
    assert [m.extra_headers["Message-ID"] for m in used.sent] == [mail.message_id]


@pytest.mark.django_db
def test_after_trouble_the_rest_goes_over_a_new_connection(server):
    used = server(Server(smtplib.SMTPServerDisconnected("timed out")))
    mails = [write(), write(), write()]
    assert outbox.deliver_due() == {State.UNCERTAIN: 1, State.SENT: 2}
    assert [outcome(m) for m in mails] == [State.UNCERTAIN, State.SENT, State.SENT]
    assert used.opened == 2


@pytest.mark.django_db
def test_with_the_server_down_everything_waits_and_no_attempt_is_counted(server):
    server(Server(reachable=False))
    mails = [write(), write()]
    assert outbox.deliver_due() == {State.PENDING: 2}
    assert [(outcome(m), m.attempts) for m in mails] == [(State.PENDING, 0), (State.PENDING, 0)]
    server(Server())
    later = timezone.now() + datetime.timedelta(minutes=2)
    assert outbox.deliver_due(later) == {State.SENT: 2}


@pytest.mark.django_db
def test_a_message_is_given_up_after_three_days(server):
    server(Server(reachable=False))
    mail = write()
    later = timezone.now() + datetime.timedelta(days=3, minutes=1)
    assert outbox.deliver_due(later) == {State.FAILED: 1}
    assert outcome(mail) == State.FAILED


@pytest.mark.django_db
def test_what_a_killed_process_had_claimed_is_uncertain_and_is_not_sent():
    claimed = write(state=State.UNCERTAIN, claim="x", tried_at=timezone.now(), attempts=1)
    assert outbox.deliver_due() == {}
    assert outcome(claimed) == State.UNCERTAIN
    assert outbox.send_again(claimed) is False  # it may be under way at this moment
    OutgoingMail.objects.update(tried_at=timezone.now() - datetime.timedelta(minutes=2))
    assert outbox.send_again(claimed) is True
    assert django_mail.outbox == []


@pytest.mark.django_db
def test_a_sender_that_is_ended_gives_back_what_the_server_has_not_heard_of(server):
    server(Server(None, KeyboardInterrupt()))
    mails = [write(to=f"reader{number}@example.org") for number in range(4)]
    with pytest.raises(KeyboardInterrupt):
        outbox.deliver_due()
    assert [outcome(m) for m in mails] == [State.SENT, State.UNCERTAIN, State.PENDING, State.PENDING]
    assert [m.attempts for m in mails] == [1, 1, 0, 0]


def mailing(**fields):
    return Mailing.objects.create(
        purpose="newsletter",
        title="March",
        sender="Charhar <office@example.org>",
        subject="News for {{name}}",
        text="Dear {{name}}, here is the news. End it: {{end}}\n",
        html="<p>Dear {{name}}</p>",
        **fields,
    )


def address(letter, *emails, **more):
    people = [Person.objects.meet(email, name=email.split("@")[0]) for email in emails]
    return outbox.address_mailing(
        letter,
        [(person, {"name": person.name, "end": f"https://x.example/{person.pk}"}, {}) for person in people],
    )


@pytest.mark.django_db
def test_a_mailing_goes_once_to_each_address_with_its_own_words():
    letter = mailing()
    assert address(letter, "ann@example.org", "Ann@example.org", "bo@example.org") == 2
    assert letter.counts() == {"pending": 2, "sent": 0, "failed": 0, "uncertain": 0, "suppressed": 0}
    assert outbox.deliver_due() == {State.SENT: 2}
    assert [m.subject for m in django_mail.outbox] == ["News for ann", "News for bo"]
    person = Person.objects.get(name="bo")
    assert django_mail.outbox[1].body == f"Dear bo, here is the news. End it: https://x.example/{person.pk}\n"
    assert outbox.deliver_due() == {}


@pytest.mark.django_db
def test_a_suppressed_address_is_counted_and_gets_nothing():
    Suppression.objects.add_address("ann@example.org", Suppression.Reason.BOUNCE)
    letter = mailing()
    assert address(letter, "ann@example.org", "bo@example.org") == 2
    assert outbox.deliver_due() == {State.SENT: 1}
    assert letter.counts() == {"pending": 0, "sent": 1, "failed": 0, "uncertain": 0, "suppressed": 1}


@pytest.mark.django_db
def test_who_wants_no_more_gets_nothing_of_what_still_waits():
    letter = mailing()
    address(letter, "ann@example.org")
    single = write()
    person = Person.objects.get()
    assert outbox.hold_back(person) == 1
    assert outbox.deliver_due() == {State.SENT: 1}
    assert outcome(single) == State.SENT
    assert letter.counts()["suppressed"] == 1


@pytest.mark.django_db
def test_a_paused_mailing_waits_and_goes_on_where_it_was():
    letter = mailing()
    address(letter, "ann@example.org")
    assert (outbox.pause(letter), outbox.pause(letter)) == (True, False)
    assert outbox.deliver_due(timezone.now() + datetime.timedelta(days=4)) == {}
    assert (outbox.resume(letter), outbox.resume(letter)) == (True, False)
    assert outbox.deliver_due() == {State.SENT: 1}


@pytest.mark.django_db
def test_a_mailing_keeps_to_its_rate():
    letter = mailing(per_minute=2)
    address(letter, "a@example.org", "b@example.org", "c@example.org")
    assert outbox.deliver_due() == {State.SENT: 2}
    assert outbox.deliver_due() == {}
    letter.mail.update(tried_at=timezone.now() - datetime.timedelta(minutes=2))
    assert outbox.deliver_due() == {State.SENT: 1}


@pytest.mark.django_db
def test_a_mailing_does_not_begin_before_its_time():
    begins = timezone.now() + datetime.timedelta(hours=1)
    letter = mailing(begins_at=begins)
    address(letter, "ann@example.org")
    assert outbox.deliver_due() == {}
    assert outbox.deliver_due(begins) == {State.SENT: 1}


@pytest.mark.django_db
def test_the_same_key_is_written_and_sent_once(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first = outbox.queue(to="a@example.org", subject="1", text="x", purpose="test", key="reminder:1")
    with django_capture_on_commit_callbacks(execute=True):
        second = outbox.queue(to="a@example.org", subject="2", text="x", purpose="test", key="reminder:1")
    assert first.pk == second.pk
    assert [m.subject for m in django_mail.outbox] == ["1"]


@pytest.mark.django_db
def test_only_a_person_sends_an_uncertain_message_again():
    mail = write(state=State.UNCERTAIN, tried_at=timezone.now())
    done = write(state=State.SENT, sent_at=timezone.now())
    assert outbox.send_again(mail) is True
    assert outbox.send_again(done) is False
    assert outbox.deliver_due() == {State.SENT: 1}
    assert django_mail.outbox[0].extra_headers["Message-ID"] == mail.message_id


@pytest.mark.django_db
def test_a_message_that_can_not_be_built_fails_alone():
    bad = write(headers={"X-Note": "one\nBcc: eve@example.org"})
    good = write()
    assert outbox.deliver_due() == {State.FAILED: 1, State.SENT: 1}
    assert (outcome(bad), outcome(good)) == (State.FAILED, State.SENT)
    assert len(django_mail.outbox) == 1


@pytest.mark.django_db
def test_a_subject_of_several_lines_becomes_one():
    mail = outbox.queue(
        to="ann@example.org", subject="News\r\nBcc: eve@example.org", text="x", purpose="test"
    )
    assert mail.subject == "News Bcc: eve@example.org"


@pytest.mark.django_db
def test_mail_goes_out_only_after_the_commit(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        outbox.queue(to="ann@example.org", subject="News", text="x", purpose="test")
        assert django_mail.outbox == []
    assert len(django_mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_change_sends_nothing():
    with transaction.atomic():
        outbox.queue(to="ann@example.org", subject="News", text="x", purpose="test")
        transaction.set_rollback(True)
    assert (OutgoingMail.objects.count(), django_mail.outbox) == (0, [])


@pytest.mark.django_db
def test_readers_do_not_wait_for_a_server_that_has_just_failed(server):
    used = server(Server(reachable=False))
    first, second = write(), write()
    outbox.deliver_now(first.pk)
    outbox.deliver_now(second.pk)
    assert used.opened == 1
    OutgoingMail.objects.update(tried_at=timezone.now() - datetime.timedelta(minutes=2))
    outbox.deliver_now(second.pk)
    assert used.opened == 2


@pytest.mark.django_db(transaction=True)
def test_two_senders_never_take_the_same_message(monkeypatch, at_once):
    mails = [write(to=f"reader{number}@example.org") for number in range(12)]
    sent, lock = [], threading.Lock()

    class Slow(Server):
        def send_messages(self, messages):
            with lock:
                sent.extend(message.to[0] for message in messages)

    monkeypatch.setattr(outbox, "get_connection", lambda **kwargs: Slow())

    at_once(4, outbox.deliver_due)
    assert sorted(sent) == sorted(m.to for m in mails)
    assert {outcome(m) for m in mails} == {State.SENT}


@pytest.mark.django_db
def test_a_real_server_gets_the_message_whole(mail_server):
    mail = write(
        subject="察哈尔学会通讯", html="<p>好消息</p>", headers={"List-Unsubscribe": "<https://x.example/>"}
    )
    assert outbox.deliver_due() == {State.SENT: 1}
    [(recipients, message)] = mail_server.messages
    assert recipients == ["ann@example.org"]
    assert (message["Message-ID"], message["Subject"]) == (mail.message_id, "察哈尔学会通讯")
    assert message["List-Unsubscribe"] == "<https://x.example/>"
    assert message.get_body(("html",)).get_content() == "<p>好消息</p>"


@pytest.mark.django_db
def test_a_server_that_falls_silent_after_the_text_leaves_it_uncertain(mail_server):
    mail_server.silent = True
    mail = write()
    assert outbox.deliver_due() == {State.UNCERTAIN: 1}
    assert len(mail_server.messages) == 1
    mail_server.silent = False
    assert outbox.deliver_due() == {}
    assert outcome(mail) == State.UNCERTAIN
    assert len(mail_server.messages) == 1


@pytest.mark.django_db
def test_tick_sends_forgets_and_says_so(capsys):
    write()
    Attempt.objects.create(form="x", sender="a", digest="1", at=timezone.now() - datetime.timedelta(days=2))
    Attempt.objects.create(form="x", sender="a", digest="2")
    call_command("tick")
    assert {"Mail: 1 sent.", "Attempts forgotten: 1."} <= set(capsys.readouterr().out.splitlines())
    call_command("tick")
    assert {"Mail: nothing due.", "Attempts forgotten: 0."} <= set(capsys.readouterr().out.splitlines())
    assert Attempt.objects.get().digest == "2"
