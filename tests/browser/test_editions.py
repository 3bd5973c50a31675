"""Writing a translation beside its original, and the translation desk, in a real browser."""

import functools

import pytest

from articles.models import Article
from charhar.publishing import workflow
from charhar.publishing.translation import is_outdated, start_edition
from tests.browser.house import administrator
from tests.browser.test_axe import in_every_look

pytestmark = pytest.mark.browser
# axe measures with inline styles of its own; test_hosts.py opens the admin under its policy.


@pytest.fixture
def original(house):
    return Article.objects.filter(translation_of=None, translations=None).exclude(pk=house.pk).first()


def form_of(text):
    return f"/admin/articles/article/{text.pk}/change/"


def test_an_edition_is_started_written_beside_its_original_and_brought_up_to_date(original, browse):
    page = browse(form_of(original), user=administrator())
    page.click("text=Start the Chinese edition")
    page.wait_for_url("**/change/")
    edition = Article.objects.get(translation_of=original)
    field, beside = page.locator("#id_standfirst"), page.locator(".field-standfirst .original-text")
    assert beside.inner_text().strip() == original.standfirst
    assert beside.get_attribute("lang") == "en"
    assert beside.bounding_box()["x"] >= field.bounding_box()["x"] + field.bounding_box()["width"]
    page.fill("#id_title", "小镇的集市")
    field.fill("一句话。")
    page.click("button[name=_continue]")
    page.wait_for_selector(".messagelist")
    original.standfirst = "Changed since."
    original.save()
    workflow.record(original, user=None, action="save")
    page.reload()
    page.check("text=The translation is up to date with the original")
    page.click("button[name=_continue]")
    page.wait_for_selector(".messagelist")
    edition.refresh_from_db()
    assert (edition.title, edition.standfirst, is_outdated(edition)) == ("小镇的集市", "一句话。", False)


def test_on_a_phone_the_original_folds_above_its_field(original, browse):
    edition, _made = start_edition(original)
    page = browse(form_of(edition), user=administrator(), width=390)
    beside, field = page.locator(".field-standfirst .original-text"), page.locator("#id_standfirst")
    assert not beside.is_visible()
    page.click(".field-standfirst .original summary")
    assert beside.is_visible()
    assert beside.bounding_box()["y"] < field.bounding_box()["y"]
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.long
def test_axe_finds_nothing_in_the_form_or_the_desk(original, browse, axe):
    browse = functools.partial(browse, policy=False)
    edition, _made = start_edition(original)
    original.title = "Changed since"
    original.save()
    workflow.record(original, user=None, action="save")
    person = administrator()
    assert in_every_look(browse(form_of(edition), user=person), axe) == {}
    for query in ("", "?show=older", "?show=writing"):
        assert in_every_look(browse(f"/admin/desk/translations/{query}", user=person), axe) == {}
    assert in_every_look(browse(f"/admin/articles/article/{edition.pk}/original/", user=person), axe) == {}
