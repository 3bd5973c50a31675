"""The forms of a message's page: answer, assign, note."""

import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from charhar.contacts.fields import ParagraphsField

from . import inbox
from .correspondence import ContactMessage, ReplyTemplate
from .replies import last_seen


class AnswerForm(forms.Form):
    """An answer by mail; ``key`` is the form's own: it is sent once; ``seen`` is the last reply shown."""

    use_required_attribute = False
    template = forms.ModelChoiceField(
        label=_("Template"), queryset=ReplyTemplate.objects.filter(hidden=False), required=False
    )
    text = ParagraphsField(
        label=_("Your answer"),
        max_length=50_000,
        widget=forms.Textarea({"rows": 10, "cols": 80}),
        error_messages={"required": _("Write what you want to say.")},
        help_text=_("Your name, the institute's and what was written are added beneath."),
    )
    key = forms.RegexField(regex=r"\A[0-9a-f]{32}\Z", widget=forms.HiddenInput)
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, message: ContactMessage, text: str = "") -> None:
        initial = {"key": secrets.token_hex(16), "seen": last_seen(message), "text": text}
        super().__init__(data, auto_id="answer_%s", initial=initial)

    def with_template(self, language: str) -> str:
        """What was typed, and beneath it the template's text."""
        self.is_valid()
        template = self.cleaned_data.get("template")
        typed = self.data.get("text", "").replace("\r\n", "\n").rstrip()
        return "\n\n".join(part for part in (typed, template.text_in(language) if template else "") if part)


class AssignForm(forms.Form):
    """To whom."""

    to: Any = forms.ModelChoiceField(
        label=_("Assign to"),
        queryset=None,
        error_messages={"required": _("Please choose somebody."), "invalid_choice": _("Please choose.")},
    )

    def __init__(self, data: Any = None, *, message: ContactMessage) -> None:
        super().__init__(data, auto_id="assign_%s", initial={"to": message.assigned_to_id})
        self.fields["to"].queryset = inbox.assignable()  # type: ignore[attr-defined]


class NoteForm(forms.Form):
    """Something that colleagues are to know; the person does not see it."""

    note = ParagraphsField(
        label=_("Note"),
        max_length=5_000,
        widget=forms.Textarea({"rows": 3, "cols": 80}),
        error_messages={"required": _("Write what you want to say.")},
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="note_%s")
