"""Who looked at whose data: written down by the admin itself, for every page of every table about people.

It goes by the address of the page, so that a page which is added later is watched from its first day.
"""

import datetime
import logging
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from .held import everything_held, held_of
from .models import Person, TimelineEvent

logger = logging.getLogger(__name__)
Kind = TimelineEvent.Kind

# The same person on the same page is written down once in this time, for each account.
ONCE_IN = datetime.timedelta(hours=1)


def watch(request: HttpRequest, response: HttpResponse) -> None:
    """Write down what the admin has just shown; see ``what_was_shown``. Never raises because of the database.

    No query for pages that show nobody; one to three for those that do.
    """
    try:
        shown = what_was_shown(request, response)
        if shown is not None:
            _note(request, *shown)
    except DatabaseError as error:
        # Without the error's words, which may hold the data.
        logger.error("It was not written down that personal data were looked at: %s", type(error).__name__)


def what_was_shown(
    request: HttpRequest, response: HttpResponse
) -> tuple[str, type[models.Model] | None, int | None, str] | None:
    """(what was done, table, row, name of the file) where the response shows somebody's data.

    Opening a row's page is a look at its person; so is a search in a list, though its words are not kept. A
    download is an export, whatever page it comes from.
    """
    if response.status_code != 200:
        return None
    parts = request.path.removeprefix(reverse("admin:index")).strip("/").split("/")
    if parts == ["autocomplete"]:
        model = _looked_up(request) if request.GET.get("term") else None
        return None if model is None else (Kind.VIEWED, model, None, "")
    if parts[0] not in _apps_about_people():
        return None
    model = _model(*parts[:2]) if len(parts) > 1 else None
    row = int(parts[2]) if len(parts) > 2 and parts[2].isdigit() else None
    disposition = response.headers.get("Content-Disposition", "")
    if disposition.startswith("attachment"):
        return Kind.EXPORTED, model, row, disposition.partition("filename=")[2].strip('"')
    if model is None or (model is not Person and held_of(model) is None):
        return None
    if row is not None or request.GET.get("q", "").strip():
        return Kind.VIEWED, model, row, ""
    return None


def _apps_about_people() -> set[str]:
    return {held.model._meta.app_label for held in everything_held()}


def _model(app_label: str, name: str) -> type[models.Model] | None:
    try:
        return apps.get_model(app_label, name)
    except LookupError:
        return None


def _looked_up(request: HttpRequest) -> type[models.Model] | None:
    """The table about people that a look-up field searches in, if it is one."""
    source = _model(request.GET.get("app_label", ""), request.GET.get("model_name", ""))
    if source is None:
        return None
    name = request.GET.get("field_name", "")
    found: Any = next(
        (field.related_model for field in source._meta.get_fields() if field.name == name), None
    )
    is_about_people = found is Person or (isinstance(found, type) and held_of(found) is not None)
    return found if is_about_people else None


def _note(
    request: HttpRequest, kind: str, model: type[models.Model] | None, row: int | None, text: str
) -> None:
    person = _person_of(model, row) if model is not None and row is not None else None
    about_type = None if model is None else ContentType.objects.get_for_model(model)
    same = {"kind": kind, "by": request.user, "person_id": person, "about_type": about_type, "about_id": row}
    # Each download is written down: each is another file that somebody has.
    if kind == Kind.VIEWED and (
        TimelineEvent.objects.filter(at__gt=timezone.now() - ONCE_IN, **same).exists()
    ):
        return
    TimelineEvent.objects.create(text=text[:200], **same)


def _person_of(model: type[models.Model], row: int) -> int | None:
    if model is Person:
        return row if Person.objects.filter(pk=row).exists() else None
    held = held_of(model)
    if held is None:
        return None
    return model._base_manager.filter(pk=row).values_list(held.person, flat=True).first()
