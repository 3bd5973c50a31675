"""The home page shows the newest work as the menu's panels do: each block with what leads on."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone
from lxml.html import fromstring

from articles.models import Article
from charhar.front import compose
from charhar.models import HomeSlot
from charhar.publishing.version import current_version
from tests.factories import (
    ArticleFactory,
    NewsSectionFactory,
    PublicationFactory,
    SeriesFactory,
    TopicFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def blocks(client, kind):
    """Each block of one kind: its name, the titles under it, where its “More” leads."""
    page = fromstring(client.get("/").content.decode())
    return [
        (
            block.find("h3").text_content(),
            [" ".join(link.text_content().split()) for link in block.findall("ul/li/a")],
            block.find("a[@class='more']").get("href"),
        )
        for block in page.xpath(f"//ul[@class='{kind}']/li")
    ]


def test_each_series_shows_its_newest_two_whole_in_the_series_order(client):
    later = SeriesFactory(slug="later", name_en="Later", position=2)
    sooner = SeriesFactory(slug="sooner", name_en="Sooner", position=1)
    hidden = SeriesFactory(slug="hidden", name_en="Hidden", position=0, hidden=True)
    SeriesFactory(slug="empty", name_en="Empty", position=0)
    title = "A title of a length that the eye may lose and the markup may not: ’quoted‘ and “whole” " * 2
    for day, (series, name) in enumerate(
        [
            (later, "Old"),
            (later, "New"),
            (sooner, "First"),
            (sooner, "Second"),
            (sooner, title),
            (hidden, "No"),
        ]
    ):
        PublicationFactory(series=series, title=name, date=datetime.date(2024, 1, 1 + day))
    PublicationFactory(
        series=later, title="Leak", date=datetime.date(2024, 2, 1), state="draft", publish_at=None
    )
    assert blocks(client, "shelf") == [
        ("Sooner", [title.strip(), "Second"], "/publications/sooner/"),
        ("Later", ["New", "Old"], "/publications/later/"),
    ]


def test_each_topic_with_texts_leads_on(client):
    topic = TopicFactory(slug="sea", name_en="Sea")
    for day in (1, 2, 3):
        ArticleFactory(title=f"Day {day}", topics=[topic], date=datetime.date(2024, 1, day))
    assert blocks(client, "topics") == [("Sea", ["Day 3", "Day 2"], "/topics/sea/")]


def titles(client, path="/"):
    """What each place of the front page holds."""
    context = client.get(path).context
    lead = [context["lead"].title] if context["lead"] else []
    return {
        "lead": lead,
        **{place: [text.title for text in context[place]] for place in ("seconds", "news", "research")},
    }


def on_day(number, **fields):
    return ArticleFactory(title=f"Day {number}", date=datetime.date(2024, 1, number), **fields)


def test_every_place_takes_what_is_pinned_then_the_newest_and_no_text_stands_twice(client):
    section = NewsSectionFactory()
    days = {number: on_day(number, sections=[section]) for number in range(1, 21)}
    for place, number, position in (
        ("lead", 3, 0),
        ("second", 2, 2),
        ("second", 5, 1),
        ("news", 1, 0),
        ("research", 4, 0),
        ("research", 3, 1),
    ):
        HomeSlot.objects.create(place=place, article=days[number], position=position)
    assert titles(client) == {
        "lead": ["Day 3"],
        "seconds": ["Day 5", "Day 2", "Day 20"],
        "news": ["Day 1", "Day 19", "Day 18", "Day 17", "Day 16", "Day 15"],
        "research": ["Day 4", "Day 14", "Day 13", "Day 12"],
    }


def test_a_pinned_text_that_is_not_public_or_has_no_room_leaves_its_place_to_the_newest(client):
    for number in (1, 2, 3):
        on_day(number)
    draft, second = ArticleFactory(draft=True), on_day(4)
    HomeSlot.objects.create(place="lead", article=draft, position=0)
    HomeSlot.objects.create(place="lead", article=Article.objects.get(title="Day 2"), position=1)
    HomeSlot.objects.create(place="lead", article=second, position=2)
    assert titles(client) == {
        "lead": ["Day 2"], "seconds": ["Day 4", "Day 3", "Day 1"], "news": [], "research": [],
    }  # fmt: skip


def test_a_place_is_held_from_its_hour_until_its_end_and_the_version_knows_both(client):
    now = timezone.now()
    begins, ends = now + datetime.timedelta(hours=1), now + datetime.timedelta(hours=2)
    pinned, _newest = on_day(1), on_day(2)
    HomeSlot.objects.create(place="lead", article=pinned, show_from=begins, show_until=ends)
    current_version(now)
    leads = [
        compose("en", moment).lead.title
        for moment in (now, begins, ends - datetime.timedelta(seconds=1), ends)
    ]
    assert leads == ["Day 2", "Day 1", "Day 1", "Day 2"]
    assert current_version(now).next_change == begins
    assert current_version(begins).next_change == ends


def test_topics_offer_what_stands_nowhere_above_and_repeat_rather_than_look_empty(client):
    sea, land = TopicFactory(name_en="Sea", position=1), TopicFactory(name_en="Land", position=2)
    for number in range(1, 12):
        on_day(number, topics=[sea, land] if number < 4 else [])
    assert [(name, found) for name, found, _more in blocks(client, "topics")] == [
        ("Sea", ["Day 3", "Day 2"]),
        ("Land", ["Day 3", "Day 1"]),
    ]


def test_the_admin_says_what_stands_there_now_and_why_each_pin_does_or_does_not(client):
    now = timezone.now()
    client.force_login(UserFactory(roles=["Editors"]))
    HomeSlot.objects.create(place="lead", article=on_day(1))
    HomeSlot.objects.create(place="lead", article=on_day(2), position=1)
    HomeSlot.objects.create(place="second", article=on_day(3), show_until=now)
    HomeSlot.objects.create(place="second", article=ArticleFactory(draft=True))
    page = fromstring(client.get(reverse("admin:charhar_homeslot_changelist")).content.decode())
    assert [cell.text_content() for cell in page.xpath("//td[@class='field-now']")] == [
        "On the home page",
        "No room: another stands before it",
        "Over",
        "The text is not public",
    ]
    english = page.xpath("//section[@class='front-now']//dl")[0]
    assert english.xpath("div[1]/dd[@class='front-pinned']/span[1]/text()") == ["Day 1"]
    assert [dd.text_content() for dd in english.xpath("div[2]/dd")] == ["Day 3 newest", "Day 2 newest"]
    add = english.xpath("div[2]/dt/a")[0].get("href")
    form = client.get(add).context["adminform"].form
    assert (form["language"].value(), form["place"].value()) == ("en", "second")
