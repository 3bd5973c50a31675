"""Letters to many: newsletters with what stands in them, and which texts and weeks were announced."""

import datetime
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models import Article
from charhar.contacts.models import Mailing
from charhar.publishing.languages import CHINESE, ENGLISH, LANGUAGES, latin_slug, with_prefix
from charhar.publishing.richtext import RichTextField
from charhar.taxonomy.models import Region, Topic
from experts.models import Expert
from publications.models import Publication, Series


class NewsletterQuerySet(models.QuerySet["Newsletter"]):
    """Newsletters by what readers see of them."""

    def in_archive(self) -> "NewsletterQuerySet":
        """Those that stand on the site, newest first: sent, also in part, and not for a closed circle."""
        return self.filter(begun_at__isnull=False, internal=False).order_by("-begun_at", "-pk")


class Newsletter(models.Model):
    """One issue of the letter that the institute sends to its subscribers: its words and whom it is for.

    ``newsletters`` holds every change of its state. Whom it is for is asked anew when sending begins, and
    from then on stands in the rows of its ``mailing``.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        SENDING = "sending", _("Being sent")
        PAUSED = "paused", _("Paused")
        SENT = "sent", _("Sent")
        CANCELLED = "cancelled", _("Cancelled")

    class Members(models.TextChoices):
        EVERYBODY = "", _("members and others")
        ONLY = "only", _("members only")
        WITHOUT = "without", _("all but members")

    language = models.CharField(_("language"), max_length=10, choices=LANGUAGES, default=ENGLISH)
    title = models.CharField(
        _("title"), max_length=200, help_text=_("At the head of the letter and in the archive on the site.")
    )
    slug = models.SlugField(
        _("slug"),
        max_length=100,
        blank=True,
        help_text=_("The last part of its address in the archive. Empty: from the title."),
    )
    subject = models.CharField(_("subject of the mail"), max_length=200)
    preheader = models.CharField(
        _("preview line"),
        max_length=200,
        blank=True,
        help_text=_("What mailboxes show beside the subject."),
    )
    introduction = RichTextField(_("introduction"), small=True, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=State, default=State.DRAFT, editable=False, db_index=True
    )

    every_language = models.BooleanField(
        _("to subscribers of every language"),
        default=False,
        help_text=_("Otherwise to those who chose the language of the letter."),
    )
    topics = models.ManyToManyField(Topic, verbose_name=_("topics"), blank=True, related_name="+")
    regions = models.ManyToManyField(Region, verbose_name=_("regions"), blank=True, related_name="+")
    series = models.ManyToManyField(Series, verbose_name=_("series"), blank=True, related_name="+")
    experts = models.ManyToManyField(Expert, verbose_name=_("experts"), blank=True, related_name="+")
    members = models.CharField(_("membership"), max_length=10, choices=Members, blank=True, default="")
    country = models.CharField(
        _("country or region"), max_length=100, blank=True, help_text=_("As people gave it. Empty: all.")
    )
    internal = models.BooleanField(
        _("for a closed circle"), default=False, help_text=_("Does not stand in the archive on the site.")
    )
    per_minute = models.PositiveIntegerField(
        _("letters a minute"),
        null=True,
        blank=True,
        help_text=_("Empty: as fast as the mail server takes them."),
    )

    send_at = models.DateTimeField(_("to be sent"), null=True, blank=True, editable=False)
    begun_at = models.DateTimeField(_("sending began"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("sending ended"), null=True, blank=True, editable=False)
    report = models.TextField(_("what happened"), blank=True, editable=False)
    mailing = models.OneToOneField(
        Mailing,
        verbose_name=_("mailing"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="newsletter",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = NewsletterQuerySet.as_manager()

    class Meta:
        verbose_name = _("newsletter")
        verbose_name_plural = _("newsletters")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["language", "slug"],
                name="newsletter_slug_is_unique",
                violation_error_message=_("Another newsletter in this language has this slug."),
            ),
            models.CheckConstraint(
                condition=~Q(state="scheduled") | Q(send_at__isnull=False),
                name="newsletter_scheduled_has_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["sending", "paused", "sent"])
                | Q(begun_at__isnull=False, mailing__isnull=False),
                name="newsletter_begun_has_mailing",
            ),
        ]
        indexes = [models.Index(fields=["-begun_at", "-id"], name="newsletter_archive")]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        super().clean()
        if not self.slug:
            self.slug = self._free_slug()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.slug:
            self.slug = self._free_slug()
        super().save(*args, **kwargs)

    def _free_slug(self) -> str:
        wanted = latin_slug(self.title)[:90].strip("-") or "newsletter"
        taken = set(
            Newsletter.objects.filter(language=self.language, slug__startswith=wanted)
            .exclude(pk=self.pk)
            .values_list("slug", flat=True)
        )
        free = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
        return wanted if wanted not in taken else next(slug for slug in free if slug not in taken)

    @property
    def is_draft(self) -> bool:
        """Whether its words and items may still be changed."""
        return self.state == self.State.DRAFT

    @property
    def html_lang(self) -> str:
        """The language as pages and letters name it."""
        return {ENGLISH: "en", CHINESE: "zh-Hans"}[self.language]

    @property
    def date(self) -> datetime.date | None:
        """The day on which it went out, in Beijing."""
        return None if self.begun_at is None else timezone.localdate(self.begun_at)

    def get_absolute_url(self) -> str:
        """Its place in the archive, in its own language."""
        return with_prefix(f"/newsletters/{self.slug}/", self.language)

    def admin_url(self) -> str:
        """Its form in the admin."""
        return reverse("admin:outreach_newsletter_change", args=[self.pk])


class NewsletterItem(models.Model):
    """One published text in a newsletter, in its place, with words of its own or the text's."""

    newsletter = models.ForeignKey(Newsletter, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    article = models.ForeignKey(
        Article,
        verbose_name=_("article"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="newsletter_items",
    )
    publication = models.ForeignKey(
        Publication,
        verbose_name=_("publication"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="newsletter_items",
    )
    words = models.TextField(
        _("own words"), blank=True, max_length=1000, help_text=_("Empty: the text's standfirst.")
    )
    left_out = models.BooleanField(_("left out"), default=False, editable=False)

    class Meta:
        verbose_name = _("text in a newsletter")
        verbose_name_plural = _("texts in the newsletter")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(article__isnull=False, publication__isnull=True)
                | Q(article__isnull=True, publication__isnull=False),
                name="newsletteritem_is_one_text",
            ),
            models.UniqueConstraint(fields=["newsletter", "article"], name="newsletteritem_article_once"),
            models.UniqueConstraint(
                fields=["newsletter", "publication"], name="newsletteritem_publication_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.text)

    @property
    def text(self) -> Any:
        """The article or publication."""
        return self.article if self.article_id else self.publication

    def clean(self) -> None:
        super().clean()
        if bool(self.article_id) == bool(self.publication_id):
            raise ValidationError(_("Choose one text."))


class Announcement(models.Model):
    """That those who follow a text's subjects were told of it at once: one row a text, so never twice."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    object_id = models.PositiveBigIntegerField()
    at = models.DateTimeField(_("when"), default=timezone.now)
    mailing = models.OneToOneField(
        Mailing,
        verbose_name=_("mailing"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="announcement",
    )

    class Meta:
        verbose_name = _("announced text")
        verbose_name_plural = _("announced texts")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["content_type", "object_id"], name="announcement_once_a_text")
        ]

    def __str__(self) -> str:
        return f"{self.content_type.name} {self.object_id}"


class Digest(models.Model):
    """That a week's digest went out: one row a week, so never twice."""

    week = models.DateField(_("Monday"), unique=True)
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("weekly digest")
        verbose_name_plural = _("weekly digests")
        ordering = ["-week"]

    def __str__(self) -> str:
        return f"{self.week:%Y-%m-%d}"


class DigestLetter(models.Model):
    """Which texts stand in a letter of a week's digest, as [label, key]: what is withdrawn is left out."""

    mailing = models.OneToOneField(
        Mailing, verbose_name=_("mailing"), on_delete=models.CASCADE, related_name="digest_letter"
    )
    language = models.CharField(_("language"), max_length=10, choices=LANGUAGES)
    until = models.DateTimeField(_("Monday"))
    texts = models.JSONField(_("texts"), default=list)

    class Meta:
        verbose_name = _("letter of a digest")
        verbose_name_plural = _("letters of digests")
        ordering = ["-until", "-pk"]

    def __str__(self) -> str:
        return f"{self.until:%Y-%m-%d} ({len(self.texts)})"
