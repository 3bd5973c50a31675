"""The checklist and the buttons that name a moment, in a real browser."""

import pytest
from django.urls import reverse

from tests.factories import ArticleFactory, TopicFactory, UserFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def chief(transactional_db):
    return UserFactory(username="chief", roles=["Administrators"], is_superuser=True)


def change(text):
    return reverse("admin:articles_article_change", args=[text.pk])


def bare(**fields):
    return ArticleFactory(draft=True, authors=[], standfirst="", body="<h3>Below</h3>", **fields)


def focused(page):
    return page.evaluate(
        "() => document.activeElement.closest('[id^=id_], .rt-editor, .form-row, .inline-group')"
        " && (document.activeElement.closest('.rt-editor')?.querySelector('textarea')?.id"
        " ?? document.activeElement.id ?? '')"
    )


def test_a_finding_focuses_its_field_even_in_the_editor(browse, chief):
    TopicFactory()
    page = browse(change(bare()), user=chief)
    page.wait_for_selector(".ProseMirror")
    page.get_by_role("link", name="Write a standfirst").click()
    assert focused(page) == "id_standfirst"
    page.get_by_role("link", name="“Below” is a subheading").click()
    assert focused(page) == "id_body"
    assert page.evaluate("document.activeElement.className").find("ProseMirror") >= 0
    page.get_by_role("link", name="No topic").press("Enter")
    assert page.evaluate("document.activeElement.closest('#id_filed_topics') !== null")
    page.get_by_role("link", name="Name an author").click()
    assert page.evaluate("document.activeElement.closest('#bylines-group') !== null")


def test_without_scripts_a_finding_is_a_link_to_its_field(browse, chief):
    page = browse(change(bare()), user=chief, scripts=False)
    page.get_by_role("link", name="Write a standfirst").click()
    assert page.url.endswith("#id_standfirst")


def test_the_button_to_schedule_follows_what_is_typed(browse, chief):
    page = browse(change(ArticleFactory(draft=True)), user=chief)
    button = page.locator("button[name=_schedule]")
    assert button.text_content() == "Schedule"
    page.fill("#id_publish_from", "2090-03-03T09:00")
    assert button.text_content() == "Schedule for 3 March 2090, 09:00 (UTC+8)"
    page.fill("#id_publish_from", "2001-03-03T09:00")
    assert button.text_content() == "Schedule"
    page.fill("#id_publish_from", "2090-03-03T09:00")
    page.locator("button[name=_save]").click()
    assert "Not scheduled: you typed 3 March 2090, 09:00" in page.text_content(".messagelist")
    assert page.input_value("#id_publish_from") == "2090-03-03T09:00"
    assert page.locator("button[name=_schedule]").text_content() == "Schedule for 3 March 2090, 09:00 (UTC+8)"


@pytest.mark.parametrize(
    ("width", "theme"),
    [
        (390, "dark"),
        pytest.param(1280, "light", marks=pytest.mark.long),
        pytest.param(390, "light", marks=pytest.mark.long),
        pytest.param(1280, "dark", marks=pytest.mark.long),
    ],
)
def test_a_refused_publication_is_clean_and_can_be_overridden(browse, chief, axe, theme, width):
    text = bare()
    page = browse(change(text), user=chief, theme=theme, width=width, policy=False)
    page.locator("button[name=_publish]").click()
    page.wait_for_selector("text=in spite of the checklist")
    page.evaluate(axe)
    results = page.evaluate("() => axe.run(document.querySelector('#content-main'))")
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in results["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.fill("#id_override", "The minister waits.")
    page.get_by_role("button", name="Publish now, in spite of the checklist").click()
    page.wait_for_selector(".messagelist .success")
    text.refresh_from_db()
    assert text.is_published


def test_a_locked_text_is_read_and_unlocked(browse, chief, axe):
    from charhar.publishing import workflow

    text = ArticleFactory(draft=True)
    workflow.lock(text, UserFactory(first_name="Ada", last_name="Sample", roles=["Editors"]))
    page = browse(change(text), user=chief, policy=False)
    assert "Locked by Ada Sample since" in page.text_content(".locked")
    assert page.locator("[name=title]").count() == 0
    page.evaluate(axe)
    results = page.evaluate("() => axe.run(document.querySelector('#content-main'))")
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in results["violations"]] == []
    page.get_by_role("button", name="Unlock it for everybody").click()
    page.wait_for_selector("[name=title]")
