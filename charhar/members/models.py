"""Membership: the plans on offer, and those who apply."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from charhar.contacts.models import Consent, Person
from charhar.publishing.languages import ENGLISH, LANGUAGES
from charhar.publishing.richtext import RichTextField
from charhar.taxonomy.bilingual import Bilingual


class Plan(models.Model):
    """A kind of membership: what it gives, what it costs, how long it lasts."""

    class Currency(models.TextChoices):
        CNY = "CNY", _("CNY (yuan)")
        EUR = "EUR", _("EUR (euro)")
        USD = "USD", _("USD (US dollar)")

    name_en = models.CharField(_("name (English)"), max_length=100)
    name_zh = models.CharField(_("name (Chinese)"), max_length=100, blank=True)
    benefits_en = RichTextField(_("benefits (English)"), blank=True)
    benefits_zh = RichTextField(_("benefits (Chinese)"), blank=True)
    fee = models.DecimalField(
        _("fee"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("For one term. Empty or 0: free of charge."),
    )
    currency = models.CharField(_("currency"), max_length=3, choices=Currency, default=Currency.CNY)
    term_months = models.PositiveSmallIntegerField(
        _("term in months"), null=True, blank=True, default=12, help_text=_("Empty: without an end.")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    hidden = models.BooleanField(
        _("hidden"), default=False, help_text=_("Can not be applied for; members keep it.")
    )

    name = Bilingual()
    benefits = Bilingual()

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(fee__isnull=True) | Q(fee__gte=0),
                name="plan_fee_is_not_negative",
                violation_error_message=_("A fee can not be negative."),
            ),
            models.CheckConstraint(
                condition=Q(term_months__isnull=True) | Q(term_months__gt=0),
                name="plan_term_is_some_time",
                violation_error_message=_(
                    "A term lasts a month at least; leave it empty for one without an end."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def shown(cls) -> Any:
        """Those that can be applied for, in order."""
        return cls.objects.filter(hidden=False)

    @property
    def fee_label(self) -> str:
        """“CNY 1,200”, without needless decimals; in words where there is no fee."""
        if not self.fee:
            return str(_("Free of charge"))
        return f"{self.currency} {self.fee:,.2f}".removesuffix(".00")

    @property
    def term_label(self) -> str:
        """How long a term lasts, in years where they are whole."""
        if self.term_months is None:
            return str(_("without an end"))
        if self.term_months % 12 == 0:
            years = self.term_months // 12
            return ngettext("%(count)d year", "%(count)d years", years) % {"count": years}
        return ngettext("%(count)d month", "%(count)d months", self.term_months) % {"count": self.term_months}


class Application(models.Model):
    """Somebody's application for membership, exactly as it was typed, with the consent that came with it."""

    class State(models.TextChoices):
        NEW = "new", _("New")
        REVIEW = "review", _("In review")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")

    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.CASCADE, related_name="applications"
    )
    plan = models.ForeignKey(
        Plan, verbose_name=_("plan"), on_delete=models.PROTECT, related_name="applications"
    )
    name = models.CharField(_("name"), max_length=150)
    email = models.EmailField(_("e-mail"), max_length=254)
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)
    country = models.CharField(_("country or region"), max_length=100)
    statement = models.TextField(_("statement"), blank=True)
    consent = models.OneToOneField(
        Consent, verbose_name=_("consent"), on_delete=models.CASCADE, related_name="application"
    )
    language = models.CharField(_("language of the page"), max_length=10, choices=LANGUAGES, default=ENGLISH)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.NEW)
    created_at = models.DateTimeField(_("received"), default=timezone.now)
    day = models.DateField(editable=False)
    digest = models.CharField(max_length=64, editable=False)

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["digest", "day"], name="application_once_a_day")]
        indexes = [models.Index(fields=["state", "-created_at"], name="application_queue")]

    def __str__(self) -> str:
        return f"{self.name}: {self.plan}"
