"""A review from end to end: an editor makes a link, somebody without an account comments and approves."""

import pytest

from charhar.desk import links
from charhar.desk.models import Comment, ReviewLink
from charhar.publishing import workflow
from charhar.publishing.copies import open_copy
from tests.browser.house import administrator
from tests.browser.test_axe import in_every_look
from tests.desk.test_links import linked, saved_again

pytestmark = pytest.mark.browser

SELECT = """() => {
  const paragraph = document.querySelector("#main .prose p");
  document.getSelection().selectAllChildren(paragraph);
  return paragraph.textContent.trim();
}"""


def form_of(text):
    return f"/admin/articles/article/{text.pk}/change/"


def path_of(page):
    return "/" + page.url.split("/", 3)[3]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_the_walk_of_a_review(house, browse, live_server, scripts):
    editor, copy = administrator(), open_copy(house)
    desk = browse(form_of(copy), user=editor, scripts=scripts)
    desk.click("#review-links .review-link-new > summary")
    desk.fill("#link_reviewer", "Ann Reader")
    desk.fill("#link_message", "Please look at the figures.")
    desk.click("#review-links .review-link-new button")
    desk.wait_for_url("**/change/#review-links")
    box = desk.locator("#review-links-title").bounding_box()
    assert 0 <= box["y"] < 900, "the address leads to the panel, not to the top of the form"
    address = desk.input_value("#review-links input[readonly]")
    if scripts:
        desk.click("#review-links [data-copy]")
        desk.get_by_role("button", name="Copied").wait_for()

    page = browse("/review/" + address.split("/review/")[1], width=390, scripts=scripts)
    assert page.locator(".review-bar").get_by_text("Please look at the figures.").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.click(".review-bar a[href='#review-answer']")
    quote = "The towns kept a common calendar"
    if scripts:
        quote = page.evaluate(SELECT)
        page.wait_for_function("document.querySelector('#comment_quote').value")
        assert page.input_value("#comment_quote") == quote
    else:
        page.fill("#comment_quote", quote)
    page.fill("#comment_body", "Who counted the fairs?")
    if scripts:
        page.reload()  # what was typed is still there
        assert page.input_value("#comment_body") == "Who counted the fairs?"
    page.get_by_role("button", name="Send the comment").click()
    page.get_by_text("Thank you: your comment is with the editors.").wait_for()
    assert page.input_value("#comment_body") == ""
    page.get_by_role("button", name="Ask for changes").click()
    page.get_by_text("Please say what should be changed.").first.wait_for()
    page.get_by_role("button", name="Approve version").click()
    page.get_by_text("Thank you: the editors know that you approve this version.").wait_for()
    comment = Comment.objects.get()
    assert (comment.quote, comment.body, comment.author_name) == (
        quote,
        "Who counted the fairs?",
        "Ann Reader",
    )
    assert page.context.cookies() == []

    desk.reload()
    seen = desk.locator("#review-links")
    assert seen.get_by_text("Approved").is_visible()
    assert seen.get_by_text("1 comment").is_visible()
    seen.get_by_text("Revoke…").click()
    seen.get_by_role("button", name="Revoke this link").click()
    desk.get_by_text("The link for Ann Reader is revoked").wait_for()
    assert (
        browse(path_of(page).partition("?")[0], status=410)
        .get_by_text("This review link was revoked")
        .count()
    )


@pytest.mark.long
def test_both_sides_are_accessible(house, browse, axe):
    editor, copy = administrator(), open_copy(house)
    link, other = (linked(copy, editor, reviewer=name, message="Mind it.") for name in ("Ann Reader", "Bo"))
    said = links.comment(link, name="Ann", body="A comma is missing.", quote="a common calendar")
    Comment.objects.create(text=copy, version=1, body="Which one?", author_name="Mei", parent=said)
    links.decide(link, name="Ann", verdict="changes", note="Shorter.")
    path = "/review/" + links.token_of(link) + "/"
    page = browse(path, policy=False)
    page.get_by_role("button", name="Send the comment").click()
    page.get_by_text("Please look at these again").wait_for()
    assert in_every_look(page, axe) == {}
    desk = browse(form_of(copy), user=editor, policy=False)
    desk.evaluate("document.querySelectorAll('#review-links details').forEach(each => { each.open = true })")
    assert in_every_look(desk, axe) == {}
    saved_again(copy, title="A later title")
    assert in_every_look(browse(path, policy=False), axe) == {}
    desk.reload()
    desk.get_by_role("button", name="Make a new link for the newest version").first.wait_for()
    assert in_every_look(desk, axe) == {}
    links.revoke_link(link, copy, editor)
    assert in_every_look(browse(path, policy=False, status=410), axe) == {}
    workflow.submit(copy)
    assert ReviewLink.objects.filter(pk=other.pk).exists()
