"""Writing a translation with its original beside each field; folded away where the screen is narrow."""

from typing import Any

from django import forms
from django.utils.html import format_html, linebreaks
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from .richtext import RichTextField
from .templatetags.richtext import richtext


class BesideOriginal(forms.Widget):
    """A field's own widget, and what the field says in the original; in all else it is that widget."""

    def __init__(
        self, widget: forms.Widget, label: Any, language: str, shown: SafeString, *, rich: bool
    ) -> None:
        super().__init__(widget.attrs)
        self.widget = widget
        self.label, self.language, self.shown, self.rich = label, language, shown, rich
        self.needs_multipart_form = widget.needs_multipart_form

    @property
    def media(self) -> forms.Media:
        return self.widget.media

    @property
    def is_hidden(self) -> bool:
        return self.widget.is_hidden

    def id_for_label(self, id_: str | None) -> str:
        return self.widget.id_for_label(id_ or "")

    def use_required_attribute(self, initial: Any) -> bool:
        return self.widget.use_required_attribute(initial)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return self.widget.value_from_datadict(data, files, name)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return self.widget.value_omitted_from_data(data, files, name)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        # Long texts scroll by themselves, also by keyboard.
        region = ""
        if self.rich:
            said = _("Original: %s") % self.label
            region = format_html(' tabindex="0" role="region" aria-label="{}"', said)
        word = _("Original")
        return format_html(
            '<div class="beside"><details class="original"><summary>{}</summary>'
            '<div class="original-text" data-word="{}" lang="{}"{}>{}</div></details>'
            '<div class="beside-field">{}</div></div>',
            word,
            word,
            self.language,
            region,
            self.shown,
            self.widget.render(name, value, attrs, renderer),
        )


def set_beside(form: Any, original: Any) -> None:
    """Show the original beside each text field of a translation's form that has words in the original.

    One query for each rich text with pictures.
    """
    for name in ("title", *original.EDITION_WRITES):
        field = form.fields.get(name)
        value = getattr(original, name)
        column = original._meta.get_field(name)
        if field is None or not value or column.choices:
            continue
        rich = isinstance(column, RichTextField)
        plain = SafeString("") if rich else SafeString(linebreaks(value, autoescape=True))
        shown = richtext(value, f"original-{name}-") if rich else plain
        field.widget = BesideOriginal(field.widget, field.label, original.html_lang, shown, rich=rich)
