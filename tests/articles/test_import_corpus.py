"""The importer on real archives: third-party texts that lie beside the checkout and are no part of it."""

import io
import os
import re
import tarfile
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from articles.models import Article, ImportedText
from charhar.publishing.models import Address
from tests.articles.corpus_words import lost, words

CORPUS = Path(os.environ.get("CHARHAR_CORPUS") or settings.BASE_DIR.parent / "shared" / "corpus")
POSTS, PAIRS = CORPUS / "posts-en.tar.gz", CORPUS / "pairs-zh-en.tar.gz"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.django_db,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not POSTS.exists() or not PAIRS.exists(), reason=f"the sample texts are not at {CORPUS}"
    ),
]

TAG_IN_PAGE = re.compile(r"\{\{|\}\}|\{%|%\}|tplmark")


def run(path, *options):
    out = io.StringIO()
    call_command("import_articles", str(path), *options, stdout=out, stderr=io.StringIO())
    return out.getvalue().splitlines()


@pytest.fixture(scope="module")
def taken(django_db_setup, django_db_blocker):
    """Both archives, imported and published once for this module; the reports and the seconds it took."""
    with django_db_blocker.unblock(), transaction.atomic():
        started = time.process_time()
        reports = {path.name: run(path, "--publish") for path in (POSTS, PAIRS)}
        yield reports, time.process_time() - started
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def sources():
    """Every Markdown file of both archives by name, front matter and markers of its own dropped."""
    found = {}
    for path in (POSTS, PAIRS):
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and member.name.endswith(".md"):
                    text = archive.extractfile(member).read().decode()
                    found[member.name] = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    return found


def outside_code(body):
    return re.sub(r"<(code|pre)>.*?</\1>", " ", body, flags=re.S)


def test_every_post_is_taken_and_the_two_other_files_are_refused_with_a_reason(taken):
    report = taken[0][POSTS.name]
    assert report[-1].startswith("511 files: 509 new, 0 changed, 0 unchanged, 2 refused; ")
    assert [line for line in report if line.startswith("refused")] == [
        "refused   LICENSE.md  It is about the archive, not a text of it.",
        "refused   content/posts/posts.11tydata.js  Not Markdown (.md or .markdown).",
    ]


def test_the_pairs_are_linked_as_translations(taken):
    report = taken[0][PAIRS.name]
    assert report[0] == "read      pairs/pairs.tsv  names 16 pairs of editions"
    assert report[-1].startswith("33 files: 32 new, 0 changed, 0 unchanged, 0 refused; ")
    talks = Article.objects.filter(imported_from__source__startswith="pairs/")
    translations = talks.filter(language="en").select_related("translation_of")
    assert [t.translation_of.language for t in translations] == ["zh-hans"] * 16
    assert [t.slug for t in translations] == [t.translation_of.slug for t in translations]
    assert {t.date for t in translations if t.date != t.translation_of.date} == {
        t.date for t in translations if str(t.date) == "2026-03-04"
    }
    assert {b.name for t in talks for b in t.bylines.all()} == {"Audrey Tang", "唐鳳"}
    assert all(t.rights == Article.Rights.CC_BY for t in talks)
    assert not talks.filter(title__regex=r"^\d").exists()


def test_it_takes_less_than_a_minute(taken):
    assert taken[1] < 60  # of the processor: what else the machine does is not the importer's


def test_no_paragraph_is_lost(taken, sources):
    missing = {}
    for row in ImportedText.objects.select_related("article").prefetch_related("article__bylines"):
        article = row.article
        names = " ".join(byline.name for byline in article.bylines.all())
        source = sources[row.source]
        if row.source.startswith("pairs/"):
            source = re.sub(r"\A# (\d{4}-\d\d-\d\d) ", "# ", source)  # the date is the article's date
        body = f"{article.body}<p>{article.title}</p><p>{names}</p>"
        if gone := lost(source, body):
            missing[row.source] = gone
    assert missing == {}


def test_the_check_itself_finds_a_lost_paragraph(taken, sources):
    row = ImportedText.objects.select_related("article").get(source__endswith="hello-world-we-are-18f.md")
    paragraphs = re.findall(r"<p>.*?</p>", row.article.body, flags=re.S)
    assert lost(sources[row.source], row.article.body) == []
    assert len(lost(sources[row.source], row.article.body.replace(paragraphs[3], ""))) == 1


def test_the_words_of_every_picture_stay_and_no_picture_is_broken(taken, sources):
    checked = 0
    for row in ImportedText.objects.select_related("article"):
        body = " " + " ".join(words(re.sub(r"<[^>]*>", " ", row.article.body))) + " "
        assert "<img" not in row.article.body
        assert "<figure" not in row.article.body
        tags = re.findall(
            r'\{% *image(?:_with_class)? +"[^"]*"(?: +"[^"]*")? +"([^"]*)" *%\}', sources[row.source]
        )
        for alt in filter(None, [*tags, *re.findall(r'\balt: "([^"]*)"', sources[row.source])]):
            checked += 1
            assert f" {' '.join(words(alt))} " in body, (row.source, alt)
    assert checked > 400


def test_no_template_tag_is_left_outside_code_and_those_in_code_stay(taken):
    for article in Article.objects.filter(imported_from__isnull=False):
        shown = [
            outside_code(article.body),
            article.title,
            article.standfirst,
            article.lead_caption,
            article.lead_alt,
        ]
        assert not [text for text in shown if TAG_IN_PAGE.search(text)], article.slug
        assert "{% raw" not in article.body
    tutorial = Article.objects.get(slug="working-with-oracle-databases-in-open-source-projects")
    assert "<code>{{ }}</code>" in tutorial.body
    assert "ORACLE_PASSWORD={{ your secure password }}" in tutorial.body
    webhooks = Article.objects.get(slug="taking-control-of-our-website-with-jekyll-and-webhooks")
    assert "{% for author in post.authors %}{{author | lookup:" in webhooks.body


def test_the_pages_hold_no_template_tag_and_no_picture_of_the_old_site(taken, client):
    for slug in (
        "working-with-oracle-databases-in-open-source-projects",
        "what-was-your-path-to-18f",
        "18f-project-defaults",
    ):
        response = client.get(f"/articles/{slug}/")
        assert response.status_code == 200
        page = outside_code(re.sub(r"(?s).*<main|</main>.*", "", response.content.decode()))
        assert not TAG_IN_PAGE.search(page)
        assert not re.search(r'(?:src|href)="/assets/', page)


def test_what_was_lost_is_listed_by_file_and_line(taken):
    report = taken[0][POSTS.name]
    at = report.index(
        "new       content/posts/2016-01-21-what-we-can-learn-from-the-interiors-social-feeds.md"
        "  /articles/what-we-can-learn-from-the-interiors-social-feeds/"
    )
    notes = [line.strip() for line in report[at + 1 : at + 5]]
    assert "line 16: <script> left out" in notes
    assert "line 18: <script> left out" in notes
    assert [line for line in report if "/consulting/" in line]


def test_old_addresses_lead_to_the_posts(taken, client):
    assert Address.objects.filter(status="redirect", path__startswith="/post/").count() == 27
    response = client.get("/2015/05/21/tockingtime/")
    assert (response.status_code, response["Location"]) == (301, "/articles/tockingtime/")


def test_dates_titles_and_tags_are_the_sources(taken):
    award = Article.objects.filter(slug__startswith="andrew-hyder-award").order_by("date")
    assert [str(a.date) for a in award] == ["2023-05-08", "2024-01-12", "2024-08-20"]
    assert Article.objects.get(slug="18f-project-defaults").date.isoformat() == "2024-12-05"
    door = Article.objects.get(slug="learning-how-to-build-a-better-front-door-for-the-federal-government")
    assert door.title == "Learning how to build a better “front door” for the federal government"
    assert not Article.objects.filter(imported_from__isnull=False, title__regex=r"<\w|&\w+;").exists()
    assert "transformation services" in Article.objects.get(slug="hello-world-we-are-18f").tags.names()


def test_again_nothing_changes(taken):
    for path, count in ((POSTS, 509), (PAIRS, 32)):
        assert f": 0 new, 0 changed, {count} unchanged, " in run(path, "--publish")[-1]
