"""The admin of articles, the outlets where they first ran and the news sections that list them."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from charhar.desk.admin import DeskAdmin
from charhar.desk.admin_editions import EditionFilter
from charhar.desk.own import own_profile
from charhar.library.admin import image_thumbnail
from charhar.publishing.admin_counts import listed_count
from charhar.publishing.admin_filters import OwnerFilter, RelatedFilter, StatusFilter, YearFilter, constant
from charhar.publishing.admin_forms import SubjectsField, TranslatedForm
from charhar.publishing.admin_rows import TextInline, VisibleTexts
from charhar.taxonomy.admin import (
    HTTPS_FIRST,
    CountingChangeList,
    ListedAdmin,
    SubjectAdmin,
    published_count,
)
from charhar.taxonomy.models import Region, Topic
from experts.models import Expert

from .models import (
    Article,
    ArticleRegion,
    ArticleSection,
    ArticleTopic,
    Byline,
    NewsSection,
    Outlet,
    RegionFeature,
    TopicFeature,
)

SHOWN_AT_MOST = 3


class TopicFilter(RelatedFilter):
    """By topic."""

    title, parameter_name, field = _("topic"), "topic", "topic_rows__subject"

    @classmethod
    def options(cls) -> QuerySet:
        return Topic.objects.all()


class RegionFilter(RelatedFilter):
    """By region."""

    title, parameter_name, field = _("region"), "region", "region_rows__subject"

    @classmethod
    def options(cls) -> QuerySet:
        return Region.objects.all()


class SectionFilter(RelatedFilter):
    """By news section."""

    title, parameter_name, field = _("news section"), "section", "section_rows__subject"

    @classmethod
    def options(cls) -> QuerySet:
        return NewsSection.objects.all()


class OutletFilter(RelatedFilter):
    """By the outlet where the text first ran."""

    title, parameter_name, field, position = _("outlet"), "outlet", "outlet", ""

    @classmethod
    def options(cls) -> QuerySet:
        return Outlet.objects.all()


class AuthorFilter(RelatedFilter):
    """By an expert in the bylines."""

    title, parameter_name, label, position = _("author"), "author", "display_name_en", ""

    @classmethod
    def options(cls) -> QuerySet:
        return Expert.objects.filter(
            pk__in=Byline.objects.filter(expert__isnull=False).order_by().values("expert")
        )

    @classmethod
    def options_for(cls, request: HttpRequest) -> QuerySet:
        desk: Any = admin.site._registry[Expert]
        return cls.options().filter(pk__in=desk.get_queryset(request).order_by().values("pk"))

    def narrow(self, queryset: QuerySet, key: int) -> QuerySet:
        return queryset.filter(pk__in=Byline.objects.filter(expert=key).order_by().values("article"))


class BylineInline(TextInline):
    """Who wrote it, in order: an expert, or a guest by name."""

    model = Byline
    after = _("Lead image")
    autocomplete_fields = ["expert"]
    select_related = ("expert",)
    fields = ["position", "expert", "name", "role", "contribution"]

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 1 if obj is None else 0


class ArticleForm(TranslatedForm):
    """An article with the subjects it is filed under, whose rows carry language and date for the lists."""

    filed_topics = SubjectsField(Topic.objects.all(), label=_("Topics"))
    filed_regions = SubjectsField(Region.objects.all(), label=_("Regions"))
    filed_sections = SubjectsField(NewsSection.objects.all(), label=_("News sections"))

    FILED: ClassVar[dict[str, str]] = {
        "filed_topics": "topics",
        "filed_regions": "regions",
        "filed_sections": "sections",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and (filed := self._filed()):
            keys = self._keys_filed()
            for name, _relation in filed:
                self.fields[name].initial = keys[name]

    def _keys_filed(self) -> dict[str, list[int]]:
        """The subjects that the article is filed under, for each field; one query for all."""
        keys: dict[str, list[int]] = {name: [] for name in self.FILED}
        models: tuple[Any, ...] = (ArticleTopic, ArticleRegion, ArticleSection)
        rows = [
            model.objects.filter(article=self.instance).values_list(constant(name), "subject_id").order_by()
            for name, model in zip(self.FILED, models, strict=True)
        ]
        for name, key in rows[0].union(*rows[1:], all=True):
            keys[name].append(key)
        return keys

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]
        article = self.instance
        for name, relation in self._filed():
            getattr(article, relation).set(
                self.cleaned_data[name], through_defaults=article.filing_defaults()
            )

    def _filed(self) -> list[tuple[str, str]]:
        """The fields there are, with their relations: none for a text that only a working copy changes."""
        return [(name, relation) for name, relation in self.FILED.items() if name in self.fields]


@admin.register(Article)
class ArticleAdmin(DeskAdmin):
    """Articles, in the order in which editors think of them."""

    form = ArticleForm
    inlines = [BylineInline]
    autocomplete_fields = ["lead_image", "outlet", "entry", "translation_of", "superseded_by"]
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ["lead_preview"]
    form_select_related = ("lead_image", "outlet", "entry", "translation_of", "superseded_by")
    date_hierarchy = None
    list_display = [
        "title",
        "thumbnail",
        "authors",
        "status",
        "date",
        "kind",
        "language",
        "topics_filed",
        "sections_filed",
        "changed",
        "owner",
        "on_site",
    ]
    list_select_related = ["lead_image"]
    list_filter = [
        StatusFilter,
        OwnerFilter,
        YearFilter,
        "kind",
        "language",
        EditionFilter,
        TopicFilter,
        RegionFilter,
        SectionFilter,
        OutletFilter,
        AuthorFilter,
    ]
    search_fields = ["title", "subtitle", "standfirst", "slug", "bylines__name"]
    fieldsets = [
        (
            _("Text"),
            {
                "fields": [
                    "title",
                    "subtitle",
                    ("language", "kind"),
                    "standfirst",
                    "key_points",
                    "body",
                    "show_editors_note",
                    "editors_note",
                ]
            },
        ),
        (
            _("Lead image"),
            {"fields": ["lead_preview", "lead_image", "lead_caption", "lead_credit", "lead_alt"]},
        ),
        (_("Filing"), {"fields": ["filed_topics", "filed_regions", "filed_sections", "tags"]}),
        (
            _("First ran elsewhere"),
            {"fields": ["outlet", "outlet_url", "outlet_date", "canonical", "rights"]},
        ),
        (_("In a publication"), {"fields": ["entry"]}),
        (_("Address and translation"), {"fields": ["translation_of", "slug"]}),
        (_("References"), {"fields": ["references"]}),
        (_("Date"), {"fields": ["date", "superseded_by"]}),
    ]

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """A new article of somebody who is an expert here begins with their own byline."""
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        if isinstance(inline, BylineInline) and request.method == "GET" and obj.pk is None:
            own = own_profile(request.user)
            if own is not None:
                kwargs["initial"] = [{"expert": own.text.pk}]
        return kwargs

    def attach(self, texts: list[Any]) -> None:
        """The authors, topics and sections of a page's articles: one query for all three."""
        keys = [article.pk for article in texts]
        authors = Byline.objects.filter(article__in=keys, contribution=Byline.Contribution.AUTHOR).order_by()
        topics = ArticleTopic.objects.filter(article__in=keys).order_by()
        sections = ArticleSection.objects.filter(article__in=keys).order_by()
        subject = ("subject__position", "subject__name_en")
        rows = authors.values_list("article_id", constant("authors"), "position", "name").union(
            topics.values_list("article_id", constant("topics"), *subject),
            sections.values_list("article_id", constant("sections"), *subject),
            all=True,
        )
        labels: dict[tuple[int, str], list[str]] = {}
        for article, column, _position, name in sorted(rows, key=lambda row: row[2]):
            labels.setdefault((article, column), []).append(name)
        for article in texts:
            article.labels = {
                column: labels.get((article.pk, column), []) for column in ("authors", "topics", "sections")
            }

    @admin.display(description=_("authors"))
    def authors(self, obj: Any) -> str:
        """The authors in order; the first few of many."""
        names = obj.labels["authors"]
        rest = len(names) - SHOWN_AT_MOST
        return ", ".join(names[:SHOWN_AT_MOST]) + (f" +{rest}" if rest > 0 else "")

    @admin.display(description=_("topics"))
    def topics_filed(self, obj: Any) -> str:
        """The topics, in their order."""
        return ", ".join(obj.labels["topics"])

    @admin.display(description=_("sections"))
    def sections_filed(self, obj: Any) -> str:
        """The news sections, in their order."""
        return ", ".join(obj.labels["sections"])

    @admin.display(description=_("image"))
    def thumbnail(self, obj: Article) -> SafeString:
        """The lead image, small."""
        return image_thumbnail(obj.lead_image, "3:2")

    @admin.display(description=_("as it is now"))
    def lead_preview(self, obj: Article) -> SafeString:
        """The lead image as it was saved, with its credit."""
        if obj.lead_image is None:
            return format_html('<span class="quiet">{}</span>', _("None yet."))
        return format_html(
            "{} {}", image_thumbnail(obj.lead_image, "3:2"), obj.lead_credit or obj.lead_image.credit
        )

    @admin.display(description=_("Topics"))
    def filed_topics(self, obj: Article) -> str:
        """For those who may only read."""
        return ", ".join(map(str, obj.topics.all()))

    @admin.display(description=_("Regions"))
    def filed_regions(self, obj: Article) -> str:
        """For those who may only read."""
        return ", ".join(map(str, obj.regions.all()))

    @admin.display(description=_("News sections"))
    def filed_sections(self, obj: Article) -> str:
        """For those who may only read."""
        return ", ".join(map(str, obj.sections.all()))


@admin.register(NewsSection)
class NewsSectionAdmin(ListedAdmin):
    """The headings under News & Events."""

    counted = ("articles",)
    fieldsets: ClassVar[Any] = [
        *ListedAdmin.fieldsets,
        (_("For journalists"), {"fields": ["for_press"]}),
        (_("Before publication"), {"fields": ["two_person"]}),
    ]


@admin.register(Outlet)
class OutletAdmin(admin.ModelAdmin):
    """Newspapers, broadcasters and journals, with how many published texts first ran there."""

    list_display = ["name_en", "name_zh", "url", "published"]
    search_fields = ["name_en", "name_zh", "url"]
    formfield_overrides = HTTPS_FIRST

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return CountingChangeList

    def for_list(self, queryset: QuerySet) -> QuerySet:
        """The outlets with their count, in the same query."""
        return queryset.annotate(count_articles=published_count(Outlet, "articles"))

    @admin.display(description=_("published articles"), ordering="count_articles")
    def published(self, obj: Any) -> int:
        """How many published articles first ran there."""
        return obj.count_articles


class FeatureInline(VisibleTexts, admin.TabularInline):
    """What stands at the head of a subject's page: who may change the subject may choose."""

    autocomplete_fields = ["article"]
    fields = ["position", "article"]
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("article")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site._registry[self.parent_model].has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site._registry[self.parent_model].has_change_permission(request, obj)

    has_change_permission = has_delete_permission = has_add_permission


class TopicFeatureInline(FeatureInline):
    """The articles at the head of a topic's page."""

    model = TopicFeature


class RegionFeatureInline(FeatureInline):
    """The articles at the head of a region's page."""

    model = RegionFeature


SubjectAdmin.inlines_of |= {Topic: [TopicFeatureInline], Region: [RegionFeatureInline]}
ListedAdmin.kept_counts |= {
    (Topic, "articles"): listed_count("topic"),
    (Region, "articles"): listed_count("region"),
    (NewsSection, "articles"): listed_count("section"),
}
