"""Key points, references, and texts that a newer one supersedes: what readers see of them."""

import pytest
from django.core.exceptions import ValidationError

from articles.models import Article
from charhar.publishing.copies import open_copy
from tests.factories import ArticleFactory

pytestmark = pytest.mark.django_db

SAID = "There is a newer text on this matter:"


def page(client, status=200, path="/articles/old/"):
    response = client.get(path)
    assert response.status_code == status
    html = response.content.decode()
    return html[html.index("<main") : html.index("</main>")]


def test_an_old_text_leads_to_the_newer_one_once_readers_may_see_it(client):
    newer = ArticleFactory(slug="new", title="The Newer")
    ArticleFactory(slug="old", superseded_by=newer)
    html = page(client)
    assert SAID in html
    assert '<a href="/articles/new/">The Newer</a>' in html
    for hidden in ({"state": "draft", "publish_at": None}, {"publish_at": "2999-01-01T00:00Z"}):
        Article.versions.filter(pk=newer.pk).update(**hidden)
        html = page(client)
        assert SAID not in html
        assert "The Newer" not in html


def test_a_withdrawn_text_that_was_superseded_names_the_newer_one_and_its_dates(client):
    newer = ArticleFactory(slug="new", title="The Newer")
    ArticleFactory(slug="old", title="The Old", withdrawn=True, superseded_by=newer, date="2022-01-18")
    html = page(client, 410)
    for said in ("The Old", "A sample reason.", "January 18, 2022", SAID, 'href="/articles/new/"'):
        assert said in html


def test_no_text_supersedes_itself_not_even_by_its_working_copy():
    text = ArticleFactory()
    for each in (text, open_copy(text)):
        each.superseded_by = text
        with pytest.raises(ValidationError, match="supersede itself"):
            each.clean()


def test_key_points_stand_before_the_text_and_references_after_it(client):
    ArticleFactory(
        slug="old",
        key_points="<ul><li>First point</li></ul>",
        body='<p>The body<span class="footnote">A note</span>.</p>',
        references="<ol><li>A source</li></ol>",
    )
    html = page(client)
    places = [html.index(part) for part in ("First point", "The body", "A note", "A source")]
    assert places == sorted(places)
    assert 'id="keys"' in html
