"""One immutable snapshot a save: the whole content of a text as canonical JSON, and the way back into a row.

``serialise`` and ``write`` are the two halves of one thing. A working copy is made by writing the live text's
content into a new row, a correction by writing the copy's into the live row, a restored version by writing a
snapshot's: what one of them forgot, all of them would.
"""

import json
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from .models import Publishable, Snapshot

# An inline model whose rows others point at has this column: the live row that a copy's row stands for.
ORIGIN = "origin"


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
        rows = relation.order_by("pk")
        data["inlines"][name] = [_columns(row, {"id", back, ORIGIN}) for row in rows]
        if has_origin(relation.model):
            for columns, row in zip(data["inlines"][name], rows, strict=True):
                columns[ORIGIN] = row.origin if text.is_copy else row.pk
    for field in sorted(text._meta.many_to_many, key=lambda f: f.name):
        if field.name == "tags":
            continue
        data["relations"][field.name] = sorted(getattr(text, field.name).values_list("pk", flat=True))
    if hasattr(text, "tags"):
        data["tags"] = sorted(text.tags.names())
    return data


def has_origin(model: type[models.Model]) -> bool:
    """Whether rows of an inline model keep their keys through corrections, because others point at them."""
    return any(f.name == ORIGIN for f in model._meta.concrete_fields)


def canonical(data: dict[str, Any]) -> str:
    """Content as the one text that equal content always gives."""
    return json.dumps(data, cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False)


def fill(text: Publishable, data: dict[str, Any]) -> list[str]:
    """Give the instance the columns of a content, without saving; returns what these name that is gone."""
    lost: list[str] = []
    for field in content_fields(type(text)):
        if field.attname in data["fields"]:
            setattr(text, field.attname, _value(field, data["fields"][field.attname], lost))
    return lost


def write(text: Publishable, data: dict[str, Any]) -> list[str]:
    """Put content as ``serialise`` gives it into ``text``, new or saved, in place of what it holds.

    What the content names but nobody has any more (a deleted picture, topic, expert) is left out and
    returned, as a name for each. Saves the row, its inlines, relations and tags; call it in a transaction and
    close it with ``workflow.record``. Some two queries an inline, relation and reference.
    """
    lost = fill(text, data)
    text.save()
    for name in text.CONTENT_INLINES:
        _write_inlines(text, name, data["inlines"].get(name, []), lost)
    for relation in text._meta.many_to_many:
        if relation.name == "tags":
            continue
        keys = data["relations"].get(relation.name, [])
        subjects: Any = relation.related_model
        found = set(subjects._base_manager.filter(pk__in=keys).values_list("pk", flat=True))
        lost += [f"{relation.verbose_name} {key}" for key in keys if key not in found]
        through: Any = relation.remote_field.through
        carried = None if through._meta.auto_created else text.filing_defaults()
        getattr(text, relation.name).set(found, through_defaults=carried)
    if hasattr(text, "tags"):
        text.tags.set(data["tags"])
    if prefetched := getattr(text, "_prefetched_objects_cache", None):
        prefetched.clear()
    return lost


def _value(field: Any, value: Any, lost: list[str]) -> Any:
    """A column's value as Python has it; nothing where it points at a row that is gone."""
    if not field.is_relation:
        return field.to_python(value)
    key = field.target_field.to_python(value)
    if key is None or field.related_model._base_manager.filter(pk=key).exists():
        return key
    lost.append(f"{field.verbose_name} {key}")
    return None


def _write_inlines(text: Publishable, name: str, rows: list[dict[str, Any]], lost: list[str]) -> None:
    """Replace the rows; those that others point at are changed in place, or come back under their old key.

    In bulk, so that no ``save()`` of a row fills in from today's profile what was left empty then.
    """
    relation: Any = getattr(text, name)
    model, back = relation.model, relation.field
    columns = [f for f in model._meta.concrete_fields if not f.primary_key and f != back]
    keeps_keys = has_origin(model) and not text.is_copy
    old = {row.pk: row for row in relation.all()} if keeps_keys else {}
    known = set(old)
    made: list[Any] = []
    changed: list[Any] = []
    if not keeps_keys:
        relation.all().delete()
    for given in rows:
        origin = given.get(ORIGIN)
        row = old.pop(origin, None) if keeps_keys else None
        if row is None:
            row = model(**{back.name: text})
            if keeps_keys and origin and not model._base_manager.filter(pk=origin).exists():
                row.pk = origin
        for field in columns:
            if field.name == ORIGIN:
                row.origin = origin if text.is_copy else None
            elif field.attname in given:
                setattr(row, field.attname, _value(field, given[field.attname], lost))
        if any(getattr(row, f.attname) is None and not f.null for f in columns):
            continue  # it stood for something that is gone: already in ``lost``
        (changed if row.pk in known else made).append(row)
    if old:
        relation.filter(pk__in=list(old)).delete()
    if changed:
        model._base_manager.bulk_update(changed, [f.name for f in columns])
    model._base_manager.bulk_create(made)


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


def family_of(text: Publishable) -> models.QuerySet[Snapshot]:
    """The history of a text and of all its working copies, open and closed, newest first."""
    root = text.corrects_id or text.pk
    rows = Q(corrects=root) | Q(pk=root)
    return Snapshot.objects.filter(
        content_type=ContentType.objects.get_for_model(text),
        object_id__in=type(text).versions.filter(rows).values("pk"),
    ).order_by("-at", "-pk")


def snapshots_of(text: Publishable) -> models.QuerySet[Snapshot]:
    """The text's history, newest first."""
    return Snapshot.objects.filter(content_type=ContentType.objects.get_for_model(text), object_id=text.pk)
