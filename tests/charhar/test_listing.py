"""What the institute's own menu listed in June 2022, listed by ours: every title whole, in its own panel."""

import csv
import datetime
import os
from pathlib import Path

import lxml.html
import pytest
from django.conf import settings

from articles.models import ArticleTopic
from tests.factories import (
    ArticleFactory,
    NewsSectionFactory,
    PublicationFactory,
    SeriesFactory,
    TopicFactory,
)

LISTING = (
    Path(os.environ.get("CHARHAR_CORPUS") or settings.BASE_DIR.parent / "shared" / "corpus")
    / "charhar-listing.tsv"
)

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.django_db,
    pytest.mark.skipif(not LISTING.exists(), reason=f"the listing is not at {LISTING}"),
]


@pytest.fixture
def listing():
    """The listing's lines by heading, as they stand; every heading and text is made, older ones besides."""
    with LISTING.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    headings = {}
    for line in lines:
        headings.setdefault((line["kind"], line["section"]), []).append(
            (line["title"], datetime.date.fromisoformat(line["date"]))
        )
    for number, ((kind, name), texts) in enumerate(headings.items()):
        old = ("An older text, which the panel has no room for", datetime.date(2001, 1, 1))
        subject = {"news": NewsSectionFactory, "topic": TopicFactory, "series": SeriesFactory}[kind](
            name_en=name
        )
        wanted = {"news": 6}.get(kind, 2)
        # Of one day, what was published later stands first.
        for place, (title, date) in enumerate(reversed(texts + [old] * (len(texts) == wanted))):
            slug = f"text-{number}-{place}"
            if kind == "series":
                PublicationFactory(series=subject, title=title, date=date, slug=slug)
            else:
                ArticleFactory(
                    title=title,
                    date=date,
                    slug=slug,
                    **{"sections" if kind == "news" else "topics": [subject]},
                )
        if kind == "topic":
            draft = ArticleFactory(
                draft=True, title="A draft, which nobody may see", date=datetime.date(2030, 1, 1)
            )
            ArticleTopic.objects.create(article=draft, subject=subject)
    return headings


def panels(page):
    """The header's panels: each block's heading with what it lists, as a reader's browser reads it."""
    header = lxml.html.fromstring(page).find(".//header")
    return {
        block.find("a").text_content(): [item.find("a").text_content() for item in block.findall("ul/li")]
        for block in header.xpath(".//div[@class='newest']/div")
    }


def test_every_title_of_the_listing_shows_whole_in_its_own_panel(listing, client):
    assert sum(len(texts) for texts in listing.values()) == 30
    shown = panels(client.get("/").content.decode())
    assert shown == {name: [title for title, _date in texts] for (_kind, name), texts in listing.items()}
    assert {"’", "‘", "“", "”", "'", "&"} <= set(
        "".join([*shown, *(t for titles in shown.values() for t in titles)])
    )


def test_the_news_stand_with_their_dates(listing, client):
    header = lxml.html.fromstring(client.get("/").content.decode()).find(".//header")
    news = listing["news", "News & Events"]
    times = header.xpath(".//div[@class='newest']/div[a[.='News & Events']]/ul/li/time/@datetime")
    assert times == [date.isoformat() for _title, date in news]


def test_titles_are_cut_for_the_eye_only(listing, client):
    """By CSS at most: the page's source holds them whole, escaped as HTML wants it."""
    source = client.get("/").content.decode()
    assert "Behind Biden’s Asia Trip</a>" in source
    assert "Su Hao: Tokyo should give ground to resolve tensions with Seoul over ‘comfo...</a>" in source
    assert "How Did Stalin Fall into the “Thucydides Trap”</a>" in source
    assert "Sudan&#x27;s &#x27;military-civilian co-governance&#x27; dies halfway</a>" in source
