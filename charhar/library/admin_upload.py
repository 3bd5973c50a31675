"""Bringing many files into the library at once, and saying what the new pictures show."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.forms import modelformset_factory
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_protect

from .models import Document, Image, StoredFile, digest_of

# What one page describes at most; a hundred files are Django's own limit for one form.
DESCRIBED_AT_ONCE = 100


class Outcome:
    """What became of one file: the row it made or was known as, or why it was refused."""

    def __init__(self, name: str, row: StoredFile | None, *, made: bool = False, error: str = "") -> None:
        self.name, self.row, self.made, self.error = name, row, made, error


def title_from(name: str) -> str:
    """A title for finding a file, from its name: without ending, underscores and hyphens as spaces."""
    bare = name.rsplit(".", 1)[0] if "." in name else name
    return " ".join(bare.replace("_", " ").replace("-", " ").split())[:200] or name[:200]


class UploadForm(forms.Form):
    """What all files of one upload have in common."""

    credit = forms.CharField(
        label=_("Credit line"),
        max_length=200,
        required=False,
        help_text=_("For all pictures of this upload."),
    )
    rights = forms.CharField(
        label=_("Rights"), max_length=300, required=False, help_text=_("Readers do not see it.")
    )

    class Media:
        css: ClassVar[Any] = {"all": ["library/upload.css"]}
        js: ClassVar[Any] = [forms.Script("library/upload.js", type="module")]


class DescribedForm(forms.ModelForm):
    """A new picture's title, description and credit, by the rule that one picture alone has too."""

    class Meta:
        model = Image
        fields = ("title", "alt_en", "alt_zh", "decorative", "credit")


class UploadAdmin(admin.ModelAdmin):
    """A page that takes many files, by choosing or dragging; with a script one by one, with progress."""

    accept = ""

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("upload/", self.admin_site.admin_view(self.upload_view), name=f"{name}_upload"),
            path("describe/", self.admin_site.admin_view(self.describe_view), name=f"{name}_describe"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        upload = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_upload")
        return super().changelist_view(
            request,
            {"upload_url": upload if self.has_add_permission(request) else "", **(extra_context or {})},
        )

    @method_decorator(csrf_protect)
    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Take in what is sent under ``files``, each for itself: one that is refused stops no other.

        Answers a script that asks for JSON with one entry a file. No transaction spans two files.
        """
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST if request.method == "POST" else None)
        outcomes: list[Outcome] = []
        if request.method == "POST" and form.is_valid():
            outcomes = [self._take_in(request, file, form) for file in request.FILES.getlist("files")]
            if not outcomes:
                form.add_error(None, _("Choose at least one file."))
        if request.accepts("application/json") and not request.accepts("text/html"):
            return JsonResponse({"files": [self._told(outcome) for outcome in outcomes]})
        made = [outcome.row.pk for outcome in outcomes if outcome.made and outcome.row is not None]
        if made and len(made) == len(outcomes) and self.model is Image:
            return redirect(self._describe(made))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Upload several files"),
            "opts": self.opts,
            "form": form,
            "accept": self.accept,
            "outcomes": outcomes,
            "pictures": self.model is Image,
            "describe_url": self._describe(made) if made and self.model is Image else "",
            "media": form.media,
        }
        return TemplateResponse(request, "admin/library/upload.html", context)

    def _take_in(self, request: HttpRequest, file: Any, form: UploadForm) -> Outcome:
        model: Any = self.model
        row = model(title=title_from(file.name), uploaded_by=request.user, file=file)
        if model is Image:
            row.credit, row.rights = form.cleaned_data["credit"], form.cleaned_data["rights"]
        try:
            twin = model._default_manager.filter(digest=digest_of(file)).first()
            if twin is not None:
                return Outcome(file.name, twin, error=str(_("The library has this file already.")))
            row.clean_fields()
            row.save()
        except ValidationError as error:
            return Outcome(file.name, None, error=" ".join(error.messages))
        self.log_addition(request, row, [{"added": {}}])
        return Outcome(file.name, row, made=True)

    def _told(self, outcome: Outcome) -> dict[str, Any]:
        row = outcome.row
        return {
            "name": outcome.name,
            "made": outcome.made,
            "error": outcome.error,
            "id": row.pk if row is not None else None,
            "title": str(row) if row is not None else "",
            "url": self._change(row) if row is not None else "",
        }

    def _change(self, row: StoredFile) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])

    def _describe(self, keys: list[int]) -> str:
        return reverse("admin:library_image_describe") + "?ids=" + ",".join(map(str, keys))

    @method_decorator(csrf_protect)
    def describe_view(self, request: HttpRequest) -> HttpResponse:
        """Titles, descriptions and credits of several pictures on one page.

        Whoever may change pictures describes any; whoever may only add them, their own that nobody has
        described yet.
        """
        pictures = self._describable(request)
        if self.model is not Image or not (
            self.has_change_permission(request) or self.has_add_permission(request)
        ):
            raise PermissionDenied
        formset_class = modelformset_factory(Image, DescribedForm, extra=0)
        formset = formset_class(request.POST or None, queryset=pictures)
        if request.method == "POST" and formset.is_valid():
            number = len(formset.save())
            self.message_user(
                request, ngettext("%d picture described.", "%d pictures described.", number) % number
            )
            return redirect("admin:library_image_changelist")
        if request.method == "GET" and not pictures:
            self.message_user(request, _("There is nothing left to describe here."), messages.INFO)
            return redirect("admin:library_image_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Describe pictures"),
            "opts": self.opts,
            "formset": formset,
        }
        return TemplateResponse(request, "admin/library/describe.html", context)

    def _describable(self, request: HttpRequest) -> QuerySet:
        keys = [int(key) for key in request.GET.get("ids", "").split(",") if key.isdecimal()]
        found = Image.objects.filter(pk__in=keys[:DESCRIBED_AT_ONCE]).order_by("pk")
        if not self.has_change_permission(request):
            found = found.filter(uploaded_by=request.user.pk, alt_en="", alt_zh="", decorative=False)
        return found

    def message_replaced(self, request: HttpRequest, row: Image | Document, uses: int) -> None:
        """Say that a new file stands wherever the old one stood, and what to look at again."""
        if not uses:
            return
        said = (
            ngettext(
                "The new file stands in the %d place that uses it.",
                "The new file stands in all %d places that use it.",
                uses,
            )
            % uses
        )
        if isinstance(row, Image):
            fits = _("See whether description, credit and focal point still fit.")
            said = f"{said} {fits}"
        self.message_user(request, capfirst(said), messages.WARNING)
