"""What the site writes in mails: one text a letter and language, its HTML made from it."""

from typing import Any, NamedTuple

from django.template.loader import render_to_string
from django.utils import translation

HTML_LANG = {"en": "en", "zh-hans": "zh-Hans"}


class Letter(NamedTuple):
    """A letter ready to be queued."""

    subject: str
    text: str
    html: str


def letter(name: str, language: str, context: dict[str, Any]) -> Letter:
    """The letter ``templates/mail/NAME.LANGUAGE.txt``: its first line is the subject, the rest the text."""
    with translation.override(language):
        subject, _newline, text = (
            render_to_string(f"mail/{name}.{language}.txt", context).strip().partition("\n")
        )
        text = text.strip() + "\n"
        html = render_to_string(
            "mail/letter.html", {"subject": subject, "text": text, "lang": HTML_LANG[language]}
        )
    return Letter(subject.strip(), text, html)
