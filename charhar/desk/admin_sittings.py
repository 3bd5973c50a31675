"""Safety copies of what is typed, the way back to them, and who else is in the same text."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from charhar.publishing.admin_forms import beijing
from charhar.publishing.admin_moves import Panel

from . import sittings
from .models import Sitting
from .sittings import Ticket


class SittingAdmin(admin.ModelAdmin):
    """A form whose typing is kept safe every few seconds, and comes back after whatever befell it."""

    @property
    def media(self) -> forms.Media:
        """The form's own and what keeps it safe."""
        script = forms.Script("desk/autosave.js", type="module")
        return super().media + forms.Media(css={"all": ["desk/autosave.css"]}, js=[script])  # type: ignore[list-item]

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view
        return [
            path("typed/<str:key>/", view(self.typed_view), name=f"{name}_typed"),
            path("typed/<str:key>/discard/", view(self.discard_typed_view), name=f"{name}_discard_typed"),
            # Not by admin_view, which would lead a script to the sign-in page.
            path("add/autosave/", never_cache(self.autosave_view), name=f"{name}_autosave_new"),
            path("<path:object_id>/autosave/", never_cache(self.autosave_view), name=f"{name}_autosave"),
            *super().get_urls(),
        ]

    # -- The form --

    def panels(self, request: HttpRequest, obj: Any) -> list[Panel]:
        """The form's ticket, what was typed and never saved, who else is here. One query."""
        may_write = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        ticket = self._ticket(request, obj) if may_write else None
        around = sittings.around(request.user, self.model, obj and obj.pk, ticket.key if ticket else "")
        context = {
            "ticket": self._signed(request, ticket) if ticket else "",
            "url": self._autosave_url(obj),
            "filled": hasattr(request, "filled"),
            "others": around.others,
            "unsaved": [
                (
                    beijing(row.typed_at or row.seen_at),
                    self._url("typed", row.key),  # type: ignore[attr-defined]
                    self._url("discard_typed", row.key),  # type: ignore[attr-defined]
                )
                for row in around.unsaved
            ],
        }
        return [Panel("top", "admin/desk/sitting.html", context), *super().panels(request, obj)]  # type: ignore[misc]

    def _autosave_url(self, obj: Any) -> str:
        return self._url("autosave", obj.pk) if obj else self._url("autosave_new")  # type: ignore[attr-defined]

    def _ticket(self, request: HttpRequest, obj: Any) -> Ticket:
        """The one that the form came with, where it comes back; else a new one."""
        ticket = self._own_ticket(request)
        key = obj and obj.pk
        if ticket is not None and ticket.text == key:
            return ticket
        return Ticket.new(request.user, self.model, key)

    def _signed(self, request: HttpRequest, ticket: Ticket) -> str:
        """As the form carries it: word for word what it came with, by which the browser knows it again."""
        came = request.POST.get("sitting", "")
        return came if Ticket.read(came) == ticket else ticket.signed()

    def _own_ticket(self, request: HttpRequest) -> Ticket | None:
        ticket = Ticket.read(request.POST.get("sitting"))
        return ticket if ticket is not None and ticket.user == request.user.pk else None

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """As before; what was kept of the form goes with its save, in one transaction."""
        super().save_related(request, form, formsets, change)
        ticket = self._own_ticket(request)
        if ticket is not None:
            sittings.close_with(ticket)

    def kept(self, request: HttpRequest, text: Any) -> HttpResponse:
        """As before; it is also kept here, to be found again."""
        ticket = self._own_ticket(request)
        if ticket is not None:
            sittings.keep(ticket, request.POST)
        return super().kept(request, text)  # type: ignore[misc]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """As Django's; with ``?typed=…`` filled with what was typed and never saved."""
        key = request.GET.get("typed")
        if request.method != "GET" or not key or IS_POPUP_VAR in request.GET:
            return super().changeform_view(request, object_id, form_url, extra_context)
        sitting = self._sitting(request, key)
        if str(sitting.object_id or "") != unquote(object_id or ""):
            raise Http404("That was typed into another text.")
        typed = QueryDict(sitting.form, mutable=True)
        ticket = Ticket(sitting.user_id, sitting.content_type_id, sitting.object_id, sitting.key)
        typed["sitting"] = ticket.signed()
        says = _("This is what you typed on %s. It is not saved yet: look it over and save.") % beijing(
            sitting.typed_at or sitting.seen_at
        )
        return self.filled(request, object_id, typed, says)  # type: ignore[attr-defined]

    # -- What was typed and never saved --

    def _sitting(self, request: HttpRequest, key: str) -> Sitting:
        """The person's own; nobody else's is there for them."""
        found = (
            Sitting.objects.filter(key=key, user=request.user.pk, closed_at__isnull=True)
            .exclude(form="")
            .first()
        )
        if found is None or found.content_type.model_class() is not self.model:
            raise Http404("Nothing of yours is kept there.")
        return found

    def typed_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """To the form that it was typed into; where the text is gone, what was typed, to copy."""
        sitting = self._sitting(request, key)
        text = sitting.object_id and self.get_object(request, str(sitting.object_id))
        if sitting.object_id and text is None:
            request.FILES  # noqa: B018  (reads the request before its fields are replaced)
            request.POST = QueryDict(sitting.form)  # type: ignore[assignment]
            page: HttpResponse = super().kept(request, None)  # type: ignore[misc]
            page.status_code = 200
            return page
        page = self._url("change", text.pk) if text else self._url("add")  # type: ignore[attr-defined]
        return redirect(f"{page}?typed={sitting.key}")

    def discard_typed_view(self, request: HttpRequest, key: str) -> HttpResponse:
        """Ask, then forget what was typed and never saved."""
        sitting = self._sitting(request, key)
        there = self._url("change", sitting.object_id) if sitting.object_id else self._url("add")  # type: ignore[attr-defined]
        if request.method == "POST":
            sittings.close(request.user, key)
            self.message_user(request, _("What you had typed there is discarded."), messages.SUCCESS)
            return redirect(there)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Discard what was never saved"),
            "opts": self.opts,
            "when": beijing(sitting.typed_at or sitting.seen_at),
            "typed": self.typed(QueryDict(sitting.form)),  # type: ignore[attr-defined]
            "there": there,
        }
        return TemplateResponse(request, "admin/desk/discard_typed.html", context)

    # -- Every few seconds --

    def autosave_view(self, request: HttpRequest, object_id: str | None = None) -> HttpResponse:
        """Keep the raw form (``form``), or only that it is open; say who else is here. Only by POST.

        Nothing is validated, moved, mailed or recorded. 401 without a session, 409 under another person's.
        A ping is two statements beside the session's own two.
        """
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        if not self.admin_site.has_permission(request):
            return JsonResponse({}, status=401)
        ticket = self._own_ticket(request)
        if ticket is None or str(ticket.text or "") != unquote(object_id or ""):
            return JsonResponse({}, status=409)
        form = request.POST.get("form")
        if form is not None or not sittings.see(ticket):
            if not self._may_type(request, object_id):
                return JsonResponse({}, status=403)
            going_on = sittings.keep(ticket, None if form is None else QueryDict(form))
            if not going_on:
                return JsonResponse({"closed": True})
        others = sittings.around(request.user, self.model, ticket.text, ticket.key).others
        return JsonResponse(
            {
                "at": timezone.localtime().strftime("%H:%M"),
                "others": others,
                "found": self._url("typed", ticket.key),  # type: ignore[attr-defined]
            }
        )

    def _may_type(self, request: HttpRequest, object_id: str | None) -> bool:
        """Whoever may read the text keeps what they typed, also when they may not write it any more."""
        if object_id is None:
            return self.has_add_permission(request)
        text: Any = self.get_object(request, unquote(object_id))
        if text is None:
            return self.has_change_permission(request)
        return self.has_view_permission(request, text)
