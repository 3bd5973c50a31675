"""A subject's page: where the institute stands, what editors chose, the newest of each kind, who works on it."""

import datetime

import pytest
from django.utils import timezone
from lxml.html import fromstring

from articles.models import Article, RegionFeature, TopicFeature
from charhar.publishing import copies
from charhar.publishing.version import current_version
from tests.admin_forms import send
from tests.factories import ArticleFactory, RegionFactory, TopicFactory, UserFactory

pytestmark = pytest.mark.django_db


def texts(response, path):
    return [
        " ".join(each.text_content().split()) for each in fromstring(response.content.decode()).xpath(path)
    ]


def test_the_statement_stands_in_the_language_there_is_and_says_so(client):
    TopicFactory(slug="ports", statement_en="We hold that.\n\nAnd this.", statement_zh="")
    page = client.get("/zh/topics/ports/").content.decode()
    assert '<div class="prose small" lang="en"><p>We hold that.</p>' in page
    assert '<span class="edition" lang="en">English</span>' in page
    assert 'class="edition"' not in client.get("/topics/ports/").content.decode()
    assert "Where we stand" not in client.get(TopicFactory().get_absolute_url()).content.decode()


def test_editors_choose_what_is_featured_and_each_language_shows_its_edition(client):
    region = RegionFactory(slug="asia")
    first, second = ArticleFactory(title="First", slug="first"), ArticleFactory(title="Second")
    ArticleFactory(title="第一", slug="first", language="zh-hans", translation_of=first)
    hidden = ArticleFactory(title="Leaked", draft=True)
    for position, article in enumerate((hidden, second, first)):
        RegionFeature.objects.create(subject=region, article=article, position=position)
    featured = "//section[@aria-labelledby='featured']//h3"
    assert texts(client.get("/regions/asia/"), featured) == ["Second", "First"]
    assert texts(client.get("/zh/regions/asia/"), featured) == ["Second", "第一"]
    first.regions.set([region], through_defaults={"language": "en", "date": first.date})
    assert "Featured" not in client.get("/regions/asia/?year=2022").content.decode()


def test_the_newest_of_each_kind_stand_apart_once_there_is_more_than_a_glance_holds(client):
    topic = TopicFactory(slug="ports")
    for number in range(9):
        ArticleFactory(title=f"Comment {number}", topics=[topic], date=datetime.date(2022, 1, 1 + number))
    assert texts(client.get("/topics/ports/"), "//section[@aria-labelledby='kinds']") == []
    talk = ArticleFactory(title="Talk", kind="interview", topics=[topic], date=datetime.date(2019, 1, 1))
    kinds = "//section[@aria-labelledby='kinds']//li/a"
    featured = "//section[@aria-labelledby='featured']//*[self::h2 or self::h3]"
    page = client.get("/topics/ports/")  # nobody has chosen: the newest that is no news leads
    assert texts(page, featured) == ["Latest work", "Comment 8"]
    assert texts(page, kinds) == ["Comment 7", "Comment 6", "Comment 5", "Talk"]
    TopicFeature.objects.create(subject=topic, article=talk)
    page = client.get("/topics/ports/")
    assert texts(page, featured) == ["Featured", "Talk"]
    assert texts(page, kinds) == ["Comment 8", "Comment 7", "Comment 6"]


def test_whoever_may_change_a_topic_chooses_what_is_featured(client):
    client.force_login(UserFactory(roles=["Editors"]))
    topic, article = TopicFactory(), ArticleFactory()
    url = f"/admin/taxonomy/topic/{topic.pk}/change/"
    row = {"features-TOTAL_FORMS": 1, "features-0-article": article.pk, "features-0-position": 0}
    send(client, url, statement_en="So.", **row)
    topic.refresh_from_db()
    assert (topic.statement_en, [each.article for each in topic.features.all()]) == ("So.", [article])


def test_a_subject_counts_by_year_exactly_what_its_list_shows(client):
    topic, now, day = TopicFactory(slug="peace"), timezone.now(), datetime.timedelta(days=1)
    filed = {"topics": [topic]}

    def text(year, **fields):
        return ArticleFactory(**filed, date=datetime.date(year, 3, 1), **fields)

    text(2021), text(2021), text(2023), text(2023, expire_at=now + day)
    text(2019, publish_at=now + day)
    text(2018, expire_at=now - day / 2)
    text(2017, draft=True)
    text(2016, state="withdrawn", withdrawn_at=now)
    text(2015, trashed_at=now)
    text(2014, state="review", publish_at=None)
    text(2013, language="zh-hans")
    ArticleFactory(date=datetime.date(2012, 3, 1), topics=[TopicFactory()])
    corrected = text(2022)
    copy = copies.open_copy(corrected, None)
    Article.versions.filter(pk=copy.pk).update(expire_at=now - day)  # hidden for more than one reason

    current_version()
    counted = Article.shelf_of(topic, "en").per_year()
    assert counted == {2021: 2, 2022: 1, 2023: 2}
    page = client.get("/topics/peace/").context["page"]
    assert (page.paginator.count, len(page.object_list)) == (5, 5)
    assert Article.shelf_of(topic, "zh-hans").per_year() == {2013: 1, **counted}
