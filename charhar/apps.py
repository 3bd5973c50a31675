"""The charhar app: the composition root, and the admin site that it composes."""

from typing import Any

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.db.models.signals import post_migrate


def restore_roles(using: str = "default", **kwargs: Any) -> None:
    """Give an emptied database its roles back; a migrated one keeps them as staff left them."""
    if "plan" not in kwargs:
        from django.apps import apps

        from .roles import set_up_roles

        set_up_roles(apps, using)


class CharharConfig(AppConfig):
    """The composition root."""

    default = True
    name = "charhar"
    verbose_name = "Charhar"

    def ready(self) -> None:
        from charhar.contacts.held import trace

        post_migrate.connect(restore_roles, sender=self, dispatch_uid="charhar.restore_roles")
        # Tables of those that may not know the contacts: an address stands in them only by chance.
        trace("desk.Sitting", "form")
        trace("desk.ReviewLink", "reviewer", "email", "message")
        trace("desk.Comment", "body", "quote", "author_name")
        trace("desk.Opinion", "note", "user_name")
        trace("desk.Assignment", "note")
        trace("desk.SideEffect", "target", "payload", "failure")
        trace("desk.Heartbeat", "report")
        trace("search.MissedSearch", "query", names=True, delete=True)


class CharharAdminConfig(admin_apps.AdminConfig):
    """Django's admin with the institute's own site: its name, and its desks in an order that people use."""

    default = False
    default_site = "charhar.admin_site.CharharAdminSite"
