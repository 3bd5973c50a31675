"""The forms of the pages Contact Us and Support Charhar."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from charhar.contacts.fields import EmailField, LineField, ParagraphsField
from charhar.contacts.guard import GuardedForm, digest
from experts.models import Expert

from .models import ContactMessage

# A path on this site, and nothing that a browser would take for an address elsewhere.
own_path = RegexValidator(
    r"\A/(?!/)[A-Za-z0-9/_-]*\Z", _("Write only the part of the address after the site’s name.")
)


class MessageForm(GuardedForm):
    """Who writes, and what."""

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
    message = ParagraphsField(
        label=_("Your message"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 8})
    )


class ContactForm(MessageForm):
    """A message on a subject that the sender chooses."""

    subject = forms.ChoiceField(
        label=_("What it is about"),
        choices=[each for each in ContactMessage.Subject.choices if each[0] != ContactMessage.Subject.EXPERT],
    )
    page = LineField(label=_("The page it is about"), max_length=300, required=False, validators=[own_path])
    field_order = ["subject", "page"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self["page"].value():
            # Only those who come from a page to report an error in it are asked which.
            del self.fields["page"]


class ExpertForm(MessageForm):
    """A message to one expert; the same words to another expert are another message."""

    def __init__(self, *args: Any, expert: Expert, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expert = expert

    def digest(self) -> str:
        return digest(super().digest(), self.expert.pk)
