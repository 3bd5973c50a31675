"""The index: kept with every save, made anew on demand."""

import hashlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from charhar.publishing import folding
from charhar.publishing.documents import SearchDocument
from charhar.publishing.folding import clean, fold
from charhar.publishing.kinds import kinds_of_text
from charhar.publishing.languages import LANGUAGES
from charhar.publishing.models import State

from . import engines, ranking, segments
from .engines import Row, engine
from .models import SearchEntry, SearchRebuild
from .ranking import note
from .segments import SPELLED, tokens_and_spellings
from .spelling import learn

BATCH = 1000
# What no clock changes of ``published_q``: readers see these from ``publish_at`` to ``expire_at``.
EVER_VISIBLE = Q(state=State.PUBLISHED, trashed_at__isnull=True, corrects__isnull=True)
# PostgreSQL holds a megabyte of different words a text, a Chinese book's pairs ten bytes each.
MOST_HELD = 125_000


def index(text: Any) -> None:
    """Write down what search knows of a text; drafts too: the clock may publish them."""
    if text.corrects_id is None:
        write(ContentType.objects.get_for_model(text), [(text.pk, text.search_document())])


def write(kind: ContentType, documents: Iterable[tuple[int, SearchDocument]]) -> None:
    """Write down (key, document) of texts of one kind, in place of what was known. Seven queries."""
    chosen = dict(documents)
    model: Any = kind.model_class()
    hours = {
        key: (start, end)
        for key, start, end in model.versions.filter(EVER_VISIBLE, pk__in=chosen).values_list(
            "pk", "publish_at", "expire_at"
        )
    }
    rows: list[Row] = []
    words: set[str] = set()
    for key, document in chosen.items():
        start, end = hours.get(key, (None, None))
        entry = SearchEntry(
            id=SearchEntry.place(kind.pk, key, document.date),
            content_type=kind,
            object_id=key,
            kind=document.kind,
            date=document.date,
            visible_from=start,
            visible_until=end,
            filed=_packed(document),
            title=clean(document.title)[:1000],
        )
        body = clean(f"{document.standfirst} {document.body}")
        in_title, spelled_title = tokens_and_spellings(fold(entry.title))
        in_body, spelled_body = tokens_and_spellings(_held(fold(body)))
        spelled = list(dict.fromkeys(spelled_title + spelled_body))
        weights = note(in_title, in_body, spelled)
        rows.append(Row(entry, body, weights, in_title + spelled_title, in_body + spelled_body))
        words.update(spelled)
    with transaction.atomic():
        engine().write(kind.pk, rows)
        learn(spelling.removeprefix(SPELLED) for spelling in words)


def forget(text: Any) -> None:
    """Take a deleted text out of the index."""
    SearchEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(text), object_id=text.pk
    ).delete()


def rebuild(*, anew: bool = False) -> Iterator[tuple[str, int, int]]:
    """Make the whole index anew, ``BATCH`` texts a transaction, while the site goes on answering from it.

    Goes on where an earlier run was cut off, if the index is still made in the same way and not ``anew``.
    Yields (kind, texts done, texts in all) after each batch. Entries without a text go last.
    """
    edition = _edition()
    cut_off = SearchRebuild.objects.filter(edition=edition)
    (SearchRebuild.objects.all() if anew else SearchRebuild.objects.exclude(edition=edition)).delete()
    engine().begin_rebuild()
    for model in kinds_of_text():
        kind, texts = ContentType.objects.get_for_model(model), model.versions.filter(corrects__isnull=True)
        last = cut_off.filter(content_type=kind).values_list("last", flat=True).first() or 0
        done, total = texts.filter(pk__lte=last).count(), texts.count()
        while True:
            with transaction.atomic():
                # Locked: a save in between would be written over with what was read before it.
                batch = list(
                    texts.filter(pk__gt=last)
                    .order_by("pk")
                    .select_for_update(of=("self",), no_key=True)[:BATCH]
                )
                if not batch:
                    break
                model.prefetch_searched(batch)
                write(kind, [(text.pk, text.search_document()) for text in batch])
                last, done = batch[-1].pk, done + len(batch)
                SearchRebuild.objects.update_or_create(
                    content_type=kind, defaults={"last": last, "edition": edition}
                )
            engine().end_batch()
            yield str(model._meta.verbose_name_plural), done, max(done, total)
        alive = model.versions.filter(corrects__isnull=True, pk=OuterRef("object_id"))
        SearchEntry.objects.filter(~Exists(alive), content_type=kind).delete()
    kinds = [ContentType.objects.get_for_model(model).pk for model in kinds_of_text()]
    SearchEntry.objects.exclude(content_type__in=kinds).delete()
    engine().end_rebuild()
    SearchRebuild.objects.all().delete()


def _edition() -> str:
    """A name for how the index is made: what was begun before an upgrade is not gone on with after it."""
    modules = {segments.__name__, folding.__name__, engines.__name__, ranking.__name__, __name__}
    modules |= {model.__module__ for model in kinds_of_text()}
    sources = [Path(str(sys.modules[name].__file__)) for name in sorted(modules)]
    made_by = hashlib.sha256(metadata.version("snowballstemmer").encode())
    for source in [*sources, folding.SIMPLIFIED_LIST]:
        made_by.update(source.read_bytes())
    return made_by.hexdigest()


def _packed(document: SearchDocument) -> str:
    """All that a text is filed under in one string: a search counts it from the row that it reads anyway."""
    languages = [document.language] if document.language else [code for code, _name in LANGUAGES]
    filed: dict[str, Sequence[object]] = {"kind": [document.kind], "language": languages, **document.filed}
    return " ".join(dict.fromkeys(f"{facet}:{key}" for facet, keys in filed.items() for key in keys))


def _held(folded: str) -> str:
    """As much of a text as the index of either database holds, by the less roomy one: a thick book."""
    return folded[:MOST_HELD]
