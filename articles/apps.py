"""The articles app."""

from django.apps import AppConfig


class ArticlesConfig(AppConfig):
    """Articles."""

    name = "articles"
    verbose_name = "Articles"
