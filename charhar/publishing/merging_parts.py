"""What merging speaks of: fields as a browser sends them, clashes, and what was taken over from whom."""

from hashlib import sha256
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext as _
from taggit.forms import TagField
from taggit.models import Tag

from .compare import Line

MISSING: Any = object()
MINE, THEIRS, EDITED = "mine", "theirs", "edited"


class Taken(NamedTuple):
    """Something that the other person changed and that was taken over."""

    label: str
    who: str


class Clash(NamedTuple):
    """Something that both changed, with the words that differ between theirs and mine.

    ``carried`` are the values of a row that stands in the form no more, for the page to carry along.
    """

    name: str
    label: str
    who: str
    lines: list[Line]
    choice: str = ""
    is_long: bool = False
    field: str = ""
    shown: str = ""  # a digest of mine, as the person was shown it
    carried: tuple[tuple[str, str], ...] = ()

    @property
    def options(self) -> list[tuple[str, str]]:
        """The answers, each with its words; a long text can also be worked over by hand."""
        found = [(THEIRS, _("Take what %(who)s saved") % {"who": self.who}), (MINE, _("Take mine"))]
        return [*found, (EDITED, _("Take mine as I have worked it over"))] if self.is_long else found


class Sides(NamedTuple):
    """Which of the three sides differ from each other in one field or row."""

    mine_from_theirs: bool
    mine_from_base: bool
    theirs_from_base: bool
    has_base: bool = True


class Choices:
    """What the person was asked and has answered, as the form brings it back."""

    def __init__(self, posted: QueryDict) -> None:
        self.asked = set(posted.getlist("clash"))
        self.answers = {name: posted.get(f"merge-{name}", "") for name in self.asked}
        self.shown = {name: posted.get(f"shown-{name}", "") for name in self.asked}

    def settle(self, name: str, sides: Sides, mine: Any) -> str:
        """Whose is to stand: ``MINE``, ``THEIRS``, or empty where a person has to say it.

        An answer holds for what the person was shown, not for what anybody wrote since: not for what they
        wrote, and where it is to give mine up, not for what I went on to type.
        """
        if not sides.mine_from_theirs:
            return MINE
        if name in self.asked:
            if sides.theirs_from_base or not sides.has_base:
                return ""
            if self.answers[name] == THEIRS and self.shown[name] != digest(mine):
                return ""
            return {MINE: MINE, EDITED: MINE, THEIRS: THEIRS}.get(self.answers[name], "")
        if not sides.has_base:
            return ""
        if not sides.mine_from_base:
            return THEIRS
        return "" if sides.theirs_from_base else MINE


def digest(mine: Any) -> str:
    """A short sign for what was posted in a field or row."""
    return sha256(repr(one_newline(mine)).encode()).hexdigest()[:16]


def one_newline(value: Any) -> Any:
    """Text with the line breaks of the database, not of a browser."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def bare(widget: forms.Widget) -> forms.Widget:
    """The widget itself, without the admin's signs around it."""
    return getattr(widget, "widget", widget) if not isinstance(widget, forms.MultiWidget) else widget


def differs(field: forms.Field, initial: Any, data: Any) -> bool:
    """Whether what was posted says anything else than ``initial``. No query."""
    if isinstance(field, TagField):
        return tag_names(field, data) != frozenset(initial or ())
    return field.has_changed(one_newline(initial), one_newline(data))


def tag_names(field: forms.Field, data: Any) -> frozenset[str]:
    """The tags that were typed; what can not be read counts as one."""
    try:
        return frozenset(field.clean(data or ""))
    except ValidationError:
        return frozenset([str(data)])


def seen_value(field: forms.Field, raw: str | None) -> Any:
    """What a field showed when the form was opened, from the hidden value beside it."""
    if raw is None:
        return MISSING
    if isinstance(field, forms.ModelChoiceField):
        return raw
    try:
        return field.to_python(raw)
    except ValidationError:
        return MISSING


def plain(field: forms.Field, model_field: models.Field, data: Any) -> Any:
    """What was posted as a column's value, as far as it makes sense; else as it was typed. No query."""
    try:
        if isinstance(field, forms.ModelChoiceField):
            return model_field.target_field.to_python(data) if data else None  # type: ignore[attr-defined]
        return field.to_python(data)
    except (ValidationError, ValueError):
        return data


def as_posted(field: forms.Field, value: Any) -> list[str]:
    """What a browser would send for a field that shows ``value``."""
    widget = bare(field.widget)
    if isinstance(field, TagField):
        value = [Tag(name=name) for name in value]
    value = field.prepare_value(value)
    if isinstance(widget, forms.CheckboxInput):
        return ["on"] if value else []
    formatted = widget.format_value(value)
    if formatted is None:
        return [] if isinstance(widget, forms.SelectMultiple | forms.CheckboxSelectMultiple) else [""]
    return [str(one) for one in formatted] if isinstance(formatted, list) else [str(formatted)]


def typed_again(value: Any) -> list[str]:
    """What a widget read from a form, as it stood there."""
    if isinstance(value, list):
        return [str(one) for one in value]
    if isinstance(value, bool):
        return ["on"] if value else []
    return [] if value is None else [str(value)]


def hidden(field: forms.Field, value: Any) -> str:
    """The hidden value beside a field that shows ``value``, as Django renders it."""
    formatted = field.hidden_widget().format_value(field.prepare_value(value))
    return "" if formatted is None else str(formatted)
