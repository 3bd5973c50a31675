"""The inbox on a phone, and the second step of a public form by keyboard, in a real browser."""

import pytest
from django.utils import timezone

from charhar.contacts import second_step
from charhar.demo.inbox import load_inbox
from charhar.outreach.models import ContactMessage
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
