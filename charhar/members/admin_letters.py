"""The letter that goes with a step that staff take: shown before it goes, and changed for this once."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from charhar.contacts.fields import LineField, ParagraphsField
from charhar.contacts.letters import Letter
from charhar.contacts.wordings import check_marks, filled, finish, words_of


class LetterForm(forms.Form):
    """A letter in words that are changed for this once; unknown marks are refused beside the field.

    ``known`` fills in what is known already; ``later`` are the marks that stay in the text until it goes,
    each with what the preview shows in its place.
    """

    code = ""
    use_required_attribute = False

    send_letter = forms.BooleanField(label=_("Send this letter"), required=False, initial=True)
    subject = LineField(label=_("Subject"), max_length=200, widget=forms.TextInput(attrs={"size": 80}))
    text = ParagraphsField(
        label=_("Text"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 16, "cols": 80})
    )

    def __init__(
        self, data: Any = None, *, language: str, known: dict[str, Any], later: dict[str, Any], **kwargs: Any
    ) -> None:
        subject, text = words_of(self.code, language)
        stay = {mark: f"{{{mark}}}" for mark in later}
        initial = {"subject": filled(subject, {**known, **stay}), "text": filled(text, {**known, **stay})}
        super().__init__(data, initial={**initial, **kwargs.pop("initial", {})}, **kwargs)
        self.language, self.known, self.later = language, known, later
        if later:
            self.fields["text"].help_text = _("Filled in as it goes: %(marks)s") % {
                "marks": ", ".join(f"{{{mark}}}" for mark in later)
            }
        self.order_fields([name for name in self.fields if name not in LetterForm.base_fields])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in ("subject", "text"):
            if name in cleaned:
                try:
                    check_marks(self.code, cleaned[name])
                except ValidationError as error:
                    self.add_error(name, error)
        return cleaned

    def letter(self, values: dict[str, Any]) -> Letter:
        """The letter as it goes, once the form is valid."""
        data = self.cleaned_data
        return finish(data["subject"], data["text"], self.language, {**self.known, **values})

    def preview(self) -> Letter:
        """The letter with something in the place of what only comes to be as it goes."""
        return self.letter({**self.later, **self.typed()})

    def typed(self) -> dict[str, Any]:
        """What the form itself gives to the letter."""
        return {name: self.cleaned_data[name] for name in self.later if name in self.cleaned_data}
