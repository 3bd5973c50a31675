"""The admin of experts, their groups, offices and programmes."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from charhar.desk.admin import DeskAdmin
from charhar.library.admin import image_thumbnail
from charhar.publishing.admin_filters import OwnerFilter, RelatedFilter, StatusFilter
from charhar.publishing.admin_forms import CheckboxGroup, PublishableForm
from charhar.publishing.admin_rows import TextInline
from charhar.publishing.models import published_q
from charhar.taxonomy.admin import ListedAdmin
from charhar.taxonomy.models import Region, Topic

from .admin_own import OwnProfileAdmin
from .models import Expert, ExpertGroup, Office, Programme, RegionLead, SocialLink, SpokenLanguage, TopicLead


class SpokenLanguageInline(TextInline):
    """The languages in which an expert takes questions."""

    model = SpokenLanguage
    after = _("Contact")


class SocialLinkInline(TextInline):
    """Where else an expert can be followed, in order."""

    model = SocialLink
    after = _("Contact")
    fields = ["position", "label", "url"]


class LeadInline(TextInline):
    """What an expert leads: said by who decides where experts stand, not by themselves."""

    def _may(self, request: HttpRequest, obj: Any) -> bool:
        parent: Any = self.admin_site._registry[self.parent_model]
        return super()._may(request, obj) and parent.places(request, obj)


class TopicLeadInline(LeadInline):
    """The topics whose work an expert leads."""

    model = TopicLead
    after = _("Areas")
    fields = ["topic", "position"]


class RegionLeadInline(LeadInline):
    """The regions whose work an expert leads."""

    model = RegionLead
    after = _("Areas")
    fields = ["region", "position"]


class GroupFilter(RelatedFilter):
    """By group."""

    title, parameter_name, field = _("group"), "group", "groups"

    @classmethod
    def options(cls) -> QuerySet:
        return ExpertGroup.objects.all()


class TopicFilter(RelatedFilter):
    """By a topic among the expert's areas."""

    title, parameter_name, field = _("topic"), "topic", "topics"

    @classmethod
    def options(cls) -> QuerySet:
        return Topic.objects.all()


class RegionFilter(RelatedFilter):
    """By a region among the expert's areas."""

    title, parameter_name, field = _("region"), "region", "regions"

    @classmethod
    def options(cls) -> QuerySet:
        return Region.objects.all()


class OfficeFilter(RelatedFilter):
    """By office."""

    title, parameter_name, field = _("office"), "office", "office"

    @classmethod
    def options(cls) -> QuerySet:
        return Office.objects.all()


class ExpertForm(PublishableForm):
    """An expert; an empty slug is made from the name in Latin letters."""

    def slug_source(self, cleaned: dict[str, Any]) -> str:
        return f"{cleaned.get('family_name') or ''} {cleaned.get('given_name') or ''}"


@admin.register(Expert)
class ExpertAdmin(OwnProfileAdmin, DeskAdmin):
    """Experts, with how many published articles carry their name."""

    form = ExpertForm
    inlines = [SpokenLanguageInline, SocialLinkInline, TopicLeadInline, RegionLeadInline]
    autocomplete_fields = ["portrait", "cv"]
    prepopulated_fields = {"slug": ["family_name", "given_name"]}
    readonly_fields = ["portrait_preview"]
    form_select_related = ("portrait", "cv")
    ordering = ["family_name", "given_name"]
    list_display = [
        "display_name_en",
        "display_name_zh",
        "face",
        "title_en",
        "groups_joined",
        "office",
        "articles_written",
        "status",
        "changed",
        "on_site",
    ]
    list_select_related = ["portrait", "office"]
    list_filter = [StatusFilter, OwnerFilter, GroupFilter, TopicFilter, RegionFilter, OfficeFilter]
    search_fields = [
        "display_name_en",
        "display_name_zh",
        "family_name",
        "given_name",
        "family_name_zh",
        "given_name_zh",
        "slug",
    ]
    fieldsets = [
        (
            _("Name"),
            {
                "fields": [
                    ("family_name", "given_name", "display_name_en"),
                    ("family_name_zh", "given_name_zh", "display_name_zh"),
                    "slug",
                ]
            },
        ),
        (_("Portrait"), {"fields": ["portrait_preview", "portrait", "press_photo"]}),
        (
            _("At the institute"),
            {"fields": [("title_en", "title_zh"), "groups", "position", "office", "programmes"]},
        ),
        (
            _("Biography"),
            {
                "fields": [
                    "biography_en",
                    "biography_zh",
                    ("affiliations_en", "affiliations_zh"),
                    "orcid",
                    "cv",
                ]
            },
        ),
        (_("Areas"), {"fields": ["topics", "regions"]}),
        (_("The media"), {"fields": ["takes_media", ("media_note_en", "media_note_zh")]}),
        (_("Contact"), {"fields": [("email", "email_shown"), "takes_messages"]}),
    ]

    def for_list(self, queryset: QuerySet) -> QuerySet:
        """The experts with the number of published articles; no further query."""
        bylines = Expert.bylines.rel.related_model.objects.filter(  # type: ignore[attr-defined]
            published_q(prefix="article__"), expert=OuterRef("pk")
        )
        written = (
            bylines.order_by()
            .values("expert")
            .annotate(number=Count("article", distinct=True))
            .values("number")
        )
        return (
            super()
            .for_list(queryset)
            .annotate(count_articles=Coalesce(Subquery(written), 0))
            .prefetch_related("groups")
        )

    @admin.display(description=_("image"))
    def face(self, obj: Expert) -> SafeString:
        """The portrait, small."""
        return image_thumbnail(obj.portrait, "1:1")

    @admin.display(description=_("as it is now"))
    def portrait_preview(self, obj: Expert) -> SafeString:
        """The portrait as it was saved."""
        return image_thumbnail(obj.portrait, "1:1")

    @admin.display(description=_("groups"))
    def groups_joined(self, obj: Expert) -> str:
        """The groups, in their order."""
        return ", ".join(group.name for group in obj.groups.all())

    @admin.display(description=_("published articles"), ordering="count_articles")
    def articles_written(self, obj: Any) -> int:
        """Published articles with the expert in the byline."""
        return obj.count_articles


@admin.register(ExpertGroup)
class ExpertGroupAdmin(ListedAdmin):
    """The headings on the experts' page."""

    counted = ("experts",)
    list_display = ["name_en", "name_zh", "former", "position", "hidden"]
    fieldsets = [(None, {"fields": [("name_en", "name_zh"), "slug", "former", "position", "hidden"]})]


@admin.register(Office)
class OfficeAdmin(ListedAdmin):
    """Where the institute sits."""

    counted = ("experts",)
    list_display = ["name_en", "name_zh", "city_en", "position", "hidden"]
    search_fields = ["name_en", "name_zh", "city_en", "city_zh"]
    autocomplete_fields = ["picture"]
    fieldsets = [
        *ListedAdmin.fieldsets,
        (_("Address"), {"fields": [("city_en", "city_zh"), ("street_en", "street_zh"), ("phone", "email")]}),
        (_("The office's page"), {"fields": ["picture", "about_en", "about_zh"]}),
    ]


@admin.register(Programme)
class ProgrammeAdmin(ListedAdmin):
    """Standing programmes of work."""

    counted = ("experts",)
    autocomplete_fields = ["picture"]
    fieldsets = [
        *ListedAdmin.fieldsets,
        (_("The programme's page"), {"fields": ["picture", "about_en", "about_zh", "topics"]}),
    ]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("widget", CheckboxGroup(db_field.verbose_name))
        return super().formfield_for_manytomany(db_field, request, **kwargs)
