"""What every kind of text is checked for: its rich texts, pictures, links, hours and its other edition.

Each check names the field to mend. All links of a text cost one query and one for each kind of thing that
they lead to; all its pictures one; its other edition two; nothing where there is nothing to ask.
"""

from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from charhar.library.models import Image

from .addresses import languages_of
from .checklist import MUST, SHOULD, Finding, Occasion, check
from .languages import CHINESE, LANGUAGES, with_prefix
from .links import Target, problems_of, target_of
from .models import Publishable
from .moments import day_said
from .readability import is_hard_to_read
from .richtext import RichTextField, guard, word_count
from .richtext_tree import Node, image_number, is_footnote, parse
from .translation import is_outdated, other_edition_of, other_language

LONG_TITLE = {CHINESE: 30}
LONG_TITLE_ELSEWHERE = 100
EARLIEST_YEAR = 1900
# Pages for staff: no reader can open them.
INSIDE = ("/admin/", "/review/")


def short(words: str) -> str:
    """Enough of some words to recognise them."""
    return Truncator(" ".join(words.split())).chars(50)


def trees(text: Publishable) -> Iterator[tuple[str, Node]]:
    """Each rich text that holds something, by its field's name, as a tree."""
    for field in text._meta.concrete_fields:
        if isinstance(field, RichTextField) and getattr(text, field.name):
            yield field.name, parse(guard(getattr(text, field.name)))


# -- Headings ---------------------------------------------------------------------------------------


@check(Publishable)
def headings_stand_in_order(text: Any, occasion: Occasion) -> Iterator[Finding]:
    """The first heading is of the second level (the title has the first), and none skips one."""
    for name, tree in trees(text):
        above = 1
        for heading in tree.find("h2", "h3"):
            words, level = short(heading.text(skip=is_footnote)), int(heading.tag[1])
            if not words:
                yield Finding("heading-empty", MUST, _("A heading has no words."), name)
            elif level > above + 1:
                said = _("“%s” is a subheading, but no heading stands above it.") % words
                yield Finding("heading-order", MUST, said, name)
            above = level


# -- Pictures ---------------------------------------------------------------------------------------


def picture_findings(image: Image | None, field: str, own_alt: str = "") -> Iterator[Finding]:
    """Whether a picture says what it shows, or is marked as decorative; ``own_alt`` is the text's own."""
    if image is None or image.decorative or own_alt.strip() or image.alt_en.strip() or image.alt_zh.strip():
        return
    said = _(
        "The picture “%s” has no alternative text. Describe it, or mark it as decorative in the library."
    )
    yield Finding("picture-alt", MUST, said % short(image.title), field)


@check(Publishable)
def pictures_are_described(text: Any, occasion: Occasion) -> Iterator[Finding]:
    """Every picture in a rich text has an alternative text, or is decorative, and is still in the library."""
    shown = [(name, image_number(figure)) for name, tree in trees(text) for figure in tree.find("figure")]
    if not shown:
        return
    columns = ("title", "alt_en", "alt_zh", "decorative")
    images = Image.objects.only(*columns).in_bulk({number for _name, number in shown if number})
    for name, number in shown:
        image = images.get(number or 0)
        if image is None:
            said = _("A picture is not in the library any more, so readers do not see it. Take it out.")
            yield Finding("picture-gone", MUST, said, name)
        yield from picture_findings(image, name)


# -- Links ------------------------------------------------------------------------------------------


@check(Publishable)
def links_lead_somewhere(text: Any, occasion: Occasion) -> Iterator[Finding]:
    """No link to one of our own pages is dead, or will be when readers see the text."""
    links: dict[Target, tuple[str, str]] = {}
    for name, tree in trees(text):
        for link in tree.find("a"):
            target = target_of(link.attrs.get("href", ""))
            if target is not None and target not in links:
                links[target] = (name, short(link.text(skip=is_footnote)) or target.path)
    own = {Target(language, row.address()) for row in _itself(text) for language in languages_of(row)}
    asked = links.keys() - own
    faults = problems_of(asked, occasion.at) if asked else {}
    said = {
        "missing": _("The link “%(words)s” leads nowhere: there is no page %(path)s."),
        "file": _("The link “%(words)s” leads to a file that the library has no more: %(path)s."),
        "gone": _("The link “%(words)s” leads to a text that is gone: %(path)s."),
        "unpublished": _("The link “%(words)s” leads to a text that is not public then: %(path)s."),
        "inside": _("The link “%(words)s” leads to a page for staff, which readers can not open: %(path)s."),
    }
    for target, (name, words) in links.items():
        fault = "inside" if target.path.startswith(INSIDE) else faults.get(target, "")
        if fault:
            path = with_prefix(target.path, target.language)
            yield Finding("link", MUST, said[fault] % {"words": words, "path": path}, name)


def _itself(text: Any) -> list[Any]:
    """The text and what it corrects, with the addresses that will be its own."""
    return [text] if text.corrects is None else [text, text.corrects]


# -- Hours, title, words ----------------------------------------------------------------------------


@check(Publishable)
def hours_make_sense(text: Any, occasion: Occasion) -> Iterator[Finding]:
    """A text expires after it appears."""
    if text.expire_at is not None and not text.is_copy and text.expire_at <= occasion.at:
        yield Finding("expires", MUST, _("The text would expire before it is published."), "expire_at")


def date_findings(text: Any, occasion: Occasion) -> Iterator[Finding]:
    """Whether the date shown lies between the first printed page and the day when readers see the text."""
    if text.date is None:
        return
    day = timezone.localdate(occasion.at)
    if text.date > day:
        said = _("The date shown, %(shown)s, lies after the day of publication, %(day)s.")
        yield Finding("date", MUST, said % {"shown": day_said(text.date), "day": day_said(day)}, "date")
    elif text.date.year < EARLIEST_YEAR:
        said = _("The date shown, %s, can not be right.")
        yield Finding("date", MUST, said % day_said(text.date), "date")


def title_findings(text: Any, field: str = "title") -> Iterator[Finding]:
    """Whether a title is too long for lists, cards and search engines."""
    longest = LONG_TITLE.get(text.language, LONG_TITLE_ELSEWHERE)
    length = len(getattr(text, field))
    if length > longest:
        said = _("The title has %(length)d characters; lists and cards cut it off after some %(longest)d.")
        yield Finding("title", SHOULD, said % {"length": length, "longest": longest}, field)


def length_findings(html: str, field: str, least: int, most: int) -> Iterator[Finding]:
    """Whether a text is of the usual length; Chinese characters count as words."""
    words = word_count(html)
    if words == 0:
        yield Finding("length", SHOULD, _("There is no text yet."), field)
    elif not least <= words <= most:
        said = _("The text has %(words)d words (Chinese: characters); usual are %(least)d to %(most)d.")
        yield Finding("length", SHOULD, said % {"words": words, "least": least, "most": most}, field)


def reading_findings(html: str, field: str, language: str) -> Iterator[Finding]:
    """Whether a text is hard to read; see ``readability``."""
    said = is_hard_to_read(html, chinese=language == CHINESE)
    if said:
        yield Finding("readability", SHOULD, said, field)


# -- The other edition ------------------------------------------------------------------------------


@check(Publishable)
def other_edition_keeps_up(text: Any, occasion: Occasion) -> Iterator[Finding]:
    """There is an edition in the other language, and neither is older than its original. A query or two."""
    if not text.is_translated:
        return
    other = other_edition_of(text)
    if other is None or other.trashed_at is not None:
        said = _("There is no edition in the other language (%s) yet.")
        missing = dict(LANGUAGES)[other_language(text.language)]
        yield Finding("translation", SHOULD, said % missing, "translation_of")
    elif not text.translation_of_id:
        if is_outdated(other):
            said = _("This text has changed since its translation last followed it.")
            yield Finding("translation-older", SHOULD, said, "translation_of")
    else:
        if is_outdated(text):
            said = _("The original has changed since this translation last followed it.")
            yield Finding("translation-older", SHOULD, said, "translation_of")
        if text.title == other.title:
            yield Finding("title-untranslated", SHOULD, _("The title is still the original's."), "title")
