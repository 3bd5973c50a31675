"""The page on which a roster is brought in: what may stand in the file, a dry run first, each row's fate."""

from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_protect

from charhar.contacts.csv_files import Unreadable

from .roster import COLUMNS, bring_in

FATES = {"new": _("new"), "changed": _("changed"), "unchanged": _("unchanged"), "refused": _("refused")}
SHOWN = 2000


class RosterForm(forms.Form):
    """A file, and whether it is only tried."""

    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "CSV in UTF-8 or GB18030, with commas, semicolons or tabs; names of columns in the first line."
        ),
    )
    dry_run = forms.BooleanField(label=_("Only try: write nothing"), required=False, initial=True)


class RosterPages(admin.ModelAdmin):
    """The roster's import."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name="members_membership_import"), *super().get_urls()]

    @method_decorator(csrf_protect)
    def import_view(self, request: HttpRequest) -> HttpResponse:
        """The form, and what became of each row."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = RosterForm(request.POST or None, request.FILES or None)
        fates = None
        if request.method == "POST" and form.is_valid():
            try:
                fates = bring_in(
                    form.cleaned_data["file"].read(), dry_run=form.cleaned_data["dry_run"], by=request.user
                )
            except Unreadable as error:
                form.add_error("file", str(error))
        counts = Counter(fate.fate for fate in fates or [])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Bring in a roster"),
            "form": form,
            "columns": [(words, text) for words, text in COLUMNS.values()],
            "fates": None if fates is None else [
                (fate, FATES[fate.fate])
                for fate in sorted(fates, key=lambda f: f.fate != "refused")[:SHOWN]
            ],
            "cut": len(fates or []) > SHOWN,
            "counts": [(FATES[name], counts[name]) for name in FATES],
            "was_dry": fates is not None and form.cleaned_data["dry_run"],
        }  # fmt: skip
        return TemplateResponse(request, "admin/members/import.html", context)
