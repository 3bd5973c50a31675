"""How people are found by name and stand in order, in either script."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from charhar.publishing.folding import clean, fold


class Names(NamedTuple):
    """All that an expert is called, as ``values_list(*Names._fields)`` gives it."""

    pk: int
    position: int
    family_name: str
    given_name: str
    display_name_en: str
    family_name_zh: str
    given_name_zh: str
    display_name_zh: str


def folded(text: str) -> str:
    """The text without case, accents, the two widths of letters and the two scripts of Chinese."""
    return fold(clean(text))


def is_called(words: str, *names: str) -> bool:
    """Whether each of the words stands somewhere in a person's names."""
    known = folded(" ".join(names))
    return all(word in known for word in folded(words).split())


def called(words: str, people: Iterable[Names]) -> list[Names]:
    """Those whose names hold all the words; ``hanfangming`` is found as well as ``Fangming Han`` or 方明."""
    return [
        person
        for person in people
        if is_called(
            words,
            person.display_name_en,
            f"{person.family_name}{person.given_name} {person.given_name}{person.family_name}",
            person.display_name_zh,
            f"{person.family_name_zh}{person.given_name_zh}",
        )
    ]


@lru_cache(maxsize=4096)
def _readings(character: str) -> tuple[str, ...]:
    from pypinyin import Style, pinyin  # here because it takes 0.1 s to load and English pages need none

    return tuple(pinyin(character, style=Style.NORMAL, heteronym=True)[0])


def in_order(person: Names, *, chinese: bool) -> list[tuple[str, str]]:
    """What sorts people: the family name in Latin letters, or the sound of each Chinese character.

    A character that is read in several ways (单, 曾) is read as the name in Latin letters has it.
    """
    latin = [(folded(person.family_name), ""), (folded(person.given_name), "")]
    if not chinese or not person.display_name_zh:
        return latin
    sounds = []
    for place, character in enumerate(person.display_name_zh):
        readings = _readings(character)
        family = latin[0][0]
        as_written = place == 0 and len(person.family_name_zh) == 1 and family in readings
        sounds.append((family if as_written else readings[0], character))
    return sounds
