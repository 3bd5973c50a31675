"""The translation desk's page: what lacks an edition, what is older, what is being written; for whom."""

import datetime

import pytest
from django.utils import timezone
from lxml import html

from charhar.publishing import workflow
from charhar.publishing.copies import open_copy
from charhar.publishing.translation import start_edition
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    PageFactory,
    PublicationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
DESK = "/admin/desk/translations/"


def live(factory=ArticleFactory, **fields):
    text = factory(**fields)
    workflow.record(text, user=None, action="save")
    return text


def changed(text):
    text.standfirst = "Changed."
    text.save()
    workflow.record(text, user=None, action="save")


def page(client, **query):
    """The lists' numbers, and the cells of the one that is shown."""
    response = client.get(DESK, query)
    assert response.status_code == 200
    tree = html.fromstring(response.content.decode())
    numbers = {a.get("href"): int(a.xpath("string(span)")) for a in tree.xpath("//nav[@class='parts']//a")}
    rows = [
        [" ".join(cell.text_content().split()) for cell in row.xpath("th|td")]
        for row in tree.xpath("//table[@class='translations']/tbody/tr")
    ]
    return [*numbers.values()], rows


@pytest.fixture
def editor(client):
    person = UserFactory(username="editor", roles=["Editors"])
    client.force_login(person)
    return person


def house(editor):
    days = [timezone.now() - datetime.timedelta(days=n) for n in range(1, 5)]
    live(title="Alone", publish_at=days[1])
    live(PublicationFactory, title="Issue alone", publish_at=days[0])
    live(PageFactory, title="Page alone", publish_at=days[2])
    live(title="独", language="zh-hans")
    live(title="A draft alone", draft=True)
    older, begun = live(title="Was changed"), live(title="Begun")
    edition = start_edition(older, editor)[0]
    edition.title = "旧译"
    edition.save()
    workflow.publish(edition, None)
    changed(older)
    start_edition(begun, editor)
    open_copy(live(PageFactory, title="Page alone too", publish_at=days[3]))


def test_each_list_holds_its_texts_of_every_kind_newest_first(client, editor):
    house(editor)
    numbers, rows = page(client)
    assert numbers == [4, 1, 1, 1]
    assert [(row[0], row[1], row[-1]) for row in rows] == [
        ("Issue alone", "publication", "Start the Chinese edition"),
        ("Alone", "article", "Start the Chinese edition"),
        ("Page alone", "institute page", "Start the Chinese edition"),
        ("Page alone too", "institute page", "Start the Chinese edition"),
    ]
    assert [(row[0], row[-1]) for row in page(client, show="en")[1]] == [("独", "Start the English edition")]
    assert [row[:3] for row in page(client, show="older")[1]] == [["旧译", "article", "Was changed"]]
    assert [row[:5] for row in page(client, show="writing")[1]] == [
        ["Begun", "article", "Begun", "Draft", "editor"]
    ]
    assert page(client, show="nonsense", p="nonsense")[1] == rows


def test_the_button_of_a_line_starts_the_edition(client, editor):
    text = live(title="Alone")
    tree = html.fromstring(client.get(DESK).content.decode())
    (action,) = tree.xpath("//table//form/@action")
    client.post(action)
    assert page(client) == ([0, 0, 0, 1], [])
    assert text.translations.get().created_by == editor


def test_an_author_sees_what_is_public_and_their_own(client, editor):
    house(editor)
    author = UserFactory(username="author", roles=["Authors"])
    client.force_login(author)
    start_edition(live(title="Mine to write"), author)
    numbers, rows = page(client)
    # Institute pages are not the authors' desk; an issue they may read, not translate.
    assert numbers == [2, 1, 1, 1]
    assert [(row[0], row[-1]) for row in rows] == [
        ("Issue alone", ""), ("Alone", "Start the Chinese edition"),
    ]  # fmt: skip
    assert [row[0] for row in page(client, show="writing")[1]] == ["Mine to write"]


EXPECTED = {
    "Authors": 200,
    "Fellows": 200,
    "Editors": 200,
    "Administrators": 200,
    "Secretariat": 403,
    "": 403,
}


@pytest.mark.parametrize("role", EXPECTED)
def test_the_desk_is_open_to_who_works_on_texts(client, role):
    client.force_login(UserFactory(roles=[role] if role else []))
    assert client.get(DESK).status_code == EXPECTED[role]
    named = b"/admin/desk/translations/" in client.get("/admin/").content
    assert named is (EXPECTED[role] == 200)


def test_a_visitor_is_sent_to_sign_in(client):
    assert client.get(DESK).headers["Location"] == f"/admin/login/?next={DESK}"


@pytest.mark.matrix
@pytest.mark.parametrize("number", [1, 60])
@pytest.mark.parametrize("role", ["Editors", "Authors"])
def test_the_desk_takes_eight_queries_at_most(client, django_assert_max_num_queries, number, role):
    person = UserFactory(roles=[role])
    client.force_login(person)
    for n in range(number):
        live(title=f"English {n}")
        live(title=f"中文{n}", language="zh-hans")
    changed(start_edition(live(), person)[0].translation_of)
    client.get(DESK)
    for show, rows in {"zh": min(number, 50), "en": min(number, 50), "older": 1, "writing": 1}.items():
        with django_assert_max_num_queries(8):
            response = client.get(DESK, {"show": show})
        assert len(response.context["entries"]) == rows


def test_long_lists_have_pages(client, editor):
    for n in range(53):
        live(title=f"Text {n}")
    assert len(page(client, p="2")[1]) == 3
    assert len(page(client, p="99")[1]) == 3


def test_the_start_page_leads_a_fellow_to_their_profile(client):
    fellow = UserFactory(roles=["Fellows"])
    profile = live(ExpertFactory, account=fellow)
    client.force_login(fellow)
    tree = html.fromstring(client.get("/admin/").content.decode())
    assert tree.xpath("//a[text()='My profile']/@href") == [f"/admin/experts/expert/{profile.pk}/change/"]
    client.force_login(UserFactory(roles=["Fellows"]))
    assert b"My profile" not in client.get("/admin/").content
