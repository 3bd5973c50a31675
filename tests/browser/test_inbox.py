"""The inbox: from the public form to an answer that comes back, on a phone; the second step by keyboard."""

import mailbox
from email.message import EmailMessage

import pytest
from django.core.management import call_command
from django.utils import timezone

from charhar.contacts import second_step
from charhar.demo.inbox import load_inbox
from charhar.outreach.models import ContactMessage, ReplyTemplate
from tests.browser.house import administrator, fill_in_like_a_robot

pytestmark = pytest.mark.browser
LISTED = "/admin/outreach/contactmessage/"
ASKED = "Is this what you would like to send?"


@pytest.fixture
def secretary():
    person = administrator()
    person.first_name, person.last_name, person.email = "Wen", "Suyin", "wen@example.org"
    person.save()
    return person


def mbox_with(tmp_path, *, to, text):
    """A mailbox file with one answer to a letter, as a mail program writes it."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "Ann Lee <ann@example.org>", "office@charhar.example"
    mail["Subject"], mail["Message-ID"] = "Re: your message", "<their-answer@mail.example>"
    mail["In-Reply-To"] = to
    mail.set_content(text)
    box = mailbox.mbox(tmp_path / "inbox.mbox")
    box.add(mail)
    box.close()
    return tmp_path / "inbox.mbox"


def test_a_message_comes_in_is_assigned_answered_and_its_answer_joins_the_thread(
    house, browse, secretary, tmp_path
):
    ReplyTemplate.objects.create(name="Visits", text_en="Please come by on Thursday.", text_zh="欢迎来访。")
    page = browse("/about/contact/")
    page.get_by_label("What it is about").select_option("Publications")
    page.get_by_label("Your name").fill("Ann Lee")
    page.get_by_label("Your e-mail address").fill("ann@example.org")
    page.locator("main textarea").fill("May I visit the library?\n\nI read Chinese.")
    page.locator("main form.form button").last.click()
    page.wait_for_url("**/about/contact/thanks/*")

    page = browse(LISTED, user=secretary)
    page.get_by_role("link", name="Ann Lee").click()
    page.get_by_text("May I visit the library?").wait_for()
    page.get_by_role("button", name="Assign to me").click()
    page.locator(".inbox-state").get_by_text("assigned to").wait_for()

    page.get_by_label("Your answer").fill("Dear Ms Lee,")
    page.get_by_label("Template").select_option("Visits")
    page.get_by_role("button", name="Insert").click()
    text = page.get_by_label("Your answer")
    assert text.input_value() == "Dear Ms Lee,\n\nPlease come by on Thursday."
    page.get_by_role("button", name="Send to ann@example.org").click()
    page.get_by_text("The answer is on its way.").wait_for()
    message = ContactMessage.objects.get()
    assert (message.state, message.assigned_to) == ("answered", secretary)

    reply = message.replies.get()
    call_command(
        "read_mail", mbox_with(tmp_path, to=reply.reference, text="Gladly, at ten.\n\n> Please come by")
    )
    page.reload()
    letters = page.locator(".inbox-letter")
    assert letters.count() == 3
    for place, words in enumerate(
        ("May I visit the library?", "Please come by on Thursday.", "Gladly, at ten.")
    ):
        assert words in letters.nth(place).inner_text()
    assert "Please come by" not in letters.nth(2).inner_text()
    letters.nth(2).get_by_text("What it quotes").click()
    assert "Please come by" in letters.nth(2).inner_text()
    message.refresh_from_db()
    assert (message.state, message.answered_at is None) == ("assigned", False)


def test_the_second_step_is_taken_by_keyboard_alone_and_keeps_one_message(house, browse, monkeypatch):
    page = browse("/about/contact/")
    fill_in_like_a_robot(page)
    page.get_by_role("heading", name=ASKED).wait_for()
    assert ContactMessage.objects.count() == 0
    assert "A sample of what people type" in page.locator("dl.typed").inner_text()
    button = page.get_by_role("button", name="Yes, send it")
    for _presses in range(80):
        page.keyboard.press("Tab")
        if button.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.get_by_text("That was very quick. Please press the button once more.").wait_for()
    real = timezone.now
    monkeypatch.setattr("django.utils.timezone.now", lambda: real() + second_step.SOONEST)
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/about/contact/thanks/")
    assert ContactMessage.objects.count() == 1


@pytest.mark.parametrize("path", ["", "{}/change/", "times/"])
def test_a_phone_shows_all_of_the_inbox(house, browse, secretary, path):
    load_inbox()
    message = ContactMessage.objects.get(state="answered")
    page = browse(LISTED + path.format(message.pk), user=secretary, width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
