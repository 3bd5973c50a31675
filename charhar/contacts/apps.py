"""The contacts app."""

from django.apps import AppConfig


class ContactsConfig(AppConfig):
    """Contacts."""

    name = "charhar.contacts"
    verbose_name = "Contacts"

    def ready(self) -> None:
        """Say what this app holds about people, and for how long."""
        from . import held, retention

        held.hold_own_tables()
        retention.own_rules()
