"""Writing in a real browser: safe within seconds, back after a crash, two people in one text."""

import time

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from articles.models import Article
from charhar.desk.models import Sitting
from charhar.publishing import workflow
from tests.factories import ArticleFactory, UserFactory

pytestmark = pytest.mark.browser
SAVED = "[data-autosave]:has-text('Saved as a safety copy at')"

KEPT_HERE = "Object.keys(localStorage).filter((n) => n.startsWith('charhar-typed:')).length"


@pytest.fixture
def ada(transactional_db):
    return UserFactory(username="ada", first_name="Ada", last_name="Sample", is_superuser=True)


@pytest.fixture
def wang(transactional_db):
    return UserFactory(username="wang", first_name="Wang", last_name="Min", is_superuser=True)


@pytest.fixture(autouse=True)
def _last_requests(live_server):
    """What pages asked for just before they were closed is answered before the database is emptied."""
    yield
    time.sleep(1)


def change(article):
    return reverse("admin:articles_article_change", args=[article.pk])


def until(holds):
    """Wait until it holds, ten seconds at most."""
    for _ in range(100):
        if holds():
            return
        time.sleep(0.1)
    assert holds()


def draft(**values):
    article = ArticleFactory(draft=True, **values)
    workflow.record(article, user=None, action="save")
    return article


def write(page, title, body):
    page.fill("#id_title", title)
    page.click(".field-body .ProseMirror")
    page.keyboard.press("Control+Home")
    page.keyboard.type(body)


def test_what_is_typed_is_safe_within_ten_seconds_and_comes_back_after_a_crash(browse, ada):
    article = draft(title="Base", body="<p>The base.</p>")
    page = browse(change(article), user=ada)
    began = time.monotonic()
    write(page, "An hour's work", "In the editor too. ")
    page.wait_for_selector(SAVED, timeout=10_000)
    assert time.monotonic() - began < 10
    page.context.close()  # as a browser that is killed: no event is heard
    page = browse(change(article), user=ada)
    page.wait_for_selector("text=that was never saved")
    page.click("text=Show it in the form")
    page.wait_for_selector(".ProseMirror")
    assert page.input_value("#id_title") == "An hour's work"
    assert "In the editor too." in page.inner_text(".field-body .ProseMirror")
    page.click("button[name=_continue]")
    page.wait_for_selector(".success")
    article.refresh_from_db()
    assert article.title == "An hour's work"
    assert article.body.startswith("<p>In the editor too.")
    assert page.query_selector(".unsaved") is None


def test_the_last_words_are_kept_when_the_page_is_put_away(browse, ada):
    article = draft(title="Base")
    page = browse(change(article), user=ada)
    page.wait_for_selector(".ProseMirror")
    page.wait_for_timeout(700)
    page.fill("#id_title", "The last words")
    page.goto(page.url.split("/admin/")[0] + "/admin/")
    until(lambda: Sitting.objects.filter(form__contains="The+last+words").exists())


def test_two_browsers_see_each_other_and_neither_loses_a_word(browse, ada, wang):
    article = draft(title="Base", standfirst="Base")
    hers = browse(change(article), user=wang)
    hers.fill("#id_title", "Wang's title")
    hers.wait_for_selector(SAVED)
    mine = browse(change(article), user=ada)
    mine.wait_for_selector("[data-present] >> text=Wang Min has this open since")
    mine.fill("#id_title", "Ada's title")
    mine.fill("#id_standfirst", "Ada's standfirst")
    hers.click("button[name=_continue]")
    hers.wait_for_selector(".success")
    mine.click("button[name=_continue]")
    mine.wait_for_selector(".clashes")
    assert "Wang's title" in mine.inner_text(".clash-sides > div >> nth=0")
    assert "Ada's title" in mine.inner_text(".clash-sides > div >> nth=1")
    assert mine.input_value("#id_standfirst") == "Ada's standfirst"
    mine.check("input[name=merge-title][value=mine]")
    mine.click("button[name=_continue]")
    mine.wait_for_selector(".success")
    article.refresh_from_db()
    assert (article.title, article.standfirst) == ("Ada's title", "Ada's standfirst")


def test_a_session_that_ends_while_typing_loses_nothing(browse, ada):
    article = draft(title="Base")
    page = browse(change(article), user=ada, expects=["401"])
    context = page.context
    page.wait_for_timeout(700)
    cookies = context.cookies()
    session = next(c for c in cookies if c["name"] == "sessionid")
    kept = Session.objects.get(session_key=session["value"])
    data, expires = kept.session_data, kept.expire_date
    kept.delete()
    page.fill("#id_title", "Typed without a session")
    page.wait_for_selector("[data-autosave]:has-text('You are signed out')", timeout=15_000)
    until(lambda: page.evaluate(KEPT_HERE) == 1)
    assert page.input_value("#id_title") == "Typed without a session"
    Session.objects.create(session_key=session["value"], session_data=data, expire_date=expires)
    context.add_cookies([session])  # as signing in again in another tab gives it
    page.wait_for_selector(SAVED, timeout=15_000)
    until(lambda: page.evaluate(KEPT_HERE) == 0)
    assert Sitting.objects.filter(form__contains="Typed+without+a+session").exists()


def test_pressing_save_without_a_session_and_without_scripts_loses_nothing(browse, ada):
    article = draft(title="Base")
    page = browse(change(article), user=ada, scripts=False)
    page.fill("#id_title", "Sent without a session")
    Session.objects.all().delete()
    ada.set_password("a long password")
    ada.save()
    page.click("button[name=_save]")
    assert "What you typed is kept" in page.inner_text("body")
    page.fill("#id_username", "ada")
    page.fill("#id_password", "a long password")
    page.click("[type=submit]")
    assert page.input_value("#id_title") == "Sent without a session"
    page.click("button[name=_continue]")
    article.refresh_from_db()
    assert article.title == "Sent without a session"


def test_without_a_connection_it_says_so_and_goes_on_trying(browse, ada):
    article = draft(title="Base")
    page = browse(change(article), user=ada, expects=["ERR_INTERNET_DISCONNECTED"])
    page.wait_for_timeout(700)
    page.context.set_offline(True)
    page.fill("#id_title", "On the train")
    page.wait_for_selector("[data-autosave]:has-text('no connection, still trying')", timeout=15_000)
    page.context.set_offline(False)
    page.wait_for_selector(SAVED, timeout=15_000)
    assert Article.objects.get().title == "Base"


@pytest.mark.long
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_what_two_people_are_shown(browse, axe, ada, wang, width, theme):
    article = draft(title="Base", body="<p>The base.</p>")
    page = browse(change(article), user=ada, width=width, theme=theme, policy=False)
    page.fill("#id_title", "Mine")
    page.wait_for_selector(SAVED)
    Article.objects.update(title="Hers")
    workflow.record(Article.objects.get(), user=wang, action="save")
    Sitting.objects.create(
        key="1", user=wang, content_type=Sitting.objects.get().content_type, object_id=article.pk
    )
    page = browse(change(article), user=ada, width=width, theme=theme, policy=False)
    page.click("text=Show it in the form")
    page.wait_for_selector(".clashes")
    page.wait_for_selector("[data-present] >> text=Wang Min")
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
