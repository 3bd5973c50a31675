"""How search quotes: the passage around what was found, from the text as it is written."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from charhar.publishing.folding import clean, fold

from .segments import RUN, stem

PASSAGE = 220
Span = tuple[int, int]


def marked(text: str, shown: Sequence[str]) -> SafeString:
    """The whole text, escaped, with everything that the query asks for in a ``mark``.

    ``shown`` is what the query shows: ``segments.Query.shown``.
    """
    text = clean(text)
    return _markup(text, _spans(text, shown))


def passage(text: str, shown: Sequence[str]) -> SafeString:
    """The part of a cleaned text that holds most of the query, escaped and marked; else its beginning."""
    spans = _spans(text, shown)
    start = 0
    if spans:
        start = max(0, _densest(text, spans) - PASSAGE // 3)
        # Back to where a word begins; a Chinese text has no such place, and any will do.
        start = text.rfind(" ", max(0, start - 20), start + 1) + 1 or start
    end = min(len(text), start + PASSAGE)
    cut = text.rfind(" ", end - 20, end)
    if end < len(text) and cut > start:
        end = cut
    before, after = ("… " if start else ""), (" …" if end < len(text) else "")
    within = [(max(a, start) - start, min(b, end) - start) for a, b in spans if a < end and b > start]
    return mark_safe(before + _markup(text[start:end], within) + after)  # noqa: S308  escaped in _markup


def _spans(text: str, shown: Iterable[str]) -> list[Span]:
    """Where the query's words and runs stand: spans in order, those that touch joined."""
    folded = fold(text)
    found: list[Span] = []
    stems = set()
    for run in shown:
        match = RUN.fullmatch(run)
        if match and match["word"]:
            stems.add(stem(run))
            continue
        place = folded.find(run)
        while place >= 0:
            found.append((place, place + len(run)))
            place = folded.find(run, place + len(run))
    if stems:
        found += [run.span() for run in RUN.finditer(folded) if run["word"] and stem(run["word"]) in stems]
    joined: list[Span] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _densest(text: str, spans: list[Span]) -> int:
    """Where the passage with the most different marks begins; of equals the first."""
    starts = [start for start, _end in spans]
    words = [fold(text[start:end]) for start, end in spans]

    def variety(at: int) -> int:
        last = bisect_right(starts, starts[at] + PASSAGE * 2 // 3)
        return len(set(words[at:last]))

    return starts[max(range(len(spans)), key=variety)]


def _markup(text: str, spans: Iterable[Span]) -> SafeString:
    parts, done = [], 0
    for start, end in spans:
        parts += [escape(text[done:start]), "<mark>", escape(text[start:end]), "</mark>"]
        done = end
    return mark_safe("".join([*parts, escape(text[done:])]))  # noqa: S308  every part is escaped
