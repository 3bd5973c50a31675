"""The translation desk: the other edition begun from this one, written beside it, and kept up to date."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from lxml import html

from articles.models import Article
from charhar.pages.models import InstitutePage
from charhar.publishing import workflow
from charhar.publishing.checklist import findings
from charhar.publishing.copies import open_copy, publish_copy
from charhar.publishing.history import snapshots_of
from charhar.publishing.models import Publishable, State
from charhar.publishing.translation import (
    is_outdated,
    lacking_q,
    other_edition_of,
    outdated_q,
    start_edition,
)
from experts.models import Expert
from publications.models import Publication
from tests.admin_forms import send
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    ImageFactory,
    PageFactory,
    PublicationFactory,
    UserFactory,
)
from tests.publishing.everything import KINDS, contents, fill

pytestmark = pytest.mark.django_db
TRANSLATED = [model for model in KINDS if model.is_translated]


@pytest.fixture
def editor(client):
    person = UserFactory(username="editor", roles=["Editors"])
    client.force_login(person)
    return person


def at(page, text, *args):
    return reverse(f"admin:{text._meta.app_label}_{text._meta.model_name}_{page}", args=[text.pk, *args])


def live(factory=ArticleFactory, **fields):
    text = factory(**fields)
    workflow.record(text, user=None, action="save")
    return text


def again(text):
    return type(text).versions.get(pk=text.pk)


def rewritten(text, **fields):
    """The text with other words, saved."""
    text = again(text)
    for name, value in fields.items():
        setattr(text, name, value)
    text.save()
    workflow.record(text, user=None, action="save")
    return text


def words(response):
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


# -- What is carried over ---------------------------------------------------------------------------


@pytest.mark.parametrize("model", TRANSLATED)
def test_of_every_field_row_and_relation_it_is_said_whether_an_edition_begins_with_it(model):
    columns = {f.name for f in model._meta.concrete_fields} - Publishable.LIFE_FIELDS - {"slug"}
    everything = columns | set(model.CONTENT_INLINES) | {f.name for f in model._meta.many_to_many}
    assert set(model.EDITION_CARRIES) | set(model.EDITION_WRITES) == everything
    assert set(model.EDITION_CARRIES) & set(model.EDITION_WRITES) == set()


@pytest.mark.parametrize("model", TRANSLATED)
def test_an_edition_begins_with_exactly_what_is_carried(model):
    text = fill(KINDS[model](), 0)
    workflow.record(text, user=None, action="save")
    before = contents(text)
    person = UserFactory(roles=["Editors"])
    edition, made = start_edition(text, person)
    assert made
    assert contents(text) == before
    life = (edition.language, edition.translation_of, edition.state, edition.created_by, edition.slug)
    assert life == ("zh-hans", text, State.DRAFT, person, text.slug)
    assert (edition.version, edition.translated_version) == (1, 1)
    assert [s.action for s in snapshots_of(edition)] == ["translate"]
    columns = contents(edition)[0]
    for name, value in before[0].items():
        field = model._meta.get_field(name)
        if name in model.EDITION_WRITES:
            assert columns[name] == (field.get_default() if field.has_default() else ""), name
        elif name not in ("slug", "parent"):
            assert columns[name] == value, name
    for row in [*before[1].get("Byline", []), *before[1].get("Contributor", [])]:
        row["name"] = Expert.objects.get(pk=row["expert"]).display_name_zh
    for name, rows in contents(edition)[1].items():
        wanted = [{k: v for k, v in row.items() if k != "language"} for row in before[1][name]]
        assert [{k: v for k, v in row.items() if k != "language"} for row in rows] == wanted, name


def test_names_and_titles_come_from_the_profiles_in_the_other_language():
    now, promoted = (
        ExpertFactory(display_name_zh="潘登", title_zh="研究员"),
        ExpertFactory(display_name_zh="李"),
    )
    text = ArticleFactory(authors=[now, promoted])
    text.bylines.create(name="A Guest", role="Professor", position=5)
    text.bylines.filter(expert=promoted).update(role="Visiting Fellow")
    issue = PublicationFactory()
    issue.contributors.create(expert=now, role="chief")
    edition, _made = start_edition(text)
    assert [(b.expert, b.name, b.role) for b in edition.bylines.all()] == [
        (now, "潘登", "研究员"),
        (promoted, "李", "Visiting Fellow"),
        (None, "A Guest", "Professor"),
    ]
    assert [(c.name, c.role) for c in start_edition(issue)[0].contributors.all()] == [("潘登", "chief")]
    back = ArticleFactory(language="zh-hans", slug="back")
    back.bylines.create(expert=now, name="潘登", role="研究员")
    assert [(b.name, b.role) for b in start_edition(back)[0].bylines.all()] == [
        (now.display_name_en, "Adjunct Fellow")
    ]


def test_tags_are_carried_that_the_other_language_uses():
    text = ArticleFactory()
    text.tags.add("G20", "trade")
    ArticleFactory(language="zh-hans").tags.add("G20")
    assert list(start_edition(text)[0].tags.names()) == ["G20"]


def test_an_entry_keeps_one_article_a_language():
    entry = PublicationFactory().entries.create(title="In print")
    text = ArticleFactory(entry=entry)
    assert start_edition(text)[0].entry == entry
    other = PublicationFactory().entries.create(title="In print too")
    ArticleFactory(entry=other, language="zh-hans")
    assert start_edition(ArticleFactory(entry=other))[0].entry is None


def test_a_page_goes_beneath_the_same_page_in_its_own_language():
    about = PageFactory(slug="about")
    below = PageFactory(parent=about)
    assert start_edition(below)[0].parent is None
    chinese = start_edition(about)[0]
    assert start_edition(PageFactory(parent=about))[0].parent == chinese


def test_an_address_that_is_taken_is_said():
    ArticleFactory(slug="ports", language="zh-hans", title="港口")
    text = ArticleFactory(slug="ports")
    with pytest.raises(ValidationError, match="already belongs to “港口”"):
        start_edition(text)
    assert other_edition_of(text) is None


# -- One edition, whoever asks ----------------------------------------------------------------------


def test_there_is_one_edition_from_the_text_its_copy_and_its_translation():
    text = live()
    edition, _made = start_edition(open_copy(text))
    assert start_edition(text) == (edition, False)
    assert start_edition(edition) == (text, False)
    assert other_edition_of(text) == edition
    Article.objects.filter(pk=edition.pk).update(trashed_at="2026-01-01T00:00:00Z")
    assert start_edition(text) == (edition, False)


@pytest.mark.django_db(transaction=True)
def test_who_press_at_once_get_one_edition(at_once):
    text = live()
    found = at_once(10, lambda: start_edition(Article.objects.get(pk=text.pk)))
    assert len({edition.pk for edition, _made in found}) == 1
    assert [made for _edition, made in found].count(True) == 1
    assert Article.versions.filter(translation_of=text).count() == 1


# Role, and whether the original is public, own, or somebody else's draft: what pressing the button does.
# "made": a draft of one's own; 404 for what one may not know of.
ORIGINALS = ["public", "own draft", "other's draft", "trashed"]
EXPECTED = {
    ("Authors", Article): ["made", "made", 404, 404],
    ("Authors", Publication): [403, 403, 404, 404],
    ("Authors", InstitutePage): [403, 404, 404, 404],
    ("Fellows", Article): ["made", "made", 404, 404],
    ("Fellows", Publication): [403, 403, 404, 404],
    ("Fellows", InstitutePage): [403, 404, 404, 404],
    ("Editors", Article): ["made", "made", "made", 403],
    ("Editors", Publication): ["made", "made", "made", 403],
    ("Editors", InstitutePage): ["made", "made", "made", 403],
    ("Administrators", Article): ["made", "made", "made", 403],
    ("Secretariat", Article): [403, 404, 404, 404],
    ("", Article): [403, 404, 404, 404],
}


@pytest.mark.parametrize(("role", "model"), EXPECTED)
def test_the_button_answers_each_role(client, role, model):
    person = UserFactory(roles=[role] if role else [])
    client.force_login(person)
    make = KINDS[model]
    texts = [
        make(),
        make(draft=True, created_by=person),
        make(draft=True, created_by=UserFactory()),
        make(draft=True, trashed=True),
    ]
    found = []
    for text in texts:
        assert client.get(at("edition", text)).status_code == 405
        response = client.post(at("edition", text))
        edition = other_edition_of(text)
        if edition is None:
            found.append(response.status_code)
        else:
            assert edition.created_by == person
            assert response.headers["Location"] == at("change", edition)
            found.append("made")
    assert dict(zip(ORIGINALS, found, strict=True)) == dict(
        zip(ORIGINALS, EXPECTED[role, model], strict=True)
    )


def test_somebody_elses_draft_is_said_and_not_shown(client):
    text = live()
    start_edition(text, UserFactory(roles=["Editors"]))
    client.force_login(UserFactory(roles=["Authors"]))
    response = client.post(at("edition", text), follow=True)
    assert "begun already, by somebody else" in words(response)
    with pytest.raises(PermissionDenied):
        start_edition(text, UserFactory())


def test_experts_have_no_editions(client, editor):
    assert client.post(f"/admin/experts/expert/{ExpertFactory().pk}/edition/").status_code in (302, 404)


# -- The panel --------------------------------------------------------------------------------------


def test_the_form_leads_from_one_edition_to_the_other(client, editor):
    text = live(title="On ports")
    page = client.get(at("change", text))
    assert "Start the Chinese edition" in words(page)
    edition = again(start_edition(text, editor)[0])
    assert "Chinese edition" in words(client.get(at("change", text)))
    assert "Start the" not in words(client.get(at("change", text)))
    shown = words(client.get(at("change", edition)))
    assert "Translation of On ports Published It is up to date with its original." in shown
    rewritten(text, title="On harbours")
    assert "It is older than this text." in words(client.get(at("change", text)))
    shown = words(client.get(at("change", edition)))
    assert "The original has changed since. What has changed in the original since" in shown
    assert "The translation is up to date with the original" in shown


def test_who_may_not_read_the_original_is_told_nothing_of_it(client):
    author = UserFactory(roles=["Authors"])
    text = live(title="Hidden original", standfirst="Not to be seen", draft=True, created_by=UserFactory())
    edition = start_edition(text)[0]
    Article.objects.filter(pk=edition.pk).update(assigned_to=author, title="译文")
    client.force_login(author)
    page = client.get(at("change", edition))
    assert page.status_code == 200
    assert b"Not to be seen" not in page.content
    assert b"up to date" not in page.content
    assert client.get(at("original", edition)).status_code == 404


# -- Side by side -----------------------------------------------------------------------------------


def beside(client, text):
    page = html.fromstring(client.get(at("change", text)).content.decode())
    return {
        box.xpath(".//*[@name]/@name")[0]: (
            box.xpath(".//div[contains(@class,'original-text')]/@lang")[0],
            box.xpath("string(.//div[contains(@class,'original-text')])").strip(),
        )
        for box in page.xpath("//div[@class='beside']")
    }


def test_each_text_field_has_its_original_beside_it(client, editor):
    text = live(
        title="On <ports>", subtitle="A subtitle", standfirst="One line.\nTwo.", body="<p>A <em>word</em>.</p>",
        editors_note="", lead_image=ImageFactory(), lead_caption="A port",
    )  # fmt: skip
    edition = start_edition(text, editor)[0]
    assert beside(client, edition) == {
        "title": ("en", "On <ports>"),
        "subtitle": ("en", "A subtitle"),
        "standfirst": ("en", "One line.Two."),
        "body": ("en", "A word."),
        "lead_caption": ("en", "A port"),
    }
    assert beside(client, text) == {}
    chinese = live(language="zh-hans", slug="zh", title="港口", subtitle="", standfirst="", body="")
    assert beside(client, start_edition(chinese, editor)[0]) == {"title": ("zh-Hans", "港口")}


@pytest.mark.parametrize("factory", [PublicationFactory, PageFactory])
def test_the_other_kinds_too(client, editor, factory):
    text = live(factory, standfirst="In a sentence.")
    assert beside(client, start_edition(text, editor)[0])["standfirst"] == ("en", "In a sentence.")


def test_a_correction_of_a_translation_is_written_beside_what_readers_see_of_the_original(client, editor):
    text = live(title="On ports", standfirst="As readers see it.")
    edition = rewritten(start_edition(text, editor)[0], title="论港口", body="<p>正文</p>")
    workflow.publish(edition, None)
    assert beside(client, edition) == {}
    rewritten(open_copy(text), standfirst="Not yet public.")
    copy = open_copy(edition)
    assert beside(client, copy)["standfirst"] == ("en", "As readers see it.")
    assert "Somebody is correcting the original" in words(client.get(at("change", copy)))


def test_what_is_typed_beside_the_original_is_saved(client, editor):
    edition = start_edition(live(), editor)[0]
    send(client, at("change", edition), title="论港口", standfirst="一句话。", body="<p>正文。</p>")
    edition = again(edition)
    assert (edition.title, edition.standfirst, edition.body) == ("论港口", "一句话。", "<p>正文。</p>")


# -- Older than its original ------------------------------------------------------------------------

SAVES = {
    "nothing": (lambda text: None, False),
    "a save without a change": (lambda text: rewritten(text), False),
    "another slug": (lambda text: rewritten(text, slug="another"), False),
    "another owner": (lambda text: rewritten(text, assigned_to=UserFactory()), False),
    "another title": (lambda text: rewritten(text, title="Other words"), True),
    "another body": (lambda text: rewritten(text, body="<p>Other words.</p>"), True),
    "another byline": (lambda text: (text.bylines.create(name="A Guest"), rewritten(text)), True),
    "another tag": (lambda text: (text.tags.add("new"), rewritten(text)), True),
    "an open correction": (lambda text: rewritten(open_copy(text), title="Not yet public"), False),
    "a published correction": (lambda text: publish_copy(rewritten(open_copy(text), title="New")), True),
    "a correction of nothing": (lambda text: publish_copy(open_copy(text)), False),
    "withdrawn": (lambda text: workflow.withdraw(text, None, "A reason."), False),
    "there and back": (lambda text: rewritten(rewritten(text, title="B"), title=text.title), True),
    "changed and in the trash": (
        lambda text: Article.objects.filter(pk=rewritten(text, title="B").pk).update(
            trashed_at="2026-01-01T00:00:00Z"
        ),
        False,
    ),
}


@pytest.mark.parametrize("save", SAVES)
def test_a_translation_is_older_once_the_content_of_its_original_changed(save):
    text = live(title="As it was")
    edition = start_edition(text)[0]
    do, older = SAVES[save]
    do(text)
    edition = again(edition)
    assert is_outdated(edition) is older
    assert Article.versions.filter(outdated_q(), pk=edition.pk).exists() is older


def test_the_form_says_that_the_translation_is_up_to_date_again_and_shows_what_changed(client, editor):
    text = live(title="On ports", standfirst="One.")
    edition = start_edition(text, editor)[0]
    rewritten(text, title="On harbours")
    page = html.fromstring(client.get(at("original", edition)).content.decode())
    shown = page.xpath("//section[@class='difference']")
    assert [(s.xpath("string(h3)"), s.xpath(".//del/text()"), s.xpath(".//ins/text()")) for s in shown] == [
        ("Title", ["ports"], ["harbours"])
    ]
    send(client, at("change", edition), title="论港口")
    assert is_outdated(again(edition))
    send(client, at("change", edition), up_to_date="2")
    edition = again(edition)
    assert (is_outdated(edition), edition.translated_version) == (False, 2)
    assert "Nothing: the original says what it said then." in words(client.get(at("original", edition)))


@pytest.mark.parametrize(("said", "kept"), [("1", 2), ("3", 3), ("99", 3), ("", 2)])
def test_what_is_said_counts_for_the_version_that_was_seen_never_for_an_earlier_or_coming_one(
    client, editor, said, kept
):
    text = live()
    text = rewritten(text, title="B")
    edition = start_edition(text, editor)[0]
    rewritten(text, title="C")
    send(client, at("change", edition), title="译", up_to_date=said)
    assert again(edition).translated_version == kept


def test_nonsense_is_refused_and_what_is_typed_kept(client, editor):
    edition = start_edition(live(), editor)[0]
    response = send(client, at("change", edition), title="译", up_to_date="-1")
    assert response.status_code == 200
    assert again(edition).translated_version == 1


def test_a_live_translation_is_brought_up_to_date_by_its_correction_or_by_saying_so(client, editor):
    text = live()
    edition = start_edition(text, editor)[0]
    workflow.publish(edition, None)
    text = rewritten(text, title="B")
    copy = open_copy(again(edition))
    assert is_outdated(copy)
    send(client, at("change", copy), title="乙", up_to_date=str(text.version))
    assert is_outdated(again(edition))
    publish_copy(again(copy))
    assert not is_outdated(again(edition))
    text = rewritten(text, title="C")
    send(client, at("change", edition), up_to_date=str(text.version))
    assert not is_outdated(again(edition))


def test_saying_so_leaves_an_open_correction_in_order(client, editor):
    text = live()
    edition = start_edition(text, editor)[0]
    workflow.publish(edition, None)
    text = rewritten(text, title="B")
    copy = rewritten(open_copy(again(edition)), title="乙")
    send(client, at("change", edition), up_to_date=str(text.version))
    publish_copy(again(copy))
    edition = again(edition)
    assert (edition.title, is_outdated(edition)) == ("乙", False)


def test_a_text_linked_by_hand_counts_as_up_to_date_then(client, editor):
    one, two = live(title="One"), rewritten(live(), title="Two")
    chinese = live(language="zh-hans", slug="alone", draft=True)
    send(client, at("change", chinese), translation_of=one.pk)
    assert again(chinese).translated_version == 1
    rewritten(one, title="One B")
    assert is_outdated(again(chinese))
    send(client, at("change", chinese), translation_of=two.pk)
    assert (again(chinese).translated_version, is_outdated(again(chinese))) == (2, False)
    send(client, at("change", chinese), translation_of="")
    assert again(chinese).translated_version is None


# -- Which texts lack one ---------------------------------------------------------------------------


def titles(client, **query):
    return {a.title for a in client.get("/admin/articles/article/", query).context["cl"].result_list}


def test_the_list_finds_texts_without_the_other_edition_and_those_that_are_older(client, editor):
    alone, both, gone = (live(title=t) for t in ("Alone", "Both", "Gone"))
    older = live(title="Older")
    live(title="独", language="zh-hans", slug="alone-in-chinese")
    for text in (both, gone, older):
        Article.objects.filter(pk=start_edition(text)[0].pk).update(title=f"{text.title}, in Chinese")
    other_edition = other_edition_of(gone)
    Article.objects.filter(pk=other_edition.pk).update(trashed_at="2026-01-01T00:00:00Z")
    rewritten(older, standfirst="Changed.")
    rewritten(alone, standfirst="Changed.")
    assert titles(client, edition="no-zh") == {"Alone", "Gone"}
    assert titles(client, edition="no-en") == {"独"}
    assert titles(client, edition="older") == {"Older, in Chinese"}
    assert len(titles(client, edition="nonsense")) == 7


def test_an_original_in_the_trash_is_no_edition():
    text = live(draft=True)
    edition = start_edition(text)[0]
    assert not Article.objects.filter(lacking_q(Article, "en"), pk=edition.pk).exists()
    workflow.trash(text, None)
    assert Article.objects.filter(lacking_q(Article, "en"), pk=edition.pk).exists()


@pytest.mark.parametrize("edition", ["no-zh", "no-en", "older"])
def test_the_filter_costs_the_list_no_query(client, editor, django_assert_num_queries, edition):
    for _ in range(3):
        rewritten(start_edition(live())[0].translation_of, title="B")
        live()
        live(language="zh-hans")
    client.get("/admin/articles/article/")
    with django_assert_num_queries(11):
        client.get("/admin/articles/article/", {"edition": edition})


# -- The checklist ----------------------------------------------------------------------------------


def said(text):
    codes = ("translation", "translation-older", "title-untranslated")
    return [f.code for f in findings(again(text)) if f.code in codes]


def test_the_checklist_has_the_same_rule():
    text = live(title="On ports")
    assert said(text) == ["translation"]
    edition = start_edition(text)[0]
    assert (said(text), said(edition)) == ([], ["title-untranslated"])
    rewritten(edition, title="论港口")
    assert said(edition) == []
    rewritten(text, title="On harbours")
    assert (said(text), said(edition)) == (["translation-older"], ["translation-older"])
    workflow.trash(again(edition), None)
    assert said(text) == ["translation"]
