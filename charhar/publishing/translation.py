"""The two editions of a text: starting the other one, and whether a translation is older than its original.

``content_version`` is the version in which a text's content last changed; ``translated_version``, on a
translation, the version of the original that it renders. A translation is older where its original's content
changed in a later version: two columns, so that a list asks without opening any history. The slug, which
editions share, is no change; a change that is undone again stays one until somebody says that the translation
is up to date.
"""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from .history import canonical, snapshots_of
from .languages import CHINESE, ENGLISH
from .models import Action, Publishable, Snapshot
from .permissions import allowed


def other_language(language: str) -> str:
    """The language that a text in ``language`` is translated into."""
    return CHINESE if language == ENGLISH else ENGLISH


def other_edition_of(text: Any) -> Any:
    """The text in the other language, in whatever state and be it in the trash; None where there is none.

    One query; none for a translation that came with its original, or after ``remember_other_edition``.
    """
    if text.translation_of_id:
        return text.translation_of
    if "known_edition" in vars(text):
        return text.known_edition
    versions: Any = type(text).versions
    return versions.filter(
        translation_of=text.corrects_id or text.pk,
        language=other_language(text.language),
        corrects__isnull=True,
    ).first()


def remember_other_edition(text: Any) -> None:
    """Let ``other_edition_of`` ask once for all parts of a page that is made of this very instance."""
    text.known_edition = other_edition_of(text)


def may_read_original(text: Any, user: Any) -> bool:
    """Whether whoever translates the text may see its original: readers do, or they themselves may."""
    original = text.translation_of
    return original is not None and (original.is_published or original.may(user, Action.VIEW))


# -- Which texts lack an edition, which translations are older ----------------------------------------


def lacking_q(model: Any, language: str) -> Q:
    """Texts without an edition in ``language``, be it a draft; one in the trash is none."""
    editions = model.versions.filter(
        translation_of=OuterRef("pk"), language=language, corrects__isnull=True, trashed_at__isnull=True
    )
    alone = Q(translation_of__isnull=True) | Q(translation_of__trashed_at__isnull=False)
    return Q(alone, ~Exists(editions), language=other_language(language))


def is_outdated(text: Any) -> bool:
    """Whether the original of a translation, or of its working copy, has changed since; ``outdated_q`` is the
    same rule. One query where the original is not loaded."""
    if not text.translation_of_id or text.translated_version is None:
        return False
    original = text.translation_of
    return original.trashed_at is None and original.content_version > text.translated_version


def outdated_q() -> Q:
    """Translations that are older than their original."""
    return Q(
        translation_of__trashed_at__isnull=True,
        translation_of__content_version__gt=F("translated_version"),
    )


def base_of(text: Any) -> Snapshot | None:
    """The original as it was when the translation was last up to date; None where no history reaches back."""
    if text.translated_version is None:
        return None
    return snapshots_of(text.translation_of).filter(version__lte=text.translated_version).first()


def confirm(text: Any, version: int) -> None:
    """Note that the translation renders this version of its original, or a later one. Not saved here."""
    text.translated_version = max(min(version, text.translation_of.version), text.translated_version or 0)


def note_versions(text: Any, last: Snapshot | None, snapshot: Snapshot) -> list[str]:
    """Keep both columns as a save closes; returns those that changed. ``workflow.record`` calls it.

    ``last`` is the snapshot before. A text that is newly linked to an original counts as its translation as
    it is now: one query.
    """
    before = (text.content_version, text.translated_version)
    if last is None or _content(last) != _content(snapshot):
        text.content_version = text.version
    if text.translation_of_id is None:
        text.translated_version = None
    elif text.translated_version is None:
        rows: Any = type(text).versions
        text.translated_version = rows.values_list("version", flat=True).get(pk=text.translation_of_id)
    after = (text.content_version, text.translated_version)
    names = ("content_version", "translated_version")
    return [name for name, old, new in zip(names, before, after, strict=True) if old != new]


def _content(snapshot: Snapshot) -> str:
    return canonical({**snapshot.data, "fields": {**snapshot.data["fields"], "slug": ""}})


# -- Starting the other edition -----------------------------------------------------------------------


def may_start(user: Any, text: Publishable) -> bool:
    """Whether ``user`` may start the other edition of a text: read it, and add texts of its kind."""
    if text.trashed_at is not None or not allowed(user, Action.ADD, type(text)):
        return False
    return text.is_published or text.may(user, Action.VIEW)


def start_edition(text: Any, user: Any = None) -> tuple[Any, bool]:
    """The draft of the text in the other language, and whether it was made now or was there already.

    It begins with what the kind's ``EDITION_CARRIES`` names; what is written anew is empty. Of several who
    ask at once all get the same row. Raises ``PermissionDenied``, and ``ValidationError`` where the address
    belongs to another text or the draft would lie outside the person's remit.
    """
    from .workflow import record

    model = type(text)
    with transaction.atomic():
        text = model.versions.select_for_update().get(pk=text.corrects_id or text.pk)
        if user is not None and not may_start(user, text):
            raise PermissionDenied(f"{user} may not start the other edition of {text}")
        there = other_edition_of(text)
        if there is not None:
            return there, False
        edition = model(
            language=other_language(text.language),
            translation_of=text,
            translated_version=text.version,
            created_by=user,
        )
        carried = set(model.EDITION_CARRIES)
        for field in model._meta.concrete_fields:
            if field.name in carried:
                setattr(edition, field.attname, getattr(text, field.attname))
        edition.slug = text.slug
        edition.fit_to_language()
        edition.clean()
        edition.save()
        for name in carried.intersection(model.CONTENT_INLINES):
            _carry_rows(text, edition, name)
        for field in model._meta.many_to_many:
            if field.name in carried and field.name != "tags":
                through: Any = field.remote_field.through
                besides = None if through._meta.auto_created else edition.filing_defaults()
                subjects = getattr(text, field.name).values_list("pk", flat=True)
                getattr(edition, field.name).set(subjects, through_defaults=besides)
        if "tags" in carried:
            edition.tags.set(_tags_in_use(text, edition.language))
        record(edition, user=user, action="translate")
        if user is not None and not edition.may(user, Action.CHANGE):
            raise ValidationError(
                _("The text lies outside your remit: choose one of your own topics or sections.")
            )
    return edition, True


def _carry_rows(text: Any, edition: Any, name: str) -> None:
    """Rows of an inline, with what they say in the other language as far as the house knows it."""
    relation: Any = getattr(text, name)
    rows = list(relation.order_by("pk"))
    for row in rows:
        row.pk = None
        row._state.adding = True
        setattr(row, relation.field.name, edition)
        if hasattr(row, "fit_to_language"):
            row.fit_to_language(text.language, edition.language)
    # In bulk, so that no ``save()`` of a row fills in what was empty in the original.
    relation.model._base_manager.bulk_create(rows)


def _tags_in_use(text: Any, language: str) -> list[Any]:
    """The text's tags that also stand on texts in ``language``: the others are not words of it."""
    used = type(text).objects.filter(language=language).values("tags")
    return list(text.tags.filter(pk__in=used))
