"""A page that is only pretended: the readers' own, of any content, with nothing left behind."""

import time

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection, transaction
from django.test import RequestFactory

from articles.models import Article
from charhar.desk.pretend import Banner, Busy, CannotShow, pretended
from charhar.publishing import copies, workflow
from charhar.publishing.history import serialise
from publications.models import Publication
from tests import factories
from tests.publishing import everything

BANNER = Banner("admin/desk/preview_banner.html", {"says": "Only tried out."})


def everything_stored():
    """Every row of every table, as the database has it."""
    stored = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            stored[table] = sorted(map(str, cursor.fetchall()))
    return stored


def page_of(text, content=None, language="", **more):
    with pretended(text, content, **more) as shown:
        return shown.page(RequestFactory().get("/admin/"), BANNER, language).content.decode()


@pytest.mark.parametrize("model", everything.KINDS, ids=lambda model: model.__name__)
def test_any_content_of_any_kind_is_shown_and_nothing_is_stored(transactional_db, model):
    text = everything.fill(everything.KINDS[model](draft=True), 1)
    workflow.record(text, user=None, action="save")
    wanted = serialise(everything.fill(everything.KINDS[model](draft=True), 2))
    before = everything_stored()

    page = page_of(text, wanted)

    assert everything_stored() == before
    assert "Only tried out." in page
    title = wanted["fields"].get("title") or wanted["fields"]["display_name_en"]
    assert title in page
    assert wanted["fields"].get("standfirst", "") in page


@pytest.mark.parametrize("model", everything.KINDS, ids=lambda model: model.__name__)
def test_a_text_not_yet_saved_is_shown_and_nothing_is_stored(transactional_db, model):
    wanted = serialise(everything.fill(everything.KINDS[model](draft=True), 1))
    wanted["fields"]["slug"] = "quite-new"
    for name, free in {"number": 99, "volume": 98, "entry_id": None, "orcid": ""}.items():
        if name in wanted["fields"]:
            wanted["fields"][name] = free
    before = everything_stored()

    page = page_of(model(), wanted)

    assert everything_stored() == before
    assert (wanted["fields"].get("title") or wanted["fields"]["display_name_en"]) in page


def test_the_way_of_every_state_is_the_readers_page(transactional_db):
    for trait in ("draft", "review", "scheduled", "expired", "withdrawn", "trashed"):
        text = factories.ArticleFactory(**{trait: True}, title=f"It is {trait}")
        assert f"<h1>It is {trait}</h1>" in page_of(text)


def test_a_working_copy_is_shown_in_place_of_its_live_text(transactional_db):
    live = factories.ArticleFactory(title="As it was", slug="a-text")
    workflow.record(live, user=None, action="save")
    copy = copies.open_copy(live)
    Article.versions.filter(pk=copy.pk).update(title="As it shall be")
    copy.refresh_from_db()
    before = everything_stored()

    page = page_of(copy, note="The title was wrong.")

    assert everything_stored() == before
    assert "<h1>As it shall be</h1>" in page
    assert "The title was wrong." in page


def test_both_languages_of_one_row_are_shown(transactional_db):
    expert = factories.ExpertFactory(draft=True, title_en="Fellow", title_zh="研究员")
    assert '<html lang="en">' in page_of(expert)
    chinese = page_of(expert, language="zh-hans")
    assert '<html lang="zh-Hans">' in chinese
    assert "研究员" in chinese


def test_the_page_is_for_no_robot_no_cache_and_no_script(transactional_db):
    with pretended(factories.ArticleFactory(draft=True)) as shown:
        response = shown.page(RequestFactory().get("/admin/"), BANNER)
    page = response.content.decode()
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert '<meta name="robots" content="noindex">' in page
    assert '<base target="_blank">' in page
    assert "<script src" not in page
    assert 'rel="canonical"' not in page


def test_nothing_is_stored_when_making_the_page_fails(transactional_db):
    text = factories.ArticleFactory(draft=True)
    before = everything_stored()
    with pytest.raises(ZeroDivisionError), pretended(text, {**serialise(text), "tags": ["new"]}):
        raise ZeroDivisionError
    assert everything_stored() == before
    text.title = "Saved afterwards"
    text.save()
    assert Article.versions.get(pk=text.pk).title == "Saved afterwards"


def test_menu_and_foot_are_not_kept_from_what_is_pretended(transactional_db, client):
    section = factories.NewsSectionFactory()
    text = factories.ArticleFactory(draft=True, title="Nobody shall see it", sections=[section])
    cache.clear()
    page_of(text)
    for _ in range(3):  # whatever version comes next, no menu of it was made in advance
        assert "Nobody shall see it" not in client.get("/about/membership/").content.decode()
        factories.TopicFactory()


def test_an_address_given_away_since_stays_as_it_is_saved(transactional_db):
    text = factories.ArticleFactory(draft=True, slug="before", title="Mine")
    earlier = serialise(text)
    text.slug = "after"
    text.save()
    workflow.record(text, user=None, action="save")
    factories.ArticleFactory(slug="before", title="Theirs")
    assert "<h1>Mine</h1>" in page_of(text, earlier)


def test_what_is_missing_for_a_page_is_named(transactional_db):
    before = everything_stored()
    with (
        pytest.raises(CannotShow, match="Choose first: series"),
        pretended(Publication(title="New", slug="new"), lambda text: text.save()),
    ):
        pass
    assert everything_stored() == before


def test_a_preview_waits_for_no_save_longer_than_a_second(at_once):
    text = factories.ArticleFactory(draft=True)
    began = time.monotonic()
    with transaction.atomic():
        text.save()
        assert at_once(1, lambda: _outcome_of(text.pk)) == ["busy"]
    assert time.monotonic() - began < 3
    assert _outcome_of(text.pk) == "shown"


def _outcome_of(key):
    try:
        with pretended(Article.versions.get(pk=key)):
            return "shown"
    except Busy:
        return "busy"
