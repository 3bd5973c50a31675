"""The keys that work a text's form, and where they are listed."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from charhar.publishing.admin_moves import Panel


class KeysAdmin(admin.ModelAdmin):
    """Save, preview, publish, next and previous field by keyboard; without a script nothing is listed."""

    class Media:
        js: ClassVar[Any] = [forms.Script("desk/keys.js", type="module")]

    def panels(self, request: HttpRequest, obj: Any) -> list[Panel]:
        """The list of keys, at the end of the desk."""
        return [*super().panels(request, obj), Panel("aside", "admin/desk/keys.html", {})]  # type: ignore[misc]
