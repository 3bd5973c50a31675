"""The publications app."""

from django.apps import AppConfig


class PublicationsConfig(AppConfig):
    """Publications."""

    name = "publications"
    verbose_name = "Publications"

    def ready(self) -> None:
        from . import checklist as checklist
