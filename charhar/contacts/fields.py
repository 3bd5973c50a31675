"""Form fields for what strangers type: one clear error beside the field, whatever is sent."""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from .addresses import normalise_email

# Control characters, lone surrogates, and the line and paragraph separators that some readers break lines at.
UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}

MESSAGES: dict[str, Any] = {
    "required": _("Please fill this in."),
    "max_length": _("Please be shorter: at most %(limit_value)d characters; these are %(show_value)d."),
}


def _refuse_unprintable(value: str, allowed: str, message: Any) -> None:
    # NUL has Django's own error.
    if any(unicodedata.category(c) in UNPRINTABLE and c not in allowed for c in value):
        raise ValidationError(message, code="unprintable")


class LineField(forms.CharField):
    """A name or a title: one line, so that it can never add a header to a mail."""

    default_error_messages = MESSAGES

    def validate(self, value: Any) -> None:
        super().validate(value)
        _refuse_unprintable(value, "\0", _("Write this on one line, without control characters."))


class ParagraphsField(forms.CharField):
    """A text of several lines."""

    widget = forms.Textarea
    default_error_messages = MESSAGES

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")

    def validate(self, value: Any) -> None:
        super().validate(value)
        _refuse_unprintable(
            value,
            "\0\n\t",
            _("This text holds control characters that can not be kept; please type it anew."),
        )


class EmailField(LineField):
    """An e-mail address, normalised: internationalised domains and plus-addresses included."""

    widget = forms.EmailInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)
        self.widget.attrs.setdefault("autocomplete", "email")

    def clean(self, value: Any) -> str:
        value = super().clean(value)
        return normalise_email(value) if value else value
