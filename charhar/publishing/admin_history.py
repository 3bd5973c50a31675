"""A text's history in the admin: each save of it and its working copies, what it changed, the way back."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from . import copies
from .compare import differences
from .history import family_of, serialise, snapshots_of
from .locks import held_against
from .models import Action, Publishable, Snapshot
from .permissions import may_correct

PER_PAGE = 100

DONE = {
    "add": _("added"),
    "save": _("saved"),
    "submit": _("submitted for review"),
    "send_back": _("sent back"),
    "publish": _("published or scheduled"),
    "withdraw": _("withdrawn"),
    "reopen": _("reopened as a draft"),
    "trash": _("moved to the trash"),
    "untrash": _("restored from the trash"),
    "import": _("imported"),
    "translate": _("edition begun from its original"),
    "open": _("working copy begun"),
    "schedule": _("correction scheduled"),
    "unschedule": _("correction taken off the schedule"),
    "discard": _("working copy discarded"),
    "correct": _("correction published"),
    "restore": _("earlier version restored"),
    "lock": _("locked"),
    "unlock": _("unlocked"),
    "tags": _("tags merged"),
}
NOTHING: dict[str, Any] = {"fields": {}, "inlines": {}, "relations": {}, "tags": []}


def named(snapshot: Snapshot, root: int) -> str:
    """What the history calls a snapshot: its version, of the text or of a working copy."""
    if snapshot.object_id == root:
        return str(snapshot.version)
    return str(_("copy %(key)s, %(version)s") % {"key": snapshot.object_id, "version": snapshot.version})


class HistoryAdmin(admin.ModelAdmin):
    """Snapshots newest first; each against the one before it or against the text as it is now."""

    object_history_template = "admin/publishing/history.html"

    def history_urls(self) -> list[URLPattern]:
        """The addresses beneath a text's history."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path(
                "<path:object_id>/history/<int:snapshot>/",
                self.admin_site.admin_view(self.version_view),
                name=f"{name}_version",
            ),
            path(
                "<path:object_id>/changes/",
                self.admin_site.admin_view(self.changes_view),
                name=f"{name}_changes",
            ),
            path(
                "<path:object_id>/history/<int:snapshot>/restore/",
                self.admin_site.admin_view(self.restore_version_view),
                name=f"{name}_restore_version",
            ),
        ]

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The snapshots of the text and its copies: who, when, what. Django's own log knows less."""
        text: Any = self.get_object(request, unquote(object_id))
        if not self.has_view_or_change_permission(request, text):
            raise PermissionDenied
        if text is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        root = text.corrects_id or text.pk
        page = Paginator(family_of(text).select_related("user").defer("data"), PER_PAGE).get_page(
            request.GET.get("p")
        )
        context = {
            **self._history_context(request, text),
            "title": _("History"),
            "page": page,
            "entries": [
                (
                    snapshot,
                    named(snapshot, root),
                    DONE.get(snapshot.action, snapshot.action),
                    self._url("version", text.pk, snapshot.pk),  # type: ignore[attr-defined]
                )
                for snapshot in page
            ],
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)

    def version_view(self, request: HttpRequest, object_id: str, snapshot: int) -> HttpResponse:
        """What one save changed; with ``?with=now``, what has changed since."""
        text = self._with_history(request, object_id)
        found = get_object_or_404(family_of(text).select_related("user"), pk=snapshot)
        since = request.GET.get("with") == "now"
        before = None if since else self._before(text, found)
        sides = (found.data, serialise(text)) if since else (before.data if before else NOTHING, found.data)
        root = text.corrects_id or text.pk
        context = {
            **self._history_context(request, text),
            "title": _("Version %s") % named(found, root),
            "snapshot": found,
            "said": DONE.get(found.action, found.action),
            "since": since,
            "before": before and named(before, root),
            "differences": differences(self.model, *sides),  # type: ignore[arg-type]
            "into_copy": text.is_copy or copies.is_frozen(text),
            "may_restore": self._may_restore(request, text),
            "restore_url": self._url("restore_version", text.pk, found.pk),  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "admin/publishing/version.html", context)

    def changes_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What a working copy changes in the live text that it was made from."""
        copy = self._with_history(request, object_id)
        if not copy.is_copy:
            raise Http404("This is no working copy.")
        live = copy.corrects
        base = snapshots_of(live).filter(version=copy.based_on).first()
        context = {
            **self._history_context(request, copy),
            "title": _("What this correction changes"),
            "differences": differences(self.model, base.data if base else serialise(live), serialise(copy)),  # type: ignore[arg-type]
            "nothing": _("Nothing yet: the working copy holds what readers see."),
        }
        return TemplateResponse(request, "admin/publishing/changes.html", context)

    def restore_version_view(self, request: HttpRequest, object_id: str, snapshot: int) -> HttpResponse:
        """Bring the version back, as a working copy of what readers see; only by POST."""
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        text = self._with_history(request, object_id)
        found = get_object_or_404(family_of(text), pk=snapshot)
        name = named(found, text.corrects_id or text.pk)
        try:
            target, lost = copies.restore(text, found.data, name, request.user)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return redirect(self._url("version", text.pk, found.pk))  # type: ignore[attr-defined]
        self.message_user(request, _("Version %s is restored.") % name, messages.SUCCESS)
        if lost:
            self.message_user(
                request,
                _("Not restored, because it was deleted since: %s.") % ", ".join(lost),
                messages.WARNING,
            )
        return redirect(self._url("change", target.pk))  # type: ignore[attr-defined]

    def _history_context(self, request: HttpRequest, text: Publishable) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "subtitle": str(text),
            "object": text,
            "opts": self.opts,
        }

    def _with_history(self, request: HttpRequest, object_id: str) -> Any:
        text: Any = self.get_object(request, unquote(object_id))
        if text is None:
            raise Http404("There is no such text.")
        if not self.has_view_or_change_permission(request, text):
            raise PermissionDenied
        return text

    def _may_restore(self, request: HttpRequest, text: Publishable) -> bool:
        if text.trashed_at is not None or held_against(text, request.user):
            return False
        if copies.is_frozen(text):
            return may_correct(request.user, text)
        return text.may(request.user, Action.CHANGE)

    def _before(self, text: Any, snapshot: Snapshot) -> Snapshot | None:
        """The save that this one followed; of a copy's first, the live text's that it was made from."""
        family = family_of(text)
        own = family.filter(object_id=snapshot.object_id, version__lt=snapshot.version)
        before = own.order_by("-version").first()
        root = text.corrects_id or text.pk
        if before is None and snapshot.object_id != root:
            based_on = type(text).versions.values_list("based_on", flat=True).get(pk=snapshot.object_id)
            before = family.filter(object_id=root, version__lte=based_on).order_by("-version").first()
        return before
