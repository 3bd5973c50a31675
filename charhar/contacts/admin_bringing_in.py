"""The page on which rows come in from a file: what may stand in it, a dry run first, each row's fate."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_protect

from .csv_files import MOST_BYTES, Fate, Unreadable, too_big

FATES = {"new": _("new"), "changed": _("changed"), "unchanged": _("unchanged"), "refused": _("refused")}
SHOWN = 2000


class FileForm(forms.Form):
    """A file, and whether it is only tried."""

    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "CSV in UTF-8 or GB18030, with commas, semicolons or tabs; names of columns in the first line."
        ),
    )
    dry_run = forms.BooleanField(label=_("Only try: write nothing"), required=False, initial=True)

    def clean_file(self) -> Any:
        """The file; one that is too big is refused before it is read into memory."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise ValidationError(too_big())
        return file


class BringingInAdmin(admin.ModelAdmin):
    """An admin whose rows may come in from a file.

    Subclasses name the page, say of each column what it may be called and what it holds, and bring a file in.
    """

    bring_in_title: Any = ""
    bring_in_columns: Mapping[str, tuple[tuple[str, ...], Any]] = {}

    def bring_in(self, content: bytes, *, dry_run: bool, by: Any) -> list[Fate]:
        """What becomes of each row; raises ``Unreadable``."""
        raise NotImplementedError

    def has_bring_in_permission(self, request: HttpRequest) -> bool:
        """Whether the page is for this account."""
        return self.has_add_permission(request)

    @property
    def _bring_in_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_import"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name=self._bring_in_name), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        more: dict[str, Any] = {}
        if self.has_bring_in_permission(request):
            more["bring_in"] = (reverse(f"admin:{self._bring_in_name}"), self.bring_in_title)
        return super().changelist_view(request, {**more, **(extra_context or {})})

    @method_decorator(csrf_protect)
    def import_view(self, request: HttpRequest) -> HttpResponse:
        """The form, and what became of each row."""
        if not self.has_bring_in_permission(request):
            raise PermissionDenied
        form = FileForm(request.POST or None, request.FILES or None)
        fates = None
        if request.method == "POST" and form.is_valid():
            try:
                fates = self.bring_in(
                    form.cleaned_data["file"].read(), dry_run=form.cleaned_data["dry_run"], by=request.user
                )
            except Unreadable as error:
                form.add_error("file", str(error))
        counts = Counter(fate.fate for fate in fates or [])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": self.bring_in_title,
            "form": form,
            "columns": self.bring_in_columns.values(),
            "fates": None if fates is None else [
                (fate, FATES[fate.fate])
                for fate in sorted(fates, key=lambda f: f.fate != "refused")[:SHOWN]
            ],
            "cut": len(fates or []) > SHOWN,
            "counts": [(FATES[name], counts[name]) for name in FATES],
            "was_dry": fates is not None and form.cleaned_data["dry_run"],
        }  # fmt: skip
        return TemplateResponse(request, "admin/contacts/import.html", context)
