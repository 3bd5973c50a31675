"""Where an image or a document is used, found through the models alone: the library knows no other app."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q

from .models import Document, FormerFile, Image


def is_published(document: Document) -> bool:
    """Whether readers may have a document: a published text names it as its file or links to it.

    Two queries where a publication has it as its file, else at most one more for each other kind of text.
    """
    for model, condition in _places(document):
        manager = model._default_manager
        if hasattr(manager, "published") and manager.published().filter(condition).exists():  # type: ignore[attr-defined]
            return True
    return False


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
