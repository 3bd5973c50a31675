"""What is typed is shown as readers would see it: page, list row and card; nothing of it is kept."""

import time

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml import html

from articles.models import Article
from charhar.desk.preview import preview_path
from charhar.publishing import copies, workflow
from charhar.publishing.models import ContentVersion
from charhar.publishing.version import current_version
from tests import factories
from tests.admin_forms import opened
from tests.desk.test_pretend import everything_stored
from tests.factories import ArticleFactory, ExpertFactory, UserFactory
from tests.publishing import everything

ROLES = ["Authors", "Fellows", "Editors", "Secretariat", "Administrators", "no role"]


@pytest.fixture
def editor(transactional_db, client):
    person = UserFactory(username="editor", roles=["Editors"])
    client.force_login(person)
    return person


def at(page, text=None, model=None):
    meta = (model or type(text))._meta
    name = f"admin:{meta.app_label}_{meta.model_name}_{page}"
    return reverse(name, args=[text.pk] if text is not None else [])


def form_of(client, text):
    return opened(client, at("change", text))


def show(client, text, view="page", language="en", values=None, **changes):
    """Preview the text's form, with some fields changed; the response."""
    data = {**(values or form_of(client, text)), **changes}
    return client.post(f"{at('preview', text)}?as={view}&in={language}", data)


def read(response):
    page = html.fromstring(response.content.decode())
    for script in page.xpath("//script"):
        script.drop_tree()
    return " ".join(page.xpath("//body")[0].text_content().split())


# -- Nothing is written -------------------------------------------------------------------------------


@pytest.mark.matrix
@pytest.mark.parametrize("model", everything.KINDS, ids=lambda model: model.__name__)
def test_no_preview_of_any_kind_leaves_a_trace(client, editor, model):
    if model._meta.app_label == "pages":
        client.force_login(UserFactory(roles=["Administrators"]))
    text = everything.fill(everything.KINDS[model](draft=True), 1)
    workflow.record(text, user=None, action="save")
    form = form_of(client, text)
    add = opened(client, at("add", model=model))
    title = "display_name_en" if "display_name_en" in form else "title"
    stored, version = everything_stored(), current_version()
    for view in ("page", "row", "card"):
        for language in ("en", "zh-hans"):
            response = show(client, text, view, language, form, **{title: "Typed just now"})
            assert response.status_code == 200
            assert "Typed just now" in response.content.decode() or language == "zh-hans"
        assert show(client, text, view, "en", form, expire_at="nonsense").status_code == 200
        assert show(client, text, view, "en", {"title": "x"}).status_code in {200, 422}
    client.post(at("preview_new", model=model), {**add, title: "Quite new"})
    client.get(preview_path(text))
    assert everything_stored() == stored
    assert current_version() == version


def test_nothing_is_written_when_the_page_can_not_be_made(client, editor, monkeypatch):
    text = ArticleFactory(draft=True)
    form = form_of(client, text)
    stored = everything_stored()
    client.raise_request_exception = False
    monkeypatch.setattr("articles.views.reading_on", lambda *parts: 1 / 0)
    assert show(client, text, values=form, title="Typed").status_code == 500
    assert everything_stored() == stored
    monkeypatch.undo()
    assert "Typed" in read(show(client, text, values=form, title="Typed"))


def test_no_menu_or_foot_is_kept_from_a_preview(client, editor):
    section = factories.NewsSectionFactory(slug="section")
    text = ArticleFactory(draft=True)
    form = form_of(client, text)
    cache.clear()
    response = show(client, text, values=form, title="Not for the menu", filed_sections=[section.pk])
    assert response.status_code == 200
    reader = Client()
    for _ in range(3):
        assert "Not for the menu" not in reader.get("/research/").content.decode()
        ContentVersion.objects.update(number=ContentVersion.objects.get().number + 1)


# -- What is shown ------------------------------------------------------------------------------------


def test_the_page_shows_what_is_typed_with_all_that_belongs_to_it(client, editor):
    text = ArticleFactory(draft=True, title="Saved title", authors=[])
    topic, image = factories.TopicFactory(name_en="Rivers"), factories.ImageFactory()
    expert = ExpertFactory(display_name_en="SAMPLE Ada")
    said = read(
        show(
            client,
            text,
            title="Typed title",
            body="<p>Typed body.</p>",
            filed_topics=[topic.pk],
            tags="typed, tagged",
            lead_image=image.pk,
            lead_caption="Typed caption",
            **{
                "bylines-TOTAL_FORMS": "2",
                "bylines-0-expert": expert.pk,
                "bylines-0-contribution": "author",
                "bylines-1-name": "Guest Writer",
                "bylines-1-contribution": "author",
            },
        )
    )
    assert "Saved title" not in said
    for typed in ("Typed title", "Typed body.", "Rivers", "tagged", "Typed caption", "Guest Writer"):
        assert typed in said
    assert "SAMPLE Ada" in said


def test_a_row_taken_out_is_not_shown(client, editor):
    text = ArticleFactory(draft=True, authors=[ExpertFactory(display_name_en="SAMPLE Ada")])
    assert "SAMPLE Ada" in read(show(client, text))
    assert "SAMPLE Ada" not in read(show(client, text, **{"bylines-0-DELETE": "on"}))


def test_a_field_that_is_not_valid_stays_as_saved_and_is_named(client, editor):
    text = ArticleFactory(draft=True, title="Saved title")
    said = read(show(client, text, title="", subtitle="Typed subtitle", date="yesterday"))
    assert "Saved title" in said
    assert "Typed subtitle" in said
    assert "Not yet valid in the form, so shown as saved: Title; Date shown" in said


def test_a_new_row_is_shown_once_it_is_valid(client, editor):
    text = ArticleFactory(draft=True, authors=[])
    rows = {"bylines-TOTAL_FORMS": "1", "bylines-0-role": "Professor", "bylines-0-contribution": "author"}
    said = read(show(client, text, **rows))
    assert "Professor" not in said
    assert "Bylines, row 1" in said
    assert "Professor" in read(show(client, text, **rows, **{"bylines-0-name": "Guest"}))


def test_an_address_that_is_taken_does_not_stop_the_preview(client, editor):
    ArticleFactory(slug="taken", title="Theirs")
    text = ArticleFactory(draft=True, slug="mine", title="Mine")
    said = read(show(client, text, slug="taken"))
    assert "Mine" in said
    assert "shown as saved: Slug" in said


def test_a_text_not_yet_saved_is_shown(client, editor):
    values = opened(client, at("add", model=Article))
    response = client.post(
        at("preview_new", model=Article), {**values, "title": "全新的文章", "body": "<p>One.</p>"}
    )
    assert response.status_code == 200
    assert "全新的文章" in read(response)
    assert not Article.versions.exists()


def test_what_a_new_text_needs_first_is_said(client, editor):
    model = factories.PublicationFactory._meta.model
    values = opened(client, at("add", model=model))
    response = client.post(at("preview_new", model=model), {**values, "title": "A book"})
    assert response.status_code == 422
    assert "Choose first: series" in read(response)


def test_a_form_opened_before_somebody_else_saved_shows_both(client, editor):
    text = ArticleFactory(draft=True, title="Begun", subtitle="Begun")
    workflow.record(text, user=None, action="save")
    form = form_of(client, text)
    text.title, text.subtitle = "Their title", "Their subtitle"
    text.save()
    workflow.record(text, user=None, action="save")
    said = read(show(client, text, values=form, title="My title"))
    assert "My title" in said
    assert "Their subtitle" in said


def test_a_working_copy_is_shown_with_its_note(client, editor):
    live = ArticleFactory(title="As it is")
    workflow.record(live, user=None, action="save")
    copy = copies.open_copy(live, editor)
    said = read(show(client, copy, title="As it shall be", told="noted", public_note="The name was wrong."))
    assert "As it shall be" in said
    assert "The name was wrong." in said
    assert "The name was wrong." not in read(
        show(client, copy, told="minor", public_note="The name was wrong.")
    )
    assert Article.objects.get().title == "As it is"


def test_whoever_may_only_read_sees_what_is_saved(client, transactional_db):
    person = UserFactory(roles=["Authors"])
    text = ArticleFactory(title="Public", created_by=person)
    client.force_login(person)
    assert "Public" in read(client.post(at("preview", text), {"title": "Typed"}))


def test_an_expert_is_shown_in_both_languages(client, editor):
    expert = ExpertFactory(draft=True)
    typed = {"title_en": "Typed fellow", "title_zh": "新的头衔"}
    assert "Typed fellow" in read(show(client, expert, **typed))
    assert "新的头衔" in read(show(client, expert, language="zh-hans", **typed))
    for view in ("row", "card"):
        assert "新的头衔" in read(show(client, expert, view, "zh-hans", **typed))


def test_the_other_edition_stands_beside_this_one(client, editor):
    text = ArticleFactory(draft=True, slug="both")
    assert b"data-other" not in client.get(at("change", text)).content
    other = ArticleFactory(draft=True, language="zh-hans", translation_of=text, slug="both", title="中文版")
    for edition, beside in ((text, other), (other, text)):
        page = html.fromstring(client.get(at("change", edition)).content.decode())
        assert page.xpath("//input/@data-other") == [preview_path(beside)]
    response = client.get(preview_path(other))
    assert response.headers["Content-Language"] == "zh-hans"
    assert "中文版" in read(response)


@pytest.mark.parametrize(
    ("model", "component"),
    [
        ("Article", "//ol[@class='rows']/li[contains(@class, 'row')]"),
        ("Publication", "//ol[@class='rows']/li[contains(@class, 'row')]"),
        ("Expert", "//ul[@class='faces']/li[@class='face']"),
        ("InstitutePage", "//nav[@class='side']//li"),
    ],
)
def test_the_row_is_the_lists_own_component(client, transactional_db, model, component):
    client.force_login(UserFactory(roles=["Administrators"]))
    kind = next(kind for kind in everything.KINDS if kind.__name__ == model)
    text = everything.KINDS[kind](draft=True)
    response = show(client, text, "row")
    assert str(text) in "".join(html.fromstring(response.content.decode()).xpath(component)[0].itertext())


def test_the_card_says_what_the_page_says_of_itself(client, editor):
    text = ArticleFactory(draft=True, lead_image=factories.ImageFactory(alt_en="A bridge"))
    response = show(client, text, "card", title="A short title", standfirst="One sentence.")
    page = html.fromstring(response.content.decode())
    assert page.xpath("string(//p[@class='card-title'])") == "A short title"
    assert page.xpath("string(//p[@class='card-text'])") == "One sentence."
    (image,) = page.xpath("//figure//img")
    assert image.get("src") == text.lead_image.card()[0]
    assert image.get("alt") == "A bridge"
    assert not page.xpath("//ul[@class='card-remarks']")


def test_the_card_says_what_will_be_cut_or_is_missing(client, editor):
    text = ArticleFactory(draft=True)
    said = read(show(client, text, "card", title="Word " * 20, standfirst=""))
    assert "The title is long" in said
    assert "There is no description" in said
    assert "There is no picture" in said
    assert "The title is long" not in read(show(client, text, "card", title="Word " * 13))
    assert "The description is long" in read(show(client, text, "card", standfirst="Word " * 50))
    assert "The title is long" in read(show(client, text, "card", title="题" * 36))  # twice as wide


def test_an_article_is_previewed_with_at_most_eighty_five_queries(client, editor):
    text = ArticleFactory(draft=True, authors=[ExpertFactory(), ExpertFactory()])
    form = form_of(client, text)
    show(client, text, values=form)
    with CaptureQueriesContext(connection) as counted:
        show(client, text, values=form)
    assert len(counted) <= 85


# -- Who may see it -----------------------------------------------------------------------------------

ENDPOINTS = ["form", "new form", "saved"]
# role -> own or another's -> endpoint -> status, for a draft article.
EXPECTED = {
    ("Authors", "own"): {"form": 200, "new form": 200, "saved": 200},
    ("Authors", "other"): {"form": 404, "new form": 200, "saved": 404},
    ("Fellows", "own"): {"form": 200, "new form": 200, "saved": 200},
    ("Fellows", "other"): {"form": 404, "new form": 200, "saved": 404},
    ("Editors", "own"): {"form": 200, "new form": 200, "saved": 200},
    ("Editors", "other"): {"form": 200, "new form": 200, "saved": 200},
    ("Secretariat", "own"): {"form": 404, "new form": 403, "saved": 404},
    ("Secretariat", "other"): {"form": 404, "new form": 403, "saved": 404},
    ("Administrators", "own"): {"form": 200, "new form": 200, "saved": 200},
    ("Administrators", "other"): {"form": 200, "new form": 200, "saved": 200},
    ("no role", "own"): {"form": 404, "new form": 403, "saved": 404},
    ("no role", "other"): {"form": 404, "new form": 403, "saved": 404},
    ("anonymous", "other"): {"form": 302, "new form": 302, "saved": 404},
    ("not staff", "own"): {"form": 302, "new form": 302, "saved": 404},
}


@pytest.mark.matrix
@pytest.mark.django_db
@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(("role", "whose"), EXPECTED)
def test_each_role_previews_what_it_may_see(client, role, whose, endpoint):
    person = UserFactory(roles=[role] if role in ROLES[:-1] else [], is_staff=role != "not staff")
    if role == "not staff":
        person.groups.add(*_groups("Editors"))
    text = ArticleFactory(
        draft=True, title="A secret", created_by=person if whose == "own" else UserFactory()
    )
    if role != "anonymous":
        client.force_login(person)
    response = {
        "form": lambda: client.post(at("preview", text), {"title": "Typed"}),
        "new form": lambda: client.post(at("preview_new", model=Article), {"title": "Typed"}),
        "saved": lambda: client.get(preview_path(text)),
    }[endpoint]()
    assert response.status_code == EXPECTED[role, whose][endpoint]
    if response.status_code != 200:
        assert "A secret" not in response.content.decode()


def _groups(*names):
    from django.contrib.auth.models import Group

    return Group.objects.filter(name__in=names)


@pytest.mark.django_db
def test_no_reader_ever_gets_a_preview():
    reader = Client()
    live = ArticleFactory(title="Sample of a title")
    workflow.record(live, user=None, action="save")
    texts = [live, copies.open_copy(live)]
    for trait in ("draft", "review", "scheduled", "expired", "withdrawn", "trashed"):
        texts += [maker(**{trait: True}) for maker in everything.KINDS.values()]
    for text in texts:
        for prefix in ("", "/zh"):
            for query in ("", "?as=row", "?as=card"):
                path = f"{prefix}/preview/{text._meta.model_name}/{text.pk}/{query}"
                response = reader.get(path)
                assert response.status_code == 404
                assert str(text) not in response.content.decode()
                assert reader.post(path).status_code == 404


@pytest.mark.django_db
def test_the_stable_address_shows_drafts_and_copies_and_knows_nothing_else(client):
    editor = UserFactory(roles=["Editors"])
    client.force_login(editor)
    live = ArticleFactory(title="As it is")
    workflow.record(live, user=None, action="save")
    copy = copies.open_copy(live, editor)
    Article.versions.filter(pk=copy.pk).update(title="As it shall be")
    response = client.get(f"/preview/article/{copy.pk}/")
    assert "As it shall be" in read(response)
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert "As it is" in read(client.get(f"/preview/article/{live.pk}/"))
    for path in ("/preview/article/999999/", "/preview/user/1/", "/preview/nothing/1/"):
        assert client.get(path).status_code == 404
    assert client.get(f"/preview/article/{live.pk}/?as=nothing").status_code == 404
    assert client.get(f"/preview/article/{ArticleFactory(trashed=True).pk}/").status_code == 404
    copies.discard_copy(copy, editor)
    assert client.get(f"/preview/article/{copy.pk}/").status_code == 404


@pytest.mark.django_db
def test_the_forms_link_leads_to_the_copys_own_preview(client):
    editor = UserFactory(roles=["Editors"])
    client.force_login(editor)
    live = ArticleFactory()
    workflow.record(live, user=None, action="save")
    copy = copies.open_copy(live, editor)
    page = html.fromstring(client.get(at("change", copy)).content.decode())
    (link,) = page.xpath("//a[@class='viewsitelink']")
    assert (link.text, link.get("href")) == ("Preview", f"/preview/article/{copy.pk}/")
    page = html.fromstring(client.get(at("change", live)).content.decode())
    (link,) = page.xpath("//a[@class='viewsitelink']")
    assert (link.text, link.get("href")) == ("View on site", live.get_absolute_url())


@pytest.mark.django_db
def test_an_unknown_view_or_language_is_not_found_and_a_get_leads_on(client):
    client.force_login(UserFactory(roles=["Editors"]))
    text = ArticleFactory(draft=True)
    assert client.post(f"{at('preview', text)}?as=nothing", {}).status_code == 404
    assert client.post(f"{at('preview', text)}?in=fr", {}).status_code == 404
    assert client.get(at("preview", text)).headers["Location"] == preview_path(text)
    assert client.get(at("preview_new", model=Article)).headers["Location"] == at("add", model=Article)


@pytest.mark.django_db
def test_no_page_may_be_framed_by_another_and_previews_need_no_exception(client):
    client.force_login(UserFactory(roles=["Editors"]))
    text = ArticleFactory(draft=True)
    public = ArticleFactory()
    for response in (
        client.get(at("change", text)),
        show(client, text),
        client.get(preview_path(text)),
        client.get(public.get_absolute_url()),
    ):
        policy = response.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["X-Frame-Options"] == "DENY"
    assert "<script src" not in show(client, text).content.decode()


# -- Beside those who save ----------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.timeout(400)
def test_fifty_previews_among_saves_fail_nowhere(at_once):
    editor = UserFactory(roles=["Editors"])
    text = ArticleFactory(draft=True, title="Begun")
    workflow.record(text, user=None, action="save")
    form = None
    turns = iter(range(60))
    editors = [Client() for _ in range(60)]

    def work():
        turn = next(turns)
        client = editors[turn]
        if turn % 6 == 0:
            ArticleFactory(draft=True, title=f"Saved {turn}")
            other = Article.versions.get(pk=text.pk)
            other.standfirst = f"Saved {turn}"
            other.save()
            return "saved"
        for _try in range(200):
            response = client.post(at("preview", text), {**form, "title": f"Typed {turn}"})
            assert response.status_code in {200, 503}
            if response.status_code == 200:
                assert f"Typed {turn}" in response.content.decode()
                return "shown"
            time.sleep(int(response.headers["Retry-After"]))
        return "gave up"

    for client in editors:
        client.force_login(editor)
    form = form_of(editors[0], text)
    outcomes = at_once(60, work)
    assert sorted(set(outcomes)) == ["saved", "shown"]
    assert outcomes.count("saved") == 10
    assert Article.versions.count() == 11
    assert Article.versions.get(pk=text.pk).title == "Begun"
    assert not Article.versions.filter(title__startswith="Typed").exists()
