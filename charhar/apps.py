"""The charhar app."""

from django.apps import AppConfig


class CharharConfig(AppConfig):
    """Charhar."""

    name = "charhar"
    verbose_name = "Charhar"
