"""The plans: what kinds of membership there are."""

import re
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from charhar.publishing.richtext import RichTextField
from charhar.taxonomy.bilingual import Bilingual

# A reminder is planned at most a year ahead; a field of a few numbers holds no more.
MOST_DAYS = 366


def days_in(value: str) -> list[int]:
    """The days in “30, 7, 0”, each once, the most first; commas, Chinese ones too, or spaces between."""
    return sorted({int(part) for part in re.split(r"[\s,，、;；]+", value) if part}, reverse=True)


def check_days(value: str) -> None:
    """Raise ``ValidationError`` for anything but whole numbers of days from 0 to ``MOST_DAYS``."""
    if not re.fullmatch(r"[\d\s,，、;；]*", value, re.ASCII) or any(
        day > MOST_DAYS for day in days_in(value)
    ):
        raise ValidationError(
            _("Write whole numbers of days from 0 to %(most)d, with commas between: 30, 7, 0."),
            params={"most": MOST_DAYS},
            code="days",
        )


def money(amount: Decimal | float, currency: str) -> str:
    """“CNY 1,200”, without needless decimals."""
    return f"{currency} {amount:,.2f}".removesuffix(".00")


class Plan(models.Model):
    """A kind of membership: what it gives and costs, how long it lasts, when its members are reminded."""

    class Kind(models.TextChoices):
        INDIVIDUAL = "individual", _("Individual")
        STUDENT = "student", _("Student")
        INSTITUTIONAL = "institutional", _("Institutional")
        HONORARY = "honorary", _("Honorary")

    class Currency(models.TextChoices):
        CNY = "CNY", _("CNY (yuan)")
        EUR = "EUR", _("EUR (euro)")
        USD = "USD", _("USD (US dollar)")

    kind = models.CharField(_("kind"), max_length=15, choices=Kind, default=Kind.INDIVIDUAL)
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
    grace_days = models.PositiveSmallIntegerField(
        _("days of grace"),
        default=30,
        help_text=_(
            "How long somebody stays a member after a term has ended without renewal. "
            "A change holds for terms that begin after it."
        ),
    )
    reminder_days = models.CharField(
        _("reminders before the end"),
        max_length=60,
        blank=True,
        default="30, 7, 0",
        validators=[check_days],
        help_text=_("Days before a term ends, with commas between; 0 is its last day. Empty: none."),
    )
    grace_reminder_days = models.PositiveSmallIntegerField(
        _("reminder before grace ends"),
        null=True,
        blank=True,
        default=7,
        help_text=_("Days before the days of grace are over. Empty: none."),
    )
    payment_en = models.TextField(
        _("how to pay (English)"), blank=True, help_text=_("Bank, account and what to write on the transfer.")
    )
    payment_zh = models.TextField(_("how to pay (Chinese)"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    hidden = models.BooleanField(
        _("hidden"), default=False, help_text=_("Can not be applied for; members keep it.")
    )

    name = Bilingual()
    benefits = Bilingual()
    payment = Bilingual()

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
    def days_to_remind(self) -> list[int]:
        """How many days before the end of a term a reminder goes out, the earliest first."""
        return days_in(self.reminder_days)

    @property
    def fee_label(self) -> str:
        """“CNY 1,200”, without needless decimals; in words where there is no fee."""
        return money(self.fee, self.currency) if self.fee else str(_("Free of charge"))

    @property
    def term_label(self) -> str:
        """How long a term lasts, in years where they are whole."""
        if self.term_months is None:
            return str(_("without an end"))
        if self.term_months % 12 == 0:
            years = self.term_months // 12
            return ngettext("%(count)d year", "%(count)d years", years) % {"count": years}
        return ngettext("%(count)d month", "%(count)d months", self.term_months) % {"count": self.term_months}
