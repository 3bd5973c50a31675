"""What the institute offers: posts to fill, and ways to give."""

import datetime
from itertools import count
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from charhar.publishing.languages import latin_slug
from charhar.publishing.richtext import RichTextField
from charhar.taxonomy.bilingual import Bilingual


class VacancyQuerySet(models.QuerySet["Vacancy"]):
    """Vacancies, asked by the clock."""

    def open(self, now: datetime.datetime | None = None) -> "VacancyQuerySet":
        """Those that can be applied for at ``now``. The instance's ``is_open_at`` is the same rule."""
        now = now or timezone.now()
        return self.filter(Q(closes_at__isnull=True) | Q(closes_at__gt=now), opens_at__lte=now, hidden=False)


class Vacancy(models.Model):
    """A post that the institute wants to fill; it opens and closes by the clock."""

    class Employment(models.TextChoices):
        FULL_TIME = "FULL_TIME", _("Full time")
        PART_TIME = "PART_TIME", _("Part time")
        TEMPORARY = "TEMPORARY", _("For a limited time")
        CONTRACTOR = "CONTRACTOR", _("On contract")
        INTERN = "INTERN", _("Internship")
        VOLUNTEER = "VOLUNTEER", _("Voluntary")
        OTHER = "OTHER", _("Other")

    clock_columns = ("opens_at", "closes_at")
    clock_condition = ""

    slug = models.SlugField(
        _("slug"),
        max_length=100,
        unique=True,
        blank=True,
        help_text=_("The last part of its address. Empty: from the title."),
    )
    title_en = models.CharField(_("title (English)"), max_length=200)
    title_zh = models.CharField(_("title (Chinese)"), max_length=200, blank=True)
    place_en = models.CharField(_("place (English)"), max_length=100, blank=True)
    place_zh = models.CharField(_("place (Chinese)"), max_length=100, blank=True)
    country = models.CharField(
        _("country of the place"),
        max_length=2,
        default="CN",
        validators=[RegexValidator(r"\A[A-Z]{2}\Z", _("Two capital letters, such as CN or DE."))],
        help_text=_("Two letters, such as CN or DE; search engines ask for it."),
    )
    remote = models.BooleanField(_("can be done wholly from home, within that country"), default=False)
    employment = models.CharField(
        _("employment"), max_length=10, choices=Employment, default=Employment.FULL_TIME
    )
    body_en = RichTextField(_("text (English)"), blank=True)
    body_zh = RichTextField(_("text (Chinese)"), blank=True)
    apply_en = RichTextField(_("how to apply (English)"), blank=True)
    apply_zh = RichTextField(_("how to apply (Chinese)"), blank=True)
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
    apply = Bilingual()

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

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.slug:
            self.slug = self._free_slug()
        super().save(*args, **kwargs)

    def _free_slug(self) -> str:
        wanted = latin_slug(self.title_en or self.title_zh)[:90] or "vacancy"
        taken = set(Vacancy.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
        numbered = (f"{wanted}-{number}" for number in count(2))
        return wanted if wanted not in taken else next(slug for slug in numbered if slug not in taken)

    def address(self) -> str:
        """Its page, without a language."""
        return f"/about/careers/{self.slug}/"

    def get_absolute_url(self) -> str:
        """Its page, in the language of the page that is being made."""
        return reverse("vacancy", args=[self.slug])

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
