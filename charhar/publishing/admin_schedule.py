"""What is said after a save or a move, above all of a moment typed in “Publish from” and not scheduled."""

import datetime
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from .admin_moves import Move, saving
from .moments import moment_named, moment_said

# Under this name the address of a form carries a moment that was typed and not scheduled.
TYPED = "publish_from"
SCHEDULING = frozenset({"_schedule", "_schedule_correction"})


def unused_moment(form: Any) -> datetime.datetime | None:
    """A moment to come that was typed while another button than that to schedule was pressed."""
    wanted = form.cleaned_data.get(TYPED)
    if wanted is None or form.pressed in SCHEDULING or TYPED not in form.changed_data:
        return None
    return wanted if wanted > timezone.now() else None


def not_scheduled(text: Any, wanted: datetime.datetime, button: Any) -> str:
    """What to say after such a save: what was not done, and what holds instead."""
    said = {"moment": moment_said(wanted), "button": button}
    if text.is_scheduled:
        said["due"] = moment_named(text.publish_at)
        return (
            _("Not rescheduled: you typed %(moment)s but pressed “%(button)s”. Readers see it from %(due)s.")
            % said
        )
    return (
        _(
            "Not scheduled: you typed %(moment)s but pressed “%(button)s”. The date still stands in the form:"
            " press “Schedule” there, or leave it."
        )
        % said
    )


def with_typed(url: str, wanted: datetime.datetime) -> str:
    """The form's address, with the moment to show in it again."""
    return f"{url}?{urlencode({TYPED: timezone.localtime(wanted).strftime('%Y-%m-%dT%H:%M')})}"


class SayingAdmin(admin.ModelAdmin):
    """Texts whose admin says after each save what happened and what readers see."""

    _url: Callable[..., str]

    def _said(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Say what happened to the text, and stay with it, unless only saving was asked for.

        A correction that was published leads back to the text that it corrected.
        """
        move: Move | None = request.moved  # type: ignore[attr-defined]
        wanted: datetime.datetime | None = request.typed_moment  # type: ignore[attr-defined]
        button, consequence = saving(obj)
        if move is None:
            said = _("“%(text)s” is saved. %(consequence)s") % {"text": obj, "consequence": consequence}
        elif move.asks == TYPED:
            due = moment_named(request.due)  # type: ignore[attr-defined]
            said = move.done % obj + " " + _("Readers see it from %s.") % due
        else:
            said = move.done % obj
        public = obj.is_published or (move is not None and move.name == "_publish_correction")
        self.message_user(
            request,
            format_html(
                '{} <a href="{}">{}</a>',
                said,
                obj.get_absolute_url() if public else self.view_on_site(obj),  # type: ignore[operator]
                _("View") if public else _("Preview"),
            ),
            messages.SUCCESS,
        )
        self.say_merged(request)  # type: ignore[attr-defined]
        if wanted is not None:
            button = _("Save and go on") if "_continue" in request.POST else button
            self.message_user(
                request, not_scheduled(obj, wanted, move.label if move else button), messages.WARNING
            )
            if self.has_change_permission(request, obj):
                return redirect(with_typed(self._url("change", obj.pk), wanted))
        if move is not None and move.name == "_publish_correction":
            return redirect(self._url("change", obj.corrects_id))
        if move is None and "_continue" not in request.POST:
            return self.response_post_save_change(request, obj)
        if not self.has_view_permission(request, obj):
            return redirect(self._url("changelist"))
        return redirect(self._url("change", obj.pk))

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        if "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        return self._said(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if "_popup" in request.POST:
            return super().response_change(request, obj)
        return self._said(request, obj)
