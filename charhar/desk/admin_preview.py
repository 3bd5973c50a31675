"""The preview beside the form: what is typed, shown as readers would see it, and nothing of it saved."""

from typing import Any

from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.forms.widgets import Media, Script
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from charhar.publishing.admin import PublishableAdmin
from charhar.publishing.admin_moves import Panel
from charhar.publishing.languages import ENGLISH, LANGUAGES
from charhar.publishing.translation import other_edition_of

from .preview import View, answer, preview_path
from .typed import Typed


class PreviewAdmin(PublishableAdmin):
    """A text whose unsaved form is shown as its page, in lists and as a social card."""

    @property
    def media(self) -> Media:
        script: Any = Script("desk/preview.js", type="module")
        return super().media + Media(js=[script], css={"all": ["desk/preview.css"]})

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("add/preview/", self.admin_site.admin_view(self.preview_view), name=f"{name}_preview_new"),
            path(
                "<path:object_id>/preview/",
                self.admin_site.admin_view(self.preview_view),
                name=f"{name}_preview",
            ),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest, object_id: str | None = None) -> HttpResponse:
        """The form that was sent, as ``?as=`` and ``?in=`` ask; by POST, for whoever may open the form.

        Whoever may only read the text is shown it as it is saved. ``answer`` says what it costs.
        """
        text = self._previewed(request, object_id)
        if request.method != "POST":
            return redirect(self._url("add") if text is None else preview_path(text))
        language = request.GET.get("in", ENGLISH)
        if language not in dict(LANGUAGES):
            raise Http404("There is no such language.")
        typed = None
        if text is None or self.has_change_permission(request, text):
            typed = self._typed(request, text)
        return answer(
            request,
            text if typed is None else typed.form.instance,
            typed,
            language=language,
            says=_("As readers would see it. Nothing of this is saved."),
        )

    def _previewed(self, request: HttpRequest, object_id: str | None) -> Any:
        if object_id is None:
            if not self.has_add_permission(request):
                raise PermissionDenied
            return None
        text = self.get_object(request, unquote(object_id))
        if text is None or text.trashed_at is not None:
            raise Http404("There is no such text.")
        if not self.has_view_permission(request, text):
            raise PermissionDenied
        return text

    def _typed(self, request: HttpRequest, text: Any) -> Typed:
        """The form as Django's own view builds it from what was sent, merged as saving would merge it."""
        if text is not None:
            self.merge_posted(request, text)
            request.merged = None  # type: ignore[attr-defined]  # what clashes is shown as it was typed
        fields = flatten_fieldsets(self.get_fieldsets(request, text))
        form_class = self.get_form(request, text, change=text is not None, fields=fields)
        form = form_class(request.POST, instance=text)
        formsets, _inlines = self._create_formsets(request, form.instance, change=text is not None)  # type: ignore[attr-defined]
        if not connection.features.has_select_for_update:
            form.is_valid()  # where nothing is locked by it, rather before than within the transaction
        return Typed(form, formsets)

    def view_on_site(self, obj: Any) -> str:
        return preview_path(obj) if obj.is_copy else super().view_on_site(obj)

    def panels(self, request: HttpRequest, obj: Any) -> list[Panel]:
        panels = super().panels(request, obj)
        if obj is not None and obj.trashed_at is not None:
            return panels
        url = self._url("preview_new") if obj is None else self._url("preview", obj.pk)
        context = {
            "url": url,
            "views": View.choices,
            "languages": [] if self.model.is_translated else LANGUAGES,
            "other": self._other_preview(request, obj),
        }
        return [
            *panels,
            Panel("aside", "admin/desk/preview_buttons.html", context),
            Panel("below", "admin/desk/preview_pane.html", context),
        ]

    def _other_preview(self, request: HttpRequest, text: Any) -> tuple[str, str] | None:
        """The language and the preview of the other edition, where this person sees it."""
        if text is None or not text.is_translated:
            return None
        other = other_edition_of(text)
        if other is not None and other.trashed_at is not None:
            return None
        if other is None or not self.has_view_permission(request, other):
            return None
        return other.get_language_display(), preview_path(other)
