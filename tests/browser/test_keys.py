"""The form of a text by keyboard alone."""

import pytest
from django.urls import reverse

from articles.models import Article
from tests.factories import ArticleFactory, UserFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def form(browse):
    editor = UserFactory(roles=["Editors"])
    article = ArticleFactory(draft=True, created_by=editor)
    page = browse(reverse("admin:articles_article_change", args=[article.pk]), user=editor)
    page.locator(".ProseMirror").first.wait_for()
    return page


def focused(page):
    return page.evaluate(
        "document.activeElement.name || document.activeElement.closest('.rt-editor')?.querySelector('textarea').name"
    )


def test_saving_by_key_saves_and_stays(form):
    form.fill("#id_title", "Another title")
    form.keyboard.press("Control+s")
    form.locator(".messagelist .success").wait_for()
    assert Article.objects.get().title == "Another title"
    assert form.url.endswith("/change/")


def test_fields_follow_each_other_and_back_the_editor_included(form):
    form.focus("#id_standfirst")
    seen = []
    for _ in range(2):
        form.keyboard.press("Alt+Shift+ArrowDown")
        seen.append(focused(form))
    form.keyboard.press("Alt+Shift+ArrowUp")
    assert [*seen, focused(form)] == ["key_points", "body", "key_points"]


def test_the_key_to_publish_leads_to_the_button_and_presses_nothing(form):
    form.focus("#id_title")
    form.keyboard.press("Alt+Shift+Enter")
    assert focused(form) == "_publish"
    assert Article.objects.get().state == "draft"


def test_the_keys_are_listed_only_where_they_work(browse, form):
    assert form.get_by_text("Keyboard", exact=True).is_visible()
    article = Article.objects.get()
    page = browse(
        reverse("admin:articles_article_change", args=[article.pk]), user=article.created_by, scripts=False
    )
    assert not page.get_by_text("Keyboard", exact=True).is_visible()
