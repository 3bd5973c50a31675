"""The rich-text editor in forms: a text area that becomes the editor where JavaScript runs.

The scripts are native modules in static/publishing/editor/, on Tiptap as django-prose-editor brings it.
"""

import json
from typing import Any

from django import forms
from django.forms.widgets import Script
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from js_asset import ImportMap, Media

from .richtext import SCHEMES, clean, editor_extensions

_MODULES = {
    f"charhar-editor/{name}": f"publishing/editor/{name}.js"
    for name in (
        "blocks",
        "dialogs",
        "dom",
        "library",
        "lines",
        "marks",
        "paste",
        "toolbar",
        "tools",
        "words",
    )
}
_MEDIA = Media(
    css={"all": ["publishing/editor/editor.css"]},
    js=[Script("publishing/editor/main.js", type="module")],
    importmap=ImportMap({"django-prose-editor/editor": "django_prose_editor/editor.js", **_MODULES}),
)

# Every word of the editor's own interface; a test compares them with its scripts.
_WORDS = [
    gettext_noop("A whole address, one of this site such as /topics/, or an e-mail address."),
    gettext_noop("Add"),
    gettext_noop("Add a column after"),
    gettext_noop("Add a column before"),
    gettext_noop("Add a footnote"),
    gettext_noop("Add a link"),
    gettext_noop("Add a picture"),
    gettext_noop("Add a picture to the library"),
    gettext_noop("Add a row above"),
    gettext_noop("Add a row below"),
    gettext_noop("Add a table"),
    gettext_noop("Address"),
    gettext_noop("Alt+F10 leads to the toolbar. In lists and tables, Escape and then Tab leads on."),
    gettext_noop("Bold"),
    gettext_noop("Bulleted list"),
    gettext_noop("Cancel"),
    gettext_noop("Caption"),
    gettext_noop("Caption of the table"),
    gettext_noop("Change"),
    gettext_noop("Change the footnote"),
    gettext_noop("Change the link"),
    gettext_noop("Change the picture"),
    gettext_noop("Code"),
    gettext_noop("Code block"),
    gettext_noop("Columns"),
    gettext_noop("Delete the column"),
    gettext_noop("Delete the row"),
    gettext_noop("Delete the table"),
    gettext_noop("Footnote"),
    gettext_noop("Footnote: press Enter or click to change it"),
    gettext_noop("Formatting"),
    gettext_noop("Header column"),
    gettext_noop("Header row"),
    gettext_noop("Heading"),
    gettext_noop("Into an inner list"),
    gettext_noop("It stands at the end of the page, under its number."),
    gettext_noop("Italic"),
    gettext_noop("Language"),
    gettext_noop("Language of the passage"),
    gettext_noop("Link"),
    gettext_noop("Merge the cells"),
    gettext_noop("More pictures"),
    gettext_noop("No picture has these words."),
    gettext_noop("Numbered list"),
    gettext_noop("Out of the inner list"),
    gettext_noop("Paragraph"),
    gettext_noop("Picture from the library"),
    gettext_noop("Pictures"),
    gettext_noop("Pictures shown: {number}"),
    gettext_noop("Quotation"),
    gettext_noop("Redo"),
    gettext_noop("Remove the caption"),
    gettext_noop("Remove the footnote"),
    gettext_noop("Remove the link"),
    gettext_noop("Rows, the header row included"),
    gettext_noop("Rule"),
    gettext_noop("Save"),
    gettext_noop("Says what the table shows."),
    gettext_noop("Search the library"),
    gettext_noop("Set"),
    gettext_noop("So that it is read aloud and set as it should be."),
    gettext_noop("Split the cell"),
    gettext_noop("Style of the paragraph"),
    gettext_noop("Subheading"),
    gettext_noop("Subscript"),
    gettext_noop("Superscript"),
    gettext_noop("Table"),
    gettext_noop("Text"),
    gettext_noop("The language of the text"),
    gettext_noop("The library does not answer."),
    gettext_noop("This is no address that a link can have."),
    gettext_noop("This picture is not in the library any more."),
    gettext_noop("Undo"),
]


def editor_words() -> dict[str, str]:
    """Every word that the editor's own interface says, in the language of the admin."""
    return {word: gettext(word) for word in _WORDS}


class RichTextWidget(forms.Textarea):
    """The editor on a text area, which remains as it is where JavaScript is off.

    The page must give the request's nonce to the form's media, for the import map (``with_nonce``).
    """

    def __init__(self, attrs: dict[str, Any] | None = None, *, small: bool = False) -> None:
        super().__init__({"rows": 6 if small else 20, **(attrs or {})})
        self.small = small

    @property
    def media(self) -> Media:
        return _MEDIA

    def use_required_attribute(self, initial: Any) -> bool:
        """Never: the browser can not point at a text area that the editor hides; the server says it."""
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        setup = {
            "extensions": editor_extensions(small=self.small),
            "small": self.small,
            "images": reverse("richtext-images"),
            "clean": reverse("richtext-clean"),
            "schemes": sorted(SCHEMES),
            "words": editor_words(),
        }
        context["widget"]["attrs"]["data-rich-text"] = json.dumps(
            setup, ensure_ascii=False, separators=(",", ":")
        )
        return context


def with_nonce(media: forms.Media, request: Any) -> Media:
    """A form's media with the request's nonce, without which the browser refuses the editor's import map."""
    return Media.from_media(media, nonce=getattr(request, "csp_nonce", ""))


class RichTextFormField(forms.CharField):
    """Cleans what was typed, so that a required text is not one of empty paragraphs."""

    widget = RichTextWidget

    def __init__(self, *, small: bool = False, **kwargs: Any) -> None:
        self.small = small
        # The admin asks for its plain text area wherever a model has a TextField.
        kwargs["widget"] = RichTextWidget(small=small)
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        return super().clean(clean(value or "", small=self.small))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the text differs, not only the way in which the editor writes it."""
        if self.disabled:
            return False
        return clean(initial or "", small=self.small) != clean(data or "", small=self.small)
