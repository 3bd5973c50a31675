"""The taxonomy app."""

from django.apps import AppConfig


class TaxonomyConfig(AppConfig):
    """Taxonomy."""

    name = "charhar.taxonomy"
    verbose_name = "Taxonomy"
