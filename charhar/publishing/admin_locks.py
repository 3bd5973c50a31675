"""How the admin shows a locked text, unlocks it, and refuses to delete it."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from . import workflow
from .admin_moves import Panel
from .locks import held_against, locked_row, who_and_when
from .models import Action


class LockedAdmin(admin.ModelAdmin):
    """Texts that may be locked; whom the lock holds off sees the form, and may write nothing into it."""

    def lock_urls(self) -> list[URLPattern]:
        """The address beneath a text's own."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path(
                "<path:object_id>/unlock/",
                self.admin_site.admin_view(self.unlock_view),
                name=f"{name}_unlock",
            )
        ]

    def lock_panels(self, request: HttpRequest, obj: Any) -> list[Panel]:
        """Who has locked the text, with the button to unlock it for those who may. A query for a name."""
        if obj is None or locked_row(obj).locked_at is None:
            return []
        held = held_against(obj, request.user)
        row = locked_row(obj)
        context = {
            "said": who_and_when(obj),
            "held": held,
            "unlock_url": self._url("unlock", row.pk)  # type: ignore[attr-defined]
            if held and row.may(request.user, Action.PUBLISH)
            else "",
        }
        return [Panel("top", "admin/publishing/lock.html", context)]

    def unlock_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Unlock the text for everybody; only by POST."""
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        text: Any = self.get_object(request, unquote(object_id))
        if text is None or text.is_copy:
            raise Http404("There is no such text.")
        workflow.unlock(text, request.user)
        self.message_user(request, _("“%s” is unlocked.") % text, messages.SUCCESS)
        return redirect(self._url("change", text.pk))  # type: ignore[attr-defined]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """As Django's; a locked text stands among what protects itself from being deleted."""
        deleted, count, needed, protected = super().get_deleted_objects(objs, request)
        locked = [f"{row}: {who_and_when(row)}" for row in objs if locked_row(row).locked_at is not None]
        return deleted, count, needed, [*protected, *locked]

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """As Django's; what was locked meanwhile is not deleted, and the page says why."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except ProtectedError as error:
            self.message_user(request, error.args[0], messages.ERROR)
            return redirect(self._url("change", unquote(object_id)))  # type: ignore[attr-defined]
