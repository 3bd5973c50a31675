"""The index of each database: SQLite's FTS5, PostgreSQL's tsvector. Both hold and compare the same tokens.

The tables are made by a migration. Nobody finds a row that has lost its entry: answers begin with entries.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import IntegerField, Q
from django.db.models.expressions import RawSQL

from .segments import MOST_CHARACTERS, Part, Query

# How much more a word counts in a title than in the body.
TITLE_WEIGHT = 10
# How many times more a text counts that holds all words as they were spelled.
AS_SPELLED = 3


class SQLite:
    """One row a text in the table ``search_fts``, by the key of its entry."""

    def write(self, rows: Iterable[tuple[int, Sequence[str], Sequence[str]]]) -> None:
        """Keep (entry, tokens of the title, tokens of the body), in place of what was kept before."""
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT OR REPLACE INTO search_fts (rowid, title, body) VALUES (%s, %s, %s)",
                [(entry, " ".join(title), " ".join(body)) for entry, title, body in rows],
            )

    def remove(self, entry: int) -> None:
        """Drop the row of an entry."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM search_fts WHERE rowid = %s", [entry])

    def sweep(self) -> None:
        """Drop the rows of entries that are no more."""
        with connection.cursor() as cursor:
            # The keys from the table of lengths: that of the texts would be read whole.
            cursor.execute(
                "DELETE FROM search_fts WHERE rowid IN (SELECT id FROM search_fts_docsize"
                " WHERE id NOT IN (SELECT id FROM search_searchentry))"
            )

    def count_anew(self) -> None:
        """Nothing: what is much grown is counted each minute (``publishing.backends.statistics``)."""

    def holds(self, query: Query, in_title: bool = False) -> Q:
        """The condition that an entry's text, or its title alone, answers the query."""
        match = f"title : ({_match(query)})" if in_title else _match(query)
        return Q(pk__in=RawSQL("SELECT rowid FROM search_fts WHERE search_fts MATCH %s", [match]))

    def unknown(self, words: Sequence[str]) -> list[str]:
        """Those of some words that are not kept yet."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT value FROM json_each(%s) WHERE value NOT IN (SELECT word FROM search_searchword)",
                [json.dumps(words)],
            )
            return [word for (word,) in cursor.fetchall()]

    def write_words(self, words: Sequence[tuple[str, str]]) -> list[tuple[int, str]]:
        """Keep (word, stem) in this order; gives (key, word) of those that nobody else has kept meanwhile."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO search_searchword (word, stem)"
                " SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(%s)"
                " WHERE true ON CONFLICT DO NOTHING RETURNING id, word",
                [json.dumps(words)],
            )
            return cursor.fetchall()

    def write_forms(self, forms: Sequence[tuple[str, int]]) -> None:
        """Keep (form, key of the word)."""
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO search_searchform (form, word_id) VALUES (%s, %s)", forms)

    def texts_with_stem(self) -> RawSQL:
        """How many texts, public or not, hold the stem of a row that is joined to ``SearchWord``."""
        return RawSQL(
            "(SELECT COUNT(*) FROM search_fts WHERE search_fts MATCH '\"' || search_searchword.stem || '\"')",
            [],
            IntegerField(),
        )

    def ranks(self, query: Query, entries: list[int]) -> dict[int, float]:
        """How well each of some entries that answer the query does so; more is better. One query."""
        with connection.cursor() as cursor:
            cursor.execute(
                # The plus keeps the planner from asking the index once for each entry.
                "SELECT rowid, bm25(search_fts, %s, 1.0)"
                " * CASE WHEN rowid IN (SELECT rowid FROM search_fts WHERE search_fts MATCH %s)"
                " THEN %s ELSE 1 END FROM search_fts"
                " WHERE search_fts MATCH %s AND +rowid IN (SELECT value FROM json_each(%s))",
                [
                    float(TITLE_WEIGHT),
                    _all(query.preferred or query.wanted),
                    AS_SPELLED,
                    _match(query),
                    str(entries),
                ],
            )
            return {entry: -score for entry, score in cursor.fetchall()}


def _match(query: Query) -> str:
    """The query as FTS5 takes it. Tokens are letters and digits, so that nothing in it can be an operator."""
    return " NOT ".join([f"({_all(query.wanted)})", *map(_phrase, query.unwanted)])


def _all(parts: Iterable[Part]) -> str:
    return " AND ".join(map(_phrase, parts))


def _phrase(part: Part) -> str:
    return f'"{" ".join(part.tokens)}"{" *" if part.is_begun else ""}'


# The keys of the entries with a row that holds it. A function of the migration, which lets the database only
# ask the index: by its own estimates it reads whole texts, a hundred times slower for a common word.
HOLDING = "SELECT * FROM search_holding(%s::tsquery)"


class PostgreSQL:
    """Rows of ``PART`` tokens a text in the table ``search_part``.

    A tsvector keeps 256 places of a token, and none beyond the 16,383rd. Parts overlap by more than a phrase.
    """

    PART = 2000
    OVERLAP = MOST_CHARACTERS

    def write(self, rows: Iterable[tuple[int, Sequence[str], Sequence[str]]]) -> None:
        """Keep (entry, tokens of the title, tokens of the body), in place of what was kept before."""
        rows = list(rows)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM search_part WHERE entry_id = ANY(%s)", [[row[0] for row in rows]])
            cursor.executemany(
                "INSERT INTO search_part (entry_id, words) VALUES (%s, %s::tsvector)",
                [(entry, words) for entry, title, body in rows for words in self._vectors(title, body)],
            )

    def _vectors(self, title: Sequence[str], body: Sequence[str]) -> list[str]:
        starts = range(0, max(1, len(body) - self.OVERLAP), self.PART - self.OVERLAP)
        return [_vector(() if start else title, body[start : start + self.PART]) for start in starts]

    def remove(self, entry: int) -> None:
        """Drop the rows of an entry."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM search_part WHERE entry_id = %s", [entry])

    def sweep(self) -> None:
        """Drop the rows of entries that are no more."""
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM search_part WHERE NOT EXISTS"
                " (SELECT FROM search_searchentry WHERE id = search_part.entry_id)"
            )

    def count_anew(self) -> None:
        """Tell the planner how much there is now, rather than when the database finds the time to count."""
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE search_part, search_searchentry, search_searchword, search_searchform")

    def holds(self, query: Query, in_title: bool = False) -> Q:
        """The condition that an entry's text, or its title alone, answers: a part in each row."""
        condition = Q()
        for part in query.wanted:
            condition &= self._holds(part, "A" if in_title else "")
        for part in query.unwanted:
            condition &= ~self._holds(part, "")
        return condition

    def _holds(self, part: Part, weight: str) -> Q:
        return Q(pk__in=RawSQL(HOLDING, [_tsquery(part, weight)]))  # noqa: S611  a constant

    def unknown(self, words: Sequence[str]) -> list[str]:
        """Those of some words that are not kept yet."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT word FROM unnest(%s::text[]) AS word WHERE NOT EXISTS"
                " (SELECT FROM search_searchword AS kept WHERE kept.word = word.word)",
                [list(words)],
            )
            return [word for (word,) in cursor.fetchall()]

    def write_words(self, words: Sequence[tuple[str, str]]) -> list[tuple[int, str]]:
        """Keep (word, stem) in this order; gives (key, word) of those that nobody else has kept meanwhile."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO search_searchword (word, stem) SELECT * FROM unnest(%s::text[], %s::text[])"
                " ON CONFLICT DO NOTHING RETURNING id, word",
                [[word for word, _stem in words], [stem for _word, stem in words]],
            )
            return cursor.fetchall()

    def write_forms(self, forms: Sequence[tuple[str, int]]) -> None:
        """Keep (form, key of the word)."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO search_searchform (form, word_id)"
                " SELECT * FROM unnest(%s::text[], %s::bigint[])",
                [[form for form, _key in forms], [key for _form, key in forms]],
            )

    def texts_with_stem(self) -> RawSQL:
        """How many texts, public or not, hold the stem of a row that is joined to ``SearchWord``."""
        return RawSQL(
            "(SELECT COUNT(*) FROM search_part"
            " WHERE words @@ quote_literal(search_searchword.stem)::tsquery)",
            [],
            IntegerField(),
        )

    def ranks(self, query: Query, entries: list[int]) -> dict[int, float]:
        """How well each of some entries that answer the query does so; more is better. One query."""
        spelled = " & ".join(map(_tsquery, query.preferred))
        with connection.cursor() as cursor:
            cursor.execute(
                # The words of each text are fetched for ts_rank alone: that takes most of the time.
                "SELECT entry_id, SUM(ts_rank(%s::real[], words, %s::tsquery, 1))"  # noqa: S608  of our own
                f" * CASE WHEN entry_id IN ({HOLDING}) THEN %s ELSE 1 END"
                " FROM search_part WHERE entry_id = ANY(%s) GROUP BY entry_id",
                [
                    [1 / TITLE_WEIGHT, 0.0, 0.0, 1.0],
                    " | ".join(map(_tsquery, query.wanted)),
                    spelled,
                    AS_SPELLED,
                    entries,
                ],
            )
            return dict(cursor.fetchall())


# Longer than a title of a thousand characters and a part together.
_NUMBERS = [str(number) for number in range(2 * 1000 + 2 + PostgreSQL.PART)]


def _vector(title: Sequence[str], body: Sequence[str]) -> str:
    """A tsvector as PostgreSQL reads it: no phrase reaches from the title into the body."""
    places: dict[str, list[str]] = defaultdict(list)
    for place, token in enumerate(title, 1):
        places[token].append(f"{place}A")
    for number, token in zip(_NUMBERS[len(title) + 2 :], body, strict=False):
        places[token].append(number)
    return " ".join([f"'{token}':{','.join(at)}" for token, at in places.items()])


def _tsquery(part: Part, weight: str = "") -> str:
    words = [f"'{token}':{weight}" for token in part.tokens]
    if part.is_begun:
        words[-1] += "*"
    return f"({' <-> '.join(word.rstrip(':') for word in words)})"


def engine() -> Any:
    """The index of the database in use."""
    return {"sqlite": SQLite, "postgresql": PostgreSQL}[connection.vendor]()
