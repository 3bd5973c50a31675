"""The editorial desk as an app."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """What people at work on texts need: open forms, comments, assignments, review links, plans."""

    name = "charhar.desk"
    verbose_name = "Editorial desk"
