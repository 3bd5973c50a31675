"""What applicants and members fill in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from charhar.contacts.fields import EmailField, LineField, ParagraphsField
from charhar.contacts.guard import GuardedForm
from charhar.contacts.models import Consent, Person, Wording
from charhar.publishing.languages import LANGUAGES

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


class StartedForm(ApplicationForm):
    """The same form for somebody who wants to go on later: only the address has to be right.

    What stands in the other fields is kept as it is, whatever it is.
    """

    # On the page it is a button; where the guard asks once more, it goes along.
    save = forms.CharField(label=_("Save and go on later"), required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name not in {"email", "website", "save"}:
                loose = forms.CharField(
                    label=field.label, required=False, strip=False, widget=field.widget, validators=[]
                )
                loose.validators = []  # not even against NUL: it is taken out instead
                self.fields[name] = loose

    def typed(self) -> dict[str, str]:
        """What was typed, field by field, as a database can hold it."""
        return {
            name: str(self.data.get(name, "")).replace("\0", "")
            for name in self.fields
            if name not in {"website", "save", "consent"}
        }


class AnswerForm(GuardedForm):
    """An applicant's answer to what the secretariat asked back."""

    answer = ParagraphsField(
        label=_("Your answer"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 8})
    )


class SignInForm(GuardedForm):
    """The address under which somebody is a member."""

    email = EmailField(label=_("Your e-mail address"))


class OwnDataForm(forms.ModelForm):
    """What a member may change without asking."""

    use_required_attribute = False
    name = LineField(
        label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
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
    language = forms.ChoiceField(label=_("Language of our letters"), choices=LANGUAGES)

    class Meta:
        model = Person
        fields = ("name", "organisation", "country", "language")


class NewAddressForm(forms.Form):
    """The mailbox that a member wants to be written to."""

    use_required_attribute = False
    email = EmailField(label=_("New e-mail address"))
