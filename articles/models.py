"""Articles: commentary, interviews, research and news, with their bylines, outlets and sections."""

import datetime
from collections.abc import Iterable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from taggit.managers import TaggableManager

from charhar.library.models import Image
from charhar.publishing.documents import SearchDocument
from charhar.publishing.languages import ENGLISH
from charhar.publishing.models import Publishable, PublishableQuerySet, Translated
from charhar.publishing.prepared import Prepared
from charhar.publishing.richtext import RichTextField, plain_text
from charhar.publishing.tagging import prefetch_tags
from charhar.taxonomy.bilingual import Bilingual
from charhar.taxonomy.models import Listed, Region, Topic
from publications.models import Credited, Entry

from .standing import ListedArticle
from .under_subjects import UnderSubjects


class NewsSection(Listed):
    """A heading under News & Events."""

    two_person = models.BooleanField(
        _("wants a second person"),
        default=False,
        help_text=_(
            "What is filed here can be published, scheduled or corrected only when somebody else than the one"
            " who publishes it, and who changed it last, has approved it as it stands."
        ),
    )
    for_press = models.BooleanField(
        _("for journalists"),
        default=False,
        help_text=_("Its newest texts stand on the page For Journalists, which its own page leads to."),
    )
    route = "news-section"

    class Meta(Listed.Meta):
        verbose_name = _("news section")
        verbose_name_plural = _("news sections")


class Outlet(models.Model):
    """A newspaper, broadcaster or journal in which fellows publish."""

    name_en = models.CharField(pgettext_lazy("of an outlet", "name"), max_length=150, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=150, blank=True)
    url = models.URLField(_("address"), blank=True)

    name = Bilingual()

    class Meta:
        verbose_name = _("outlet")
        verbose_name_plural = _("outlets")
        ordering = ["name_en"]

    def __str__(self) -> str:
        return self.name_en


class ArticleQuerySet(PublishableQuerySet):
    """Articles with what each page shows."""

    # What menus and indexes show of an article, and sort by.
    AS_A_LINE = ("title", "slug", "date", "language", "kind", "publish_at")
    AS_A_ROW = (*AS_A_LINE, "standfirst")

    def newest_first(self) -> "ArticleQuerySet":
        """By the date shown, as all lists stand; in Chinese lists the Chinese editions first."""
        return self.order_by("-language", "-date", "-publish_at", "-pk")

    def research(self) -> "ArticleQuerySet":
        """What Latest Research lists: all but news."""
        return self.exclude(kind=Article.Kind.NEWS)

    def about(self, subject: Listed, language: str) -> "ArticleQuerySet":
        """Articles filed under a topic, region or news section, newest first, by the index made for it.

        ``language`` is that of the list: one in English holds English editions alone, which the index has in
        order, so that the first page does not sort all that is filed.
        """
        kinds: dict[type[Listed], str] = {
            Topic: "topic_rows",
            Region: "region_rows",
            NewsSection: "section_rows",
        }
        rows = kinds[type(subject)]
        filed: dict[str, Any] = {f"{rows}__subject": subject}
        if language == ENGLISH:
            filed[f"{rows}__language"] = ENGLISH
        return self.filter(**filed).order_by(f"-{rows}__language", f"-{rows}__date", "-publish_at", "-pk")

    def newest_under(
        self, kind: type[Listed], keys: Iterable[int], language: str, each: int = 2
    ) -> dict[int, "list[Article]"]:
        """The newest articles of each of some topics or regions, by its key, without their bodies. One query.

        It is one short look into the index for each subject and language, not a pass over all that is filed:
        menu and home page ask for it after every publication.
        """
        keys = tuple(keys)
        newest: dict[int, list[Article]] = {}
        for row in newest_filed(kind, language, each, keys=keys, now=timezone.now()) if keys else ():
            newest.setdefault(row.subject_id, []).append(row.article)
        undated = datetime.date.min
        for articles in newest.values():
            articles.sort(key=lambda a: (a.language, a.date or undated, a.publish_at, a.pk), reverse=True)
            del articles[each:]
        return newest

    def for_list(self) -> "ArticleQuerySet":
        """All that a row of a list shows, without the body; bylines in one more query."""
        return (
            self.select_related("lead_image")
            .defer("body", "references", "editors_note", "key_points")
            .prefetch_related("bylines")
        )

    def in_lists(self, now: datetime.datetime) -> "ArticleQuerySet":
        """What readers see at ``now``, as rows of lists without a picture; bylines in one more query."""
        return self.published(now).only(*self.AS_A_ROW).prefetch_related("bylines")

    def in_pictured_lists(self, now: datetime.datetime) -> "ArticleQuerySet":
        """The same, with what the picture of a row takes."""
        pictures = (f"lead_image__{name}" for name in Image.SHOWN)
        rows = self.published(now).only(*self.AS_A_ROW, "translation_of", *pictures)
        return rows.select_related("lead_image").prefetch_related("bylines")

    def as_works(self, now: datetime.datetime) -> "ArticleQuerySet":
        """What readers see at ``now``, as rows of an author's list: with the outlet, without the bylines."""
        outlet = (f"outlet__{name}" for name in ("name_en", "name_zh"))
        return self.published(now).only(*self.AS_A_ROW, "outlet_url", *outlet).select_related("outlet")

    def in_news(self) -> "ArticleQuerySet":
        """What News & Events lists: everything filed under a news section."""
        return self.filter(Exists(ArticleSection.objects.filter(article=OuterRef("pk"))))

    def for_page(self) -> "ArticleQuerySet":
        """All that an article's own page shows: six queries for the whole."""
        unread = (f"superseded_by__{name}" for name in ("body", "references", "editors_note", "key_points"))
        return (
            self.select_related(
                "lead_image",
                "outlet",
                "entry__publication__series",
                "entry__publication__file",
                "superseded_by",
            )
            .defer(*unread)
            .prefetch_related(
                models.Prefetch("bylines", Byline.objects.select_related("expert__portrait")),
                "topics",
                "regions",
                "sections",
                "tags",
            )
        )


class ArticleManager(models.Manager.from_queryset(ArticleQuerySet)):  # type: ignore[misc]
    """Knows neither working copies nor the trash."""

    def get_queryset(self) -> ArticleQuerySet:
        return super().get_queryset().filter(corrects__isnull=True, trashed_at__isnull=True)


@Prepared
def newest_filed(
    kind: type[Listed], language: str, each: int, keys: tuple[int, ...], now: datetime.datetime
) -> models.QuerySet:
    """The newest filings under each of some topics or regions, by language, with their articles as lines."""
    filings: dict[type[Listed], Any] = {Topic: ArticleTopic, Region: ArticleRegion}
    filing = filings[kind]
    readable = Exists(Article.objects.for_readers_in(language, now).filter(pk=OuterRef("article")))
    looks = [
        filing.objects.filter(
            pk__in=filing.objects.filter(readable, subject=key, language=edition)
            .order_by("-date", "-article__publish_at", "-article_id")
            .values("pk")[:each]
        )
        .order_by()
        .select_related("article")
        .only("subject_id", *(f"article__{name}" for name in ArticleQuerySet.AS_A_LINE))
        for key in keys
        for edition in {ENGLISH, language}
    ]
    return looks[0].union(*looks[1:], all=True)


class Article(UnderSubjects, ListedArticle, Translated, Publishable):
    """A text in one language."""

    class Kind(models.TextChoices):
        COMMENTARY = "commentary", _("Commentary")
        INTERVIEW = "interview", _("Interview")
        RESEARCH = "research", _("Research")
        NEWS = "news", _("News")

        @property
        def schema_type(self) -> str:
            """The schema.org type of its page."""
            return "Report" if self == self.RESEARCH else "NewsArticle"

    class Canonical(models.TextChoices):
        OURS = "ours", _("This page")
        THEIRS = "theirs", _("The outlet's page")

    class Rights(models.TextChoices):
        INSTITUTE = "institute", _("© Charhar Institute")
        AUTHOR = "author", _("© the author")
        REPRINT = "reprint", _("Reprinted with permission")
        CC_BY = "cc-by", _("CC BY 4.0")
        CC_BY_NC_ND = "cc-by-nc-nd", _("CC BY-NC-ND 4.0")

    route = "article"
    is_publication = False
    CONTENT_INLINES = ("bylines",)
    SEARCHED_WITH = ("bylines", "topics", "regions", "entry__publication")
    WRITERS = "bylines__expert__account"
    # The title too, so that every list can name the draft.
    EDITION_CARRIES = (
        "kind", "title", "date", "show_editors_note", "lead_image", "lead_credit", "outlet", "outlet_url",
        "outlet_date", "rights", "references", "entry", "superseded_by", "bylines",
        "topics", "regions", "sections", "tags",
    )  # fmt: skip
    EDITION_WRITES = (
        "subtitle", "standfirst", "editors_note", "key_points", "body", "lead_caption", "lead_alt",
        "canonical",
    )  # fmt: skip

    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.COMMENTARY)
    title = models.CharField(_("title"), max_length=300)
    subtitle = models.CharField(_("subtitle"), max_length=300, blank=True)
    standfirst = models.TextField(
        _("standfirst"),
        blank=True,
        help_text=_("One or two sentences for lists, search engines and social cards."),
    )
    date = models.DateField(
        _("date shown"),
        null=True,
        blank=True,
        db_index=True,
        help_text=_("Empty: the day of publication here."),
    )
    editors_note = RichTextField(
        _("editor's note"),
        small=True,
        blank=True,
        help_text=_("Empty: composed from the bylines and the institute's disclaimer."),
    )
    show_editors_note = models.BooleanField(_("show an editor's note"), default=True)
    key_points = RichTextField(
        _("key points"),
        small=True,
        blank=True,
        help_text=_("Three to five short points as a list; shown before the text."),
    )
    body = RichTextField(_("body"), blank=True)
    lead_image = models.ForeignKey(
        Image,
        verbose_name=_("lead image"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="lead_articles",
    )
    lead_caption = models.CharField(_("caption"), max_length=300, blank=True)
    lead_credit = models.CharField(
        _("credit line"), max_length=200, blank=True, help_text=_("Empty: the image's own.")
    )
    lead_alt = models.CharField(
        _("alternative text"), max_length=300, blank=True, help_text=_("Empty: the image's own.")
    )
    regions = models.ManyToManyField(
        Region, verbose_name=_("regions"), blank=True, related_name="articles", through="ArticleRegion"
    )
    topics = models.ManyToManyField(
        Topic, verbose_name=_("topics"), blank=True, related_name="articles", through="ArticleTopic"
    )
    sections = models.ManyToManyField(
        NewsSection,
        verbose_name=_("news sections"),
        blank=True,
        related_name="articles",
        through="ArticleSection",
    )
    tags = TaggableManager(verbose_name=_("tags"), blank=True, help_text=_("Separated by commas."))
    outlet = models.ForeignKey(
        Outlet,
        verbose_name=_("first ran in"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="articles",
    )
    outlet_url = models.URLField(_("address there"), max_length=500, blank=True)
    outlet_date = models.DateField(_("date there"), null=True, blank=True)
    canonical = models.CharField(
        _("canonical address"), max_length=6, choices=Canonical, default=Canonical.OURS
    )
    rights = models.CharField(_("rights"), max_length=12, choices=Rights, default=Rights.INSTITUTE)
    references = RichTextField(_("references"), small=True, blank=True)
    entry = models.ForeignKey(
        Entry,
        verbose_name=_("in the publication"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="articles",
    )
    superseded_by = models.ForeignKey(
        "self",
        verbose_name=_("superseded by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="supersedes",
        help_text=_("The newer text on the same matter, to which this page then leads."),
    )

    objects: ClassVar[Any] = ArticleManager()
    versions: ClassVar[Any] = models.Manager.from_queryset(ArticleQuerySet)()

    class Meta(Publishable.Meta):
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["-date", "-publish_at", "-pk"]
        constraints = [
            *Publishable.Meta.constraints,
            *Translated.Meta.constraints,
            models.UniqueConstraint(
                fields=["language", "slug"], condition=Q(corrects__isnull=True), name="article_slug_is_unique"
            ),
            models.UniqueConstraint(
                fields=["entry", "language"],
                condition=Q(corrects__isnull=True),
                name="article_one_per_entry",
                violation_error_message=_("Another article already stands for this entry in that language."),
            ),
            models.CheckConstraint(
                condition=Q(canonical="ours") | ~Q(outlet_url=""),
                name="article_canonical_has_address",
                violation_error_message=_("Give the address at the outlet, or keep this page canonical."),
            ),
        ]
        indexes = [
            *Publishable.Meta.indexes,
            models.Index(fields=["language", "-date", "-publish_at", "-id"], name="article_newest_first"),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: object, **kwargs: object) -> None:
        """Save, and let the rows that lists sort through follow language and date."""
        super().save(*args, **kwargs)  # type: ignore[arg-type]
        written: Any = kwargs.get("update_fields")
        if written is None or not {"language", "date"}.isdisjoint(written):
            for model in (ArticleTopic, ArticleRegion, ArticleSection):
                model.objects.filter(article=self).exclude(language=self.language, date=self.date).update(
                    language=self.language, date=self.date
                )

    def fit_to_language(self) -> None:
        """An entry has one article a language."""
        others = Article.versions.filter(entry=self.entry_id, language=self.language, corrects__isnull=True)
        if self.entry_id and others.exists():
            self.entry = None

    def clean(self) -> None:
        super().clean()
        if self.canonical == self.Canonical.THEIRS and not self.outlet_url:
            raise ValidationError(
                {"outlet_url": _("Give the address at the outlet, or keep this page canonical.")}
            )
        if (self.outlet_url or self.outlet_date) and self.outlet is None:
            raise ValidationError({"outlet": _("Name the outlet where the text first ran.")})
        if self.superseded_by_id and self.superseded_by_id in (self.pk, self.corrects_id):
            raise ValidationError({"superseded_by": _("A text can not supersede itself.")})

    @property
    def authors(self) -> "list[Byline]":
        """The bylines of authors, in order; uses what was prefetched."""
        return [b for b in self.bylines.all() if b.contribution == Byline.Contribution.AUTHOR]

    @property
    def canonical_url(self) -> str:
        """The outlet's address where theirs is the canonical one, else empty."""
        return self.outlet_url if self.canonical == self.Canonical.THEIRS else ""

    def filing_defaults(self) -> dict[str, Any]:
        return {"language": self.language, "date": self.date}

    def people_to_tell(self) -> Iterable[Any]:
        bylines = self.bylines.filter(expert__account__isnull=False).select_related("expert__account")
        return [*super().people_to_tell(), *(b.expert.account for b in bylines if b.expert)]

    def remit_subjects(self) -> Iterable[models.Model]:
        return [*self.topics.all(), *self.regions.all(), *self.sections.all()] if self.pk else []

    def two_person_sections(self) -> list[str]:
        return [str(section) for section in self.sections.all() if section.two_person] if self.pk else []

    @classmethod
    def prefetch_searched(cls, texts: list[Any]) -> None:
        super().prefetch_searched(texts)
        prefetch_tags(texts)

    def search_document(self) -> SearchDocument:
        bylines = list(self.bylines.all())
        names = " ".join(byline.name for byline in bylines)
        return SearchDocument(
            title=" ".join(filter(None, [self.title, self.subtitle])),
            standfirst=self.standfirst,
            body=f"{plain_text(self.body)} {names} {' '.join(tag.name for tag in self.tags.all())}",
            language=self.language,
            kind=self.kind,
            date=self.date,
            filed={
                "topic": [topic.pk for topic in self.topics.all()],
                "region": [region.pk for region in self.regions.all()],
                "author": [byline.expert_id for byline in bylines if byline.expert_id],
                "series": [self.entry.publication.series_id] if self.entry else [],
            },
        )


class Byline(Credited):
    """Somebody's name on an article, with the role as it was then; deleting the expert can not remove it."""

    class Contribution(models.TextChoices):
        AUTHOR = "author", _("Author")
        INTERVIEWEE = "interviewee", _("Interviewed")
        TRANSLATOR = "translator", _("Translator")

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="bylines")
    contribution = models.CharField(
        _("contribution"), max_length=12, choices=Contribution, default=Contribution.AUTHOR
    )
    role = models.CharField(
        _("role then"), max_length=300, blank=True, help_text=_("Empty: the expert's title now, and kept.")
    )

    class Meta(Credited.Meta):
        verbose_name = _("byline")
        verbose_name_plural = _("bylines")
        # What an author wrote here last: "By the same author" beneath every article.
        indexes = [models.Index(fields=["expert", "-article"], name="byline_last_of_expert")]

    def text_language(self) -> str:
        return self.article.language

    def take_names(self) -> None:
        super().take_names()
        if not self.role and self.expert is not None:
            self.role = self.expert.title_in(self.text_language())

    def fit_to_language(self, before: str, after: str) -> None:
        """The title as the profile has it in the other language; one that was another then, as it stands."""
        super().fit_to_language(before, after)
        if self.expert is not None and self.role == self.expert.title_in(before):
            self.role = self.expert.title_in(after)


class Filing(models.Model):
    """One article under one subject, with what lists sort by kept beside it."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="%(class)s_set")
    language = models.CharField(max_length=10)
    date = models.DateField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.article_id} / {self.subject_id}"  # type: ignore[attr-defined]

    def save(self, *args: object, **kwargs: object) -> None:
        self.language, self.date = self.article.language, self.article.date
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class ArticleTopic(Filing):
    """An article under a topic."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="topic_rows")
    subject = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "subject"], name="articletopic_once")]
        indexes = [models.Index(fields=["subject", "language", "-date", "article"], name="articletopic_list")]


class ArticleRegion(Filing):
    """An article under a region."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="region_rows")
    subject = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "subject"], name="articleregion_once")]
        indexes = [
            models.Index(fields=["subject", "language", "-date", "article"], name="articleregion_list")
        ]


class ArticleSection(Filing):
    """An article under a news section."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="section_rows")
    subject = models.ForeignKey(NewsSection, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "subject"], name="articlesection_once")]
        indexes = [
            models.Index(fields=["subject", "language", "-date", "article"], name="articlesection_list")
        ]


class Feature(models.Model):
    """An article that editors put at the head of a subject's page, whatever is newer."""

    article = models.ForeignKey(
        Article, verbose_name=_("article"), on_delete=models.CASCADE, related_name="+"
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]
        verbose_name = _("featured article")
        verbose_name_plural = _("featured articles")

    def __str__(self) -> str:
        return str(self.article)


class TopicFeature(Feature):
    """An article at the head of a topic's page."""

    subject = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="features")

    class Meta(Feature.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["subject", "article"], name="topicfeature_once")]


class RegionFeature(Feature):
    """An article at the head of a region's page."""

    subject = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="features")

    class Meta(Feature.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["subject", "article"], name="regionfeature_once")]


class ImportedText(models.Model):
    """Where an imported article came from, and the state in which the import left it."""

    article = models.OneToOneField(Article, on_delete=models.CASCADE, related_name="imported_from")
    source = models.CharField(max_length=500, unique=True)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the source file.")
    version = models.PositiveIntegerField(help_text="The article's version when the import wrote it.")
    imported_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.source
