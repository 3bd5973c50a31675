"""Where an image or a document is used, found through the models alone: the library knows no other app."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q

from .models import Document, FormerFile, Image

# How models, or their managers, name the rows that readers see.
READERS_SEE = ("published", "in_archive", "open", "shown")


def is_published(document: Document) -> bool:
    """Whether readers may have a document: a page that they see, and that is not hidden, uses it.

    Two queries where a publication has it as its file, else at most one more for each other kind of page.
    """
    return any(
        seen is not None and seen().filter(condition).exists()
        for model, condition in _places(document)
        for seen in [_seen_by_readers(model)]
    )


def _seen_by_readers(model: Any) -> Any:
    """What gives the rows of a model that readers see now; None for what is no page or part of one."""
    for owner in (model._default_manager, model):
        for name in READERS_SEE:
            if hasattr(owner, name):
                return getattr(owner, name)
    return None


def uses_of(row: Image | Document) -> list[models.Model]:
    """The rows that show or link to it, working copies and the trash included. One query a kind of row."""
    return [each for model, condition in _places(row) for each in model._base_manager.filter(condition)]


def _places(row: Image | Document) -> Iterator[tuple[type[models.Model], Q]]:
    """The models whose rows can use this one and the condition on them; those with a column for it first.

    A text may link to a document by a name that it had before its file was replaced.
    """
    if isinstance(row, Image):
        fragments = [f'data-image="{row.pk}"']
    else:
        fragments = [row.file_name, *row.former_files.values_list("name", flat=True)]
    conditions: dict[type[models.Model], Q] = {}
    for relation in row._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and relation.related_model is not FormerFile:
            model: Any = relation.related_model
            conditions[model] = conditions.get(model, Q()) | Q(**{relation.field.name: row})
    for model in apps.get_models():
        if {model._meta.app_label, model._meta.label} & set(settings.CONTENT_MODELS):
            for field in model._meta.concrete_fields:
                if isinstance(field, models.TextField):
                    for fragment in fragments:
                        conditions[model] = conditions.get(model, Q()) | Q(
                            **{f"{field.name}__contains": fragment}
                        )
    yield from conditions.items()
