"""What an applicant types is kept in the browser until it is cleared or sent."""

import pytest

from charhar.members.models import Application

pytestmark = pytest.mark.browser
# A form that leads back to itself names its place, and that stays in the address after it has led on.
PAGE = "/about/membership/"
KEPT = "localStorage.getItem('kept:membership')"


def typed(page):
    return {name: page.input_value(f"main [name={name}]") for name in ("name", "email", "statement")}


def test_what_is_typed_is_kept_in_the_browser_until_it_is_cleared_or_sent(house, browse):
    page = browse(PAGE)
    assert page.evaluate(KEPT) is None
    words = {"name": "王安", "email": "ann@example.org", "statement": "Two lines,\nof which one is long."}
    for name, text in words.items():
        page.fill(f"main [name={name}]", text)
    page.reload()
    assert typed(page) == words
    assert page.locator("[data-kept-restored]").is_visible()
    assert not page.is_checked("main [name=consent]")

    page.click("[data-clear]")
    assert typed(page) == dict.fromkeys(words, "")
    page.reload()
    assert typed(page) == dict.fromkeys(words, "")
    assert page.evaluate(KEPT) is None

    for name, text in words.items():
        page.fill(f"main [name={name}]", text)
    page.click("main nav a, .breadcrumbs a, header a[href='/']")
    page.go_back()
    assert typed(page) == words
    page.select_option("main [name=plan]", index=1)
    page.fill("main [name=country]", "China")
    page.check("main [name=consent]")
    page.click("main form.form .actions button:not([name])")
    page.wait_for_url("**/about/membership/thanks/*")
    assert page.evaluate(KEPT) is None
    assert Application.objects.get().state == "new"
