"""The one segmenter, for texts and queries and on both databases: what the index holds and is asked for.

A run of Chinese becomes its overlapping pairs of characters and its last character alone, a Latin word its
stem. The databases only compare these; that they find the same is so by construction.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import add
from threading import Lock

import snowballstemmer

from charhar.publishing.folding import MARKS, clean, fold

MOST_CHARACTERS = 200
MOST_PARTS = 10
LONGEST_WORD = 64
SPELLED = "·"  # before a word as it is spelled; no stem begins so

_IDEOGRAPHS = "\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003ffff"
_LETTERS = rf"[^\W_{_IDEOGRAPHS}]+"
RUN = re.compile(rf"(?P<chinese>[{_IDEOGRAPHS}]+)|(?P<word>{_LETTERS})")
IDEOGRAPH, WORD = re.compile(f"[{_IDEOGRAPHS}]"), re.compile(_LETTERS)
OF_SOMEBODY = re.compile(r"'s\b")
CHUNK = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<quoted>[^"]*)"?|(?P<bare>[^\s"]+))')

_STEMMER, _ONE_AT_A_TIME = snowballstemmer.stemmer("english"), Lock()


def plain(word: str) -> str:
    """A folded Latin word as it is spelled, its ligatures taken apart."""
    if not word.isascii():
        word = MARKS.sub("", unicodedata.normalize("NFKD", word)).casefold()
        word = "".join(c for c in word if c.isalnum())  # ½ falls into digits and a stroke
    return word[:LONGEST_WORD]


def stem(word: str) -> str:
    """A folded Latin word as the index holds it."""
    return _stemmed(word)[0]


@lru_cache(maxsize=65_536)
def _stemmed(word: str) -> tuple[str, str]:
    """The stem of a folded Latin word, and the token of its spelling."""
    spelled = plain(word)
    if not spelled.isascii():
        return spelled, SPELLED + spelled
    with _ONE_AT_A_TIME:  # the stemmer keeps the word it works on
        return _STEMMER.stemWord(spelled), SPELLED + spelled


def tokens(folded: str) -> list[str]:
    """All that the index holds of a folded text, in its order."""
    return tokens_and_spellings(folded)[0]


def spelled_too(folded: str) -> list[str]:
    """What the index holds of a title or body: words as they are spelled too, to prefer and to suggest."""
    found, spelled = tokens_and_spellings(folded)
    return found + spelled


def tokens_and_spellings(folded: str) -> tuple[list[str], list[str]]:
    """Both parts of ``spelled_too``: tokens, and after ``SPELLED`` the Latin words as spelled, each once."""
    if not IDEOGRAPH.search(folded):
        words = WORD.findall(folded)
        known = {word: _stemmed(word) for word in dict.fromkeys(words)}
        found = [known[word][0] for word in words]
    else:
        known, found = {}, []
        for chinese, word in RUN.findall(folded):
            if word:
                known[word] = _stemmed(word)
                found.append(known[word][0])
            else:
                found += map(add, chinese, chinese[1:])
                found.append(chinese[-1])
    return list(filter(None, found)), [spelled for _stem, spelled in known.values()]


@dataclass(frozen=True)
class Part:
    """One thing that a text must hold: tokens one after the other, the last perhaps only begun.

    ``shown`` is what it stands for in the folded text: words that are compared by stem, runs of Chinese.
    """

    tokens: tuple[str, ...]
    is_begun: bool
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Query:
    """What somebody typed, as the index is asked: all of ``wanted``, none of ``unwanted``."""

    wanted: tuple[Part, ...]
    unwanted: tuple[Part, ...]

    def __bool__(self) -> bool:
        return bool(self.wanted)

    @property
    def shown(self) -> tuple[str, ...]:
        """What to mark in what was found."""
        return tuple(dict.fromkeys(run for part in self.wanted for run in part.shown))

    @property
    def preferred(self) -> list[Part]:
        """What need not be there but ranks higher what holds it all: the words as they were spelled."""
        words = [run for run in self.shown if RUN.fullmatch(run)["word"]]  # type: ignore[index]
        return [Part((SPELLED + plain(word),), False, ()) for word in words if plain(word)]


def parse(typed: str) -> Query:
    """The query in what was typed, whatever it is; as much of it as anybody types in earnest."""
    wanted: dict[Part, None] = {}
    unwanted: dict[Part, None] = {}
    for chunk in CHUNK.finditer(fold(clean(typed)[:MOST_CHARACTERS])):
        if chunk["quoted"] is not None:
            together = iter([list(RUN.finditer(chunk["quoted"]))])
        else:
            together = _grouped(list(RUN.finditer(OF_SOMEBODY.sub("", chunk["bare"]))))
        parts = [_part(group) for group in together if group]
        (unwanted if chunk["minus"] else wanted).update(dict.fromkeys(p for p in parts if p.tokens))
    return Query(tuple(wanted)[:MOST_PARTS], tuple(unwanted)[:MOST_PARTS])


def parse_begun(typed: str) -> Query:
    """The query for titles that go on from what was typed so far: its last word may be only begun."""
    folded = fold(clean(typed))
    runs = list(RUN.finditer(folded))[-MOST_PARTS:]
    parts = []
    for run in runs:
        if run["word"]:
            part = Part(
                (SPELLED + plain(run["word"]),), run is runs[-1] and run.end() == len(folded), (run[0],)
            )
        else:
            part = _part([run])
        parts.append(part)
    return Query(tuple(dict.fromkeys(parts)), ())


def _grouped(runs: list[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """Each run of Chinese by itself; Latin words that no space parts (open-source) together."""
    group: list[re.Match[str]] = []
    for run in runs:
        if run["word"]:
            group.append(run)
        else:
            yield group
            yield [run]
            group = []
    yield group


def _part(runs: list[re.Match[str]]) -> Part:
    last = runs[-1]["chinese"] or ""
    held = tokens(" ".join(run[0] for run in runs))
    # What follows the last character in a text is not known: it is the beginning of a pair, or a run's end.
    if len(last) > 1:
        held.pop()
    return Part(tuple(held), len(last) == 1, tuple(run[0] for run in runs))
