"""The admin of what staff order, rename and hide: regions, topics and all that is listed like them."""

import logging
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from .admin_seen import SeenAdmin, SeenForm
from .models import Region, Topic

logger = logging.getLogger(__name__)

# An address typed without its scheme is meant to be https.
HTTPS_FIRST: dict[type[models.Field], dict[str, Any]] = {models.URLField: {"assume_scheme": "https"}}


class Refused(Exception):
    """What could only be found wrong while saving: the form comes back with it, everything typed kept."""

    def __init__(self, error: ValidationError) -> None:
        super().__init__(str(error))
        self.error = error


class KeepingForm(forms.ModelForm):
    """A form that shows, beside its field, what was refused while saving."""

    request: Any = None

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        refused: ValidationError | None = getattr(self.request, "refused", None)
        if refused is not None:
            if hasattr(refused, "error_dict"):
                for name, errors in refused.error_dict.items():
                    self.add_error(name if name in self.fields else None, errors)
            else:
                self.add_error(None, refused)
        return cleaned


class KeepingAdmin(admin.ModelAdmin):
    """Saving may be refused by a rule or by the database; either way nothing typed is lost.

    The first try is rolled back whole; the second validates the same form again with the refusal in it.
    """

    form = KeepingForm

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.request = request  # the factory makes a class for each request
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refused:
            request.refused = refused.error  # type: ignore[attr-defined]
        except IntegrityError as error:
            logger.warning("The database refused a save in the admin: %s", error)
            request.refused = ValidationError(  # type: ignore[attr-defined]
                _(
                    "Nothing was saved: another row, perhaps in the trash, or an address that led elsewhere"
                    " before, already has what must stand only once (an address, a translation, a number)."
                )
            )
        return super().changeform_view(request, object_id, form_url, extra_context)


class CountingChangeList(ChangeList):
    """A list whose own columns (counts, names) are joined for the list alone, not for forms or look-ups."""

    model_admin: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = capfirst(str(self.opts.verbose_name_plural))

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet:
        return self.model_admin.for_list(super().get_queryset(request, exclude_parameters))


def published_count(model: type[models.Model], relation: str) -> Coalesce:
    """How many published texts stand behind a relation of ``model``, as an annotation.

    A subquery each, so that several counts do not multiply each other's rows.
    """
    link: Any = model._meta.get_field(relation)
    texts, back = link.related_model, link.remote_field.name
    counts = texts.objects.published().filter(**{back: OuterRef("pk")}).order_by().values(back)
    return Coalesce(Subquery(counts.annotate(number=Count("pk")).values("number")), 0)


def site_link(row: Any) -> SafeString:
    """A link to the row's public page."""
    return format_html('<a href="{}">{}</a>', row.get_absolute_url(), _("View"))


class ListedForm(SeenForm, KeepingForm):
    """Shows what was refused while saving, and overwrites nobody."""


class ListedAdmin(SeenAdmin, KeepingAdmin):
    """Names in both languages, order and hiding at hand in the list, published texts counted.

    A subclass names the relations to count in ``counted``; each is a column. Where the apps above keep such a
    count, they say so in ``kept_counts``, by model and relation.
    """

    form = ListedForm
    counted: tuple[str, ...] = ()
    kept_counts: ClassVar[dict[tuple[type[models.Model], str], Any]] = {}
    show_facets = admin.ShowFacets.NEVER
    list_display = ["name_en", "name_zh", "position", "hidden"]
    list_editable = ["position", "hidden"]
    list_filter: ClassVar[Any] = ["hidden"]
    search_fields: ClassVar[Any] = ["name_en", "name_zh", "slug"]
    ordering = ["position", "name_en"]
    prepopulated_fields = {"slug": ["name_en"]}
    fieldsets: ClassVar[Any] = [
        (None, {"fields": [("name_en", "name_zh"), "slug"]}),
        (_("What readers see above the list"), {"fields": ["standfirst_en", "standfirst_zh"]}),
        (_("In menus"), {"fields": ["position", "hidden"]}),
    ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new row comes last in menus until somebody moves it."""
        last = self.model._default_manager.aggregate(last=Max("position"))["last"]
        return {"position": 0 if last is None else last + 1, **super().get_changeform_initial_data(request)}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CountingChangeList

    def for_list(self, queryset: QuerySet) -> QuerySet:
        """The rows with their counts; one query whatever their number."""
        counts: dict[str, Any] = {
            f"count_{relation}": self.kept_counts.get((self.model, relation))
            or published_count(self.model, relation)
            for relation in self.counted
        }
        return queryset.annotate(**counts) if counts else queryset

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [*self.list_display, *(_column(self.model, relation) for relation in self.counted), "on_site"]

    def view_on_site(self, obj: Any) -> str:
        return obj.get_absolute_url()

    @admin.display(description=_("page"))
    def on_site(self, obj: Any) -> SafeString:
        """The way to what readers see."""
        return site_link(obj)


def _column(model: type[models.Model], relation: str) -> Any:
    texts: Any = model._meta.get_field(relation).related_model

    @admin.display(
        description=texts._meta.verbose_name_plural,
        ordering=f"count_{relation}",
    )
    def column(row: Any) -> int:
        return getattr(row, f"count_{relation}")

    column.__name__ = f"count_{relation}"
    return column


@admin.register(Topic, Region)
class SubjectAdmin(ListedAdmin):
    """Regions and topics; the apps above say in ``inlines_of`` what editors choose for their pages."""

    counted = ("articles", "publications", "experts")
    inlines_of: ClassVar[dict[type[models.Model], list[Any]]] = {}
    fieldsets: ClassVar[Any] = [
        ListedAdmin.fieldsets[0],
        (
            _("What readers see above the list"),
            {"fields": ["standfirst_en", "standfirst_zh", "statement_en", "statement_zh"]},
        ),
        ListedAdmin.fieldsets[2],
    ]

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return self.inlines_of.get(self.model, [])
