"""Forms that narrow a list: their answer is another address of the list, and nothing is sent."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

LONGEST = 100
UNKNOWN = _("We know none of this kind. It was left out; please choose from the list.")


class NarrowingForm(forms.Form):
    """What readers may ask of a list; what is not understood is said beside its field and left out.

    ``choices`` are those of each field that has some. Whatever was typed comes back, as far as anybody types.
    """

    use_required_attribute = False

    def __init__(self, data: QueryDict, choices: Mapping[str, Iterable[tuple[Any, Any]]]) -> None:
        asked = {name: data.get(name, "")[:LONGEST] for name in self.base_fields if data.get(name)}
        super().__init__(asked, auto_id="find-%s")
        self.is_asked = bool(asked)
        for name, known in choices.items():
            field: Any = self.fields[name]
            field.choices = [("", _("Any")), *known]
            field.error_messages["invalid_choice"] = UNKNOWN

    def narrowed(self) -> dict[str, str]:
        """What was asked for and understood, as an address says it."""
        self.is_valid()
        return {name: "on" if value is True else value for name, value in self.cleaned_data.items() if value}


class NameField(forms.CharField):
    """A person's name, or a part of one."""

    default_error_messages = {"null_characters_not_allowed": _("A name holds no such characters.")}

    def __init__(self, **kwargs: Any) -> None:
        look = {"type": "search", "maxlength": LONGEST, "autocomplete": "off"}
        super().__init__(required=False, widget=forms.TextInput(attrs=look), **kwargs)
