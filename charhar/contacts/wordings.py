"""Letters whose words the staff may change: each is declared once, comes with words, and knows its marks.

A mark is ``{name}``; nothing else in a wording means anything, so that no wording can run code or read data.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from .letters import HTML_LANG, Letter
from .models import StaffWording

MARK = re.compile(r"\{([a-z_]+)\}")
FOLDER = Path(settings.BASE_DIR) / "templates" / "wordings"


class EditableLetter(NamedTuple):
    """A letter of the site: its code, what it is for, and what each mark stands for."""

    code: str
    title: Any
    marks: Mapping[str, Any]


_declared: dict[str, EditableLetter] = {}


def declare(code: str, title: Any, marks: Mapping[str, Any]) -> EditableLetter:
    """Make a letter known. Its words come from ``templates/wordings/CODE.LANGUAGE.txt``, subject first."""
    _declared[code] = EditableLetter(code, title, marks)
    return _declared[code]


def declared() -> list[EditableLetter]:
    """Every editable letter, in the order of their codes."""
    return [_declared[code] for code in sorted(_declared)]


def default_wording(code: str, language: str) -> tuple[str, str]:
    """The subject and the text that the letter comes with."""
    subject, _newline, text = (
        (FOLDER / f"{code}.{language}.txt").read_text(encoding="utf-8").strip().partition("\n")
    )
    return subject.strip(), text.strip() + "\n"


def check_marks(code: str, *texts: str) -> None:
    """Raise ``ValidationError`` for a mark that the letter does not know."""
    known = _declared[code].marks
    unknown = sorted({mark for text in texts for mark in MARK.findall(text)} - set(known))
    if unknown:
        raise ValidationError(
            _("There is nothing to put in for %(unknown)s. What can be put in: %(known)s."),
            params={
                "unknown": ", ".join(f"{{{mark}}}" for mark in unknown),
                "known": ", ".join(f"{{{mark}}}" for mark in known),
            },
            code="unknown_mark",
        )


def words_of(code: str, language: str) -> tuple[str, str]:
    """Subject and text of a letter with their marks: the staff's, or those that it came with. One query."""
    own = StaffWording.objects.filter(code=code, language=language).first()
    return (own.subject, own.text) if own else default_wording(code, language)


def filled(words: str, values: Mapping[str, Any]) -> str:
    """The words with their marks filled in; a mark without a value becomes nothing."""
    return MARK.sub(lambda found: str(values.get(found.group(1), "")), words)


def finish(subject: str, text: str, language: str, values: Mapping[str, Any]) -> Letter:
    """The letter of these words, its marks filled in; a subject stays one line whatever is filled in."""
    subject, text = " ".join(filled(subject, values).split()), filled(text, values).strip() + "\n"
    with translation.override(language):
        html = render_to_string(
            "mail/letter.html", {"subject": subject, "text": text, "lang": HTML_LANG[language]}
        )
    return Letter(subject, text, html)


def compose(code: str, language: str, values: Mapping[str, Any]) -> Letter:
    """The letter in the staff's words, or in those that it came with, its marks filled in. One query."""
    return finish(*words_of(code, language), language, values)
