"""The two-person rule: publisher × approver × what changed since × section, for texts, schedules and copies."""

import datetime

import pytest
from django.utils import timezone

from articles.models import Article
from charhar.desk import review, second_person
from charhar.desk.models import Opinion, ReviewLink
from charhar.publishing import copies, workflow
from charhar.publishing.checklist import MUST, Unready, findings
from charhar.publishing.copies import apply_due, open_copy
from charhar.publishing.history import snapshots_of
from tests.admin_forms import errors_of, send
from tests.factories import ArticleFactory, ExpertFactory, NewsSectionFactory, TopicFactory, UserFactory

pytestmark = pytest.mark.django_db

APPROVED, CHANGES = Opinion.Verdict.APPROVED, Opinion.Verdict.CHANGES
LATER = datetime.timedelta(days=1)


@pytest.fixture
def people():
    """The writer, a second editor and a third: all may publish."""
    return {name: UserFactory(username=name, roles=["Editors"]) for name in ("writer", "second", "third")}


@pytest.fixture
def section():
    return NewsSectionFactory(name_en="Charhar News", two_person=True)


def whole(section, writer, **traits):
    """A text that lacks nothing else the checklist asks for, under the section, saved by the writer."""
    traits = traits or {"draft": True}
    text = ArticleFactory(
        authors=[ExpertFactory()], topics=[TopicFactory()], sections=[section] if section else [],
        created_by=writer, date=None, **traits,
    )  # fmt: skip
    workflow.record(text, user=writer, action="save")
    return text


def save(text, user, **fields):
    for name, value in fields.items():
        setattr(text, name, value)
    text.save()
    workflow.record(text, user=user, action="save")


def approve(text, user, version=None):
    text.refresh_from_db()
    return review.decide(text, user, APPROVED, version=text.version if version is None else version)


def lacks(text, user):
    return [f.message for f in findings(text, user=user) if f.code == "second-person"]


def now(text, user):
    workflow.publish(text, user)


def scheduled(text, user):
    workflow.publish(text, user, at=timezone.now() + LATER)


def corrected(text, user):
    copies.publish_copy(text, user)


def correction_scheduled(text, user):
    copies.publish_copy(text, user, at=timezone.now() + LATER)


def nothing(text, writer):
    pass


def dates(text, writer):
    save(text, writer, expire_at=timezone.now() + 30 * LATER)


def content(text, writer):
    save(text, writer, title="Changed after approval")


def bylines(text, writer):
    text.bylines.create(name="Somebody More", position=9)
    workflow.record(text, user=writer, action="save")


def there_and_back(text, writer):
    before = text.title
    save(text, writer, title="Changed after approval")
    save(text, writer, title=before)


VOIDS = {nothing: False, dates: False, content: True, bylines: True, there_and_back: False}


# Every cell at once and as a correction; scheduling, and sections without the rule, where nothing changed.
CELLS = [
    (way, publisher, approver, since, flagged)
    for way in (now, scheduled, corrected, correction_scheduled)
    for publisher in ("writer", "second")
    for approver in (None, "writer", "second", "third")
    for since in VOIDS
    for flagged in (True, False)
    if since is nothing or (flagged and way in (now, corrected))
]


def test_the_matrix_has_so_many_cells():
    assert len(CELLS) == 128


@pytest.mark.matrix
@pytest.mark.parametrize(("way", "publisher", "approver", "since", "flagged"), CELLS)
def test_only_a_second_person_who_approved_this_very_content_lets_it_out(
    people, section, way, publisher, approver, since, flagged
):
    section.two_person = flagged
    section.save()
    correction = way in (corrected, correction_scheduled)
    text = whole(section, people["writer"], **({"state": "published"} if correction else {}))
    if correction:
        text = open_copy(text, people["writer"])
        save(text, people["writer"], title="What the correction says")
    if approver:
        approve(text, people[approver])
    since(text, people["writer"])
    permitted = not flagged or (
        approver is not None and approver not in ("writer", publisher) and not VOIDS[since]
    )
    before = snapshots_of(text).count()
    if permitted:
        way(text, people[publisher])
    else:
        with pytest.raises(Unready) as refused:
            way(text, people[publisher])
        assert [f.code for f in refused.value.findings if f.level == MUST] == ["second-person"]
        assert snapshots_of(text).count() == before


@pytest.mark.parametrize(
    ("asks", "who"),
    [
        ("writer", "somebody else than you must approve this version."),
        ("second", "somebody else than you and writer, who changed it last, must approve this version."),
        (None, "somebody else than writer, who changed it last, must approve this version."),
    ],
)
def test_it_says_who_is_missing(people, section, asks, who):
    text = whole(section, people["writer"])
    said = f"This section wants a second person (Charhar News): {who}"
    assert lacks(text, people[asks] if asks else None) == [said]


def test_the_page_says_who_is_missing_until_nobody_is(client, people, section):
    text = whole(section, people["writer"])
    client.force_login(people["second"])
    page = f"/admin/articles/article/{text.pk}/review/"
    assert b"This section wants a second person (Charhar News)" in client.get(page).content
    approve(text, people["second"])
    assert b"This section wants a second person" not in client.get(page).content


def test_a_later_word_takes_approval_back(people, section):
    text = whole(section, people["writer"])
    approve(text, people["second"])
    assert lacks(text, people["third"]) == []
    review.decide(text, people["second"], CHANGES, version=text.version, note="After all, no.")
    assert lacks(text, people["third"]) != []


def test_an_outsiders_approval_does_not_stand_for_a_colleagues(people, section):
    text = whole(section, people["writer"])
    link = ReviewLink.objects.create(
        **review.about(text), snapshot=snapshots_of(text).first(), nonce="n", reviewer="Prof. Sample",
        expires_at=timezone.now() + LATER,
    )  # fmt: skip
    Opinion.objects.create(
        **review.about(text), version=text.version, verdict=APPROVED, user_name="Prof. Sample", link=link
    )
    assert lacks(text, people["third"]) != []


def test_who_types_while_publishing_is_the_one_who_changed_it_last(client, people, section):
    text = whole(section, people["writer"])
    approve(text, people["second"])
    client.force_login(people["third"])
    url = f"/admin/articles/article/{text.pk}/change/"
    response = send(client, url, "_publish", title="Typed at the last moment")
    assert any("second person" in str(e) for errors in errors_of(response).values() for e in errors)
    assert send(client, url, "_publish").status_code == 302
    assert Article.objects.get(pk=text.pk).is_published


def test_a_correction_does_not_leave_the_rule_by_leaving_the_section(people, section):
    live = whole(section, people["writer"], state="published")
    copy = open_copy(live, people["writer"])
    copy.sections.clear()
    workflow.record(copy, user=people["writer"], action="save")
    with pytest.raises(Unready):
        copies.publish_copy(copy, people["second"])
    approve(copy, people["third"])
    copies.publish_copy(copy, people["second"])
    assert not Article.objects.get(pk=live.pk).sections.exists()


@pytest.mark.parametrize("correction", [False, True])
def test_what_is_scheduled_is_not_changed_without_a_second_person(client, people, section, correction):
    text = whole(section, people["writer"], **({"state": "published"} if correction else {}))
    if correction:
        text = open_copy(text, people["writer"])
    approve(text, people["third"])
    (correction_scheduled if correction else scheduled)(text, people["second"])
    client.force_login(people["second"])
    url = f"/admin/articles/article/{text.pk}/change/"
    response = send(client, url, title="Slipped in")
    assert [e for e in errors_of(response)["__all__"] if e.startswith("This section wants a second person")]
    assert Article.versions.get(pk=text.pk).title == text.title
    for person in people.values():  # nothing changed: dates may be saved, by who approved it as well
        client.force_login(person)
        assert send(client, url).status_code == 302
    press = "_unschedule_correction" if correction else "_withdraw"
    assert send(client, url, press, title="Slipped in").status_code == 302
    text = Article.versions.get(pk=text.pk)
    assert (text.title, text.is_scheduled) == ("Slipped in", False)


def test_restoring_into_what_is_scheduled_is_refused_as_well(people, section):
    text = whole(section, people["writer"])
    first = snapshots_of(text).first()
    save(text, people["writer"], title="The second version")
    approve(text, people["third"])
    scheduled(text, people["second"])
    with pytest.raises(Unready):
        copies.restore(text, first.data, "1", people["second"])


def test_the_clock_asks_no_more_what_was_decided_at_scheduling(people, section):
    live = whole(section, people["writer"], state="published")
    copy = open_copy(live, people["writer"])
    save(copy, people["writer"], title="Corrected")
    approve(copy, people["third"])
    at = timezone.now() + LATER
    copies.publish_copy(copy, people["second"], at=at)
    assert apply_due(at + LATER) == (1, 0)
    assert Article.objects.get(pk=live.pk).title == "Corrected"


def test_another_date_for_what_is_scheduled_needs_no_second_approval(people, section):
    text = whole(section, people["writer"])
    approve(text, people["third"])
    scheduled(text, people["second"])
    for person in ("second", "third"):
        workflow.publish(text, people[person], at=timezone.now() + 5 * LATER)
    assert text.is_scheduled


def test_an_override_needs_its_permission_and_reason(people, section):
    text = whole(section, people["writer"])
    chief = UserFactory(username="chief", roles=["Administrators"])
    with pytest.raises(Unready):
        workflow.publish(text, people["second"], override="It is urgent.")
    with pytest.raises(Unready):
        workflow.publish(text, chief, override=" ")
    workflow.publish(text, chief, override="It is urgent.")
    assert "This section wants a second person" in snapshots_of(text).first().note


def test_the_system_itself_is_not_asked(section, people):
    text = whole(section, people["writer"])
    workflow.publish(text)
    assert text.is_published


def test_the_section_is_flagged_in_its_form(client):
    client.force_login(UserFactory(is_superuser=True))
    section = NewsSectionFactory()
    url = f"/admin/articles/newssection/{section.pk}/change/"
    assert send(client, url, two_person="on").status_code == 302
    section.refresh_from_db()
    assert section.two_person


def test_a_text_outside_such_sections_costs_one_query(people, django_assert_num_queries):
    text = whole(None, people["writer"])
    with django_assert_num_queries(1):
        assert second_person.missing(text, people["writer"]) == ""
