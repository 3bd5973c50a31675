"""An entry of the contents and the articles that stand for it online."""

import pytest
from django.db import IntegrityError

from publications.models import Entry
from tests.factories import ArticleFactory, PublicationFactory, SeriesFactory

pytestmark = pytest.mark.django_db


def entry():
    return Entry.objects.create(publication=PublicationFactory(), title="On ports")


def test_each_edition_may_stand_for_an_entry_and_the_publications_language_leads():
    paper = entry()
    original = ArticleFactory(entry=paper, slug="ports")
    ArticleFactory(entry=paper, slug="ports", language="zh-hans", translation_of=original)
    assert paper.article == original


def test_two_articles_of_one_language_can_not_stand_for_one_entry():
    paper = entry()
    ArticleFactory(entry=paper)
    with pytest.raises(IntegrityError):
        ArticleFactory(entry=paper)


def test_a_working_copy_may_stand_for_its_live_texts_entry_and_is_never_led_to():
    paper = entry()
    live = ArticleFactory(entry=paper)
    ArticleFactory(entry=paper, corrects=live, based_on=live.version)
    assert paper.article == live


def test_an_edition_in_another_series_is_named_by_its_own_address(client):
    original = PublicationFactory(slug="book", series=SeriesFactory(slug="books"))
    PublicationFactory(
        slug="book", series=SeriesFactory(slug="shu"), language="zh-hans", translation_of=original
    )
    html = client.get("/publications/books/book/").content.decode()
    assert 'hreflang="zh-Hans" href="http://127.0.0.1:8000/zh/publications/shu/book/"' in html
    assert 'class="other" href="/zh/publications/shu/book/"' in html


@pytest.mark.parametrize("state", ["draft", "scheduled", "expired", "withdrawn", "trashed"])
def test_an_article_that_readers_can_not_see_is_not_led_to(state):
    paper = entry()
    ArticleFactory(entry=paper, **{state: True})
    assert Entry.objects.with_articles().get().article is None
