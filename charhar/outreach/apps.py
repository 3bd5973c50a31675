"""The outreach app."""

from django.apps import AppConfig


class OutreachConfig(AppConfig):
    """Outreach."""

    name = "charhar.outreach"
    verbose_name = "Outreach"
