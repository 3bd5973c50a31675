"""The contacts app."""

from django.apps import AppConfig


class ContactsConfig(AppConfig):
    """Contacts."""

    name = "charhar.contacts"
    verbose_name = "Contacts"
