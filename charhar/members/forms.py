"""The application for membership."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from charhar.contacts.fields import EmailField, LineField, ParagraphsField
from charhar.contacts.guard import GuardedForm
from charhar.contacts.models import Consent, Wording

from .models import Plan

WORDING = Wording(
    Consent.Purpose.MEMBERSHIP,
    "1",
    _(
        "I agree that the Charhar Institute keeps and uses what I have written here to decide on my "
        "application and to answer me. It is given to nobody else. I can withdraw this at any time by "
        "writing to the secretariat."
    ),
)


class ApplicationForm(GuardedForm):
    """Who applies, for which plan, and why."""

    plan = forms.ModelChoiceField(
        label=_("Membership"),
        queryset=Plan.objects.none(),
        empty_label=_("Please choose"),
        error_messages={"required": _("Please choose a kind of membership.")},
    )
    name = LineField(
        label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = EmailField(label=_("Your e-mail address"))
    organisation = LineField(
        label=_("Organisation"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    country = LineField(
        label=_("Country or region"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "country-name"}),
    )
    statement = ParagraphsField(
        label=_("Why you would like to join"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    consent = forms.BooleanField(
        label=WORDING.text,
        error_messages={"required": _("We can only take your application with your agreement.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plan"].queryset = Plan.shown()  # type: ignore[attr-defined]
