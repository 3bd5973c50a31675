"""Tags changed for many texts at once: a save of each, under its lock, which open forms are merged with."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from taggit.models import Tag, TaggedItem

from . import workflow
from .models import Publishable


@contextmanager
def recorded(tags: list[int], user: Any) -> Iterator[None]:
    """Record a save of every text that carries one of ``tags``, once the block has changed them.

    A live text and its open working copy change alike, so that the copy can still be published. All or
    nothing: raises ``Locked`` where somebody else has locked one of the texts. Some ten queries a text.
    """
    with transaction.atomic():
        texts = [text for model in _kinds(tags) for text in _held(model, tags)]
        bases = {(type(text), text.pk): text.version for text in texts}
        yield
        for text in texts:
            workflow.record(text, user=user, action="tags")
            if text.is_copy and text.based_on == bases.get((type(text), text.corrects_id)):
                live = type(text).versions.values_list("version", flat=True).get(pk=text.corrects_id)
                type(text).versions.filter(pk=text.pk).update(based_on=live)


def prefetch_tags(texts: Sequence[Any]) -> None:
    """Fetch the tags of texts of one kind in one query: taggit's own way builds a query for each text."""
    if not texts:
        return
    kind = ContentType.objects.get_for_model(texts[0])
    carried: dict[int, list[Tag]] = {text.pk: [] for text in texts}
    for item in TaggedItem.objects.filter(content_type=kind, object_id__in=carried).select_related("tag"):
        carried[item.object_id].append(item.tag)
    for text in texts:
        text.__dict__.setdefault("_prefetched_objects_cache", {})["tags"] = carried[text.pk]


def _kinds(tags: list[int]) -> list[Any]:
    carried = TaggedItem.objects.filter(tag__in=tags).order_by().values("content_type")
    found = [kind.model_class() for kind in ContentType.objects.filter(pk__in=carried).order_by("pk")]
    return [model for model in found if model is not None and issubclass(model, Publishable)]


def _held(model: Any, tags: list[int]) -> list[Any]:
    """The texts of one kind, locked: live ones first, then open copies; closed copies are history."""
    kind = ContentType.objects.get_for_model(model)
    keys = TaggedItem.objects.filter(tag__in=tags, content_type=kind).values("object_id")
    texts = model.versions.select_for_update().filter(pk__in=keys).order_by("pk")
    live = list(texts.filter(corrects__isnull=True))
    return live + list(texts.filter(corrects__isnull=False, trashed_at__isnull=True))
