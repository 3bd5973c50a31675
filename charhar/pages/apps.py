"""The pages app."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Pages."""

    name = "charhar.pages"
    verbose_name = "Pages"

    def ready(self) -> None:
        from . import checklist as checklist
