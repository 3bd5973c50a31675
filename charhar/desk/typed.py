"""A form saved as far as it is valid: what is not keeps what is saved, and is named."""

import secrets
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms.utils import ErrorDict, ErrorList
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from charhar.publishing.admin_forms import NOTED

from .pretend import clashing


class Typed:
    """A bound form of a text with its formsets, never to be saved for good.

    Called with the text within ``pretended``, it writes what is valid and returns the correction's public
    note. ``kept`` then names what stands as it is saved. The form can not be validated again.
    """

    def __init__(self, form: Any, formsets: Iterable[Any]) -> None:
        self.form, self.formsets = form, list(formsets)
        self.kept: list[str] = []

    def __call__(self, text: Any) -> str:
        form = self.form
        form.is_valid()
        given = form.cleaned_data
        note = given.get("public_note", "") if text.is_copy and given.get("told") == NOTED else ""
        self.kept += [str(form.fields[name].label) for name in settled(form)]
        if not text.slug:
            text.slug = f"preview-{secrets.token_hex(4)}"
        form.save(commit=False)
        text.save()
        form.save_m2m()
        for formset in self.formsets:
            self._write(formset)
        return note

    def _write(self, formset: Any) -> None:
        if not formset.is_valid():
            for number, row in enumerate(formset.forms, 1):
                if row.errors:
                    self._settle_row(formset.model._meta.verbose_name_plural, number, row)
            formset._errors = [ErrorDict() for _row in formset.forms]
            formset._non_form_errors = ErrorList()
        formset.save()

    def _settle_row(self, rows: Any, number: int, row: Any) -> None:
        """A new row is shown once all of it is valid; an old one field by field, unless others forbid it."""
        whole = row.instance._state.adding or NON_FIELD_ERRORS in row.errors
        labels = [str(row.fields[name].label) for name in settled(row)]
        if whole:
            row.__dict__["changed_data"] = []
        named = _("%(rows)s, row %(number)d") % {"rows": capfirst(rows), "number": number}
        self.kept.append(f"{named}: {', '.join(labels)}" if labels else named)


def settled(form: forms.ModelForm) -> list[str]:
    """Give every field that is refused its saved value, and forget the errors; the fields' names, in order.

    A constraint that names no field gives back all the fields that it is about.
    """
    refused = set(form.errors)
    if NON_FIELD_ERRORS in refused:
        refused |= clashing(form.instance)
    names = [name for name in form.fields if name in refused]
    columns = {field.name: field for field in form.instance._meta.concrete_fields}
    for name in names:
        if name in columns:
            column = columns[name]
            setattr(form.instance, column.attname, form.initial.get(name, column.get_default()))
            form.cleaned_data.pop(name, None)
        else:
            form.cleaned_data[name] = form.get_initial_for_field(form.fields[name], name) or []
    form._errors = ErrorDict()  # type: ignore[attr-defined]
    return names
