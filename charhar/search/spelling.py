"""Spelling: what a word that no text holds may have been meant to be, the same way on both databases."""

from collections import defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher

from charhar.publishing.folding import clean, fold

from .engines import engine
from .models import SearchForm
from .segments import RUN, plain, stem

SHORTEST, LONGEST = 4, 24
FEWEST_ALIKE = 0.7


def learn(words: Iterable[str]) -> None:
    """Remember the words of a text; one query, three where it brings new ones."""
    if new := engine().unknown([word for word in words if _is_fit(word)]):
        # In one order, so that two who save at once wait for each other and never both.
        kept = engine().write_words([(word, stem(word)) for word in sorted(new)])
        engine().write_forms([(form, key) for key, word in kept for form in sorted(_forms(word))])


def corrected(typed: str) -> str:
    """The query with each word that no text holds replaced by the one most like it; the same where none is.

    One query. What it gives is only a guess: whether published texts hold it, a search must tell.
    """
    text = clean(typed)
    runs = [run for run in RUN.finditer(fold(text)) if run["word"] and _is_fit(plain(run["word"]))]
    if not runs:
        return text
    forms = {form for run in runs for form in _forms(plain(run["word"]))}
    rows = SearchForm.objects.filter(form__in=forms).annotate(texts=engine().texts_with_stem())
    likely: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for form, word, texts in rows.values_list("form", "word__word", "texts"):
        likely[form].append((word, texts))
    for run in reversed(runs):
        word = plain(run["word"])
        candidates = {pair for form in _forms(word) for pair in likely[form]}
        if candidates and word not in {candidate for candidate, _texts in candidates}:
            best = max(candidates, key=lambda pair: (_alikeness(word, pair[0]), pair[1], pair[0]))
            if _alikeness(word, best[0]) >= FEWEST_ALIKE:
                text = text[: run.start()] + best[0] + text[run.end() :]
    return text


def _is_fit(word: str) -> bool:
    return word.isascii() and word.isalpha() and SHORTEST <= len(word) <= LONGEST


def _forms(word: str) -> set[str]:
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def _alikeness(one: str, other: str) -> float:
    return round(SequenceMatcher(None, one, other, autojunk=False).ratio(), 1)
