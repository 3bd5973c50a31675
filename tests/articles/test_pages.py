"""What an article's page says, to readers and to machines."""

import datetime
import json
import re

import pytest
from lxml.html import fromstring

from charhar.pages.models import SiteSettings
from publications.models import Entry
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    ImageFactory,
    NewsSectionFactory,
    OutletFactory,
    PublicationFactory,
    TopicFactory,
)

pytestmark = pytest.mark.django_db


def get(client, path="/articles/on-ports/", status=200):
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


def graph(html):
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)
    return json.loads(block[1])["@graph"]


def article(**fields):
    SiteSettings(pk=1, disclaimer_en="The article reflects the author's opinions.").save()
    defaults = {"slug": "on-ports", "title": "On Ports", "date": datetime.date(2022, 1, 18)}
    return ArticleFactory(**defaults | fields)


def test_the_parts_stand_in_the_institutes_order(client):
    expert = ExpertFactory(display_name_en="PAN Sample", title_en="Adjunct Fellow", slug="pan")
    article(
        authors=[expert],
        lead_image=ImageFactory(credit="Illustration: Sample/Outlet"),
        body="<p>The body begins here.</p>",
        outlet=OutletFactory(name_en="The Sample Times"),
        outlet_url="https://example.org/on-ports",
        outlet_date=datetime.date(2022, 1, 16),
    )
    html = get(client)
    html = html[html.index("<main") :]
    places = [
        html.index(part)
        for part in (
            "On Ports</h1>",
            "January 18, 2022",
            "Illustration: Sample/Outlet",
            "The article reflects the author&#x27;s opinions.",
            "The body begins here.",
            'href="/experts/pan/"',
        )
        if part != 'href="/experts/pan/"'
    ]
    assert places == sorted(places)
    assert html.rindex("/experts/pan/") > html.index("The body begins here.")
    assert "The Sample Times" in html
    assert "https://example.org/on-ports" in html
    assert "January 16, 2022" in html
    assert html.count("<h1") == 1


def test_authors_stand_in_order_with_their_role_as_it_was(client):
    experts = [ExpertFactory(display_name_en=f"AUTHOR {n}", title_en=f"Fellow {n}") for n in "ABC"]
    article(authors=experts)
    type(experts[0]).objects.update(title_en="Promoted")
    html = get(client)
    assert "Promoted" not in html
    places = [html.index(f"AUTHOR {n}") for n in "ABC"]
    assert places == sorted(places)
    assert graph(html)[0]["author"] == [
        {
            "@type": "Person",
            "name": f"AUTHOR {n}",
            "jobTitle": f"Fellow {n}",
            "url": f"http://127.0.0.1:8000/experts/{expert.slug}/",
        }
        for n, expert in zip("ABC", experts, strict=True)
    ]


def test_an_unpublished_expert_is_named_but_not_linked(client):
    article(authors=[ExpertFactory(display_name_en="SHY Author", slug="shy", draft=True)])
    html = get(client)
    assert "SHY Author" in html
    assert "/experts/shy/" not in html


def test_an_editors_note_of_its_own_replaces_the_composed_one(client):
    article(editors_note="<p>A note by hand.</p>", authors=[ExpertFactory()])
    html = get(client)
    assert "A note by hand." in html
    assert "The article reflects" not in html


def test_a_chinese_note_has_no_blanks_between_its_sentences(client):
    author = ExpertFactory(display_name_zh="潘登", title_zh="兼职研究员")
    article(language="zh-hans", authors=[author])
    SiteSettings.objects.update(disclaimer_zh="仅代表作者观点。")
    note = fromstring(get(client, "/zh/articles/on-ports/")).find_class("editors-note")[0]
    assert note.text_content().strip() == "编者按：潘登，兼职研究员。仅代表作者观点。"


def test_no_note_where_none_is_wanted(client):
    article(show_editors_note=False, authors=[ExpertFactory()])
    assert "The article reflects" not in get(client)


def test_the_canonical_address_is_ours_or_the_outlets(client):
    theirs = {"outlet": OutletFactory(), "outlet_url": "https://example.org/first"}
    article(**theirs)
    assert '<link rel="canonical" href="http://127.0.0.1:8000/articles/on-ports/">' in get(client)
    article(slug="theirs", canonical="theirs", **theirs)
    assert '<link rel="canonical" href="https://example.org/first">' in get(client, "/articles/theirs/")


def test_structured_data_survives_any_title(client):
    title = 'A </script><script>alert("1")</script> & ’quoted’ title'
    article(title=title)
    html = get(client)
    assert graph(html)[0]["headline"] == title
    assert "<script>alert" not in html


def test_structured_data_names_kind_dates_and_trail(client):
    topic = TopicFactory(slug="sea", name_en="The Sea")
    text = article(kind="research", topics=[topic], standfirst="Why ports matter.")
    data, trail = graph(get(client))
    assert data["@type"] == "Report"
    assert data["description"] == "Why ports matter."
    assert data["datePublished"] == text.publish_at.isoformat()
    assert data["publisher"]["name"] == "The Charhar Institute"
    assert [step["name"] for step in trail["itemListElement"]] == ["Home", "Topics", "The Sea", "On Ports"]


def test_editions_name_each_other(client):
    original = article()
    ArticleFactory(slug="on-ports", title="论港口", language="zh-hans", translation_of=original)
    english, chinese = get(client), get(client, "/zh/articles/on-ports/")
    links = [
        '<link rel="alternate" hreflang="en" href="http://127.0.0.1:8000/articles/on-ports/">',
        '<link rel="alternate" hreflang="zh-Hans" href="http://127.0.0.1:8000/zh/articles/on-ports/">',
        '<link rel="alternate" hreflang="x-default" href="http://127.0.0.1:8000/articles/on-ports/">',
    ]
    for html in (english, chinese):
        assert all(link in html for link in links)
    assert '<html lang="zh-Hans">' in chinese
    assert "2022年1月18日" in chinese
    assert 'href="/zh/articles/on-ports/"' in english


def test_an_article_without_an_edition_names_none(client):
    article()
    assert "hreflang=" not in re.sub(r'class="other"[^>]*', "", get(client))


def test_an_unpublished_edition_is_not_named(client):
    ArticleFactory(slug="on-ports", title="论港口", language="zh-hans", translation_of=article(), draft=True)
    assert "/zh/articles/on-ports/" not in get(client)


def test_related_texts_share_a_topic_and_never_include_the_text_itself(client):
    topic = TopicFactory()
    article(topics=[topic], title="Itself")
    ArticleFactory(title="A neighbour", topics=[topic])
    ArticleFactory(title="A stranger")
    html = get(client)
    main = html[html.index("<main") : html.index("</main>")]
    assert "A neighbour" in main
    assert "A stranger" not in main
    assert 'href="/articles/on-ports/"' not in main


def test_the_issue_that_printed_it_is_named(client):
    publication = PublicationFactory(title="The Winter Issue", slug="winter")
    article(
        entry=Entry.objects.create(publication=publication, title="On Ports", first_page="12", last_page="19")
    )
    assert "The Winter Issue" in get(client)


def test_no_cookie_no_token_and_a_second_of_cache(client):
    article(sections=[NewsSectionFactory()])
    response = client.get("/articles/on-ports/")
    assert not response.cookies
    assert "csrfmiddlewaretoken" not in response.content.decode()
    assert response["Cache-Control"] == "public, max-age=0, s-maxage=1, stale-if-error=86400"
    assert "nonce" not in response["Content-Security-Policy"]
    assert "Cookie" not in response.get("Vary", "")


@pytest.mark.parametrize(
    "path",
    ["/articles/on-ports", "/articles/ON-PORTS/", "/articles/nothing/", "/articles/%00/", "/articles/"],
)
def test_other_addresses_are_not_the_article(client, path):
    article()
    status = client.get(path).status_code
    assert status == (301 if path == "/articles/on-ports" else 404)
