"""The search app."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Search."""

    name = "charhar.search"
    verbose_name = "Search"
