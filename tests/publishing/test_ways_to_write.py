"""Every other way to write than the form: bulk actions, merged tags, many at once, and a killed worker."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import pytest
from django.conf import settings
from django.db import connection, connections
from django.urls import reverse
from taggit.models import Tag

from articles.models import Article, Byline
from charhar.publishing import workflow
from charhar.publishing.copies import open_copy, publish_copy
from charhar.publishing.history import canonical, family_of, serialise, snapshots_of
from charhar.publishing.models import ContentVersion, State
from tests.admin_forms import opened, send
from tests.factories import ArticleFactory, UserFactory
from tests.publishing.test_interleavings import ShortWay

pytestmark = pytest.mark.django_db
LIST = "/admin/articles/article/"


@pytest.fixture
def editor(client):
    person = UserFactory(roles=["Editors"])
    client.force_login(person)
    return person


def change(article):
    return reverse("admin:articles_article_change", args=[article.pk])


def again(text):
    return type(text).versions.get(pk=text.pk)


def act(client, action, *texts):
    """An action on a list that was opened before."""
    return client.post(LIST, {"action": action, "_selected_action": [t.pk for t in texts]}, follow=True)


# -- Bulk actions: each text as it is now, under its lock, by the rules of its state ------------------


def test_a_bulk_action_goes_by_the_text_as_it_is_now_and_stops_for_none(client, editor):
    published, submitted, draft = ArticleFactory.create_batch(3, draft=True)
    workflow.publish(published)
    workflow.submit(submitted)
    said = [str(m) for m in act(client, "submit_selected", published, submitted, draft).context["messages"]]
    assert [again(t).state for t in (published, submitted, draft)] == [
        State.PUBLISHED,
        State.REVIEW,
        State.REVIEW,
    ]
    assert len(said) == 3


def test_the_trash_in_bulk_takes_no_text_that_went_public_meanwhile(client, editor):
    published, draft = ArticleFactory.create_batch(2, draft=True)
    workflow.publish(published)
    act(client, "trash_selected", published, draft)
    assert (again(published).trashed_at, again(draft).trashed_at is not None) == (None, True)


def test_a_bulk_action_writes_no_content(client, editor):
    """What somebody saved after the list was opened is in what is handed in, whole."""
    article = ArticleFactory(draft=True, title="As listed")
    article.title = "Saved since"
    article.save()
    workflow.record(article, user=None, action="save")
    act(client, "submit_selected", article)
    assert (again(article).title, again(article).version) == ("Saved since", 2)


# -- Tags --------------------------------------------------------------------------------------------


def merge_tags(client, new, *old):
    keys = [str(tag.pk) for tag in Tag.objects.filter(name__in=old)]
    client.post("/admin/taggit/tag/", {"action": "render_tag_form", "_selected_action": keys})
    return client.post(reverse("admin:taggit_tag_merge_tags"), {"new_tag_name": new}, follow=True)


@pytest.fixture
def chief(client):
    person = UserFactory(is_superuser=True)
    client.force_login(person)
    return person


def test_merged_tags_are_a_save_of_each_text_which_an_open_form_does_not_undo(client, chief):
    article = ArticleFactory(draft=True)
    article.tags.add("peace", "trade")
    workflow.record(article, user=None, action="save")
    typed = opened(client, change(article))
    merge_tags(client, "Peace and quiet", "peace", "calm")
    last = snapshots_of(article).first()
    assert (last.version, last.action, last.user) == (2, "tags", chief)
    assert last.data["tags"] == ["Peace and quiet", "trade"]
    send(client, change(article), values=typed, title="Mine")
    assert (sorted(again(article).tags.names()), again(article).title) == (
        ["Peace and quiet", "trade"],
        "Mine",
    )


def test_a_working_copy_can_be_published_after_its_tags_were_merged(client, chief):
    article = ArticleFactory()
    article.tags.add("peace")
    workflow.record(article, user=None, action="save")
    copy = open_copy(article)
    merge_tags(client, "calm", "peace")
    publish_copy(again(copy))
    assert list(again(article).tags.names()) == ["calm"]


def test_merging_tags_stops_before_a_locked_text(client, chief):
    article, other = ArticleFactory(draft=True), ArticleFactory(draft=True)
    for text in (article, other):
        text.tags.add("peace")
    workflow.lock(article, UserFactory(is_superuser=True))
    merge_tags(client, "calm", "peace")
    assert [list(t.tags.names()) for t in (article, other)] == [["peace"], ["peace"]]


# -- Many at once ------------------------------------------------------------------------------------

PAIRS = 50


@pytest.mark.parametrize("part", [pytest.param(part, marks=[pytest.mark.long][:part]) for part in range(5)])
def test_fifty_pairs_who_press_at_the_same_moment_lose_nothing(at_once, part):
    """Every second pair saves twice, the others save and publish; each has typed alone, and both the same."""
    people = [UserFactory(is_superuser=True) for _ in range(2)]
    ways = [ShortWay(person) for person in people]
    for number in range(PAIRS // 5):
        article = ArticleFactory(draft=True, title="Base", subtitle="", standfirst="")
        workflow.record(article, user=None, action="save")
        forms = [way.get(article)[0] for way in ways]
        buttons = ["_save", "_publish" if number % 2 else "_save"]
        mine = [
            {
                "title": f"A{number}",
                "subtitle": f"only A{number}",
                "tags": f"a{number}",
                "bylines-0-role": "A",
            },
            {"title": f"B{number}", "standfirst": f"only B{number}", "tags": f"b{number}"},
        ]
        waiting = [0, 1]

        def press(article=article, forms=forms, buttons=buttons, mine=mine, waiting=waiting):
            who = waiting.pop()
            return who, ways[who].post(article, {**forms[who], **mine[who], buttons[who]: "1"})

        answers = dict(at_once(2, press))
        winner = next(who for who, answer in answers.items() if answer[0] == 302)
        loser, (status, values, context) = 1 - winner, answers[1 - winner]
        text = article
        if buttons[winner] == "_publish":  # what was typed goes into the working copy
            assert status == 403
            _status, values, context = ways[loser].post(article, {"typed": context["raw"]}, "correct")
            text = Article.versions.get(corrects=article)
        [clash] = context["merged"].clashes
        assert (clash.name, values["title"]) == ("title", [mine[loser]["title"]])
        assert again(article).title == mine[winner]["title"]
        chosen = {**values, "merge-title": "mine", "_save": "1"}
        assert ways[loser].post(text, chosen)[0] == 302
        text = again(text)
        assert text.title == mine[loser]["title"]
        assert (text.subtitle, text.standfirst) == (f"only A{number}", f"only B{number}")
        assert sorted(text.tags.names()) == [f"a{number}", f"b{number}"]
        assert [b.role for b in text.bylines.all()] == ["A"]
        held = {s.data["fields"]["title"] for s in family_of(text)}
        assert held == {mine[loser]["title"], mine[winner]["title"], "Base"}


# -- A killed worker ---------------------------------------------------------------------------------

# It forks a publisher for each line and tells how it ended when asked.
WORKER = """
import os, sys
import django
django.setup()
from django.contrib.auth import get_user_model
from articles.models import Article
from charhar.publishing.copies import publish_copy
print("ready", flush=True)
for line in sys.stdin:
    copy, who = map(int, line.split())
    pid = os.fork()
    if pid == 0:
        person = get_user_model().objects.get(pk=who)
        text = Article.versions.get(pk=copy)
        print("begins", flush=True)
        publish_copy(text, person, note="A note")
        os._exit(0)
    print(pid, flush=True)
    print(os.waitpid(pid, 0)[1], flush=True)
"""
KILLS = 20


def test_a_worker_killed_while_it_publishes_leaves_the_old_or_the_new_text_whole(at_once, tmp_path):
    """A process of its own, killed without warning at some moment of a publication, again and again."""
    editor = UserFactory(is_superuser=True)
    article = ArticleFactory(title="Old", body="<p>Old.</p>")
    for name in ("Old one", "Old two"):
        Byline.objects.create(article=article, name=name)
    article.tags.add("old")
    workflow.record(article, user=None, action="save")
    chance, seen, took = random.Random(3), {"old": 0, "new": 0}, 0.0
    with worker(tmp_path) as process:
        for number in range(KILLS + 1):
            copy = open_copy(article)
            copy.title, copy.body = f"New {number}", f"<p>New {number}.</p>"
            copy.save()
            copy.bylines.all().delete()
            Byline.objects.create(article=copy, name=f"New {number}")
            copy.tags.set([f"new {number}"])
            workflow.record(copy, user=editor, action="save")
            sides = {"old": whole(article), "new": whole(copy)}
            before = ContentVersion.objects.get().number
            corrections = len(again(article).corrections)
            connections.close_all()
            process.stdin.write(f"{copy.pk} {editor.pk}\n")
            process.stdin.flush()
            said = {process.stdout.readline().strip() for _ in range(2)}
            pid = int((said - {"begins"}).pop())
            began = time.monotonic()
            if number:  # the first is left alone, to know how long it takes
                time.sleep(took * 1.1 * chance.random())
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            assert int(process.stdout.readline()) in {0, signal.SIGKILL}
            took = took or time.monotonic() - began
            article, found = again(article), whole(article)
            fate = next(name for name, side in sides.items() if side == found)
            seen[fate] += 1
            published = fate == "new"
            last = snapshots_of(article).first()
            assert canonical(last.data) == found
            assert (again(copy).trashed_at is not None) == published
            assert len(article.corrections) == corrections + published
            assert (ContentVersion.objects.get().number > before) == published
            if not published:  # nothing stands in the way of doing it again
                article = publish_copy(again(copy), editor, note="A note")
    assert seen["old"] > 0, "no kill met it before it was done"


def whole(text):
    return canonical(serialise(again(text)))


@contextmanager
def worker(folder):
    """A process with the database that the test has from here on."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{known['NAME']}"
    else:
        who = known["USER"] + (f":{known['PASSWORD']}" if known["PASSWORD"] else "")
        url = f"postgres://{who}@{known['HOST']}:{known['PORT'] or 5432}/{known['NAME']}"
    file = folder / "worker.py"
    file.write_text(WORKER)
    environment = {
        **os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "charhar.settings",
        "SECRET_KEY": settings.SECRET_KEY, "PYTHONPATH": str(settings.BASE_DIR), "VAR_DIR": str(folder),
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, str(file)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=settings.BASE_DIR,
    )  # fmt: skip
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        process.stdout.close()
