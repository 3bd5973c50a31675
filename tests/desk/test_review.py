"""Review inside the house: who may do what, assignments, comments, decisions, and who gets which mail."""

import datetime

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone
from lxml import html

from articles.models import Article
from charhar.contacts.models import OutgoingMail
from charhar.desk import review
from charhar.desk.models import Assignment, Comment, Opinion, ReviewLink
from charhar.publishing import workflow
from charhar.publishing.copies import discard_copy, open_copy, publish_copy
from charhar.publishing.history import snapshots_of
from charhar.publishing.models import Action, Grant, State
from charhar.publishing.permissions import allowed, holders_q
from tests.admin_forms import opened, send
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    PageFactory,
    PublicationFactory,
    TopicFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

APPROVED, CHANGES = Opinion.Verdict.APPROVED, Opinion.Verdict.CHANGES


def person(name, *roles, **fields):
    return UserFactory(username=name, email=f"{name}@example.org", roles=roles, **fields)


@pytest.fixture
def editor():
    return person("editor", "Editors")


@pytest.fixture
def author():
    return person("author", "Authors")


def text_of(author, state="draft", **fields):
    """A text of the author's in a state, with its history; ``copy`` is a working copy of a live one."""
    traits = {} if state in ("live", "copy") else {state: True}
    text = ArticleFactory(created_by=author, **traits, **fields)
    workflow.record(text, user=author, action="save")
    return open_copy(text) if state == "copy" else text


def at(text, act="", comment=None):
    name = f"admin:{text._meta.app_label}_{text._meta.model_name}_review"
    if comment is not None:
        return reverse(f"{name}_comment", args=[text.pk, comment.pk, act])
    return reverse(f"{name}_act", args=[text.pk, act]) if act else reverse(name, args=[text.pk])


def words(response):
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


def assignment_row(text, to, by):
    Assignment.objects.filter(object_id=text.pk, done_at=None).delete()
    made = Assignment.objects.create(**review.about(text), to=to, by=by)
    type(text).versions.filter(pk=text.pk).update(assigned_to=to)
    return made


# -- Who may what -----------------------------------------------------------------------------------

ENDPOINTS = ("page", "comment", "answer", "resolve", "assign", "release", "finish", "decide")
ALL = "200 302 302 302 302 302 302 302"
TALKS = "200 302 302 302 403 403 403 403"  # reads and comments; one's own text's comments are resolved
SEES_TO_IT = "200 302 302 302 403 403 302 302"  # it is assigned to them
NONE = "404 404 404 404 404 404 404 404"  # knows nothing of the text
READER = "403 403 403 403 403 403 403 403"  # sees the live text, not what is said of it
SIGN_IN = "302 302 302 302 302 302 302 302"


def _row(unpublished, live):
    return {"draft": unpublished, "review": unpublished, "copy": unpublished, "live": live}


def _late(row):
    """What readers see already is decided on no more."""
    return row.rsplit(" ", 1)[0] + " 400"


EXPECTED = {
    "author": {
        "own": _row(TALKS, TALKS),
        "assigned": _row(SEES_TO_IT, _late(SEES_TO_IT)),
        "other": _row(NONE, READER),
    },
    "fellow": {
        "own": _row(TALKS, TALKS),
        "assigned": _row(SEES_TO_IT, _late(SEES_TO_IT)),
        "other": _row(NONE, READER),
    },
    "editor": dict.fromkeys(("own", "assigned", "other"), _row(ALL, _late(ALL))),
    "editor elsewhere": dict.fromkeys(("own", "assigned", "other"), _row(NONE, READER)),
    "administrator": dict.fromkeys(("own", "assigned", "other"), _row(ALL, _late(ALL))),
    "superuser": dict.fromkeys(("own", "assigned", "other"), _row(ALL, _late(ALL))),
    "secretariat": dict.fromkeys(("own", "assigned", "other"), _row(NONE, READER)),
    "without a role": dict.fromkeys(("own", "assigned", "other"), _row(NONE, READER)),
    "not staff": dict.fromkeys(("own", "assigned", "other"), _row(SIGN_IN, SIGN_IN)),
    "anonymous": {"other": _row(SIGN_IN, SIGN_IN)},
}
CELLS = [
    (role, relation, state)
    for role, relations in EXPECTED.items()
    for relation, states in relations.items()
    for state in states
]


def member(role):
    roles = {
        "author": ["Authors"],
        "fellow": ["Fellows"],
        "editor": ["Editors"],
        "administrator": ["Administrators"],
        "secretariat": ["Secretariat"],
    }
    if role == "editor elsewhere":
        group = Group.objects.create(name="Editors elsewhere")
        for action in ("view", "change", "submit", "publish"):
            grant = Grant.objects.create(role=group, action=action)
            topic = TopicFactory()
            kind = ContentType.objects.get_for_model(topic)
            grant.remits.create(content_type=kind, object_id=topic.pk)
        found = person("elsewhere")
        found.groups.add(group)
        return found
    return UserFactory(
        username="member",
        roles=roles.get(role, []),
        is_superuser=role == "superuser",
        is_staff=role != "not staff",
    )


@pytest.mark.long
@pytest.mark.matrix
@pytest.mark.parametrize(("role", "relation", "state"), CELLS)
def test_every_endpoint_asks_who_it_is(client, role, relation, state):
    boss = person("boss", "Editors")
    me = None if role == "anonymous" else member(role)
    text = text_of(me if relation == "own" else boss, state, topics=[TopicFactory()])
    said = Comment.objects.create(**review.about(text), version=1, body="A word.", author=boss)
    if me is not None:
        client.force_login(me)
    statuses = []
    for endpoint in ENDPOINTS:
        text.refresh_from_db()
        if relation == "assigned":
            assignment_row(text, me, boss)
        data = {"to": boss.pk, "body": "A word.", "verdict": "approved", "version": text.version}
        if endpoint == "page":
            response = client.get(at(text))
        else:
            comment = said if endpoint in ("answer", "resolve") else None
            response = client.post(at(text, endpoint, comment), data)
        statuses.append(str(response.status_code))
        if statuses[-1] == "302":
            assert ("/login/" in response.headers["Location"]) == (role in ("not staff", "anonymous"))
        assert endpoint == "page" or client.get(at(text, endpoint, comment)).status_code in (
            405,
            404,
            302,
            403,
        )
        said.resolved_at = None
        said.save()
    assert " ".join(statuses) == EXPECTED[role][relation][state]


def test_the_matrix_has_so_many_cells():
    assert len(CELLS) * len(ENDPOINTS) == 896


def test_a_button_that_there_is_not_is_not_found(client, editor, author):
    client.force_login(editor)
    text = text_of(author)
    said = review.comment(text, editor, "A word.")
    assert client.post(at(text, "burn")).status_code == 404
    assert client.post(at(text, "resolve")).status_code == 404
    assert client.post(at(text, "assign", said)).status_code == 404


def test_a_comment_is_reached_by_its_own_text_alone(client, editor, author):
    client.force_login(editor)
    said = review.comment(text_of(author), editor, "A word.")
    assert client.post(at(text_of(author), "resolve", said)).status_code == 404


def test_a_comments_author_resolves_it_and_another_reader_does_not(author, editor):
    role = Group.objects.create(name="Readers")
    Grant.objects.create(role=role, action="view")
    readers = [person("one"), person("two")]
    for reader in readers:
        reader.groups.add(role)
    text = text_of(author)
    said = review.comment(text, readers[0], "A word.")
    with pytest.raises(PermissionDenied):
        review.resolve(said, readers[1])
    review.resolve(said, readers[0])
    said.refresh_from_db()
    assert (said.resolved_at is not None, said.resolved_by) == (True, readers[0])
    review.reopen(said, author)
    said.refresh_from_db()
    assert (said.resolved_at, said.resolved_by) == (None, None)


def test_what_was_said_of_a_copy_stays_hidden_from_who_may_not_read_copies(client, editor, author):
    """A reader within a remit sees of the family only what lies within it."""
    topic, other = TopicFactory(), TopicFactory()
    role = Group.objects.create(name="Readers of one topic")
    kind = ContentType.objects.get_for_model(topic)
    Grant.objects.create(role=role, action="view").remits.create(content_type=kind, object_id=topic.pk)
    reader = person("reader")
    reader.groups.add(role)
    live = text_of(author, "live", topics=[topic])
    copy = open_copy(live)
    copy.topics.set([other], through_defaults=copy.filing_defaults())
    review.comment(copy, editor, "Of the copy.")
    review.comment(live, editor, "Of the live text.")
    client.force_login(reader)
    page = words(client.get(at(live)))
    assert "Of the live text." in page
    assert "Of the copy." not in page


@pytest.mark.parametrize("action", [Action.VIEW, Action.PUBLISH, Action.SUBMIT])
def test_the_holders_of_a_grant_are_those_whom_it_allows(action):
    topic, other = TopicFactory(), TopicFactory()
    kind = ContentType.objects.get_for_model(topic)
    role = Group.objects.create(name="Within a topic")
    for each in (Action.VIEW, Action.PUBLISH):
        Grant.objects.create(role=role, action=each).remits.create(content_type=kind, object_id=topic.pk)
    own = Group.objects.create(name="Own within a topic")
    grant = Grant.objects.create(role=own, action=Action.VIEW, own=True)
    grant.remits.create(content_type=kind, object_id=topic.pk)
    people = [UserFactory(roles=[name]) for name in ("Authors", "Fellows", "Editors", "Secretariat")]
    people += [
        UserFactory(roles=["Authors", "Editors"]),
        UserFactory(),
        UserFactory(roles=["Editors"], is_staff=False),
    ]
    people += [UserFactory(roles=["Editors"], is_active=False)]
    for group in (role, own):
        people.append(UserFactory())
        people[-1].groups.add(group)
    writer = people[1]
    profile = ExpertFactory(account=writer)
    texts = [
        ArticleFactory(draft=True, created_by=creator, assigned_to=assignee, topics=topics, authors=authors)
        for creator in (*people[:2], people[-1])
        for assignee in (None, people[0])
        for topics in ([topic], [other], [])
        for authors in ([], [profile] if creator is people[0] and topics else [])
    ]
    for text in texts:
        held = set(type(writer).objects.filter(holders_q(action, text)))
        assert held == {p for p in people if allowed(type(p).objects.get(pk=p.pk), action, text)}


# -- Assignments ------------------------------------------------------------------------------------


def test_an_assigned_text_is_its_persons_own(editor, author):
    text = text_of(editor)
    made = review.assign(text, author, editor, due=datetime.date(2026, 12, 1), note="Check the figures.")
    text.refresh_from_db()
    assert (text.assigned_to, made.to, made.by, made.done_at) == (author, author, editor, None)
    assert text.may(author, Action.CHANGE)


def test_assigning_is_no_save(editor, author):
    text = text_of(editor)
    review.assign(text, author, editor)
    text.refresh_from_db()
    assert (text.version, snapshots_of(text).count()) == (1, 1)


def test_whoever_has_the_form_open_neither_loses_the_assignment_nor_their_work(client, editor, author):
    client.force_login(editor)
    text = text_of(editor)
    url = reverse("admin:articles_article_change", args=[text.pk])
    typed = opened(client, url)
    review.assign(text, author, editor)
    assert send(client, url, values=typed, title="Typed meanwhile").status_code == 302
    text.refresh_from_db()
    assert (text.title, text.assigned_to) == ("Typed meanwhile", author)


def test_assigning_anew_closes_the_first_and_the_same_again_changes_nothing(editor, author):
    text, other = text_of(editor), person("other", "Authors")
    first = review.assign(text, author, editor, note="Read it.")
    assert review.assign(text, author, editor, note="Read it.") == first
    second = review.assign(text, other, editor)
    first.refresh_from_db()
    text.refresh_from_db()
    assert first.done_at is not None
    assert list(Assignment.objects.filter(done_at=None)) == [second]
    assert text.assigned_to == other


@pytest.mark.parametrize(
    ("fields", "roles", "error"),
    [
        ({"is_staff": False}, ["Authors"], "nobody may not sign in to the admin, so the text can not be assigned to them."),
        ({"is_active": False}, ["Authors"], "nobody may not sign in to the admin, so the text can not be assigned to them."),
        ({}, ["Secretariat"], "nobody could not open the text: their roles give no access to it."),
        ({}, [], "nobody could not open the text: their roles give no access to it."),
    ],
)  # fmt: skip
def test_who_could_not_open_the_text_is_not_assigned_it(client, editor, author, fields, roles, error):
    text, nobody = text_of(author), person("nobody", *roles, **fields)
    with pytest.raises(ValidationError) as refused:
        review.assign(text, nobody, editor)
    assert refused.value.message_dict == {"to": [error]}
    client.force_login(editor)
    response = client.post(at(text, "assign"), {"to": nobody.pk, "note": "Typed with care."})
    assert response.status_code == 400
    assert "This person can not open the text" in words(response)
    assert "Typed with care." in response.content.decode()
    assert not Assignment.objects.exists()


def test_done_leaves_the_text_with_its_person_and_taking_it_away_does_not(editor, author):
    text = text_of(editor)
    review.assign(text, author, editor)
    review.finish(text, author)
    text.refresh_from_db()
    assert text.assigned_to == author
    assert not Assignment.objects.filter(done_at=None).exists()
    with pytest.raises(PermissionDenied):
        review.finish(text, author)
    review.release(text, editor)
    text.refresh_from_db()
    assert text.assigned_to is None


@pytest.mark.parametrize("end", [publish_copy, discard_copy])
def test_a_closed_copy_waits_for_nobody(editor, author, end):
    live = text_of(author, "live", authors=[ExpertFactory()])
    copy = open_copy(live)
    review.assign(copy, author, editor)
    review.assign(live, author, editor)
    end(copy, editor)
    assert [a.object_id for a in Assignment.objects.filter(done_at=None)] == [live.pk]


def test_what_its_own_person_approves_or_publishes_is_done(editor, author):
    first, second, third = text_of(author), text_of(author), text_of(author)
    boss = person("boss", "Administrators")
    for text in (first, second, third):
        review.assign(text, editor, boss)
    review.decide(first, editor, APPROVED, version=1)
    workflow.publish(second, editor)
    review.decide(third, editor, CHANGES, version=1, note="Shorter.")
    assert [a.object_id for a in Assignment.objects.filter(done_at=None)] == [third.pk]


@pytest.mark.parametrize(("now", "late"), [("2026-11-30T15:59:00Z", False), ("2026-11-30T16:01:00Z", True)])
def test_a_day_is_over_in_beijing(client, editor, author, now, late):
    text = text_of(author)
    review.assign(text, author, editor, due=datetime.date(2026, 11, 30))
    with time_machine.travel(now):
        client.force_login(editor)
        for url in (at(text), reverse("admin:articles_article_change", args=[text.pk])):
            page = words(client.get(url))
            assert "due Nov" in page
            assert ("overdue" in page) == late


# -- Comments ---------------------------------------------------------------------------------------


def test_a_comment_keeps_its_field_passage_version_and_author(client, editor, author):
    text = text_of(author)
    client.force_login(editor)
    client.post(at(text, "comment"), {"field": "standfirst", "quote": " what it says ", "body": "Too long."})
    said = Comment.objects.get()
    assert (said.text, said.field, said.quote, said.body) == (text, "standfirst", "what it says", "Too long.")
    assert (said.version, said.author, said.author_name) == (1, editor, "editor")


@pytest.mark.parametrize("data", [{"body": " "}, {"body": "A word.", "field": "secret"}])
def test_what_is_no_comment_is_refused_with_what_was_typed(client, editor, author, data):
    client.force_login(editor)
    response = client.post(at(text_of(author), "comment"), {"quote": "A passage.", **data})
    assert response.status_code == 400
    assert "A passage." in response.content.decode()
    assert not Comment.objects.exists()


def test_mentions_of_nobody_and_of_who_may_not_read_it_are_named(client, editor, author):
    person("stranger", "Authors")
    client.force_login(editor)
    text = text_of(author)
    response = client.post(at(text, "comment"), {"body": "@author, @stranger and @ghost, look."})
    assert response.status_code == 400
    page = words(response)
    assert "Nobody here is called @ghost." in page
    assert "@stranger may not read this text" in page
    assert "@author, @stranger and @ghost, look." in response.content.decode()
    assert not Comment.objects.exists()
    assert not OutgoingMail.objects.exists()


def test_mentions_are_kept(editor, author):
    said = review.comment(text_of(author), editor, "请@author看；mail to x@example.org")
    assert list(said.mentions.all()) == [author]


def test_answers_stand_beneath_and_a_resolved_thread_takes_none(client, editor, author):
    text = text_of(author)
    said = review.comment(text, editor, "Why?")
    answer = review.answer(said, author, "Because.")
    assert (answer.parent, answer.text) == (said, text)
    assert review.answer(answer, editor, "I see.").parent == said
    review.resolve(said, author)
    client.force_login(editor)
    response = client.post(at(text, "answer", said), {"body": "And yet."})
    assert response.status_code == 400
    assert "And yet." not in list(Comment.objects.values_list("body", flat=True))


def test_its_writer_changes_the_last_word_of_a_thread_or_takes_it_back(client, editor, author):
    text = text_of(author)
    said = review.comment(text, editor, "First.")
    client.force_login(editor)
    assert f'action="{at(text, "reword", said)}"' in client.get(at(text)).content.decode()
    assert client.post(at(text, "reword", said), {"body": " Second. "}).status_code == 302
    assert Comment.objects.get().body == "Second."
    assert client.post(at(text, "reword", said), {"body": " "}).status_code == 400
    answered = review.answer(said, author, "An answer.")
    page = client.get(at(text)).content.decode()
    assert "/reword/" not in page
    assert "/remove/" not in page
    response = client.post(at(text, "reword", said), {"body": "Third."})
    assert (response.status_code, Comment.objects.get(pk=said.pk).body) == (400, "Second.")
    assert "Somebody has answered by now" in words(response)
    client.post(at(text, "remove", said))
    assert Comment.objects.count() == 2
    review.remove(answered, author)
    review.resolve(said, editor)
    with pytest.raises(ValidationError, match="is resolved"):
        review.remove(said, editor)
    review.reopen(said, editor)
    assert client.post(at(text, "remove", said)).status_code == 302
    assert Comment.objects.count() == 0
    with pytest.raises(ValidationError, match="taken back"):
        review.answer(said, author, "Too late.")


def test_nobody_changes_or_removes_what_another_said(client, editor, author):
    text = text_of(author)
    said = review.comment(text, author, "Mine.")
    client.force_login(editor)
    assert "/reword/" not in client.get(at(text)).content.decode()
    for act in ("reword", "remove"):
        assert client.post(at(text, act, said), {"body": "Yours."}).status_code == 403
        assert client.post(at(text_of(author), act, said), {"body": "Yours."}).status_code == 404
        assert client.get(at(text, act, said)).status_code == 405
    assert Comment.objects.get().body == "Mine."
    stranger = person("stranger", "Authors")
    Comment.objects.update(author=stranger)
    client.force_login(stranger)
    assert client.post(at(text, "remove", said)).status_code == 404


def test_the_day_of_an_assignment_is_moved_in_place(editor, author):
    text = text_of(editor)
    first = review.assign(text, author, editor, due=datetime.date(2026, 3, 3))
    moved = review.assign(text, author, editor, due=datetime.date(2026, 3, 9), note="No hurry.")
    first.refresh_from_db()
    assert (moved, first.due, first.note, first.done_at) == (
        first,
        datetime.date(2026, 3, 9),
        "No hurry.",
        None,
    )
    assert Assignment.objects.count() == 1
    assert OutgoingMail.objects.count() == 2
    assert "until March 9, 2026" in OutgoingMail.objects.order_by("pk").last().text


def test_an_answer_is_mailed_to_the_comments_writer_once_and_not_to_who_may_no_longer_read(editor, author):
    text = text_of(author)
    said = review.comment(text, editor, "Is this so?")
    review.answer(said, author, "It is.")
    review.answer(said, author, "@editor, it is.")
    review.answer(said, editor, "Good.")
    letters = [(m.to, m.subject) for m in OutgoingMail.objects.order_by("pk")]
    assert letters == [
        ("editor@example.org", f"author answers you: {text}"),
        ("editor@example.org", f"author mentions you: {text}"),
    ]
    assert "> Is this so?" in OutgoingMail.objects.order_by("pk")[0].text
    editor.groups.clear()
    review.answer(said, author, "Really.")
    assert OutgoingMail.objects.count() == 2


def test_resolved_threads_are_folded_away(client, editor, author):
    text = text_of(author)
    review.resolve(review.comment(text, editor, "An old matter."), editor)
    review.comment(text, editor, "A new matter.")
    client.force_login(editor)
    page = html.fromstring(client.get(at(text)).content)
    assert "An old matter." in page.xpath("//details[@class='resolved-threads']")[0].text_content()
    assert "A new matter." not in page.xpath("//details[@class='resolved-threads']")[0].text_content()


def test_the_family_is_shown_newest_first_with_the_version_that_each_was_about(client, editor, author):
    live = text_of(author, "live", authors=[ExpertFactory()])
    with time_machine.travel(timezone.now() - datetime.timedelta(hours=3)):
        review.comment(live, editor, "Of the live text.")
    first = open_copy(live)
    with time_machine.travel(timezone.now() - datetime.timedelta(hours=2)):
        review.comment(first, author, "Of the first copy.", field="title")
    publish_copy(first, editor)
    second = open_copy(Article.objects.get(pk=live.pk))
    review.comment(second, editor, "Of the second copy.")
    client.force_login(editor)
    for text in (live, second):
        page = html.fromstring(client.get(at(text)).content)
        threads = page.xpath("//section[@id='review-comments']/article")
        assert [t.xpath(".//div[@class='thread-body']")[0].text_content().strip() for t in threads] == [
            "Of the second copy.",
            "Of the first copy.",
            "Of the live text.",
        ]
        assert [t.xpath(".//*[@class='quiet']")[0].text_content() for t in threads] == [
            f"working copy {second.pk}, version 1",
            f"working copy {first.pk}, version 1",
            "version 1",
        ]


def test_comments_come_back_from_the_trash_and_go_with_what_is_deleted_for_ever(client, editor, author):
    text = text_of(author)
    review.comment(text, editor, "A word.")
    review.assign(text, author, editor)
    workflow.trash(text, editor)
    client.force_login(editor)
    page = client.get(at(text))
    assert "A word." in words(page)
    assert client.post(at(text, "comment"), {"body": "Another."}).status_code == 400
    workflow.untrash(text, editor)
    assert client.post(at(text, "comment"), {"body": "Another."}).status_code == 302
    text.delete()
    assert not Comment.objects.exists()
    assert not Assignment.objects.exists()


def test_outsiders_words_are_marked_and_staff_answer_and_resolve_them(client, editor, author):
    text = text_of(author)
    link = ReviewLink.objects.create(
        **review.about(text), snapshot=snapshots_of(text).first(), nonce="n", reviewer="Prof. Sample",
        expires_at=timezone.now() + datetime.timedelta(days=1),
    )  # fmt: skip
    said = Comment.objects.create(
        **review.about(text), version=1, body="From afar.", author_name="Prof. Sample", link=link
    )
    Opinion.objects.create(
        **review.about(text), version=1, verdict=APPROVED, user_name="Prof. Sample", link=link
    )
    client.force_login(author)
    page = words(client.get(at(text)))
    assert page.count("from outside") == 2
    assert client.post(at(text, "answer", said), {"body": "Thank you."}).status_code == 302
    assert client.post(at(text, "resolve", said)).status_code == 302
    said.refresh_from_db()
    assert (said.resolved_by, said.answers.get().body) == (author, "Thank you.")


@pytest.mark.parametrize("factory", [ArticleFactory, ExpertFactory, PublicationFactory, PageFactory])
def test_every_kind_of_text_has_its_review_and_fields_to_comment_on(client, editor, factory):
    client.force_login(editor)
    text = factory(draft=True)
    response = client.get(at(text))
    assert response.status_code == 200
    choices = [name for name, _label in response.context["comment_form"].fields["field"].choices]
    assert choices[0] == ""
    form = html.fromstring(client.get(reverse(at_change(text), args=[text.pk])).content)
    for name in choices[1:]:
        places = f"//fieldset//*[contains(@class, 'field-{name}')] | //*[@id='{name}-group']"
        assert form.xpath(places), name


def at_change(text):
    return f"admin:{text._meta.app_label}_{text._meta.model_name}_change"


def test_the_form_says_who_what_and_what_is_open(client, editor, author):
    text = text_of(author)
    review.assign(text, author, editor, due=datetime.date(2030, 1, 2), note="Check the figures.")
    review.comment(text, editor, "Too long by half.", field="title")
    review.comment(text, editor, "A fine piece.")
    review.resolve(review.comment(text, editor, "Settled."), editor)
    review.decide(text, editor, CHANGES, version=1, note="Shorter.")
    client.force_login(author)
    page = html.fromstring(client.get(reverse("admin:articles_article_change", args=[text.pk])).content)
    [panel] = page.xpath("//section[@id='review-panel']")
    said = " ".join(panel.text_content().split())
    assert "Assigned to author, due Jan 2, 2030: Check the figures." in said
    assert "Changes wanted: editor, version 1" in said
    assert "Title: Too long by half." in said
    assert "The whole text: A fine piece." in said
    assert "Settled." not in said
    assert panel.xpath(".//a[@data-to='title']/@href") == ["#id_title"]


def test_the_page_takes_the_same_queries_for_one_comment_and_for_thirty(
    client, editor, author, django_assert_max_num_queries
):
    text = text_of(author)
    client.force_login(editor)
    for number in range(30):
        said = review.comment(text, editor, f"Word {number}.", field="title")
        review.answer(said, author, "Yes.")
    client.get(at(text))
    with django_assert_max_num_queries(20):
        client.get(at(text))


# -- Decisions --------------------------------------------------------------------------------------


def test_approval_is_of_the_version_that_stands(editor, author):
    text = text_of(author, "review")
    made = review.decide(text, editor, APPROVED, version=1, note="Good.")
    assert (made.version, made.verdict, made.user, made.user_name, made.note) == (
        1,
        APPROVED,
        editor,
        "editor",
        "Good.",
    )
    text.refresh_from_db()
    assert (text.state, text.version) == (State.REVIEW, 1)


def test_asking_for_changes_sends_a_text_in_review_back(editor, author):
    text = text_of(author, "review")
    made = review.decide(text, editor, CHANGES, version=1, note="Shorter.")
    text.refresh_from_db()
    assert text.state == State.DRAFT
    assert (made.version, made.verdict, Opinion.objects.count()) == (text.version, CHANGES, 1)
    assert snapshots_of(text).first().note == "Shorter."


def test_the_forms_button_to_send_back_is_the_same_decision(editor, author):
    text = text_of(author, "review")
    workflow.send_back(text, editor, "Shorter.")
    assert [(o.verdict, o.user, o.note) for o in Opinion.objects.all()] == [(CHANGES, editor, "Shorter.")]


def test_taking_back_ones_own_text_is_no_decision(author):
    text = text_of(author, "review")
    workflow.send_back(text, author)
    assert not Opinion.objects.exists()


def test_what_was_saved_since_it_was_read_is_not_decided_on(client, editor, author):
    text = text_of(author, "review")
    text.title = "Another one"
    text.save()
    workflow.record(text, user=author, action="save")
    with pytest.raises(ValidationError, match="saved since you opened this page"):
        review.decide(text, editor, APPROVED, version=1)
    workflow.record(text, user=author, action="save")  # dates only: the same content
    assert review.decide(text, editor, APPROVED, version=2).version == 3


def test_changes_are_named(client, editor, author):
    text = text_of(author, "review")
    client.force_login(editor)
    response = client.post(at(text, "decide"), {"verdict": "changes", "version": 1, "note": " "})
    assert response.status_code == 400
    assert "Say what is to be changed." in words(response)
    assert not Opinion.objects.exists()


def test_the_same_decision_twice_is_one(editor, author):
    text = text_of(author, "review")
    for _time in range(2):
        review.decide(text, editor, CHANGES, version=1, note="Shorter.")
        review.decide(text, editor, CHANGES, version=1, note="Shorter.")
    assert Opinion.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_decisions_at_once_both_count_and_the_text_goes_back_once(at_once):
    author = person("author", "Authors")
    judges = [person("anna", "Editors"), person("bob", "Editors")]
    text = text_of(author, "review")
    waiting = list(judges)

    def judge():
        return review.decide(
            Article.versions.get(pk=text.pk), waiting.pop(), CHANGES, version=1, note="Shorter."
        )

    at_once(2, judge)
    text.refresh_from_db()
    assert (text.state, [s.action for s in snapshots_of(text)]) == (State.DRAFT, ["send_back", "save"])
    assert {o.user for o in Opinion.objects.all()} == set(judges)
    assert Opinion.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_double_click_decides_once(at_once):
    author, judge = person("author", "Authors"), person("anna", "Editors")
    text = text_of(author, "review")
    at_once(4, lambda: review.decide(Article.versions.get(pk=text.pk), judge, APPROVED, version=1))
    assert Opinion.objects.count() == 1
    assert OutgoingMail.objects.filter(to="author@example.org").count() == 1


# -- Mail -------------------------------------------------------------------------------------------


@pytest.fixture
def house(transactional_db, mail_server):
    """The people of a small office, one without an address, and a real mail server."""
    topic, other = TopicFactory(name_en="Ports"), TopicFactory()
    kind = ContentType.objects.get_for_model(topic)
    role = Group.objects.create(name="Editors of ports")
    Grant.objects.create(role=role, action="view")
    Grant.objects.create(role=role, action="publish").remits.create(content_type=kind, object_id=topic.pk)
    elsewhere = Group.objects.create(name="Editors of others")
    Grant.objects.create(role=elsewhere, action="publish").remits.create(
        content_type=kind, object_id=other.pk
    )
    people = {
        "author": person("author", "Authors"),
        "reviewer": person("reviewer", "Authors"),
        "editor": person("editor", "Editors"),
        "ports": person("ports"),
        "others": person("others"),
        "gone": person("gone", "Editors", is_active=False),
        "silent": UserFactory(username="silent", email="", roles=["Editors"]),
        "root": person("root", is_superuser=True),
    }
    people["ports"].groups.add(role)
    people["others"].groups.add(elsewhere)
    people["text"] = text_of(people["author"], topics=[topic])
    people["mail"] = mail_server
    return people


def sent(house):
    """To whom what went out since the last look, in order of the addresses."""
    messages = [
        (rcpt.split("@")[0], message["Subject"]) for to, message in house["mail"].messages for rcpt in to
    ]
    house["mail"].messages.clear()
    return sorted(messages)


def test_an_assignment_is_mailed_with_day_and_request_and_reassignment_to_the_new_one(house):
    text, editor = house["text"], house["editor"]
    text.title = "On ports"
    text.save()
    review.assign(text, house["reviewer"], editor, due=datetime.date(2026, 12, 1), note="Check the figures.")
    [(_to, message)] = house["mail"].messages
    assert message.get_content().replace("\r\n", "\n") == (
        "editor asks you to see to “On ports” until December 1, 2026 (Beijing time).\n\n"
        f"Check the figures.\n\nhttp://127.0.0.1:8000/admin/articles/article/{text.pk}/review/\n"
    )
    assert sent(house) == [("reviewer", "Assigned to you: On ports")]
    review.assign(text, house["author"], editor)
    assert sent(house) == [("author", "Assigned to you: On ports")]
    review.assign(text, editor, editor)
    assert sent(house) == []
    review.finish(text, editor)
    review.release(text, editor)
    assert sent(house) == []


def test_a_text_handed_in_is_mailed_to_the_editors_whose_remit_covers_it(house):
    workflow.submit(house["text"], house["author"])
    assert [to for to, _subject in sent(house)] == ["editor", "ports"]


def test_who_hands_in_gets_no_mail_of_it(house):
    workflow.submit(house["text"], house["editor"])
    assert [to for to, _subject in sent(house)] == ["ports"]


def test_a_text_handed_in_is_mailed_to_the_one_it_is_assigned_to_alone(house):
    review.assign(house["text"], house["reviewer"], house["editor"])
    sent(house)
    workflow.submit(house["text"], house["author"])
    assert [to for to, _subject in sent(house)] == ["reviewer"]


def test_a_text_assigned_to_its_author_is_handed_in_to_the_editors(house):
    review.assign(house["text"], house["author"], house["editor"])
    sent(house)
    workflow.submit(house["text"], house["author"])
    assert [to for to, _subject in sent(house)] == ["editor", "ports"]


def test_what_the_system_itself_hands_in_is_mailed_to_nobody(house):
    workflow.submit(house["text"])
    assert sent(house) == []


def test_every_decision_is_mailed_also_after_a_rejection(house):
    text, author, editor = house["text"], house["author"], house["editor"]
    text.title = "On ports"
    text.save()
    workflow.record(text, user=author, action="save")
    review.assign(text, house["reviewer"], editor)
    sent(house)
    for _round in range(2):
        workflow.submit(text, author)
        assert sent(house) == [("reviewer", "For review: On ports")]
        review.decide(text, house["reviewer"], CHANGES, version=text.version, note="Shorter.")
        [(_to, message)] = house["mail"].messages
        assert "reviewer asked for changes to “On ports” on" in message.get_content()
        assert "(Beijing time)" in message.get_content()
        assert "Shorter." in message.get_content()
        assert sent(house) == [("author", "Changes wanted: On ports")]
        text.refresh_from_db()
    workflow.submit(text, author)
    sent(house)
    workflow.send_back(text, editor, "Once more.")
    assert sent(house) == [("author", "Changes wanted: On ports")]
    workflow.submit(text, author)
    sent(house)
    review.decide(text, house["reviewer"], APPROVED, version=text.version, note="Good.")
    assert sent(house) == [("author", "Approved: On ports"), ("editor", "Approved: On ports")]


def test_taking_back_and_saving_mail_nobody(house):
    workflow.submit(house["text"], house["author"])
    sent(house)
    workflow.send_back(house["text"], house["author"])
    workflow.record(house["text"], user=house["author"], action="save")
    assert sent(house) == []


def test_who_created_it_and_who_handed_it_in_hear_of_a_decision_once_each(house):
    text = house["text"]
    review.assign(text, house["reviewer"], house["ports"])
    workflow.submit(text, house["reviewer"])
    sent(house)
    review.decide(text, house["editor"], APPROVED, version=text.version)
    assert [to for to, _subject in sent(house)] == ["author", "ports", "reviewer"]


def test_the_assigner_who_decides_gets_no_mail_and_one_address_one(house):
    text, editor = house["text"], house["editor"]
    house["reviewer"].email = " AUTHOR@example.org"
    house["reviewer"].save()
    review.assign(text, house["reviewer"], editor)
    workflow.submit(text, house["reviewer"])
    sent(house)
    review.decide(text, editor, APPROVED, version=text.version)
    assert [to for to, _subject in sent(house)] == ["author"]


def test_a_mention_is_mailed_once_and_a_comment_without_one_to_nobody(house):
    text, editor = house["text"], house["editor"]
    review.comment(text, editor, "Plain.")
    assert sent(house) == []
    said = review.comment(text, editor, "@author and @author, @editor, @silent: 请看", quote="A passage.")
    [(_to, message)] = house["mail"].messages
    assert message["Subject"] == f"editor mentions you: {text}"
    assert "> A passage." in message.get_content()
    assert f"/review/#comment-{said.pk}" in message.get_content()
    assert sent(house) == [("author", f"editor mentions you: {text}")]
    review.answer(said, house["author"], "@ports, what do you say?")
    assert [to for to, _subject in sent(house)] == ["editor", "ports"]


def test_a_correction_handed_in_goes_to_those_who_may_publish_the_live_text(house):
    workflow.publish(house["text"])
    copy = open_copy(house["text"], house["author"])
    workflow.submit(copy, house["author"])
    assert [to for to, _subject in sent(house)] == ["editor", "ports"]
    [mail] = OutgoingMail.objects.filter(to="editor@example.org")
    assert "handed in a correction of" in mail.text
    assert f"/{copy.pk}/review/" in mail.text


def test_what_is_refused_mails_nobody(house):
    with pytest.raises(PermissionDenied):
        review.assign(house["text"], house["reviewer"], house["author"])
    with pytest.raises(ValidationError):
        review.comment(house["text"], house["editor"], "@author and @ghost")
    assert sent(house) == []
    assert not OutgoingMail.objects.exists()
