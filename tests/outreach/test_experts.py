"""A letter to an expert goes to an address that nobody is shown."""

import pytest
from django.core import mail
from django.core.exceptions import ValidationError

from charhar.contacts.models import OutgoingMail
from charhar.outreach.models import ContactMessage
from charhar.pages.models import SiteSettings
from tests.factories import ArticleFactory, ExpertFactory, NewsSectionFactory, TopicFactory

pytestmark = pytest.mark.django_db

GOOD = {
    "name": "Ann",
    "email": "ann@example.org",
    "organisation": "Sample Times",
    "message": "May I ring you?",
}


@pytest.fixture
def send(client, django_capture_on_commit_callbacks):
    def post(path, **fields):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(path, {**GOOD, **fields})

    return post


def test_a_message_goes_to_the_expert_and_is_kept(client, send):
    SiteSettings(email="office@example.org").save()
    one = ExpertFactory(slug="one", email="hidden@example.net")
    two = ExpertFactory(slug="two", email="two@example.net")
    assert "hidden@example.net" not in client.get("/experts/one/contact/").content.decode()
    for _ in range(2):  # a double click
        response = send("/experts/one/contact/")
        assert (response.status_code, response["Location"]) == (302, "/experts/one/contact/thanks/")
    note, letter, received = mail.outbox
    assert (received.to, "hidden@example.net" in str(received.message())) == (["ann@example.org"], False)
    assert note.to == ["office@example.org"]
    assert "ring" not in note.body
    assert (letter.to, letter.extra_headers["Reply-To"]) == (["hidden@example.net"], "ann@example.org")
    assert "May I ring you?" in letter.body
    message = ContactMessage.objects.get()
    assert (message.expert, message.subject, message.passed_on) == (one, "expert", True)
    send("/experts/two/contact/")  # the same words to another are another message
    assert ContactMessage.objects.filter(expert=two).count() == 1
    assert mail.outbox[-2].to == ["two@example.net"]
    thanks = client.get("/experts/one/contact/thanks/").content.decode()
    assert "hidden@example.net" not in thanks
    message.person.delete()  # erased: nothing of the message is left in the outbox
    assert not OutgoingMail.objects.filter(purpose="message").exists()


def test_who_takes_no_messages_is_asked_through_the_secretariat(client, send):
    SiteSettings(email="office@example.org").save()
    ExpertFactory(slug="one", email="hidden@example.net", takes_messages=False)
    page = client.get("/experts/one/contact/").content.decode()
    assert "takes no messages through the site" in page
    assert "mailto:office@example.org" in page
    send("/zh/experts/one/contact/")
    assert [each.to for each in mail.outbox] == [["office@example.org"], ["ann@example.org"]]
    assert ContactMessage.objects.get().passed_on is False


def test_errors_keep_what_was_typed_and_nobody_writes_to_whom_readers_do_not_see(client, send):
    ExpertFactory(slug="one", email="hidden@example.net")
    response = send("/experts/one/contact/", email="no address")
    assert response.status_code == 422
    assert "May I ring you?" in response.content.decode()
    for slug, state in (("draft", "draft"), ("gone", "withdrawn")):
        ExpertFactory(slug=slug, email="x@example.net", **{state: True})
    assert (
        send("/experts/draft/contact/").status_code
        == client.get("/experts/draft/contact/").status_code
        == 404
    )
    assert (
        send("/experts/gone/contact/").status_code
        == client.get("/experts/gone/contact/thanks/").status_code
        == 410
    )
    assert not ContactMessage.objects.exists()
    assert mail.outbox == []


def test_journalists_find_who_takes_questions_the_press_office_and_the_announcements(client):
    SiteSettings(email="office@example.org", press_email="press@example.org", phone="+86 1").save()
    topic = TopicFactory(slug="ports")
    asked = ExpertFactory(display_name_en="ASKED Person", takes_media=True)
    asked.topics.add(topic)
    ExpertFactory(display_name_en="SILENT Person")
    ExpertFactory(display_name_en="LEAKED Person", takes_media=True, draft=True)
    press, other = NewsSectionFactory(slug="calls", for_press=True), NewsSectionFactory()
    ArticleFactory(title="An announcement", sections=[press])
    ArticleFactory(title="Other news", sections=[other])
    page = client.get("/experts/for-journalists/").content.decode()
    for said in ("ASKED Person", "An announcement", "mailto:press@example.org", "tel:+861", 'name="topic"'):
        assert said in page, said
    for silent in ("SILENT Person", "LEAKED Person", "Other news", "mailto:press@example.org?", "noindex"):
        assert silent not in page.split("</header>", 2)[-1].split("<footer")[0], silent
    for path in ("/experts/", "/news/calls/", asked.get_absolute_url(), "/sitemap-lists.xml", "/topics/"):
        assert "/experts/for-journalists/" in client.get(path).content.decode(), path
    main = client.get(other.get_absolute_url()).content.decode().partition("<main")[2].partition("</main>")[0]
    assert "/experts/for-journalists/" not in main
    assert client.get("/zh/experts/for-journalists/").status_code == 200


def test_no_profile_takes_the_address_of_the_page_for_journalists():
    with pytest.raises(ValidationError) as refused:
        ExpertFactory.build(slug="for-journalists").clean()
    assert list(refused.value.message_dict) == ["slug"]
