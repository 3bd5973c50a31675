"""Everything works without JavaScript; scripts only add comforts."""

import re

import pytest
from django.core import mail

from tests.browser.house import PATHS

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
def test_the_menu_opens_and_leads_on(width, house, browse):
    page = browse("/", width=width, scripts=False)
    if width < 1000:
        page.click("header details.toggle > summary")
    link = page.locator("nav.menus .panel a[href='/topics/public-diplomacy/']").first
    assert not link.is_visible()
    page.click("nav.menus details[name=menu] > summary:has-text('Topics')")
    link.click()
    page.wait_for_url("**/topics/public-diplomacy/")
    assert page.locator("h1").inner_text() == "Public Diplomacy"


def test_whole_titles_stand_in_the_open_panel(house, browse):
    page = browse("/", scripts=False)
    page.click("nav.menus details[name=menu] > summary:has-text('Topics')")
    texts = page.locator("nav.menus details[open] .newest li a").all_text_contents()
    assert house.title in texts


def test_search(house, browse):
    page = browse("/", scripts=False)
    page.fill("header input[name=q]", "neighbours")
    page.press("header input[name=q]", "Enter")
    page.wait_for_url(re.compile(r"/search/\?q=neighbours"))
    assert page.locator("main a", has_text="Between Neighbours").count() == 1


def test_the_other_language(house, browse):
    page = browse(PATHS["article"], scripts=False)
    page.click("header a.other")
    page.wait_for_url("**" + PATHS["article in Chinese"])
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    page.click("header a.other")
    page.wait_for_url(re.compile(r"://[^/]+" + PATHS["article"]))


def test_notes_lead_there_and_back(house, browse):
    page = browse(PATHS["article"], scripts=False)
    page.click("main sup a")
    note = page.url.partition("#")[2]
    assert note
    page.click(f"[id='{note}'] a[href^='#']:last-of-type")
    assert page.url.partition("#")[2] not in {"", note}


def test_lists_turn_pages_and_narrow_by_year(house, browse):
    page = browse(PATHS["research"], scripts=False)
    page.click("a[rel=next]")
    page.wait_for_url("**/research/?page=2")
    page.goto(page.url.partition("?")[0])
    page.click("main a[href='?year=2016']")
    assert "2016" in page.locator("main time").first.inner_text()


def test_stay_informed_needs_a_letter_and_a_button(house, browse):
    page = browse("/", scripts=False)
    page.fill("footer input[type=email]", "reader@readers.example")
    page.click("footer form button")
    page.wait_for_url(re.compile("/subscribe/"))
    if page.locator("main form.form button").count():
        page.locator("main form.form button").click()
    page.wait_for_url(re.compile("/subscribe/sent/"))
    link = re.search(r"https?://[^/\s]+(/subscribe/confirm/\S+)", mail.outbox[0].body)[1]
    page = browse(link, scripts=False)
    page.click("main form.form button")
    page.wait_for_url(re.compile("/subscribe/confirmed/"))


def test_contact_keeps_what_was_typed_and_says_what_was_wrong(house, browse):
    page = browse(PATHS["contact"], scripts=False)
    page.fill("main [name=name]", "A Reader")
    page.fill("main [name=message]", "A question.")
    page.fill("main [name=email]", "reader@nowhere")
    page.click("main form.form button")
    assert page.locator("main [name=name]").input_value() == "A Reader"
    assert page.locator("main [name=email][aria-invalid=true]").count() == 1
    page.fill("main [name=email]", "reader@readers.example")
    page.click("main form.form button")
    page.wait_for_url(re.compile("/about/contact/thanks/"))
