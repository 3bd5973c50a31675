"""What the institute and its public say to each other: messages, subscriptions, vacancies, ways to give."""

import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from charhar.contacts.models import Person
from charhar.publishing.languages import ENGLISH, LANGUAGES
from charhar.taxonomy.models import Region, Topic
from experts.models import Expert
from publications.models import Series

from .correspondence import ContactMessage, ReceivedMail, Reply, ReplyTemplate, Route
from .funding import Funding
from .newsletter_models import Announcement, Digest, DigestLetter, Newsletter, NewsletterItem
from .offers import Vacancy, WayToGive

__all__ = [
    "Announcement",
    "ContactMessage",
    "Digest",
    "DigestLetter",
    "Funding",
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
