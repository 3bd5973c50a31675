"""The index: kept with every save, made anew on demand."""

from collections.abc import Iterator
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from charhar.publishing.kinds import kinds_of_text

from .models import SearchEntry

BATCH = 100


def index(text: Any) -> None:
    """Write down what search knows of a text; drafts too: the clock may publish them. Three queries."""
    if text.corrects_id is not None:
        return
    SearchEntry.objects.update_or_create(
        content_type=ContentType.objects.get_for_model(text),
        object_id=text.pk,
        defaults=SearchEntry.defaults_for(text),
    )


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
                for text in model.versions.filter(pk__in=keys[start : start + BATCH]):
                    index(text)
            yield str(model._meta.verbose_name_plural), min(start + BATCH, len(keys)), len(keys)
        alive = model.versions.filter(corrects__isnull=True).values("pk")
        SearchEntry.objects.filter(content_type=kind).exclude(object_id__in=alive).delete()
    kinds = [ContentType.objects.get_for_model(model).pk for model in kinds_of_text()]
    SearchEntry.objects.exclude(content_type__in=kinds).delete()
