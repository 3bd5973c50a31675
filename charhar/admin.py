"""The admin of who may do what, of tags, and of the people who work here."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from taggit.admin import TagAdmin as BaseTagAdmin
from taggit.models import Tag

from articles.models import NewsSection
from charhar import admin_front  # noqa: F401  registers the home page
from charhar.publishing.models import Grant, GrantRemit, Publishable
from charhar.publishing.tagging import recorded
from charhar.taxonomy.admin import KeepingAdmin
from charhar.taxonomy.models import Region, Topic

User = get_user_model()


class RemitForm(forms.ModelForm):
    """A remit's subject, chosen by name from topics, regions and news sections."""

    limit = forms.ChoiceField(label=_("Topic, region or section"))

    class Meta:
        model = GrantRemit
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["limit"].choices = [("", "---------"), *remit_choices()]  # type: ignore[attr-defined]
        if self.instance.pk:
            self.initial["limit"] = f"{self.instance.content_type_id}-{self.instance.object_id}"

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("limit"):
            kind, key = cleaned["limit"].split("-")
            self.instance.content_type_id, self.instance.object_id = int(kind), int(key)
        return cleaned


def remit_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Everything that a remit may name, by kind; three queries."""
    return [
        (
            str(model._meta.verbose_name_plural),
            [
                (f"{ContentType.objects.get_for_model(model).pk}-{row.pk}", str(row))
                for row in model.objects.all()
            ],
        )
        for model in (Topic, Region, NewsSection)
    ]


class RemitInline(admin.TabularInline):
    """What the permission is limited to."""

    model = GrantRemit
    form = RemitForm
    fields = ["limit"]
    extra = 0
    verbose_name_plural = _("limited to (no row: everything)")


@admin.register(Grant)
class GrantAdmin(KeepingAdmin):
    """Who may do what with which texts: one row a permission."""

    inlines = [RemitInline]
    list_display = ["role", "action", "texts", "own", "limited_to"]
    list_filter = ["role", "action", "own"]
    list_select_related = ["role", "kind"]
    ordering = ["role__name", "kind", "action"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("remits__subject")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "kind":
            kinds = [m for m in admin.site._registry if issubclass(m, Publishable)]
            keys = [kind.pk for kind in ContentType.objects.get_for_models(*kinds).values()]
            kwargs["queryset"] = ContentType.objects.filter(pk__in=keys)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=_("texts"), ordering="kind")
    def texts(self, obj: Grant) -> str:
        """The kind of text."""
        return str(obj.kind.name if obj.kind else _("every kind"))

    @admin.display(description=_("limited to"))
    def limited_to(self, obj: Grant) -> str:
        """The remit's subjects."""
        return ", ".join(str(remit.subject) for remit in obj.remits.all()) or str(_("everything"))


admin.site.unregister(Tag)


@admin.register(Tag)
class TagAdmin(BaseTagAdmin):
    """Tags, without the texts that carry them, which not everybody may see; merged by who may change them."""

    inlines: ClassVar[Any] = []

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if not self.has_change_permission(request):
            actions.pop("render_tag_form", None)
        return actions

    def merge_tags_view(self, request: HttpRequest) -> HttpResponse:
        """As the library's, which lets in everybody who works here; a save of every text that it changes."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        chosen = request.session.get("selected_tag_ids", "").split(",")
        if request.method != "POST":
            return super().merge_tags_view(request)
        try:
            with recorded([int(key) for key in chosen if key.isdigit()], request.user):
                return super().merge_tags_view(request)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return redirect("..")


admin.site.unregister(User)


@admin.register(User)
class StaffAdmin(UserAdmin):
    """People who work here. Nobody but a superuser makes, or touches, a superuser."""

    list_display = [
        "username",
        "first_name",
        "last_name",
        "email",
        "roles",
        "is_active",
        "is_staff",
        "last_login",
    ]
    list_filter = ["groups", "is_active", "is_staff"]
    filter_horizontal = ["groups"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("roles"))
    def roles(self, obj: Any) -> str:
        """The person's roles."""
        return ", ".join(group.name for group in obj.groups.all())

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        readonly = [*super().get_readonly_fields(request, obj), "last_login", "date_joined"]
        return readonly if request.user.is_superuser else [*readonly, "is_superuser", "user_permissions"]  # type: ignore[union-attr]

    def _within_reach(self, request: HttpRequest, obj: Any) -> bool:
        return obj is None or not obj.is_superuser or bool(request.user.is_superuser)  # type: ignore[union-attr]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._within_reach(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._within_reach(request, obj)
