"""A newsletter's way: composed of published texts, begun once by the clock, frozen, paused, ended; and archived."""

import datetime

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from charhar.contacts import outbox
from charhar.contacts.models import Mailing, OutgoingMail, Person, Suppression
from charhar.outreach import newsletters
from charhar.outreach.choices import Choices, keep
from charhar.outreach.models import Newsletter, Subscription
from charhar.outreach.newsletters import MOVES, State
from tests.factories import ArticleFactory, PublicationFactory, TopicFactory, UserFactory

pytestmark = pytest.mark.django_db


def reader(name, language="en", **fields):
    person = Person.objects.meet(f"{name}@example.org", language=language)
    return Subscription.objects.create(
        person=person, language=language, confirmed_at=timezone.now(), **fields
    )


def newsletter(*texts, **fields):
    made = Newsletter.objects.create(**{"title": "March", "subject": "News of March"} | fields)
    newsletters.add_texts(made, list(texts))
    return made


def sent_to():
    return sorted(message.to[0] for message in mail.outbox)


def test_it_goes_once_to_each_who_gets_mail_in_its_language():
    reader("ann"), reader("bo", "zh-hans")
    reader("cy", unsubscribed_at=timezone.now())
    reader("eve", paused_until=timezone.now() + datetime.timedelta(days=3))
    made = newsletter(
        ArticleFactory(title="Bridges"), introduction="<p>Dear <a href='/research/'>all</a></p>"
    )
    newsletters.schedule(made, timezone.now())
    assert newsletters.begin_due() == {"begun": 1}
    assert newsletters.begin_due() == {}
    outbox.deliver_due()
    assert newsletters.begin_due() == {"ended": 1}
    made.refresh_from_db()
    assert (made.state, sent_to()) == (State.SENT, ["ann@example.org"])
    [message] = mail.outbox
    html = message.alternatives[0].content
    for body in (message.body, html):
        assert "{{" not in body
        for part in ("/subscribe/end/", "/subscribe/preferences/", "/newsletters/march/", "/articles/"):
            assert f"http://127.0.0.1:8000{part}" in body
    assert "Dear all [1]" in message.body
    assert "[1] http://127.0.0.1:8000/research/" in message.body
    assert max(len(line) for line in message.body.splitlines() if "http" not in line) <= 72
    assert "<img" not in html
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_two_at_once_begin_it_once(at_once):
    reader("ann"), reader("bo")
    newsletters.schedule(newsletter(ArticleFactory()), timezone.now())
    counts = at_once(2, newsletters.begin_due)
    assert sum(each["begun"] for each in counts) == 1
    assert (Mailing.objects.count(), OutgoingMail.objects.count()) == (1, 2)


def test_what_is_not_public_when_sending_begins_is_left_out_and_reported():
    reader("ann")
    shown, hidden = ArticleFactory(title="Shown"), ArticleFactory(title="Embargoed", scheduled=True)
    made = newsletter(shown, hidden, PublicationFactory(title="An issue"))
    newsletters.schedule(made, timezone.now())
    newsletters.begin_due()
    outbox.deliver_due()
    assert "Embargoed" not in mail.outbox[0].body
    assert "An issue" in mail.outbox[0].body
    assert [item.text for item in made.items.filter(left_out=True)] == [hidden]


def test_without_any_public_text_or_anybody_to_send_it_to_it_is_given_back():
    made = newsletter(ArticleFactory(draft=True), introduction="<p>Dear all</p>")
    newsletters.schedule(made, timezone.now())
    assert newsletters.begin_due() == {"given back": 1}
    made.refresh_from_db()
    assert (made.state, made.report, Mailing.objects.count()) == (State.DRAFT, "no_texts", 0)
    other = newsletter(ArticleFactory())
    newsletters.schedule(other, timezone.now())
    newsletters.begin_due()
    other.refresh_from_db()
    assert (other.state, other.report, Mailing.objects.count()) == (State.DRAFT, "nobody", 0)


def test_an_empty_one_can_not_be_scheduled():
    with pytest.raises(ValidationError):
        newsletters.schedule(newsletter(), timezone.now())


def test_it_does_not_begin_before_its_minute():
    reader("ann")
    at = timezone.now() + datetime.timedelta(hours=1)
    newsletters.schedule(newsletter(ArticleFactory()), at)
    assert newsletters.begin_due() == {}
    assert newsletters.begin_due(at) == {"begun": 1}


@pytest.mark.matrix
@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("move", MOVES)
def test_only_the_tables_moves_are_made(state, move):
    mailing = Mailing.objects.create(purpose="x", title="x", sender="x", subject="x", text="x")
    now = timezone.now()
    made = newsletter(ArticleFactory(), state=state, send_at=now, begun_at=now, mailing=mailing)
    before, after = MOVES[move]
    if state in before:
        newsletters._move(made, move)
        assert made.state == after
    else:
        with pytest.raises(newsletters.IllegalMove):
            newsletters._move(made, move)
        made.refresh_from_db()
        assert made.state == state


def test_it_is_paused_resumed_and_cancelled():
    reader("ann"), reader("bo")
    made = newsletter(ArticleFactory())
    newsletters.schedule(made, timezone.now())
    newsletters.begin_due()
    made.refresh_from_db()
    newsletters.pause(made)
    assert outbox.deliver_due() == {}
    newsletters.resume(made)
    assert newsletters.cancel(made) == 2
    assert outbox.deliver_due() == {}
    assert made.mailing.counts()["suppressed"] == 2


def test_segments():
    topic, other = TopicFactory(), TopicFactory()
    follower, elsewhere, everything = reader("follower"), reader("elsewhere"), reader("everything")
    keep(follower, Choices("en", "weekly", {"topics": [topic]}))
    keep(elsewhere, Choices("en", "weekly", {"topics": [other]}))
    chinese = reader("chinese", "zh-hans")
    Person.objects.filter(subscription=everything).update(country="France")
    made = newsletter()
    found = lambda: set(newsletters.recipients(made))  # noqa: E731
    assert found() == {follower, elsewhere, everything}
    made.every_language = True
    assert found() == {follower, elsewhere, everything, chinese}
    made.topics.add(topic)
    assert found() == {follower, everything, chinese}
    made.country = "france"
    assert found() == {everything}
    made.members = Newsletter.Members.ONLY
    assert found() == set()
    made.members = Newsletter.Members.WITHOUT
    assert found() == {everything}


def test_it_is_filled_with_what_is_new_since_the_last():
    old = ArticleFactory(publish_at=timezone.now() - datetime.timedelta(days=9))
    mailing = Mailing.objects.create(purpose="x", title="x", sender="x", subject="x", text="x")
    newsletter(state="sent", begun_at=timezone.now() - datetime.timedelta(days=5), mailing=mailing)
    new, issue = ArticleFactory(), PublicationFactory()
    ArticleFactory(language="zh-hans"), ArticleFactory(scheduled=True)
    made = newsletter()
    found = newsletters.new_since_last(made)
    assert set(found) == {new, issue}
    assert old not in found
    assert newsletters.add_texts(made, found) == 2
    assert newsletters.add_texts(made, found) == 0


def test_the_archive_shows_what_was_sent_and_nothing_else(client):
    reader("ann"), reader("bo", "zh-hans")
    shown, gone = ArticleFactory(title="Shown"), ArticleFactory(title="Gone since")
    for fields in ({}, {"title": "Inner circle", "internal": True}, {"title": "Draft"}):
        made = newsletter(shown, gone, **fields)
        if fields.get("title") != "Draft":
            newsletters.schedule(made, timezone.now())
    newsletters.begin_due()
    type(gone).objects.filter(pk=gone.pk).update(state="draft", publish_at=None)
    page = client.get("/newsletters/").content.decode()
    assert ("March" in page, "Inner circle" in page, "Draft" in page) == (True, False, False)
    letter = client.get("/newsletters/march/")
    assert letter.status_code == 200
    assert ("Shown" in letter.content.decode(), "Gone since" in letter.content.decode()) == (True, False)
    for path in ("/newsletters/inner-circle/", "/newsletters/draft/", "/zh/newsletters/march/"):
        assert client.get(path).status_code == 404, path
    assert client.get("/zh/newsletters/").status_code == 200
    assert "/newsletters/march/" in client.get("/sitemap-newsletters.xml").content.decode()


def test_a_whole_way_through_the_admin(client):
    reader("ann")
    Suppression.objects.add_address(reader("bad").person.email, "bounce")
    client.force_login(UserFactory(is_superuser=True, email="me@example.org"))
    fields = {
        "language": "en",
        "title": "March",
        "subject": "News",
        "items-TOTAL_FORMS": 0,
        "items-INITIAL_FORMS": 0,
    }
    response = client.post(reverse("admin:outreach_newsletter_add"), {**fields, "_continue": "1"})
    made = Newsletter.objects.get()
    assert response["Location"] == made.admin_url()
    article = ArticleFactory(title="Bridges between neighbours")
    page = lambda name: reverse(f"admin:outreach_newsletter_{name}", args=[made.pk])  # noqa: E731
    assert f'value="article-{article.pk}"' in client.get(page("texts"), {"q": "bridges"}).content.decode()
    client.post(page("texts"), {"text": [f"article-{article.pk}"]})
    assert "Bridges between" in client.get(made.admin_url()).content.decode()
    assert client.get(page("preview")).status_code == 200
    letter = client.get(page("letter"))
    assert letter["Content-Security-Policy"].startswith("sandbox; default-src 'none';")
    assert letter["X-Frame-Options"] == "SAMEORIGIN"
    client.post(page("test"))
    assert OutgoingMail.objects.get().to == "me@example.org"
    shown = client.get(page("send")).content.decode()
    assert "It would go to 2 recipients now." in shown
    assert "1 of them stands on the suppression list" in shown
    client.post(page("send"), {"at_0": "2020-01-01", "at_1": "09:00"})
    newsletters.begin_due()
    outbox.deliver_due()
    assert client.get(page("progress")).status_code == 200
    assert made.__class__.objects.get().mailing.counts()["suppressed"] == 1
    assert client.post(made.admin_url(), {"title": "Changed"}).status_code in (200, 302)
    assert Newsletter.objects.get().title == "March"
    for name in ("preview", "letter", "texts", "send", "progress"):
        client.force_login(UserFactory())
        assert client.get(page(name)).status_code == 403, name
