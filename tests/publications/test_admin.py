"""The desk of publications and series."""

import pytest
from django.urls import reverse
from lxml import html

from charhar.publishing import workflow
from charhar.publishing.history import snapshots_of
from charhar.publishing.version import current_version
from publications.models import Publication
from tests.admin_forms import errors_of, send
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    ImageFactory,
    PublicationFactory,
    SeriesFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.plain]

LIST = "/admin/publications/publication/"
ADD = "/admin/publications/publication/add/"


@pytest.fixture(autouse=True)
def editor(client):
    person = UserFactory(roles=["Editors"])
    client.force_login(person)
    return person


def change(publication):
    return reverse("admin:publications_publication_change", args=[publication.pk])


def whole(editor):
    publication = PublicationFactory(
        cover=ImageFactory(), created_by=editor, volume=12, number="3", year=2022
    )
    publication.contributors.create(expert=ExpertFactory(), role="chief", position=1)
    publication.contributors.create(name="Guest", role="editor", position=2)
    online = publication.entries.create(title="Online", position=1)
    publication.entries.create(title="On paper", position=2)
    publication.shops.create(label="A shop", url="https://example.org/", position=1)
    ArticleFactory(title="The article", entry=online)
    workflow.record(publication, user=editor, action="save")
    return publication


@pytest.mark.parametrize("number", [1, 3, 30])
def test_the_list_takes_eleven_queries_however_long(client, editor, number, django_assert_num_queries):
    for _ in range(number):
        whole(editor)
    client.get(LIST)
    with django_assert_num_queries(11):
        assert len(client.get(LIST).context["cl"].result_list) == number


def test_the_list_shows_issue_contributors_and_what_is_online(client, editor):
    expert = whole(editor).contributors.first().name
    row = html.fromstring(client.get(LIST).content.decode()).xpath("//table[@id='result_list']/tbody/tr")[0]
    cells = {
        c: row.xpath(f".//*[contains(@class,'field-{c}')]")[0].text_content()
        for c in ("issue", "credited", "entries_online")
    }
    assert cells == {
        "issue": "Vol. 12, No. 3 (2022)",
        "credited": f"{expert}, Guest",
        "entries_online": "1 / 2",
    }


def test_the_series_filter_finds_its_publications(client):
    match = PublicationFactory()
    PublicationFactory()
    assert list(client.get(LIST, {"series": match.series.pk}).context["cl"].result_list) == [match]


def test_an_entry_links_to_its_article(client, editor):
    publication = whole(editor)
    article = publication.entries.first().articles.get()
    link = html.fromstring(client.get(change(publication)).content.decode()).xpath(
        "//td[contains(@class,'field-online')]//a"
    )[0]
    assert (link.get("href"), link.text) == (
        reverse("admin:articles_article_change", args=[article.pk]),
        "The article",
    )


def test_opening_and_saving_changes_nothing(client, editor):
    publication = whole(editor)
    before = snapshots_of(publication).first().data
    send(client, change(publication))
    assert snapshots_of(publication).first().data == before


def test_the_contents_are_added_in_order(client):
    publication = PublicationFactory(draft=True)
    send(
        client, change(publication),
        **{"entries-TOTAL_FORMS": 2, "entries-0-title": "Second", "entries-0-position": 2,
           "entries-1-title": "First", "entries-1-position": 1},
    )  # fmt: skip
    assert [e.title for e in publication.entries.all()] == ["First", "Second"]


def test_a_wrong_isbn_is_refused_beside_its_field(client):
    response = send(client, ADD, series=SeriesFactory().pk, title="A book", isbn="978-3-16-148410-1")
    assert list(errors_of(response)) == ["isbn"]


def test_a_new_publication_stands_beneath_its_series(client):
    series = SeriesFactory(slug="quarterly", kind="quarterly")
    send(client, ADD, "_publish", series=series.pk, title="Issue One", slug="", standfirst="On ports.")
    assert Publication.objects.get().get_absolute_url() == "/publications/quarterly/issue-one/"


def test_series_count_their_published_publications(client):
    series = SeriesFactory()
    PublicationFactory.create_batch(2, series=series)
    PublicationFactory(series=series, draft=True)
    current_version()  # as a commit would settle the lists
    response = client.get(reverse("admin:publications_series_changelist"))
    assert [s.count_publications for s in response.context["cl"].result_list] == [2]
