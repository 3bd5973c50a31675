"""The editorial desk as an app."""

from django.apps import AppConfig
from django.db.models.signals import post_delete


class DeskConfig(AppConfig):
    """What people at work on texts need: open forms, comments, assignments, review links, plans."""

    name = "charhar.desk"
    verbose_name = "Editorial desk"

    def ready(self) -> None:
        from . import links

        post_delete.connect(links.forget, dispatch_uid="desk.links")
