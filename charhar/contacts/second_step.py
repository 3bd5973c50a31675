"""The second step of a public form: what was typed, and one button, for posts that look automatic.

The page is an answer to a post and never kept by a cache, so it may carry a token: signed, bound to the very
content, good from three seconds to an hour after it was made, and only once.
"""

import datetime
import secrets
from collections.abc import Callable
from typing import Any, NamedTuple

from django import forms
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from .attempts import Attempt

SALT = "charhar.contacts.second_step"
SOONEST = datetime.timedelta(seconds=3)
LATEST = datetime.timedelta(hours=1)
FIELD = "confirmation"
# Where used tokens are noted: an ``Attempt`` of a form that nobody can send.
USED = "second step"


class Asked(NamedTuple):
    """What a post says of having been asked: nothing, or a token for this content and how old it is."""

    token: str = ""
    key: str = ""
    age: datetime.timedelta | None = None

    @property
    def is_early(self) -> bool:
        """Whether it was sent quicker than anybody reads."""
        return self.age is not None and self.age < SOONEST

    @property
    def is_confirmed(self) -> bool:
        """Whether its sender was shown the page and has said yes."""
        return self.age is not None and SOONEST <= self.age <= LATEST


def make(bucket: str, digest: str) -> str:
    """A token for this content in this form."""
    return signing.dumps([bucket, digest, secrets.token_hex(16), timezone.now().timestamp()], salt=SALT)


def read(data: QueryDict, bucket: str, digest: str) -> Asked:
    """What a post's token says; nothing where it is made up, too old, or was given for other content."""
    token = data.get(FIELD, "")
    try:
        of_form, of_content, key, made = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return Asked()
    age = timezone.now() - datetime.datetime.fromtimestamp(made, datetime.UTC)
    if (of_form, of_content) != (bucket, digest) or age > LATEST:
        return Asked()
    return Asked(token, key, age)


def once(bucket: str, asked: Asked, keep: Callable[[], None]) -> None:
    """Keep what was sent, unless the token was used before: then it has been kept."""
    with transaction.atomic():
        _attempt, is_first = Attempt.objects.get_or_create(form=USED, sender=asked.key, digest=bucket)
        if is_first:
            keep()


def ask(request: HttpRequest, context: dict[str, Any], form: Any, bucket: str, asked: Asked) -> HttpResponse:
    """The page: what was typed, the token, the button. Whoever was too quick keeps the token they have."""
    head = context["head"]
    crumbs = [*((label, address, "") for label, address in head.trail[1:]), (head.title, request.path, "")]
    head.title = _("Please confirm: %s") % head.title
    head.noindex = True
    fields = form.fields_for_people()
    response = render(
        request,
        "contacts/second_step.html",
        {
            "head": head,
            "crumbs": crumbs,
            "action": request.path,
            "typed": [(field.label, _shown(field)) for field in fields if _shown(field)],
            "hidden": [field.as_hidden(only_initial=False) for field in fields],
            "name": FIELD,
            "token": asked.token if asked.is_early else make(bucket, form.digest()),
            "is_early": asked.is_early,
        },
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _shown(field: forms.BoundField) -> str:
    """A field's value as people read it: a choice by its label, a tick as a word."""
    value = field.form.cleaned_data.get(field.name)  # type: ignore[attr-defined]
    if isinstance(value, bool):
        return _("Yes") if value else ""
    if isinstance(field.field, forms.ChoiceField) and not isinstance(field.field, forms.ModelChoiceField):
        labels = {str(key): str(label) for key, label in _flat(field.field.choices)}
        values = value if isinstance(value, list | tuple) else [value]
        return ", ".join(labels.get(str(each), str(each)) for each in values if each not in (None, ""))
    if isinstance(value, QuerySet | list | tuple | set):
        return ", ".join(str(each) for each in value)
    return "" if value is None else str(value)


def _flat(choices: Any) -> list[tuple[Any, Any]]:
    flat: list[tuple[Any, Any]] = []
    for key, label in choices:
        flat += label if isinstance(label, list | tuple) else [(key, label)]
    return flat
