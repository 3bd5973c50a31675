"""Query budgets: one literal number a page, the same at 1, 3, 30 and 3,000 items; menu and foot made beforehand.

The budgets: article 10, home 14, any list 10; menu and foot 6, once per content version and language.
"""

import datetime

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article, ArticleRegion, ArticleSection, ArticleTopic, Byline
from charhar.models import HomeSlot
from charhar.navigation import make_furniture
from charhar.publishing.documents import SearchDocument
from charhar.search.index import write
from experts.models import Expert, SpokenLanguage
from publications.models import Contributor, Entry, Publication
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    GroupFactory,
    ImageFactory,
    NewsSectionFactory,
    OfficeFactory,
    PageFactory,
    ProgrammeFactory,
    PublicationFactory,
    RegionFactory,
    SeriesFactory,
    TopicFactory,
)

pytestmark = pytest.mark.django_db

BUDGETS = {
    "/": 12,
    "/articles/article-of-3/": 10,
    "/research/": 7,
    "/news/": 5,
    "/news/section/": 6,
    "/topics/": 3,
    "/topics/topic/": 10,
    "/regions/": 3,
    "/regions/region/": 10,
    "/experts/": 10,
    "/experts/expert/": 10,
    "/experts/for-journalists/": 10,
    "/publications/": 5,
    "/publications/series/": 5,
    "/publications/series/publication/": 9,
    "/offices/office/": 3,
    "/programmes/programme/": 6,
    "/about/page/": 4,
    "/tags/ports/": 6,
    "/feeds/rss/": 4,
    "/feeds/topic/topic/atom/": 5,
    "/feeds/expert/expert/rss/": 5,
}


SUBJECTS = (("topics", "topic"), ("regions", "region"), ("groups", "group"))

# What the forms of these pages find: at most ten, as any list.
FOUND = {
    "/experts/?topic=topic&language=en": 9,
    "/experts/?name=many&region=region&press=on": 9,
    "/experts/?group=group&page=2": 9,
    "/publications/?series=series&topic=topic&author=person": 8,
    "/publications/?year=2022&page=2": 7,
    "/search/?q=many": 5,
    "/search/?q=many&kind=expert&topic=topic": 5,
    "/search/?q=manny": 7,
    "/tags/ports/?page=2": 6,
}


def populate(count):
    """``count`` of everything, each related to each."""
    topic, region = TopicFactory(slug="topic"), RegionFactory(slug="region")
    section, series = NewsSectionFactory(slug="section", for_press=True), SeriesFactory(slug="series")
    office, programme, group = (
        OfficeFactory(slug="office"),
        ProgrammeFactory(slug="programme"),
        GroupFactory(slug="group"),
    )
    programme.topics.add(topic)
    for number in range(count):
        TopicFactory(), RegionFactory(), NewsSectionFactory(), SeriesFactory()
        expert = ExpertFactory(
            slug="expert" if number == 0 else f"expert-of-{number}",
            office=office,
            portrait=None,
            takes_media=True,
        )
        expert.groups.add(group)
        expert.topics.add(topic)
        expert.regions.add(region)
        expert.programmes.add(programme)
        expert.topic_leads.create(topic=topic)
        expert.region_leads.create(region=region)
        expert.spoken_languages.create(code="en")
        expert.social_links.create(label="LinkedIn", url="https://example.org/")
        first = ExpertFactory._meta.model.objects.get(slug="expert")
        article = ArticleFactory(
            authors=[first, expert] if expert != first else [first],
            topics=[topic],
            regions=[region],
            sections=[section],
        )
        article.tags.add("ports")
        publication = PublicationFactory(
            series=series,
            slug="publication" if number == 0 else f"publication-{number}",
            date=datetime.date(2022, 1, 18),
        )
        publication.topics.add(topic)
        publication.regions.add(region)
        Contributor.objects.create(publication=publication, expert=first)
    publication = series.publications.get(slug="publication")
    for number in range(count):
        Entry.objects.create(publication=publication, title=f"Entry {number}", position=number)
    PageFactory(slug="about"), PageFactory(slug="page")
    full = ArticleFactory(
        slug="article-of-3",
        authors=list(ExpertFactory._meta.model.objects.all()[:3]),
        topics=[topic],
        regions=[region],
        sections=[section],
        lead_image=ImageFactory(),
        date=datetime.date(2023, 1, 1),
        body=f'<figure data-image="{ImageFactory().pk}"><figcaption>A figure</figcaption></figure>' * count,
    )
    full.tags.add("ports")
    HomeSlot.objects.create(place="lead", article=full)


def counts(client, paths=BUDGETS):
    found = {}
    for path in paths:
        client.get(path)  # makes menu and foot
        with CaptureQueriesContext(
            connection,
        ) as captured:
            response = client.get(path)
        assert response.status_code == 200, path
        found[path] = len(captured)
    return found


@pytest.mark.parametrize("count", [1, 3, 30])
def test_each_page_keeps_its_budget(client, count):
    populate(count)
    assert counts(client) == BUDGETS


def test_lists_cost_the_same_with_three_thousand_articles(client):
    populate(3)
    now = timezone.now()
    many = Article.objects.bulk_create(
        Article(
            title=f"One of many {n}",
            slug=f"many-{n}",
            state="published",
            publish_at=now,
            date=datetime.date(2021, 1, 1),
        )
        for n in range(3000)
    )
    for model, subject in ((ArticleTopic, "topic"), (ArticleRegion, "region"), (ArticleSection, "section")):
        of = model._meta.get_field("subject").related_model.objects.get(slug=subject)
        model.objects.bulk_create(model(article=a, subject=of, language="en", date=a.date) for a in many)
    first = ExpertFactory._meta.model.objects.get(slug="expert")
    Byline.objects.bulk_create(Byline(article=a, expert=first, name="Sample") for a in many)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as PostgreSQL's autovacuum and our `tick` do on a site that grew to this
    assert counts(client) == BUDGETS


@pytest.mark.long
def test_lists_finders_and_search_cost_the_same_with_three_thousand_experts_and_publications(client):
    populate(3)
    published = {"state": "published", "publish_at": timezone.now()}
    people = Expert.objects.bulk_create(
        Expert(
            display_name_en=f"MANY Person {n}",
            family_name="Many",
            given_name=f"Person {n}",
            slug=f"many-{n}",
            takes_media=True,
            **published,
        )
        for n in range(3000)
    )
    series = Publication.objects.get(slug="publication").series
    date = datetime.date(2022, 1, 18)
    works = Publication.objects.bulk_create(
        Publication(series=series, title=f"One of many {n}", slug=f"many-{n}", date=date, **published)
        for n in range(3000)
    )
    texts = Article.objects.bulk_create(
        Article(title=f"One of many {n}", slug=f"many-{n}", date=date, **published) for n in range(3000)
    )
    of_all = {
        name: Expert._meta.get_field(name).related_model.objects.get(slug=slug) for name, slug in SUBJECTS
    }
    for name, subject in of_all.items():
        through = getattr(Expert, name).through
        key = Expert._meta.get_field(name).m2m_reverse_field_name() + "_id"
        through.objects.bulk_create(through(expert=person, **{key: subject.pk}) for person in people)
    for name in ("topics", "regions"):
        through = getattr(Publication, name).through
        key = Publication._meta.get_field(name).m2m_reverse_field_name() + "_id"
        through.objects.bulk_create(through(publication=work, **{key: of_all[name].pk}) for work in works)
    SpokenLanguage.objects.bulk_create(SpokenLanguage(expert=person, code="en") for person in people)
    Contributor.objects.bulk_create(
        Contributor(publication=work, expert=person, name=person.display_name_en)
        for work, person in zip(works, people, strict=True)
    )
    tag = Article.tags.get(slug="ports")
    tagged = Article.tags.through
    tagged.objects.bulk_create(
        tagged(tag=tag, object_id=text.pk, content_type=ContentType.objects.get_for_model(Article))
        for text in texts
    )
    filed = {"topic": [of_all["topics"].pk], "region": [of_all["regions"].pk]}
    for rows, kind in ((people, "expert"), (works, "publication"), (texts, "article")):
        write(
            ContentType.objects.get_for_model(rows[0]),
            [(row.pk, SearchDocument(str(row), "", "", "en", kind, date, filed)) for row in rows],
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    assert counts(client, BUDGETS) == BUDGETS
    assert counts(client, FOUND) == FOUND


@pytest.mark.parametrize("count", [1, 3, 30])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_menu_and_foot_cost_six_queries(count, language, django_assert_num_queries):
    populate(count)
    with django_assert_num_queries(6):
        make_furniture(language)


def test_menu_and_foot_are_made_once_per_content_version(client):
    populate(1)
    client.get("/topics/")
    with CaptureQueriesContext(connection) as captured:
        client.get("/topics/")
    assert len(captured) == BUDGETS["/topics/"]
    Article.objects.filter(slug="article-of-3").update(title="Renamed")
    with CaptureQueriesContext(connection) as captured:
        assert "Renamed" in client.get("/topics/").content.decode()
    assert len(captured) > BUDGETS["/topics/"]
