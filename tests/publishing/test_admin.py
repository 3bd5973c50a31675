"""The base of every text's admin, tried out on articles and the other kinds."""

import datetime

import pytest
import time_machine
from django.contrib.admin import ModelAdmin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from lxml import html

from articles.models import Article
from charhar.publishing import admin as publishing_admin
from charhar.publishing import workflow
from charhar.publishing.history import snapshots_of
from charhar.publishing.models import Address, State
from experts.models import Expert
from tests.admin_forms import errors_of, opened, send, values_of
from tests.factories import ArticleFactory, ExpertFactory, TopicFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.plain]


@pytest.fixture
def editor(client):
    person = UserFactory(username="editor", roles=["Editors"])
    client.force_login(person)
    return person


@pytest.fixture
def author():
    return UserFactory(username="author", roles=["Authors"])


def change(article):
    return reverse("admin:articles_article_change", args=[article.pk])


LIST = "/admin/articles/article/"
ADD = "/admin/articles/article/add/"


def buttons(response):
    page = html.fromstring(response.content)
    return [b.get("name") for b in page.xpath("//div[contains(@class,'desk')]//button[@name]")]


def messages(response):
    return [str(m) for m in response.wsgi_request._messages]


# -- Saving -----------------------------------------------------------------------------------------


def test_adding_makes_a_draft_that_belongs_to_who_typed_it(client, editor):
    response = send(client, ADD, title="A new text", slug="a-new-text")
    article = Article.objects.get()
    assert response.headers["Location"] == LIST
    assert (article.state, article.created_by, article.version) == (State.DRAFT, editor, 1)
    assert [(s.version, s.action, s.user) for s in snapshots_of(article)] == [(1, "add", editor)]


def test_a_save_is_one_snapshot_that_holds_inlines_relations_and_tags(client, editor):
    article = ArticleFactory(draft=True)
    topic, expert = TopicFactory(), ExpertFactory()
    send(
        client, change(article), title="Changed", filed_topics=[topic.pk], tags="peace, trade",
        **{"bylines-TOTAL_FORMS": 1, "bylines-0-expert": expert.pk, "bylines-0-contribution": "author"},
    )  # fmt: skip
    snapshot = snapshots_of(article).get()
    assert (snapshot.version, snapshot.action) == (1, "save")
    assert snapshot.data["fields"]["title"] == "Changed"
    assert snapshot.data["relations"]["topics"] == [topic.pk]
    assert snapshot.data["tags"] == ["peace", "trade"]
    assert [b["expert_id"] for b in snapshot.data["inlines"]["bylines"]] == [expert.pk]


def test_expiry_of_a_live_text_is_saved_at_once(client, editor):
    article = ArticleFactory()
    send(client, change(article), expire_at="2090-01-01T08:00")
    article.refresh_from_db()
    assert article.expire_at == datetime.datetime(2090, 1, 1, tzinfo=datetime.UTC)


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(client, editor):
    article = ArticleFactory(draft=True, title="As it was")
    response = send(client, change(article), title="", standfirst="Typed with care")
    assert response.status_code == 200
    assert errors_of(response) == {"title": ["This field is required."]}
    assert values_of(response)["standfirst"] == ["Typed with care"]
    article.refresh_from_db()
    assert article.title == "As it was"


def test_a_text_added_from_another_form_goes_back_to_that_form(client, editor):
    response = send(
        client, "/admin/experts/expert/add/?_popup=1", family_name="Pan", display_name_en="PAN", slug="pan"
    )
    assert response.template_name[-1] == "admin/popup_response.html"
    assert [s.action for s in snapshots_of(Expert.objects.get())] == ["add"]


# -- Moves ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("traits", "names"),
    [
        ({"draft": True}, ["_save", "_continue", "_submit", "_publish", "_schedule", "_lock"]),
        ({"review": True}, ["_save", "_continue", "_send_back", "_publish", "_schedule", "_lock"]),
        ({"scheduled": True}, ["_save", "_continue", "_publish", "_schedule", "_withdraw", "_lock"]),
        ({}, ["_save", "_continue", "_withdraw", "_lock"]),
        ({"expired": True}, ["_save", "_continue", "_withdraw", "_lock"]),
        ({"withdrawn": True}, ["_save", "_continue", "_publish", "_reopen", "_lock"]),
    ],
)
def test_an_editor_gets_the_buttons_that_make_sense(client, editor, traits, names):
    assert buttons(client.get(change(ArticleFactory(**traits)))) == names


def test_an_author_gets_no_button_that_publishes(client, author):
    client.force_login(author)
    assert buttons(client.get(ADD)) == ["_save", "_continue", "_submit"]
    assert buttons(client.get(change(ArticleFactory(draft=True, created_by=author)))) == [
        "_save",
        "_continue",
        "_submit",
    ]
    assert buttons(client.get(change(ArticleFactory(review=True, created_by=author)))) == [
        "_save",
        "_continue",
        "_send_back",
    ]
    assert buttons(client.get(change(ArticleFactory(created_by=author)))) == []


def test_a_button_saves_what_was_typed_and_moves_in_one_snapshot(client, editor):
    article = ArticleFactory(draft=True)
    response = send(client, change(article), "_submit", title="Ready")
    article.refresh_from_db()
    assert response.headers["Location"] == change(article)
    assert (article.title, article.state) == ("Ready", State.REVIEW)
    assert [(s.action, s.data["fields"]["title"]) for s in snapshots_of(article)] == [("submit", "Ready")]


def test_a_new_text_is_published_in_one_go(client, editor):
    send(
        client, ADD, "_publish", title="At once", slug="at-once", standfirst="In a sentence.",
        **{"bylines-0-name": "A guest"},
    )  # fmt: skip
    article = Article.objects.get()
    assert article.is_published
    assert [s.action for s in snapshots_of(article)] == ["publish"]
    assert client.get("/articles/at-once/").status_code == 200


def test_scheduling_takes_beijing_time(client, editor):
    article = ArticleFactory(draft=True, authors=[ExpertFactory()])
    with time_machine.travel("2026-03-01T00:00Z"):
        client.force_login(editor)
        send(client, change(article), "_schedule", publish_from="2026-03-02T08:30")
    article.refresh_from_db()
    assert article.publish_at == datetime.datetime(2026, 3, 2, 0, 30, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("moment", "error"),
    [
        ("", "Say from when readers shall see the text."),
        ("2001-01-01T08:00", "That moment has passed. Choose one to come, or publish now."),
        ("soon", "Enter a valid date/time."),
    ],
)
def test_a_moment_that_can_not_be_scheduled_is_refused_beside_its_field(client, editor, moment, error):
    article = ArticleFactory(draft=True)
    response = send(client, change(article), "_schedule", publish_from=moment, title="Typed")
    assert errors_of(response) == {"publish_from": [error]}
    assert values_of(response)["title"] == ["Typed"]
    article.refresh_from_db()
    assert (article.state, article.version) == (State.DRAFT, 0)


def test_what_the_workflow_refuses_comes_back_beside_its_field_with_nothing_written(client, editor):
    article = ArticleFactory(draft=True, title="As it was")
    response = send(
        client,
        change(article),
        "_schedule",
        publish_from="2090-01-02T00:00",
        expire_at="2090-01-01T00:00",
        title="Typed",
    )
    assert errors_of(response) == {"expire_at": ["The text would expire before it is published."]}
    assert values_of(response)["title"] == ["Typed"]
    article.refresh_from_db()
    assert (article.title, article.state, article.expire_at) == (
        "As it was",
        State.DRAFT,
        None,
    )
    assert not snapshots_of(article).exists()


def test_withdrawing_needs_a_reason_that_readers_then_see(client, editor):
    article = ArticleFactory()
    assert list(errors_of(send(client, change(article), "_withdraw", reason=" "))) == ["reason"]
    send(client, change(article), "_withdraw", reason="A sample reason.")
    article.refresh_from_db()
    assert (article.state, article.withdrawal_reason) == (State.WITHDRAWN, "A sample reason.")


def test_sending_back_keeps_the_note_in_the_history(client, editor):
    article = ArticleFactory(review=True)
    send(client, change(article), "_send_back", note="The third paragraph, please.")
    article.refresh_from_db()
    assert article.state == State.DRAFT
    assert snapshots_of(article).get().note == "The third paragraph, please."


def test_pressing_a_button_one_does_not_have_is_forbidden(client, author):
    client.force_login(author)
    article = ArticleFactory(draft=True, created_by=author)
    assert send(client, change(article), "_publish").status_code == 403
    article.refresh_from_db()
    assert article.state == State.DRAFT


def test_a_text_may_not_expire_before_it_was_published(client, editor):
    article = ArticleFactory()
    response = send(client, change(article), expire_at="2001-01-01T00:00")
    assert errors_of(response) == {"expire_at": ["A text can not expire before it is published."]}


# -- Two people -------------------------------------------------------------------------------------


def test_what_an_author_typed_is_shown_when_the_text_was_published_meanwhile(client, author):
    client.force_login(author)
    article = ArticleFactory(draft=True, created_by=author)
    typed = opened(client, change(article))
    workflow.publish(article)
    response = send(client, change(article), values=typed, title="An hour's work")
    assert response.status_code == 403
    assert ("title", "An hour's work") in response.context["typed"]
    article.refresh_from_db()
    assert article.title != "An hour's work"


def test_what_only_the_database_can_refuse_loses_nothing(client, editor):
    original = ArticleFactory(draft=True, slug="one")
    taken = ArticleFactory(draft=True, trashed=True, language="zh-hans", slug="two")
    Address.objects.filter(object_id=taken.pk).delete()
    response = send(client, ADD, title="Typed", slug="two", language="zh-hans")
    assert response.status_code == 200
    assert errors_of(response)["__all__"][0].startswith(
        "Nothing was saved: another row, perhaps in the trash"
    )
    assert values_of(response)["title"] == ["Typed"]
    assert set(Article.versions.all()) == {original, taken}


# -- The trash, deleting, history -------------------------------------------------------------------


def test_the_trash_asks_first_and_keeps_the_text(client, editor):
    article = ArticleFactory(draft=True, title="Not needed")
    url = reverse("admin:articles_article_trash", args=[article.pk])
    assert b"Its address stays reserved" in client.get(url).content
    article.refresh_from_db()
    assert article.trashed_at is None
    assert client.post(url).headers["Location"] == LIST
    assert not Article.objects.exists()
    assert Article.versions.get().trashed_at is not None


def test_a_public_text_does_not_go_to_the_trash(client, editor):
    article = ArticleFactory()
    response = client.post(reverse("admin:articles_article_trash", args=[article.pk]))
    assert response.status_code == 409
    assert b"withdraw it first" in response.content
    assert Article.objects.get() == article


def test_the_trash_is_a_filter_and_gives_back_what_it_holds(client, editor):
    kept, trashed = (
        ArticleFactory(title="Kept"),
        ArticleFactory(draft=True, trashed=True, title="Thrown away"),
    )
    assert [a.title for a in client.get(LIST).context["cl"].result_list] == ["Kept"]
    assert [a.title for a in client.get(LIST, {"status": "trash"}).context["cl"].result_list] == [
        "Thrown away"
    ]
    page = client.get(change(trashed))
    assert buttons(page) == []
    assert b"Restore from the trash" in page.content
    restore = reverse("admin:articles_article_restore", args=[trashed.pk])
    assert client.get(restore).status_code == 405
    assert client.post(restore).headers["Location"] == change(trashed)
    assert set(Article.objects.all()) == {kept, trashed}


def test_who_may_only_read_sees_the_text_as_readers_do(client, editor):
    article = ArticleFactory(draft=True, trashed=True, body="<p>A <strong>strong</strong> word.</p>")
    page = html.fromstring(client.get(change(article)).content.decode())
    [shown] = page.xpath("//div[contains(@class,'field-body_shown')]//div[@class='readonly']")
    assert (shown.text_content(), [e.tag for e in shown.iter()]) == ("A strong word.", ["div", "p", "strong"])


def test_a_text_in_the_trash_is_not_changed(client, editor):
    article = ArticleFactory(draft=True, trashed=True)
    assert client.post(change(article), {"title": "Changed"}).status_code == 403


def test_a_published_text_is_not_deleted_even_by_a_superuser(client):
    client.force_login(UserFactory(is_superuser=True))
    article = ArticleFactory()
    assert (
        client.post(reverse("admin:articles_article_delete", args=[article.pk]), {"post": "yes"}).status_code
        == 403
    )
    assert Article.objects.exists()


def test_an_administrator_empties_the_trash_for_ever(client):
    client.force_login(UserFactory(roles=["Administrators"]))
    article = ArticleFactory(draft=True, trashed=True)
    client.post(reverse("admin:articles_article_delete", args=[article.pk]), {"post": "yes"})
    assert not Article.versions.exists()


def test_history_lists_every_snapshot_newest_first(client, editor):
    article = ArticleFactory(draft=True)
    workflow.record(article, user=editor, action="add")
    workflow.submit(article, editor)
    workflow.send_back(article, editor, note="Shorter.")
    response = client.get(reverse("admin:articles_article_history", args=[article.pk]))
    rows = [
        [cell.text_content().strip() for cell in row.xpath("th|td")]
        for row in html.fromstring(response.content).xpath("//div[@id='change-history']//tbody/tr")
    ]
    assert [(row[0], row[2], row[3], row[4]) for row in rows] == [
        ("3", "editor", "sent back", "Shorter."),
        ("2", "editor", "submitted for review", ""),
        ("1", "editor", "added", ""),
    ]


# -- Bulk actions and lists -------------------------------------------------------------------------


def act(client, action, *texts, **query):
    return client.post(
        f"{LIST}?status={query.get('status', '')}",
        {"action": action, "_selected_action": [t.pk for t in texts]},
    )


def test_deleting_in_bulk_is_not_offered(client):
    client.force_login(UserFactory(is_superuser=True))
    article = ArticleFactory(draft=True)
    assert set(dict(client.get(LIST).context["action_form"].fields["action"].choices)) == {
        "",
        "submit_selected",
        "trash_selected",
    }
    act(client, "delete_selected", article)
    assert Article.objects.get() == article


def test_a_bulk_action_does_what_it_can_and_says_what_it_could_not(client, editor):
    draft, live = ArticleFactory(draft=True), ArticleFactory(title="Live one")
    response = act(client, "trash_selected", draft, live)
    assert messages(response) == [
        "“Live one”: A public text can not go to the trash; withdraw it first, with a reason.",
        "1 text moved to the trash.",
    ]
    assert list(Article.objects.all()) == [live]


def test_a_bulk_action_asks_the_grant_of_each_text(client, author):
    client.force_login(author)
    own, public = ArticleFactory(draft=True, created_by=author), ArticleFactory(title="Not mine")
    response = act(client, "submit_selected", own, public)
    assert messages(response) == ["“Not mine”: you may not do that to this text.", "1 text submitted."]
    own.refresh_from_db()
    assert own.state == State.REVIEW


def test_several_come_back_from_the_trash_at_once(client, editor):
    texts = ArticleFactory.create_batch(2, draft=True, trashed=True)
    act(client, "restore_selected", *texts, status="trash")
    assert Article.objects.count() == 2


@pytest.mark.parametrize("status", ["draft", "review", "scheduled", "published", "expired", "withdrawn"])
def test_the_status_filter_asks_the_clock(client, editor, status):
    for trait in ("draft", "review", "scheduled", "expired", "withdrawn"):
        ArticleFactory(title=trait, **{trait: True})
    ArticleFactory(title="published")
    ArticleFactory(title="trash", draft=True, trashed=True)
    assert [a.title for a in client.get(LIST, {"status": status}).context["cl"].result_list] == [status]


def test_the_list_says_the_moment_of_what_is_scheduled_in_beijing_time(client, editor):
    ArticleFactory(publish_at=datetime.datetime(2090, 3, 2, 0, 30, tzinfo=datetime.UTC))
    text = (
        html.fromstring(client.get(LIST).content)
        .xpath("//td[contains(@class,'field-status')]")[0]
        .text_content()
    )
    assert text == "ScheduledMar 2, 2090, 08:30"


def test_the_list_says_who_saved_last_and_when(client, editor):
    article = ArticleFactory(draft=True)
    workflow.record(article, user=UserFactory(username="first"), action="add")
    workflow.record(article, user=UserFactory(username="second"), action="save")
    cell = (
        html.fromstring(client.get(LIST).content)
        .xpath("//td[contains(@class,'field-changed')]")[0]
        .text_content()
    )
    assert cell.endswith("second")
    assert cell.startswith(timezone.localtime(article.updated_at).strftime("%b "))


def test_an_author_sees_what_is_public_and_their_own(client, author):
    client.force_login(author)
    ArticleFactory(title="Public")
    ArticleFactory(title="Own", draft=True, created_by=author)
    ArticleFactory(title="Somebody's", draft=True, created_by=UserFactory())
    assert {a.title for a in client.get(LIST).context["cl"].result_list} == {"Public", "Own"}
    assert {a.title for a in client.get(LIST, {"own": "mine"}).context["cl"].result_list} == {"Own"}


def test_no_admin_page_of_a_text_carries_inline_script_or_style(client, editor):
    article = ArticleFactory(draft=True)
    for url in (
        LIST,
        ADD,
        change(article),
        reverse("admin:articles_article_trash", args=[article.pk]),
        "/admin/",
    ):
        page = html.fromstring(client.get(url).content)
        assert (
            page.xpath(
                "//style | //*[@style] | //*[@onclick] | //script[not(@src) and not(@nonce) and not(@type='application/json')]"
            )
            == []
        )


def test_pressing_a_button_makes_the_form_and_reads_the_text_once(client, monkeypatch):
    client.force_login(UserFactory(roles=["Editors"]))
    draft = ArticleFactory(draft=True)
    url = reverse("admin:articles_article_change", args=[draft.pk])
    form = opened(client, url)
    made: list[object] = []
    make = ModelAdmin.get_form
    monkeypatch.setattr(ModelAdmin, "get_form", lambda *args, **kw: made.append(args) or make(*args, **kw))
    with CaptureQueriesContext(connection) as queries:
        assert client.post(url, {**form, "_publish": "1"}).status_code == 302
    assert len(made) == 1
    joined = [query for query in queries if 'LEFT OUTER JOIN "publications_entry"' in query["sql"]]
    assert len(joined) == 1


def test_the_list_counts_so_far_and_says_that_there_are_more(client, editor, monkeypatch):
    ArticleFactory.create_batch(3)
    url = reverse("admin:articles_article_changelist")
    monkeypatch.setattr(publishing_admin, "COUNTED", 3)
    assert "3 articles" in " ".join(client.get(url).content.decode().split())
    monkeypatch.setattr(publishing_admin, "COUNTED", 2)
    response = client.get(url, {"q": "a"})
    words = " ".join(response.content.decode().split())
    assert ("2+ articles" in words, "2+ results" in words) == (True, True)


def test_the_list_offers_every_year_from_the_first_to_the_last(client, editor):
    old, new = (ArticleFactory(date=datetime.date(year, 5, 5)) for year in (2019, 2022))
    ArticleFactory(date=None, draft=True)
    url = reverse("admin:articles_article_changelist")
    page = client.get(url, {"year": "2019"}).context["cl"]
    (years,) = [spec for spec in page.filter_specs if spec.title == "year"]
    assert [choice["display"] for choice in years.choices(page)][1:] == ["2022", "2021", "2020", "2019"]
    found = {
        year: client.get(url, {"year": year}).context["cl"].result_list for year in ("2022", "2020", "x")
    }
    assert ([*page.result_list], found) == ([old], {"2022": [new], "2020": [], "x": []})
