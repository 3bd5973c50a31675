"""The checklist in the admin: its panel, a refusal beside the fields, the override; buttons that say the date."""

import datetime

import pytest
import time_machine
from django.urls import reverse
from lxml import html

from articles.models import Article, Byline
from charhar.publishing import workflow
from charhar.publishing.copies import open_copy
from charhar.publishing.history import snapshots_of
from charhar.publishing.models import State
from tests.admin_forms import errors_of, opened, send, values_of
from tests.factories import ArticleFactory, ExpertFactory, ImageFactory, TopicFactory, UserFactory

pytestmark = pytest.mark.django_db
ADD = "/admin/articles/article/add/"
SIGN = "Name an author, or whom the interview is with."
FIRST = "Nothing was saved: first mend what the checklist names. What you typed stands below."
LONG = "<p>" + "Ports trade. " * 200 + "</p>"


@pytest.fixture
def editor(client):
    person = UserFactory(username="editor", roles=["Editors"])
    client.force_login(person)
    return person


@pytest.fixture
def chief(client):
    person = UserFactory(username="chief", roles=["Administrators"])
    client.force_login(person)
    return person


def change(text):
    return reverse("admin:articles_article_change", args=[text.pk])


def unsigned(**fields):
    return ArticleFactory(draft=True, authors=[], **fields)


def panel(response):
    """Must and should, each finding with where it leads; None without a panel."""
    found = html.fromstring(response.content.decode()).find_class("checklist")
    if not found:
        return None
    lists = {"must": [], "should": []}
    for item in found[0].iter("li"):
        link = item.find("a")
        kind = "must" if item.getparent().get("class") == "must" else "should"
        lists[kind].append((item.text_content(), link is not None and link.get("href")))
    return lists["must"], lists["should"]


def said(response):
    return [(m.level_tag, str(m)) for m in response.wsgi_request._messages]


# -- The panel --------------------------------------------------------------------------------------


def test_the_form_shows_what_must_and_should_be_mended_and_leads_there(client, editor):
    text = unsigned(standfirst="", body="<h3>Below</h3>" + LONG, title="A" * 101)
    must, should = panel(client.get(change(text)))
    assert must == [
        ("“Below” is a subheading, but no heading stands above it.", "#id_body"),
        ("Write a standfirst: lists, search engines and social cards show it.", "#id_standfirst"),
        (SIGN, "#bylines-group"),
    ]
    assert should == [
        ("There is no edition in the other language (中文) yet.", "#id_translation_of"),
        ("The title has 101 characters; lists and cards cut it off after some 100.", "#id_title"),
        ("No topic: it stands on no topic's page.", "#id_filed_topics"),
    ]


def test_every_link_of_the_panel_leads_to_something_on_the_page(client, editor):
    response = client.get(change(unsigned(standfirst="", title="A" * 101, show_editors_note=False)))
    page = html.fromstring(response.content.decode())
    links = [href for found in panel(response) for _said, href in found]
    assert links
    assert all(page.get_element_by_id(href[1:], None) is not None for href in links)


def test_a_whole_text_has_nothing_to_mend(client, editor):
    text = ArticleFactory(
        draft=True, body=LONG, topics=[TopicFactory()], authors=[ExpertFactory(portrait=ImageFactory())]
    )
    ArticleFactory(draft=True, language="zh-hans", translation_of=text)
    response = client.get(change(text))
    assert panel(response) == ([], [])
    assert "Nothing to mend." in response.content.decode()


def test_a_live_text_and_who_may_only_read_get_no_checklist(client, editor):
    assert panel(client.get(change(ArticleFactory()))) is None
    assert panel(client.get(change(open_copy(ArticleFactory())))) is not None
    text = ArticleFactory(review=True)
    locker = UserFactory(roles=["Editors"])
    workflow.lock(text, locker)
    assert panel(client.get(change(text))) is None


# -- A refusal --------------------------------------------------------------------------------------


@pytest.mark.parametrize("press", ["_publish", "_schedule"])
def test_a_refusal_stands_beside_the_fields_and_in_the_panel_and_keeps_what_was_typed(client, editor, press):
    text = unsigned(title="As it was")
    later = {"publish_from": "2090-03-03T09:00"} if press == "_schedule" else {}
    response = send(client, change(text), press, title="Typed", standfirst="", **later)
    assert errors_of(response) == {
        "standfirst": ["Write a standfirst: lists, search engines and social cards show it."],
        "__all__": [SIGN, FIRST],
    }
    formset = response.context["inline_admin_formsets"][0].formset
    assert list(formset.non_form_errors()) == [SIGN]
    assert [words for words, _href in panel(response)[0]][-1] == SIGN
    assert values_of(response)["title"] == ["Typed"]
    assert values_of(response).get("publish_from", [""]) == [later.get("publish_from", "")]
    text.refresh_from_db()
    assert (text.title, text.state, text.version) == ("As it was", State.DRAFT, 0)


def test_a_new_text_is_refused_and_mended_in_the_same_form(client, editor):
    response = send(client, ADD, "_publish", title="New", slug="new", standfirst="In a sentence.")
    assert errors_of(response)["__all__"] == [SIGN, FIRST]
    assert not Article.versions.exists()
    send(client, ADD, "_publish", values=values_of(response), **{"bylines-0-name": "A guest"})
    assert Article.objects.get().is_published


def test_a_draft_is_saved_whatever_it_lacks(client, editor):
    send(client, change(unsigned()), "_save", standfirst="", title="Typed")
    assert Article.objects.get().title == "Typed"


def test_a_correction_is_refused_likewise(client, editor):
    copy = open_copy(ArticleFactory(authors=[ExpertFactory()]))
    response = send(client, change(copy), "_publish_correction", told="minor", standfirst="")
    assert list(errors_of(response)) == ["standfirst", "__all__"]
    assert values_of(response)["told"] == ["minor"]


def test_a_scheduled_text_does_not_lose_what_it_must_have(client, editor):
    text = ArticleFactory(scheduled=True, authors=[ExpertFactory()])
    response = send(client, change(text), standfirst="")
    assert list(errors_of(response)) == ["standfirst", "__all__"]
    text.refresh_from_db()
    assert text.standfirst


def test_an_expired_text_is_not_shown_again_without_what_it_must_have(client, editor):
    text = ArticleFactory(expired=True, authors=[])
    response = send(client, change(text), expire_at="")
    assert SIGN in errors_of(response)["__all__"]
    text.refresh_from_db()
    assert text.is_expired


# -- The override -----------------------------------------------------------------------------------


def override_buttons(response):
    page = html.fromstring(response.content.decode())
    return [(b.get("name"), b.text_content()) for b in page.xpath("//button[@value='override']")]


def test_only_who_has_the_grant_is_offered_to_publish_all_the_same(client, editor):
    text = unsigned()
    response = send(client, change(text), "_publish")
    assert override_buttons(response) == []
    assert 'name="override"' not in response.content.decode()
    client.force_login(UserFactory(roles=["Administrators"]))
    assert override_buttons(client.get(change(text))) == []
    response = send(client, change(text), "_publish")
    assert override_buttons(response) == [("_publish", "Publish now, in spite of the checklist")]


def test_an_override_publishes_with_its_reason_in_the_history(client, chief):
    text = unsigned()
    response = send(client, change(text), "_publish")
    values = values_of(response)
    send(client, change(text), "_publish", values={**values, "override": "The minister waits."})
    text.refresh_from_db()
    assert text.state == State.DRAFT  # the usual button overrides nothing, whatever is typed
    data = {**values, "_publish": "override", "override": "The minister waits."}
    assert client.post(change(text), data).status_code == 302
    text.refresh_from_db()
    assert text.is_published
    note = f"Published in spite of the checklist: The minister waits.\n– {SIGN}"
    assert snapshots_of(text).get().note == note
    history = client.get(reverse("admin:articles_article_history", args=[text.pk])).content.decode()
    assert "The minister waits." in history
    assert SIGN in history


def test_an_override_without_a_reason_is_refused_beside_its_field(client, chief):
    text = unsigned()
    data = {**opened(client, change(text)), "_publish": "override"}
    assert errors_of(client.post(change(text), data)) == {
        "override": ["Say why it is to be published all the same."]
    }


# role × whether a reason is given and the override's button pressed → is it published?
EXPECTED = {
    ("Authors", False): 403,
    ("Authors", True): 403,
    ("Fellows", False): 403,
    ("Fellows", True): 403,
    ("Editors", False): 200,
    ("Editors", True): 200,
    ("Secretariat", False): 403,
    ("Secretariat", True): 403,
    ("Administrators", False): 200,
    ("Administrators", True): 302,
}


@pytest.mark.parametrize(("role", "overriding"), EXPECTED)
def test_who_publishes_in_spite_of_the_checklist(client, role, overriding):
    person = UserFactory(roles=[role])
    text = unsigned(created_by=person)
    client.force_login(UserFactory(roles=["Administrators"]))
    values = opened(client, change(text))
    client.force_login(person)
    press = {"_publish": "override", "override": "Because."} if overriding else {"_publish": "1"}
    assert client.post(change(text), {**values, **press}).status_code == EXPECTED[role, overriding]
    text.refresh_from_db()
    assert text.is_published == (EXPECTED[role, overriding] == 302)


# -- Buttons and messages that name the moment ------------------------------------------------------


def labels(response):
    page = html.fromstring(response.content.decode())
    return {
        b.get("name"): b.text_content() for b in page.xpath("//div[contains(@class,'desk')]//button[@name]")
    }


def test_the_buttons_say_what_will_happen(client, editor):
    draft = labels(client.get(change(ArticleFactory(draft=True))))
    assert draft["_save"] == "Save draft: readers will not see it"
    assert draft["_publish"] == "Publish now"
    due = datetime.datetime(2090, 3, 3, 1, 0, tzinfo=datetime.UTC)
    scheduled = labels(client.get(change(ArticleFactory(publish_at=due))))
    assert scheduled["_save"] == "Save: readers will see it from 3 March 2090, 09:00 (UTC+8)"
    copy = labels(client.get(change(open_copy(ArticleFactory()))))
    assert copy["_save"] == "Save working copy: readers will not see it"


def test_the_message_after_scheduling_names_the_moment(client, editor):
    text = ArticleFactory(draft=True, title="On ports")
    response = send(client, change(text), "_schedule", publish_from="2090-03-03T09:00")
    assert said(response)[0][1].startswith(
        "“On ports” is scheduled. Readers see it from 3 March 2090, 09:00 (UTC+8)."
    )


@pytest.mark.parametrize(("press", "button"), [
    ("_save", "Save draft"), ("_continue", "Save and go on"), ("_submit", "Submit for review"),
])  # fmt: skip
def test_a_future_date_that_was_not_scheduled_is_warned_of_and_kept(client, editor, press, button):
    text = ArticleFactory(draft=True)
    response = send(client, change(text), press, publish_from="2090-03-03T09:00", title="Typed")
    text.refresh_from_db()
    assert (text.title, text.publish_at) == ("Typed", None)
    assert said(response)[1] == (
        "warning",
        f"Not scheduled: you typed 3 March 2090, 09:00 but pressed “{button}”. The date still stands in the form:"
        " press “Schedule” there, or leave it.",
    )
    assert response.headers["Location"] == f"{change(text)}?publish_from=2090-03-03T09%3A00"
    assert opened(client, response.headers["Location"])["publish_from"] == ["2090-03-03T09:00"]


def test_a_changed_date_of_a_scheduled_text_is_warned_of_too(client, editor):
    due = datetime.datetime(2090, 3, 3, 1, 0, tzinfo=datetime.UTC)
    text = ArticleFactory(publish_at=due, authors=[ExpertFactory()])
    assert [level for level, _words in said(send(client, change(text)))] == ["success"]
    response = send(client, change(text), publish_from="2091-03-03T09:00")
    assert said(response)[-1][1] == (
        "Not rescheduled: you typed 3 March 2091, 09:00 but pressed “Save”."
        " Readers see it from 3 March 2090, 09:00 (UTC+8)."
    )
    text.refresh_from_db()
    assert text.publish_at == due


@pytest.mark.parametrize("typed", ["2001-01-01T08:00", "1986-05-04T02:30", "0001-01-01T00:00", "nonsense"])
def test_no_past_or_unreadable_date_blocks_a_save(client, editor, typed):
    text = ArticleFactory(draft=True)
    response = send(client, change(text), publish_from=typed, title="Typed")
    text.refresh_from_db()
    assert (response.status_code, text.title) == (302, "Typed")
    assert [level for level, _words in said(response)] == ["success"]


def test_publishing_now_with_a_future_date_typed_is_asked_about_first(client, editor):
    text = ArticleFactory(draft=True)
    response = send(client, change(text), "_publish", publish_from="2090-03-03T09:00")
    assert list(errors_of(response)) == ["publish_from"]
    text.refresh_from_db()
    assert text.state == State.DRAFT
    scheduled = ArticleFactory(scheduled=True, authors=[ExpertFactory()])
    send(client, change(scheduled), "_publish")
    scheduled.refresh_from_db()
    assert scheduled.is_published


def test_the_panel_names_the_moment_for_which_a_text_is_scheduled(client, editor):
    with time_machine.travel("2026-03-01T00:00Z"):
        client.force_login(editor)
        text = ArticleFactory(draft=True, date=datetime.date(2026, 3, 2))
        assert (
            "The date shown, 2 March 2026, lies after the day of publication, 1 March 2026.",
            "#id_date",
        ) in panel(client.get(change(text)))[0]
        response = send(client, change(text), "_schedule", publish_from="2026-03-02T08:30")
        assert response.status_code == 302
        assert panel(client.get(change(text)))[0] == []


def test_a_photo_is_asked_of_experts_in_bylines(client, editor):
    text = unsigned()
    Byline.objects.create(article=text, expert=ExpertFactory(display_name_en="PAN Deng"))
    _must, should = panel(client.get(change(text)))
    assert ("No photo in the profile of PAN Deng.", "#bylines-group") in should
