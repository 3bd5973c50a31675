"""Rows without versions, written by two people: the page says what it showed, and saving looks at it.

Each field carries, hidden, what it showed when the page was opened. What I left alone is not written, so that
it undoes nobody's change; what both changed is refused beside its field, and saved once I have seen theirs.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

Several = (forms.ModelMultipleChoiceField, forms.MultipleChoiceField)


def _one_newline(value: Any) -> Any:
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


class SeenForm(forms.ModelForm):
    """A row's form that knows what it showed; see the module. No query but for relations."""

    request: Any = None
    clashes: list[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clashes = []
        for field in self.fields.values():
            if not isinstance(field, forms.FileField):
                field.show_hidden_initial = bool(self.instance.pk)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        for name in list(cleaned):
            if name in self.fields and self.fields[name].show_hidden_initial:
                self._look(name, cleaned)
        return cleaned

    def _look(self, name: str, cleaned: dict[str, Any]) -> None:
        """Compare what was shown, what is there now and what was sent in one field."""
        field, bound = self.fields[name], self[name]
        seen = field.hidden_widget().value_from_datadict(self.data, self.files, bound.html_initial_name)
        if seen is None:  # a page without the hidden values tells nothing
            return
        now, mine = _one_newline(self.initial.get(name, field.initial)), _one_newline(bound.data)
        if not field.has_changed(now, _one_newline(seen)):
            return
        try:
            before = seen if isinstance(field, (*Several, forms.ModelChoiceField)) else field.to_python(seen)
        except ValidationError:
            before = seen
        if not field.has_changed(_one_newline(before), mine):
            cleaned[name] = field.clean(field.prepare_value(now))  # I left it alone: theirs stays
        elif field.has_changed(now, mine):
            self.clashes.append(name)
            if self.request is not None:
                self.request.clashed = True
            if not getattr(self.request, "clashes_wait", False):
                self.add_error(
                    name,
                    _(
                        "Somebody else changed this to “%(value)s” after you opened the page. Save again to"
                        " put yours in its place."
                    )
                    % {"value": self._in_words(field, now)},
                )
        self._show(name, now)

    def _in_words(self, field: forms.Field, value: Any) -> str:
        if isinstance(field, forms.BooleanField):
            return _("yes") if value else _("no")
        if isinstance(field, forms.ModelChoiceField):
            field_name = next(n for n, f in self.fields.items() if f is field)
            shown = getattr(self._meta.model._base_manager.get(pk=self.instance.pk), field_name)
            return ", ".join(map(str, shown.all())) if isinstance(field, Several) else str(shown or "")
        return str(dict(getattr(field, "choices", ())).get(value, value) or "")

    def _show(self, name: str, now: Any) -> None:
        """Let the page that comes back know what is there now, so that the next save is a knowing one."""
        field, bound = self.fields[name], self[name]
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        value = field.prepare_value(now)
        if isinstance(value, list | tuple | set):
            data.setlist(bound.html_initial_name, [str(one) for one in value])
        else:
            formatted = field.hidden_widget().format_value(value)
            data[bound.html_initial_name] = "" if formatted is None else formatted
        self.data = data

    def has_changed(self) -> bool:
        return not self.clashes and super().has_changed()


class SeenAdmin(admin.ModelAdmin):
    """Forms and editable lists that overwrite nobody; in a list, the rows that do not clash are saved."""

    form = SeenForm

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        form: Any = super().get_changelist_form(request, **{"form": SeenForm, **kwargs})
        form.request = request  # the factory makes a class for each request
        return form

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """As Django's; what clashes stands, refused, beside its row, with everything typed in it."""
        if request.method != "POST" or "_save" not in request.POST or not self.list_editable:
            return super().changelist_view(request, extra_context)
        with transaction.atomic():
            keys = [v for n, v in request.POST.items() if n.startswith("form-") and n.endswith("-id")]
            hold(self.model, [str(key) for key in keys])
            request.clashes_wait = True  # type: ignore[attr-defined]
            response = super().changelist_view(request, extra_context)
            request.clashes_wait = False  # type: ignore[attr-defined]
            if not isinstance(response, HttpResponseRedirect) or not hasattr(request, "clashed"):
                return response
            return super().changelist_view(request, extra_context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        if request.method != "POST" or object_id is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            hold(self.model, [object_id])
            return super().changeform_view(request, object_id, form_url, extra_context)


def hold(model: type[models.Model], keys: list[str]) -> None:
    """Lock rows, in the order of their keys, until the transaction ends. One query."""
    known = [int(key) for key in keys if key.isdigit()]
    rows = model._base_manager.select_for_update().filter(pk__in=known).order_by("pk")
    list(rows.values_list("pk"))
