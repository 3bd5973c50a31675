"""The experts app."""

from django.apps import AppConfig


class ExpertsConfig(AppConfig):
    """Experts."""

    name = "experts"
    verbose_name = "Experts"
