"""One immutable snapshot a save: the whole content of a text as canonical JSON."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models

from .models import Publishable, Snapshot


def content_fields(model: type[Publishable]) -> list[models.Field]:
    """The columns that are content: all but the dates of life, in order of their names."""
    return sorted(
        (f for f in model._meta.concrete_fields if f.name not in model.LIFE_FIELDS), key=lambda f: f.name
    )


def _columns(row: models.Model, skip: set[str]) -> dict[str, Any]:
    return {
        f.attname: f.value_to_string(row) if isinstance(f, models.FileField) else f.value_from_object(row)
        for f in sorted(row._meta.concrete_fields, key=lambda f: f.name)
        if f.name not in skip
    }


def serialise(text: Publishable) -> dict[str, Any]:
    """The text's columns, the rows that belong to it, its many-to-many keys in order, its tags' names.

    Costs one query an inline and a many-to-many relation.
    """
    data: dict[str, Any] = {
        "fields": {f.attname: f.value_from_object(text) for f in content_fields(type(text))},
        "inlines": {},
        "relations": {},
        "tags": [],
    }
    for name in sorted(text.CONTENT_INLINES):
        relation = getattr(text, name)
        back = relation.field.name
        data["inlines"][name] = [_columns(row, {"id", back}) for row in relation.order_by("pk")]
    for field in sorted(text._meta.many_to_many, key=lambda f: f.name):
        if field.name == "tags":
            continue
        data["relations"][field.name] = sorted(getattr(text, field.name).values_list("pk", flat=True))
    if hasattr(text, "tags"):
        data["tags"] = sorted(text.tags.names())
    return data


def take_snapshot(text: Publishable, *, user: Any, action: str, note: str = "") -> Snapshot:
    """Keep the text as it now stands in the database, under its version."""
    return Snapshot.objects.create(
        content_type=ContentType.objects.get_for_model(text),
        object_id=text.pk,
        version=text.version,
        action=action,
        note=note,
        user=user,
        user_name=user.get_username() if user is not None else "",
        data=serialise(text),
    )


def snapshots_of(text: Publishable) -> models.QuerySet[Snapshot]:
    """The text's history, newest first."""
    return Snapshot.objects.filter(content_type=ContentType.objects.get_for_model(text), object_id=text.pk)
