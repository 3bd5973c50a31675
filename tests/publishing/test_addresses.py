"""Addresses are for ever."""

import pytest
from django.core.exceptions import ValidationError

from articles.models import Article
from charhar.publishing import workflow
from charhar.publishing.addresses import add_redirect
from charhar.publishing.models import Address
from tests.factories import ArticleFactory, ExpertFactory, PublicationFactory, SeriesFactory, TopicFactory

pytestmark = pytest.mark.django_db


def rows(thing):
    found = Address.objects.filter(object_id=thing.pk, content_type__model=thing._meta.model_name)
    return sorted(found.values_list("language", "path", "status"))


def test_a_published_text_keeps_its_old_address_as_a_redirect(client):
    article = ArticleFactory(slug="port-towns")
    article.slug = "harbour-towns"
    article.save()
    assert rows(article) == [
        ("en", "/articles/harbour-towns/", "current"),
        ("en", "/articles/port-towns/", "redirect"),
    ]
    response = client.get("/articles/port-towns/")
    assert (response.status_code, response["Location"]) == (301, "/articles/harbour-towns/")
    assert client.get("/articles/port-towns/?page=2")["Location"] == "/articles/harbour-towns/?page=2"


def test_a_chain_of_moves_is_one_redirect_and_moving_back_ends_it(client):
    article = ArticleFactory(slug="one")
    for slug in ("two", "three"):
        article.slug = slug
        article.save()
    assert client.get("/articles/one/")["Location"] == "/articles/three/"
    article.slug = "one"
    article.save()
    assert client.get("/articles/one/").status_code == 200
    # A browser that kept the first answer for ever would now go round in circles.
    assert "max-age=0" in client.get("/articles/three/")["Cache-Control"]
    assert client.get("/articles/three/")["Location"] == "/articles/one/"


def test_an_old_address_without_the_prefix_leads_to_the_chinese_text(client):
    article = ArticleFactory(language="zh-hans", slug="harbours")
    assert add_redirect("/2014/05/old/", "en", article) is True
    assert client.get("/2014/05/old/")["Location"] == "/zh/articles/harbours/"


def test_a_text_that_changed_its_language_does_not_redirect_to_itself(client):
    article = ArticleFactory(slug="harbours")
    article.language = "zh-hans"
    article.save()
    assert client.get("/articles/harbours/")["Location"] == "/zh/articles/harbours/"


def test_a_draft_leaves_no_redirect():
    article = ArticleFactory(draft=True, slug="first-try")
    article.slug = "second-try"
    article.save()
    assert rows(article) == [("en", "/articles/second-try/", "reserved")]


def test_publication_makes_a_reserved_address_current():
    article = ArticleFactory(draft=True, slug="new")
    assert rows(article) == [("en", "/articles/new/", "reserved")]
    workflow.publish(article)
    assert rows(article) == [("en", "/articles/new/", "current")]


def test_people_and_topics_have_an_address_in_each_language():
    assert rows(TopicFactory(slug="sea")) == [
        ("en", "/topics/sea/", "current"),
        ("zh-hans", "/topics/sea/", "current"),
    ]
    assert rows(ExpertFactory(slug="pan")) == [
        ("en", "/experts/pan/", "current"),
        ("zh-hans", "/experts/pan/", "current"),
    ]


def test_a_renamed_topic_redirects_in_both_languages(client):
    topic = TopicFactory(slug="sea")
    topic.slug = "oceans"
    topic.save()
    assert client.get("/topics/sea/")["Location"] == "/topics/oceans/"
    assert client.get("/zh/topics/sea/")["Location"] == "/zh/topics/oceans/"


def test_a_renamed_series_takes_its_publications_along(client):
    series = SeriesFactory(slug="quarterly")
    PublicationFactory(series=series, slug="issue-1")
    series.slug = "public-diplomacy-quarterly"
    series.save()
    response = client.get("/publications/quarterly/issue-1/")
    assert (response.status_code, response["Location"]) == (
        301,
        "/publications/public-diplomacy-quarterly/issue-1/",
    )


def test_a_text_can_not_take_an_address_that_leads_or_led_elsewhere():
    first = ArticleFactory(slug="taken")
    first.slug = "moved"
    first.save()
    for slug in ("taken", "moved"):
        with pytest.raises(ValidationError) as caught:
            Article(title="Another", slug=slug).full_clean()
        assert list(caught.value.message_dict) == ["slug"]


def test_the_trash_keeps_the_address_reserved():
    gone = ArticleFactory(draft=True, slug="kept")
    workflow.trash(gone)
    with pytest.raises(ValidationError) as caught:
        Article(title="Another", slug="kept").full_clean()
    assert list(caught.value.message_dict) == ["slug"]


def test_the_same_slug_is_free_in_the_other_language():
    original = ArticleFactory(slug="shared")
    translation = Article(title="译文", slug="other", language="zh-hans", translation_of=original)
    translation.full_clean()
    assert translation.slug == "shared"


def test_an_old_address_of_any_form_leads_to_the_text(client):
    article = ArticleFactory(slug="here")
    assert add_redirect("/blog/2014/03/old.html", "en", article)
    assert client.get("/blog/2014/03/old.html")["Location"] == "/articles/here/"
    assert not add_redirect("/blog/2014/03/old.html", "en", ArticleFactory())


def test_redirects_to_what_readers_may_not_see_do_not_tell(client):
    draft = ArticleFactory(draft=True, slug="secret-plan")
    add_redirect("/old/", "en", draft)
    response = client.get("/old/")
    assert response.status_code == 404
    assert "secret-plan" not in response.content.decode()


def test_recording_costs_one_query_when_nothing_moved(django_assert_num_queries):
    topic = TopicFactory()
    with django_assert_num_queries(2):  # the row itself, its addresses
        topic.save()
