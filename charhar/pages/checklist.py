"""What an institute page must and should have before readers see it."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from charhar.publishing.checklist import SHOULD, Finding, Occasion, check
from charhar.publishing.checks import picture_findings, reading_findings, title_findings
from charhar.publishing.richtext import word_count

from .models import InstitutePage


@check(InstitutePage)
def page_is_whole(text: Any, occasion: Occasion) -> Iterator[Finding]:
    """Picture, title, standfirst and body."""
    yield from picture_findings(text.picture, "picture")
    yield from title_findings(text)
    if not text.standfirst.strip():
        said = _("No standfirst: search engines and social cards have nothing to show.")
        yield Finding("standfirst", SHOULD, said, "standfirst")
    if word_count(text.body) == 0:
        yield Finding("body", SHOULD, _("There is no text yet."), "body")
    yield from reading_findings(text.body, "body", text.language)
