"""What an expert's profile must and should have before readers see it."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from charhar.publishing.checklist import MUST, SHOULD, Finding, Occasion, check
from charhar.publishing.checks import picture_findings

from .models import Expert


@check(Expert)
def profile_is_whole(text: Any, occasion: Occasion) -> Iterator[Finding]:
    """Portrait, title, biography, both languages, a group and a topic. Two queries."""
    yield from picture_findings(text.portrait, "portrait")
    if text.email_shown and not text.email:
        yield Finding("email", MUST, _("There is no e-mail address to show."), "email")
    if text.press_photo and (text.portrait is None or not text.portrait.credit):
        said = _("The photo for the press has no credit line: whoever prints it needs one.")
        yield Finding("press-photo", SHOULD, said, "portrait")
    if text.portrait_id is None:
        yield Finding("portrait", SHOULD, _("There is no photo."), "portrait")
    if not text.title_en:
        yield Finding("title", SHOULD, _("There is no title at the institute."), "title_en")
    if not text.biography_en:
        yield Finding("biography", SHOULD, _("There is no biography."), "biography_en")
    elif not text.biography_zh:
        yield Finding("biography-zh", SHOULD, _("There is no biography in Chinese."), "biography_zh")
    if not text.display_name_zh:
        yield Finding("name-zh", SHOULD, _("There is no name in Chinese."), "display_name_zh")
    if not text.groups.exists():
        said = _("In no group: the experts' page does not list the person.")
        yield Finding("group", SHOULD, said, "groups")
    if not text.topics.exists():
        yield Finding("topic", SHOULD, _("No topic: journalists find experts by topic."), "topics")
