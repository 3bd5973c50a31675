"""The contacts app."""

from django.apps import AppConfig


class ContactsConfig(AppConfig):
    """Contacts."""

    name = "charhar.contacts"
    verbose_name = "Contacts"

    def ready(self) -> None:
        """Say what this app holds about people."""
        from . import held

        held.hold_own_tables()
