"""The forms of review links: the one that staff make a link with, and the two that reviewers answer with."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from charhar.contacts.fields import EmailField, LineField, ParagraphsField
from charhar.publishing.admin_forms import DateWidget

from .models import Opinion

LONGEST_DAYS = 366
BY_DATE = "date"


def end_of_day(day: datetime.date) -> datetime.datetime:
    """The last moment of a day in Beijing."""
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.max))


class LinkForm(forms.Form):
    """For whom, until when, what they may do."""

    use_required_attribute = False

    reviewer = LineField(label=_("For whom"), max_length=150, help_text=_("The person's name."))
    email = EmailField(
        label=_("E-mail"),
        required=False,
        help_text=_("The link is sent there. Empty: you pass it on yourself."),
    )
    valid = forms.ChoiceField(
        label=_("Valid for"),
        choices=[
            ("7", _("7 days")),
            ("14", _("14 days")),
            ("30", _("30 days")),
            (BY_DATE, _("until the day below")),
        ],
        initial="14",
    )
    until = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=DateWidget,
        help_text=_("To its end in Beijing time (UTC+8)."),
    )
    may_comment = forms.BooleanField(label=_("May comment"), required=False, initial=True)
    may_approve = forms.BooleanField(label=_("May approve or ask for changes"), required=False, initial=True)
    message = ParagraphsField(
        label=_("Message"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What you ask for; it stands above the text and in the letter."),
    )

    def clean(self) -> dict[str, Any]:
        """Turn the choice and the day into ``expires_at``."""
        data = super().clean() or {}
        valid, until, today = data.get("valid"), data.get("until"), timezone.localdate()
        if valid == BY_DATE and "until" in data:
            if until is None:
                raise ValidationError({"until": _("Give the last day.")})
            if until < today:
                raise ValidationError({"until": _("That day has passed.")})
            if until > today + datetime.timedelta(days=LONGEST_DAYS):
                raise ValidationError({"until": _("A link is valid for a year at most.")})
            data["expires_at"] = end_of_day(until)
        elif valid and valid != BY_DATE:
            data["expires_at"] = end_of_day(today + datetime.timedelta(days=int(valid)))
        return data

    def terms(self) -> dict[str, Any]:
        """What ``links.make_link`` takes."""
        named = ("reviewer", "email", "message", "may_comment", "may_approve", "expires_at")
        return {name: self.cleaned_data[name] for name in named}


class ReviewerForm(forms.Form):
    """What both of the reviewer's forms share: the name, filled in from the link."""

    use_required_attribute = False
    name = LineField(
        label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )


class CommentForm(ReviewerForm):
    """A comment, on a passage or on the whole."""

    quote = ParagraphsField(
        label=_("The passage that it is about"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Empty: the text as a whole."),
    )
    body = ParagraphsField(label=_("Your comment"), max_length=5000, widget=forms.Textarea(attrs={"rows": 6}))


class DecisionForm(ReviewerForm):
    """Approved, or changes wanted, which says which."""

    note = ParagraphsField(
        label=_("Note"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("If you ask for changes, say which."),
    )

    def __init__(self, *args: Any, verdict: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.verdict = verdict

    def clean_note(self) -> str:
        """Whoever asks for changes says which."""
        note = self.cleaned_data["note"]
        if self.verdict == Opinion.Verdict.CHANGES and not note:
            raise ValidationError(_("Please say what should be changed."))
        return note
