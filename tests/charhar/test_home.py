"""The home page shows the newest work as the menu's panels do: each block with what leads on."""

import datetime

import pytest
from lxml.html import fromstring

from tests.factories import ArticleFactory, PublicationFactory, SeriesFactory, TopicFactory

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
