"""What an article must and should have before readers see it."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from charhar.publishing.checklist import MUST, SHOULD, Finding, Occasion, check
from charhar.publishing.checks import (
    date_findings,
    length_findings,
    picture_findings,
    reading_findings,
    title_findings,
)
from charhar.publishing.richtext import plain_text
from experts.models import ExpertGroup

from .models import Article, Byline

USUAL_LENGTH = {Article.Kind.NEWS: (50, 1500), Article.Kind.RESEARCH: (600, 15000)}
USUAL_LENGTH_ELSE = (300, 3000)
# One of these words stands in every note that says whose opinions a text gives.
DISCLAIMING = ("opinion", "view", "position", "观点", "立场", "意见", "看法")


@check(Article)
def article_is_whole(text: Any, occasion: Occasion) -> Iterator[Finding]:
    """Standfirst, lead image and dates."""
    if not text.standfirst.strip():
        said = _("Write a standfirst: lists, search engines and social cards show it.")
        yield Finding("standfirst", MUST, said, "standfirst")
    yield from picture_findings(text.lead_image, "lead_image", text.lead_alt)
    yield from date_findings(text, occasion)
    shown = text.date or timezone.localdate(occasion.at)
    if text.outlet_date is not None and text.outlet_date > shown:
        said = _("It can not have run there after the date shown here.")
        yield Finding("outlet-date", MUST, said, "outlet_date")


@check(Article)
def article_is_signed(text: Any, occasion: Occasion) -> Iterator[Finding]:
    """A byline, the disclaimer for authors from outside, a photo of each expert. One query.

    News is the institute's own voice and needs no name. From outside is who has no profile here, or one among
    former members alone.
    """
    groups = ExpertGroup.objects.filter(experts=OuterRef("expert"))
    bylines = list(
        Byline.objects.filter(article=text)
        .select_related("expert")
        .annotate(has_left=Exists(groups.filter(former=True)) & ~Exists(groups.filter(former=False)))
    )
    speaking = [b for b in bylines if b.contribution != Byline.Contribution.TRANSLATOR]
    if not speaking and text.kind != Article.Kind.NEWS:
        said = _("Name an author, or whom the interview is with.")
        yield Finding("byline", MUST, said, "bylines")
    outside = [
        b.name
        for b in bylines
        if b.contribution == Byline.Contribution.AUTHOR and (b.expert_id is None or b.has_left)
    ]
    if outside and not text.show_editors_note:
        said = _("%s writes from outside: show the editor's note, which says whose opinions these are.")
        yield Finding("disclaimer", MUST, said % _(", ").join(outside), "show_editors_note")
    elif outside and not _disclaims(text.editors_note):
        said = _("The editor's note is your own and does not say that the opinions are those of %s.")
        yield Finding("disclaimer", MUST, said % _(", ").join(outside), "editors_note")
    faceless = [b.name for b in bylines if b.expert is not None and b.expert.portrait_id is None]
    if faceless:
        said = _("No photo in the profile of %s.") % _(", ").join(faceless)
        yield Finding("portrait", SHOULD, said, "bylines")


def _disclaims(note: str) -> bool:
    """Whether an editor's note is the composed one, or speaks of opinions itself."""
    words = plain_text(note).lower()
    return not words or any(word in words for word in DISCLAIMING)


@check(Article)
def article_is_easy_to_find_and_read(text: Any, occasion: Occasion) -> Iterator[Finding]:
    """Title, topic, length and readability. One query."""
    yield from title_findings(text)
    if not text.topic_rows.exists():
        said = _("No topic: it stands on no topic's page.")
        yield Finding("topic", SHOULD, said, "filed_topics")
    yield from length_findings(text.body, "body", *USUAL_LENGTH.get(text.kind, USUAL_LENGTH_ELSE))
    yield from reading_findings(text.body, "body", text.language)
