"""The library app."""

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """Library."""

    name = "charhar.library"
    verbose_name = "Library"
