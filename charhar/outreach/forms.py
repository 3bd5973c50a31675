"""The forms of the pages Contact Us, Support Charhar and Stay Informed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from charhar.contacts.fields import EmailField, LineField, ParagraphsField
from charhar.contacts.guard import GuardedForm

from .models import ContactMessage


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

    subject = forms.ChoiceField(label=_("What it is about"), choices=ContactMessage.Subject.choices)
    field_order = ["subject"]


class SubscribeForm(GuardedForm):
    """An address to send news to."""

    email = EmailField(label=_("Your e-mail address"))
