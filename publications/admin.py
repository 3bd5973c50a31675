"""The admin of publications, their series and what they contain."""

from typing import Any

from django.contrib import admin
from django.db.models import Case, Exists, OuterRef, Prefetch, QuerySet, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from charhar.desk.admin import DeskAdmin
from charhar.desk.admin_editions import EditionFilter
from charhar.library.admin import image_thumbnail
from charhar.publishing.admin_counts import listed_count
from charhar.publishing.admin_filters import OwnerFilter, RelatedFilter, StatusFilter, YearFilter, constant
from charhar.publishing.admin_forms import TranslatedForm
from charhar.publishing.admin_rows import SelectableAdmin, TextInline
from charhar.taxonomy.admin import ListedAdmin
from charhar.taxonomy.models import Region, Topic

from .models import Contributor, Entry, Publication, Series, Shop


class ContributorInline(TextInline):
    """Who wrote, edited or translated it, in order."""

    model = Contributor
    after = _("Title")
    autocomplete_fields = ["expert"]
    select_related = ("expert",)
    fields = ["position", "expert", "name", "role"]


class EntryInline(TextInline):
    """The contents in order, each with the way to its article where that is online."""

    model = Entry
    after = _("What it says")
    fields = ["position", "heading", "title", "authors", "first_page", "last_page", "online"]
    readonly_fields = ["online"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        articles: Any = Entry._meta.get_field("articles").related_model
        known: Any = self.admin_site._registry[articles]
        return super().get_queryset(request).prefetch_related(Prefetch("articles", known.selectable(request)))

    @admin.display(description=_("article"))
    def online(self, obj: Entry) -> SafeString | str:
        """The articles' forms; an entry is linked from the article's side."""
        if obj.pk is None:
            return ""
        links = (
            (reverse("admin:articles_article_change", args=[article.pk]), article)
            for article in obj.articles.all()
        )
        return format_html_join(", ", '<a href="{}">{}</a>', links)


class ShopInline(TextInline):
    """Where to buy it."""

    model = Shop
    after = _("Imprint")
    fields = ["position", "label", "url"]


class SeriesFilter(RelatedFilter):
    """By series."""

    title, parameter_name, field = _("series"), "series", "series"

    @classmethod
    def options(cls) -> QuerySet:
        return Series.objects.all()


@admin.register(Publication)
class PublicationAdmin(DeskAdmin):
    """Issues, books and reports."""

    form = TranslatedForm
    inlines = [ContributorInline, EntryInline, ShopInline]
    autocomplete_fields = ["cover", "file", "translation_of"]
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ["cover_preview"]
    form_select_related = ("cover", "file", "translation_of")
    date_hierarchy = None
    list_display = [
        "title",
        "cover_small",
        "series",
        "issue",
        "language",
        "status",
        "date",
        "credited",
        "entries_online",
        "changed",
        "on_site",
    ]
    list_select_related = ["cover", "series"]
    list_filter = [StatusFilter, OwnerFilter, YearFilter, SeriesFilter, "language", EditionFilter]
    search_fields = ["title", "subtitle", "slug", "isbn", "doi", "contributors__name", "entries__title"]
    fieldsets = [
        (_("Title"), {"fields": ["title", "subtitle", ("series", "language"), "standfirst"]}),
        (_("Issue"), {"fields": [("volume", "number", "year"), "date"]}),
        (_("Cover and file"), {"fields": ["cover_preview", "cover", "file", "pages"]}),
        (_("What it says"), {"fields": ["abstract", "contents"]}),
        (_("Imprint"), {"fields": [("publisher", "place"), ("isbn", "doi")]}),
        (_("Filing"), {"fields": ["topics", "regions"]}),
        (_("Address and translation"), {"fields": ["translation_of", "slug"]}),
    ]

    def attach(self, texts: list[Any]) -> None:
        """Contributors, and how much of the contents is online: one query for both."""
        keys = [publication.pk for publication in texts]
        credited = Contributor.objects.filter(publication__in=keys).order_by()
        entries = Entry.objects.filter(publication__in=keys).order_by()
        has_article = Exists(Entry.objects.filter(pk=OuterRef("pk"), articles__isnull=False))
        online = Case(When(has_article, then=constant("online")), default=constant(""))
        rows = credited.values_list("publication_id", constant("contributors"), "position", "name").union(
            entries.values_list("publication_id", constant("entries"), "position", online), all=True
        )
        found: dict[tuple[int, str], list[str]] = {}
        for publication, column, _position, value in sorted(rows, key=lambda row: row[2]):
            found.setdefault((publication, column), []).append(value)
        for publication in texts:
            publication.found = {
                column: found.get((publication.pk, column), []) for column in ("contributors", "entries")
            }

    @admin.display(description=_("image"))
    def cover_small(self, obj: Publication) -> SafeString:
        """The cover, small."""
        return image_thumbnail(obj.cover)

    @admin.display(description=_("as it is now"))
    def cover_preview(self, obj: Publication) -> SafeString:
        """The cover as it was saved."""
        return image_thumbnail(obj.cover)

    @admin.display(description=_("issue"), ordering="year")
    def issue(self, obj: Publication) -> str:
        """Volume, number and year, or the year of a book."""
        return obj.issue_label or str(obj.year or "")

    @admin.display(description=_("contributors"))
    def credited(self, obj: Any) -> str:
        """The contributors, in order."""
        return ", ".join(obj.found["contributors"])

    @admin.display(description=_("contents online"))
    def entries_online(self, obj: Any) -> str:
        """How many of the contents have their article here."""
        entries = obj.found["entries"]
        return f"{len([e for e in entries if e])} / {len(entries)}" if entries else ""


@admin.register(Series)
class SeriesAdmin(ListedAdmin):
    """The publication series."""

    counted = ("publications",)
    list_display = ["name_en", "name_zh", "kind", "position", "hidden"]
    list_filter = ["kind", "hidden"]
    autocomplete_fields = ["cover"]
    fieldsets = [
        *ListedAdmin.fieldsets,
        (_("The series' page"), {"fields": ["kind", "issn", "cover", "description_en", "description_zh"]}),
    ]


@admin.register(Entry)
class EntryAdmin(SelectableAdmin):
    """Only for looking up an entry from its article's form; entries are edited with their publication."""

    search_fields = ["title", "authors", "publication__title"]
    ordering = ["-publication__date", "position"]

    def selectable(self, request: HttpRequest) -> QuerySet:
        return self.get_queryset(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        publications: Any = self.admin_site._registry[Publication]
        visible = publications.selectable(request).order_by()
        return (
            super()
            .get_queryset(request)
            .filter(publication__in=visible.values("pk"))
            .select_related("publication")
        )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site._registry[Publication].has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only along with the publication that it belongs to."""
        return self.admin_site._registry[Publication].has_delete_permission(request)


ListedAdmin.kept_counts |= {
    (Topic, "publications"): listed_count("topic-books"),
    (Region, "publications"): listed_count("region-books"),
    (Series, "publications"): listed_count("series"),
}
