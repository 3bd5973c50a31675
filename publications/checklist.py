"""What a publication must and should have before readers see it."""

from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from charhar.publishing.checklist import MUST, SHOULD, Finding, Occasion, check
from charhar.publishing.checks import date_findings, picture_findings, title_findings

from .models import Publication


@check(Publication)
def publication_is_whole(text: Any, occasion: Occasion) -> Iterator[Finding]:
    """What it is about, who made a book, cover and dates. Three queries."""
    if not text.standfirst.strip() and not text.abstract:
        said = _("Write a standfirst or an abstract: readers can not tell what it is about.")
        yield Finding("standfirst", MUST, said, "standfirst")
    if not text.series.Kind(text.series.kind).has_issues and not text.contributors.exists():
        said = _("Name an author or editor of the book.")
        yield Finding("contributors", MUST, said, "contributors")
    yield from picture_findings(text.cover, "cover")
    yield from date_findings(text, occasion)
    year = timezone.localdate(occasion.at).year
    if text.year is not None and text.year > year + 1:
        yield Finding("year", MUST, _("The year, %d, lies too far ahead.") % text.year, "year")


@check(Publication)
def publication_is_easy_to_find(text: Any, occasion: Occasion) -> Iterator[Finding]:
    """Title, cover, topic, and some way to read or buy it. Up to three queries."""
    yield from title_findings(text)
    if text.cover_id is None:
        yield Finding("cover", SHOULD, _("It has no cover."), "cover")
    if not text.topics.exists():
        yield Finding("topic", SHOULD, _("No topic: it stands on no topic's page."), "topics")
    if text.file_id is None and not text.shops.exists() and not text.entries.exists():
        said = _("Readers can neither read nor buy it: no file, no shop, no contents.")
        yield Finding("file", SHOULD, said, "file")
