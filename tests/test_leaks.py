"""What is not published leaks nowhere: every state, every kind of text, every page, feed, map and search."""

import datetime
import itertools

import pytest
from django.utils import timezone

from articles.models import Article
from charhar.models import HomeSlot
from charhar.publishing import workflow
from publications.models import Contributor, Entry
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    GroupFactory,
    NewsSectionFactory,
    OfficeFactory,
    PageFactory,
    ProgrammeFactory,
    PublicationFactory,
    RegionFactory,
    SeriesFactory,
    TopicFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

HIDDEN = ["draft", "review", "scheduled", "expired", "withdrawn", "trashed", "copy", "scheduled_copy"]
STATUS = {"draft": 404, "review": 404, "scheduled": 404, "expired": 410, "withdrawn": 410, "trashed": 404}
LANGUAGES = {"": "en", "/zh": "zh-hans"}
PAGES = [
    "/",
    "/research/",
    "/research/?year=2021",
    "/news/",
    "/news/section/",
    "/topics/",
    "/topics/topic/",
    "/regions/",
    "/regions/region/",
    "/experts/",
    "/experts/known/",
    "/experts/?press=on",
    "/experts/for-journalists/",
    "/publications/",
    "/publications/?author=e",
    "/publications/series/",
    "/publications/series/known/",
    "/offices/office/",
    "/programmes/programme/",
    "/articles/known/",
    "/search/?q=leak",
    "/search/suggest/?q=leak",
    "/feeds/rss/",
    "/feeds/atom/",
    "/feeds/json/",
    "/feeds/topic/topic/rss/",
    "/feeds/region/region/atom/",
    "/feeds/section/section/rss/",
    "/feeds/expert/known/rss/",
]
MAPS = [
    f"/sitemap-{name}{suffix}.xml"
    for name in ("articles", "publications", "pages", "experts", "subjects", "lists")
    for suffix in ("", "-zh")
] + ["/sitemap-news.xml"]


@pytest.fixture
def house():
    """One published thing of each kind, and the subjects they hang on."""
    topic, region, section = (
        TopicFactory(slug="topic"),
        RegionFactory(slug="region"),
        NewsSectionFactory(slug="section"),
    )
    series = SeriesFactory(slug="series")
    office, programme, group = (
        OfficeFactory(slug="office"),
        ProgrammeFactory(slug="programme"),
        GroupFactory(),
    )
    programme.topics.add(topic)
    expert = ExpertFactory(slug="known")
    expert.groups.add(group)
    for language in LANGUAGES.values():
        known = ArticleFactory(
            slug="known",
            title="Known article",
            language=language,
            topics=[topic],
            regions=[region],
            sections=[section],
            authors=[expert],
        )
        known.tags.add("shared")
        ArticleFactory(title="Known in 2021", language=language, date=datetime.date(2021, 1, 1))
        publication = PublicationFactory(slug="known", series=series, language=language)
        publication.topics.add(topic)
        for slug in ("about", "membership", "contact"):
            PageFactory(slug=slug, language=language)
    return locals()


def hide(house, factory, state, language, **fields):
    """A text that readers must not know of, hung on everything there is."""
    fields |= {"slug": f"leaked-{state}".replace("_", "-")}
    if factory is not ExpertFactory:
        fields |= {"language": language}
    if "copy" in state:
        live = factory(**fields | {"slug": fields["slug"].replace("leaked", "known")})
        state = {"copy": "draft", "scheduled_copy": "scheduled"}[state]
        text = factory(**fields, **{state: True}, corrects=live, based_on=live.version)
    else:
        text = factory(**fields, **{state: True})
    return text


def hidden_article(house, state, language):
    text = hide(
        house, ArticleFactory, state, language, title="Leaked title",
        standfirst="Leaked standfirst", body="<p>Leaked body</p>",
        date=datetime.date(2021, 2, 2), topics=[house["topic"]], regions=[house["region"]],
        sections=[house["section"]], authors=[house["expert"]],
    )  # fmt: skip
    text.tags.add("shared", "leaked-tag")
    text.entry = Entry.objects.create(publication=house["publication"], title="An entry")
    text.save()
    HomeSlot.objects.create(article=text, place="lead", language=language)
    if "copy" in state:
        text.corrects.topics.clear()
        Article.versions.filter(pk=text.corrects_id).update(title="Shown", standfirst="", body="")
    workflow.record(text, user=None, action="save")
    return text


def hidden_publication(house, state, language):
    text = hide(
        house,
        PublicationFactory,
        state,
        language,
        title="Leaked title",
        standfirst="Leaked",
        series=house["series"],
    )
    text.topics.add(house["topic"])
    text.regions.add(house["region"])
    Contributor.objects.create(publication=text, expert=house["expert"])
    if "copy" in state:
        type(text).versions.filter(pk=text.corrects_id).update(title="Shown", standfirst="")
    workflow.record(text, user=None, action="save")
    return text


def hidden_expert(house, state, language):
    text = hide(
        house, ExpertFactory, state, language, display_name_en="LEAKED Name", display_name_zh="Leaked名",
        family_name="Leaked",
        biography_en="<p>Leaked biography</p>", office=house["office"],
    )  # fmt: skip
    text.groups.add(house["group"])
    text.topics.add(house["topic"])
    text.regions.add(house["region"])
    text.programmes.add(house["programme"])
    text.topic_leads.create(topic=house["topic"])
    text.region_leads.create(region=house["region"])
    if "copy" in state:
        type(text).versions.filter(pk=text.corrects_id).update(
            display_name_en="Shown", display_name_zh="", family_name="Shown", biography_en=""
        )
    workflow.record(text, user=None, action="save")
    return text


def hidden_page(house, state, language):
    text = hide(house, PageFactory, state, language, title="Leaked title", body="<p>Leaked</p>", position=1)
    if "copy" in state:
        type(text).versions.filter(pk=text.corrects_id).update(title="Shown", body="")
    workflow.record(text, user=None, action="save")
    return text


KINDS = {
    "article": hidden_article,
    "publication": hidden_publication,
    "expert": hidden_expert,
    "page": hidden_page,
}


def test_nothing_hidden_leaks_anywhere(client, house):
    """All of it at once: what is rightly left out can push nothing else out of a list."""
    for kind, language, state in itertools.product(KINDS, LANGUAGES.values(), HIDDEN):
        if kind != "expert" or language == "en":
            KINDS[kind](house, state, language)
    leaks = []
    for path in [prefix + page for prefix in LANGUAGES for page in PAGES] + MAPS:
        response = client.get(path)
        assert response.status_code == 200, path
        text = response.content.decode()
        if "leaked" in text.lower():
            leaks.append((path, text[max(0, text.lower().find("leaked") - 80) :][:160]))
    assert leaks == []
    assert client.get("/tags/leaked-tag/").status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_its_own_address_says_what_readers_may_know(client, house, kind):
    for state, status in STATUS.items():
        text = KINDS[kind](house, state, "en")
        response = client.get(text.get_absolute_url())
        assert response.status_code == status, state
        page = response.content.decode()
        assert "Leaked body" not in page, state
        assert ("A sample reason." in page) is (state == "withdrawn")
        if status == 404:
            assert "leaked title" not in page.lower(), state


@pytest.mark.parametrize("kind", KINDS)
def test_staff_who_may_read_it_see_a_draft_at_its_address_and_no_cache_keeps_it(client, house, kind):
    text = KINDS[kind](house, "draft", "en")
    client.force_login(UserFactory(is_superuser=True))
    response = client.get(text.get_absolute_url())
    assert response.status_code == 200
    assert "leaked" in response.content.decode().lower()
    assert response["Cache-Control"] == "private, no-store"
    assert "noindex" in response.content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_staff_without_a_grant_are_readers(client, house, kind):
    text = KINDS[kind](house, "draft", "en")
    client.force_login(UserFactory())
    assert client.get(text.get_absolute_url()).status_code == 404


def test_the_clock_alone_publishes_and_expires():
    now = timezone.now()
    text = ArticleFactory(publish_at=now, expire_at=now + datetime.timedelta(hours=1))
    moments = {-1: False, 0: True, 3599: True, 3600: False}
    for seconds, shown in moments.items():
        then = now + datetime.timedelta(seconds=seconds)
        assert Article.objects.published(then).filter(pk=text.pk).exists() is shown
        assert text.is_published_at(then) is shown


def test_a_missing_edition_is_404_and_offers_the_other(client):
    ArticleFactory(slug="only-english", title="Only in English")
    response = client.get("/zh/articles/only-english/")
    assert response.status_code == 404
    assert 'href="/articles/only-english/"' in response.content.decode()
    ArticleFactory(slug="draft-only", title="Leaked", draft=True)
    assert "/articles/draft-only/" not in client.get("/zh/articles/draft-only/").content.decode().replace(
        "/zh/articles/draft-only/", ""
    )


def test_a_hidden_topic_leaves_menus_and_lists_but_answers(client):
    topic = TopicFactory(slug="quiet", name_en="Quiet topic", hidden=True)
    ArticleFactory(topics=[topic])
    assert client.get("/topics/quiet/").status_code == 200
    for path in ("/", "/topics/", "/sitemap-subjects.xml"):
        assert "/topics/quiet/" not in client.get(path).content.decode()
