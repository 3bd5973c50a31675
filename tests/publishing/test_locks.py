"""Locked texts: who may still do what, by every way to write, move and delete."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.urls import reverse
from django.utils import timezone

from articles.models import Article
from charhar.publishing import workflow
from charhar.publishing.copies import apply_due, discard_copy, open_copy, publish_copy, restore
from charhar.publishing.history import serialise, snapshots_of
from charhar.publishing.locks import Locked
from charhar.publishing.models import Publishable
from tests.admin_forms import opened, send
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    PageFactory,
    PublicationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)
FACTORIES = [ArticleFactory, PublicationFactory, ExpertFactory, PageFactory]


@pytest.fixture
def ada():
    return UserFactory(username="ada", first_name="Ada", last_name="Sample", roles=["Editors"])


@pytest.fixture
def ben():
    return UserFactory(username="ben", roles=["Editors"])


@pytest.fixture
def author():
    return UserFactory(username="author", roles=["Authors"])


def locked(by, factory=ArticleFactory, **fields):
    text = factory(**fields)
    workflow.lock(text, by)
    return text


def url(page, text):
    opts = type(text)._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{page}", args=[text.pk])


def messages(response):
    return [str(m) for m in response.wsgi_request._messages]


# -- Locking and unlocking --------------------------------------------------------------------------


@pytest.mark.parametrize("factory", FACTORIES)
def test_the_history_tells_who_locked_and_unlocked(factory, ada, ben):
    text = locked(ada, factory)
    assert (text.locked_by, text.locked_at is not None) == (ada, True)
    workflow.unlock(text, ben)
    assert (text.locked_by, text.locked_at) == (None, None)
    assert [(s.action, s.user) for s in snapshots_of(text)] == [("unlock", ben), ("lock", ada)]


def test_only_who_may_publish_a_text_may_lock_it(author):
    with pytest.raises(PermissionDenied):
        workflow.lock(ArticleFactory(draft=True, created_by=author), author)


def test_who_locked_may_unlock_without_the_right_to_publish(ada):
    text = locked(ada)
    ada.groups.clear()
    del ada._publishing_grants
    workflow.unlock(text, ada)
    assert text.locked_at is None


def test_an_author_can_not_unlock_what_an_editor_locked(ada, author):
    text = locked(ada, draft=True, created_by=author)
    with pytest.raises(PermissionDenied):
        workflow.unlock(text, author)


def test_a_second_person_can_not_take_the_lock_over(ada, ben):
    text = locked(ada)
    with pytest.raises(Locked):
        workflow.lock(text, ben)
    text.refresh_from_db()
    assert text.locked_by == ada


def test_the_lock_of_somebody_who_left_holds_until_an_editor_unlocks(ada, ben):
    text = locked(ada, draft=True)
    ada.delete()
    with pytest.raises(Locked, match="somebody who has left"):
        workflow.submit(text, ben)
    workflow.unlock(text, ben)
    workflow.submit(text, ben)


def test_neither_copies_nor_trash_are_locked(ada):
    for text in (open_copy(ArticleFactory(), ada), ArticleFactory(draft=True, trashed=True)):
        with pytest.raises(ValidationError):
            workflow.lock(text, ada)


# -- Writing and moving -----------------------------------------------------------------------------

MOVES = {
    "save": (lambda t, u: workflow.record(t, user=u, action="save"), {"draft": True}),
    "submit": (workflow.submit, {"draft": True}),
    "send_back": (workflow.send_back, {"review": True}),
    "publish": (workflow.publish, {"draft": True}),
    "withdraw": (lambda t, u: workflow.withdraw(t, u, "An error."), {}),
    "reopen": (workflow.reopen, {"withdrawn": True}),
    "restore": (lambda t, u: restore(t, serialise(t), "1", u), {"draft": True}),
    "begin a copy": (open_copy, {}),
}


@pytest.mark.parametrize("move", MOVES)
def test_nobody_else_moves_a_locked_text_and_who_locked_it_does(move, ada, ben):
    does, traits = MOVES[move]
    text = locked(ada, **traits, authors=[ExpertFactory()])
    with pytest.raises(Locked, match=r"is locked\. Locked by Ada Sample since"):
        does(text, ben)
    text.refresh_from_db()
    assert (text.version, snapshots_of(text).count()) == (1, 1)
    does(text, ada)


COPY_MOVES = {
    "save": lambda c, u: workflow.record(c, user=u, action="save"),
    "submit": lambda c, u: workflow.submit(c, u),
    "publish": lambda c, u: publish_copy(c, u),
    "schedule": lambda c, u: publish_copy(c, u, at=timezone.now() + HOUR),
    "discard": lambda c, u: discard_copy(c, u),
}


@pytest.mark.parametrize("move", COPY_MOVES)
def test_the_lock_holds_for_the_working_copy_too(move, ada, ben):
    live = ArticleFactory(authors=[ExpertFactory()])
    workflow.record(live, user=None, action="import")
    copy = open_copy(live, ben)
    workflow.lock(live, ada)
    with pytest.raises(Locked):
        COPY_MOVES[move](copy, ben)
    COPY_MOVES[move](copy, ada)


def test_a_locked_translation_keeps_its_address(ada, ben):
    original = ArticleFactory(draft=True, slug="first")
    translation = locked(ada, draft=True, slug="first", language="zh-hans", translation_of=original)
    original.slug = "second"
    original.save()
    with pytest.raises(Locked):
        workflow.record(original, user=ben, action="save")
    translation.refresh_from_db()
    assert translation.slug == "first"


def test_the_clock_is_not_stopped(ada, ben):
    live = ArticleFactory(title="First", slug="first", authors=[ExpertFactory()])
    translation = ArticleFactory(slug="first", language="zh-hans", translation_of=live)
    workflow.record(live, user=None, action="import")
    copy = open_copy(live, ben)
    type(copy).versions.filter(pk=copy.pk).update(title="Second", slug="second")
    publish_copy(copy, ben, at=timezone.now() + HOUR)
    workflow.lock(live, ada)
    workflow.lock(translation, ada)
    assert apply_due(timezone.now() + 2 * HOUR) == (1, 0)
    live.refresh_from_db()
    translation.refresh_from_db()
    assert (live.title, live.locked_by, translation.slug) == ("Second", ada, "second")
    scheduled = locked(ada, scheduled=True)
    assert scheduled.is_published_at(timezone.now() + 48 * HOUR)


# -- Trash and deletion -----------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ada", "ben", "the system"])
def test_nobody_trashes_a_locked_text(who, ada, ben):
    text = locked(ada, draft=True)
    with pytest.raises(Locked):
        workflow.trash(text, {"ada": ada, "ben": ben}.get(who))
    text.refresh_from_db()
    assert text.trashed_at is None


@pytest.mark.parametrize("factory", FACTORIES)
def test_a_locked_text_is_not_deleted_alone_in_bulk_or_with_another(factory, ada):
    text, other = locked(ada, factory), factory()
    model = type(text)
    for delete in (
        text.delete,
        model.versions.all().delete,
        model.objects.filter(pk__in=[other.pk, text.pk]).delete,
    ):
        with pytest.raises(ProtectedError, match=r"can not be deleted\. Locked by Ada"), transaction.atomic():
            delete()
    assert model.versions.count() == 2
    workflow.unlock(text, ada)
    model.versions.all().delete()
    assert not model.versions.exists()


def test_the_copies_of_a_locked_text_are_not_deleted(ada):
    live = ArticleFactory()
    copy = open_copy(live, ada)
    workflow.lock(live, ada)
    with pytest.raises(ProtectedError), transaction.atomic():
        copy.delete()
    assert Article.versions.filter(pk=copy.pk).exists()


def test_every_kind_of_text_is_guarded():
    from django.apps import apps
    from django.db.models.signals import pre_delete

    kinds = [m for m in apps.get_models() if issubclass(m, Publishable)]
    assert len(kinds) >= 4
    assert all(pre_delete.has_listeners(model) for model in kinds)


# -- The admin --------------------------------------------------------------------------------------


def test_the_form_saves_and_locks_at_once(client, ada):
    client.force_login(ada)
    text = ArticleFactory(draft=True)
    response = send(client, url("change", text), "_lock", title="Final")
    text.refresh_from_db()
    assert (text.title, text.locked_by) == ("Final", ada)
    assert messages(response) == [f'“Final” is locked. <a href="{text.get_absolute_url()}">Preview</a>']
    assert [s.action for s in snapshots_of(text)] == ["lock"]
    send(client, url("change", text), "_unlock")
    text.refresh_from_db()
    assert text.locked_at is None


def test_whom_a_lock_holds_off_reads_the_form_and_can_unlock_as_an_editor(client, ada, ben):
    text = locked(ada, draft=True, title="As it was")
    client.force_login(ben)
    response = client.get(url("change", text))
    page = response.content.decode()
    assert "Locked by Ada Sample since" in page
    assert 'name="title"' not in page
    assert 'name="_save"' not in page
    assert url("trash", text) not in page
    assert url("unlock", text) in page
    assert client.post(url("unlock", text)).headers["Location"] == url("change", text)
    text.refresh_from_db()
    assert text.locked_at is None


def test_what_was_typed_before_the_lock_is_kept(client, ada, ben):
    text = ArticleFactory(draft=True, title="As it was")
    client.force_login(ben)
    values = opened(client, url("change", text))
    workflow.lock(text, ada)
    response = send(client, url("change", text), "_save", values=values, title="Typed with care")
    page = response.content.decode()
    assert response.status_code == 403
    assert "Typed with care" in page
    assert "Locked by Ada Sample since" in page
    text.refresh_from_db()
    assert text.title == "As it was"


def test_a_locked_live_text_is_not_corrected_by_others(client, ada, ben):
    text = locked(ada)
    client.force_login(ben)
    assert url("correct", text) not in client.get(url("change", text)).content.decode()
    response = client.post(url("correct", text))
    assert response.headers["Location"] == url("change", text)
    assert "is locked" in messages(response)[0]
    assert not Article.versions.filter(corrects=text).exists()


def test_the_list_shows_what_is_locked(client, ada):
    client.force_login(ada)
    locked(ada, draft=True)
    ArticleFactory(draft=True)
    page = client.get("/admin/articles/article/").content.decode()
    assert page.count('<span class="correction">Locked</span>') == 1


def test_bulk_actions_leave_locked_texts_and_say_so(client, ada, ben):
    kept, gone = locked(ada, draft=True, title="Kept"), ArticleFactory(draft=True, title="Gone")
    client.force_login(ben)
    response = client.post(
        "/admin/articles/article/",
        {"action": "trash_selected", "_selected_action": [kept.pk, gone.pk]},
    )
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert (kept.trashed_at, gone.trashed_at is not None) == (None, True)
    assert any("“Kept” can not go to the trash: it is locked." in said for said in messages(response))


def test_the_page_to_delete_shows_what_is_locked_and_does_not_fail(client, ada):
    chief = UserFactory(roles=["Administrators"])
    client.force_login(chief)
    text = ArticleFactory(draft=True, trashed=True)
    Article.versions.filter(pk=text.pk).update(locked_by=ada, locked_at=timezone.now())
    page = client.get(url("delete", text)).content.decode()
    assert "Locked by Ada Sample since" in page
    response = client.post(url("delete", text), {"post": "yes"})
    assert response.status_code < 500
    assert Article.versions.filter(pk=text.pk).exists()


# role × who locked × endpoint → status; 302 is done or led elsewhere
EXPECTED = {
    ("Authors", "other", "unlock"): 403,
    ("Editors", "other", "unlock"): 302,
    ("Editors", "own", "unlock"): 302,
    ("Administrators", "other", "unlock"): 302,
    ("Secretariat", "other", "unlock"): 404,
    ("", "other", "unlock"): 404,
    ("Authors", "other", "change"): 403,
    ("Editors", "other", "change"): 403,
    ("Editors", "own", "change"): 302,
    ("Administrators", "other", "change"): 403,
    ("Secretariat", "other", "change"): 403,
    ("", "other", "change"): 403,
    ("Authors", "other", "trash"): 409,
    ("Editors", "other", "trash"): 409,
    ("Editors", "own", "trash"): 409,
    ("Administrators", "other", "trash"): 409,
    ("Secretariat", "other", "trash"): 403,
    ("", "other", "trash"): 403,
}


@pytest.mark.parametrize(("role", "whose", "page"), EXPECTED)
def test_who_may_do_what_to_a_locked_text(client, ada, role, whose, page):
    person = UserFactory(roles=[role] if role else [])
    text = ArticleFactory(draft=True, created_by=person if role == "Authors" else ada)
    workflow.lock(text, person if whose == "own" else ada)
    client.force_login(ada)
    values = {} if page != "change" or whose == "own" else {"title": "Typed"}
    client.force_login(person)
    if page == "change" and whose == "own":
        response = send(client, url("change", text))
    else:
        response = client.post(url(page, text), values)
    assert response.status_code == EXPECTED[role, whose, page]


def test_unlocking_is_no_link(client, ada):
    client.force_login(ada)
    assert client.get(url("unlock", locked(ada))).status_code == 405
