"""A text's review as its people walk through it, by script and without."""

import functools

import pytest

from articles.models import Article
from charhar.desk import review
from charhar.desk.models import Comment, Opinion
from charhar.publishing import workflow
from tests.browser.test_axe import in_every_look
from tests.factories import ArticleFactory, ExpertFactory, NewsSectionFactory, TopicFactory, UserFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(400),
]


@pytest.fixture
def office():
    """An author with a draft in a section that wants a second person, and two editors."""
    people = {
        "author": UserFactory(username="author", first_name="Ann", last_name="Author", roles=["Authors"]),
        "editor": UserFactory(username="王芳", roles=["Editors"]),
        "chief": UserFactory(username="chief", roles=["Editors"]),
    }
    text = ArticleFactory(
        draft=True, title="On ports and patience, a long title", slug="on-ports", created_by=people["author"],
        authors=[ExpertFactory()], topics=[TopicFactory()],
        sections=[NewsSectionFactory(name_en="Charhar News", two_person=True)],
    )  # fmt: skip
    workflow.record(text, user=people["author"], action="add")
    people["form"] = f"/admin/articles/article/{text.pk}/change/"
    people["review"] = f"/admin/articles/article/{text.pk}/review/"
    people["text"] = text
    return people


def state(office):
    return Article.objects.get(pk=office["text"].pk).state


def sign(page, field):
    return page.locator(f".field-{field} .comment-sign").first


def opened(page, field):
    sign(page, field).click()
    page.wait_for_selector("#review-drawer[open] #comment_body")
    return page.locator("#review-drawer")


@pytest.mark.parametrize("width", [1280, pytest.param(390, marks=pytest.mark.long)])
def test_from_the_first_draft_to_publication(office, browse, width):
    author = browse(office["form"], user=office["author"], width=width)
    author.click("button[name=_submit]")
    author.wait_for_selector(".messagelist")
    assert state(office) == "review"
    author.close()

    editor = browse(office["form"], user=office["editor"], width=width)
    editor.fill("#id_standfirst", "Typed, and not yet saved.")
    editor.evaluate("document.querySelector('#id_title').setSelectionRange(3, 21)")
    drawer = opened(editor, "title")
    assert editor.input_value("#comment_quote") == "ports and patience"
    editor.keyboard.type("Too long. 请@Ann")
    editor.wait_for_selector("#people [role=option][aria-selected=true]")
    editor.keyboard.press("Enter")
    editor.keyboard.type("cut it in two.")
    drawer.locator(".new-comment button").click()
    editor.wait_for_selector("#review-drawer .thread")
    assert "1" in sign(editor, "title").inner_text()
    assert editor.input_value("#id_standfirst") == "Typed, and not yet saved."
    said = Comment.objects.get()
    assert (said.field, said.body, list(said.mentions.all())) == (
        "title",
        "Too long. 请@author cut it in two.",
        [office["author"]],
    )
    editor.close()

    editor = browse(office["review"], user=office["editor"], width=width)
    assert editor.locator(".errornote").inner_text().startswith("This section wants a second person")
    editor.fill("#decide_note", "See the comment.")
    editor.get_by_role("button", name="Ask for changes").click()
    editor.wait_for_selector(".messagelist")
    assert state(office) == "draft"
    editor.close()

    author = browse(office["form"], user=office["author"], width=width)
    assert "Changes wanted: 王芳" in author.locator("#review-panel").inner_text()
    author.locator("#review-panel a[data-to=title]").click()
    assert author.evaluate("document.activeElement.id") == "id_title"
    drawer = opened(author, "title")
    drawer.get_by_role("button", name="Resolve").click()
    author.wait_for_selector("#review-drawer .resolved-threads")
    assert "1" not in sign(author, "title").inner_text()
    author.keyboard.press("Escape")
    assert not author.locator("#review-drawer").is_visible()
    assert author.evaluate("document.activeElement.className.includes('comment-sign')")
    author.fill("#id_title", "On ports")
    author.click("button[name=_submit]")
    author.wait_for_selector(".messagelist")
    author.close()

    editor = browse(office["review"], user=office["editor"], width=width)
    editor.get_by_role("button", name="Approve").click()
    editor.wait_for_selector(".messagelist")
    assert editor.locator(".errornote").count() == 0
    assert Opinion.objects.first().verdict == "approved"
    editor.close()

    chief = browse(office["form"], user=office["chief"], width=width)
    chief.click("button[name=_publish]")
    chief.wait_for_selector(".messagelist")
    assert state(office) == "published"
    assert Article.objects.get().title == "On ports"


def test_without_scripts_everything_is_a_plain_form(office, browse):
    page = browse(office["review"], user=office["editor"], scripts=False)
    page.select_option("#assign_to", str(office["author"].pk))
    page.fill("#assign_due", "2030-01-02")
    page.fill("#assign_note", "Check the figures.")
    page.get_by_role("button", name="Assign and send a mail").click()
    page.select_option("#comment_field", "standfirst")
    page.fill("#comment_body", "Too long, @author.")
    page.locator(".new-comment button").click()
    answering = page.locator(".answering", has=page.locator("summary", has_text="Answer"))
    answering.locator("summary").click()
    answering.locator("textarea").fill("I see.")
    page.get_by_role("button", name="Send the answer").click()
    page.get_by_role("button", name="Resolve").click()
    assert Comment.objects.filter(resolved_at__isnull=False).count() == 1
    page = browse(office["form"], user=office["author"], scripts=False)
    assert (
        "Assigned to Ann Author, due Jan 2, 2030: Check the figures."
        in page.locator("#review-panel").inner_text()
    )


def test_when_the_session_has_ended_what_was_typed_in_the_drawer_stays(office, browse, live_server):
    page = browse(office["form"], user=office["editor"])
    drawer = opened(page, "standfirst")
    page.fill("#comment_body", "An hour's thought.")
    kept = [c for c in page.context.cookies() if "session" not in c["name"]]
    page.context.clear_cookies()
    page.context.add_cookies(kept)
    drawer.locator(".new-comment button").click()
    page.get_by_text("It could not be sent.").wait_for()
    assert page.input_value("#comment_body") == "An hour's thought."
    assert not Comment.objects.exists()


@pytest.mark.parametrize("closed", [False, True])
def test_axe_finds_nothing_on_the_page(office, browse, axe, closed):
    browse = functools.partial(browse, policy=False)
    text, editor = office["text"], office["editor"]
    said = review.comment(text, editor, "Too long.", field="title", quote="On ports")
    review.answer(said, office["author"], "I see.")
    review.resolve(review.comment(text, editor, "Settled."), editor)
    review.assign(text, office["author"], editor, note="Check the figures.")
    review.decide(text, editor, Opinion.Verdict.CHANGES, version=1, note="Shorter.")
    if closed:
        workflow.trash(text, editor)
    page = browse(office["review"], user=editor)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    assert in_every_look(page, axe) == {}
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.long
def test_axe_finds_nothing_in_the_form_with_its_drawer(office, browse, axe):
    review.comment(office["text"], office["editor"], "Too long.", field="title")
    page = browse(office["form"], user=office["editor"], policy=False)
    opened(page, "title")
    page.keyboard.type("@")
    page.wait_for_selector("#people [role=option]")
    assert in_every_look(page, axe) == {}
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
