"""The clock test: live 10:00, a scheduled correction 11:00, expiry 12:00; by the clock alone, everywhere.

Nothing is run: no command, no ``tick``. The same client asks at each moment, so that whatever the site keeps
(menu and foot, cached by content version) is warm from the moment before.
"""

import datetime
import time

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from charhar.publishing import workflow
from charhar.publishing.copies import open_copy, publish_copy
from tests.factories import ArticleFactory, NewsSectionFactory, TopicFactory

pytestmark = pytest.mark.django_db
HOUR, MINUTE, SECOND = (
    datetime.timedelta(hours=1),
    datetime.timedelta(minutes=1),
    datetime.timedelta(seconds=1),
)
TEN = datetime.datetime(2026, 3, 3, 2, 0, tzinfo=datetime.UTC)  # 10:00 in Beijing
PLACES = {
    "page": "/articles/on-ports/",
    "list": "/topics/topic/",
    "feed": "/feeds/rss/",
    "sitemap": "/sitemap-articles.xml",
    "search": "/search/?q=ports",
    "menu": "/about/careers/",  # which shows the newest of each topic in its menu alone
}
ABSENT, FIRST, SECOND_TEXT = "absent", "first", "second"


def plan(ten):
    """An article that is public from ``ten``, corrected an hour later, over an hour after that."""
    with time_machine.travel(ten - 30 * MINUTE, tick=False):
        article = ArticleFactory(
            slug="on-ports", title="First words on ports", draft=True, expire_at=ten + 2 * HOUR,
            topics=[TopicFactory(slug="topic")], sections=[NewsSectionFactory(slug="section")],
        )  # fmt: skip
        workflow.publish(article, at=ten)
    with time_machine.travel(ten + 10 * MINUTE, tick=False):
        copy = open_copy(article)
        copy.title, copy.slug = "Second words on ports", "ports-again"
        copy.save()
        workflow.record(copy, user=None, action="save")
        publish_copy(copy, at=ten + HOUR)
    cache.clear()


def seen(client, name):
    """What a place shows."""
    response = client.get(PLACES[name])
    if name == "page" and response.status_code == 301:
        response = client.get(response.headers["Location"])
    page = response.content.decode() if response.status_code == 200 else ""
    words = ("/on-ports/", "/ports-again/") if name == "sitemap" else ("First words", "Second words")
    first, second = (word in page for word in words)
    assert not (first and second)
    return FIRST if first else SECOND_TEXT if second else ABSENT


def through_the_day(client, ten):
    """Place by place what is seen at 9:59, 10:00, 11:00 and 12:00, and a second before each of the last three."""
    moments = [-MINUTE, -SECOND, 0 * HOUR, HOUR - SECOND, HOUR, 2 * HOUR - SECOND, 2 * HOUR]
    found = {name: [] for name in PLACES}
    for moment in moments:
        with time_machine.travel(ten + moment, tick=False):
            for name in PLACES:
                found[name].append(seen(client, name))
    return found


EXPECTED = {name: [ABSENT, ABSENT, FIRST, FIRST, SECOND_TEXT, SECOND_TEXT, ABSENT] for name in PLACES}


def test_every_place_follows_the_clock_to_the_second(client):
    plan(TEN)
    assert through_the_day(client, TEN) == EXPECTED


@pytest.mark.parametrize(
    ("zone", "jump"),
    [
        ("America/New_York", datetime.datetime(2026, 3, 8, 7, 0, tzinfo=datetime.UTC)),
        ("America/New_York", datetime.datetime(2026, 11, 1, 6, 0, tzinfo=datetime.UTC)),
        ("Europe/London", datetime.datetime(2026, 3, 29, 1, 0, tzinfo=datetime.UTC)),
        ("Australia/Lord_Howe", datetime.datetime(2026, 4, 4, 15, 0, tzinfo=datetime.UTC)),
    ],
)
def test_a_machine_whose_clocks_are_put_forward_or_back_meanwhile_changes_nothing(
    client, monkeypatch, zone, jump
):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        ten = jump - HOUR  # the clocks change at the very minute of the correction
        plan(ten)
        assert through_the_day(client, ten) == EXPECTED
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("first_request", "shown"),
    [(30 * MINUTE, FIRST), (90 * MINUTE, SECOND_TEXT), (3 * HOUR, ABSENT), (72 * HOUR, ABSENT)],
)
@pytest.mark.parametrize("name", PLACES)
def test_after_an_outage_the_first_request_is_right_wherever_it_goes(client, name, first_request, shown):
    plan(TEN)
    with time_machine.travel(TEN - MINUTE, tick=False):
        assert {place: seen(client, place) for place in PLACES} == dict.fromkeys(PLACES, ABSENT)
    with time_machine.travel(TEN + first_request, tick=False):
        assert seen(client, name) == shown
        assert {place: seen(client, place) for place in PLACES} == dict.fromkeys(PLACES, shown)


def test_menu_and_foot_are_kept_from_one_request_to_the_next(client):
    """Else the tests above would ask without a cache."""
    plan(TEN)
    with time_machine.travel(TEN + MINUTE, tick=False):
        numbers = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                client.get(PLACES["menu"])
            numbers.append(len(queries))
    assert numbers[0] > numbers[1]
