"""``load_scale``: nothing among content of one's own, goes on where it was cut off, the same each time."""

import pytest
from django.core.management import CommandError, call_command

from articles.models import Article, ArticleTopic, Byline
from charhar.demo import scale
from charhar.publishing.list_models import ListRow
from charhar.publishing.models import Address, Snapshot
from publications.models import Publication
from tests.factories import ArticleFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    for name, count in {"BATCH": 4, "TAGS": 5, "EXPERTS": 3, "OUTLETS": 2, "STOCK": 8}.items():
        monkeypatch.setattr(scale, name, count)


def load(count):
    call_command("load_scale", articles=count, verbosity=0)


def loaded():
    """All that was made, without keys."""
    articles = Article.versions.order_by("slug", "language")
    return (
        list(
            articles.values_list("slug", "language", "title", "body", "kind", "date", "publish_at", "state")
        ),
        sorted(ArticleTopic.objects.values_list("article__title", "subject__slug", "language", "date")),
        sorted(Byline.objects.values_list("article__title", "name", "position")),
        sorted(Publication.objects.values_list("slug", flat=True)),
    )


def test_it_refuses_a_database_with_articles_of_its_own():
    ArticleFactory()
    with pytest.raises(CommandError, match="holds articles of its own"):
        load(3)
    assert Article.versions.count() == 1


def test_a_load_that_was_cut_off_goes_on_and_makes_what_one_load_makes():
    for count in (6, 10, 10):
        load(count)
    in_steps = loaded()
    assert (len(in_steps[0]), ListRow.objects.filter(under="research").count() > 0) == (10, True)
    for rows in (Article.versions, Publication.versions, Address.objects, Snapshot.objects):
        rows.all().delete()
    load(10)
    assert loaded() == in_steps
