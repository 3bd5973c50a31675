"""Contact Us, Support Charhar and Careers: the pages, and what becomes of a message."""

import datetime

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from charhar.contacts.guard import MOST_BYTES
from charhar.contacts.models import Attempt, OutgoingMail, Person
from charhar.outreach.models import ContactMessage, Vacancy, WayToGive
from charhar.pages.models import SiteSettings
from tests.factories import PageFactory

GOOD = {
    "subject": "media",
    "name": "王安 O’Neill",
    "email": "Ann+press@Example.org",
    "organisation": "Sample Times",
    "message": "May I speak to an expert?\r\nThank you.",
    "website": "",
}


@pytest.fixture
def keep_mail(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.mark.django_db
def test_a_message_is_kept_and_the_secretariat_told(client, keep_mail):
    SiteSettings(email="office@example.org").save()
    with keep_mail():
        response = client.post("/about/contact/", GOOD)
    assert (response.status_code, response["Location"]) == (302, "/about/contact/thanks/")
    assert response["Cache-Control"] == "private, no-store"
    message = ContactMessage.objects.get()
    assert message.person == Person.objects.get(email="Ann+press@example.org", name="王安 O’Neill")
    assert (message.subject, message.state, message.language) == ("media", "new", "en")
    assert message.message == "May I speak to an expert?\nThank you."
    note, received = mail.outbox
    assert (note.to, note.subject) == (["office@example.org"], "New message on the site: Media enquiry")
    assert (received.to, received.subject) == (["Ann+press@example.org"], "We have received your message")
    assert received.extra_headers["Reply-To"] == "office@example.org"
    assert f"/admin/outreach/contactmessage/{message.pk}/change/" in note.body
    for secret in ("Ann", "王安", "expert", "Sample Times"):
        assert secret not in note.body + note.subject + received.body + received.subject
    thanks = client.get(response["Location"])
    assert thanks.status_code == 200
    assert thanks["Cache-Control"] == "private, no-store"
    assert "<h1>Thank you for your message</h1>" in thanks.content.decode()


@pytest.mark.django_db
def test_the_chinese_page_answers_in_chinese(client, keep_mail):
    with keep_mail():
        response = client.post("/zh/about/contact/", GOOD)
    assert response["Location"] == "/zh/about/contact/thanks/"
    assert ContactMessage.objects.get().language == "zh-hans"
    assert mail.outbox[0].subject.startswith("网站新留言：")


@pytest.mark.django_db
def test_the_form_is_the_same_for_everybody_and_sets_no_cookie(client):
    response = client.get("/about/contact/")
    assert response.status_code == 200
    assert not response.cookies
    assert "csrfmiddlewaretoken" not in response.content.decode()
    assert response.content == client.get("/about/contact/").content


@pytest.mark.django_db
def test_the_page_shows_the_institutes_text(client):
    PageFactory(slug="contact", title="Where to find us", body="<p>By the river.</p>")
    text = client.get("/about/contact/").content.decode()
    assert "<h1>Where to find us</h1>" in text
    assert "By the river." in text
    assert 'name="message"' in text


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["draft", "scheduled", "expired", "withdrawn", "trashed"])
def test_a_page_that_is_not_public_leaks_nothing_and_the_form_stays(client, state):
    PageFactory(slug="contact", title="Secret plan", body="<p>Not yet.</p>", **{state: True})
    response = client.get("/about/contact/")
    text = response.content.decode()
    assert response.status_code == 200
    assert "Secret plan" not in text
    assert "Not yet." not in text
    assert "<h1>Contact Us</h1>" in text


BAD = {
    "name": [
        "",
        "   ",
        "x" * 151,
        "x" * 10_000,
        "Ann\nBcc: eve@example.org",
        "Ann\0",
        "Ann\u2028Bee",
        "Ann\x1b[2J",
    ],
    "email": [
        "",
        "ann",
        "ann@example",
        "ann@example.org\r\nBcc: eve@example.org",
        "a" * 250 + "@example.org",
        "安@例子.cn",
    ],
    "organisation": ["x" * 201, "A\rB"],
    "message": ["", " \n ", "x" * 10_001, "a\0b", "a\x07b"],
    "subject": ["", "no-such-subject", "media\0"],
}


@pytest.mark.django_db
@pytest.mark.parametrize(("field", "value"), [(f, v) for f, values in BAD.items() for v in values])
def test_bad_input_is_told_beside_its_field_and_nothing_typed_is_lost(client, field, value):
    response = client.post("/about/contact/", {**GOOD, "name": "Typed Name", field: value})
    assert response.status_code == 422
    form = response.context["form"]
    assert list(form.errors) == [field]
    text = response.content.decode()
    assert f'id="id_{field}_error"' in text
    assert f'href="#id_{field}"' in text
    assert 'aria-invalid="true"' in text
    assert "<title>Error: Contact Us" in text
    if field != "name":
        assert 'value="Typed Name"' in text
    if field != "message":
        assert "May I speak to an expert?" in text
    assert ContactMessage.objects.count() == 0
    assert OutgoingMail.objects.count() == 0


@pytest.mark.django_db
def test_what_is_typed_is_shown_again_escaped(client):
    response = client.post("/about/contact/", {**GOOD, "name": '"><script>alert(1)</script>', "email": "x"})
    assert "<script>alert" not in response.content.decode()


@pytest.mark.django_db
def test_broken_encodings_are_no_error_page(client):
    body = b"subject=media&name=%ED%A0%80%FF&email=ann%40example.org&message=%F0%28%8C%28"
    response = client.post("/about/contact/", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 302
    assert "\ufffd" in ContactMessage.objects.get().name


@pytest.mark.django_db
def test_a_huge_post_is_refused_before_it_is_read(client):
    response = client.post("/about/contact/", {**GOOD, "message": "x" * MOST_BYTES})
    assert response.status_code == 413
    assert "too big" in response.content.decode()


@pytest.mark.django_db
def test_a_post_from_another_site_is_403_in_the_sites_look(client):
    response = client.post("/about/contact/", GOOD, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403
    assert '<main id="main"' in response.content.decode()
    assert ContactMessage.objects.count() == 0


@pytest.mark.django_db
def test_too_many_messages_are_429_and_keep_what_was_typed(client):
    for number in range(10):
        assert client.post("/about/contact/", {**GOOD, "message": f"Message {number}"}).status_code == 302
    response = client.post("/about/contact/", {**GOOD, "message": "The eleventh"})
    assert response.status_code == 429
    assert response["Retry-After"] == "3600"
    assert "The eleventh" in response.content.decode()
    assert ContactMessage.objects.count() == 10
    assert client.post("/about/contact/", {**GOOD, "message": "Message 3"}).status_code == 302
    other = client.post("/about/contact/", {**GOOD, "message": "The eleventh"}, REMOTE_ADDR="203.0.113.5")
    assert other.status_code == 302


@pytest.mark.django_db
def test_errors_use_up_no_attempt(client):
    for number in range(15):
        client.post("/about/contact/", {**GOOD, "email": f"wrong {number}"})
    assert Attempt.objects.count() == 0


@pytest.mark.django_db
def test_the_same_message_again_is_one_row_and_one_mail_each(client, keep_mail):
    with keep_mail():
        answers = [client.post("/about/contact/", GOOD) for _ in range(3)]
        answers.append(client.post("/about/contact/", {**GOOD, "name": f"  {GOOD['name']} "}))
    assert {(a.status_code, a["Location"]) for a in answers} == {(302, "/about/contact/thanks/")}
    assert (ContactMessage.objects.count(), OutgoingMail.objects.count(), len(mail.outbox)) == (1, 2, 2)


@pytest.mark.django_db
def test_the_same_message_on_another_day_is_kept(client, time_machine_or_skip):
    client.post("/about/contact/", GOOD)
    time_machine_or_skip(timezone.now() + datetime.timedelta(days=1))
    client.post("/about/contact/", GOOD)
    assert ContactMessage.objects.count() == 2


@pytest.fixture
def time_machine_or_skip():
    time_machine = pytest.importorskip("time_machine")
    travels = []

    def travel(moment):
        travels.append(time_machine.travel(moment, tick=True))
        travels[-1].start()

    yield travel
    for each in travels:
        each.stop()


@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_posts_are_one_row_and_one_mail_each(at_once):
    answers = at_once(20, lambda: Client().post("/about/contact/", GOOD))
    assert [(a.status_code, a["Location"]) for a in answers] == [(302, "/about/contact/thanks/")] * 20
    assert (ContactMessage.objects.count(), Person.objects.count(), OutgoingMail.objects.count()) == (1, 1, 2)
    assert sorted(each.to for each in mail.outbox) == [
        ["Ann+press@example.org"],
        ["Charhar Institute <secretariat@charhar.org.cn>"],
    ]


@pytest.mark.django_db
def test_a_dead_mail_server_never_breaks_the_page(client, settings, keep_mail):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    with keep_mail():
        response = client.post("/about/contact/", GOOD)
    assert response.status_code == 302
    assert set(OutgoingMail.objects.values_list("state", flat=True)) == {OutgoingMail.State.PENDING}


@pytest.mark.django_db
def test_support_lists_ways_to_give_and_takes_a_message(client, keep_mail):
    WayToGive.objects.create(title_en="Bank transfer", title_zh="银行转账", body_en="<p>To our account.</p>")
    WayToGive.objects.create(title_en="Hidden way", hidden=True)
    text = client.get("/about/support/").content.decode()
    assert "Bank transfer" in text
    assert "Hidden way" not in text
    assert "银行转账" in client.get("/zh/about/support/").content.decode()
    with keep_mail():
        response = client.post("/about/support/", {k: v for k, v in GOOD.items() if k != "subject"})
    assert response["Location"] == "/about/support/thanks/"
    assert ContactMessage.objects.get().subject == ContactMessage.Subject.SUPPORT


@pytest.mark.django_db
def test_careers_shows_what_is_open_now(client):
    now, day = timezone.now(), datetime.timedelta(days=1)
    Vacancy.objects.create(
        title_en="Open post", opens_at=now - day, closes_at=now + day, body_en="<p>Details.</p>"
    )
    Vacancy.objects.create(title_en="Endless post", opens_at=now - day)
    Vacancy.objects.create(title_en="Future post", opens_at=now + day)
    Vacancy.objects.create(title_en="Past post", opens_at=now - 2 * day, closes_at=now - day)
    Vacancy.objects.create(title_en="Hidden post", opens_at=now - day, hidden=True)
    text = client.get("/about/careers/").content.decode()
    assert [v.title for v in client.get("/about/careers/").context["vacancies"]] == [
        "Open post",
        "Endless post",
    ]
    for title in ("Future post", "Past post", "Hidden post"):
        assert title not in text
    assert "Details." in text
    assert client.post("/about/careers/").status_code == 405


@pytest.mark.django_db
def test_open_is_one_truth_for_rows_and_queries():
    now, hour = timezone.now(), datetime.timedelta(hours=1)
    for opens in (now - hour, now, now + hour):
        for closes in (None, now + 2 * hour, now, now - hour / 2):
            if closes is None or closes > opens:
                for hidden in (False, True):
                    Vacancy.objects.create(title_en="x", opens_at=opens, closes_at=closes, hidden=hidden)
    assert Vacancy.objects.count() == 16
    by_rows = {v.pk for v in Vacancy.objects.all() if v.is_open_at(now)}
    assert {v.pk for v in Vacancy.objects.open(now)} == by_rows
    assert len(by_rows) == 4


@pytest.mark.django_db
def test_the_contact_page_itself_says_how_to_reach_the_institute(client):
    SiteSettings(
        phone="+86 10 1234", fax="010-5678", email="office@example.org", postal_en="1 Sample Road"
    ).save()
    address = client.get("/about/contact/").content.decode().partition("<main")[2].partition("</address>")[0]
    for part in (
        '<a href="tel:+86101234">+86 10 1234</a>',
        "010-5678",
        "mailto:office@example.org",
        "1 Sample Road",
    ):
        assert part in address, part


@pytest.mark.django_db
def test_an_error_in_a_page_is_reported_with_that_pages_address(client, keep_mail):
    path = "/about/contact/?about=/zh/articles/on-ports/"
    html = client.get(path).content.decode()
    assert '<input type="text" name="page" value="/zh/articles/on-ports/"' in html
    assert '<option value="website" selected>' in html
    with keep_mail():
        assert client.post("/about/contact/", GOOD | {"page": "/zh/articles/on-ports/"}).status_code == 302
    assert ContactMessage.objects.get().page == "/zh/articles/on-ports/"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "about", ["", "//example.org/", "https://example.org/", "/<b>", "/a\n", "/é/", "\x00"]
)
def test_nothing_else_is_taken_for_a_page_of_the_site(client, about):
    response = client.get("/about/contact/", {"about": about})
    assert response.status_code == 200
    assert 'name="page"' not in response.content.decode()
    if about:
        assert client.post("/about/contact/", GOOD | {"page": about}).status_code == (
            422 if about != "/a\n" else 302
        )
