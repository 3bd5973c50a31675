"""The index of each database: SQLite's FTS5, PostgreSQL's tsvector. Both hold and compare the same tokens.

What it holds of a text is found by the key of its entry, which grows with its date: so both read the newest
first and stop when they have enough. Beside the words stand ``facets``: what the text is filed under, so that
a narrowed search asks the index too. The tables are made by a migration.
"""

import datetime
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import IntegerField
from django.db.models.expressions import RawSQL

from .models import SearchEntry
from .segments import Part, Query

FACET = "§"  # before what a text is filed under; no reader's word begins so
IN_TITLE = "¶"  # before a word of a title, where an index has no columns


@dataclass(frozen=True)
class Row:
    """All that search keeps of one text; of the tokens those as spelled come last."""

    entry: SearchEntry
    body: str
    weights: str
    title_tokens: list[str]
    body_tokens: list[str]

    @property
    def facets(self) -> list[str]:
        """What it is filed under, as tokens."""
        year = [f"{FACET}year{self.entry.date.year}"] if self.entry.date else []
        return [facet_token(*pair.split(":")) for pair in self.entry.filed.split()] + year


def facet_token(facet: str, value: str) -> str:
    """How the index holds one value of a facet: a word of letters and digits."""
    return FACET + "".join(filter(str.isalnum, facet + value))


@dataclass(frozen=True)
class Wanted:
    """What is looked for: texts that answer a query, or whose titles do, narrowed to values of facets."""

    query: Query
    in_title: bool = False
    facets: tuple[str, ...] = ()


Found = list[tuple[int, str]]


class SQLite:
    """One row a text in the table ``search_fts``, by the key of its entry."""

    NEWEST = (
        "SELECT entry.id{filed} FROM search_fts"
        " CROSS JOIN search_searchentry AS entry ON entry.id = search_fts.rowid"
        " WHERE search_fts MATCH %s AND visible_from <= %s AND (visible_until IS NULL OR visible_until > %s)"
        " ORDER BY search_fts.rowid DESC LIMIT %s"
    )

    def write(self, kind: int, rows: Sequence[Row]) -> None:
        """Keep what there is of texts of one kind, in place of what was kept before."""
        moment = connection.ops.adapt_datetimefield_value
        # FTS5 wants them in order, or else writes each by itself.
        rows = sorted(rows, key=lambda row: row.entry.pk)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM search_searchentry WHERE content_type_id = %s"
                " AND object_id IN (SELECT value FROM json_each(%s))",
                [kind, json.dumps([row.entry.object_id for row in rows])],
            )
            if known := [key for (key,) in cursor.fetchall()]:
                for table, key in (
                    ("search_fts", "rowid"),
                    ("search_searchtext", "entry_id"),
                    ("search_searchentry", "id"),
                ):
                    cursor.execute(
                        f"DELETE FROM {table} WHERE {key} IN (SELECT value FROM json_each(%s))",  # noqa: S608
                        [json.dumps(known)],
                    )
            cursor.executemany(
                "INSERT INTO search_searchentry"
                " (id, content_type_id, object_id, kind, date, visible_from, visible_until, filed, title)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    (
                        entry.pk, kind, entry.object_id, entry.kind,
                        connection.ops.adapt_datefield_value(entry.date),
                        moment(entry.visible_from), moment(entry.visible_until), entry.filed, entry.title,
                    )
                    for entry in (row.entry for row in rows)
                ],
            )  # fmt: skip
            cursor.executemany(
                "INSERT INTO search_searchtext (entry_id, weights, body) VALUES (%s, %s, %s)",
                [(row.entry.pk, row.weights, row.body) for row in rows],
            )
            cursor.executemany(
                "INSERT INTO search_fts (rowid, title, body, facets) VALUES (%s, %s, %s, %s)",
                [
                    (
                        row.entry.pk,
                        " ".join(row.title_tokens),
                        " ".join(row.body_tokens),
                        " ".join(row.facets),
                    )
                    for row in rows
                ],
            )

    def remove(self, entry: int) -> None:
        """Drop the row of an entry."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM search_fts WHERE rowid = %s", [entry])

    def begin_rebuild(self) -> None:
        """Nothing."""

    def end_batch(self) -> None:
        """Nothing."""

    def end_rebuild(self) -> None:
        """Drop the rows of entries that are no more.

        What is much grown is counted each minute (``publishing.backends.statistics``).
        """
        with connection.cursor() as cursor:
            # The keys from the table of lengths: that of the texts would be read whole.
            cursor.execute(
                "DELETE FROM search_fts WHERE rowid IN (SELECT id FROM search_fts_docsize"
                " WHERE id NOT IN (SELECT id FROM search_searchentry))"
            )

    def newest(self, wanted: Wanted, now: datetime.datetime, most: int) -> Found:
        """Key and ``filed`` of the newest that readers see at ``now``. One query."""
        with connection.cursor() as cursor:
            cursor.execute(self.NEWEST.format(filed=", filed"), self._asked(wanted, now, most))
            return cursor.fetchall()

    def notes(
        self, entries: Sequence[int], more: Wanted | None, now: datetime.datetime, most: int
    ) -> list[tuple[int, str]]:
        """Key and note for the ranking of some entries, and of the newest of ``more``. One query."""
        keys, asked = "SELECT value FROM json_each(%s)", [str(list(entries))]
        if more:
            keys = f"{keys} UNION ALL SELECT * FROM ({self.NEWEST.format(filed='')})"  # noqa: S608
            asked += self._asked(more, now, most)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT entry_id, weights FROM search_searchtext WHERE entry_id IN ({keys})",  # noqa: S608
                asked,
            )
            return cursor.fetchall()

    def _asked(self, wanted: Wanted, now: datetime.datetime, most: int) -> list[Any]:
        moment = connection.ops.adapt_datetimefield_value(now)
        match = _match(wanted.query)
        if wanted.in_title:
            match = f"title : ({match})"
        return [
            " AND ".join([f"({match})", *(f'"{token}"' for token in wanted.facets)]), moment, moment, most,
        ]  # fmt: skip

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


def _match(query: Query) -> str:
    """The query as FTS5 takes it. Tokens are letters and digits, so that nothing in it can be an operator."""
    return " NOT ".join([f"({_all(query.wanted)})", *map(_phrase, query.unwanted)])


def _all(parts: Iterable[Part]) -> str:
    return " AND ".join(map(_phrase, parts))


def _phrase(part: Part) -> str:
    return f'"{" ".join(part.tokens)}"{" *" if part.is_begun else ""}'


class PostgreSQL:
    """The words of a text as a set, in the column ``words`` of its entry with a GIN index; one row a text.

    A phrase is first looked for as a set of words, then among the tokens in order, ``SearchText.sequence``.
    The function ``search_newest`` of the migration asks the index, some months at a time, and lets the
    database do nothing else: by its own estimates it reads whole texts.
    """

    # The list of what the index has yet to take in, while it is made anew; each batch ends with it empty.
    PENDING_KB = 256 * 1024

    def write(self, kind: int, rows: Sequence[Row]) -> None:
        """Keep what there is of texts of one kind, in place of what was kept before."""
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH gone AS (DELETE FROM search_searchentry"
                " WHERE content_type_id = %s AND object_id = ANY(%s) RETURNING id)"
                " DELETE FROM search_searchtext WHERE entry_id IN (SELECT id FROM gone)",
                [kind, [row.entry.object_id for row in rows]],
            )
            with cursor.copy(
                "COPY search_searchentry (id, content_type_id, object_id, kind, date,"
                " visible_from, visible_until, filed, title, words) FROM STDIN"
            ) as copy:
                for row in rows:
                    entry = row.entry
                    copy.write_row(
                        (
                            entry.pk, kind, entry.object_id, entry.kind, entry.date, entry.visible_from,
                            entry.visible_until, entry.filed, entry.title, _vector(row),
                        )
                    )  # fmt: skip
            with cursor.copy("COPY search_searchtext (entry_id, weights, body, sequence) FROM STDIN") as copy:
                for row in rows:
                    sequence = f" {' '.join(row.title_tokens)} | {' '.join(row.body_tokens)} "
                    copy.write_row((row.entry.pk, row.weights, row.body, sequence))

    def remove(self, entry: int) -> None:
        """Nothing: the words are in the entry."""

    def begin_rebuild(self) -> None:
        """Let the index take in a batch at once rather than text by text."""
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER INDEX search_entry_words"
                f" SET (fastupdate = on, gin_pending_list_limit = {self.PENDING_KB})"
            )

    def end_batch(self) -> None:
        """Take in the batch: a search would read the list of what is yet to be taken in from end to end."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT gin_clean_pending_list('search_entry_words')")

    def end_rebuild(self) -> None:
        """As saves have it: written into the index at once. And the planner is told how much there is now."""
        with connection.cursor() as cursor:
            cursor.execute("ALTER INDEX search_entry_words SET (fastupdate = off)")
        self.end_batch()
        with connection.cursor() as cursor:
            cursor.execute(
                "ANALYZE search_searchentry, search_searchtext, search_searchword, search_searchform"
            )

    def newest(self, wanted: Wanted, now: datetime.datetime, most: int) -> Found:
        """Key and ``filed`` of the newest that readers see at ``now``. One query."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT id, filed FROM {self.NEWEST}", self._asked(wanted, now, most))  # noqa: S608
            return cursor.fetchall()

    NEWEST = "search_newest(%s::tsquery, %s::text[], %s::text[], %s, %s, %s)"

    def notes(
        self, entries: Sequence[int], more: Wanted | None, now: datetime.datetime, most: int
    ) -> list[tuple[int, str]]:
        """Key and note for the ranking of some entries, and of the newest of ``more``. One query."""
        keys, asked = "%s::bigint[]", [list(entries)]
        if more:
            keys = f"{keys} || ARRAY(SELECT id FROM {self.NEWEST})"  # noqa: S608
            asked += self._asked(more, now, most)
        with connection.cursor() as cursor:
            cursor.execute(
                # An array, of which the planner takes for granted that it is short, and so asks the index.
                f"SELECT entry_id, weights FROM search_searchtext WHERE entry_id = ANY({keys})",  # noqa: S608
                asked,
            )
            return cursor.fetchall()

    def _asked(self, wanted: Wanted, now: datetime.datetime, most: int) -> list[Any]:
        prefix, query = IN_TITLE if wanted.in_title else "", wanted.query
        terms = [_word(token) for token in wanted.facets]
        for part in query.wanted:
            terms += _words(part, prefix)
        # A phrase that is not wanted is looked for only where all its words are.
        terms += [f"!{_words(part, '')[0]}" for part in query.unwanted if len(part.tokens) == 1]
        return [
            " & ".join(terms),
            [_in_order(part) for part in query.wanted if len(part.tokens) > 1] or None,
            [_in_order(part) for part in query.unwanted if len(part.tokens) > 1] or None,
            wanted.in_title, now, most,
        ]  # fmt: skip

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
            "(SELECT COUNT(*) FROM search_searchentry"
            " WHERE words @@ quote_literal(search_searchword.stem)::tsquery)",
            [],
            IntegerField(),
        )


def _vector(row: Row) -> str:
    """The set of a text's words as PostgreSQL reads it; nothing in a token needs quotes."""
    words = {*row.title_tokens, *row.body_tokens, *row.facets}
    words.update(f"{IN_TITLE}{word}" for word in row.title_tokens)
    date = row.entry.date
    words.add(f"{FACET}month{12 * date.year + date.month - 1}" if date else f"{FACET}undated")
    return " ".join(words)


def _word(token: str) -> str:
    return f"'{token}'"


def _words(part: Part, prefix: str) -> list[str]:
    words = [_word(f"{prefix}{token}") for token in part.tokens]
    if part.is_begun:
        words[-1] += ":*"
    return words


def _in_order(part: Part) -> str:
    return f" {' '.join(part.tokens)}{'' if part.is_begun else ' '}"


def engine() -> Any:
    """The index of the database in use."""
    return {"sqlite": SQLite, "postgresql": PostgreSQL}[connection.vendor]()
