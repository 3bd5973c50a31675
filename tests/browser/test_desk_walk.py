"""A text's whole way through the desk, as its author, an editor, an outside reviewer and a reader see it."""

import datetime

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from articles.models import Article
from charhar.publishing.models import State
from tests import factories

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(400),
]


def path_of(page):
    return "/" + page.url.split("/", 3)[3]


def said(page):
    """The messages at the top of the admin's page."""
    page.locator(".messagelist li").first.wait_for()
    return page.locator(".messagelist").inner_text()


def write_body(page, words):
    page.locator(".rt-editor:has(#id_body) .ProseMirror").click()
    page.keyboard.press("Control+a")
    page.keyboard.type(words)


def title_for_readers(browse, status=200):
    page = browse("/articles/what-the-harbour-masters-know/", status=status)
    return page.locator("h1").inner_text()


def test_a_text_goes_from_an_idea_to_the_trash_and_back(house, browse):
    author = factories.UserFactory(roles=["Authors"], username="wang", first_name="Min", last_name="Wang")
    editor = factories.UserFactory(roles=["Editors"], username="lin", first_name="Ann", last_name="Lin")

    # The author writes a draft and submits it.
    mine = browse(reverse("admin:articles_article_add"), user=author)
    mine.fill("#id_title", "What the Harbour Masters Know")
    mine.fill("#id_standfirst", "Six of them read the draft of a paper, and marked whatever was wrong.")
    write_body(mine, "They came to a meeting by the water with fifty-two pages of notes.")
    mine.fill("#id_bylines-0-name", "Wang Min")
    mine.click("button[name=_continue]")
    assert "is saved. Readers will not see it" in said(mine)
    mine.click("button[name=_submit]")
    assert "is handed in for review" in said(mine)
    text = Article.objects.get(title="What the Harbour Masters Know")
    form = path_of(mine)
    assert (text.state, text.slug) == (State.REVIEW, "what-the-harbour-masters-know")

    # The editor comments on a field; the author answers by mending it and resolves.
    desk = browse(form, user=editor)
    desk.click("#review-panel a >> text=Assign, comment, decide")
    desk.select_option("#review-comments [name=field]", "standfirst")
    desk.fill("#review-comments [name=body]", "Say which paper.")
    desk.get_by_role("button", name="Comment", exact=True).click()
    said(desk)
    desk.goto(desk.url.split("/admin/")[0] + form)
    desk.fill("[name=note]", "One word on the standfirst.")
    desk.click("button[name=_send_back]")
    assert "is a draft again" in said(desk)

    mine.reload()
    assert "Say which paper." in mine.locator("#review-panel").inner_text()
    mine.fill("#id_standfirst", "Six of them read the draft of a paper on ports, and marked what was wrong.")
    mine.click("button[name=_submit]")
    assert "is handed in for review" in said(mine)
    mine.click("#review-panel a >> text=Review, with 1 open comment")
    mine.get_by_role("button", name="Resolve").click()
    mine.locator(".resolved-threads").wait_for()

    # Somebody without an account approves by a review link.
    desk.reload()
    desk.click("#review-links .review-link-new > summary")
    desk.fill("#link_reviewer", "Sample Reviewer")
    desk.click("#review-links .review-link-new button")
    desk.wait_for_url("**/change/#review-links")
    address = desk.input_value("#review-links input[readonly]")
    outside = browse("/review/" + address.split("/review/")[1], width=390)
    assert outside.locator("h1").first.inner_text() == "What the Harbour Masters Know"
    outside.get_by_role("button", name="Approve version").click()
    outside.get_by_text("Thank you: the editors know that you approve this version.").wait_for()
    desk.reload()
    assert desk.locator("#review-links").get_by_text("Approved").is_visible()

    # The editor schedules it: the button names the moment, readers see nothing yet.
    moment = timezone.localtime() + datetime.timedelta(days=3)
    desk.fill("#id_publish_from", moment.strftime("%Y-%m-%dT09:00"))
    label = desk.locator("button[name=_schedule]").inner_text()
    assert label == f"Schedule for {moment.day} {moment:%B} {moment.year}, 09:00 (UTC+8)"
    desk.click("button[name=_schedule]")
    assert "is scheduled" in said(desk)
    browse("/articles/what-the-harbour-masters-know/", status=404)

    # It is published at once after all.
    desk.click("button[name=_publish]")
    assert "readers see it now" in said(desk)
    assert title_for_readers(browse) == "What the Harbour Masters Know"

    # A correction with a public note, in a working copy: readers see the live text until it is published.
    desk.click("text=Correct this text")
    desk.wait_for_load_state()
    desk.fill("#id_title", "What Six Harbour Masters Know")
    desk.click("button[name=_continue]")
    said(desk)
    assert title_for_readers(browse) == "What the Harbour Masters Know"
    desk.check("input[name=told][value=noted]")
    desk.fill("#id_public_note", "An earlier version did not say how many.")
    desk.click("button[name=_publish_correction]")
    assert "readers see it now" in said(desk)
    assert title_for_readers(browse) == "What Six Harbour Masters Know"
    reader = browse("/articles/what-the-harbour-masters-know/")
    assert reader.get_by_text("An earlier version did not say how many.").is_visible()

    # The history shows what changed; the earlier version comes back as a working copy.
    desk.click("a.historylink")
    desk.get_by_role("row").filter(has_text="published or scheduled").first.get_by_role("link").click()
    desk.get_by_role("button", name="Restore this version").click()
    assert "is restored" in said(desk)
    desk.check("input[name=told][value=minor]")
    desk.click("button[name=_publish_correction]")
    said(desk)
    assert title_for_readers(browse) == "What the Harbour Masters Know"

    # Withdrawn with its reason, to the trash, and back with its address.
    desk.fill("#id_reason", "It was published too early.")
    desk.click("button[name=_withdraw]")
    said(desk)
    gone = browse("/articles/what-the-harbour-masters-know/", status=410)
    assert gone.get_by_text("It was published too early.").is_visible()
    desk.click("text=Move to the trash…")
    desk.get_by_role("button", name="Move to the trash").click()
    assert "lies in the trash" in said(desk)
    browse("/articles/what-the-harbour-masters-know/", status=404)
    desk.click("text=Open the trash")
    desk.get_by_role("link", name="What the Harbour Masters Know").first.click()
    desk.get_by_role("button", name="Restore from the trash").click()
    assert "is back from the trash" in said(desk)
    cache.clear()
    text.refresh_from_db()
    assert (text.state, text.trashed_at, text.slug) == (
        State.WITHDRAWN,
        None,
        "what-the-harbour-masters-know",
    )
