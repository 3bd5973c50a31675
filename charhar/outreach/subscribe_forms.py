"""The forms of Stay Informed: signing up with choices, changing them, asking for the link to do so."""

import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from charhar.contacts.fields import EmailField
from charhar.contacts.guard import GuardedForm, digest
from charhar.publishing.languages import current_language

from .choices import GROUPS, LETTERS_IN, Choices, choosable, name_of
from .models import Subscription

PAUSES = {"30": datetime.timedelta(days=30), "90": datetime.timedelta(days=90)}


class SubjectsField(forms.ModelMultipleChoiceField):
    """Some of one group's subjects, known by their slugs."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            None, to_field_name="slug", required=False, widget=forms.CheckboxSelectMultiple, **kwargs
        )

    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


class ChoicesForm(GuardedForm):
    """What to hear of, in which language and how often. Four queries."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language of the letters"),
        help_text=gettext_lazy("You hear of texts in this language."),
        choices=list(LETTERS_IN.items()),
        required=False,
        widget=forms.RadioSelect,
    )
    rhythm = forms.ChoiceField(
        label=gettext_lazy("How often"),
        choices=Subscription.Rhythm.choices,
        required=False,
        widget=forms.RadioSelect,
    )
    topics = SubjectsField(label=GROUPS["topics"].label)
    regions = SubjectsField(label=GROUPS["regions"].label)
    series = SubjectsField(label=GROUPS["series"].label)
    experts = SubjectsField(label=GROUPS["experts"].label)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in GROUPS:
            field: Any = self.fields[name]
            field.queryset = self.subjects(name)

    def subjects(self, name: str) -> Any:
        """What stands to choose in one group."""
        return choosable(name)

    def groups(self) -> list[tuple[forms.BoundField, int]]:
        """The fields of subjects that have any, each with how many are ticked."""
        fields = [self[name] for name in GROUPS]
        return [(field, len(field.value() or ())) for field in fields if len(field)]

    def choices(self) -> Choices:
        """What was chosen, once the form is valid."""
        data = self.cleaned_data
        return Choices(
            data["language"] or current_language(),
            data["rhythm"] or Subscription.Rhythm.NEWSLETTER,
            {name: list(data[name]) for name in GROUPS},
        )

    def digest(self) -> str:
        data = self.cleaned_data
        subjects = [sorted(subject.pk for subject in data[name]) for name in GROUPS]
        return digest(type(self).__name__, data.get("email"), data["language"], data["rhythm"], subjects)


def ticked(query: QueryDict) -> dict[str, list[str]]:
    """The subjects that an address names, as links to follow one do: ``?topic=energy&expert=pan-deng``."""
    return {name: query.getlist(group.parameter) for name, group in GROUPS.items()}


class SubscribeForm(ChoicesForm):
    """An address to send news to, and which. The form at the foot of every page sends the address alone."""

    email = EmailField(label=gettext_lazy("Your e-mail address"))
    field_order = ["email"]


class PreferencesForm(ChoicesForm):
    """A subscription's choices as they are, to be changed; what has been hidden since stays to be chosen."""

    pause = forms.ChoiceField(label=gettext_lazy("A pause"), required=False, widget=forms.RadioSelect)
    field_order = ["language", "rhythm", "pause"]

    def __init__(self, *args: Any, subscription: Subscription, **kwargs: Any) -> None:
        self.subscription = subscription
        super().__init__(*args, **kwargs)
        self.until = subscription.paused_until
        if self.until is not None and self.until <= timezone.now():
            self.until = None
        choices = [("", _("No pause")), ("30", _("For 30 days")), ("90", _("For 90 days"))]
        if self.until is not None:
            day = date_format(timezone.localtime(self.until), "DATE_FORMAT")
            choices.append(("keep", _("Until %(day)s, as it is now") % {"day": day}))
        pause: Any = self.fields["pause"]
        pause.choices = choices
        pause.initial = "keep" if self.until else ""

    def subjects(self, name: str) -> Any:
        return choosable(name, besides=getattr(self.subscription, name).all())

    def paused_until(self) -> datetime.datetime | None:
        """Until when nothing is to be sent, once the form is valid."""
        pause = self.cleaned_data["pause"]
        if pause == "keep":
            return self.until
        return timezone.now() + PAUSES[pause] if pause else None


class LinkForm(GuardedForm):
    """An address to send the link to."""

    email = EmailField(label=gettext_lazy("Your e-mail address"))
