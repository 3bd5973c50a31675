"""New texts by letter: at once or on Monday, each subscriber and text once, never early, never after its end."""

import datetime

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from charhar.contacts import outbox
from charhar.contacts.models import Mailing, OutgoingMail, Person
from charhar.outreach import alerts
from charhar.outreach.choices import Choices, keep
from charhar.outreach.models import Announcement, Subscription
from charhar.publishing import workflow
from charhar.publishing.copies import open_copy, publish_copy
from tests.factories import ArticleFactory, ExpertFactory, PublicationFactory, TopicFactory, UserFactory

pytestmark = pytest.mark.django_db
SECOND, HOUR, DAY = (datetime.timedelta(seconds=n) for n in (1, 3600, 86400))
TUESDAY = datetime.datetime(2026, 3, 3, 2, 0, tzinfo=datetime.UTC)  # 10:00 in Beijing
MONDAY = datetime.datetime(2026, 3, 9, 0, 0, tzinfo=datetime.UTC)  # 08:00 in Beijing


@pytest.fixture
def editor():
    return UserFactory(is_superuser=True)


@pytest.fixture
def publish(editor):
    """Publish as a person does, now or at a moment."""

    def publish(at=None, factory=ArticleFactory, **fields):
        text = factory(draft=True, **fields)
        workflow.publish(text, editor, at=at, override="A test.")
        return text

    return publish


@pytest.fixture
def on():
    """``on(moment)``: from here on it is that moment."""
    clocks = []

    def go(moment):
        clocks.append(time_machine.travel(moment, tick=False))
        clocks[-1].start()

    yield go
    for clock in reversed(clocks):
        clock.stop()


def reader(name, rhythm="at_once", language="en", **subjects):
    person = Person.objects.meet(f"{name}@example.org", language=language)
    made = Subscription.objects.create(person=person, confirmed_at=timezone.now())
    keep(made, Choices(language, rhythm, subjects))
    return made


def received():
    """Who got which subject, one entry a letter."""
    outbox.deliver_due()
    return sorted((letter.to[0].split("@")[0], letter.subject) for letter in mail.outbox)


# -- At once --


def test_each_who_follows_it_hears_of_a_text_once(publish):
    topic, other, author = TopicFactory(), TopicFactory(), ExpertFactory()
    reader("everything"), reader("topic", topics=[topic]), reader("expert", experts=[author])
    reader("both", topics=[topic], experts=[author]), reader("other", topics=[other])
    reader("weekly", "weekly"), reader("chinese", language="zh-hans")
    publish(title="Bridges", topics=[topic], authors=[author])
    assert alerts.announce_due() == {"texts": 1, "letters": 4}
    assert alerts.announce_due() == {}
    expected = [(name, "Bridges") for name in ("both", "everything", "expert", "topic")]
    assert received() == expected
    alerts.announce_due(timezone.now() + HOUR)
    assert received() == expected


@pytest.mark.django_db(transaction=True)
def test_two_at_once_announce_it_once(publish, at_once):
    reader("ann")
    publish()
    counts = at_once(2, alerts.announce_due)
    assert sum(each["texts"] for each in counts) == 1
    assert (Announcement.objects.count(), OutgoingMail.objects.count()) == (1, 1)


def test_never_before_its_moment_by_the_clock(publish):
    reader("ann")
    at = timezone.now() + HOUR
    text = publish(at, factory=PublicationFactory, title="An issue")
    at = text.publish_at
    assert alerts.announce_due() == {}
    assert alerts.announce_due(at - SECOND) == {}
    assert alerts.announce_due(at) == {"texts": 1, "letters": 1}


def test_a_moment_that_was_moved_is_heeded(publish, editor):
    reader("ann")
    first = timezone.now() + HOUR
    text = publish(first)
    workflow.publish(text, editor, at=first + HOUR)
    assert alerts.announce_due(first + 2 * SECOND) == {}
    assert alerts.announce_due(first + HOUR + 2 * SECOND) == {"texts": 1, "letters": 1}


def test_corrections_and_what_the_system_brings_are_no_news(publish, editor):
    ArticleFactory()  # as the importer and the sample content do
    with time_machine.travel(timezone.now() - 3 * DAY):
        text = publish(title="Old")
    reader("ann")
    copy = open_copy(text, editor)
    copy.title = "Old, corrected"
    copy.save()
    publish_copy(copy, editor)
    workflow.withdraw(type(text).objects.get(pk=text.pk), editor, "A reason.")
    assert alerts.announce_due() == {}


def test_what_is_withdrawn_before_its_letters_go_out_is_called_off(publish, editor):
    reader("ann")
    text = publish()
    alerts.announce_due()
    workflow.withdraw(text, editor, "A reason.")
    alerts.announce_due()
    assert received() == []
    assert set(OutgoingMail.objects.values_list("state", flat=True)) == {"suppressed"}


def test_withdrawn_and_published_again_is_not_announced_again(publish, editor):
    reader("ann")
    text = publish(title="Back")
    alerts.announce_due()
    assert received() == [("ann", "Back")]
    workflow.withdraw(text, editor, "A reason.")
    workflow.reopen(text, editor)
    workflow.publish(text, editor)
    assert alerts.announce_due() == {}


def test_who_pauses_or_ends_gets_none_also_of_what_waits(publish):
    paused, ended = reader("paused"), reader("ended")
    later = reader("later")
    publish(title="One")
    Subscription.objects.filter(pk=paused.pk).update(paused_until=timezone.now() + DAY)
    Subscription.objects.filter(pk=ended.pk).update(unsubscribed_at=timezone.now())
    alerts.announce_due()
    outbox.hold_back(later.person)
    assert received() == []


# -- Once a week --


def test_the_digest_goes_out_once_on_monday_morning(publish, on):
    on(TUESDAY)
    reader("ann", "weekly")
    publish(title="Bridges"), publish(title="An issue", factory=PublicationFactory)
    on(MONDAY - SECOND)
    publish(title="On the last minute")
    assert alerts.send_digest() is None
    on(MONDAY)
    assert alerts.send_digest() == 1
    assert alerts.send_digest() is None
    assert received() == [("ann", "New this week: An issue and 2 more")]
    assert alerts.send_digest(MONDAY + DAY) is None
    on(MONDAY + 7 * DAY)
    assert alerts.send_digest() == 0
    assert len(received()) == 1


def test_each_reader_hears_of_texts_in_the_language_of_their_letters_alone(publish, on):
    on(TUESDAY)
    for language in ("en", "zh-hans"):
        reader(f"once-{language}", "at_once", language), reader(f"week-{language}", "weekly", language)
    english = publish(title="Bridges")
    alerts.announce_due()
    assert received() == [("once-en", "Bridges")]
    publish(title="桥梁", language="zh-hans", translation_of=english)
    alerts.announce_due()
    assert received()[1:] == [("once-zh-hans", "桥梁")]
    on(MONDAY)
    assert alerts.send_digest() == 2
    assert received() == [
        ("once-en", "Bridges"),
        ("once-zh-hans", "桥梁"),
        ("week-en", "New this week: Bridges"),
        ("week-zh-hans", "本周新内容：桥梁"),
    ]


@pytest.mark.parametrize("paused", [False, True])
def test_what_is_withdrawn_leaves_the_digests_that_still_wait(publish, editor, on, paused):
    topic = TopicFactory()
    on(TUESDAY)
    for name in ("ann", "bo", "had"):
        reader(name, "weekly")
    reader("topic", "weekly", topics=[topic])
    publish(title="Stays")
    gone = publish(title="Gone", topics=[topic])
    on(MONDAY)
    assert alerts.send_digest() == 4
    had = OutgoingMail.objects.get(person__email="had@example.org")
    outbox.deliver_now(had.pk)
    if paused:
        for mailing in Mailing.objects.all():
            outbox.pause(mailing)
    workflow.withdraw(gone, editor, "A reason.")
    alerts.announce_due()
    alerts.announce_due()
    for mailing in Mailing.objects.all():
        outbox.resume(mailing) if paused else None
    assert [(who, subject) for who, subject in received() if who != "had"] == [
        ("ann", "New this week: Stays"),
        ("bo", "New this week: Stays"),
    ]
    assert "Gone" not in mail.outbox[-1].body + mail.outbox[-1].alternatives[0][0]
    had.refresh_from_db()
    assert "Gone" in had.mailing.text
    assert Mailing.objects.count() == 3
    assert OutgoingMail.objects.get(person__email="topic@example.org").state == "suppressed"


def test_a_digest_without_anything_is_not_sent(publish, on):
    topic, other = TopicFactory(), TopicFactory()
    on(TUESDAY)
    reader("other", "weekly", topics=[other])
    publish(topics=[topic])
    on(MONDAY)
    assert alerts.send_digest() == 0
    assert (Mailing.objects.count(), received()) == (0, [])


def test_what_was_sent_at_once_is_not_repeated_in_the_digest(publish, on):
    on(TUESDAY)
    ann = reader("ann")
    publish(title="Bridges")
    alerts.announce_due()
    assert received() == [("ann", "Bridges")]
    keep(ann, Choices("en", "weekly"))
    on(TUESDAY + DAY)
    publish(title="Ports")
    alerts.announce_due()
    on(MONDAY)
    assert alerts.send_digest() == 1
    assert received()[1:] == [("ann", "New this week: Ports")]
    assert "Bridges" not in mail.outbox[-1].body


def test_the_digest_has_only_what_readers_see(publish, editor, on):
    on(TUESDAY)
    reader("ann", "weekly")
    publish(title="Shown"), publish(MONDAY + HOUR, title="Embargoed")
    gone = publish(title="Gone")
    workflow.withdraw(gone, editor, "A reason.")
    on(MONDAY + SECOND)
    assert alerts.send_digest() == 1
    [(_who, subject)] = received()
    assert subject == "New this week: Shown"
    on(MONDAY + 7 * DAY)
    alerts.send_digest()
    assert [subject for _who, subject in received()] == [
        "New this week: Embargoed",
        "New this week: Shown",
    ]


def test_a_week_that_nobody_ran_the_site_is_covered_by_the_next(publish, on):
    on(TUESDAY)
    reader("ann", "weekly")
    alerts.send_digest(MONDAY - 7 * DAY + SECOND)
    publish(title="First week")
    on(MONDAY + 2 * DAY)
    assert alerts.send_digest() is None
    publish(title="Second week")
    on(MONDAY + 7 * DAY)
    assert alerts.send_digest() == 1
    [(_who, subject)] = received()
    assert subject == "New this week: First week and 1 more"
    assert "Second week" in mail.outbox[0].body
