"""What the institute and its public say to each other: messages, subscriptions, vacancies, ways to give."""

import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from charhar.contacts.models import Person
from charhar.publishing.languages import ENGLISH, LANGUAGES
from charhar.publishing.richtext import RichTextField
from charhar.taxonomy.bilingual import Bilingual
from charhar.taxonomy.models import Region, Topic
from experts.models import Expert
from publications.models import Series

from .correspondence import ContactMessage, ReceivedMail, Reply, ReplyTemplate, Route
from .newsletter_models import Announcement, Digest, Newsletter, NewsletterItem

__all__ = [
    "Announcement",
    "ContactMessage",
    "Digest",
    "Newsletter",
    "NewsletterItem",
    "ReceivedMail",
    "Reply",
    "ReplyTemplate",
    "Route",
    "Subscription",
    "Vacancy",
    "WayToGive",
]


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    """Subscriptions by what they are now."""

    def active(self) -> "SubscriptionQuerySet":
        """Those that mail may be sent to: confirmed, and not ended since."""
        return self.filter(confirmed_at__isnull=False, unsubscribed_at__isnull=True)

    def receiving(self, now: datetime.datetime | None = None) -> "SubscriptionQuerySet":
        """Those that get mail at ``now``: active, and not paused. ``is_receiving_at`` is the same rule."""
        now = now or timezone.now()
        return self.active().filter(Q(paused_until__isnull=True) | Q(paused_until__lte=now))


class Subscription(models.Model):
    """Somebody's wish to hear from the institute by e-mail; it counts once confirmed from the mailbox itself.

    ``round`` rises with every end of it, so that a confirming link from before can not bring it back. Who
    chose no topic, region, series or expert follows everything.
    """

    class Rhythm(models.TextChoices):
        AT_ONCE = "at_once", _("At once, a letter for each new text")
        WEEKLY = "weekly", _("Once a week, on Monday morning, what was new")
        NEWSLETTER = "newsletter", _("The newsletter only")

    person = models.OneToOneField(
        Person, verbose_name=_("person"), on_delete=models.CASCADE, related_name="subscription"
    )
    language = models.CharField(_("language"), max_length=10, choices=LANGUAGES, default=ENGLISH)
    rhythm = models.CharField(_("rhythm"), max_length=10, choices=Rhythm, default=Rhythm.NEWSLETTER)
    topics = models.ManyToManyField(Topic, verbose_name=_("topics"), blank=True, related_name="+")
    regions = models.ManyToManyField(Region, verbose_name=_("regions"), blank=True, related_name="+")
    series = models.ManyToManyField(Series, verbose_name=_("series"), blank=True, related_name="+")
    experts = models.ManyToManyField(Expert, verbose_name=_("experts"), blank=True, related_name="+")
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    unsubscribed_at = models.DateTimeField(_("ended"), null=True, blank=True)
    round = models.PositiveIntegerField(default=0, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return str(self.person)

    @property
    def is_active(self) -> bool:
        """Whether mail may be sent; ``active()`` is the same rule."""
        return self.confirmed_at is not None and self.unsubscribed_at is None

    def is_receiving_at(self, now: datetime.datetime) -> bool:
        """Whether mail is sent at ``now``; ``receiving()`` is the same rule."""
        return self.is_active and (self.paused_until is None or self.paused_until <= now)


class VacancyQuerySet(models.QuerySet["Vacancy"]):
    """Vacancies, asked by the clock."""

    def open(self, now: datetime.datetime | None = None) -> "VacancyQuerySet":
        """Those that can be applied for at ``now``. The instance's ``is_open_at`` is the same rule."""
        now = now or timezone.now()
        return self.filter(Q(closes_at__isnull=True) | Q(closes_at__gt=now), opens_at__lte=now, hidden=False)


class Vacancy(models.Model):
    """A post that the institute wants to fill; it opens and closes by the clock."""

    clock_columns = ("opens_at", "closes_at")
    clock_condition = ""

    title_en = models.CharField(_("title (English)"), max_length=200)
    title_zh = models.CharField(_("title (Chinese)"), max_length=200, blank=True)
    place_en = models.CharField(_("place (English)"), max_length=100, blank=True)
    place_zh = models.CharField(_("place (Chinese)"), max_length=100, blank=True)
    body_en = RichTextField(_("text (English)"), blank=True)
    body_zh = RichTextField(_("text (Chinese)"), blank=True)
    opens_at = models.DateTimeField(
        _("opens"), default=timezone.now, db_index=True, help_text=_("Beijing time (UTC+8).")
    )
    closes_at = models.DateTimeField(
        _("closes"),
        null=True,
        blank=True,
        db_index=True,
        help_text=_("Beijing time (UTC+8). Empty: until filled."),
    )
    hidden = models.BooleanField(_("hidden"), default=False)

    objects = VacancyQuerySet.as_manager()

    title = Bilingual()
    place = Bilingual()
    body = Bilingual()

    class Meta:
        verbose_name = _("vacancy")
        verbose_name_plural = _("vacancies")
        ordering = [F("closes_at").asc(nulls_last=True), "-opens_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_at__isnull=True) | Q(closes_at__gt=F("opens_at")),
                name="vacancy_closes_after_it_opens",
                violation_error_message=_("It would close before it opens."),
            )
        ]

    def __str__(self) -> str:
        return self.title

    def is_open_at(self, now: datetime.datetime) -> bool:
        """Whether it can be applied for at ``now``."""
        return not self.hidden and self.opens_at <= now and (self.closes_at is None or self.closes_at > now)


class WayToGive(models.Model):
    """One way to support the institute, as the page Support Charhar lists it."""

    title_en = models.CharField(_("title (English)"), max_length=150)
    title_zh = models.CharField(_("title (Chinese)"), max_length=150, blank=True)
    body_en = RichTextField(_("text (English)"), blank=True)
    body_zh = RichTextField(_("text (Chinese)"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    hidden = models.BooleanField(_("hidden"), default=False)

    title = Bilingual()
    body = Bilingual()

    class Meta:
        verbose_name = _("way to give")
        verbose_name_plural = _("ways to give")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def shown(cls) -> Any:
        """Those that readers see, in order."""
        return cls.objects.filter(hidden=False)
