"""What editors pin to the home page."""

import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles.models import Article
from charhar.publishing.languages import ENGLISH, LANGUAGES


class HomeSlotQuerySet(models.QuerySet):
    """Pinned texts, asked of the clock."""

    def standing(self, now: datetime.datetime | None = None) -> "HomeSlotQuerySet":
        """Those whose time has come and is not over."""
        now = now or timezone.now()
        return self.filter(
            Q(show_from__isnull=True) | Q(show_from__lte=now),
            Q(show_until__isnull=True) | Q(show_until__gt=now),
        )


class HomeSlot(models.Model):
    """A place on the home page that holds a chosen article for a time; free places fill with the newest."""

    class Place(models.TextChoices):
        LEAD = "lead", _("Lead")
        SECOND = "second", _("Second row")
        NEWS = "news", _("News column")
        RESEARCH = "research", _("Latest research")

    language = models.CharField(_("language"), max_length=10, choices=LANGUAGES, default=ENGLISH)
    place = models.CharField(_("place"), max_length=10, choices=Place)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    article = models.ForeignKey(
        Article, verbose_name=_("article"), on_delete=models.CASCADE, related_name="home_slots"
    )
    show_from = models.DateTimeField(pgettext_lazy("time", "from"), null=True, blank=True)
    show_until = models.DateTimeField(_("until"), null=True, blank=True)

    clock_columns = ("show_from", "show_until")
    clock_condition = ""

    objects: ClassVar[Any] = HomeSlotQuerySet.as_manager()

    class Meta:
        verbose_name = _("place on the home page")
        verbose_name_plural = _("home page")
        ordering = ["language", "place", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(show_from__isnull=True)
                | Q(show_until__isnull=True)
                | Q(show_until__gt=F("show_from")),
                name="homeslot_ends_after_it_begins",
                violation_error_message=_("The end lies before the beginning."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_place_display()}: {self.article}"
