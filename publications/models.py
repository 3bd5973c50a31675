"""Publication series, their issues, books and reports, and what these contain."""

import datetime
from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from charhar.library.models import Document, Image
from charhar.publishing.documents import SearchDocument
from charhar.publishing.models import Publishable, PublishableQuerySet, Translated
from charhar.publishing.prepared import Prepared
from charhar.publishing.richtext import RichTextField, plain_text
from charhar.publishing.shelf import newest_of, newness
from charhar.taxonomy.bilingual import Bilingual
from charhar.taxonomy.models import Listed, Region, Topic
from experts.models import Expert

from .identifiers import validate_doi, validate_isbn, validate_issn
from .standing import ListedPublication


class Series(Listed):
    """A publication series: the quarterly, the newsletter, a book series, a textbook."""

    class Kind(models.TextChoices):
        QUARTERLY = "quarterly", _("Quarterly")
        NEWSLETTER = "newsletter", _("Newsletter")
        BOOKS = "books", _("Book series")
        TEXTBOOK = "textbook", _("Textbook")

        @property
        def has_issues(self) -> bool:
            """Whether its publications are issues with volume and number."""
            return self in (self.QUARTERLY, self.NEWSLETTER)

    route = "series"

    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.BOOKS)
    issn = models.CharField("ISSN", max_length=9, blank=True, validators=[validate_issn])
    description_en = RichTextField(_("description (English)"), small=True, blank=True)
    description_zh = RichTextField(_("description (Chinese)"), small=True, blank=True)
    cover = models.ForeignKey(
        Image, verbose_name=_("cover"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    description = Bilingual()

    class Meta(Listed.Meta):
        verbose_name = _("series")
        verbose_name_plural = _("series")

    def moves_with(self) -> Iterable[models.Model]:
        return Publication.versions.filter(series=self, corrects__isnull=True)


class PublicationQuerySet(PublishableQuerySet):
    """Publications with what each page shows."""

    def newest_first(self) -> "PublicationQuerySet":
        """By the date shown, as all lists stand; in Chinese lists the Chinese editions first."""
        return self.order_by("-language", "-date", "-publish_at", "-pk")

    def newest_of_each_series(self, each: int) -> "PublicationQuerySet":
        """The first ``each`` of every series in the order of ``newest_first``, series by series."""
        order = [models.F(name).desc() for name in ("language", "date", "publish_at", "pk")]
        rank = Window(RowNumber(), partition_by=models.F("series_id"), order_by=order)
        return self.annotate(rank=rank).filter(rank__lte=each).order_by("series_id", "rank")

    def for_list(self) -> "PublicationQuerySet":
        """All that a row of a list shows: series and cover joined, contributors in one more query."""
        return (
            self.select_related("series", "cover")
            .defer("abstract", "contents")
            .prefetch_related("contributors")
        )

    def in_lists(self, now: datetime.datetime) -> "PublicationQuerySet":
        """What readers see at ``now``, as rows of lists."""
        return self.published(now).for_list()

    def for_page(self) -> "PublicationQuerySet":
        """All that its own page shows: contents, contributors, subjects and shops in one query each."""
        return self.select_related("series", "cover", "file").prefetch_related(
            models.Prefetch("contributors", Contributor.objects.select_related("expert")),
            models.Prefetch("entries", Entry.objects.with_articles()),
            "shops",
            "topics",
            "regions",
        )


class PublicationManager(models.Manager.from_queryset(PublicationQuerySet)):  # type: ignore[misc]
    """Knows neither working copies nor the trash."""

    def get_queryset(self) -> PublicationQuerySet:
        return super().get_queryset().filter(corrects__isnull=True, trashed_at__isnull=True)


@Prepared
def newest_about(
    kind: type[models.Model], language: str, count: int, subject: int, now: datetime.datetime
) -> models.QuerySet:
    """The newest of each edition under a topic or region, with what a cover shows, in no order."""
    newest = newest_of("publication", f"{kind._meta.model_name}-books", [subject], language, count)
    readable = Publication.objects.published(now).filter(newest).order_by()
    return readable.select_related("series", "cover").defer("abstract", "contents")


class Publication(ListedPublication, Translated, Publishable):
    """An issue, a book or a report."""

    route = "publication"
    is_publication = True
    CONTENT_INLINES = ("contributors", "entries", "shops")
    SEARCHED_WITH = ("contributors", "entries", "topics", "regions")
    WRITERS = "contributors__expert__account"
    # The title too, so that every list can name the draft.
    EDITION_CARRIES = (
        "series", "title", "volume", "number", "year", "date", "cover", "file", "pages", "publisher",
        "place", "isbn", "doi", "contributors", "entries", "shops", "topics", "regions",
    )  # fmt: skip
    EDITION_WRITES = ("subtitle", "standfirst", "abstract", "contents")

    series = models.ForeignKey(
        Series, verbose_name=_("series"), on_delete=models.PROTECT, related_name="publications"
    )
    title = models.CharField(_("title"), max_length=300)
    subtitle = models.CharField(_("subtitle"), max_length=300, blank=True)
    volume = models.PositiveSmallIntegerField(_("volume"), null=True, blank=True)
    number = models.CharField(
        _("number"), max_length=20, blank=True, help_text=_("Of the issue, for example 3 or 3–4.")
    )
    year = models.PositiveSmallIntegerField(_("year"), null=True, blank=True)
    date = models.DateField(
        _("date shown"),
        null=True,
        blank=True,
        db_index=True,
        help_text=_("Empty: the day of publication here."),
    )
    cover = models.ForeignKey(
        Image, verbose_name=_("cover"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    standfirst = models.TextField(_("standfirst"), blank=True, help_text=_("One or two sentences for lists."))
    abstract = RichTextField(_("abstract"), small=True, blank=True)
    contents = RichTextField(
        _("table of contents"), blank=True, help_text=_("Where it is not kept as entries below.")
    )
    file = models.ForeignKey(
        Document,
        verbose_name=_("file"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="publications",
    )
    pages = models.PositiveSmallIntegerField(_("pages"), null=True, blank=True)
    publisher = models.CharField(_("publisher"), max_length=200, blank=True)
    place = models.CharField(_("place of publication"), max_length=100, blank=True)
    isbn = models.CharField("ISBN", max_length=20, blank=True, validators=[validate_isbn])
    doi = models.CharField("DOI", max_length=100, blank=True, validators=[validate_doi])
    topics = models.ManyToManyField(Topic, verbose_name=_("topics"), blank=True, related_name="publications")
    regions = models.ManyToManyField(
        Region, verbose_name=_("regions"), blank=True, related_name="publications"
    )

    objects: ClassVar[Any] = PublicationManager()
    versions: ClassVar[Any] = models.Manager.from_queryset(PublicationQuerySet)()

    class Meta(Publishable.Meta):
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        ordering = ["-date", "-publish_at", "-pk"]
        constraints = [
            *Publishable.Meta.constraints,
            *Translated.Meta.constraints,
            models.UniqueConstraint(
                fields=["series", "language", "slug"],
                condition=Q(corrects__isnull=True),
                name="publication_slug_is_unique",
            ),
        ]
        indexes = [
            *Publishable.Meta.indexes,
            models.Index(
                fields=["series", "language", "-date", "-publish_at"], name="publication_series_list"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def route_args(self) -> list[str]:
        return [self.series.slug, self.slug]

    def served_documents(self) -> dict[str, Any]:
        file = self.file
        return {reverse("publication-file", args=[*self.route_args(), self.slug]): file} if file else {}

    @classmethod
    def newest_about(cls, subject: models.Model, language: str, count: int) -> "list[Publication]":
        """The newest under a topic or region, as covers. One query."""
        newest = newest_about(type(subject), language, count, subject=subject.pk, now=timezone.now())
        return sorted(newest, key=newness, reverse=True)[:count]

    @property
    def issue_label(self) -> str:
        """“Vol. 12, No. 3 (2022)” with what is known of it; empty for a book."""
        if self.volume and self.number:
            label = gettext("Vol. %(volume)s, No. %(number)s")
        elif self.volume:
            label = gettext("Vol. %(volume)s")
        elif self.number:
            label = gettext("No. %(number)s")
        else:
            return ""
        label %= {"volume": self.volume, "number": self.number}
        # Whole phrases, because Chinese puts the year first.
        return gettext("%(issue)s (%(year)d)") % {"issue": label, "year": self.year} if self.year else label

    def remit_subjects(self) -> Iterable[models.Model]:
        return [*self.topics.all(), *self.regions.all()] if self.pk else []

    def search_document(self) -> SearchDocument:
        contributors = list(self.contributors.all())
        names = " ".join(contributor.name for contributor in contributors)
        entries = " ".join(f"{e.title} {e.authors}" for e in self.entries.all())
        return SearchDocument(
            title=" ".join(filter(None, [self.title, self.subtitle])),
            standfirst=self.standfirst,
            body=f"{plain_text(self.abstract + self.contents)} {names} {entries} {self.isbn} {self.doi}",
            language=self.language,
            kind="publication",
            date=self.date,
            filed={
                "topic": [topic.pk for topic in self.topics.all()],
                "region": [region.pk for region in self.regions.all()],
                "author": [c.expert_id for c in contributors if c.expert_id],
                "series": [self.series_id],
            },
        )


class Credited(models.Model):
    """A person's name as it was when the text appeared; the expert's profile may go, the name stays."""

    expert = models.ForeignKey(
        Expert,
        verbose_name=_("expert"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="%(class)ss",
    )
    name = models.CharField(
        _("name"),
        max_length=200,
        blank=True,
        help_text=_("As shown. Empty: taken from the expert's profile now, and kept."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name=""),
                name="%(class)s_has_a_name",
                violation_error_message=_("Choose an expert or write a name."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def full_clean(self, *args: object, **kwargs: object) -> None:
        self.take_names()
        super().full_clean(*args, **kwargs)  # type: ignore[arg-type]

    def save(self, *args: object, **kwargs: object) -> None:
        self.take_names()
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def text_language(self) -> str:
        """The language of the text that the person is credited in."""
        raise NotImplementedError

    def take_names(self) -> None:
        """Fill in what was left empty from the expert's profile as it stands."""
        if not self.name and self.expert is not None:
            self.name = self.expert.name_in(self.text_language())

    def fit_to_language(self, before: str, after: str) -> None:
        """The name as the profile has it in the other language; a guest's stays as it was written."""
        if self.expert is not None:
            self.name = self.expert.name_in(after)


class Contributor(Credited):
    """Somebody who wrote, edited or translated a publication."""

    class Role(models.TextChoices):
        AUTHOR = "author", _("Author")
        EDITOR = "editor", _("Editor")
        EDITOR_IN_CHIEF = "chief", _("Editor-in-chief")
        TRANSLATOR = "translator", _("Translator")
        FOREWORD = "foreword", _("Foreword")

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="contributors")
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.AUTHOR)

    class Meta(Credited.Meta):
        verbose_name = _("contributor")
        verbose_name_plural = _("contributors")

    def text_language(self) -> str:
        return self.publication.language


class Shop(models.Model):
    """Where a publication can be bought."""

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="shops")
    label = models.CharField(_("label"), max_length=100)
    url = models.URLField(_("address"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("where to buy")
        verbose_name_plural = _("where to buy")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.label


class EntryQuerySet(models.QuerySet):
    """Entries with the articles that stand for them."""

    def with_articles(self) -> "EntryQuerySet":
        """Enough of each entry's articles to link to them, without their bodies. One query more."""
        # Upwards by the reverse relation: this app knows nothing of articles.
        article: Any = Entry._meta.get_field("articles").related_model
        columns = (
            "title",
            "slug",
            "language",
            "entry",
            *article.clock_columns,
            "state",
            "trashed_at",
            "corrects",
        )
        return self.prefetch_related(models.Prefetch("articles", article.objects.only(*columns)))


class Entry(models.Model):
    """One text in a publication's contents, in order; ``article`` is it where it is online."""

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="entries")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    heading = models.CharField(
        _("section"),
        max_length=150,
        blank=True,
        help_text=_("Printed above this entry where a section begins."),
    )
    title = models.CharField(_("title"), max_length=300)
    authors = models.CharField(_("authors"), max_length=300, blank=True)
    # In a working copy: the key of the live text's entry that this one stands for. Articles point at entries,
    # so a correction changes these in place.
    origin = models.BigIntegerField(null=True, blank=True, editable=False)
    first_page = models.CharField(_("first page"), max_length=10, blank=True)
    last_page = models.CharField(_("last page"), max_length=10, blank=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("contents")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def article(self) -> Any:
        """The article that readers find online, in the publication's language where there is a choice.

        Uses the prefetched ``articles``; None where the text is on paper only.
        """
        online = [article for article in self.articles.all() if article.is_published]
        return next((a for a in online if a.language == self.publication.language), next(iter(online), None))

    @property
    def page_range(self) -> str:
        """“12–19”, or the one page that is known."""
        return "–".join(
            filter(None, [self.first_page, self.last_page if self.last_page != self.first_page else ""])
        )
