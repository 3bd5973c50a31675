"""Addresses are for ever: every move leaves a redirect, and no address ever comes to mean something else."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction

from .languages import CHINESE, ENGLISH, language_of_path, with_prefix, without_prefix
from .models import Address, Publishable, Translated

Status = Address.Status


def languages_of(row: models.Model) -> list[str]:
    """The languages that a row has a page in: its own, or both for what carries both on one row."""
    return [row.language] if isinstance(row, Translated) else [ENGLISH, CHINESE]


def taken_by(row: Any) -> Any:
    """What else the address that ``row`` wants leads to, or None."""
    kind = ContentType.objects.get_for_model(row)
    others = Address.objects.filter(language__in=languages_of(row), path=row.address())
    if row.pk:
        others = others.exclude(content_type=kind, object_id=row.pk)
    found = others.select_related("content_type").first()
    return None if found is None else (_target(found) or found)


@transaction.atomic(savepoint=False)
def record_address(row: Any) -> None:
    """Bring the table up to date after a save: one query when nothing moved."""
    if isinstance(row, Publishable) and row.corrects_id:
        return
    kind = ContentType.objects.get_for_model(row)
    path = row.address()
    public = not isinstance(row, Publishable) or row.was_public
    status = Status.CURRENT if public else Status.RESERVED
    own = {
        a.language: a
        for a in Address.objects.filter(content_type=kind, object_id=row.pk).exclude(status=Status.REDIRECT)
    }
    moved = False
    for language in languages_of(row):
        old = own.pop(language, None)
        if old is not None and old.path == path:
            if old.status != status and status == Status.CURRENT:
                Address.objects.filter(pk=old.pk).update(status=status)
            continue
        moved = True
        if old is not None:
            _leave(old, public)
        Address.objects.filter(content_type=kind, object_id=row.pk, language=language, path=path).delete()
        Address.objects.create(
            content_type=kind, object_id=row.pk, language=language, path=path, status=status
        )
    for old in own.values():  # the text changed its language
        _leave(old, public)
    if moved and hasattr(row, "moves_with"):
        for beneath in row.moves_with():
            record_address(beneath)


def _leave(address: Address, public: bool) -> None:
    if public or address.status == Status.CURRENT:
        Address.objects.filter(pk=address.pk).update(status=Status.REDIRECT)
    else:
        address.delete()


def add_redirect(path: str, language: str, row: Any) -> bool:
    """Let an old address, of any form, lead to ``row``. False where it already leads elsewhere."""
    kind = ContentType.objects.get_for_model(row)
    existing, created = Address.objects.get_or_create(
        language=language,
        path=path,
        defaults={"status": Status.REDIRECT, "content_type": kind, "object_id": row.pk},
    )
    return created or (existing.content_type_id == kind.pk and existing.object_id == row.pk)


def redirect_target(path: str) -> str | None:
    """Where an address that once led to a text leads now, or None. Two queries, for 404s only."""
    if "\0" in path:  # no address holds one, and PostgreSQL refuses to look
        return None
    language = language_of_path(path)
    address = Address.objects.filter(
        language=language, path=without_prefix(path), status=Status.REDIRECT
    ).first()
    if address is None:
        return None
    target = _target(address)
    if target is None or (isinstance(target, Publishable) and not (target.is_published or target.is_gone)):
        return None
    return with_prefix(target.address(), target.language if isinstance(target, Translated) else language)


def other_edition(path: str) -> Any:
    """The published text that stands under this address in the other language, or None."""
    if "\0" in path:
        return None
    other = ENGLISH if language_of_path(path) == CHINESE else CHINESE
    address = Address.objects.filter(language=other, path=without_prefix(path)).first()
    target = None if address is None else _target(address)
    return target if isinstance(target, Publishable) and target.is_published else None


def _target(address: Address) -> Any:
    model = address.content_type.model_class()
    return None if model is None else model._base_manager.filter(pk=address.object_id).first()
