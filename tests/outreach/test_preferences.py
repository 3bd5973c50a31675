"""The page of one's choices, by link: nothing changes by opening anything, only by the buttons."""

import datetime
import html as html_parser
import itertools
import re
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.core import mail, signing
from django.utils import timezone

from charhar.contacts import outbox
from charhar.contacts.models import Consent, Mailing, OutgoingMail, Person
from charhar.outreach import alerts, newsletters
from charhar.outreach.choices import Choices, chosen, keep
from charhar.outreach.links import PREFERENCES_SALT, preferences_url
from charhar.outreach.models import Newsletter, Subscription
from charhar.publishing import workflow
from tests.factories import ArticleFactory, ExpertFactory, TopicFactory, UserFactory

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def subscription():
    person = Person.objects.meet("ann@example.org")
    return Subscription.objects.create(person=person, confirmed_at=timezone.now())


def path_of(subscription):
    return urlsplit(preferences_url(subscription)).path


def everything(client):
    """Every row of every table, once the site has noted for its cache that the test wrote something."""
    client.get("/subscribe/")
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values_list())
        for model in apps.get_models(include_auto_created=True)
    }


@pytest.mark.matrix
def test_receiving_is_one_truth_for_rows_and_queries():
    now = timezone.now()
    moments = (None, now - DAY, now, now + DAY)
    for number, (confirmed, ended, paused) in enumerate(itertools.product((None, now), (None, now), moments)):
        Subscription.objects.create(
            person=Person.objects.meet(f"r{number}@example.org"),
            confirmed_at=confirmed,
            unsubscribed_at=ended,
            paused_until=paused,
        )
    for moment in (now - 2 * DAY, now, now + 2 * DAY):
        rows = [s.pk for s in Subscription.objects.order_by("pk") if s.is_receiving_at(moment)]
        assert (
            list(Subscription.objects.receiving(moment).order_by("pk").values_list("pk", flat=True)) == rows
        )
    assert Subscription.objects.receiving(now).count() == 3


def test_only_the_button_changes_choices(client, subscription):
    topic, expert = TopicFactory(slug="energy"), ExpertFactory(slug="pan")
    path = path_of(subscription)
    before = everything(client)
    page = client.get(path, {"topic": "energy", "rhythm": "weekly"})
    assert (page.status_code, page["Cache-Control"]) == (200, "private, no-store")
    assert re.search(r'value="energy"[^>]*checked', page.content.decode())
    client.head(path)
    assert everything(client) == before
    fields = {"language": "zh-hans", "rhythm": "weekly", "topics": ["energy"], "experts": ["pan"]}
    done = client.post(path, fields)
    assert (done.status_code, done["Location"]) == (302, f"{path}?saved=1")
    assert "Your changes are saved." in client.get(done["Location"]).content.decode()
    subscription.refresh_from_db()
    found = chosen(subscription)
    assert (found.language, found.rhythm) == ("zh-hans", "weekly")
    assert (found.subjects["topics"], found.subjects["experts"]) == ([topic], [expert])
    consent = Consent.objects.get()
    assert topic.name_zh in consent.text
    assert consent.source == "/subscribe/preferences/"
    assert subscription.person.timeline.get().kind == "changed"
    client.post(path, fields)
    assert (Consent.objects.count(), subscription.person.timeline.count()) == (1, 1)


@pytest.mark.parametrize(
    "fields", [{"rhythm": "hourly"}, {"topics": ["none"]}, {"pause": "9999"}, {"language": "xx"}]
)
def test_what_is_not_to_choose_is_told_and_changes_nothing(client, subscription, fields):
    before = chosen(subscription)
    assert client.post(path_of(subscription), fields).status_code == 422
    subscription.refresh_from_db()
    assert (chosen(subscription), subscription.paused_until) == (before, None)


def test_a_pause_holds_back_what_waits_and_ends_by_the_clock(client, subscription):
    Newsletter.objects.create(title="March", subject="March", introduction="<p>Dear all</p>")
    newsletters.schedule(Newsletter.objects.get(), timezone.now())
    newsletters.begin_due()
    path = path_of(subscription)
    client.post(path, {"language": "en", "rhythm": "at_once", "pause": "30"})
    subscription.refresh_from_db()
    assert OutgoingMail.objects.get().state == "suppressed"
    now = timezone.now()
    assert not subscription.is_receiving_at(now)
    assert subscription.is_receiving_at(now + 31 * DAY)
    until = subscription.paused_until
    assert "as it is now" in client.get(path).content.decode()
    client.post(path, {"language": "en", "rhythm": "at_once", "pause": "keep"})
    subscription.refresh_from_db()
    assert subscription.paused_until == until
    client.post(path, {"language": "en", "rhythm": "at_once", "pause": ""})
    subscription.refresh_from_db()
    assert subscription.is_receiving_at(now + DAY)


def test_of_an_ended_subscription_nothing_can_be_changed(client, subscription):
    path = path_of(subscription)
    Subscription.objects.update(unsubscribed_at=timezone.now())
    assert "There is no subscription for" in client.get(path).content.decode()
    assert client.post(path, {"language": "en", "rhythm": "weekly"}).status_code == 410
    assert Subscription.objects.get().rhythm == "newsletter"


def test_from_another_site_nothing_is_changed(client, subscription):
    answer = client.post(
        path_of(subscription), {"rhythm": "weekly"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
    assert Subscription.objects.get().rhythm == "newsletter"


@pytest.mark.parametrize("token", ["x", "a:b:c", "%00", "1"])
def test_a_made_up_link_is_a_helpful_404(client, token):
    path = f"/subscribe/preferences/{token}/"
    assert [client.get(path).status_code, client.post(path).status_code] == [404, 404]


def test_a_link_to_somebody_erased_is_410(client):
    assert (
        client.get(f"/subscribe/preferences/{signing.dumps(77, salt=PREFERENCES_SALT)}/").status_code == 410
    )


def test_the_link_is_sent_to_subscribers_only_and_the_answer_is_the_same(client, subscription):
    Subscription.objects.create(person=Person.objects.meet("never@example.org"))
    answers = [
        client.post("/subscribe/preferences/", {"email": email})
        for email in ("ANN@example.org", "never@example.org", "unknown@example.org")
    ]
    assert [(a.status_code, a["Location"]) for a in answers] == [(302, "/subscribe/preferences/sent/")] * 3
    outbox.deliver_due()
    [letter] = mail.outbox
    assert letter.to == ["ann@example.org"]
    assert path_of(subscription).split(":")[0] in letter.body


def links_of(letter):
    """Every address that a mail holds, in its text, its HTML and its headers."""
    html = letter.alternatives[0].content
    written = re.findall(r"https?://[^\s<>\"]+", " ".join([letter.body, *letter.extra_headers.values()]))
    return {*written, *map(html_parser.unescape, re.findall(r'(?:href|src)="([^"]+)"', html))}


def test_however_often_opened_no_link_of_any_mail_changes_anything(
    client, settings, often, django_capture_on_commit_callbacks
):
    """One of each mail of Stay Informed."""
    topic = TopicFactory(slug="energy")
    sign_up = {"language": "en", "rhythm": "at_once", "topics": ["energy"]}
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/subscribe/", {"email": "ann@example.org", **sign_up})
    ann = Subscription.objects.get()
    [confirming] = (urlsplit(each).path for each in links_of(mail.outbox[0]) if "/confirm/" in each)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(confirming)
        client.post("/subscribe/", {"email": "ann@example.org", **sign_up})
        client.post("/subscribe/", {"email": "bo@example.org"})
        client.post("/subscribe/preferences/", {"email": "ann@example.org"})
    editor = UserFactory(is_superuser=True, email="me@example.org")
    workflow.publish(ArticleFactory(draft=True, topics=[topic]), editor)
    alerts.announce_due()
    keep(ann, Choices("en", "weekly"))
    workflow.publish(ArticleFactory(draft=True), editor)
    monday = alerts.last_monday(timezone.now() + 7 * DAY)
    assert alerts.send_digest(monday) == 1
    made = Newsletter.objects.create(title="March", subject="March", introduction="<p>Dear all</p>")
    newsletters.send_test(made, "me@example.org")
    newsletters.schedule(made, timezone.now())
    newsletters.begin_due()
    Mailing.objects.update(begins_at=timezone.now())
    OutgoingMail.objects.update(next_try_at=timezone.now())
    outbox.deliver_due()
    assert set(OutgoingMail.objects.filter(state="sent").values_list("purpose", flat=True)) == {
        "confirm", "welcome", "subscribed", "preferences", "alert", "digest", "newsletter", "newsletter-test",
    }  # fmt: skip
    links = set().union(*map(links_of, mail.outbox))
    assert all(each.startswith(settings.SITE_URL) for each in links), links
    signed = {each for each in links if re.search(r"/subscribe/\w+/[^/?]+:", each)}
    assert {re.search(r"/subscribe/(\w+)/", each)[1] for each in signed} == {"confirm", "end", "preferences"}
    before = everything(client)
    for link in sorted(links):
        path = link.removeprefix(settings.SITE_URL) or "/"
        for _time in often if link in signed else (1,):
            assert client.get(path).status_code == 200, path
            assert client.head(path).status_code == 200, path
    assert everything(client) == before
