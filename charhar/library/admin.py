"""The library's desk: pictures seen at a glance, and where each is used before it is changed or deleted."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import csrf_protect_m
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from .admin_upload import UploadAdmin
from .models import Document, Image, digest_of
from .templatetags.pictures import picture
from .uses import uses_of


def image_thumbnail(image: Image | None, ratio: str = "") -> SafeString:
    """A picture as the admin's lists show it: small, and decoration beside a name. No query."""
    return SafeString(picture(image, sizes="80px", alt="", ratio=ratio, **{"class": "thumbnail"}))


def link_to(row: Model) -> SafeString:
    """A row by kind and name, linked to its page in the admin where it has one."""
    label = f"{capfirst(str(row._meta.verbose_name))}: {row}"
    try:
        address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return format_html("{}", label)
    return format_html('<a href="{}">{}</a>', address, label)


class StoredFileForm(forms.ModelForm):
    """Says where a file is already, instead of storing it twice."""

    accept = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "file" in self.fields:
            self.fields["file"].widget.attrs["accept"] = self.accept

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if "file" in self.changed_data:
            others = self._meta.model._default_manager.filter(digest=digest_of(file)).exclude(
                pk=self.instance.pk
            )
            twin = others.first()
            if twin is not None:
                raise ValidationError(
                    format_html(str(_("The library has this file already. {} Use that one.")), link_to(twin)),
                    code="duplicate",
                )
        return file


class ImageForm(StoredFileForm):
    """A picture, with a focal point that the preview takes by a click."""

    accept = "image/jpeg,image/png,image/webp,image/avif"

    class Meta:
        widgets = {
            "focal_x": forms.NumberInput(attrs={"min": 0, "max": 1, "step": 0.01}),
            "focal_y": forms.NumberInput(attrs={"min": 0, "max": 1, "step": 0.01}),
        }


class DocumentForm(StoredFileForm):
    """A file to download."""

    accept = ".pdf,.epub,.docx,.xlsx,.pptx,.csv"


class DescriptionFilter(admin.SimpleListFilter):
    """Pictures by what they say to those who can not see them."""

    title = _("alternative text")
    parameter_name = "description"
    MISSING = Q(decorative=False, alt_en="", alt_zh="")
    CONDITIONS = {
        "missing": MISSING,
        "no-chinese": Q(decorative=False, alt_zh="") & ~MISSING,
        "no-english": Q(decorative=False, alt_en="") & ~MISSING,
        "decorative": Q(decorative=True),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("missing", _("Missing")),
            ("no-chinese", _("In English only")),
            ("no-english", _("In Chinese only")),
            ("decorative", _("Decorative")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(self.CONDITIONS.get(self.value() or "", Q()))


class CreditFilter(admin.SimpleListFilter):
    """Pictures of which nobody has said whose they are."""

    title = _("credit")
    parameter_name = "credited"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("missing", _("Missing")), ("given", _("Given"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        conditions = {"missing": Q(credit=""), "given": ~Q(credit="")}
        return queryset.filter(conditions.get(self.value() or "", Q()))


class StoredFileAdmin(UploadAdmin):
    """What both desks share."""

    change_list_template = "admin/library/change_list.html"
    date_hierarchy = "created_at"
    list_select_related = ["uploaded_by"]
    list_per_page = 50
    save_on_top = True

    @csrf_protect_m
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """As Django's, but without a transaction around it.

        SQLite knows one writer at a time, and Django's would keep all others waiting while a picture is
        made; the row is written by a single statement after that.
        """
        return self._changeform_view(request, *args, **kwargs)  # type: ignore[attr-defined]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row, which knows who looks at it: ``used_in`` names only what that person may see."""
        obj: Any = super().get_object(request, object_id, from_field)  # type: ignore[misc]
        if obj is not None:
            obj.seen_by = request
        return obj

    def name_of(self, use: Model, request: HttpRequest) -> SafeString:
        """A row that uses a file, named and linked; of one that this person may not see, its kind."""
        desk = self.admin_site._registry.get(type(use))
        if desk is None or getattr(use, "is_published", False) or desk.has_view_permission(request, use):
            return link_to(use)
        return format_html("{}", capfirst(str(use._meta.verbose_name)))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if "file" in form.changed_data:
            obj.uploaded_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
        if change and "file" in form.changed_data:
            self.message_replaced(request, obj, len(uses_of(obj)))

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        """What is used is not deleted: the page lists where, for somebody to take it out there first."""
        deleted, count, lacking, protected = super().get_deleted_objects(objs, request)  # type: ignore[arg-type]
        return (
            deleted,
            count,
            lacking,
            [
                *protected,
                *(self.name_of(use, request) for row in objs for use in uses_of(row)),
            ],
        )

    @admin.display(description=_("used in"))
    def used_in(self, obj: Any) -> str:
        """A query for each kind of row that may use it: for the page of one row, never for a list."""
        uses = uses_of(obj) if obj.pk else []
        if not uses:
            return str(_("Nothing yet."))
        return format_html(
            "<p>{}</p><ul>{}</ul>",
            _("A new file takes the old one's place in all of them; the old file's address leads to it."),
            format_html_join("", "<li>{}</li>", ([self.name_of(use, obj.seen_by)] for use in uses)),
        )


@admin.register(Image)
class ImageAdmin(StoredFileAdmin):
    """Pictures, with their credit, their description and their focal point."""

    form = ImageForm
    accept = ImageForm.accept
    list_display = ["title", "thumbnail", "credit", "described", "measures", "uploaded_by", "created_at"]
    list_display_links = ["title"]
    list_filter = [
        DescriptionFilter,
        CreditFilter,
        "created_at",
        ("uploaded_by", admin.RelatedOnlyFieldListFilter),
    ]
    search_fields = ["title", "credit", "rights", "alt_en", "alt_zh"]
    readonly_fields = ["preview", "measures", "used_in", "uploaded_by", "created_at"]
    fieldsets = [
        (None, {"fields": ["title", "file", "preview"]}),
        (_("For readers"), {"fields": ["alt_en", "alt_zh", "decorative", "credit"]}),
        (_("Crops"), {"fields": [("focal_x", "focal_y")]}),
        (_("For us"), {"fields": ["rights", "measures", "used_in", "uploaded_by", "created_at"]}),
    ]

    class Media:
        css = {"all": ["library/focal.css"]}
        js = [forms.Script("library/focal.js", type="module")]

    @admin.display(description=_("picture"))
    def thumbnail(self, obj: Image) -> str:
        return image_thumbnail(obj)

    @admin.display(description=_("preview"))
    def preview(self, obj: Image) -> str:
        """The picture, on which a click sets the focal point where JavaScript runs."""
        if not obj.pk:
            return str(_("After saving."))
        if obj.has_new_file(None):
            obj = Image.objects.get(pk=obj.pk)  # what was sent has just been refused; show what is kept
        shown = picture(obj, sizes="480px", alt=obj.alt, loading="eager", **{"class": "preview"})
        hint = _("Click on what every crop must keep.")
        return format_html('<div class="focal" data-focal>{}</div><p>{}</p>', shown, hint)

    @admin.display(description=_("described"), boolean=True)
    def described(self, obj: Image) -> bool:
        return obj.decorative or bool(obj.alt_en or obj.alt_zh)

    @admin.display(description=_("pixels"), ordering="width")
    def measures(self, obj: Image) -> str:
        return f"{obj.width} × {obj.height}" if obj.width else "–"


@admin.register(Document)
class DocumentAdmin(StoredFileAdmin):
    """Files to download."""

    form = DocumentForm
    accept = DocumentForm.accept
    list_display = ["title", "kind", "weight", "pages", "uploaded_by", "created_at"]
    list_filter = ["created_at", ("uploaded_by", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["title"]
    readonly_fields = ["weight", "used_in", "uploaded_by", "created_at"]
    fieldsets = [
        (None, {"fields": ["title", "file", "pages"]}),
        (_("For us"), {"fields": ["weight", "used_in", "uploaded_by", "created_at"]}),
    ]

    @admin.display(description=_("kind"))
    def kind(self, obj: Document) -> str:
        return obj.ending.upper()

    @admin.display(description=_("size"), ordering="size")
    def weight(self, obj: Document) -> str:
        return filesizeformat(obj.size) if obj.size else "–"
