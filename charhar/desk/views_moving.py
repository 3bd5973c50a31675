"""Moving what stands in the calendar and the queue: plain forms, which the scripts only fill in."""

import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from charhar.publishing.admin_forms import beijing
from charhar.publishing.checklist import Unready
from charhar.publishing.models import Action

from . import planning
from .rescheduling import MoveForm, Overtaken, find, moment_of, move, take_off
from .views_planning import planning_page, require_plans, week_name


def _back(given: Any) -> str:
    """Where the person came from: an address of the calendar or the queue, else the calendar."""
    came = str(given.get("next", ""))
    own = [reverse("desk-calendar"), reverse("desk-queue")]
    return came if any(came == path or came.startswith(f"{path}?") for path in own) else own[0]


def move_item(request: HttpRequest) -> HttpResponse:
    """Move what is planned; what is refused comes back with the reason and what was typed.

    By GET it is the form alone, for whoever had to sign in between.
    """
    require_plans(request)
    given = request.POST if request.method == "POST" else request.GET
    text = find(request.user, given.get("kind"), given.get("pk"))
    what = planning.EXPIRE if given.get("what") == planning.EXPIRE else planning.PUBLISH
    if request.method != "POST":
        return _move_page(request, text, what, None, 200)
    form = MoveForm(request.POST)
    problem: ValidationError | None = None
    if form.is_valid():
        before, told = moment_of(text, what), form.cleaned_data
        try:
            move(request.user, text, what, told["at"], told["version"], told["override"])
        except ValidationError as error:
            problem = error
        else:
            return _moved(request, text, what, before, told["at"])
    return _move_page(request, text, what, form, 409 if problem else 400, problem)


def _moved(request: HttpRequest, text: Any, what: str, before: Any, at: datetime.datetime) -> HttpResponse:
    """Say what was moved from where to where, with a button to undo it; lead to where it stood."""
    text.refresh_from_db(from_queryset=type(text).versions)
    back, kind = _back(request.POST), str(text._meta.model_name)
    said = render_to_string(
        "admin/desk/moved.html",
        {
            "text": text,
            "what": what,
            "kind": kind,
            "before": beijing(before) if before else "",
            "at": beijing(at),
            "undo": timezone.localtime(before) if before and before > timezone.now() else None,
            "day": timezone.localdate(at),
            "week": week_name(timezone.localdate(at)),
            "back": back,
        },
        request,
    )
    messages.success(request, said)
    return redirect(f"{back}#plan-{kind}-{text.pk}-{what}")


def _move_page(
    request: HttpRequest,
    text: Any,
    what: str,
    form: MoveForm | None,
    status: int,
    problem: ValidationError | None = None,
) -> HttpResponse:
    text = find(request.user, text._meta.model_name, text.pk)  # as it is by now
    opts, back = text._meta, _back(request.POST or request.GET)
    now = moment_of(text, what)
    typed = form.data.get("at", "") if form is not None else ""
    may_override = isinstance(problem, Unready) and (text.corrects or text).may(request.user, Action.OVERRIDE)
    context = planning_page(
        request,
        _("Move") if form is None else _("Not moved"),
        subtitle=str(text),
        text=text,
        problems=problem.messages if problem else [],
        overtaken=isinstance(problem, Overtaken),
        unready=isinstance(problem, Unready),
        now_at=beijing(now) if now else "",
        expires=what == planning.EXPIRE,
        form=MoveForm(
            initial={
                "kind": opts.model_name,
                "pk": text.pk,
                "what": what,
                "version": text.version,
                "at": typed or now,
                "override": form.data.get("override", "") if form is not None else "",
            },
            auto_id="move_%s",
        ),
        may_override=may_override,
        errors=form.errors if form is not None and not problem else {},
        back=back,
        text_url=reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[text.pk]),
    )
    return TemplateResponse(request, "admin/desk/move.html", context, status=status)


def unschedule(request: HttpRequest) -> HttpResponse:
    """Take a correction off the schedule; only by POST."""
    require_plans(request)
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    text = find(request.user, request.POST.get("kind"), request.POST.get("pk"))
    version = request.POST.get("version", "")
    try:
        take_off(request.user, text, int(version) if version.isascii() and version.isdigit() else -1)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request, _("The correction of “%s” is off the schedule: an open working copy again.") % text
        )
    return redirect(_back(request.POST))
