"""The letters that staff may put into their own words: those they come with, the marks, and a preview."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from .fields import LineField, ParagraphsField
from .models import StaffWording
from .wordings import check_marks, declared, default_wording, finish


class WordingForm(forms.ModelForm):
    """A letter in one language; unknown marks are refused beside the field that has them."""

    code = forms.ChoiceField(
        label=_("letter"), choices=lambda: [(each.code, each.title) for each in declared()]
    )
    subject = LineField(label=_("subject"), max_length=200, widget=forms.TextInput(attrs={"size": 80}))
    text = ParagraphsField(
        label=_("text"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 18, "cols": 80})
    )

    class Meta:
        model = StaffWording
        fields = ("code", "language", "subject", "text")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in ("subject", "text"):
            if cleaned.get("code") and name in cleaned:
                try:
                    check_marks(cleaned["code"], cleaned[name])
                except ValidationError as error:
                    self.add_error(name, error)
        return cleaned


@admin.register(StaffWording)
class WordingAdmin(admin.ModelAdmin):
    """Which letters are in the staff's own words; all others go out as they came."""

    form = WordingForm
    list_display = ["title", "language", "subject"]
    list_filter = ["language"]
    search_fields = ["code", "subject", "text"]
    change_form_template = "admin/contacts/wording.html"
    fields = ["code", "language", "subject", "text", "marks", "as_it_came"]
    readonly_fields = ["marks", "as_it_came"]
    show_full_result_count = False

    @admin.display(description=_("letter"), ordering="code")
    def title(self, wording: StaffWording) -> str:
        """What the letter is for."""
        return str(next((each.title for each in declared() if each.code == wording.code), wording.code))

    @admin.display(description=_("what can be put in"))
    def marks(self, wording: StaffWording | None) -> SafeString:
        """The marks and what stands for each; of every letter, where none was chosen yet."""
        rows = [
            (f"{{{mark}}}", meaning)
            for each in declared()
            if each.code == (wording.code if wording else "")
            for mark, meaning in each.marks.items()
        ]
        if not rows:
            return SafeString(_("Choose a letter and save: its marks are listed here then."))
        return format_html("<ul>{}</ul>", format_html_join("", "<li><code>{}</code> {}</li>", rows))

    @admin.display(description=_("as it came"))
    def as_it_came(self, wording: StaffWording | None) -> SafeString:
        """The words that go out where there are none of the staff's."""
        if not wording or not wording.pk:
            return SafeString("–")
        subject, text = default_wording(wording.code, wording.language)
        return format_html('<p><strong>{}</strong></p><pre class="letter">{}</pre>', subject, text)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A letter that was chosen in the list of all begins with the words that it came with."""
        initial = super().get_changeform_initial_data(request)
        code, language = initial.get("code", ""), initial.get("language", "")
        if any(each.code == code for each in declared()) and language in dict(
            StaffWording._meta.get_field("language").flatchoices
        ):
            initial["subject"], initial["text"] = default_wording(str(code), str(language))
        return initial

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, with every letter that could be put into own words beside it."""
        own = set(StaffWording.objects.values_list("code", "language"))
        letters = [
            {
                "title": each.title,
                "code": each.code,
                "languages": [
                    (language, name, (each.code, language) in own)
                    for language, name in StaffWording._meta.get_field("language").flatchoices
                ],
            }
            for each in declared()
        ]
        return super().changelist_view(request, {"letters": letters, **(extra_context or {})})

    change_list_template = "admin/contacts/wordings.html"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """As Django's; asked for a preview, it shows the letter and saves nothing."""
        if request.method != "POST" or "_preview" not in request.POST:
            return super().changeform_view(request, object_id, form_url, extra_context)
        code = request.POST.get("code", "")
        letter = next((each for each in declared() if each.code == code), None)
        request.method = "GET"
        typed = {name: request.POST.get(name, "") for name in ("code", "language", "subject", "text")}
        more: dict[str, Any] = {"typed": typed}
        if letter is not None and typed["language"] in dict(
            StaffWording._meta.get_field("language").flatchoices
        ):
            values = {mark: f"[{meaning}]" for mark, meaning in letter.marks.items()}
            more["preview"] = finish(typed["subject"], typed["text"], typed["language"], values)
        return super().changeform_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form; after a preview with what was typed in it."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if "_preview" not in request.POST:
            return form
        typed = {name: request.POST.get(name, "") for name in ("code", "language", "subject", "text")}

        class Typed(form):  # type: ignore[valid-type,misc]
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **{**kwargs, "initial": {**kwargs.get("initial", {}), **typed}})

        return Typed
