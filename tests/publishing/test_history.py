"""History: readable differences, and every version brought back whole."""

import json

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from charhar.publishing import copies, workflow
from charhar.publishing.compare import Run, differences, words_changed
from charhar.publishing.history import canonical, family_of, serialise, snapshots_of
from publications.models import Entry
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    ImageFactory,
    PublicationFactory,
    TopicFactory,
    UserFactory,
)

from .everything import KINDS, contents, fill

pytestmark = pytest.mark.django_db


def recorded(text, action="save"):
    """Record the text and give the content back as the database keeps it."""
    workflow.record(text, user=None, action=action)
    return snapshots_of(text).first().data


def shown(model, old, new):
    """The differences as {label: lines}, each run as -out-, +in+ or plain."""
    marks = {"same": "{}", "out": "[-{}-]", "in": "[+{}+]"}
    return {
        d.label: ["".join(marks[run.kind].format(run.words) for run in line) for line in d.lines]
        for d in differences(model, old, new)
    }


# -- Restoring --------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", KINDS)
def test_any_version_of_a_draft_comes_back_byte_equal_with_every_row_and_relation(model):
    text = fill(KINDS[model](draft=True), 0)
    first, held = recorded(text), contents(text)
    fill(text, 1)
    second = recorded(text)
    assert canonical(first) != canonical(second)
    target, lost = copies.restore(text, first, "1")
    assert (target.pk, lost) == (text.pk, [])
    assert canonical(serialise(target)) == canonical(first)
    assert contents(text) == held
    target, _lost = copies.restore(text, second, "2")
    assert canonical(serialise(target)) == canonical(second)
    assert canonical(snapshots_of(text).first().data) == canonical(second)


@pytest.mark.parametrize("model", KINDS)
def test_any_version_of_a_live_text_comes_back_as_a_working_copy_byte_equal(model):
    text = fill(KINDS[model](), 0)
    first, held = recorded(text), contents(text)
    copies.publish_copy(fill(copies.open_copy(text), 1))
    now = contents(text)
    target, lost = copies.restore(text, first, "1")
    assert (target.corrects_id, lost) == (text.pk, [])
    assert canonical(serialise(target)) == canonical(first)
    assert contents(text) == now
    copies.publish_copy(target)
    assert contents(text) == held
    assert canonical(snapshots_of(text).first().data) == canonical(first)


def test_an_entry_taken_out_and_restored_has_its_old_key():
    text = PublicationFactory(draft=True)
    entry = text.entries.create(title="On ports")
    first, key = recorded(text), entry.pk
    entry.delete()
    recorded(text)
    copies.restore(text, first, "1")
    assert list(Entry.objects.values_list("pk", "title")) == [(key, "On ports")]


def test_what_was_deleted_since_is_left_out_and_named():
    topic, picture, expert = TopicFactory(), ImageFactory(), ExpertFactory()
    text = ArticleFactory(draft=True, topics=[topic], lead_image=picture, authors=[expert])
    data = recorded(text)
    keys = (picture.pk, expert.pk, topic.pk)
    for row in (topic, picture, expert):
        row.delete()
    target, lost = copies.restore(text, data, "1")
    assert lost == [f"lead image {keys[0]}", f"expert {keys[1]}", f"topics {keys[2]}"]
    assert (target.lead_image, target.bylines.get().name) == (None, expert.display_name_en)


def test_what_the_open_copy_held_stays_in_the_history():
    text = ArticleFactory(title="First")
    first = recorded(text)
    copy = copies.open_copy(text)
    copy.title = "An hour's work"
    copy.save()
    recorded(copy)
    copies.restore(text, first, "1")
    assert [s.data["fields"]["title"] for s in family_of(text)] == [
        "First", "An hour's work", "First", "First",
    ]  # fmt: skip


def test_restoring_needs_the_right_to_change():
    author, other = UserFactory(roles=["Authors"]), UserFactory(roles=["Authors"])
    draft = ArticleFactory(draft=True, created_by=author)
    live = ArticleFactory(created_by=author)
    for text in (draft, live):
        data = recorded(text)
        with pytest.raises(PermissionDenied):
            copies.restore(text, data, "1", other)
        copies.restore(text, data, "1", author)


def test_nothing_is_restored_into_trash_or_to_an_address_that_was_given_away():
    trashed = ArticleFactory(draft=True, trashed=True)
    with pytest.raises(ValidationError):
        copies.restore(trashed, recorded(trashed), "1")
    text = ArticleFactory(draft=True, slug="first")
    data = recorded(text)
    text.slug = "second"
    text.save()
    recorded(text)
    ArticleFactory(slug="first")
    with pytest.raises(ValidationError):
        copies.restore(text, data, "1")
    text.refresh_from_db()
    assert text.slug == "second"


# -- Reading the difference -------------------------------------------------------------------------


@pytest.mark.parametrize("model", KINDS)
def test_a_content_differs_in_nothing_from_itself_as_kept(model):
    text = fill(KINDS[model](), 0)
    data = serialise(text)
    kept = json.loads(canonical(data))
    assert shown(model, kept, data) == {}


@pytest.mark.parametrize("model", KINDS)
def test_every_field_row_and_relation_that_changed_is_named(model):
    text = fill(KINDS[model](), 0)
    old = serialise(text)
    fill(text, 1)
    new = serialise(text)
    changed = {name for name in old["fields"] if old["fields"][name] != new["fields"][name]}
    expected = len(changed) + len(model.CONTENT_INLINES) + len(model._meta.many_to_many)
    found = differences(model, old, new)
    assert len(found) == expected
    assert all(d.lines for d in found)


def test_words_of_rich_text_are_compared_paragraph_by_paragraph():
    text = ArticleFactory(
        body="<p>Ports were built in 2012.</p><p>They stand.</p><p>Some <em>trade</em>.</p>"
    )
    old = serialise(text)
    text.body = "<p>Ports were built in 2013.</p><p>They stand.</p><p>Some trade.</p><p>More.</p>"
    assert shown(type(text), old, serialise(text)) == {
        "body": ["Ports were built in [-2012-][+2013+].", "[+More.+]"]
    }


def test_chinese_is_compared_character_by_character():
    assert words_changed("公共外交", "公众外交") == [
        Run("same", "公"), Run("out", "共"), Run("in", "众"), Run("same", "外交"),
    ]  # fmt: skip


def test_a_change_that_no_word_shows_is_said():
    text = ArticleFactory(body="<p>Some <em>trade</em>.</p>")
    old = serialise(text)
    text.body = "<p>Some trade.</p>"
    assert shown(type(text), old, serialise(text)) == {
        "body": ["Only the formatting, a link or a picture changed."]
    }


def test_rows_subjects_and_choices_are_called_by_their_names():
    ada, topic, gone = ExpertFactory(display_name_en="Ada"), TopicFactory(name_en="Trade"), TopicFactory()
    text = ArticleFactory(authors=[ada], topics=[gone], kind="commentary", show_editors_note=True)
    old = serialise(text)
    text.bylines.create(name="Ben", contribution="translator", position=5)
    text.topics.set([topic], through_defaults=text.filing_defaults())
    text.tags.add("ports")
    text.kind, text.show_editors_note = "interview", False
    new, key = serialise(text), gone.pk
    gone.delete()
    found = shown(type(text), old, new)
    assert found == {
        "kind": ["[-Commentary-][+Interview+]"],
        "show an editor's note": ["[-yes-][+no+]"],
        "bylines": ["[+Ben · Translator+]"],
        "topics": [f"[-no. {key}, deleted-]", "[+Trade+]"],
        "tags": ["[+ports+]"],
    }
