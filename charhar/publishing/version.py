"""The content version: one row that says which state of the content a page was made from.

It is raised in the transaction of every write to a row that a public page reads
(``backends/watching.py``), and whenever the clock passes ``next_change``, the next moment at which a text
appears or disappears. What is made once per version (menu, foot, later whole pages) needs no other
invalidation.
"""

import datetime
from functools import cache
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from .prepared import Prepared


class Version(NamedTuple):
    """The version's number, the epoch it counts in, and when it ends by the clock alone."""

    number: int
    epoch: int
    next_change: datetime.datetime | None

    @property
    def key(self) -> str:
        """A short text for cache keys."""
        return f"{self.epoch:x}.{self.number}"


@cache
def content_tables() -> frozenset[str]:
    """The names of all tables that a public page reads: settings.CONTENT_MODELS with their relations."""
    named = set(settings.CONTENT_MODELS)
    return frozenset(
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in named or model._meta.label in named
    )


@cache
def clock_tables() -> frozenset[str]:
    """The names of the tables that ``next_change`` is looked up in, and of the version's own."""
    models = [model for model in apps.get_models() if getattr(model, "clock_columns", ())]
    return frozenset({"publishing_contentversion", *(model._meta.db_table for model in models)})


@cache
def _raise_statement() -> tuple[str, int]:
    """The UPDATE that raises the version, and how often it takes ``now``.

    The next change is the earliest coming moment in the ``clock_columns`` of any content model, or that of a
    correction which the clock has to publish, be it overdue; one index look-up each. Tables and columns are
    our own models' names, the moment is a parameter.
    """
    moments = [
        f"SELECT MIN({column}) AS moment FROM {model._meta.db_table} WHERE {column} > %s"  # noqa: S608
        f"{' AND ' + model.clock_condition if model.clock_condition else ''}"  # type: ignore[attr-defined]
        for model in apps.get_models()
        for column in getattr(model, "clock_columns", ())
    ]
    # COALESCE lets SQLite look through the few working copies, not through all texts in order of publication.
    tasks = [
        f"SELECT MIN(COALESCE(publish_at, publish_at)) AS moment"  # noqa: S608
        f" FROM {model._meta.db_table} WHERE {model.clock_task}"
        for model in apps.get_models()
        if hasattr(model, "clock_task")
    ]
    union = " UNION ALL ".join([*moments, *tasks])
    statement = f"""UPDATE publishing_contentversion SET number = number + 1, counted_at = %s,
        next_change = (SELECT MIN(moment) FROM ({union}) AS moments)
        RETURNING number, epoch"""  # noqa: S608
    return statement, len(moments) + 1


def raise_version(using: Any = connection, now: datetime.datetime | None = None) -> Version | None:
    """Raise the version by one, bring the lists up to date and find the next change; within a transaction.

    Four statements, and more where a text stands elsewhere than before. Returns the new version without its
    next change; None in a database that was emptied, where there is nothing to raise.
    """
    from .models import ContentVersion
    from .standing import settle

    now = now or timezone.now()
    statement, times = _raise_statement()
    # Locked where that can be. A statement that waits for another's row goes on seeing all else as it was
    # before the wait: it would look for the next change without what the other has just committed.
    counted_at = ContentVersion.objects.select_for_update().values_list("counted_at", flat=True).first()
    if counted_at is None:
        return None
    settle(counted_at, now)
    with using.cursor() as cursor:
        cursor.execute(statement, [using.ops.adapt_datetimefield_value(now)] * times)
        number, epoch = cursor.fetchone()
    return Version(number, epoch, None)


def current_version(now: datetime.datetime | None = None) -> Version:
    """The version to make a page from: one query, and more only when the clock has passed the next change.

    Then the corrections that are due are published first, each in a transaction of its own. Within a
    transaction that has written content itself, the version is raised first, so that what is made from its
    own writes never stands under an old number.
    """
    from .models import ContentVersion

    now = now or timezone.now()
    connection.raise_content_version()  # type: ignore[attr-defined]
    row = read_version()
    if row.next_change is None or now < row.next_change:
        return row
    from .copies import apply_due

    apply_due(now)  # before the version's row is locked: whoever saves locks that one last
    with transaction.atomic():
        locked = ContentVersion.objects.select_for_update().get()
        if locked.next_change is not None and now >= locked.next_change:
            connection.content_written = True  # type: ignore[attr-defined]
            connection.raise_content_version(now)  # type: ignore[attr-defined]
        return read_version()


def read_version() -> Version:
    """The version as its row stands. One query."""
    return Version(*_version_row()[0])


@Prepared
def _version_row() -> Any:
    from .models import ContentVersion

    return ContentVersion.objects.values_list("number", "epoch", "next_change")


def renew_epoch(seen: Version) -> None:
    """Begin to count in a new epoch, unless somebody has since ``seen``. One statement."""
    from .models import ContentVersion

    row = ContentVersion.objects.filter(number=seen.number, epoch=seen.epoch)
    row.update(epoch=ContentVersion.new_epoch(), number=F("number") + 1)
