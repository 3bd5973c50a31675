"""The pages that belong to no one app, and what stands on every page."""

import datetime

import pytest
from django.test import Client
from lxml import etree
from lxml.html import fromstring

from articles.models import Article
from charhar.models import HomeSlot
from charhar.pages.models import FollowLink, SiteSettings
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    NewsSectionFactory,
    PageFactory,
    PublicationFactory,
    RegionFactory,
    SeriesFactory,
    TopicFactory,
)

pytestmark = pytest.mark.django_db


def get(client, path="/", status=200):
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


def test_the_empty_site_answers_everywhere(client):
    for path in (
        "/",
        "/research/",
        "/news/",
        "/topics/",
        "/regions/",
        "/experts/",
        "/publications/",
        "/search/",
    ):
        for prefix in ("", "/zh"):
            get(client, prefix + path)


def test_menus_show_what_staff_named_ordered_and_did_not_hide(client):
    TopicFactory(name_en="Second", position=2)
    TopicFactory(name_en="First", position=1)
    TopicFactory(name_en="Hidden one", hidden=True)
    html = get(client, "/experts/")
    assert "Hidden one" not in html
    assert html.index(">First<") < html.index(">Second<")


def test_menus_carry_the_newest_two_of_a_topic_whole(client):
    topic = TopicFactory(name_en="The Sea")
    long = f"How a title of {'very, ' * 20}very many characters stands whole in the markup, ’always‘"
    for day, title in ((1, "The oldest"), (2, "The middle"), (3, long)):
        ArticleFactory(title=title, topics=[topic], date=datetime.date(2022, 1, day))
    html = get(client, "/experts/")
    assert long in html
    assert "The middle" in html
    assert "The oldest" not in html


def test_the_current_page_is_marked(client):
    assert '<a href="/experts/" aria-current="page">' in get(client, "/experts/")


def test_the_way_to_the_other_language_leads_to_the_same_page(client):
    assert 'class="other" href="/zh/experts/"' in get(client, "/experts/")
    assert 'class="other" href="/experts/"' in get(client, "/zh/experts/")


def test_a_later_page_leads_to_the_whole_list_in_the_other_language(client):
    for number in range(21):
        ArticleFactory(title=f"Number {number}")
    for address in ("/research/?page=2", "/research/?year=2022"):
        html = get(client, address)
        assert 'class="other" href="/zh/research/"' in html
        assert 'hreflang="x-default"' not in html
    assert 'hreflang="x-default"' in get(client, "/research/")


def test_a_tag_leads_to_the_other_language_only_where_it_holds_something(client):
    english = ArticleFactory()
    english.tags.add("ports", "fairs")
    chinese = ArticleFactory(language="zh-hans", translation_of=english, slug=english.slug)
    chinese.tags.add("ports")
    assert 'class="other" href="/zh/tags/ports/"' in get(client, "/tags/ports/")
    assert 'class="other" href="/zh/"' in get(client, "/tags/fairs/")
    get(client, "/zh/tags/fairs/", 404)


def test_settings_stand_on_every_page(client):
    SiteSettings(
        pk=1, phone="+86 10 68290431", fax="010-80777830", email="secretariat@charhar.org.cn",
        quotation_en="A sample quotation.", icp_filing="ICP 0000", police_filing="PSB 0000",
    ).save()  # fmt: skip
    FollowLink.objects.create(settings_id=1, label="LinkedIn", url="https://example.org/in")
    html = get(client, "/experts/")
    for part in (
        "+86 10 68290431",
        "010-80777830",
        "secretariat@charhar.org.cn",
        "A sample quotation.",
        "ICP 0000",
        "PSB 0000",
        "https://example.org/in",
    ):
        assert part in html, part


def test_the_home_page_leads_with_what_editors_pinned_then_with_the_newest(client):
    newest = ArticleFactory(title="The newest", date=datetime.date(2024, 1, 1))
    pinned = ArticleFactory(title="The pinned", date=datetime.date(2020, 1, 1))
    response = client.get("/")
    assert response.context["lead"] == newest
    HomeSlot.objects.create(article=pinned, place="lead")
    assert client.get("/").context["lead"] == pinned
    assert newest in client.get("/").context["seconds"]


def test_the_home_page_repeats_no_text_among_lead_seconds_and_research(client):
    for day in range(1, 10):
        ArticleFactory(date=datetime.date(2024, 1, day))
    context = client.get("/").context
    shown = [context["lead"], *context["seconds"], *context["research"]]
    assert len(shown) == len({text.pk for text in shown}) == 8


def test_latest_research_mixes_articles_and_publications_by_date_without_news(client):
    ArticleFactory(title="An old article", date=datetime.date(2019, 1, 1))
    ArticleFactory(title="A new article", date=datetime.date(2024, 1, 1))
    ArticleFactory(title="Just news", kind="news", date=datetime.date(2023, 1, 1))
    PublicationFactory(title="A book between", date=datetime.date(2021, 1, 1))
    context = client.get("/research/").context
    assert [row.title for row in context["page"]] == ["A new article", "A book between", "An old article"]
    assert context["years"] == [2024, 2021, 2019]
    assert [row.title for row in client.get("/research/?year=2021").context["page"]] == ["A book between"]


def test_news_lists_what_stands_under_a_section(client):
    section = NewsSectionFactory(slug="for-media")
    ArticleFactory(title="Filed", sections=[section])
    ArticleFactory(title="Not filed")
    assert [row.title for row in client.get("/news/").context["page"]] == ["Filed"]
    assert [row.title for row in client.get("/news/for-media/").context["page"]] == ["Filed"]


def test_chinese_lists_show_chinese_editions_then_english_ones_marked(client):
    topic = TopicFactory(slug="sea")
    original = ArticleFactory(title="Original", slug="a", topics=[topic], date=datetime.date(2024, 1, 1))
    ArticleFactory(
        title="译文",
        slug="a",
        language="zh-hans",
        translation_of=original,
        topics=[topic],
        date=datetime.date(2020, 1, 1),
    )
    ArticleFactory(title="English only", topics=[topic], date=datetime.date(2023, 1, 1))
    ArticleFactory(title="只有中文", language="zh-hans", topics=[topic], date=datetime.date(2019, 1, 1))
    chinese = client.get("/zh/topics/sea/")
    assert [row.title for row in chinese.context["page"]] == ["译文", "只有中文", "English only"]
    assert 'lang="en"' in chinese.content.decode()
    assert [row.title for row in client.get("/topics/sea/").context["page"]] == ["Original", "English only"]


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=99",
        "page=abc",
        "page=1e3",
        "page=%00",
        "page=９",
        "year=1066",
        "year=abc",
        "year=99999",
        "page=1' OR 1=1",
    ],
)
@pytest.mark.parametrize(
    "path", ["/research/", "/news/", "/topics/sea/", "/experts/pan/", "/publications/books/"]
)
def test_nonsense_pages_and_years_are_404(client, path, query):
    TopicFactory(slug="sea"), ExpertFactory(slug="pan"), SeriesFactory(slug="books")
    get(client, f"{path}?{query}", 404)


def test_unknown_parameters_change_nothing(client):
    assert get(client, "/research/") == get(client, "/research/?utm_source=x&fbclid=y")


def test_page_two_is_canonical_as_itself_and_page_one_without_a_number(client):
    for _ in range(21):
        ArticleFactory()
    assert 'rel="canonical" href="http://127.0.0.1:8000/research/?page=2"' in get(client, "/research/?page=2")
    assert 'rel="canonical" href="http://127.0.0.1:8000/research/"' in get(
        client, "/research/?page=1&utm_source=x"
    )


def test_only_lists_have_pages_and_years_in_their_canonical_address(client):
    ArticleFactory(slug="on-ports", date=datetime.date(2022, 1, 18))
    for path, canonical in {
        "/articles/on-ports/?page=2": "/articles/on-ports/",
        "/?year=2022&page=3": "/",
        "/research/?page=0001": "/research/",
        "/research/?page=01&year=2022": "/research/?year=2022",
    }.items():
        assert f'rel="canonical" href="http://127.0.0.1:8000{canonical}"' in get(client, path), path


def test_the_404_page_reflects_nothing_unescaped(client):
    html = get(client, '/zh/"><script>alert(1)</script>/', 404)
    assert "<script>alert" not in html


def test_a_missing_page_and_a_refused_form_look_like_the_site(client):
    assert 'class="brand"' in get(client, "/nothing/", 404)
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "x", "password": "y"})
    assert response.status_code == 403
    assert 'class="brand"' in response.content.decode()


def test_the_500_page_needs_neither_database_nor_settings():
    from charhar.views import server_error

    response = server_error(None)
    assert response.status_code == 500
    assert "<h1" in response.content.decode()


def test_healthz_answers_and_is_never_kept(client):
    response = client.get("/healthz")
    assert response.content.splitlines()[0] == b"ok"
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")


def test_robots_names_the_sitemap(client):
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in get(client, "/robots.txt")


def test_the_sitemap_holds_every_public_address_and_only_those(client):
    ArticleFactory(slug="shown")
    ArticleFactory(slug="shown", language="zh-hans")
    ArticleFactory(slug="hidden", draft=True)
    PublicationFactory(slug="book", series=SeriesFactory(slug="books"))
    ExpertFactory(slug="pan")
    PageFactory(slug="careers")
    TopicFactory(slug="sea"), RegionFactory(slug="asia")
    index = etree.fromstring(client.get("/sitemap.xml").content)
    maps = index.xpath("//*[local-name()='loc']/text()")
    found = set()
    for location in maps:
        tree = etree.fromstring(client.get(location.removeprefix("http://127.0.0.1:8000")).content)
        found |= {
            url.removeprefix("http://127.0.0.1:8000") for url in tree.xpath("//*[local-name()='loc']/text()")
        }
    assert {
        "/articles/shown/",
        "/zh/articles/shown/",
        "/publications/books/book/",
        "/experts/pan/",
        "/zh/experts/pan/",
        "/about/careers/",
        "/topics/sea/",
        "/zh/regions/asia/",
        "/zh/",
        "/",
    } <= found
    assert not any("hidden" in url for url in found)


def test_menu_lists_and_breadcrumbs_say_which_names_are_in_the_other_language(client):
    topic = TopicFactory(slug="sea", name_en="Sea", name_zh="")
    TopicFactory(slug="land", name_en="", name_zh="土地")
    ArticleFactory(slug="tides", topics=[topic], date=datetime.date(2024, 1, 1))
    chinese = ArticleFactory(slug="tides-too", topics=[topic], language="zh-hans")
    page = fromstring(get(client, chinese.get_absolute_url()))
    named = page.xpath("//a[@href='/zh/topics/sea/' and not(@class='more')]")
    assert [link.xpath("string(descendant-or-self::*[@lang])") for link in named] == ["Sea"] * len(named)
    assert {link.getparent().getparent().get("class") for link in named} >= {"entries", "tags"}
    assert page.xpath("//nav[@class='crumbs']//a[@lang='en']/text()") == ["Sea"]
    assert not page.xpath("//a[@href='/zh/topics/land/']/@lang")
    page = fromstring(get(client, "/topics/"))
    assert set(page.xpath("//a[@href='/topics/land/']/@lang")) == {"zh-Hans"}


def test_browsers_ask_whether_a_page_has_changed(client):
    ArticleFactory(slug="tides")
    first = client.get("/articles/tides/")
    assert client.get("/articles/tides/", headers={"If-None-Match": first["ETag"]}).status_code == 304
    Article.objects.update(title="Another title")
    assert client.get("/articles/tides/", headers={"If-None-Match": first["ETag"]}).status_code == 200
