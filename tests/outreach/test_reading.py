"""Mail that comes back: bounces, complaints, automatic replies and answers; forged, broken, huge and twice."""

import datetime
import mailbox
from collections import Counter
from email.message import EmailMessage

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from charhar.contacts.models import OutgoingMail, Person, Suppression, TimelineEvent
from charhar.outreach import threads
from charhar.outreach.models import ReceivedMail, Reply
from charhar.outreach.reading import read_all
from tests.outreach.test_inbox import make_message

pytestmark = pytest.mark.django_db


def letter(email="ann@example.org", to=None, state="sent", **fields):
    person = Person.objects.meet(email)
    now = timezone.now()
    return OutgoingMail.objects.create(
        person=person,
        to=to or email,
        sender="x",
        purpose="x",
        state=state,
        sent_at=now,
        tried_at=now,
        **fields,
    )


def dsn(message_id, status="5.1.1", *, action="failed", recipient="ann@example.org", own="<dsn@mx>"):
    return (
        f"From: MAILER-DAEMON@mx.example\r\nMessage-ID: {own}\r\nSubject: Undelivered\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 <{recipient}> unknown\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {message_id}\r\nSubject: x\r\n\r\nHi\r\n--b--\r\n"
    ).encode()


def arf(message_id, kind="abuse"):
    return (
        "From: fbl@isp.example\r\nMessage-ID: <arf@isp>\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: {kind}\r\nVersion: 1\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n\r\n--b--\r\n"
    ).encode()


def answer_to(message_id, text="Thank you, <b>gladly</b>.", own="<answer@their>", **headers):
    mail = EmailMessage()
    mail["From"], mail["To"] = "Ann Lee <ann@example.org>", headers.pop("to", "office@example.org")
    mail["Message-ID"], mail["In-Reply-To"] = own, message_id
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def test_a_permanent_bounce_fails_the_letter_and_suppresses_its_address_once():
    mail = letter()
    waiting = letter(state="sent")
    assert read_all([dsn(mail.message_id), dsn(mail.message_id)]) == {"bounce": 1, "known": 1}
    mail.refresh_from_db()
    assert (mail.state, mail.error.startswith("5.1.1")) == ("failed", True)
    suppression = Suppression.objects.get()
    assert (suppression.reason, "ann" in suppression.note) == ("bounce", False)
    event = TimelineEvent.objects.get(kind="suppressed")
    assert event.person == mail.person
    waiting.refresh_from_db()
    assert waiting.state == "sent"


@pytest.mark.parametrize(
    "forged",
    [
        lambda mail: dsn("<made-up@example.org>"),
        lambda mail: dsn(mail.message_id, recipient="victim@example.org"),
        lambda mail: dsn(letter(state="pending").message_id),
        lambda mail: dsn(""),
        lambda mail: b"From: MAILER-DAEMON@x\r\nSubject: failure notice\r\n\r\n5.1.1 ann@example.org\r\n",
    ],
)
def test_a_forged_bounce_suppresses_nobody(forged):
    Person.objects.meet("victim@example.org")
    mail = letter()
    assert read_all([forged(mail)]) == {"foreign": 1}
    mail.refresh_from_db()
    assert (mail.state, Suppression.objects.count()) == ("sent", 0)


def test_a_letter_sent_on_to_an_expert_never_suppresses_the_expert_or_the_writer():
    mail = letter("ann@example.org", to="expert@example.net")
    assert read_all([dsn(mail.message_id, recipient="expert@example.net")]) == {"bounce": 1}
    mail.refresh_from_db()
    assert (mail.state, Suppression.objects.count()) == ("failed", 0)


def test_the_third_letter_within_thirty_days_that_fails_for_now_suppresses():
    for number in range(3):
        mail = letter()
        again = [dsn(mail.message_id, "4.2.2", own=f"<{number}.{each}@mx>") for each in range(2)]
        assert read_all(again) == {"delay": 2}
        mail.refresh_from_db()
        assert mail.state == "sent"
        assert Suppression.objects.count() == (number == 2)


def test_soft_bounces_of_long_ago_do_not_count():
    for number in range(4):
        read_all([dsn(letter().message_id, "4.2.2", own=f"<{number}@mx>")])
        ReceivedMail.objects.update(at=timezone.now() - datetime.timedelta(days=31))
    assert Suppression.objects.count() == 0


def test_a_bounce_of_no_standard_is_known_by_our_message_id():
    mail = letter()
    raw = (
        "Return-Path: <>\r\nFrom: Mail Delivery System <mailer-daemon@mx.example>\r\nSubject: failure notice"
        f"\r\n\r\n<ann@example.org>: No such mailbox (#5.1.1)\r\n\r\nMessage-ID: {mail.message_id}\r\n"
    ).encode()
    assert read_all([raw]) == {"bounce": 1}
    assert Suppression.objects.count() == 1


def test_a_complaint_suppresses_and_its_contrary_does_not():
    mail = letter()
    assert read_all([arf(mail.message_id, "not-spam")]) == {"automatic": 1}
    ReceivedMail.objects.all().delete()
    assert read_all([arf(mail.message_id)]) == {"complaint": 1}
    assert Suppression.objects.get().reason == "complaint"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"Subject": "Out of office: back on Monday"},
        {"Subject": "自动回复：休假"},
    ],
)
def test_automatic_replies_are_ignored(headers):
    message = make_message()
    message.acknowledgement = letter()
    message.save()
    assert read_all([answer_to(message.acknowledgement.message_id, **headers)]) == {"automatic": 1}
    assert Reply.objects.count() == 0


def test_an_answer_joins_its_thread_by_message_id_or_by_address_and_waits_again(settings):
    settings.INBOX_ADDRESS = "answers@example.org"
    message = make_message("answered")
    message.acknowledgement = letter()
    message.save()
    first = answer_to(message.acknowledgement.message_id)
    second = answer_to("<answer@their>", own="<b@their>")
    third = answer_to("<x@y>", own="<c@their>", to=threads.return_address(message))
    foreign = answer_to("<x@y>", own="<d@their>", to=f"answers+m{message.pk}.{'0' * 20}@example.org")
    assert read_all([first, second, third, foreign, first]) == {"answer": 3, "foreign": 1, "known": 1}
    message.refresh_from_db()
    assert (message.state, message.replies.filter(direction="in").count()) == ("new", 3)
    assert message.replies.first().text == "Thank you, <b>gladly</b>."


def test_a_bounced_answer_lets_the_message_wait_again():
    message, mail = make_message("answered"), letter()
    Reply.objects.create(message=message, direction="out", mail=mail, reference=mail.message_id)
    assert read_all([dsn(mail.message_id)]) == {"bounce": 1}
    message.refresh_from_db()
    assert message.state == "new"


def test_broken_huge_nested_and_foreign_encodings_stop_nobody():
    message = make_message()
    message.acknowledgement = letter()
    message.save()
    ours = message.acknowledgement.message_id
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (number, number)
        for number in range(2_000)
    )
    chinese = (
        f"Message-ID: <gb@x>\r\nIn-Reply-To: {ours}\r\nFrom: =?gb2312?B?zfUuLg==?= <w@example.cn>\r\n"
        "Content-Type: text/plain; charset=gb2312\r\n\r\n"
    ).encode() + "谢谢\r\n".encode("gb18030")
    odd = (
        f"Message-ID: <odd@x>\r\nIn-Reply-To: {ours}\r\nContent-Type: text/plain; charset=no-such\r\n\r\n"
    ).encode() + b"a\x00b\xff\x07c\r\n"
    html = (
        f"Message-ID: <html@x>\r\nIn-Reply-To: {ours}\r\nContent-Type: text/html\r\n\r\n"
        "<style>p{}</style><p>Hello &amp; <script>alert(1)</script>welcome</p>\r\n"
    ).encode()
    huge = answer_to(ours, own="<huge@x>") + b"x" * 5_000_000
    counts = read_all([b"", b"\xff\xfe\x00", nested, chinese, odd, html, huge])
    assert counts["answer"] == 4
    assert sum(counts.values()) == 7
    texts = list(Reply.objects.values_list("text", flat=True))
    assert texts[0] == "谢谢"
    assert texts[1].replace("\ufffd", "") == "abc"
    assert texts[2] == "Hello & welcome"
    assert len(texts[3]) <= 20_000


def test_the_command_reads_mbox_maildir_and_files_and_a_dry_run_changes_nothing(tmp_path, capsys):
    mail = letter()
    raw = dsn(mail.message_id)
    box = mailbox.mbox(tmp_path / "box")
    box.add(raw)
    box.flush()
    box.close()
    maildir = mailbox.Maildir(tmp_path / "maildir")
    maildir.add(raw)
    (tmp_path / "one.eml").write_bytes(raw)
    call_command("read_mail", tmp_path / "box", dry_run=True)
    assert capsys.readouterr().out == "Would be: 1 bounce\n"
    assert (Suppression.objects.count(), ReceivedMail.objects.count()) == (0, 0)
    said = []
    for path in ("box", "maildir", "one.eml", ""):
        call_command("read_mail", tmp_path / path)
        said.append(capsys.readouterr().out)
    assert Counter(said) == {"1 bounce\n": 1, "1 known\n": 3}
    for path in (None, tmp_path / "nothing"):
        with pytest.raises(CommandError):
            call_command("read_mail", path)
