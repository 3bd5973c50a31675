"""What search takes for the same: one character for one, so that every offset stays that of the text."""

import re
import unicodedata
from pathlib import Path

# Zero width, soft hyphen, marks of direction, halves of a character: they have no shape to search for.
SHAPELESS = re.compile(r"[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
MARKS = re.compile(r"[\u0300-\u036f]")  # Latin, Greek and Cyrillic ones: those of kana make another letter
QUOTES = dict.fromkeys("“”„«»「」『』", '"') | dict.fromkeys("‘’", "'")
SIMPLIFIED_LIST = Path(__file__).with_name("simplified.txt")
SIMPLIFIED = {
    pair[0]: pair[1]
    for line in SIMPLIFIED_LIST.read_text("utf-8").splitlines()
    if not line.startswith("#")
    for pair in line.split()
}


def clean(text: str) -> str:
    """The text as search stores and quotes it: composed, without what has no shape, with single spaces."""
    text = SHAPELESS.sub("", unicodedata.normalize("NFC", text))
    return " ".join(CONTROL.sub(" ", text).split())


def fold(text: str) -> str:
    """The text as search compares it, exactly as long: half width, no case, no accents, simplified."""
    return text.translate(_FOLDED)


class _Folded(dict[int, str]):
    """Each character's fold, found when first asked for."""

    def __missing__(self, code: int) -> str:
        folded = _fold(chr(code))
        if code <= 0xFFFF:  # those beyond are rare and too many to keep
            self[code] = folded
        return folded


_FOLDED = _Folded()


def _fold(character: str) -> str:
    if character.isspace() or unicodedata.category(character) in {"Cc", "Cf", "Cs"}:
        return " "
    bare = MARKS.sub("", unicodedata.normalize("NFKD", character))
    folded = unicodedata.normalize("NFC", bare).casefold()
    if len(folded) != 1:  # ß, ﬁ, ½: whole words are taken apart where they are compared
        folded = character
    folded = QUOTES.get(folded, folded)
    return SIMPLIFIED.get(folded, folded)
