"""The catalogue by series, year, author and topic; what a publication's page says of its file and contents."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from publications.models import Entry
from tests.factories import (
    ArticleFactory,
    DocumentFactory,
    ExpertFactory,
    PublicationFactory,
    SeriesFactory,
    TopicFactory,
)

pytestmark = pytest.mark.django_db


def found(client, query, prefix=""):
    return [row.title for row in client.get(f"{prefix}/publications/{query}").context["page"].object_list]


def test_each_choice_narrows_and_all_of_them_hold_together(client):
    journal, topic = SeriesFactory(slug="journal"), TopicFactory(slug="ports")
    author = ExpertFactory(
        display_name_en="PAN Deng", display_name_zh="潘登", family_name="Pan", given_name="Deng"
    )
    secret = ExpertFactory(display_name_zh="隐名", draft=True)
    issue = PublicationFactory(title="Issue", series=journal, date=datetime.date(2021, 5, 1))
    issue.topics.add(topic)
    issue.contributors.create(expert=author, role="editor")
    book = PublicationFactory(title="Book")
    book.contributors.create(name="José Guest")
    book.contributors.create(expert=secret, name="A pen name")
    for trait in ("draft", "scheduled", "trashed", "withdrawn"):
        PublicationFactory(title="Leaked", series=journal, **{trait: True}).contributors.create(expert=author)
    for query in ("?series=journal", "?topic=ports", "?year=2021", "?author=deng+PAN", "?author=潘登"):
        assert found(client, query) == ["Issue"], query
    assert found(client, "?author=jose") == found(client, "?author=pen") == ["Book"]
    assert found(client, "?author=隐名") == found(client, "?author=jose&year=2021") == []
    assert found(client, "?series=journal&topic=ports&year=2021&author=pan", "/zh") == ["Issue"]
    page = client.get("/publications/?series=journal&author=%22%3E").content.decode()
    assert "0 publications found" in page
    assert 'value="&quot;&gt;"' in page
    assert '<meta name="robots" content="noindex">' in page
    assert "noindex" not in client.get("/publications/").content.decode()


def test_what_is_unknown_is_said_and_left_out(client):
    PublicationFactory(title="Book")
    for query in ("?year=abcd", "?year=1066", "?series=%00", "?topic=' OR 1=1", f"?series={'x' * 10000}"):
        response = client.get(f"/publications/{query}")
        assert response.status_code == 200
        assert "We know none of this kind" in response.content.decode()
        assert [row.title for row in response.context["page"].object_list] == ["Book"]
    assert client.get(f"/publications/?author={'x' * 10000}").status_code == 200
    assert client.get("/publications/?author=%00").status_code == 200
    assert client.get("/publications/?year=2020&page=2").status_code == 404


def test_the_catalogue_costs_the_same_however_much_it_holds(client):
    series, author = SeriesFactory(slug="journal"), ExpertFactory(family_name="Pan")
    for number in (1, 3, 25):
        for _ in range(number):
            PublicationFactory(series=series).contributors.create(expert=author)
        client.get("/publications/")
        with CaptureQueriesContext(connection) as captured:
            client.get("/publications/?series=journal&author=pan&year=2020")
        assert len(captured) == 8
    page = client.get("/publications/?series=journal&year=2020").content.decode()
    assert 'href="?series=journal&amp;year=2020&amp;page=2"' in page


def test_a_page_says_what_its_file_weighs_and_where_its_contents_are_online(client):
    series = SeriesFactory(slug="journal")
    file = DocumentFactory(pages=96)
    type(file).objects.update(size=1_400_000)
    issue = PublicationFactory(
        slug="issue", series=series, file=file, isbn="978-0-306-40615-7", publisher="House"
    )
    issue.shops.create(label="A sample shop", url="https://shop.example.org/")
    entry = Entry.objects.create(
        publication=issue, title="On ports", authors="A. Guest", first_page="3", last_page="9"
    )
    ArticleFactory(slug="on-ports", entry=entry, language="zh-hans")
    page = client.get("/publications/journal/issue/").content.decode()
    assert "(PDF, 1.4 MB, 96 pages)" in page
    for said in ("978-0-306-40615-7", "House", 'href="https://shop.example.org/"', "A. Guest", "3–9"):
        assert said in page
    assert '<a href="/zh/articles/on-ports/" hreflang="zh-Hans">On ports</a>' in page
