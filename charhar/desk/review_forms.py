"""The forms of a text's review: assign, comment, answer, decide."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from charhar.publishing.admin_forms import DateWidget
from charhar.publishing.models import Publishable

from .link_mail import name_of
from .models import Assignment, Opinion
from .review import assignable


class _PersonField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        name = name_of(obj)
        return name if name == obj.get_username() else f"{name} ({obj.get_username()})"


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea({"rows": rows, "cols": 40, "data-mentions": True})


class AssignForm(forms.Form):
    """To whom, until when, for what. Offers those who can open the text once it is theirs."""

    to = _PersonField(
        queryset=None,
        label=_("Assign to"),
        error_messages={
            "invalid_choice": _(
                "This person can not open the text: no access to the admin, or no role that gives it."
            ),
        },
    )
    due = forms.DateField(label=_("Due"), required=False, widget=DateWidget)
    note = forms.CharField(
        label=_("What is asked"), required=False, widget=forms.Textarea({"rows": 2, "cols": 40})
    )

    def __init__(self, *args: Any, text: Publishable, standing: Assignment | None, **kwargs: Any) -> None:
        if standing is not None:
            kwargs["initial"] = {"to": standing.to_id, "due": standing.due, "note": standing.note}
        super().__init__(*args, **{"auto_id": "assign_%s", **kwargs})
        self.fields["to"].queryset = assignable(text)  # type: ignore[attr-defined]


class CommentForm(forms.Form):
    """A comment on the whole text or on one field of its form, perhaps on a passage of it."""

    field = forms.ChoiceField(label=_("About"), required=False)
    quote = forms.CharField(
        label=_("Passage"), required=False, max_length=2000, widget=forms.Textarea({"rows": 1, "cols": 40})
    )
    body = forms.CharField(
        label=_("Comment"),
        max_length=10000,
        widget=_area(3),
        help_text=_("@username tells a colleague by mail."),
        error_messages={"required": _("Write what you want to say.")},
    )

    def __init__(self, *args: Any, choices: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "comment_%s", **kwargs})
        self.fields["field"].choices = [("", _("The whole text")), *choices.items()]  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    """An answer beneath a comment."""

    body = forms.CharField(
        label=_("Answer"),
        max_length=10000,
        widget=_area(2),
        error_messages={"required": _("Write what you want to say.")},
    )

    def __init__(self, *args: Any, key: int, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"answer_{key}_%s", **kwargs})


class DecideForm(forms.Form):
    """A decision on the version that the page showed; the button that is pressed says which."""

    verdict = forms.ChoiceField(choices=Opinion.Verdict.choices)
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=10000,
        widget=forms.Textarea({"rows": 3, "cols": 40}),
        help_text=_("The author gets it by mail. Say what is to be changed, if anything is."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "decide_%s", **kwargs})
