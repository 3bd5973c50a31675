"""Posts that look automatic are asked once more; ordinary senders never are; the numbers hold under a crowd."""

import datetime
import re
from collections import Counter
from html import unescape

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from charhar.contacts import second_step
from charhar.contacts.attempts import Attempt, Limit, SpamWord, Verdict
from charhar.contacts.models import OutgoingMail, Person
from charhar.members.models import Application, Plan
from charhar.outreach.models import ContactMessage, Subscription
from charhar.outreach.views_contact import Contact
from tests.factories import ExpertFactory

pytestmark = pytest.mark.django_db
CONTACT = "/about/contact/"
GOOD = {
    "subject": "media",
    "name": "王安 O’Neill",
    "email": "Ann+press@Example.org",
    "message": 'May I speak to an expert on "rivers"?\r\n\r\n<b>Thank you</b>, until Thursday.',
    "website": "",
}
TRAP = {"website": "https://spam.example"}
NO_BROWSER = {"User-Agent": "", "Accept-Language": ""}


@pytest.fixture
def later(monkeypatch):
    """``later(seconds=4)``: the clock goes on."""
    real, shift = timezone.now, datetime.timedelta()

    def go_on(**time):
        nonlocal shift
        shift += datetime.timedelta(**time)
        monkeypatch.setattr("django.utils.timezone.now", lambda: real() + shift)

    return go_on


def test_the_way_back_leads_over_the_form(client):
    asked = client.post(CONTACT, {**GOOD, **TRAP}).content.decode()
    crumbs = re.search(r'<nav class="crumbs".*?</nav>', asked, re.S)[0]
    assert re.findall(r'href="([^"]+)"', crumbs) == ["/", "/about/", CONTACT]


def hidden(response):
    """What the second step's form would send, as a browser reads it."""
    assert response.status_code == 200, response
    text = response.content.decode()
    assert response["Cache-Control"] == "private, no-store"
    assert (
        "<h1>Is this what you would like to send?</h1>" in text or "<h1>您要发送的是以下内容吗？</h1>" in text
    )
    fields = {}
    for tag in re.findall(r'<input type="hidden"[^>]*>', text):
        value = re.search(r'value="([^"]*)"', tag)
        fields[re.search(r'name="([^"]+)"', tag)[1]] = unescape(value[1]) if value else ""
    return fields


ODD = {
    "the trap": (TRAP, {}),
    "no browser's headers": ({}, NO_BROWSER),
    "no languages": ({}, {"Accept-Language": ""}),
    "many links": ({"message": "See http://a.example http://b.example www.c.example https://d.example"}, {}),
    "markup": ({"message": "Click <a href='http://a.example'>here</a>"}, {}),
    "code of boards": ({"message": "Click [url=http://a.example]here[/url]"}, {}),
    "a word known from spam": ({"message": "Cheap  ＣＡＳＩＮＯ\nbonus for you"}, {}),
    "a known sender's domain": ({"email": "eve@spam.example"}, {}),
}


@pytest.mark.parametrize("name", ODD)
def test_what_looks_automatic_is_asked_and_kept_after_the_button(client, later, name):
    SpamWord.objects.create(word="Casino Bonus")
    SpamWord.objects.create(word="@spam.example")
    fields, headers = ODD[name]
    asked = client.post(CONTACT, {**GOOD, **fields}, headers=headers)
    typed = hidden(asked)
    assert ContactMessage.objects.count() == 0
    assert OutgoingMail.objects.count() == 0
    later(seconds=4)
    answer = client.post(CONTACT, typed, headers=headers)
    assert (answer.status_code, answer["Location"]) == (302, "/about/contact/thanks/")
    message = ContactMessage.objects.get()
    assert message.message == {**GOOD, **fields}["message"].replace("\r\n", "\n")


def test_the_page_shows_what_was_typed_escaped_and_by_its_labels(client):
    text = client.post(CONTACT, {**GOOD, **TRAP}).content.decode()
    assert "<dt>What it is about</dt><dd>Media enquiry</dd>" in text
    assert "&lt;b&gt;Thank you&lt;/b&gt;, until Thursday." in text
    assert "<b>Thank you" not in text
    assert "spam.example" not in text
    assert text.partition("<main")[2].partition("</main>")[0].count("<button>") == 1
    assert 'type="hidden" name="confirmation"' in text
    assert "noindex" in text


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"message": "My page is https://ann.example and my paper https://paper.example/1, thank you."},
        {"name": "=cmd()", "organisation": "x" * 200},
        {"email": "安@xn--fsqu00a.example"} | {"email": "ann@xn--fsqu00a.example"},
    ],
)
def test_ordinary_senders_never_see_it(client, fields):
    SpamWord.objects.create(word="casino")
    assert client.post(CONTACT, {**GOOD, **fields}).status_code == 302


def test_too_quick_is_asked_again_with_the_same_token_and_too_late_with_a_new_one(client, later):
    typed = hidden(client.post(CONTACT, {**GOOD, **TRAP}))
    again = client.post(CONTACT, typed)
    assert "That was very quick." in again.content.decode()
    assert hidden(again) == typed
    later(minutes=61)
    late = hidden(client.post(CONTACT, typed))
    assert late["confirmation"] != typed["confirmation"]
    assert ContactMessage.objects.count() == 0
    later(seconds=4)
    assert client.post(CONTACT, late).status_code == 302
    assert ContactMessage.objects.count() == 1


def test_a_token_is_good_for_its_own_content_and_form_only(client, later):
    typed = hidden(client.post(CONTACT, {**GOOD, **TRAP}))
    later(seconds=4)
    changed = {**typed, "message": "Something else", **TRAP}
    hidden(client.post(CONTACT, changed))
    elsewhere = {**typed, **TRAP}
    hidden(client.post("/about/support/", elsewhere))
    for forged in ("x", typed["confirmation"][:-1], second_step.make("message", "0" * 64)):
        hidden(client.post(CONTACT, {**typed, "confirmation": forged, **TRAP}))
    assert ContactMessage.objects.count() == 0


def test_whoever_was_asked_does_not_get_round_it_by_leaving_the_trap_empty(client):
    hidden(client.post(CONTACT, {**GOOD, **TRAP}))
    hidden(client.post(CONTACT, GOOD))
    assert ContactMessage.objects.count() == 0


def test_a_token_is_used_once_also_on_the_next_day(client, later):
    typed = hidden(client.post(CONTACT, {**GOOD, **TRAP}))
    later(seconds=4)
    assert client.post(CONTACT, typed).status_code == 302
    ContactMessage.objects.update(day=timezone.localdate() - datetime.timedelta(days=1))
    assert client.post(CONTACT, typed)["Location"] == "/about/contact/thanks/"
    assert ContactMessage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_presses_at_once_are_one_row(at_once, monkeypatch):
    typed = hidden(Client().post(CONTACT, {**GOOD, **TRAP}))
    monkeypatch.setattr(second_step, "SOONEST", datetime.timedelta())
    answers = at_once(20, lambda: Client().post(CONTACT, typed))
    assert {(a.status_code, a["Location"]) for a in answers} == {(302, "/about/contact/thanks/")}
    assert ContactMessage.objects.count() == 1


def test_a_message_that_could_not_be_kept_can_be_sent_again(client, later, monkeypatch):
    typed = hidden(client.post(CONTACT, {**GOOD, **TRAP}))
    later(seconds=4)

    def fails(view, form):
        raise RuntimeError("down")

    with monkeypatch.context() as patch:
        patch.setattr(Contact, "keep", fails)
        with pytest.raises(RuntimeError):
            client.post(CONTACT, typed)
    assert client.post(CONTACT, typed).status_code == 302
    assert ContactMessage.objects.count() == 1


def test_the_same_words_from_many_networks_are_asked(client):
    words = "We offer the best prices for your sample institute today."
    for number in range(3):
        sent = {**GOOD, "email": f"eve{number}@example.org", "message": words.upper() if number else words}
        assert client.post(CONTACT, sent, REMOTE_ADDR=f"203.0.113.{number}").status_code == 302
    hidden(client.post(CONTACT, {**GOOD, "message": f" {words}\n"}, REMOTE_ADDR="203.0.113.9"))
    short = {**GOOD, "message": "Please call me."}
    for number in range(5):
        assert client.post(CONTACT, short, REMOTE_ADDR=f"198.51.100.{number}").status_code == 302


def test_every_guarded_form_asks_and_keeps_after_the_button(client, later):
    plan = Plan.objects.create(name_en="Individual")
    expert = ExpertFactory(slug="sample-pan")
    message = {name: GOOD[name] for name in ("name", "email", "message")}
    application = {"name": "王安", "email": "ann@example.org", "country": "China", "consent": "on"}
    forms = {
        CONTACT: (GOOD, lambda: ContactMessage.objects.get(subject="media")),
        "/about/support/": (message, lambda: ContactMessage.objects.get(subject="support")),
        f"/experts/{expert.slug}/contact/": (message, lambda: ContactMessage.objects.get(expert=expert)),
        "/zh/subscribe/": ({"email": "ann@example.org"}, lambda: Subscription.objects.get()),
        "/about/membership/": ({**application, "plan": plan.pk}, lambda: Application.objects.get()),
    }
    steps = {path: hidden(client.post(path, {**fields, **TRAP})) for path, (fields, _row) in forms.items()}
    assert Person.objects.count() == 0
    later(seconds=4)
    for path, (_fields, row) in forms.items():
        assert client.post(path, steps[path]).status_code == 302, path
        assert row()


def test_after_many_from_anywhere_everybody_is_asked_and_after_very_many_nobody_gets_in():
    limit = Limit(most=2, in_all=3, ceiling=5)

    def weigh(number, **how):
        return Attempt.weigh("form", f"203.0.113.{number}", "same", limit, **how)

    assert [weigh(number) for number in range(4)] == [Verdict.PASS] * 3 + [Verdict.ASK]
    assert [weigh(3), weigh(3, confirmed=True), weigh(3)] == [Verdict.ASK, Verdict.PASS, Verdict.PASS]
    assert [weigh(4, confirmed=True), weigh(5, confirmed=True)] == [Verdict.PASS, Verdict.REFUSE]
    assert weigh(0) == Verdict.PASS


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("networks", [pytest.param("one", marks=pytest.mark.long), "many"])
def test_two_hundred_posts_at_once_pass_exactly_as_many_as_the_limit_says(at_once, networks, settings):
    # Redis is gone as well: what is counted stands in the database.
    settings.CACHES = {
        "default": {
            "BACKEND": "charhar.publishing.backends.redis_cache.ForgivingRedisCache",
            "LOCATION": "redis://127.0.0.1:1",
        }
    }
    cache.get("x")
    numbers = iter(range(200))

    def post():
        number = next(numbers)
        sent = {**GOOD, "message": f"Message {number}"}
        address = "203.0.113.7" if networks == "one" else f"198.51.100.{number}"
        return Client().post(CONTACT, sent, REMOTE_ADDR=address).status_code

    answers = []
    for _wave in range(5):  # forty connections at a time, as a server's workers would
        answers += at_once(40, post)
    expected = {"one": {302: 10, 429: 190}, "many": {302: 60, 200: 140}}[networks]
    assert Counter(answers) == expected
    assert ContactMessage.objects.count() == expected[302]
