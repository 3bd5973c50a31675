"""How long a text takes to read and how hard it is: simple measures, which an editor can check by hand.

English: LIX, the words of an average sentence plus the percentage of words longer than six letters. Papers
stand at 45 to 50, scholarly prose at 55 to 60; above 62 a text is called hard. Chinese: the characters of an
average sentence; above 60 it is called hard. Of fewer than a hundred words nothing is said.
"""

import re

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from .richtext import plain_text
from .richtext_lines import CJK, WORD

# What a reader at ease takes in: words, and Chinese characters, a minute.
WORDS_A_MINUTE, CHARACTERS_A_MINUTE = 230, 400
HARD_LIX, HARD_CHINESE, LEAST = 62, 60, 100

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"”’)\]]))\s+(?=[\"“‘(\[]*[A-Z0-9])|\n+")
_CHINESE_END = re.compile(r"[。！？；…]+[”’』」）]*|\n+")
# A full stop after these ends no sentence.
_SHORT = re.compile(r"\b(?:[A-Z]|Dr|Mr|Mrs|Ms|Prof|St|vs|No|Vol|pp|cf|e\.g|i\.e|Gen|Sen|Rep|Jr|Sr)\.$")


def sentences(text: str, *, chinese: bool = False) -> list[str]:
    """The sentences of a plain text."""
    if chinese:
        return [part.strip() for part in _CHINESE_END.split(text) if _HAN.search(part)]
    found: list[str] = []
    open_ended = False
    for part in _END.split(text):
        if open_ended:
            found[-1] = f"{found[-1]} {part}"
        elif _WORD.search(part):
            found.append(part.strip())
        open_ended = bool(found) and bool(_SHORT.search(part.strip()))
    return found


def lix(text: str) -> float:
    """The measure for languages that separate words; 0 for a text without any."""
    words = _WORD.findall(text)
    if not words:
        return 0.0
    long = sum(len(word) > 6 for word in words)
    return len(words) / max(len(sentences(text)), 1) + 100 * long / len(words)


def minutes_to_read(html: str) -> int:
    """How many minutes a text takes, its notes left aside; 0 for one without words, else at least 1."""
    text = plain_text(html, footnotes=False)
    characters = sum(char.isalpha() for char in CJK.findall(text))
    minutes = len(WORD.findall(text)) / WORDS_A_MINUTE + characters / CHARACTERS_A_MINUTE
    return max(round(minutes), 1) if minutes else 0


def is_hard_to_read(html: str, *, chinese: bool = False) -> str:
    """What to say of a text that is hard to read, its longest sentence named; empty where it is not."""
    text = plain_text(html, footnotes=False)
    every = sentences(text, chinese=chinese)
    count = len((_HAN if chinese else _WORD).findall(text))
    if count < LEAST or not every:
        return ""
    longest = max(every, key=lambda s: len((_HAN if chinese else _WORD).findall(s)))
    begins = Truncator(longest).chars(50)
    if chinese:
        average = count / len(every)
        if average <= HARD_CHINESE:
            return ""
        said = _("Long sentences: %(average)d characters on average. The longest begins “%(begins)s”.")
        return said % {"average": average, "begins": begins}
    measure = lix(text)
    if measure <= HARD_LIX:
        return ""
    said = _(
        "Hard to read (LIX %(measure)d; newspapers: 45 to 50). The longest sentence begins “%(begins)s”."
    )
    return said % {"measure": measure, "begins": begins}
