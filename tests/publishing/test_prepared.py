"""Querysets compiled once give what Django gives, whatever they are then asked with."""

import datetime

import pytest
from django.db import connection
from django.db.models import Prefetch
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article, Byline
from charhar.publishing.prepared import Prepared
from tests.factories import ArticleFactory, ExpertFactory, TopicFactory

pytestmark = pytest.mark.django_db


def whole(language, keys, now):
    return (
        Article.objects.filter(pk__in=keys, language=language)
        .published(now)
        .select_related("lead_image")
        .prefetch_related(Prefetch("bylines", Byline.objects.select_related("expert")), "topics", "tags")
    )


def test_rows_and_what_was_fetched_with_them_are_those_of_the_queryset():
    topic, ask = TopicFactory(), Prepared(whole)
    for _ in range(3):
        ArticleFactory(topics=[topic], authors=[ExpertFactory(), ExpertFactory()]).tags.add("ports", "rivers")
    for keys in (Article.objects.values_list("pk", flat=True), [Article.objects.first().pk], []):
        now = timezone.now()
        found = ask("en", keys=list(keys), now=now)
        expected = whole("en", list(keys), now)
        assert found == list(expected)
        for row, same in zip(found, expected, strict=True):
            assert list(row.bylines.all()) == list(same.bylines.all())
            assert [byline.article for byline in row.bylines.all()] == [row, row]
            assert row.topics.all() == [topic]
            assert {tag.name for tag in row.tags.all()} == {"ports", "rivers"}


def test_what_is_compiled_once_is_built_once_and_still_heeds_each_value():
    built = []

    @Prepared
    def ask(language, slug, now):
        built.append(language)
        return Article.objects.in_language(language).published(now).filter(slug=slug)

    now = timezone.now()
    later = ArticleFactory(publish_at=now + datetime.timedelta(hours=1))
    first, second = ArticleFactory(), ArticleFactory()
    for text, moment in ((first, now), (second, now), (later, now + datetime.timedelta(hours=2))):
        assert ask("en", slug=text.slug, now=moment + datetime.timedelta(seconds=9)) == [text]
    assert ask("en", slug=later.slug, now=now) == []
    assert ask("zh-hans", slug=first.slug, now=now) == []
    assert built == ["en", "zh-hans"]


def test_a_moment_that_would_stand_still_is_refused():
    with pytest.raises(ValueError, match="A moment"):
        Prepared(lambda slug: Article.objects.published().filter(slug=slug))(slug="some")


def test_a_value_that_does_not_reach_the_sql_is_refused():
    with pytest.raises(ValueError, match="slug"):
        Prepared(lambda slug: Article.objects.all())(slug="some")


def test_one_query_and_one_for_each_relation():
    ask = Prepared(whole)
    keys = [ArticleFactory(authors=[ExpertFactory()]).pk for _ in range(5)]
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            ask("en", keys=keys, now=timezone.now())
        assert len(captured) == 4


def test_where_a_slice_begins_is_a_value_also_within_a_condition():
    built = []

    @Prepared
    def ask(count, slug, start, later):
        built.append(count)
        few = Article.objects.order_by("pk").exclude(slug=slug)[start : start + count]
        return Article.objects.filter(pk__in=few.values("pk")).order_by("pk")[later : later + 1]

    articles = [ArticleFactory() for _ in range(6)]
    assert ask(3, slug="none", start=0, later=0) == [articles[0]]
    assert ask(3, slug=articles[0].slug, start=0, later=0) == [articles[1]]
    assert ask(3, slug="none", start=2, later=1) == [articles[3]]
    assert ask(3, slug="none", start=2, later=3) == []
    assert built == [3]
