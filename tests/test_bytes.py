"""What a reader downloads: bytes as they travel, gzipped, on a page with a full menu of long titles."""

import datetime
import gzip
import itertools
import re
from pathlib import Path

import pytest

from charhar.pages.models import FollowLink, SiteSettings
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    ImageFactory,
    NewsSectionFactory,
    PublicationFactory,
    RegionFactory,
    SeriesFactory,
    TopicFactory,
)

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "charhar" / "static" / "charhar"
ADMINS_OWN = {"admin.css", "admin.js"}


def gzipped(content):
    return len(gzip.compress(content, 6))


def real_words():
    """Words as sample texts have them, since random letters would not compress as prose does."""
    text = "\n".join(path.read_text() for path in sorted((ROOT / "charhar" / "demo" / "themes").glob("*.md")))
    return itertools.cycle(re.findall(r"[A-Za-z’,.]+", text))


@pytest.fixture
def page(db, client):
    """Gives the bytes of an article's page for a number of words in its body."""
    words = real_words()

    def some(number):
        return " ".join(itertools.islice(words, number))

    SiteSettings(
        pk=1, tagline_en=some(12), quotation_en=some(20), phone="+86 10 68290431", fax="010-80777830"
    ).save()
    for label in ("Facebook", "Twitter", "YouTube", "Instagram", "LinkedIn", "SoundCloud"):
        FollowLink.objects.create(settings_id=1, label=label, url=f"https://example.org/{label}")
    topics = [TopicFactory(name_en=some(4).title()) for _ in range(7)]
    sections = [NewsSectionFactory(name_en=some(2).title()) for _ in range(6)]
    for _ in range(5):
        RegionFactory(name_en=some(2).title())
    for topic in topics:
        for _ in range(2):
            ArticleFactory(title=some(14), topics=[topic])
    for number in range(6):
        ArticleFactory(title=some(14), sections=[sections[number]])
        series = SeriesFactory(name_en=some(4).title())
        for _ in range(2):
            PublicationFactory(title=some(10), series=series)

    def size(number):
        body = "".join(f"<p>{some(75)}</p>" for _ in range(number // 75))
        ArticleFactory(
            slug=f"of-{number}-words",
            title=some(14),
            standfirst=some(30),
            body=body,
            authors=[ExpertFactory(), ExpertFactory()],
            topics=topics[:2],
            lead_image=ImageFactory(),
            date=datetime.date(2022, 1, 18),
        )
        response = client.get(f"/articles/of-{number}-words/")
        assert response.status_code == 200
        return gzipped(response.content)

    return size


def test_an_article_of_900_words_is_under_12_kb(page):
    assert page(900) < 12_000


def test_everything_around_an_articles_body_is_under_8_kb(page):
    assert page(0) < 8_000


def test_all_style_sheets_together_are_under_16_kb():
    sheets = [path for path in (STATIC / "css").glob("*.css") if path.name not in ADMINS_OWN]
    assert sheets
    assert sum(gzipped(path.read_bytes()) for path in sheets) < 16_000


def test_all_scripts_together_are_at_most_4_kb():
    scripts = [path for path in (STATIC / "js").glob("*.js") if path.name not in ADMINS_OWN]
    assert scripts
    assert sum(gzipped(path.read_bytes()) for path in scripts) <= 4_000


def test_the_fonts_together_are_at_most_60_kb():
    assert sum(path.stat().st_size for path in (STATIC / "fonts").glob("*.woff2")) <= 60_000
