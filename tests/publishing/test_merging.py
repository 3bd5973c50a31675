"""Two people in one text: what only one changed is theirs, what both changed is for a person to decide."""

import datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, Byline
from charhar.publishing import workflow
from charhar.publishing.copies import open_copy, publish_copy
from charhar.publishing.models import Snapshot, State
from publications.models import Entry
from tests.admin_forms import errors_of, opened, send, values_of
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    PageFactory,
    PublicationFactory,
    TopicFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.plain]


@pytest.fixture
def editor(client):
    person = UserFactory(username="editor", roles=["Editors"])
    client.force_login(person)
    return person


@pytest.fixture
def anna():
    return UserFactory(username="anna", first_name="Anna", last_name="Sample", roles=["Editors"])


@pytest.fixture
def hers(anna):
    """Anna's browser: ``hers(text, title="…")`` opens the form, changes fields and saves."""
    from django.test import Client

    other = Client()
    other.force_login(anna)

    def save(text, press="_save", **changes):
        response = send(other, change(text), press, **changes)
        assert response.status_code == 302, errors_of(response)

    save.client = other
    return save


def change(text):
    return reverse(f"admin:{text._meta.app_label}_{text._meta.model_name}_change", args=[text.pk])


def again(text):
    return type(text).versions.get(pk=text.pk)


def messages(response):
    return [str(m) for m in response.wsgi_request._messages]


def clashes(response):
    return [c.name for c in response.context["merged"].clashes]


def draft(**values):
    """A draft with one save behind it."""
    article = ArticleFactory(draft=True, **{"authors": [], **values})
    workflow.record(article, user=None, action="save")
    return article


# -- Fields, each by who changed it ------------------------------------------------------------------

BASE = {
    "title": "Base", "standfirst": "A first\nand a second line", "body": "<p>The base.</p>", "kind": "commentary",
    "show_editors_note": True, "date": datetime.date(2020, 1, 1),
}  # fmt: skip
ONE = {
    "title": "One", "standfirst": "One", "body": "<p>One.</p>", "kind": "news",
    "show_editors_note": None, "date": "2021-01-01",
}  # fmt: skip
TWO = {
    "title": "Two", "standfirst": "Two", "body": "<p>Two.</p>", "kind": "interview",
    "show_editors_note": None, "date": "2022-02-02",
}  # fmt: skip


def shown(name, value):
    if name == "show_editors_note":
        return bool(value)
    return datetime.date.fromisoformat(value) if name == "date" and isinstance(value, str) else value


@pytest.mark.parametrize("who", ["nobody", "me", "them", "both alike", "both"])
def test_a_field_is_whose_who_alone_changed_it_and_a_question_where_both_did(client, editor, hers, who):
    article = draft(**BASE)
    typed = opened(client, change(article))
    typed["subtitle"] = ["So that something is sent"]
    hers(article, **(ONE if who in {"them", "both", "both alike"} else {"lead_caption": "Something else"}))
    mine = {"me": ONE, "both": TWO, "both alike": ONE}.get(who, {})
    response = send(client, change(article), values=typed, **mine)
    article = again(article)
    if who == "both":
        asked = [name for name in BASE if name != "show_editors_note"]  # a box has only two sides
        assert sorted(clashes(response)) == sorted(asked)
        assert sorted(errors_of(response)) == sorted(asked)
        for name in asked:
            assert values_of(response)[name] == [TWO[name]]
            assert getattr(article, name) == shown(name, ONE[name]), name
        return
    assert response.status_code == 302
    for name in BASE:
        expected = BASE[name] if who == "nobody" else shown(name, ONE[name])
        assert getattr(article, name) == expected, name
    assert article.subtitle == "So that something is sent"


def test_of_two_fields_each_goes_to_who_changed_it(client, editor, hers):
    """Every pair of kinds of fields, one changed by each."""
    names = [*BASE]
    article = draft(**BASE)
    typed = opened(client, change(article))
    hers(article, **{name: ONE[name] for name in names[::2]})
    assert send(client, change(article), values=typed, **{n: TWO[n] for n in names[1::2]}).status_code == 302
    article = again(article)
    for place, name in enumerate(names):
        assert getattr(article, name) == shown(name, (TWO if place % 2 else ONE)[name]), name


def test_the_page_says_what_was_taken_over_from_whom(client, editor, hers):
    article = draft(title="Base")
    typed = opened(client, change(article))
    hers(article, standfirst="Hers", tags="peace")
    response = send(client, change(article), values=typed, title="Mine")
    assert messages(response)[-1] == (
        "Taken over from Anna Sample, who saved while you wrote: standfirst, tags."
    )
    article = again(article)
    assert (article.title, article.standfirst, list(article.tags.names())) == ("Mine", "Hers", ["peace"])


@pytest.mark.parametrize(("choice", "title"), [("mine", "Mine"), ("theirs", "Hers")])
def test_a_choice_decides_a_clash(client, editor, hers, choice, title):
    article = draft(title="Base")
    typed = opened(client, change(article))
    hers(article, title="Hers")
    asked = send(client, change(article), values=typed, title="Mine", standfirst="Also mine")
    assert b"Anna Sample saved" in asked.content
    still = send(client, change(article), values=values_of(asked))
    assert clashes(still) == ["title"], "without an answer the question stays"
    response = send(client, change(article), values=values_of(still), **{"merge-title": choice})
    assert response.status_code == 302
    assert (again(article).title, again(article).standfirst) == (title, "Also mine")


def test_a_long_text_can_be_worked_over_and_then_taken(client, editor, hers):
    article = draft(body="<p>Base.</p>")
    typed = opened(client, change(article))
    hers(article, body="<p>Hers.</p>")
    asked = send(client, change(article), values=typed, body="<p>Mine.</p>")
    send(
        client, change(article), values=values_of(asked), body="<p>Mine and hers.</p>",
        **{"merge-body": "edited"},
    )  # fmt: skip
    assert again(article).body == "<p>Mine and hers.</p>"


def test_an_answer_holds_only_for_what_was_shown(client, editor, hers):
    article = draft(title="Base")
    typed = opened(client, change(article))
    hers(article, title="Hers")
    asked = send(client, change(article), values=typed, title="Mine")
    hers(article, title="Hers again")
    response = send(client, change(article), values=values_of(asked), **{"merge-title": "mine"})
    assert clashes(response) == ["title"]
    assert again(article).title == "Hers again"
    send(client, change(article), values=values_of(response), **{"merge-title": "mine"})
    assert again(article).title == "Mine"


def test_giving_mine_up_does_not_cover_what_i_typed_after_i_was_asked(client, editor, hers):
    article = draft(title="Base")
    typed = opened(client, change(article))
    hers(article, title="Hers")
    asked = send(client, change(article), values=typed, title="Mine")
    answer = {"merge-title": "theirs", "title": "Mine, and an hour more"}
    again_asked = send(client, change(article), values=values_of(asked), **answer)
    assert clashes(again_asked) == ["title"]
    assert values_of(again_asked)["title"] == ["Mine, and an hour more"]
    send(client, change(article), values=values_of(again_asked), **{"merge-title": "theirs"})
    assert again(article).title == "Hers"


def test_an_answer_still_holds_when_a_third_save_changed_something_else(client, editor, hers):
    article = draft(title="Base")
    typed = opened(client, change(article))
    hers(article, title="Hers")
    asked = send(client, change(article), values=typed, title="Mine")
    hers(article, standfirst="Hers too")
    send(client, change(article), values=values_of(asked), **{"merge-title": "mine"})
    assert (again(article).title, again(article).standfirst) == ("Mine", "Hers too")


def test_each_change_is_told_by_the_name_of_who_made_it(client, editor, hers):
    article = draft(title="Base")
    typed = opened(client, change(article))
    article = again(article)
    article.subtitle = "By another"
    article.save()
    workflow.record(article, user=UserFactory(first_name="Wang", last_name="Min"), action="save")
    hers(article, standfirst="Hers")
    response = send(client, change(article), values=typed, title="Mine")
    assert [m for m in messages(response) if m.startswith("Taken")] == [
        "Taken over from Wang Min, who saved while you wrote: subtitle.",
        "Taken over from Anna Sample, who saved while you wrote: standfirst.",
    ]


def test_where_the_opened_version_is_unknown_all_that_differs_is_asked(client, editor, hers):
    article = draft(title="Base", subtitle="Same")
    typed = opened(client, change(article))
    Snapshot.objects.filter(object_id=article.pk).delete()
    hers(article, standfirst="Hers", tags="hers")
    response = send(client, change(article), values=typed, title="Mine")
    assert clashes(response) == ["title", "standfirst", "tags"]
    answers = {"merge-title": "mine", "merge-standfirst": "theirs", "merge-tags": "theirs"}
    assert send(client, change(article), values=values_of(response), **answers).status_code == 302
    article = again(article)
    assert (article.title, article.standfirst, list(article.tags.names())) == ("Mine", "Hers", ["hers"])


@pytest.mark.parametrize("nonsense", [None, "x", "-1", "99999999999999999999", "²"])
def test_a_form_without_its_version_overwrites_nothing(client, editor, hers, nonsense):
    article = draft(title="Base")
    typed = opened(client, change(article))
    hers(article, title="Hers")
    response = send(client, change(article), values=typed, title="Mine", opened_version=nonsense)
    assert clashes(response) == ["title"]
    assert again(article).title == "Hers"


def test_a_version_of_another_text_is_no_base(client, editor, hers):
    article, other = draft(title="Base"), draft(title="Mine")
    typed = opened(client, change(article))
    hers(article, title="Hers")
    response = send(client, change(article), values=typed, title="Mine", opened_row=str(other.pk))
    assert "title" in clashes(response)


# -- Dates of life, which no snapshot holds ----------------------------------------------------------


def test_the_link_to_the_original_and_the_expiry_are_merged_too(client, editor, hers):
    original = ArticleFactory(slug="shared")
    article = ArticleFactory(language="zh-hans", slug="shared")
    workflow.record(article, user=None, action="save")
    typed = opened(client, change(article))
    hers(article, expire_at="2090-01-01T08:00")
    send(client, change(article), values=typed, translation_of=str(original.pk))
    article = again(article)
    assert article.translation_of == original
    assert article.expire_at == datetime.datetime(2090, 1, 1, tzinfo=datetime.UTC)


def test_two_expiries_are_a_question(client, editor, hers):
    article = ArticleFactory()
    workflow.record(article, user=None, action="save")
    typed = opened(client, change(article))
    hers(article, expire_at="2090-01-01T08:00")
    response = send(client, change(article), values=typed, expire_at="2091-01-01T08:00")
    assert clashes(response) == ["expire_at"]
    send(client, change(article), values=values_of(response), **{"merge-expire_at": "mine"})
    assert again(article).expire_at == datetime.datetime(2091, 1, 1, tzinfo=datetime.UTC)


# -- Tags and relations ------------------------------------------------------------------------------


def test_tags_and_topics_are_merged_one_by_one(client, editor, hers):
    one, two, three, four = TopicFactory.create_batch(4)
    article = ArticleFactory(draft=True, topics=[one, two])
    article.tags.add("kept", "two words", "taken out by me", "taken out by her")
    workflow.record(article, user=None, action="save")
    typed = opened(client, change(article))
    hers(
        article,
        tags='kept, "two words", "taken out by me", "hers, with a comma"',
        filed_topics=[one.pk, two.pk, three.pk],
    )
    send(
        client,
        change(article),
        values=typed,
        tags='kept, "two words", "taken out by her", mine',
        filed_topics=[two.pk, four.pk],
    )
    article = again(article)
    assert sorted(article.tags.names()) == ["hers, with a comma", "kept", "mine", "two words"]
    assert set(article.topics.all()) == {two, three, four}


# -- Rows --------------------------------------------------------------------------------------------


def with_bylines(*names):
    article = ArticleFactory(draft=True, authors=[])
    for place, name in enumerate(names, start=1):
        Byline.objects.create(article=article, name=name, position=place, role="Fellow")
    workflow.record(article, user=None, action="save")
    return article


def names_of(article):
    return [(b.name, b.role) for b in article.bylines.order_by("position", "pk")]


def test_rows_that_each_changed_alone_stand_together(client, editor, hers):
    article = with_bylines("One", "Two", "Three")
    typed = opened(client, change(article))
    hers(article, **{"bylines-0-role": "Hers"})
    send(client, change(article), values=typed, **{"bylines-1-role": "Mine", "bylines-2-DELETE": "on"})
    assert names_of(article) == [("One", "Hers"), ("Two", "Mine")]


def added(typed, count, name):
    return {
        "bylines-TOTAL_FORMS": str(count + 1), f"bylines-{count}-name": name, f"bylines-{count}-id": "",
        f"bylines-{count}-contribution": "author", f"initial-bylines-{count}-contribution": "author",
    }  # fmt: skip


def test_rows_that_both_added_stand_together_and_the_same_one_once(client, editor, hers):
    article = with_bylines("One")
    typed = opened(client, change(article))
    hers(article, **added(typed, 1, "Hers"))
    send(client, change(article), values=typed, **added(typed, 1, "Mine"))
    assert {name for name, _role in names_of(article)} == {"One", "Hers", "Mine"}
    typed = opened(client, change(article))
    hers(article, **added(typed, 3, "The same"))
    send(client, change(article), values=typed, **added(typed, 3, "The same"), title="To send something")
    assert [name for name, _role in names_of(article)].count("The same") == 1


def test_an_order_changed_by_the_other_does_not_clash_with_words_changed_by_me(client, editor, hers):
    article = with_bylines("One", "Two")
    typed = opened(client, change(article))
    hers(article, **{"bylines-0-position": "2", "bylines-1-position": "1"})
    assert send(client, change(article), values=typed, **{"bylines-0-role": "Mine"}).status_code == 302
    assert names_of(article) == [("Two", "Fellow"), ("One", "Mine")]


@pytest.mark.parametrize(("choice", "role"), [("mine", "Mine"), ("theirs", "Hers")])
def test_a_row_that_both_changed_is_a_question(client, editor, hers, choice, role):
    article = with_bylines("One", "Two")
    typed = opened(client, change(article))
    hers(article, **{"bylines-0-role": "Hers"})
    asked = send(client, change(article), values=typed, **{"bylines-0-role": "Mine"}, title="New")
    [name] = clashes(asked)
    assert names_of(article)[0] == ("One", "Hers")
    send(client, change(article), values=values_of(asked), **{f"merge-{name}": choice})
    assert names_of(article) == [("One", role), ("Two", "Fellow")]
    assert again(article).title == "New"


@pytest.mark.parametrize(("choice", "left"), [("mine", []), ("theirs", [("One", "Hers")])])
def test_a_row_that_i_took_out_and_they_changed_is_a_question(client, editor, hers, choice, left):
    article = with_bylines("One")
    typed = opened(client, change(article))
    hers(article, **{"bylines-0-role": "Hers"})
    asked = send(client, change(article), values=typed, **{"bylines-0-DELETE": "on"})
    [name] = clashes(asked)
    send(client, change(article), values=values_of(asked), **{f"merge-{name}": choice})
    assert names_of(article) == left


@pytest.mark.parametrize(("choice", "left"), [("mine", [("One", "Mine")]), ("theirs", [])])
def test_a_row_that_they_took_out_and_i_changed_is_a_question(client, editor, hers, choice, left):
    article = with_bylines("One")
    typed = opened(client, change(article))
    hers(article, **{"bylines-0-DELETE": "on"})
    asked = send(client, change(article), values=typed, **{"bylines-0-role": "Mine"})
    [name] = clashes(asked)
    asked = send(client, change(article), values=values_of(asked))
    assert clashes(asked) == [name]
    send(client, change(article), values=values_of(asked), **{f"merge-{name}": choice})
    assert names_of(article) == left


def test_a_row_that_they_took_out_and_i_left_alone_stays_out(client, editor, hers):
    article = with_bylines("One", "Two")
    typed = opened(client, change(article))
    hers(article, **{"bylines-0-DELETE": "on"})
    response = send(client, change(article), values=typed, title="Mine")
    assert names_of(article) == [("Two", "Fellow")]
    assert "1. One · Author · Fellow (taken out)" in messages(response)[-1]


def test_rows_are_known_again_after_a_restored_version_gave_them_new_keys(client, editor, hers):
    article = with_bylines("One", "Two")
    typed = opened(client, change(article))
    snapshot = Snapshot.objects.get(object_id=article.pk)
    hers.client.post(reverse("admin:articles_article_restore_version", args=[article.pk, snapshot.pk]))
    assert again(article).version == 2
    assert send(client, change(article), values=typed, **{"bylines-1-role": "Mine"}).status_code == 302
    assert names_of(article) == [("One", "Fellow"), ("Two", "Mine")]


def test_rows_that_others_point_at_keep_their_keys_through_a_merge(client, editor, hers):
    publication = PublicationFactory(draft=True)
    entry = Entry.objects.create(publication=publication, title="An entry", position=1)
    article = ArticleFactory(draft=True, entry=entry)
    workflow.record(publication, user=None, action="save")
    typed = opened(client, change(publication))
    hers(publication, title="Hers")
    send(client, change(publication), values=typed, **{"entries-0-title": "Mine"})
    entry.refresh_from_db()
    assert (entry.title, again(article).entry, again(publication).title) == ("Mine", entry, "Hers")


# -- The text was moved meanwhile --------------------------------------------------------------------


def test_what_was_typed_into_a_text_published_meanwhile_goes_into_its_working_copy(client, editor, hers):
    article = draft(title="Base", body="<p>Base.</p>", authors=None)
    typed = opened(client, change(article))
    hers(article, "_publish", standfirst="Hers")
    kept = send(client, change(article), values=typed, title="Mine", tags="mine", **added(typed, 1, "Mine"))
    assert kept.status_code == 403
    assert ("title", "Mine") in kept.context["typed"]
    assert ("Byline", "Mine · Author") in kept.context["typed"]
    url = reverse("admin:articles_article_correct", args=[article.pk])
    filled = client.post(url, values_of(kept))
    copy = Article.versions.get(corrects=article)
    assert copy.title == "Base", "nothing is saved by looking"
    assert values_of(filled)["standfirst"] == ["Hers"]
    assert send(client, change(copy), values=values_of(filled)).status_code == 302
    copy = again(copy)
    assert (copy.title, copy.standfirst, list(copy.tags.names())) == ("Mine", "Hers", ["mine"])
    assert [name for name, _role in names_of(copy)] == ["A sample guest", "Mine"]
    assert again(article).title == "Base"


def test_what_was_typed_into_a_closed_copy_goes_into_a_new_one(client, editor, anna):
    article = ArticleFactory(title="Base")
    workflow.record(article, user=None, action="save")
    copy = open_copy(article)
    typed = opened(client, change(copy))
    copy.standfirst = "Hers"
    copy.save()
    workflow.record(copy, user=anna, action="save")
    publish_copy(copy)
    kept = send(client, change(copy), values=typed, title="Mine")
    assert kept.status_code == 403
    filled = client.post(kept.context["correct_url"], values_of(kept))
    new = Article.versions.get(corrects=article, trashed_at=None)
    send(client, change(new), values=values_of(filled))
    assert (again(new).title, again(new).standfirst) == ("Mine", "Hers")


def test_a_form_of_a_live_text_does_not_empty_what_it_did_not_show(client, editor, anna):
    article = ArticleFactory(body="<p>Kept.</p>", topics=[TopicFactory()])
    Byline.objects.create(article=article, name="One", position=1)
    article.tags.add("kept")
    workflow.record(article, user=None, action="save")
    typed = opened(client, change(article))
    workflow.withdraw(article, reason="A reason")
    response = send(client, change(article), values=typed, expire_at="2090-01-01T08:00")
    assert response.status_code == 302
    article = again(article)
    assert (article.state, article.body, article.topics.count()) == (State.WITHDRAWN, "<p>Kept.</p>", 1)
    assert ([name for name, _role in names_of(article)], list(article.tags.names())) == (["One"], ["kept"])


def test_a_form_of_a_live_text_that_expired_meanwhile_empties_nothing(client, editor):
    """The clock alone changes what a form may write; no version tells of it."""
    now = timezone.now()
    article = ArticleFactory(
        body="<p>Kept.</p>",
        title="Kept",
        expire_at=now + datetime.timedelta(hours=1),
        authors=[ExpertFactory()],
    )
    workflow.record(article, user=None, action="save")
    typed = opened(client, change(article))
    with time_machine.travel(now + datetime.timedelta(hours=2)):
        assert send(client, change(article), values=typed, expire_at="2090-01-01T08:00").status_code == 302
    assert again(article).expire_at.year == 2090
    assert (again(article).body, again(article).title) == ("<p>Kept.</p>", "Kept")


def test_publishing_what_i_have_not_seen_is_asked_once_more(client, editor, hers):
    article = draft(title="Base", authors=[ExpertFactory()])
    typed = opened(client, change(article))
    hers(article, standfirst="Hers")
    held = send(client, change(article), "_publish", values=typed, title="Mine")
    assert "Look it over" in errors_of(held)["__all__"][0]
    assert again(article).state == State.DRAFT
    send(client, change(article), "_publish", values=values_of(held))
    article = again(article)
    assert (article.is_published, article.title, article.standfirst) == (True, "Mine", "Hers")


def test_saving_mine_does_not_undo_a_schedule(client, editor):
    article = draft(authors=[ExpertFactory()])
    typed = opened(client, change(article))
    workflow.publish(article, at=timezone.now() + datetime.timedelta(days=1))
    send(client, change(article), values=typed, title="Mine")
    assert (again(article).title, again(article).is_scheduled) == ("Mine", True)


@pytest.mark.parametrize("gone", ["trashed", "deleted"])
def test_what_was_typed_into_a_text_that_is_gone_is_shown(client, editor, gone):
    article = draft()
    typed = opened(client, change(article))
    workflow.trash(article)
    if gone == "deleted":
        Article.versions.filter(pk=article.pk).delete()
    response = send(client, change(article), values=typed, title="An hour's work", tags="and tags")
    assert response.status_code == (403 if gone == "trashed" else 404)
    assert ("title", "An hour's work") in response.context["typed"]
    assert ("tags", "and tags") in response.context["typed"]


def test_what_was_typed_elsewhere_needs_the_right_to_correct(client):
    article = ArticleFactory()
    for role, status in ((["Authors"], 403), ([], 403)):
        client.force_login(UserFactory(roles=role))
        url = reverse("admin:articles_article_correct", args=[article.pk])
        assert client.post(url, {"typed": "title=Mine"}).status_code in {status, 302, 404}
    assert not Article.versions.filter(corrects=article).exists()


def test_a_page_without_rows_or_tags_merges_too(client, editor, hers):
    page = PageFactory(draft=True)
    workflow.record(page, user=None, action="save")
    typed = opened(client, change(page))
    hers(page, standfirst="Hers")
    send(client, change(page), values=typed, title="Mine")
    assert (again(page).title, again(page).standfirst) == ("Mine", "Hers")
