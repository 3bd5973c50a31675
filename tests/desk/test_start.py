"""The start page: each sees what is their business, the first lines of it, its number and the way to all."""

import datetime

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone

from articles.models import Article
from charhar.contacts.models import OutgoingMail, Person
from charhar.desk.dead_links import check_own
from charhar.desk.models import Assignment, Comment, Opinion, SideEffect, Sitting
from charhar.outreach.models import ContactMessage
from charhar.pages.models import InstitutePage
from charhar.publishing import workflow
from charhar.publishing.copies import open_copy, publish_copy
from charhar.publishing.models import Grant, GrantRemit, State
from charhar.start import start_page
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    PageFactory,
    PublicationFactory,
    TopicFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
INDEX = "/admin/"


def shown(person, rf):
    """The page as a dict: group -> (count, the titles of its lines)."""
    request = rf.get(INDEX)
    request.user = person
    return {
        group.code: (group.count, [row.title for row in group.rows])
        for section in start_page(request)["sections"]
        for group in section.groups
    }


def lines(person, rf, code):
    """The rows of one group."""
    request = rf.get(INDEX)
    request.user = person
    groups = [g for section in start_page(request)["sections"] for g in section.groups if g.code == code]
    return groups[0].rows if groups else []


@pytest.fixture
def author():
    return UserFactory(username="author", roles=["Authors"])


@pytest.fixture
def editor():
    return UserFactory(username="editor", roles=["Editors"])


def about(text):
    return {"content_type": ContentType.objects.get_for_model(text), "object_id": text.pk}


def recorded(text, user=None):
    workflow.record(text, user=user, action="save")
    return text


# -- Texts ------------------------------------------------------------------------------------------


def test_my_drafts_are_mine_and_the_working_copies_that_i_opened_newest_first(rf, author, editor):
    one = ArticleFactory(draft=True, created_by=author, title="One")
    ArticleFactory(review=True, assigned_to=author, title="Two")
    ArticleFactory(draft=True, title="Somebody's")
    ArticleFactory(draft=True, created_by=author, trashed=True, title="In the trash")
    live = recorded(ArticleFactory(title="Live"))
    open_copy(live, editor)
    one.save()
    assert shown(author, rf)["drafts"] == (2, ["One", "Two"])
    assert shown(editor, rf)["drafts"] == (1, ["Live"])
    assert lines(editor, rf, "drafts")[0].says.startswith("Correction · Draft, last changed ")


def test_what_is_typed_and_not_saved_is_named_also_of_a_text_that_was_never_saved(rf, author):
    article = ArticleFactory(draft=True, created_by=author, title="Typed at")
    kind = ContentType.objects.get_for_model(Article)
    typed = datetime.datetime(2026, 3, 3, 2, 0, tzinfo=datetime.UTC)
    for key, person, pk, closed in (
        ("a", author, article.pk, None),
        ("b", author, None, None),
        ("c", author, article.pk, None),
        ("d", author, None, typed),
        ("e", UserFactory(), article.pk, None),
    ):
        Sitting.objects.create(
            key=key, user=person, content_type=kind, object_id=pk, typed_at=typed, closed_at=closed
        )
    assert shown(author, rf)["unsaved"] == (2, ["New article", "Typed at"])
    assert [row.url for row in lines(author, rf, "unsaved")] == [
        reverse("admin:articles_article_add"),
        reverse("admin:articles_article_change", args=[article.pk]),
    ]
    assert lines(author, rf, "unsaved")[0].says == "typed Mar 3, 2026, 10:00"


def test_assignments_come_overdue_first_and_give_no_right_to_read(rf, author, editor):
    with time_machine.travel(datetime.datetime(2026, 3, 3, 2, 0, tzinfo=datetime.UTC), tick=False):
        today = timezone.localdate()
        for title, due in (
            ("Later", today + DAY),
            ("Some day", None),
            ("Overdue", today - DAY),
            ("Today", today),
        ):
            text = ArticleFactory(draft=True, assigned_to=author, title=title)
            Assignment.objects.create(**about(text), to=author, due=due, note=f"Please see to it: {title}")
        hidden = PageFactory(draft=True, title="Not for authors")
        Assignment.objects.create(**about(hidden), to=author)
        done = ArticleFactory(draft=True, assigned_to=author)
        Assignment.objects.create(**about(done), to=author, done_at=timezone.now())
        assert shown(author, rf)["assigned"] == (4, ["Overdue", "Today", "Later", "Some day"])
        first, second, *_rest = lines(author, rf, "assigned")
    assert (first.says, first.urgent) == ("Article · was due Mar 2, 2026", True)
    assert first.note == "Please see to it: Overdue"
    assert (second.says, second.urgent) == ("Article · due Mar 3, 2026", False)


def test_the_first_eight_assignments_are_those_that_are_due_first(rf, editor):
    today = timezone.localdate()
    for number in range(10):
        text = [ArticleFactory, PageFactory][number % 2](draft=True, title=f"Text {number}")
        Assignment.objects.create(**about(text), to=editor, due=today + (10 - number) * DAY)
    count, titles = shown(editor, rf)["assigned"]
    assert (count, titles) == (10, [f"Text {number}" for number in range(9, 1, -1)])


def test_texts_in_review_wait_for_who_may_publish_them_longest_first(rf, author, editor):
    topic = TopicFactory()
    role = Group.objects.create(name="Topic desk")
    kinds = ContentType.objects.get_for_models(Article, type(topic))
    for action in ("view", "publish"):
        grant = Grant.objects.create(role=role, action=action, kind=kinds[Article])
        GrantRemit.objects.create(grant=grant, content_type=kinds[type(topic)], object_id=topic.pk)
    ArticleFactory(review=True, title="Inside", topics=[topic])
    ArticleFactory(review=True, title="Outside")
    PublicationFactory(review=True, title="A book")
    assert shown(editor, rf)["review"] == (3, ["Inside", "Outside", "A book"])
    assert shown(UserFactory(roles=["Topic desk"]), rf)["review"] == (1, ["Inside"])
    assert "review" not in shown(author, rf)


def test_a_correction_that_failed_waits_first_and_is_urgent(rf, author, editor):
    live = recorded(ArticleFactory(title="Live"))
    copy = open_copy(live)
    publish_copy(copy, at=timezone.now() + DAY)
    type(copy).versions.filter(pk=copy.pk).update(failure="A sample reason.")
    assert next(iter(shown(editor, rf))) == "failed"
    assert lines(editor, rf, "failed")[0].urgent
    assert "failed" not in shown(author, rf)
    assert "scheduled" not in shown(editor, rf)


def test_comments_that_mention_me_wait_until_they_are_resolved(rf, author, editor):
    text = ArticleFactory(draft=True, created_by=author, title="Discussed")
    comment = Comment.objects.create(
        **about(text), version=1, body="Is this so?", author=editor, author_name="The editor"
    )
    comment.mentions.add(author)
    assert shown(author, rf)["mentioned"] == (1, ["Discussed"])
    assert lines(author, rf, "mentioned")[0].note == "Is this so?"
    assert "mentioned" not in shown(editor, rf)
    answer = Comment.objects.create(
        **about(text), version=1, body="It is.", author=author, author_name="The author", parent=comment
    )
    answer.mentions.add(editor)
    assert shown(editor, rf)["mentioned"] == (1, ["Discussed"])
    Comment.objects.filter(pk=comment.pk).update(resolved_at=timezone.now())
    assert "mentioned" not in shown(author, rf)
    assert "mentioned" not in shown(editor, rf)


def test_a_decision_waits_until_its_version_is_superseded(rf, author):
    text = recorded(ArticleFactory(draft=True, created_by=author, title="Judged"), author)
    Opinion.objects.create(**about(text), version=text.version, verdict="changes", user_name="A reviewer")
    Opinion.objects.create(
        **about(text), version=text.version, verdict="approved", user=author, user_name="me"
    )
    assert shown(author, rf)["opinions"] == (1, ["Judged"])
    assert lines(author, rf, "opinions")[0].says.startswith("Article · Changes wanted, ")
    recorded(text, author)
    assert "opinions" not in shown(author, rf)


def test_scheduled_is_what_comes_next_corrections_and_both_languages_included(rf, author, editor):
    now = datetime.datetime(2026, 3, 3, 2, 0, tzinfo=datetime.UTC)
    with time_machine.travel(now, tick=False):
        ArticleFactory(publish_at=now + 2 * DAY, title="第二篇", language="zh-hans")
        ArticleFactory(publish_at=now + DAY, title="First")
        copy = open_copy(recorded(ArticleFactory(title="Third")))
        publish_copy(copy, at=now + 3 * DAY)
        assert shown(editor, rf)["scheduled"] == (3, ["First", "第二篇", "Third"])
        rows = lines(editor, rf, "scheduled")
        assert [(row.says, row.edition) for row in rows] == [
            ("Article · Mar 4, 2026, 10:00", "English"),
            ("Article · Mar 5, 2026, 10:00", "中文"),
            ("Correction · Mar 6, 2026, 10:00", "English"),
        ]
        assert "scheduled" not in shown(author, rf)


def test_recently_published_is_for_everybody_who_works_on_texts(rf, author):
    ArticleFactory(title="New", publish_at=timezone.now() - DAY)
    ArticleFactory(title="Old", publish_at=timezone.now() - 40 * DAY)
    ArticleFactory(title="Scheduled", scheduled=True)
    assert shown(author, rf)["recent"] == (1, ["New"])


def test_pages_without_a_date_are_stale_after_eighteen_months_and_articles_never(rf, author, editor):
    page, expert, article = (
        PageFactory(title="Old page"),
        ExpertFactory(display_name_en="PAN"),
        ArticleFactory(),
    )
    PageFactory(title="Fresh")
    PageFactory(title="Old draft", draft=True)
    InstitutePage.objects.filter(title__startswith="Old").update(updated_at=timezone.now() - 600 * DAY)
    for text in (expert, article):
        type(text).objects.filter(pk=text.pk).update(updated_at=timezone.now() - 700 * DAY)
    assert shown(editor, rf)["stale"] == (2, ["PAN", "Old page"])
    assert "stale" not in shown(author, rf)
    recorded(page)
    assert shown(editor, rf)["stale"] == (1, ["PAN"])


def test_the_list_behind_stale_pages_holds_just_those(client, editor):
    PageFactory(title="Old page"), PageFactory(title="Fresh")
    InstitutePage.objects.filter(title="Old page").update(updated_at=timezone.now() - 600 * DAY)
    client.force_login(editor)
    found = client.get(reverse("admin:pages_institutepage_changelist"), {"status": "stale"})
    assert [str(page) for page in found.context["cl"].result_list] == ["Old page"]


def test_broken_links_show_with_their_text_to_who_may_mend_it(rf, author, editor):
    for title, creator in (("Mine", author), ("Other", editor)):
        text = ArticleFactory(
            draft=True, created_by=creator, title=title, body='<p><a href="/articles/never/">x</a></p>'
        )
        workflow.publish(text)
    check_own()
    assert shown(editor, rf)["broken"] == (2, ["Mine", "Other"])
    assert shown(author, rf)["broken"] == (1, ["Mine"])
    [row] = lines(author, rf, "broken")
    assert row.note == "/articles/never/"
    assert row.says.startswith("Article · there is no such page, since ")
    workflow.withdraw(Article.objects.get(title="Mine"), reason="A sample reason.")
    assert "broken" not in shown(author, rf)


# -- The secretariat --------------------------------------------------------------------------------


def message(number=1, **fields):
    person = Person.objects.create(email=f"reader{number}@example.org")
    return ContactMessage.objects.create(
        person=person, name=f"Reader {number}", email=person.email, message="Hello.",
        day=datetime.date(2026, 3, 3), digest=str(number), **fields,
    )  # fmt: skip


def letter(state, subject="A letter"):
    return OutgoingMail.objects.create(
        purpose="notice",
        to="reader@example.org",
        sender="x@example.org",
        subject=subject,
        text="x",
        state=state,
        tried_at=timezone.now(),
    )


def test_open_messages_and_lost_letters_are_the_secretariats(rf, author):
    message(1), message(2), message(3, state="answered")
    letter("failed"), letter("uncertain"), letter("pending")
    secretary = UserFactory(roles=["Secretariat"])
    assert shown(secretary, rf) == {
        "messages": (2, ["Reader 2", "Reader 1"]),
        "mail": (2, ["A letter", "A letter"]),
    }
    assert shown(author, rf) == {}


def test_every_way_to_a_whole_list_leads_to_one(client, rf):
    root = UserFactory(is_superuser=True)
    full_house(root)
    request = rf.get(INDEX)
    request.user = root
    client.force_login(root)
    groups = [g for section in start_page(request)["sections"] for g in section.groups]
    assert {g.code for g in groups} == set(EXPECTED) - {"begin"}
    for group in groups:
        for _label, url in group.more:
            response = client.get(url)
            assert response.status_code == 200, url
            assert response.context["cl"].result_count >= 1, url
        for row in group.rows:
            assert client.get(row.url).status_code == 200, row.url


# -- Who sees which part ----------------------------------------------------------------------------

CAST = ["author", "fellow", "secretariat", "other remit", "remit", "editor", "administrator", "superuser"]
# part -> who of the cast sees it in a house where each part has something of somebody else's.
EXPECTED = {
    "failed": [0, 0, 0, 0, 1, 1, 1, 1],
    "assigned": [1, 1, 0, 1, 1, 1, 1, 1],
    "opinions": [1, 1, 0, 1, 1, 1, 1, 1],
    "mentioned": [1, 1, 0, 1, 1, 1, 1, 1],
    "review": [0, 0, 0, 0, 1, 1, 1, 1],
    "unsaved": [1, 1, 0, 1, 1, 1, 1, 1],
    "drafts": [1, 1, 0, 1, 1, 1, 1, 1],
    "scheduled": [0, 0, 0, 0, 1, 1, 1, 1],
    "recent": [1, 1, 0, 1, 1, 1, 1, 1],
    "broken": [0, 0, 0, 0, 1, 1, 1, 1],
    "stale": [0, 0, 0, 0, 0, 1, 1, 1],
    "applications": [0, 0, 1, 0, 0, 0, 1, 1],
    "messages": [0, 0, 1, 0, 0, 0, 1, 1],
    "mail": [0, 0, 1, 0, 0, 0, 1, 1],
    "effects": [0, 0, 0, 0, 1, 1, 1, 1],
    "begin": [1, 1, 0, 1, 1, 1, 1, 1],
}


def full_house(person, topic=None):
    """Something in every part: texts of nobody's under a topic, and what is about ``person`` on a text of theirs."""
    from charhar.contacts.models import Consent
    from charhar.members.models import Application, Plan

    topics = [topic] if topic else []
    own = recorded(ArticleFactory(draft=True, created_by=person, title="Own"))
    Assignment.objects.create(**about(own), to=person)
    Opinion.objects.create(**about(own), version=own.version, verdict="approved", user_name="A reviewer")
    comment = Comment.objects.create(**about(own), version=1, body="Look here.", author_name="A reviewer")
    comment.mentions.add(person)
    Sitting.objects.create(key="x", user=person, typed_at=timezone.now(), **about(own))
    ArticleFactory(review=True, topics=topics)
    ArticleFactory(scheduled=True, topics=topics)
    copy = open_copy(recorded(ArticleFactory(topics=topics)))
    publish_copy(copy, at=timezone.now() + DAY)
    type(copy).versions.filter(pk=copy.pk).update(failure="A sample reason.")
    presser = UserFactory(is_superuser=True)
    workflow.publish(ArticleFactory(draft=True, topics=topics), presser)
    workflow.publish(
        ArticleFactory(draft=True, topics=topics, body='<p><a href="/articles/never/">x</a></p>')
    )
    check_own()
    SideEffect.objects.update(failure="A sample reason.", attempts=1)
    page = PageFactory(title="Old page")
    InstitutePage.objects.filter(pk=page.pk).update(updated_at=timezone.now() - 600 * DAY)
    sender = message().person
    consent = Consent.objects.create(person=sender, purpose="membership", version="1", text="x", source="/")
    Application.objects.create(
        person=sender, plan=Plan.objects.create(name_en="Friend"), name="Reader", email=sender.email,
        country="Sample", consent=consent, day=datetime.date(2026, 3, 3), digest="x",
    )  # fmt: skip
    letter("failed")


def member(who, topic):
    """One of the cast; those with a remit work on articles under one topic."""
    if who == "superuser":
        return UserFactory(is_superuser=True)
    if who not in {"remit", "other remit"}:
        return UserFactory(roles=[{"secretariat": "Secretariat"}.get(who, f"{who.title()}s")])
    role = Group.objects.create(name=f"Desk of {who}")
    subject = topic if who == "remit" else TopicFactory()
    kinds = ContentType.objects.get_for_models(Article, type(subject))
    for action in ("view", "change", "publish"):
        grant = Grant.objects.create(role=role, action=action, kind=kinds[Article])
        GrantRemit.objects.create(grant=grant, content_type=kinds[type(subject)], object_id=subject.pk)
    for action in ("view", "change", "add"):
        Grant.objects.create(role=role, action=action, kind=kinds[Article], own=action != "add")
    return UserFactory(roles=[role.name])


@pytest.mark.parametrize("who", CAST)
def test_each_sees_the_parts_that_are_their_business(client, rf, who):
    topic = TopicFactory()
    person = member(who, topic)
    full_house(person, topic)
    request = rf.get(INDEX)
    request.user = person
    page = start_page(request)
    found = {group.code for section in page["sections"] for group in section.groups}
    found |= {"begin"} if page["begin"] else set()
    assert found == {part for part, row in EXPECTED.items() if row[CAST.index(who)]}
    client.force_login(person)
    html = client.get(INDEX).content.decode()
    assert {code for code in ("waiting", "secretariat") if f'id="start-{code}"' in html} == {
        code
        for code, parts in (("waiting", ["assigned"]), ("secretariat", ["mail", "effects"]))
        if found & set(parts)
    }


LINKS = {"list": [302, 200, 200, 403, 200, 200, 200, 200, 200], "add": [302] + [403] * 8}


@pytest.mark.parametrize("endpoint", LINKS)
@pytest.mark.parametrize("who", ["nobody", *CAST])
def test_who_sees_the_links_of_texts(client, who, endpoint):
    topic = TopicFactory()
    workflow.publish(ArticleFactory(draft=True, topics=[topic], body='<p><a href="/nowhere/">x</a></p>'))
    check_own()
    if who != "nobody":
        client.force_login(member(who, topic))
    url = reverse(f"admin:desk_textlink_{'changelist' if endpoint == 'list' else 'add'}")
    response = client.get(url, {"standing": "broken"} if endpoint == "list" else {})
    assert response.status_code == LINKS[endpoint][["nobody", *CAST].index(who)]
    if response.status_code == 200:
        sees = who in {"remit", "editor", "administrator", "superuser"}
        assert ("there is no such page" in response.content.decode()) == sees


# -- The page itself --------------------------------------------------------------------------------


def test_a_new_author_is_encouraged_and_a_person_without_a_role_is_told_what_to_do(client):
    client.force_login(UserFactory(roles=["Authors"]))
    page = client.get(INDEX).content.decode()
    assert "Nothing waits for you. A good moment to begin a text" in page
    assert f'href="{reverse("admin:articles_article_add")}">New article</a>' in page
    client.force_login(UserFactory())
    page = client.get(INDEX).content.decode()
    assert "Ask an administrator for a role." in page
    assert "Nothing waits" not in page


def test_the_page_says_when_tick_does_not_run(client, editor):
    client.force_login(editor)
    assert "has never run here" in client.get(INDEX).content.decode()


def test_five_hundred_texts_cost_what_five_do_at_most_fifteen_queries(client, django_assert_max_num_queries):
    editor = UserFactory(roles=["Editors", "Secretariat"])
    full_house(editor)
    client.force_login(editor)
    client.get(INDEX)
    with django_assert_max_num_queries(15) as few:
        client.get(INDEX)
    for model, factory in ((Article, ArticleFactory), (InstitutePage, PageFactory)):
        rows = [
            factory.build(title=f"Text {n}", slug=f"text-{n}", **fields)
            for n, fields in enumerate(
                [
                    {"state": State.DRAFT, "publish_at": None, "created_by": editor},
                    {"state": State.REVIEW, "publish_at": None},
                    {"state": State.PUBLISHED, "publish_at": timezone.now() + DAY},
                    {"state": State.PUBLISHED, "publish_at": timezone.now() - DAY},
                    {"state": State.DRAFT, "publish_at": None, "assigned_to": editor},
                ]
                * 50
            )
        ]
        model.objects.bulk_create(rows)
        for text in model.objects.filter(assigned_to=editor):
            Assignment.objects.create(**about(text), to=editor)
    with django_assert_max_num_queries(15) as many:
        page = client.get(INDEX).content.decode()
    assert len(many) == len(few)
    assert '<span class="start-count">101</span>' in page


def test_the_page_is_whole_in_chinese(rf, editor):
    from django.utils import translation

    full_house(editor)
    with translation.override("zh-hans"):
        request = rf.get(INDEX)
        request.user = editor
        page = start_page(request)
    words = [section.title for section in page["sections"]]
    words += [group.title for section in page["sections"] for group in section.groups]
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in word) for word in words), words
