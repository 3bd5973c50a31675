"""Moving what is planned to another moment: the workflow's own steps, behind a check of the version seen."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from charhar.publishing import copies, workflow
from charhar.publishing.admin_forms import BeijingField, beijing
from charhar.publishing.history import snapshots_of
from charhar.publishing.kinds import kinds_by_name
from charhar.publishing.models import Action, Publishable, State
from charhar.publishing.permissions import permitted_q
from charhar.publishing.version import current_version

from .planning import EXPIRE, PUBLISH


class Overtaken(ValidationError):
    """Somebody saved or moved the text since the plan was shown: nothing was changed."""


class MoveForm(forms.Form):
    """Where something planned shall go, and what the person saw when they said so."""

    kind = forms.CharField(widget=forms.HiddenInput)
    pk = forms.IntegerField(widget=forms.HiddenInput, max_value=2**63 - 1, min_value=1)
    what = forms.ChoiceField(widget=forms.HiddenInput, choices=[(PUBLISH, PUBLISH), (EXPIRE, EXPIRE)])
    version = forms.IntegerField(widget=forms.HiddenInput)
    at = BeijingField(
        label=_("Move to"),
        help_text=_("Beijing time (UTC+8)."),
        error_messages={"required": _("Say when: a date and a time.")},
    )
    override = forms.CharField(
        label=_("Reason to schedule it in spite of the checklist"),
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )

    def clean_at(self) -> datetime.datetime:
        """A moment to come."""
        at: datetime.datetime = self.cleaned_data["at"]
        if at <= timezone.now():
            raise ValidationError(
                _("%s has passed. Nothing was moved; choose a moment to come.") % beijing(at), code="past"
            )
        return at


def find(user: Any, kind: Any, pk: Any) -> Any:
    """The text or working copy as it is now; ``Http404`` where the person may not know of it."""
    model: Any = kinds_by_name().get(str(kind))
    if model is None or not str(pk).isascii() or not str(pk).isdigit() or int(pk) >= 2**63:
        raise Http404("There is no such text.")
    seen = model.versions.filter(permitted_q(user, Action.VIEW, model), trashed_at__isnull=True)
    text = seen.filter(pk=int(pk)).select_related("corrects").first()
    if text is None:
        raise Http404("There is no such text.")
    return text


def moment_of(text: Publishable, what: str) -> datetime.datetime | None:
    """When the text appears, or expires."""
    return text.expire_at if what == EXPIRE else text.publish_at


def move(user: Any, text: Any, what: str, at: datetime.datetime, version: int, override: str = "") -> None:
    """Give what is scheduled another moment to come; ``text`` is what ``find`` gave.

    Raises ``Overtaken`` where the text is not at ``version`` any more, ``PermissionDenied``, and
    ``ValidationError`` with the workflow's own words. All is written or nothing.
    """
    current_version()  # what was due until now goes public first, instead of being moved out of its hour
    with transaction.atomic():
        text = _locked(text, version)
        if what == EXPIRE:
            _expire(user, text, at)
        elif text.is_copy:
            if text.state != State.PUBLISHED:
                raise ValidationError(_("It is not scheduled any more. Nothing was moved."))
            copies.publish_copy(text, user, at=at, note=text.correction_note, override=override)
        else:
            if not text.is_scheduled:
                raise ValidationError(_("It is not scheduled any more. Nothing was moved."))
            workflow.publish(text, user, at=at, override=override)


def take_off(user: Any, text: Any, version: int) -> None:
    """Take a correction off the schedule: an open working copy again. Raises as ``move`` does."""
    with transaction.atomic():
        text = _locked(text, version)
        if not text.is_copy or text.state != State.PUBLISHED:
            raise ValidationError(_("It is not scheduled any more. Nothing was changed."))
        copies.unschedule(text, user)


def _locked(text: Any, version: int) -> Any:
    """The row under lock, its live text before it as ``copies`` has it. Raises ``Overtaken``."""
    versions = type(text).versions.select_for_update()
    if text.is_copy:
        versions.filter(pk=text.corrects_id).first()
    text = versions.get(pk=text.pk)
    if text.version == version:
        return text
    last = snapshots_of(text).defer("data").select_related("user").first()
    who: Any = _("The system")
    if last is not None:
        who = (last.user and last.user.get_full_name()) or last.user_name or who
    raise Overtaken(
        _("%(who)s saved or moved “%(text)s” after this page was made. Nothing was changed.")
        % {"who": who, "text": text}
    )


def _expire(user: Any, text: Any, at: datetime.datetime) -> None:
    if text.is_copy or text.trashed_at is not None or text.expire_at is None or text.is_expired:
        raise ValidationError(_("It does not expire any more, or has already. Nothing was moved."))
    if not text.may(user, Action.CHANGE):
        raise PermissionDenied(f"{user} may not change {text}")
    if text.publish_at is not None and at <= text.publish_at:
        raise ValidationError(_("A text can not expire before it is published."))
    text.expire_at = at
    text.save(update_fields=["expire_at", "updated_at"])
    workflow.record(text, user=user, action="save")
