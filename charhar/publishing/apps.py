"""The publishing base as an app."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_migrate, post_save, pre_delete, pre_migrate

# What every save counts up at its end; no address follows from it.
COUNTED = frozenset({"version", "content_version", "translated_version", "updated_at"})


def record_address_after_save(
    sender: Any,
    instance: Any,
    raw: bool = False,
    update_fields: frozenset[str] | None = None,
    **kwargs: Any,
) -> None:
    """Every row with a public address keeps the table of addresses."""
    if update_fields is not None and update_fields <= COUNTED:
        return
    if not raw and callable(getattr(sender, "address", None)):
        from .addresses import record_address

        record_address(instance)


def reserve_address_after_delete(sender: Any, instance: Any, **kwargs: Any) -> None:
    """A deleted row's public addresses stay reserved; those that nobody ever saw are free again."""
    if callable(getattr(sender, "address", None)):
        from django.contrib.contenttypes.models import ContentType

        from .models import Address

        own = Address.objects.filter(
            content_type=ContentType.objects.get_for_model(sender), object_id=instance.pk
        )
        own.filter(status=Address.Status.RESERVED).delete()


def pause_watch(using: str = "default", plan: Any = (), **kwargs: Any) -> None:
    """Migrations write while tables are missing; the version is raised once, at their end.

    On SQLite they replace tables, and no trigger may name one that is away.
    """
    from django.db import connections

    from .standing import is_watched, may_move_texts, unwatch

    connections[using].content_watch_paused = True  # type: ignore[attr-defined]
    connections[using].lists_stand = is_watched() and not any(  # type: ignore[attr-defined]
        may_move_texts(migration.app_label, operation)
        for migration, _backwards in plan
        for operation in migration.operations
    )
    if plan:
        unwatch()


def resume_watch(using: str = "default", **kwargs: Any) -> None:
    """Make sure of the version's one row and of the triggers, raise it once and watch again."""
    from django.db import connections, transaction
    from django.utils import timezone

    from .mirror import mirror
    from .models import ContentVersion
    from .standing import is_watched, recount, watch
    from .version import clock_tables, raise_version

    connection = connections[using]
    if clock_tables() <= set(connection.introspection.table_names()):
        ContentVersion.objects.using(using).get_or_create(
            pk=1, defaults={"epoch": ContentVersion.new_epoch()}
        )
        if not is_watched():
            watch()
            if not getattr(connection, "lists_stand", False):
                recount(timezone.now())
        with transaction.atomic(using=using):
            version = raise_version(connection)
        if version is not None:
            mirror().raise_to(version)
    connection.content_watch_paused = False  # type: ignore[attr-defined]


class PublishingConfig(AppConfig):
    """States, addresses, history, permissions and the content version."""

    name = "charhar.publishing"
    verbose_name = "Publishing"

    def ready(self) -> None:
        from . import checks as checks
        from .kinds import kinds_of_text
        from .locks import refuse_deletion

        for model in kinds_of_text():
            pre_delete.connect(refuse_deletion, sender=model, dispatch_uid="publishing.refuse_deletion")
        post_save.connect(record_address_after_save, dispatch_uid="publishing.record_address")
        post_delete.connect(reserve_address_after_delete, dispatch_uid="publishing.reserve_address")
        pre_migrate.connect(pause_watch, sender=self, dispatch_uid="publishing.pause_watch")
        post_migrate.connect(resume_watch, sender=self, dispatch_uid="publishing.resume_watch")
