"""The checklist before publishing or scheduling: what must be mended first, and what should be.

Any app adds checks for its kinds of text: a function marked with ``@check(Model)``, in a module that
``AppConfig.ready`` imports. ``workflow`` and ``copies`` ask ``approve`` in the transaction that publishes, of
the content as it was just saved; drafts are never held up.
"""

import datetime
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import Action

MUST, SHOULD = "must", "should"


class Finding(NamedTuple):
    """One thing to mend. ``field`` is a form field's name or an inline's prefix; empty for the whole text."""

    code: str
    level: str
    message: str
    field: str = ""


class Occasion(NamedTuple):
    """Who means to publish (None in a preview of the list for nobody in particular), and from when."""

    user: Any
    at: datetime.datetime


Check = Callable[[Any, Occasion], Iterable[Finding]]
_checks: list[tuple[type[models.Model], Check]] = []


def check(model: type[models.Model]) -> Callable[[Check], Check]:
    """Register a check for the texts of ``model`` and its subclasses; checks run in the order they came."""

    def register(function: Check) -> Check:
        _checks.append((model, function))
        return function

    return register


def findings(text: Any, *, user: Any = None, at: datetime.datetime | None = None) -> list[Finding]:
    """All that is to be mended in a text or working copy as it is saved: first what must be, then the rest.

    ``at`` is from when readers would see it; now, or the moment for which it is scheduled, where not given.
    Costs the queries of its checks.
    """
    now = timezone.now()
    if at is None:
        at = text.publish_at if text.publish_at and text.publish_at > now else now
    occasion = Occasion(user, at)
    found = [f for model, run in _checks if isinstance(text, model) for f in run(text, occasion)]
    return sorted(found, key=lambda finding: finding.level != MUST)


class Unready(ValidationError):
    """The text lacks what it must have before readers see it.

    ``findings`` is the whole list; the error's messages are what must be mended, by the names of the fields.
    """

    def __init__(self, found: list[Finding]) -> None:
        messages: dict[str, list[str]] = {}
        for finding in found:
            if finding.level != MUST:
                continue
            messages.setdefault(finding.field or NON_FIELD_ERRORS, []).append(str(finding.message))
        super().__init__(messages)
        self.findings = found


def approve(
    text: Any,
    user: Any,
    at: datetime.datetime | None = None,
    *,
    override: str = "",
    holder: Any = None,
) -> str:
    """Hold a text against the checklist; returns what its history says of an override, mostly nothing.

    ``user=None`` is the system itself and not asked. ``override`` is the reason to publish all the same; it
    counts where the user has the grant for ``holder``: the text, or the live text of a working copy. Raises
    ``Unready`` where something must be mended.
    """
    if user is None:
        return ""
    found = findings(text, user=user, at=at)
    lacking = [finding for finding in found if finding.level == MUST]
    if not lacking:
        return ""
    reason = override.strip()
    if not reason or not (holder or text).may(user, Action.OVERRIDE):
        raise Unready(found)
    said = _("Published in spite of the checklist: %s") % reason
    return "\n".join([said, *(f"– {finding.message}" for finding in lacking)])
