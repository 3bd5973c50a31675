"""What forms of texts offer: only what the person may see; and the rows that belong to a text."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from charhar.taxonomy.admin import HTTPS_FIRST

from .admin_forms import (
    BeijingField,
    CheckboxGroup,
    DateWidget,
    KnownChoice,
    MomentWidget,
    OrderedFormSet,
    VisibleChoicesForm,
)


class VisibleTexts(BaseModelAdmin):
    """Relations to texts offer what the person may see; dates and moments use the browser's own fields."""

    formfield_overrides = {
        models.DateField: {"widget": DateWidget},
        models.DateTimeField: {"form_class": BeijingField, "widget": MomentWidget},
        **HTTPS_FIRST,
    }

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> Any:
        related = self.admin_site._registry.get(db_field.remote_field.model)
        if not isinstance(related, SelectableAdmin):
            return super().get_field_queryset(db, db_field, request)
        # A form and its rows ask for the same a dozen times; each gets a copy that has fetched nothing.
        known = request.__dict__.setdefault("selectable", {})
        if related not in known:
            known[related] = related.selectable(request)
        return known[related].all()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", KnownChoice(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name not in self.autocomplete_fields and db_field.name != "tags":
            kwargs.setdefault("widget", CheckboxGroup(db_field.verbose_name))
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class SelectableAdmin(admin.ModelAdmin):
    """An admin whose rows are not everybody's: look-ups and relations offer ``selectable`` ones only."""

    def selectable(self, request: HttpRequest) -> Any:
        """The rows that this person may choose in a form."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        if request.resolver_match is not None and request.resolver_match.url_name == "autocomplete":
            queryset = self.selectable(request)
        return super().get_search_results(request, queryset, search_term)


class TextInline(VisibleTexts, admin.TabularInline):
    """Rows that belong to a text: whoever may change the text may change them.

    ``after`` names the fieldset that they follow in the form; without it they stand at its end.
    ``select_related`` are the look-ups that come with the rows, in the same query.
    """

    after: Any = ""
    select_related: tuple[str, ...] = ()
    form = VisibleChoicesForm
    formset = OrderedFormSet
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related(*self.select_related)

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return self.extra

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A row of a table has room for one sign beside a relation: the one to add."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:  # the page says what the row showed, for merging
            field.show_hidden_initial = True
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget.can_change_related = field.widget.can_view_related = False
        return field

    def _may(self, request: HttpRequest, obj: Any) -> bool:
        parent: Any = self.admin_site._registry[self.parent_model]
        return parent.has_add_permission(request) if obj is None else parent.may_write(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        parent: Any = self.admin_site._registry[self.parent_model]
        return parent.has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj)
