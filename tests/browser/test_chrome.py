"""What stands around every page: the menu by keyboard, touch and magnified, and the theme."""

import pytest

pytestmark = pytest.mark.browser

# What has the focus: its words, and whether a person can see it.
FOCUSED = """() => {
    const at = document.activeElement, box = at.getBoundingClientRect();
    return [at.textContent.trim().replace(/\\s+/g, " "), box.width > 1 && at.checkVisibility()];
}"""
# Wider than the window: what makes a page scroll sideways.
OVERFLOWS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def step(page, key="Tab", until=None):
    """Press a key until something has the focus; the words passed, each of which was visible."""
    passed = []
    for _ in range(60):
        page.keyboard.press(key)
        words, visible = page.evaluate(FOCUSED)
        assert visible, words
        passed.append(words)
        if until is None or words == until:
            return passed
    raise AssertionError(f"{until} is not reached: {passed}")


def test_the_menu_by_keyboard(house, browse):
    page = browse("/")
    assert step(page) == ["Skip to content"]
    passed = step(page, until="Topics")
    assert "Public Diplomacy" not in passed  # what is folded away is not in the way
    page.keyboard.press("Enter")
    assert step(page) == ["All Topics"]
    page.keyboard.press("Escape")
    assert page.evaluate(FOCUSED) == ["Topics", True]
    assert page.locator("nav.menus details[open]").count() == 0
    page.keyboard.press("Space")
    step(page, until="Experts")  # through the whole panel and out of it, which closes it
    assert page.locator("nav.menus details[open]").count() == 0
    page.click("nav.menus summary:has-text('About Us')")
    page.click("nav.menus summary:has-text('Publications')")  # one panel at a time
    assert page.locator("nav.menus details[open] > summary").all_text_contents() == ["Publications"]
    page.click("footer h2 >> nth=0")
    assert page.locator("nav.menus details[open]").count() == 0
    page.goto(page.url + "topics/public-diplomacy/")
    step(page)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.click("nav.menus summary:has-text('Topics')")
    assert page.locator("nav.menus .entries [aria-current=page]").all_inner_texts() == ["Public Diplomacy"]


def test_magnified_and_on_phones_the_menu_is_a_panel_one_tap_away_and_so_is_search(house, browse):
    page = browse("/topics/public-diplomacy/", width=640)  # 1280 at 200 %
    panel_by_keyboard(page)
    page.set_viewport_size({"width": 320, "height": 225})  # and at 400 %
    page.reload()
    panel_by_keyboard(page)
    context = page.context.browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True)
    try:
        phone = context.new_page()
        phone.goto(page.url)
        phone.tap("details.toggle summary")
        phone.tap("nav.menus summary:has-text('Publications')")
        phone.tap("nav.menus a:has-text('All Publications')")
        phone.wait_for_url("**/publications/")
        phone.tap("header a.seek")
        phone.wait_for_url("**/search/")
    finally:
        context.close()


def panel_by_keyboard(page):
    """Open the panel and a menu in it, look at both, close them one by one."""
    assert step(page, until="Menu") == [
        "Skip to content",
        "The Charhar Institute 察哈尔学会",
        "Search",
        "Menu",
    ]
    assert not page.evaluate(OVERFLOWS)
    page.keyboard.press("Enter")
    step(page, until="Topics")
    page.keyboard.press("Enter")
    assert step(page) == ["All Topics"]
    assert not page.evaluate(OVERFLOWS)
    small = page.eval_on_selector_all(
        ".hd a, .hd summary, .hd button",
        """all => all.filter(e => e.checkVisibility()).filter(e => e.getBoundingClientRect().height < 44)
            .map(e => e.textContent.trim())""",
    )
    assert small == []
    page.keyboard.press("Escape")
    assert page.evaluate(FOCUSED) == ["Topics", True]
    page.keyboard.press("Escape")
    assert page.evaluate(FOCUSED) == ["Menu", True]
    assert not page.locator("nav.menus").is_visible()


def test_the_theme_follows_the_system_until_the_switch_says_otherwise_and_back(browse):
    page = browse("/", theme="dark")
    switch = page.locator("button.theme")

    def seen():
        return (
            page.evaluate("getComputedStyle(document.body).backgroundColor"),
            switch.get_attribute("aria-pressed"),
        )

    night, day = ("rgb(19, 22, 27)", "true"), ("rgb(251, 250, 246)", "false")
    assert (switch.inner_text(), seen()) == ("Dark theme", night)
    switch.click()
    assert seen() == day
    page.goto(page.url.rstrip("/") + "/experts/", wait_until="commit")
    page.wait_for_selector("body")
    # Before any script of the page's end has run it is light already: nothing flashes.
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    switch.click()
    assert (seen(), page.evaluate("localStorage.getItem('theme')")) == (night, None)
    page.emulate_media(color_scheme="light")
    page.wait_for_selector("button.theme[aria-pressed=false]")
    assert seen() == day
