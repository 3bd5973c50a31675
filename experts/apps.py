"""The experts app."""

from django.apps import AppConfig


class ExpertsConfig(AppConfig):
    """Experts."""

    name = "experts"
    verbose_name = "Experts"

    def ready(self) -> None:
        from . import checklist as checklist
