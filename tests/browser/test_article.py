"""What a reader can do with an article: all of it without JavaScript, and its comforts with it."""

import pytest

from tests.browser.house import PATHS

pytestmark = pytest.mark.browser


def test_without_scripts_no_button_is_dead_and_all_can_be_unfolded(house, browse):
    page = browse(PATHS["article"], scripts=False)
    assert page.locator(".article button:visible").count() == 0
    page.click("#cite > summary")
    assert page.locator("#cite-apa").inner_text().startswith("Pan, D., ")
    page.click("#share > summary")
    assert page.locator("#share svg").is_visible()
    page.click("text=Report an error in this text")
    assert page.locator("[name=page]").input_value() == PATHS["article"]


def test_a_citation_is_unfolded_by_its_link_and_copied(house, browse):
    page = browse(PATHS["article"])
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click(".kit >> text=Cite")
    words = page.locator("#cite-chicago").inner_text()
    page.click("#cite dd:has(#cite-chicago) button")
    page.wait_for_function("document.querySelector('.uses [role=status]').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == words


def test_on_paper_there_is_nothing_to_press(house, browse):
    page = browse(PATHS["publication"])
    pressed = page.locator(":is(.button, button, nav, form):visible")
    assert page.locator(".button:visible").count() == 1
    page.emulate_media(media="print")
    assert page.get_by_role("heading", name="Details").is_visible()
    assert pressed.count() == 0
