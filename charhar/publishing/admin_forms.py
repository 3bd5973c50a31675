"""The forms of the admin: what they keep, what they refuse, and how an editor gives dates and order."""

import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from charhar.taxonomy.admin import KeepingForm

from .admin_beside import set_beside
from .checklist import Unready
from .models import Publishable, State, Translated
from .moments import moment_named
from .translation import may_read_original

# The buttons that change a text's state, as ``admin.moves_for`` names them.
MOVE_NAMES = (
    "_submit", "_send_back", "_publish", "_schedule", "_withdraw", "_reopen",
    "_publish_correction", "_schedule_correction", "_unschedule_correction",
    "_lock", "_unlock",
)  # fmt: skip
MINOR, NOTED = "minor", "noted"
# What a move's button says instead of 1 where it is to be made in spite of the checklist.
OVERRIDE = "override"


def beijing(moment: datetime.datetime) -> str:
    """A moment as the admin says it: in full, in Beijing time, and named so."""
    return _("%(moment)s (Beijing time, UTC+8)") % {
        "moment": date_format(timezone.localtime(moment), "F j, Y, H:i")
    }


class DateWidget(forms.DateInput):
    """The browser's own date field: works by keyboard, on phones and without scripts."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class MomentWidget(forms.DateTimeInput):
    """The browser's own field for a date and a time."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class BeijingField(forms.DateTimeField):
    """A moment, typed and shown in Beijing time, to the minute."""

    widget = MomentWidget

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Seconds that the field can not show are no change."""
        if isinstance(initial, datetime.datetime):
            initial = initial.replace(second=0, microsecond=0)
        return super().has_changed(initial, data)


class CheckboxGroup(forms.CheckboxSelectMultiple):
    """Checkboxes that a screen reader announces as one group with a name."""

    def __init__(self, label: Any = "", attrs: dict[str, Any] | None = None, choices: Any = ()) -> None:
        super().__init__(attrs, choices)
        self.label = label

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        boxes = super().render(name, value, attrs, renderer)
        return format_html('<div role="group" aria-label="{}" class="choices">{}</div>', self.label, boxes)


class SubjectsField(forms.ModelMultipleChoiceField):
    """Regions, topics and the like as checkboxes, for relations with rows of their own."""

    def __init__(self, queryset: Any, *, label: Any) -> None:
        super().__init__(queryset, required=False, label=label, widget=CheckboxGroup(label))


class KnownChoice(AutocompleteSelect):
    """A look-up that does not ask the database again for the row that came with the form's own."""

    known: Any = None

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        if self.known is None or [str(chosen) for chosen in value] != [str(self.known.pk)]:
            return super().optgroups(name, value, attr)
        label = self.choices.field.label_from_instance(self.known)  # type: ignore[union-attr]
        none = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        return [(None, [*none, self.create_option(name, self.known.pk, label, True, len(none))], 0)]


class VisibleChoicesForm(forms.ModelForm):
    """Offers the texts that the person may see, and always keeps the one already chosen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if not isinstance(field, forms.ModelChoiceField) or isinstance(
                field, forms.ModelMultipleChoiceField
            ):
                continue
            if field.queryset is None:
                continue
            look_up = getattr(field.widget, "widget", field.widget)
            if isinstance(look_up, KnownChoice):
                look_up.known = self.instance._state.fields_cache.get(name)
            model = field.queryset.model
            chosen = getattr(self.instance, f"{name}_id", None)
            if chosen is not None and issubclass(model, Publishable):
                field.queryset |= model.versions.filter(pk=chosen)


class PublishableForm(VisibleChoicesForm, KeepingForm):
    """A text as the editor opened it; what somebody else saved in between is merged before it comes here."""

    # Fields of the form that write a relation of another name.
    FILED: ClassVar[dict[str, str]] = {}

    opened_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    publish_from = BeijingField(label=_("Publish from"), required=False, help_text=_("Beijing time (UTC+8)."))
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Readers who follow the address will see it."),
    )
    note = forms.CharField(label=_("Note to the author"), required=False, widget=forms.Textarea({"rows": 3}))

    told = forms.ChoiceField(
        label=_("What readers are told"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            (MINOR, _("Minor: nothing is shown")),
            (NOTED, _("A public note, dated")),
        ],
    )
    public_note = forms.CharField(
        label=_("Public note"),
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Say what was wrong and what is right now."),
    )

    override = forms.CharField(
        label=_("Reason to publish in spite of this"),
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("It stands in the history, with what was to be mended."),
    )

    # Never typed, so nothing to excuse from the model's checks: constraints that name them must be checked.
    UNTYPED = frozenset({"state", "publish_at", "withdrawn_at", "trashed_at", "corrects", "based_on"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name in self.instance.LIFE_FIELDS:  # no snapshot holds them: the page says how they were
                field.show_hidden_initial = True
        self.fields["opened_version"].initial = self.instance.version if self.instance.pk else None
        if self.instance.is_scheduled:
            self.fields["publish_from"].initial = self.instance.publish_at
        if not self.is_bound and self.request is not None and "publish_from" in self.request.GET:
            self.initial["publish_from"] = self.request.GET["publish_from"]  # typed, and not scheduled
        if self.instance.is_copy and self.instance.state == State.PUBLISHED:
            self.fields["told"].initial = NOTED if self.instance.correction_note else MINOR
            self.fields["public_note"].initial = self.instance.correction_note
        if "slug" in self.fields:
            self.fields["slug"].required = False

    @property
    def pressed(self) -> str:
        """The name of the button that was pressed, as far as it changes the state; else empty."""
        return next((name for name in MOVE_NAMES if name in self.data), "")

    @property
    def overrides(self) -> bool:
        """Whether the button was pressed that does its move in spite of the checklist."""
        return self.data.get(self.pressed or "_save") == OVERRIDE

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        if isinstance(getattr(self.request, "refused", None), Unready):
            self.add_error(
                None,
                _("Nothing was saved: first mend what the checklist names. What you typed stands below."),
            )
        if self.instance.pk:
            self._look_for_conflict()
        self._find_slug(cleaned)
        self._check_hours(cleaned)
        self._check_note(cleaned)
        if not self.overrides:
            cleaned["override"] = ""
        elif not cleaned.get("override", "").strip():
            self.add_error("override", _("Say why it is to be published all the same."))
        return cleaned

    def _look_for_conflict(self) -> None:
        """Lock the row and see whether it still is what the form was opened or merged with. One query."""
        text = self.instance
        bookkeeping = [
            f.name
            for f in text._meta.concrete_fields
            if f.name in text.LIFE_FIELDS and f.name not in self.fields
        ]
        text.refresh_from_db(
            fields=[name for name in bookkeeping if name != "id"],
            from_queryset=type(text).versions.select_for_update(),
        )
        if text.version != self.cleaned_data.get("opened_version"):
            raise ValidationError(
                _("The text has changed since you opened it. Nothing was saved; what you typed stands below.")
            )
        merged = getattr(self.request, "merged", None)
        for clash in merged.clashes if merged else ():
            self.add_error(
                clash.field if clash.field in self.fields else None,
                _("%(who)s changed this too: choose at the top of the page whose is to stand.")
                % {"who": clash.who},
            )

    def _find_slug(self, cleaned: dict[str, Any]) -> None:
        """A translation shares its original's slug; else an empty one is made from the title."""
        if "slug" not in self.fields or "slug" in self.errors:
            return
        original = cleaned.get("translation_of")
        if original is not None:
            cleaned["slug"] = original.slug
        elif not cleaned.get("slug"):
            cleaned["slug"] = slugify(self.slug_source(cleaned))[:150].strip("-")
            if not cleaned["slug"]:
                self.add_error(
                    "slug", _("Write the last part of the address in Latin letters, digits and hyphens.")
                )

    def slug_source(self, cleaned: dict[str, Any]) -> str:
        """What a slug is made from."""
        return cleaned.get("title") or ""

    def _check_hours(self, cleaned: dict[str, Any]) -> None:
        if self.pressed not in {"_schedule", "_schedule_correction"}:
            self.errors.pop("publish_from", None)  # nothing reads it, so it holds up nothing
            if self.pressed in {"_publish", "_publish_correction"}:
                self._refuse_two_minds(cleaned.get("publish_from"))
        expires, published = cleaned.get("expire_at"), self.instance.publish_at
        if expires and published and expires <= published:
            self.add_error("expire_at", _("A text can not expire before it is published."))
        if self.pressed in {"_schedule", "_schedule_correction"} and "publish_from" not in self.errors:
            wanted = cleaned.get("publish_from")
            if wanted is None:
                self.add_error("publish_from", _("Say from when readers shall see the text."))
            elif wanted <= timezone.now():
                self.add_error(
                    "publish_from", _("That moment has passed. Choose one to come, or publish now.")
                )
        if self.pressed == "_withdraw" and self.instance.was_public and not cleaned.get("reason", "").strip():
            self.add_error(
                "reason",
                _("Say why the text is withdrawn: readers who follow its address will see the reason."),
            )

    def _refuse_two_minds(self, wanted: datetime.datetime | None) -> None:
        """Readers would see at once what the editor has just given a moment to come."""
        if wanted is not None and wanted > timezone.now() and "publish_from" in self.changed_data:
            self.add_error(
                "publish_from",
                _("You typed %s: press the button to schedule it, or empty this field to publish it now.")
                % moment_named(wanted),
            )

    def _check_note(self, cleaned: dict[str, Any]) -> None:
        """A correction goes before readers as a minor one or with its note, as the editor said."""
        if self.pressed not in {"_publish_correction", "_schedule_correction"} or "told" in self.errors:
            return
        note = cleaned.get("public_note", "").strip()
        if not cleaned.get("told"):
            self.add_error("told", _("Say whether readers are shown a note."))
        elif cleaned["told"] == NOTED and not note:
            self.add_error("public_note", _("Write the note that readers will see."))
        cleaned["public_note"] = note if cleaned.get("told") == NOTED else ""

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - self.UNTYPED  # type: ignore[misc]


class TranslatedForm(PublishableForm):
    """A text in one language; an original that has its translation already is refused beside the field.

    A translation is written with its original beside it, for those who may read that.
    """

    # The version of the original that the translator says this is up to date with.
    up_to_date = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.translation_of_id and may_read_original(self.instance, self.request.user):
            set_beside(self, self.instance.translation_of)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        original = cleaned.get("translation_of")
        language = cleaned.get("language") or self.instance.language
        if original is not None and language:
            model: type[Translated] = type(self.instance)
            other = (
                model.versions.filter(translation_of=original, language=language, corrects__isnull=True)  # type: ignore[attr-defined]
                .exclude(pk=self.instance.pk)
                .first()
            )
            if other is not None:
                where = _(" (in the trash)") if other.trashed_at else ""
                self.add_error(
                    "translation_of",
                    _("“%(original)s” already has a translation in that language: “%(other)s”%(where)s.")
                    % {"original": original, "other": other, "where": where},
                )
        return cleaned


class OrderedFormSet(BaseInlineFormSet):
    """Rows with a position: one left empty comes after the others."""

    refused: tuple[str, ...] = ()  # what the checklist says of the rows

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        if form.instance._state.adding:  # a new row showed nothing before that it could be compared with
            for field in form.fields.values():
                field.show_hidden_initial = False
        position = form.fields.get("position")
        if position is not None:
            position.required = False
            position.widget.attrs["placeholder"] = _("last")
            if form.instance._state.adding:
                form.initial["position"] = None

    def clean(self) -> None:
        super().clean()
        if self.refused:
            raise ValidationError(list(self.refused))
        rows = [f for f in self.forms if not f.errors and not self._should_delete_form(f)]  # type: ignore[attr-defined]
        rows = [f for f in rows if f.has_changed() or not f.instance._state.adding]
        given = [f.cleaned_data["position"] for f in rows if f.cleaned_data.get("position") is not None]
        last = max(given, default=0)
        for form in rows:
            if form.cleaned_data.get("position") is None:
                last += 1
                form.cleaned_data["position"] = form.instance.position = last
