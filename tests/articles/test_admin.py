"""The articles' desk."""

import datetime

import pytest
from django.urls import reverse
from lxml import html

from articles.models import Article, ArticleTopic, Byline
from charhar.publishing import workflow
from charhar.publishing.copies import open_copy
from charhar.publishing.history import snapshots_of
from tests.admin_forms import errors_of, opened, send, values_of
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    ImageFactory,
    NewsSectionFactory,
    OutletFactory,
    PublicationFactory,
    RegionFactory,
    TopicFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.plain]

LIST = "/admin/articles/article/"
ADD = "/admin/articles/article/add/"


@pytest.fixture(autouse=True)
def editor(client):
    person = UserFactory(roles=["Editors"])
    client.force_login(person)
    return person


def change(article):
    return reverse("admin:articles_article_change", args=[article.pk])


def rows(client, **query):
    """The list as its rows' cells, by column."""
    page = html.fromstring(client.get(LIST, query).content.decode())
    return [
        {
            cell.get("class").split("field-")[-1].split()[0]: cell.text_content().strip()
            for cell in row.xpath("th|td")
            if "field-" in cell.get("class", "")
        }
        for row in page.xpath("//table[@id='result_list']/tbody/tr")
    ]


def whole(editor, **fields):
    """An article with everything that its form shows."""
    article = ArticleFactory(
        authors=ExpertFactory.create_batch(3), topics=[TopicFactory()], regions=[RegionFactory()],
        sections=[NewsSectionFactory()], outlet=OutletFactory(), lead_image=ImageFactory(), created_by=editor,
        assigned_to=editor, **fields,
    )  # fmt: skip
    article.tags.add("peace")
    workflow.record(article, user=editor, action="save")
    return article


# -- The list ---------------------------------------------------------------------------------------


def test_the_list_shows_what_an_editor_looks_for(client):
    topics = [TopicFactory(name_en="Second", position=2), TopicFactory(name_en="First", position=1)]
    section = NewsSectionFactory(name_en="For Media")
    article = ArticleFactory(
        title="Whole", topics=topics, sections=[section], date=datetime.date(2022, 1, 18)
    )
    for position, name in enumerate(["Ada", "Ben", "Cem", "Dai"]):
        Byline.objects.create(article=article, name=name, position=position)
    Byline.objects.create(article=article, name="Tran", contribution="translator", position=9)
    [row] = rows(client)
    del row["changed"]
    assert row == {
        "title": "Whole", "thumbnail": "–", "authors": "Ada, Ben, Cem +1", "status": "Published", "date": "Jan. 18, 2022",
        "kind": "Commentary", "language": "English", "topics_filed": "First, Second", "sections_filed": "For Media",
        "owner": "–", "on_site": "View",
    }  # fmt: skip


@pytest.mark.parametrize("number", [1, 3, 30])
def test_the_list_takes_eleven_queries_however_long(client, editor, number, django_assert_num_queries):
    for _ in range(number):
        whole(editor)
    client.get(LIST)
    with django_assert_num_queries(11):
        assert len(client.get(LIST).context["cl"].result_list) == number


@pytest.mark.parametrize("name", ["topic", "region", "section", "outlet", "author"])
def test_each_long_filter_finds_its_articles_once(client, name):
    here, elsewhere = TopicFactory(), RegionFactory()
    section, outlet, expert = NewsSectionFactory(), OutletFactory(), ExpertFactory()
    match = ArticleFactory(
        title="Match", topics=[here], regions=[elsewhere], sections=[section], outlet=outlet, authors=[expert]
    )
    Byline.objects.create(article=match, expert=expert, contribution="translator", position=5)
    ArticleFactory(title="Other", topics=[TopicFactory()], authors=[ExpertFactory()], outlet=OutletFactory())
    key = {"topic": here, "region": elsewhere, "section": section, "outlet": outlet, "author": expert}[
        name
    ].pk
    assert [row["title"] for row in rows(client, **{name: key})] == ["Match"]


@pytest.mark.parametrize("key", ["nonsense", "-1", "0", "9" * 30])
@pytest.mark.parametrize("name", ["topic", "outlet", "author"])
def test_a_filter_with_nonsense_finds_nothing(client, name, key):
    ArticleFactory(topics=[TopicFactory()], outlet=OutletFactory(), authors=[ExpertFactory()])
    assert rows(client, **{name: key}) == []


def test_the_author_filter_offers_only_those_in_a_byline(client):
    ArticleFactory(authors=[ExpertFactory(display_name_en="WRITING Person")])
    ExpertFactory(display_name_en="SILENT Person")
    page = html.fromstring(client.get(LIST).content.decode())
    choices = page.xpath("//details[starts-with(normalize-space(summary),'Author')]//a/text()")
    assert choices == ["All", "WRITING Person"]


@pytest.mark.parametrize("words", ["Unusual", "subtle", "stands first", "odd-slug", "Guestname"])
def test_search_finds_by_text_address_and_byline(client, words):
    article = ArticleFactory(title="Unusual", subtitle="subtle", standfirst="stands first", slug="odd-slug")
    Byline.objects.create(article=article, name="Guestname")
    ArticleFactory()
    assert [row["title"] for row in rows(client, q=words)] == ["Unusual"]


# -- The form ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("traits", [{"draft": True}, {}])
def test_the_form_with_three_bylines_keeps_to_25_queries(
    client, editor, traits, django_assert_max_num_queries
):
    publication = PublicationFactory()
    article = whole(
        editor,
        **traits,
        entry=publication.entries.create(title="In print"),
        language="zh-hans",
        translation_of=ArticleFactory(),
    )
    client.get(change(article))
    with django_assert_max_num_queries(25):
        client.get(change(article))


def test_the_form_of_a_working_copy_keeps_to_25_queries(client, editor, django_assert_max_num_queries):
    copy = open_copy(whole(editor, language="zh-hans", translation_of=ArticleFactory()))
    client.get(change(copy))
    with django_assert_max_num_queries(25):
        client.get(change(copy))


def test_the_fields_stand_in_the_order_that_editors_think(client, editor):
    page = html.fromstring(client.get(change(whole(editor))).content)
    headings = [h.text_content().strip() for h in page.xpath("//h2[contains(@class,'heading')]")]
    assert headings == [
        "Text", "Lead image", "Bylines", "Filing", "First ran elsewhere", "In a publication", "Address and translation",
        "References", "Date", "Dates and owner",
    ]  # fmt: skip


def test_opening_and_saving_changes_nothing(client, editor):
    article = whole(editor)
    before = snapshots_of(article).first().data
    send(client, change(article))
    assert snapshots_of(article).first().version == 2
    assert snapshots_of(article).first().data == before


def test_filing_rows_carry_the_languages_and_dates_that_lists_sort_by(client):
    topics = TopicFactory.create_batch(3)
    article = ArticleFactory(draft=True, topics=topics[:2])
    send(client, change(article), filed_topics=[topics[1].pk, topics[2].pk], date="2023-05-06")
    rows = ArticleTopic.objects.filter(article=article).order_by("subject")
    assert [(r.subject, r.language, r.date) for r in rows] == [
        (topics[1], "en", datetime.date(2023, 5, 6)),
        (topics[2], "en", datetime.date(2023, 5, 6)),
    ]


def test_a_byline_left_without_a_position_comes_last(client):
    article = ArticleFactory(draft=True, authors=[ExpertFactory()])
    Byline.objects.filter(article=article).update(position=4)
    send(
        client, change(article),
        **{"bylines-TOTAL_FORMS": 3, "bylines-1-name": "Guest One", "bylines-1-contribution": "author",
           "bylines-2-name": "Guest Two", "bylines-2-contribution": "author"},
    )  # fmt: skip
    assert [(b.position, b.name) for b in article.bylines.all()[1:]] == [(5, "Guest One"), (6, "Guest Two")]


def test_a_byline_keeps_the_name_and_role_of_the_day(client):
    expert = ExpertFactory(display_name_en="PAN Deng", title_en="Adjunct Fellow")
    article = ArticleFactory(draft=True, authors=[])
    send(
        client,
        change(article),
        **{"bylines-TOTAL_FORMS": 1, "bylines-0-expert": expert.pk, "bylines-0-contribution": "author"},
    )
    byline = article.bylines.get()
    assert (byline.name, byline.role, byline.position) == ("PAN Deng", "Adjunct Fellow", 1)


def test_a_byline_of_nobody_is_refused(client):
    article = ArticleFactory(draft=True, authors=[])
    response = send(
        client,
        change(article),
        **{"bylines-TOTAL_FORMS": 1, "bylines-0-role": "Fellow", "bylines-0-contribution": "author"},
    )
    [formset] = response.context["inline_admin_formsets"]
    assert formset.formset.errors == [{"__all__": ["Choose an expert or write a name."]}]
    assert values_of(response)["bylines-0-role"] == ["Fellow"]


def test_an_empty_slug_is_made_from_the_title(client):
    send(client, ADD, title="Trade & Trust: a View", slug="")
    assert Article.objects.get().slug == "trade-trust-a-view"


def test_a_chinese_title_asks_for_a_slug_in_latin_letters(client):
    response = send(client, ADD, title="公共外交", slug="", language="zh-hans")
    assert errors_of(response) == {
        "slug": ["Write the last part of the address in Latin letters, digits and hyphens."]
    }


def test_a_translation_takes_its_originals_slug(client):
    original = ArticleFactory(slug="the-original")
    send(client, ADD, title="译文", slug="", language="zh-hans", translation_of=original.pk)
    assert original.translations.get().slug == "the-original"


def test_a_new_slug_of_the_original_is_its_translations_too(client, editor):
    original = ArticleFactory(slug="old", authors=[ExpertFactory()])
    translation = ArticleFactory(slug="old", language="zh-hans", translation_of=original)
    send(client, change(open_copy(original)), "_publish_correction", slug="new", told="minor")
    translation.refresh_from_db()
    assert translation.slug == "new"
    assert [(s.action, s.user) for s in snapshots_of(translation)] == [("save", editor)]
    assert client.get("/zh/articles/old/")["Location"] == "/zh/articles/new/"
    assert client.get("/zh/articles/new/").status_code == 200


def test_a_new_slug_that_another_text_has_in_the_translations_language_is_refused(client):
    original = ArticleFactory(slug="old")
    ArticleFactory(slug="old", language="zh-hans", translation_of=original)
    ArticleFactory(slug="new", language="zh-hans", title="别的")
    response = send(client, change(open_copy(original)), "_publish_correction", slug="new", told="minor")
    assert response.status_code == 200
    assert Article.objects.get(pk=original.pk).slug == "old"


def test_a_second_translation_into_one_language_is_refused_even_beside_one_in_the_trash(client):
    original = ArticleFactory()
    ArticleFactory(
        title="旧译",
        draft=True,
        language="zh-hans",
        translation_of=original,
        slug=original.slug,
        trashed=True,
    )
    response = send(client, ADD, title="新译", language="zh-hans", translation_of=original.pk)
    assert errors_of(response)["translation_of"] == [
        f"“{original}” already has a translation in that language: “旧译” (in the trash)."
    ]


def test_an_address_that_is_taken_is_refused_beside_the_slug(client):
    ArticleFactory(slug="taken", title="First here")
    response = send(client, ADD, title="Second", slug="taken")
    assert errors_of(response) == {
        "slug": ["“/articles/taken/” already belongs to “First here”. Choose another slug."]
    }


def test_a_reprint_whose_canonical_address_is_theirs_needs_that_address(client):
    response = send(client, ADD, title="Reprint", outlet=OutletFactory().pk, canonical="theirs")
    assert errors_of(response) == {
        "outlet_url": ["Give the address at the outlet, or keep this page canonical."]
    }


def test_an_author_can_not_attach_a_text_they_may_not_see(client):
    hidden = ArticleFactory(draft=True, language="zh-hans")
    client.force_login(UserFactory(roles=["Authors"]))
    response = send(client, ADD, title="Mine", translation_of=hidden.pk)
    assert list(errors_of(response)) == ["translation_of"]
    assert hidden.title not in response.content.decode()


def test_an_author_keeps_a_choice_that_somebody_with_more_rights_made(client):
    author = UserFactory(roles=["Authors"])
    hidden = ExpertFactory(draft=True)
    article = ArticleFactory(draft=True, created_by=author, authors=[hidden])
    client.force_login(author)
    assert send(client, change(article), title="Mine, changed").status_code == 302
    assert article.bylines.get().expert == hidden


def test_an_author_reads_a_published_text_without_a_form(client):
    article = ArticleFactory(title="Public", topics=[TopicFactory(name_en="Trade")])
    client.force_login(UserFactory(roles=["Authors"]))
    page = html.fromstring(client.get(change(article)).content.decode())
    assert (
        page.xpath(
            "//div[@id='content-main']//input[not(@type='hidden')] | //div[@id='content-main']//textarea"
        )
        == []
    )
    assert (
        page.xpath("//div[contains(@class,'field-filed_topics')]//div[@class='readonly']")[0].text_content()
        == "Trade"
    )


def test_the_form_assigns_nobody_the_review_does(client):
    assert "assigned_to" not in opened(client, ADD)
    assert "assigned_to" not in opened(client, change(ArticleFactory(draft=True)))


# -- Outlets and sections ---------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3])
def test_outlets_count_their_published_articles(client, number, django_assert_num_queries):
    for _ in range(number):
        outlet = OutletFactory()
        ArticleFactory.create_batch(2, outlet=outlet)
        ArticleFactory(outlet=outlet, draft=True)
        ArticleFactory(outlet=outlet, scheduled=True)
    url = reverse("admin:articles_outlet_changelist")
    client.get(url)
    with django_assert_num_queries(9):
        response = client.get(url)
    assert [o.count_articles for o in response.context["cl"].result_list] == [2] * number


def test_sections_are_ordered_and_hidden_in_the_list(client):
    first, second = NewsSectionFactory(position=1), NewsSectionFactory(position=2)
    url = reverse("admin:articles_newssection_changelist")
    data = {"form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 2, "_save": "1", "form-0-id": first.pk, "form-0-position": 5,
            "form-1-id": second.pk, "form-1-position": 2, "form-1-hidden": "on"}  # fmt: skip
    assert client.post(url, data).status_code == 302
    first.refresh_from_db()
    second.refresh_from_db()
    assert [(s.position, s.hidden) for s in (first, second)] == [(5, False), (2, True)]
