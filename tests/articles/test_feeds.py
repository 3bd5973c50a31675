"""Feeds: the newest thirty by publication, as RSS and as Atom."""

import datetime

import pytest
from django.utils import timezone
from lxml import etree

from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    NewsSectionFactory,
    PublicationFactory,
    RegionFactory,
    SeriesFactory,
    TopicFactory,
)

pytestmark = pytest.mark.django_db
ATOM = {"a": "http://www.w3.org/2005/Atom"}


def parse(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status
    return etree.fromstring(response.content) if status == 200 else None


def titles(feed):
    return feed.xpath("//item/title/text()") or feed.xpath("//a:entry/a:title/text()", namespaces=ATOM)


def test_the_newest_publication_comes_first_whatever_date_is_shown(client):
    now = timezone.now()
    ArticleFactory(
        title="Shown as new", date=datetime.date(2026, 1, 1), publish_at=now - datetime.timedelta(days=9)
    )
    ArticleFactory(title="A reprint of 2009", date=datetime.date(2009, 1, 1), publish_at=now)
    for path in ("/feeds/rss/", "/feeds/atom/"):
        assert titles(parse(client, path)) == ["A reprint of 2009", "Shown as new"]


@pytest.mark.parametrize(
    "path", ["/feeds/rss/", "/feeds/atom/", "/feeds/topic/sea/rss/", "/feeds/topic/sea/atom/"]
)
def test_a_character_that_xml_does_not_know_breaks_no_feed(client, path):
    topic = TopicFactory(slug="sea", name_en="The\x0b sea", standfirst_en="Salt\x02 water")
    ArticleFactory(
        title="Pasted\x0b from Word",
        standfirst="A\x02 sentence.",
        topics=[topic],
        authors=[ExpertFactory(display_name_en="PAN\x0c Deng")],
    )
    assert titles(parse(client, path)) == ["Pasted from Word"]


def test_a_hidden_topic_is_no_category(client):
    ArticleFactory(topics=[TopicFactory(name_en="Quiet", hidden=True), TopicFactory(name_en="Shown")])
    for path in ("/feeds/rss/", "/feeds/atom/"):
        text = client.get(path).content.decode()
        assert ("Shown" in text, "Quiet" in text) == (True, False)


def test_it_holds_thirty(client):
    for _ in range(31):
        ArticleFactory()
    assert len(titles(parse(client, "/feeds/rss/"))) == 30


def test_an_item_carries_author_standfirst_link_and_dates(client):
    text = ArticleFactory(
        slug="ports", title="Ports & <harbours>", authors=[ExpertFactory(display_name_en="PAN Sample")]
    )
    entry = parse(client, "/feeds/atom/").find("a:entry", ATOM)
    assert entry.findtext("a:title", namespaces=ATOM) == "Ports & <harbours>"
    assert entry.findtext("a:author/a:name", namespaces=ATOM) == "PAN Sample"
    assert entry.findtext("a:summary", namespaces=ATOM) == "What the article says, in a sentence."
    assert entry.find("a:link", ATOM).get("href") == "http://127.0.0.1:8000/articles/ports/"
    published = datetime.datetime.fromisoformat(entry.findtext("a:published", namespaces=ATOM))
    assert published == text.publish_at


@pytest.mark.parametrize("form", ["rss", "atom"])
@pytest.mark.parametrize("kind", ["topic", "region", "section", "expert"])
def test_each_subject_has_its_own(client, kind, form):
    subject = {
        "topic": TopicFactory,
        "region": RegionFactory,
        "section": NewsSectionFactory,
        "expert": ExpertFactory,
    }[kind](slug="ours")
    ArticleFactory(title="Inside", **{"authors" if kind == "expert" else f"{kind}s": [subject]})
    ArticleFactory(title="Outside")
    assert titles(parse(client, f"/feeds/{kind}/ours/{form}/")) == ["Inside"]


@pytest.mark.parametrize("form", ["rss", "atom"])
def test_a_series_lists_its_publications_and_a_tag_its_articles(client, form):
    series = SeriesFactory(slug="quarterly")
    PublicationFactory(title="Issue 1", series=series)
    PublicationFactory(title="Elsewhere")
    PublicationFactory(title="Soon", series=series, draft=True)
    ArticleFactory(title="Tagged").tags.add("ports")
    ArticleFactory(title="Plain")
    ArticleFactory(draft=True).tags.add("secret")
    assert titles(parse(client, f"/feeds/series/quarterly/{form}/")) == ["Issue 1"]
    assert titles(parse(client, f"/feeds/tag/ports/{form}/")) == ["Tagged"]
    parse(client, f"/feeds/tag/secret/{form}/", 404)
    for page in ("/publications/quarterly/", "/tags/ports/"):
        assert "application/feed+json" in client.get(page).content.decode()


def test_the_chinese_feed_prefers_chinese_editions(client):
    original = ArticleFactory(title="Original", slug="a")
    ArticleFactory(title="译文", slug="a", language="zh-hans", translation_of=original)
    ArticleFactory(title="English only")
    assert sorted(titles(parse(client, "/zh/feeds/rss/"))) == ["English only", "译文"]


@pytest.mark.parametrize(
    "path", ["/feeds/topic/none/rss/", "/feeds/nonsense/x/rss/", "/feeds/expert/draft/atom/"]
)
def test_what_is_not_there_is_404(client, path):
    ExpertFactory(slug="draft", draft=True)
    parse(client, path, 404)
