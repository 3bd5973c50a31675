"""The index: kept with every save, made anew on demand."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from charhar.publishing.documents import SearchDocument
from charhar.publishing.folding import clean, fold
from charhar.publishing.kinds import kinds_of_text

from .engines import engine
from .models import SearchEntry, SearchText
from .segments import spelled_too, words
from .spelling import learn

BATCH = 100


def index(text: Any) -> None:
    """Write down what search knows of a text; drafts too: the clock may publish them."""
    if text.corrects_id is None:
        write(ContentType.objects.get_for_model(text), [(text.pk, text.search_document())])


def write(kind: ContentType, documents: Iterable[tuple[int, SearchDocument]]) -> None:
    """Write down (key, document) of texts of one kind, in place of what was known. Four queries."""
    entries, texts = [], []
    for key, document in documents:
        title = clean(document.title)[:1000]
        entries.append(
            SearchEntry(
                content_type=kind,
                object_id=key,
                language=document.language,
                kind=document.kind,
                date=document.date,
                year=document.date.year if document.date else None,
                filed=_packed(document.filed),
                title=title,
            )
        )
        texts.append(clean(f"{document.standfirst} {document.body}"))
    with transaction.atomic():
        SearchEntry.objects.bulk_create(
            entries,
            update_conflicts=True,
            unique_fields=["content_type", "object_id"],
            update_fields=["language", "kind", "date", "year", "filed", "title"],
        )
        SearchText.objects.bulk_create(
            [SearchText(entry=entry, body=body) for entry, body in zip(entries, texts, strict=True)],
            update_conflicts=True,
            unique_fields=["entry"],
            update_fields=["body"],
        )
        engine().write(
            (entry.pk, spelled_too(fold(entry.title)), spelled_too(fold(body)))
            for entry, body in zip(entries, texts, strict=True)
        )
        learn(words(fold(" ".join([*(entry.title for entry in entries), *texts]))))


def forget(text: Any) -> None:
    """Take a deleted text out of the index."""
    SearchEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(text), object_id=text.pk
    ).delete()


def rebuild() -> Iterator[tuple[str, int, int]]:
    """Make the whole index anew, ``BATCH`` texts a transaction, while the site goes on answering from it.

    Yields (kind, texts done, texts in all) after each batch. Entries without a text go last.
    """
    for model in kinds_of_text():
        kind = ContentType.objects.get_for_model(model)
        keys = list(model.versions.filter(corrects__isnull=True).order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(keys), BATCH):
            with transaction.atomic():
                texts = model.versions.filter(pk__in=keys[start : start + BATCH])
                write(kind, [(text.pk, text.search_document()) for text in texts])
            yield str(model._meta.verbose_name_plural), min(start + BATCH, len(keys)), len(keys)
        alive = model.versions.filter(corrects__isnull=True).values("pk")
        SearchEntry.objects.filter(content_type=kind).exclude(object_id__in=alive).delete()
    kinds = [ContentType.objects.get_for_model(model).pk for model in kinds_of_text()]
    SearchEntry.objects.exclude(content_type__in=kinds).delete()
    engine().sweep()


def _packed(filed: dict[str, list[int]]) -> str:
    """All that a text is filed under in one string: a search counts it from the row that it reads anyway."""
    keys = [f"{facet}:{key}" for facet, keys in filed.items() for key in keys]
    return f" {' '.join(dict.fromkeys(keys))} "
