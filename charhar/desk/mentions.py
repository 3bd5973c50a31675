"""Whom a comment names by ``@username``, also where Chinese stands around the name without a space."""

import re
from collections.abc import Iterable
from typing import NamedTuple

# What may stand in a username; before the sign no character that makes it part of a Latin e-mail address.
RUN = re.compile(r"(?<![A-Za-z0-9._%+@＠-])[@＠](\w(?:[\w.@+-]*\w)?)")
HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
LATIN_PART = re.compile(r"[^\u3400-\u9fff\uf900-\ufaff]+")


class Mentions(NamedTuple):
    """The usernames that were meant, and the words after the sign that are nobody's."""

    known: set[str]
    unknown: list[str]


def find(body: str, usernames: Iterable[str]) -> Mentions:
    """Read the mentions in a comment. The longest known name counts, in any case; no query.

    A name ends where what may not stand in it begins, or where Latin script and Chinese meet; after a Chinese
    name the sentence may go on at once.
    """
    exact = set(usernames)
    lowered = {name.lower(): name for name in exact}
    mentions = Mentions(set(), [])
    for match in RUN.finditer(body):
        run = match[1]
        name = next(
            (
                run[:end] if run[:end] in exact else lowered[run[:end].lower()]
                for end in range(len(run), 0, -1)
                if run[:end].lower() in lowered and _ends(run, end)
            ),
            None,
        )
        if name is not None:
            mentions.known.add(name)
        elif not _is_address(body, match):
            latin = LATIN_PART.match(run)
            mentions.unknown.append(latin[0].rstrip(".@+-") if latin else run)
    return mentions


def _ends(run: str, end: int) -> bool:
    """Whether a name may end here, given what follows it in the run."""
    rest = run[end:]
    return not rest or bool(CHINESE.match(run[end - 1])) or bool(CHINESE.match(rest.lstrip(".@+-")))


def _is_address(body: str, match: re.Match[str]) -> bool:
    """Whether it is an e-mail address whose first part is Chinese."""
    before = body[match.start() - 1 : match.start()] if match.start() else ""
    return bool(CHINESE.match(before)) and bool(HOST.match(match[1]))
