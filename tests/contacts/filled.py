"""A row in every table that holds something about people, with a marker wherever text may stand."""

import datetime
import itertools

from django.db import models
from django.utils import timezone

from charhar.contacts.held import everything_held, held_of
from charhar.contacts.models import Person

ADDRESS = "marker.person+tag@example.org"
NAME = "Markera Personsson"
WORDS = f"Words of {NAME}, to be answered at {ADDRESS}."
OURS = {"contacts", "members", "outreach"}
_numbers = itertools.count(1)

# What a table wants besides columns that are filled with anything: constraints, states that belong together.
WANTED = {
    "contacts.OutgoingMail": {
        "state": "sent",
        "sent_at": timezone.now,
        "mailing": None,
        "key": None,
        "purpose": "x",
        "sender": "x",
        "message_id": lambda: f"<{next(_numbers)}@example.org>",
    },
}


def fill(model, rows, **fixed):
    """Save a row with something in every column that takes it; what it refers to is among ``rows``, or made."""
    wanted = {
        name: value() if callable(value) else value
        for name, value in WANTED.get(model._meta.label, {}).items()
    }
    values = {**wanted, **fixed}
    for field in model._meta.concrete_fields:
        if field.primary_key or field.name in values:
            continue
        values[field.name] = _referred(field, rows) if field.is_relation else _value(field)
    return model._base_manager.create(**values)


def _referred(field, rows):
    """The row that a column points to; the person's own where there is one."""
    label = field.related_model._meta.label
    if label in rows:
        taken = field.unique and field.model._base_manager.filter(**{field.name: rows[label]}).exists()
        if not taken:
            return rows[label]
    of_ours = field.related_model._meta.app_label in OURS and field.related_model is not field.model
    if field.null and not (of_ours and (field.unique or held_of(field.related_model) is None)):
        return None
    if held_of(field.related_model) is not None:
        return fill(field.related_model, rows)
    return field.related_model._base_manager.first() or fill(field.related_model, rows)


def _value(field):
    if field.choices:
        return field.get_default() or ("" if field.blank else field.flatchoices[0][0])
    if isinstance(field, models.BooleanField):
        return bool(field.get_default())
    about_people = held_of(field.model) is not None
    if isinstance(field, models.CharField | models.TextField) and not (field.editable and about_people):
        return f"{field.name}-{next(_numbers)}"[: field.max_length]
    if isinstance(field, models.EmailField):
        return ADDRESS
    if isinstance(field, models.FileField):
        return ""
    if isinstance(field, models.CharField | models.TextField):
        if field.name == "name":
            return NAME
        if field.unique or field.name in {"digest", "slug"}:
            return f"{field.name}-{next(_numbers)}"
        return (
            WORDS if field.max_length is None or field.max_length >= len(WORDS) else WORDS[: field.max_length]
        )
    if isinstance(field, models.JSONField):
        return {"name": NAME, "address": ADDRESS}
    if field.has_default():
        return field.get_default()
    if isinstance(field, models.DateTimeField):
        return None if field.null else timezone.now()
    if isinstance(field, models.DateField):
        return None if field.null else timezone.localdate() + datetime.timedelta(days=next(_numbers))
    if field.null:
        return None
    return next(_numbers)


def fill_everything(person):
    """One row a held table, about ``person``; {label: row}."""
    rows = {"contacts.Person": person}
    # What refers to others stands first in the list.
    for held in reversed(everything_held()):
        rows[held.model._meta.label] = fill(held.model, rows)
    del rows["contacts.Person"]
    return rows


def make_person(**more):
    """The person whose every row carries the marker."""
    return Person.objects.create(email=ADDRESS, name=NAME, organisation=WORDS, country="China", **more)
