"""The checklist: what it asks, of whom, when, and how it is overridden."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from charhar.publishing import checklist, workflow
from charhar.publishing.checklist import MUST, SHOULD, Finding, Unready, findings
from charhar.publishing.copies import apply_due, open_copy, publish_copy
from charhar.publishing.history import snapshots_of
from charhar.publishing.models import Publishable, State
from experts.models import Expert
from tests.factories import ExpertFactory, PageFactory, UserFactory

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def no_blank_title(monkeypatch):
    """The only check there is: an expert has a title."""
    monkeypatch.setattr(checklist, "_checks", [])
    asked = []

    @checklist.check(Expert)
    def has_title(text, occasion):
        asked.append(occasion)
        if not text.title_en:
            yield Finding("title", MUST, "Give a title.", "title_en")
        yield Finding("long", SHOULD, "Rather long.", "biography_en")

    return asked


@pytest.fixture
def editor():
    return UserFactory(roles=["Editors"])


@pytest.fixture
def chief():
    return UserFactory(roles=["Administrators"])


def test_what_must_be_mended_comes_first(monkeypatch):
    monkeypatch.setattr(checklist, "_checks", [])
    found = [Finding("a", SHOULD, "A"), Finding("b", MUST, "B"), Finding("c", SHOULD, "C")]
    checklist.check(Publishable)(lambda text, occasion: found)
    assert [f.code for f in findings(PageFactory())] == ["b", "a", "c"]


def test_a_check_is_asked_of_its_own_kind_of_text_alone(no_blank_title):
    assert [f.code for f in findings(ExpertFactory(title_en=""))] == ["title", "long"]
    assert findings(PageFactory()) == []


def test_the_check_knows_who_asks_and_from_when_readers_would_see_it(no_blank_title, editor):
    at = timezone.now() + HOUR
    workflow.publish(ExpertFactory(draft=True), editor, at=at)
    assert no_blank_title == [(editor, at)]


def test_a_text_that_lacks_something_is_not_published(no_blank_title, editor):
    text = ExpertFactory(draft=True, title_en="")
    for at in (None, timezone.now() + HOUR):
        with pytest.raises(Unready) as refused:
            workflow.publish(text, editor, at=at)
        assert refused.value.message_dict == {"title_en": ["Give a title."]}
        assert [f.code for f in refused.value.findings] == ["title", "long"]
    text.refresh_from_db()
    assert (text.state, text.publish_at, text.version) == (State.DRAFT, None, 0)


def test_what_only_should_be_mended_holds_nothing_up(no_blank_title, editor):
    text = ExpertFactory(draft=True)
    workflow.publish(text, editor)
    assert (text.state, snapshots_of(text).get().note) == (State.PUBLISHED, "")


def test_drafts_are_saved_and_submitted_whatever_they_lack(no_blank_title, editor):
    text = ExpertFactory(draft=True, title_en="")
    workflow.record(text, user=editor, action="save")
    workflow.submit(text, editor)
    assert text.state == State.REVIEW


def test_importer_and_demo_content_are_not_asked(no_blank_title):
    text = ExpertFactory(draft=True, title_en="")
    workflow.publish(text)
    assert (text.state, no_blank_title) == (State.PUBLISHED, [])


def test_an_override_needs_the_grant_and_a_reason(no_blank_title, editor, chief):
    text = ExpertFactory(draft=True, title_en="")
    for user, reason in ((editor, "It can not wait."), (chief, ""), (chief, "  \n")):
        with pytest.raises(Unready):
            workflow.publish(text, user, override=reason)
    workflow.publish(text, chief, override=" It can not wait. ")
    snapshot = snapshots_of(text).get()
    assert (snapshot.action, snapshot.user, snapshot.note) == (
        "publish",
        chief,
        "Published in spite of the checklist: It can not wait.\n– Give a title.",
    )


def test_the_grant_to_override_does_not_publish(no_blank_title):
    with pytest.raises(PermissionDenied):
        workflow.publish(
            ExpertFactory(draft=True, title_en=""), UserFactory(roles=["Authors"]), override="Because."
        )


def test_a_reason_that_nothing_asks_for_is_not_kept(no_blank_title, chief):
    text = ExpertFactory(draft=True)
    workflow.publish(text, chief, override="Just in case.")
    assert snapshots_of(text).get().note == ""


def test_a_correction_is_asked_of_what_the_working_copy_holds(no_blank_title, editor, chief):
    live = ExpertFactory()
    copy = open_copy(live, editor)
    type(copy).versions.filter(pk=copy.pk).update(title_en="")
    for at in (None, timezone.now() + HOUR):
        with pytest.raises(Unready):
            publish_copy(copy, editor, at=at, note="The title was wrong.")
    live.refresh_from_db()
    assert live.title_en == "Adjunct Fellow"
    publish_copy(copy, chief, note="The title was wrong.", override="It is gone.")
    live.refresh_from_db()
    assert live.title_en == ""
    assert live.corrections[0]["note"] == "The title was wrong."
    assert snapshots_of(live).first().note == (
        "The title was wrong.\nPublished in spite of the checklist: It is gone.\n– Give a title."
    )


def test_a_scheduled_correction_was_asked_when_it_was_scheduled(no_blank_title, chief):
    live = ExpertFactory()
    copy = open_copy(live, chief)
    type(copy).versions.filter(pk=copy.pk).update(title_en="")
    publish_copy(copy, chief, at=timezone.now() + HOUR, override="It is gone.")
    assert snapshots_of(copy).first().note.startswith("Published in spite of the checklist: It is gone.")
    assert apply_due(timezone.now() + 2 * HOUR) == (1, 0)
    live.refresh_from_db()
    assert live.title_en == ""


def test_a_refusal_is_an_error_that_every_form_can_show():
    refused = Unready(
        [
            Finding("a", MUST, "One.", "title"),
            Finding("b", MUST, "Two.", "title"),
            Finding("c", MUST, "Three."),
        ]
    )
    assert isinstance(refused, ValidationError)
    assert refused.message_dict == {"title": ["One.", "Two."], "__all__": ["Three."]}
