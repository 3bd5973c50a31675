"""What search engines, social networks and feed readers are told: maps, the news, cards, JSON Feed."""

import datetime
import io
import json
import re

import pytest
from django.utils import timezone
from lxml import etree
from PIL import Image

from articles.models import Article
from charhar import sitemaps
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    ImageFactory,
    PublicationFactory,
    SeriesFactory,
    TopicFactory,
)

pytestmark = pytest.mark.django_db
SITE = "http://127.0.0.1:8000"
XML = {
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "x": "http://www.w3.org/1999/xhtml",
    "i": "http://www.google.com/schemas/sitemap-image/1.1",
    "n": "http://www.google.com/schemas/sitemap-news/0.9",
}


def parsed(client, path):
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "application/xml")
    return etree.fromstring(response.content)


def addresses(tree):
    return [url.removeprefix(SITE) for url in tree.xpath("//s:loc/text()", namespaces=XML)]


def test_each_map_holds_one_language_and_names_the_other_edition(client):
    english = ArticleFactory(slug="ports", lead_image=ImageFactory())
    ArticleFactory(slug="ports", language="zh-hans", translation_of=english)
    ArticleFactory(slug="alone")
    draft = ArticleFactory(slug="half")
    ArticleFactory(slug="half", language="zh-hans", translation_of=draft, draft=True)
    tree, chinese = parsed(client, "/sitemap-articles.xml"), parsed(client, "/sitemap-articles-zh.xml")
    assert set(addresses(tree)) == {"/articles/ports/", "/articles/alone/", "/articles/half/"}
    assert addresses(chinese) == ["/zh/articles/ports/"]
    for one in (tree, chinese):
        links = one.xpath("//x:link", namespaces=XML)
        assert [(link.get("hreflang"), link.get("href").removeprefix(SITE)) for link in links] == [
            ("en", "/articles/ports/"),
            ("zh-Hans", "/zh/articles/ports/"),
            ("x-default", "/articles/ports/"),
        ]
    (picture,) = tree.xpath("//i:loc/text()", namespaces=XML)
    assert picture == english.lead_image.card()[0].replace("/media/", f"{SITE}/media/")


def test_texts_are_parted_by_their_keys_none_missing_none_twice_none_that_readers_do_not_see(
    client, monkeypatch
):
    monkeypatch.setattr(sitemaps, "KEYS_A_PART", 5)
    now, day = timezone.now(), datetime.timedelta(days=1)
    unseen = {
        "draft": {"draft": True},
        "coming": {"publish_at": now + day},
        "over": {"publish_at": now - 2 * day, "expire_at": now - day},
        "trashed": {"draft": True, "trashed_at": now},
    }
    expected = {"": set(), "-zh": set()}
    for number in range(6):
        english = ArticleFactory(slug=f"english-{number}")
        ArticleFactory(slug=english.slug, language="zh-hans", translation_of=english)
        chinese = ArticleFactory(slug=f"chinese-{number}", language="zh-hans")
        expected[""] |= {f"/articles/{english.slug}/"}
        expected["-zh"] |= {f"/zh/articles/{slug}/" for slug in (english.slug, chinese.slug)}
        for name, life in unseen.items():
            ArticleFactory(slug=f"{name}-{number}", **life)
    gap = Article.versions.order_by("-pk")[10:25]  # a part of its own among them is empty
    Article.versions.filter(pk__in=[text.pk for text in gap]).delete()
    kept = set(Article.objects.published().values_list("slug", "language"))
    index = [url for url in addresses(parsed(client, "/sitemap.xml")) if "articles" in url]
    assert len(index) == len(set(index)) > 6
    for suffix, language in (("", "en"), ("-zh", "zh-hans")):
        parts = [url for url in index if re.match(rf"/sitemap-articles{suffix}\.xml", url)]
        found = [addresses(parsed(client, url)) for url in parts]
        listed = [url for part in found for url in part]
        there = {url for url in expected[suffix] if (url.split("/")[-2], language) in kept}
        assert (len(listed), set(listed)) == (len(there), there)
        assert all(0 < len(part) <= 5 for part in found)
    links = parsed(client, index[0]).xpath("//x:link[@hreflang='zh-Hans']/@href", namespaces=XML)
    assert f"{SITE}/zh/articles/english-0/" in links
    for part in ("0", "-1", "999", "99999999999999999999", "x", ""):
        assert client.get(f"/sitemap-articles.xml?p={part}").status_code == 404


@pytest.mark.parametrize("kind", ["lists", "subjects", "experts", "publications", "pages"])
def test_every_other_map_answers_in_both_languages(client, kind):
    TopicFactory(), ExpertFactory(), PublicationFactory(series=SeriesFactory())
    for path in (f"/sitemap-{kind}.xml", f"/sitemap-{kind}-zh.xml"):
        assert all(url.startswith("/zh/") == ("-zh" in path) for url in addresses(parsed(client, path)))


def test_the_maps_of_articles_take_three_queries_however_many(client, django_assert_num_queries):
    for number in range(3):
        one = ArticleFactory(slug=f"a{number}")
        ArticleFactory(slug=one.slug, language="zh-hans", translation_of=one)
    client.get("/sitemap-articles.xml")
    with django_assert_num_queries(3):
        client.get("/sitemap-articles.xml")


def test_the_news_map_holds_two_days(client):
    now = timezone.now()
    ArticleFactory(slug="new", title="Ports & harbours\x0b", publish_at=now - datetime.timedelta(days=1))
    ArticleFactory(slug="old", publish_at=now - datetime.timedelta(days=3))
    ArticleFactory(slug="soon", publish_at=now + datetime.timedelta(days=1))
    ArticleFactory(slug="neu", language="zh-hans", publish_at=now)
    tree = parsed(client, "/sitemap-news.xml")
    assert addresses(tree) == ["/zh/articles/neu/", "/articles/new/"]
    assert tree.xpath("//n:language/text()", namespaces=XML) == ["zh-cn", "en"]
    assert tree.xpath("//n:title/text()", namespaces=XML)[1] == "Ports & harbours"
    assert f"Sitemap: {SITE}/sitemap-news.xml" in client.get("/robots.txt").content.decode()


def og_image(client, path):
    page = client.get(path).content.decode()
    return re.search(r'<meta property="og:image" content="([^"]+)">', page)[1].removeprefix(SITE)


def test_a_text_without_a_picture_has_a_card_drawn(client):
    text = ArticleFactory(slug="ports", title="Ports")
    path = og_image(client, "/articles/ports/")
    response = client.get(path)
    picture = Image.open(io.BytesIO(response.content))
    assert (response["Content-Type"], picture.format, picture.size) == ("image/png", "PNG", (1200, 630))
    assert len(response.content) < 40_000
    assert response["Cache-Control"] == client.get("/articles/ports/")["Cache-Control"]
    Article.objects.filter(pk=text.pk).update(title="Harbours")
    assert client.get(path).status_code == 404
    assert og_image(client, "/articles/ports/") != path


@pytest.mark.parametrize("state", ["draft", "scheduled", "expired", "withdrawn", "trashed"])
def test_no_card_of_what_is_not_published_is_drawn(client, state):
    text = ArticleFactory(slug="ports")
    path = og_image(client, "/articles/ports/")
    assert client.get(path).status_code == 200
    day = datetime.timedelta(days=1)
    change = {
        "draft": {"state": "draft", "publish_at": None},
        "scheduled": {"publish_at": timezone.now() + day},
        "expired": {"expire_at": timezone.now() - datetime.timedelta(seconds=1)},
        "withdrawn": {"state": "withdrawn", "withdrawn_at": timezone.now()},
        "trashed": {"trashed_at": timezone.now(), "state": "draft", "publish_at": None},
    }[state]
    Article.versions.filter(pk=text.pk).update(**change)
    assert client.get(path).status_code == 404


def test_pages_without_a_text_have_the_institutes_card(client):
    assert og_image(client, "/") == og_image(client, "/zh/topics/") == "/static/charhar/img/card.png"


@pytest.mark.parametrize(
    "path", ["/cards/user/1/0.png", "/cards/article/99999999999999999999/0.png", "/cards/x/1/%00.png"]
)
def test_nonsense_among_the_cards_is_404(client, path):
    assert client.get(path).status_code == 404


def test_json_feed_holds_what_the_others_hold(client):
    text = ArticleFactory(
        slug="ports",
        title="Ports",
        authors=[ExpertFactory(display_name_en="PAN Sample")],
        topics=[TopicFactory(slug="sea", name_en="Sea")],
    )
    for path in ("/feeds/json/", "/feeds/topic/sea/json/"):
        response = client.get(path)
        assert response["Content-Type"] == "application/feed+json; charset=utf-8"
        feed = json.loads(response.content)
        assert (feed["version"], feed["feed_url"]) == ("https://jsonfeed.org/version/1.1", SITE + path)
        assert feed["items"] == [
            {
                "id": f"{SITE}/articles/ports/",
                "url": f"{SITE}/articles/ports/",
                "title": "Ports",
                "content_text": text.standfirst,
                "date_published": text.publish_at.isoformat(),
                "date_modified": text.modified_for_readers.isoformat(),
                "authors": [{"name": "PAN Sample"}],
                "tags": ["Sea"],
            }
        ]
    assert 'type="application/feed+json"' in client.get("/topics/sea/").content.decode()
