"""Ranking: how well a text answers, the same on both databases, from what each save notes of its words.

The note of a text is one short string: how long it is, the words that it holds more than once or in its
title with how often that is, and a mark for each Latin word as it is spelled. To rank a thousand texts from
it takes a few milliseconds; the databases' own ways read all words of each text, or of all texts.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from zlib import crc32

from .segments import Query

# How much more a word counts in a title than in the body.
TITLE_WEIGHT = 10
# How many times more a text counts that holds all words as they were spelled.
AS_SPELLED = 3
MOST_NOTED = 100
# As in BM25: how soon one more occurrence counts for less, how much less in long texts, and what is long.
SATURATION, BY_LENGTH, USUAL_LENGTH = 1.2, 0.75, 500


def note(title: Sequence[str], body: Sequence[str], spelled: Sequence[str]) -> str:
    """What ranks a text: of the tokens of its title and body in order, and those of its words as spelled."""
    times = Counter(body)
    for token in title:
        times[token] += TITLE_WEIGHT
    often = [(token, number) for token, number in times.items() if number > 1]
    if len(often) > MOST_NOTED:
        often = sorted(often, key=lambda pair: -pair[1])[:MOST_NOTED]
    said = "".join([f" {token}:{number}" for token, number in often])
    return f"{len(body)}{said} \n{''.join(map(mark, spelled))}"


@lru_cache(maxsize=65_536)
def mark(spelled: str) -> str:
    """One of 32,768 characters for a word: two in a hundred thousand share one, and only rank the same."""
    return chr(0x4E00 + crc32(spelled.encode()) % 0x8000)


def scorer(query: Query) -> Callable[[str], float]:
    """The function that says of a note how well its text answers; more is better."""
    parts = [[f" {token}:" for token in part.tokens] for part in query.wanted]
    for part, tokens in zip(query.wanted, parts, strict=True):
        if part.is_begun:
            tokens[-1] = tokens[-1][:-1]
    marks = {mark(token) for part in query.preferred for token in part.tokens}

    def score(noted: str) -> float:
        words, _line, spelled = noted.partition("\n")
        length = int(words[: words.index(" ")])
        damping = SATURATION * (1 - BY_LENGTH + BY_LENGTH * length / USUAL_LENGTH)
        total = 0.0
        for tokens in parts:
            times = min([_times(words, token) for token in tokens])
            total += times / (times + damping)
        return total * AS_SPELLED if marks and all(one in spelled for one in marks) else total

    return score


def _times(words: str, token: str) -> int:
    at = words.find(token)
    if at < 0:
        return 1
    start = words.index(":", at) + 1
    return int(words[start : words.index(" ", start)])
