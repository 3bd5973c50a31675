"""The two editions of a text in its form: the way to the other one, and what changed in the original."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from charhar.publishing.admin_moves import Panel, badge, short
from charhar.publishing.compare import differences
from charhar.publishing.copies import open_copy_of
from charhar.publishing.history import serialise
from charhar.publishing.languages import CHINESE, ENGLISH
from charhar.publishing.translation import (
    base_of,
    confirm,
    is_outdated,
    lacking_q,
    may_read_original,
    may_start,
    other_edition_of,
    other_language,
    outdated_q,
    start_edition,
)

EDITIONS = {ENGLISH: _("English edition"), CHINESE: _("Chinese edition")}
START = {ENGLISH: _("Start the English edition"), CHINESE: _("Start the Chinese edition")}


class EditionFilter(admin.SimpleListFilter):
    """Texts without the other edition, and translations older than their original. No query of its own."""

    title = _("edition")
    parameter_name = "edition"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("no-zh", _("Without a Chinese edition")),
            ("no-en", _("Without an English edition")),
            ("older", _("Older than its original")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        conditions = {
            "no-zh": lambda: lacking_q(queryset.model, CHINESE),
            "no-en": lambda: lacking_q(queryset.model, ENGLISH),
            "older": outdated_q,
        }
        condition = conditions.get(self.value() or "")
        return queryset.filter(condition()) if condition else queryset


class EditionsAdmin(admin.ModelAdmin):
    """Texts with an edition a language; the admins of other texts are left as they are."""

    @property
    def media(self) -> forms.Media:
        return super().media + forms.Media(css={"all": ["desk/editions.css"]})

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        guarded = self.admin_site.admin_view
        urls = super().get_urls()
        if self._has_editions():
            urls = [
                path("<path:object_id>/edition/", guarded(self.edition_view), name=f"{name}_edition"),
                path("<path:object_id>/original/", guarded(self.original_view), name=f"{name}_original"),
                *urls,
            ]
        return urls

    def _has_editions(self) -> bool:
        return bool(getattr(self.model, "is_translated", False))

    def edition_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make the text's draft in the other language, or lead to the edition that there is; only by POST."""
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        text = self._found(request, object_id)  # type: ignore[attr-defined]
        back = self._url("change", text.pk)  # type: ignore[attr-defined]
        try:
            edition, made = start_edition(text, request.user)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return redirect(back)
        if not self.has_view_permission(request, edition):
            said = _("The other edition is begun already, by somebody else: ask the editors about it.")
            self.message_user(request, said, messages.WARNING)
            return redirect(back)
        if made:
            said = _(
                "The draft is made: bylines, filing and pictures are carried over. Write the text beside its"
                " original."
            )
            self.message_user(request, said, messages.SUCCESS)
        return redirect(self._url("change", edition.pk))  # type: ignore[attr-defined]

    def original_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What has changed in the original since the translation was last up to date with it."""
        text = self._with_history(request, object_id)  # type: ignore[attr-defined]
        if not text.translation_of_id or not may_read_original(text, request.user):
            raise Http404("There is no original to compare with.")
        base = base_of(text)
        now = serialise(text.translation_of)
        context = {
            **self._history_context(request, text),  # type: ignore[attr-defined]
            "title": _("What has changed in the original since"),
            "about": _("The original as of %(then)s, when the translation followed it, and as it is now.")
            % {"then": short(base.at)}
            if base
            else "",
            "differences": differences(self.model, base.data, now) if base else [],  # type: ignore[arg-type]
            "nothing": _("Nothing: the original says what it said then.")
            if base
            else _("The history of the original does not reach back so far: read the whole."),
        }
        return TemplateResponse(request, "admin/publishing/changes.html", context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Take in which version of the original the translation says it follows."""
        if self._has_editions():
            if "translation_of" in form.changed_data:
                obj.translated_version = None  # closing the save finds the new original's
            version = form.cleaned_data.get("up_to_date")
            if version is not None and obj.translation_of_id:
                confirm(obj, version)
        super().save_model(request, obj, form, change)

    def panels(self, request: HttpRequest, obj: Any) -> list[Panel]:
        """The other edition, at the end of the desk. One query; two for a translation."""
        panels: list[Panel] = super().panels(request, obj)  # type: ignore[misc]
        if obj is None or not self._has_editions():
            return panels
        context = (
            self._of_translation(request, obj) if obj.translation_of_id else self._of_original(request, obj)
        )
        return [*panels, Panel("aside", "admin/desk/edition.html", context)] if context else panels

    def _of_original(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        language = other_language(obj.language)
        edition = other_edition_of(obj)
        if edition is None:
            live = obj.corrects or obj
            if not may_start(request.user, live):
                return {}
            url = self._url("edition", live.pk)  # type: ignore[attr-defined]
            return {"start": START[language], "url": url}
        if not self.has_view_permission(request, edition):
            return {}
        return {
            "label": EDITIONS[language],
            "edition": edition,
            "url": self._url("change", edition.pk),  # type: ignore[attr-defined]
            "badge": badge(edition),
            "older": is_outdated(edition),
        }

    def _of_translation(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        original = obj.translation_of
        if not may_read_original(obj, request.user):
            return {}
        copy = open_copy_of(original)
        return {
            "original": original,
            "url": self._url("change", original.pk),  # type: ignore[attr-defined]
            "badge": badge(original),
            "older": is_outdated(obj),
            "since": self._url("original", obj.pk),  # type: ignore[attr-defined]
            "may_confirm": self.has_change_permission(request, obj),
            "correcting": copy is not None,
        }


def edition_url(text: Any) -> str:
    """Where the other edition of a text is started or found, by POST."""
    return reverse(f"admin:{text._meta.app_label}_{text._meta.model_name}_edition", args=[text.pk])
