"""The preview beside the form, in a browser: it follows what is typed, keeps its place and saves nothing."""

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import expect

from articles.models import Article
from tests.browser.test_axe import violations
from tests.factories import ArticleFactory, ExpertFactory, UserFactory

pytestmark = pytest.mark.browser
BODY = "".join(f"<p>Paragraph {number} of a long text.</p>" for number in range(80))


@pytest.fixture
def editor(transactional_db):
    return UserFactory(roles=["Editors"])


@pytest.fixture
def article(editor):
    return ArticleFactory(draft=True, title="Saved title", body=BODY, created_by=editor)


@pytest.fixture
def form(browse, article, editor):
    def open_form(**options):
        page = browse(reverse("admin:articles_article_change", args=[article.pk]), user=editor, **options)
        page.locator(".ProseMirror").first.wait_for()
        return page

    return open_form


def shown(page):
    """The document in the preview, once it stands there and the form has not changed since."""
    expect(page.locator(".preview-said")).to_have_text("As the form is now.")
    return page.frame_locator(".preview-room iframe:not(.coming)")


def test_it_follows_what_is_typed_keeps_its_place_and_saves_nothing(form):
    page = form()
    page.keyboard.press("Alt+Shift+KeyP")
    assert shown(page).locator("h1").inner_text() == "Saved title"
    scroll = "document.querySelector('.preview-room iframe').contentWindow"
    page.evaluate(f"{scroll}.scrollTo(0, 900)")
    page.fill("#id_title", "Typed title")
    expect(page.locator(".preview-said")).to_have_text("The form has changed since.")
    assert shown(page).locator("h1").inner_text() == "Typed title"
    assert page.evaluate(f"{scroll}.scrollY") == 900
    assert Article.objects.get().title == "Saved title"


def test_it_waits_to_be_asked_where_following_is_switched_off(form):
    page = form()
    page.click("[data-preview-toggle]")
    shown(page)
    page.uncheck("[data-follow]")
    page.fill("#id_title", "Typed title")
    page.wait_for_timeout(5500)
    assert page.inner_text(".preview-said") == "The form has changed since."
    page.click("[data-update]")
    assert shown(page).locator("h1").inner_text() == "Typed title"
    page.reload()
    assert not page.is_checked("[data-follow]")


def test_it_is_as_wide_as_the_screen_it_stands_for(form):
    page = form()
    page.click("[data-preview-toggle]")
    shown(page)
    width = "document.querySelector('.preview-room iframe').contentWindow.innerWidth"
    assert page.evaluate(width) == 390
    page.get_by_role("radio", name="Desktop 1280").check()
    assert page.evaluate(width) == 1280
    seen = page.locator(".preview-room iframe").bounding_box()
    room = page.locator(".preview-room").bounding_box()
    assert abs(seen["width"] - room["width"]) <= 1
    form_width = page.locator("#content-main").bounding_box()
    assert form_width["x"] + form_width["width"] <= room["x"]


def test_all_of_it_goes_by_keyboard_and_focus_returns(form):
    page = form()
    page.focus("[data-preview-toggle]")
    page.keyboard.press("Enter")
    shown(page)
    assert page.evaluate("document.activeElement.id") == "preview-heading"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    shown(page).locator(".rows").wait_for()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.value") == "card"
    page.frame_locator(".preview-room iframe:not(.coming)").locator(".card").wait_for()
    page.keyboard.press("Escape")
    assert page.locator("#preview-pane").is_hidden()
    assert page.evaluate("document.activeElement.dataset.shortcut") == "preview"


def test_nothing_runs_in_it_and_links_leave_it_alone(form):
    page = form()
    page.click("[data-preview-toggle]")
    document = shown(page)
    with page.context.expect_page() as opened:
        document.locator(".crumbs a").first.click()
    assert opened.value.url.endswith("/")
    assert shown(page).locator("h1").inner_text() == "Saved title"
    assert page.locator(".preview-room iframe").get_attribute("sandbox").find("scripts") == -1


def test_an_experts_both_languages(browse, editor):
    expert = ExpertFactory(draft=True, title_en="Fellow", title_zh="研究员")
    page = browse(reverse("admin:experts_expert_change", args=[expert.pk]), user=editor)
    page.click("[data-preview-toggle]")
    assert "Fellow" in shown(page).locator("main").inner_text()
    page.get_by_role("radio", name="中文").check()
    page.frame_locator(".preview-room iframe:not(.coming)").locator("main", has_text="研究员").wait_for()


def test_without_scripts_each_view_opens_beside_the_form(form, browse, article, editor):
    page = browse(reverse("admin:articles_article_change", args=[article.pk]), user=editor, scripts=False)
    page.fill("#id_title", "Typed title")
    with page.context.expect_page() as opened:
        page.get_by_text("Preview: Page").click()
    opened.value.wait_for_load_state()
    assert opened.value.locator("h1").inner_text() == "Typed title"
    assert page.input_value("#id_title") == "Typed title"


def test_who_was_signed_out_is_told_and_keeps_what_was_typed(form):
    page = form()
    page.fill("#id_title", "Typed title")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.click("[data-preview-toggle]")
    expect(page.locator(".preview-said")).to_contain_text("You are signed out.")
    assert page.input_value("#id_title") == "Typed title"


@pytest.mark.long
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(form, axe, width, theme):
    page = form(width=width, theme=theme, policy=False)
    page.click("[data-preview-toggle]")
    shown(page)
    assert violations(page, axe) == []
    pane = page.locator("#preview-pane").bounding_box()
    assert pane["x"] + pane["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
