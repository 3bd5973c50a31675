"""Everything about one person in one file: for programs as JSON, for people as a page in their language."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .held import Held, everything_held, mentions_of
from .models import Person, Suppression, suppression_keys

PERSON_SHOWN = ("email", "name", "organisation", "country", "language", "created_at")
BATCH = 2000


def account_of(person: Person) -> str:
    """Says that a staff account has the person's address, where one has."""
    if get_user_model().objects.filter(email__iexact=person.email).exists():
        return _("An account for the staff of this site has the same address. It is not part of this.")
    return ""


def gather(person: Person) -> dict[str, Any]:
    """All that is held about ``person``, in words of the language that is active.

    One query for every 2,000 rows of a table, three more in all. Names of staff are not in it: what they did
    is the person's to know, who of them did it is not.
    """
    fields = [Person._meta.get_field(name) for name in PERSON_SHOWN]
    listed = Suppression.objects.filter(key__in=suppression_keys(person.email)).first()
    return {
        "made_at": timezone.now(),
        "person": _row(fields, person),
        "labels": _labels(fields),
        "suppressed": None if listed is None else {"since": listed.at, "reason": listed.get_reason_display()},
        "mentions": mentions_of(person),
        "tables": [table for held in everything_held() if (table := _table(held, person))["rows"]],
    }


def _table(held: Held, person: Person) -> dict[str, Any]:
    fields = [held.model._meta.get_field(name) for name in held.shown]
    related = [field.name for field in fields if field.many_to_one or field.one_to_one]
    several = [field.name for field in fields if field.many_to_many]
    rows = held.rows(person).select_related(*related).prefetch_related(*several)
    return {
        "table": held.model._meta.label,
        "title": capfirst(str(held.model._meta.verbose_name_plural)),
        "labels": _labels(fields),
        "rows": [_row(fields, row) for row in rows.iterator(BATCH)],
    }


def _labels(fields: list[Any]) -> dict[str, str]:
    return {field.name: capfirst(str(getattr(field, "verbose_name", field.name))) for field in fields}


def _row(fields: list[Any], row: models.Model) -> dict[str, Any]:
    return {field.name: _value(field, row) for field in fields}


def _value(field: Any, row: models.Model) -> Any:
    """A column's value as a program reads it; a choice, and what is referred to, in words."""
    if field.many_to_many:
        return [str(each) for each in getattr(row, field.name).all()]
    value = getattr(row, field.name)
    if isinstance(value, models.Model):
        return str(value)
    if getattr(field, "choices", None):
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.FileField):
        return value.name or ""
    return value


def _in_words(value: Any) -> str:
    """A value as a page shows it; moments in Beijing time."""
    if value is None or value in ("", [], {}):
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if hasattr(value, "hour"):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if hasattr(value, "year"):
        return date_format(value, "DATE_FORMAT")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def page(gathered: dict[str, Any]) -> str:
    """The readable page, whole in itself: it loads nothing and runs nothing."""

    def rows(table: dict[str, Any]) -> Iterator[list[tuple[str, str]]]:
        for row in table["rows"]:
            yield [(label, _in_words(row[name])) for name, label in table["labels"].items()]

    suppressed = gathered["suppressed"]
    return render_to_string(
        "contacts/personal.html",
        {
            **gathered,
            "language": translation.get_language(),
            "person": [
                (label, _in_words(gathered["person"][name])) for name, label in gathered["labels"].items()
            ],
            "suppressed": suppressed and {**suppressed, "since": _in_words(suppressed["since"])},
            "made_at": _in_words(gathered["made_at"]),
            "tables": [{"title": table["title"], "rows": list(rows(table))} for table in gathered["tables"]],
        },
    )


def export(person: Person) -> bytes:
    """A ZIP with ``data.json`` and ``data.html``, in the person's language; a second for 1,000 rows.

    It names nobody in the file's name. The caller writes it to the timeline.
    """
    with translation.override(person.language):
        gathered = gather(person)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as parts:
            text = json.dumps(gathered, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
            parts.writestr("data.json", text)
            parts.writestr("data.html", page(gathered))
    return buffer.getvalue()
