"""How the admin leads from a text that readers see to its working copy, and what it says of that."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from . import copies
from .admin_rows import SelectableAdmin
from .history import content_fields
from .locks import held_against
from .models import Action, Publishable


def with_correction(texts: QuerySet) -> QuerySet:
    """The texts of a list, each with state, hour and failure of its open working copy; no further query."""
    opened = texts.model.versions.filter(corrects=OuterRef("pk"), trashed_at__isnull=True)  # type: ignore[attr-defined]
    return texts.annotate(
        copy_state=Subquery(opened.values("state")[:1]),
        copy_due=Subquery(opened.values("publish_at")[:1]),
        copy_failure=Subquery(opened.values("failure")[:1]),
    )


class CorrectedAdmin(SelectableAdmin):
    """Texts whose content, once readers see it, is changed in a working copy alone.

    The form of a live text keeps what is not content (expiry, owner, link to the original) and shows the
    rest; the form of a copy is the other way round.
    """

    def may_write(self, request: HttpRequest, obj: Any) -> bool:
        """Whether the person may change the content of this very row."""
        return self.has_change_permission(request, obj) and not copies.is_frozen(obj)

    def held_fields(self, request: HttpRequest, obj: Any) -> list[str]:
        """The fields of the form that this row's form only shows."""
        if obj is None or not (obj.is_copy or copies.is_frozen(obj)):
            return []
        named = flatten_fieldsets(self.get_fieldsets(request, obj))  # type: ignore[arg-type]
        own = obj.LIFE_FIELDS - {"language"}
        return [name for name in named if (name not in own if not obj.is_copy else name in obj.LIFE_FIELDS)]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None and copies.is_frozen(obj):
            return {}
        return super().get_prepopulated_fields(request, obj)

    def refuse_content(self, request: HttpRequest, obj: Any) -> None:
        """A form that was opened before the text went public must not pass for one without content.

        Raises ``PermissionDenied``, upon which what was typed is shown, to copy.
        """
        typed = {field.name for field in content_fields(self.model)} & request.POST.keys()  # type: ignore[type-var]
        if typed and copies.is_frozen(obj):
            raise PermissionDenied("Readers see the text by now; its content is written by a working copy.")

    def filled(self, request: HttpRequest, object_id: str | None, data: QueryDict, says: Any) -> HttpResponse:
        """The form with what was typed earlier; see ``MergingAdmin``."""
        raise NotImplementedError

    def kept(self, request: HttpRequest, text: Any) -> HttpResponse:
        """What was typed into a text that the person may not write any more; see ``MergingAdmin``."""
        raise NotImplementedError

    # -- The way to the copy, and its end --

    def copy_urls(self) -> list[URLPattern]:
        """The addresses beneath a text's own."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        views = {"correct": self.correct_view, "renew": self.renew_view, "discard": self.discard_view}
        return [
            path(f"<path:object_id>/{word}/", self.admin_site.admin_view(view), name=f"{name}_{word}")
            for word, view in views.items()
        ]

    def _found(self, request: HttpRequest, object_id: str) -> Any:
        text = self.get_object(request, unquote(object_id))
        if text is None:
            raise Http404("There is no such text.")
        return text

    def correct_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Open or make the text's working copy and lead to its form; only by POST.

        With what was typed elsewhere (``typed``), the form comes filled with it.
        """
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        text = self._found(request, object_id)
        if copies.is_frozen(text):
            try:
                text = copies.open_copy(text, request.user)
            except ValidationError as error:
                self.message_user(request, " ".join(error.messages), messages.ERROR)
                if "typed" in request.POST:
                    request.POST = QueryDict(request.POST["typed"])  # type: ignore[assignment]
                    return self.kept(request, text)
                return redirect(self._url("change", text.pk))  # type: ignore[attr-defined]
        if "typed" in request.POST:
            return self.filled(
                request,
                str(text.pk),
                QueryDict(request.POST["typed"]),
                _("This is what you typed. It is not saved yet: look it over and save."),
            )
        return redirect(self._url("change", text.pk))  # type: ignore[attr-defined]

    def renew_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Close an outdated copy and begin one from the live text as it is now; only by POST."""
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        old = self._open(request, object_id)
        copies.discard_copy(old, request.user)
        new = copies.open_copy(old.corrects, request.user)
        self.message_user(
            request,
            format_html(
                '{} <a href="{}" target="_blank">{}</a>',
                _("This working copy is begun anew from the live text."),
                self._url("change", old.pk),  # type: ignore[attr-defined]
                _("What the earlier one held"),
            ),
            messages.SUCCESS,
        )
        return redirect(self._url("change", new.pk))  # type: ignore[attr-defined]

    def discard_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then close the working copy without publishing it."""
        copy = self._open(request, object_id)
        live_url = self._url("change", copy.corrects_id)  # type: ignore[attr-defined]
        if request.method == "POST":
            copies.discard_copy(copy, request.user)
            self.message_user(
                request,
                _("The working copy of “%s” is discarded; readers go on seeing the live text.") % copy,
                messages.SUCCESS,
            )
            return redirect(live_url)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Discard the working copy"),
            "subtitle": str(copy),
            "text": copy,
            "opts": self.opts,
            "change_url": self._url("change", copy.pk),  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "admin/publishing/discard.html", context)

    def _open(self, request: HttpRequest, object_id: str) -> Any:
        copy = self._found(request, object_id)
        if not copy.is_copy or copy.trashed_at is not None:
            raise Http404("There is no such open working copy.")
        if not copy.may(request.user, Action.CHANGE) or held_against(copy, request.user):
            raise PermissionDenied
        return copy


def is_outdated(copy: Publishable) -> bool:
    """Whether the live text was written since the copy was begun, so that it can not be published."""
    live = copy.corrects
    return live is not None and copy.trashed_at is None and live.version != copy.based_on
