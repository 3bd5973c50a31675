"""E-mail addresses: how one is written down, and when two are the same."""

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _


def normalise_email(value: str) -> str:
    """The address as mail is sent to it: no space around it, the domain in lower case and in ASCII.

    What stands before the @ stays as it was typed, plus signs included. Raises ``ValidationError`` for
    anything that is not an address.
    """
    value = unicodedata.normalize("NFC", value.strip())
    validate_email(value)
    local, domain = value.rsplit("@", 1)
    try:
        domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise ValidationError(_("Enter a valid email address."), code="invalid") from None
    return f"{local}@{domain}"


def email_key(value: str) -> str:
    """What two spellings of one address have in common: case says nothing."""
    return value.casefold()
