"""What the choices of a text's fields are called, in the page's language."""

from functools import cache
from typing import Any

from django.db import models
from django.utils.encoding import force_str


@cache
def _labels(field: models.Field) -> dict[Any, Any]:
    """The labels of a field's choices, not yet translated."""
    return dict(field.flatchoices)


class Labelled:
    """``get_kind_display()`` and its like, without taking and translating all labels of a field for each."""

    def _get_FIELD_display(self, field: models.Field) -> Any:
        value = getattr(self, field.attname)
        return force_str(_labels(field).get(value, value), strings_only=True)
