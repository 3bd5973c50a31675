"""Stay Informed: only the mailbox itself confirms, by a POST; one POST ends it."""

import datetime
import re

import pytest
from django.core import mail, signing
from django.test import Client
from django.utils import timezone

from charhar.contacts.models import Consent, OutgoingMail, Person
from charhar.outreach.models import Subscription
from charhar.outreach.subscriptions import CONFIRM_SALT, UNSUBSCRIBE_SALT

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(client, django_capture_on_commit_callbacks):
    def ask(email="ann@example.org", path="/subscribe/", **fields):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(path, {"email": email, "website": "", **fields})

    return ask


@pytest.fixture
def press(client, django_capture_on_commit_callbacks):
    def press(path, data=None, **more):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(path, data or {}, **more)

    return press


def link(word, message=None):
    """The path of the link in the last mail."""
    body = (message or mail.outbox[-1]).body
    return re.search(rf"^http://[^/]+(/\S*subscribe/{word}/\S+)$", body, re.MULTILINE)[1]


def end_link(message=None):
    address = (message or mail.outbox[-1]).extra_headers["List-Unsubscribe"]
    return re.fullmatch(r"<http://[^/]+(/\S+)>", address)[1]


def test_a_whole_life(client, ask, press):
    response = ask()
    assert (response.status_code, response["Location"]) == (302, "/subscribe/sent/")
    subscription = Subscription.objects.get()
    assert (subscription.person.email, subscription.is_active) == ("ann@example.org", False)
    assert Consent.objects.count() == 0
    [message] = mail.outbox
    assert message.to == ["ann@example.org"]
    path = link("confirm")
    assert "ann" not in path

    page = client.get(path)
    assert page.status_code == 200
    assert page["Cache-Control"] == "private, no-store"
    assert '<meta name="robots" content="noindex">' in page.content.decode()

    done = press(path)
    assert (done.status_code, done["Location"]) == (302, "/subscribe/confirmed/")
    subscription.refresh_from_db()
    assert subscription.is_active
    consent = Consent.objects.get()
    assert consent.text in page.content.decode()
    assert (consent.purpose, consent.source, consent.withdrawn_at) == ("updates", "/subscribe/", None)
    assert mail.outbox[-1].subject == "Your subscription has begun"

    path = end_link()
    assert client.get(path).status_code == 200
    ended = press(path)
    assert ended["Location"] == "/subscribe/ended/"
    subscription.refresh_from_db()
    consent.refresh_from_db()
    assert not subscription.is_active
    assert consent.withdrawn_at is not None
    for page in ("sent", "confirmed", "ended"):
        assert client.get(f"/subscribe/{page}/")["Cache-Control"] == "private, no-store"


def test_through_a_real_mail_server(ask, press, mail_server):
    ask()
    [(recipients, message)] = mail_server.messages
    assert recipients == ["ann@example.org"]
    for part in ("plain", "html"):
        assert "/subscribe/confirm/" in message.get_body((part,)).get_content()
    path = re.search(r"http://[^/]+(/subscribe/confirm/\S+)", message.get_body(("plain",)).get_content())[1]
    assert press(path)["Location"] == "/subscribe/confirmed/"
    (_recipients, welcome) = mail_server.messages[1]
    assert welcome["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert welcome["Message-ID"] != message["Message-ID"]
    path = re.fullmatch(r"<http://[^/]+(/\S+)>", welcome["List-Unsubscribe"].strip())[1]
    assert press(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Subscription.objects.get().is_active is False
    assert {m.state for m in OutgoingMail.objects.all()} == {OutgoingMail.State.SENT}


def test_opening_a_link_however_often_does_nothing(client, ask, press, often):
    ask()
    confirming, ending = link("confirm"), end_link()
    for _ in often:
        for path in (confirming, ending):
            assert client.get(path).status_code == 200
            assert client.head(path).status_code == 200
    subscription = Subscription.objects.get()
    assert (subscription.confirmed_at, subscription.unsubscribed_at) == (None, None)
    press(confirming)
    for _ in often:
        client.get(ending)
        client.head(ending)
    subscription.refresh_from_db()
    assert subscription.is_active


def test_confirming_twice_is_as_once(ask, press):
    ask()
    path = link("confirm")
    answers = [press(path) for _ in range(3)]
    assert {(a.status_code, a["Location"]) for a in answers} == {(302, "/subscribe/confirmed/")}
    assert Consent.objects.count() == 1
    assert len(mail.outbox) == 2


def test_every_mail_can_be_ended_with_one_click(ask, press):
    ask()
    press(link("confirm"))
    for message in mail.outbox:
        assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    response = press(end_link(), {"List-Unsubscribe": "One-Click"})
    assert (response.status_code, response.content) == (200, b"Unsubscribed.\n")
    assert not response.cookies
    assert Subscription.objects.get().is_active is False
    assert press(end_link(), {"List-Unsubscribe": "One-Click"}).status_code == 200


def test_a_known_address_gets_the_same_answer_as_a_new_one(client, ask, press):
    ask("known@example.org")
    press(link("confirm"))
    known, new = ask("KNOWN@example.org"), ask("new@example.org")
    assert (known.status_code, known["Location"], dict(known.items())) == (
        new.status_code,
        new["Location"],
        dict(new.items()),
    )
    to_known = next(m for m in mail.outbox if m.subject == "You are subscribed already")
    assert to_known.to == ["known@example.org"]
    assert Subscription.objects.count() == 2


def test_asking_again_soon_sends_nothing_more_and_later_it_does(ask):
    for _ in range(3):
        assert ask()["Location"] == "/subscribe/sent/"
    assert len(mail.outbox) == 1
    for number in range(1, 5):
        OutgoingMail.objects.update(created_at=timezone.now() - datetime.timedelta(minutes=11))
        ask()
        assert len(mail.outbox) == min(number + 1, 3)


def test_a_link_from_before_the_end_can_not_bring_it_back(client, ask, press):
    ask()
    old = link("confirm")
    press(old)
    press(end_link())
    assert client.get(old).status_code == 410
    assert press(old).status_code == 410
    assert Subscription.objects.get().is_active is False
    ask()
    new = link("confirm")
    assert press(new).status_code == 302
    assert Subscription.objects.get().is_active is True


def test_who_ends_it_before_confirming_is_left_alone(ask, press):
    ask()
    confirming = link("confirm")
    press(end_link())
    assert press(confirming).status_code == 410
    assert Subscription.objects.get().is_active is False


def test_a_confirming_link_lasts_a_week(client, ask, press, monkeypatch):
    ask()
    path = link("confirm")
    from charhar.outreach import subscriptions

    monkeypatch.setattr(subscriptions, "LINK_LASTS", datetime.timedelta(seconds=-1))
    for response in (client.get(path), press(path)):
        assert response.status_code == 410
        assert "Ask for a new one" in response.content.decode()
    assert Subscription.objects.get().confirmed_at is None


@pytest.mark.parametrize("word", ["confirm", "end"])
@pytest.mark.parametrize("token", ["x", "a:b:c", "%00", "%ED%A0%80", "x" * 2000, "%3Cscript%3E", "1"])
def test_a_made_up_link_is_a_helpful_404(client, press, word, token):
    for response in (client.get(f"/subscribe/{word}/{token}/"), press(f"/subscribe/{word}/{token}/")):
        assert response.status_code == 404
        assert "<script>" not in response.content.decode().replace('<script src="', "")


def test_a_link_of_one_kind_does_not_do_the_other(client, ask):
    ask()
    confirming = link("confirm").rsplit("/", 2)[1]
    ending = end_link().rsplit("/", 2)[1]
    assert client.get(f"/subscribe/end/{confirming}/").status_code == 404
    assert client.get(f"/subscribe/confirm/{ending}/").status_code == 404


def test_a_link_to_somebody_erased_is_410(client):
    assert client.get(f"/subscribe/confirm/{signing.dumps([77, 0], salt=CONFIRM_SALT)}/").status_code == 410
    assert client.get(f"/subscribe/end/{signing.dumps(77, salt=UNSUBSCRIBE_SALT)}/").status_code == 410


def test_in_chinese_everything_is_chinese(client, ask, press):
    assert ask(path="/zh/subscribe/")["Location"] == "/zh/subscribe/sent/"
    assert mail.outbox[0].subject == "请确认您的订阅"
    assert link("confirm").startswith("/zh/subscribe/confirm/")
    press(link("confirm"))
    assert mail.outbox[1].subject == "订阅成功"
    html = mail.outbox[1].alternatives[0].content
    assert '<html lang="zh-Hans">' in html
    assert Subscription.objects.get().language == "zh-hans"


@pytest.mark.parametrize(
    "email", ["", "ann", "ann@example.org\nBcc: eve@example.org", "x" * 10_000, "a\0@example.org"]
)
def test_a_bad_address_is_told_beside_the_field(client, ask, email):
    response = ask(email)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["email"]
    assert (Person.objects.count(), mail.outbox) == (0, [])


def test_a_robot_is_asked_once_more_and_nothing_is_kept(ask):
    assert "Yes, send it" in ask(website="https://spam.example").content.decode()
    assert (Person.objects.count(), mail.outbox) == (0, [])


def test_confirming_from_another_site_is_refused(ask, press):
    ask()
    response = press(link("confirm"), headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert Subscription.objects.get().confirmed_at is None


def test_active_is_one_truth_for_rows_and_queries():
    now = timezone.now()
    for number, (confirmed, ended) in enumerate([(None, None), (now, None), (None, now), (now, now)]):
        Subscription.objects.create(
            person=Person.objects.meet(f"r{number}@example.org"),
            confirmed_at=confirmed,
            unsubscribed_at=ended,
        )
    assert [s.pk for s in Subscription.objects.active()] == [
        s.pk for s in Subscription.objects.all() if s.is_active
    ]
    assert Subscription.objects.active().count() == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_sign_ups_are_one_row_and_one_mail(at_once):
    answers = at_once(20, lambda: Client().post("/subscribe/", {"email": "ann@example.org"}))
    assert [(a.status_code, a["Location"]) for a in answers] == [(302, "/subscribe/sent/")] * 20
    assert (Subscription.objects.count(), Person.objects.count(), OutgoingMail.objects.count()) == (1, 1, 1)
    assert len(mail.outbox) == 1
