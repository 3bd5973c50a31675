"""Who pays for the institute: the yearly table of who gave how much for what."""

from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from charhar.taxonomy.bilingual import Bilingual

# As much of a year's money as may come from givers who are not named.
MOST_ANONYMOUS = Decimal("0.15")


class Funding(models.Model):
    """What one giver gave in one year for one thing; anonymous only with a reason that is stated."""

    class Currency(models.TextChoices):
        CNY = "CNY", _("CNY (yuan)")
        EUR = "EUR", _("EUR (euro)")
        USD = "USD", _("USD (US dollar)")
        GBP = "GBP", _("GBP (pound)")

    year = models.PositiveSmallIntegerField(
        _("year"), validators=[MinValueValidator(2009), MaxValueValidator(2100)], db_index=True
    )
    funder_en = models.CharField(_("who (English)"), max_length=200, blank=True)
    funder_zh = models.CharField(_("who (Chinese)"), max_length=200, blank=True)
    anonymous = models.BooleanField(_("is not named"), default=False)
    reason_en = models.CharField(_("why not named (English)"), max_length=300, blank=True)
    reason_zh = models.CharField(_("why not named (Chinese)"), max_length=300, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, choices=Currency, default=Currency.CNY)
    purpose_en = models.CharField(_("for what (English)"), max_length=300)
    purpose_zh = models.CharField(_("for what (Chinese)"), max_length=300)
    hidden = models.BooleanField(_("hidden"), default=False, help_text=_("Not on the site yet."))

    funder = Bilingual()
    reason = Bilingual()
    purpose = Bilingual()

    class Meta:
        verbose_name = _("funding")
        verbose_name_plural = _("funding")
        ordering = ["-year", "currency", "-amount", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="funding_is_some_money",
                violation_error_message=_("The amount must be more than nothing."),
            ),
            models.CheckConstraint(
                condition=Q(anonymous=False) | Q(funder_en="", funder_zh=""),
                name="funding_anonymous_has_no_name",
                violation_error_message=_("Who is not to be named must not be named here."),
            ),
            models.CheckConstraint(
                condition=Q(anonymous=True) | (~Q(funder_en="") & ~Q(funder_zh="")),
                name="funding_has_a_name",
                violation_error_message=_("Say who gave it, in both languages, or mark it as not named."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year}: {_('Not named') if self.anonymous else self.funder}"

    def clean(self) -> None:
        """In both languages, and the unnamed with a reason and below their share. One query where unnamed."""
        errors: dict[str, Any] = {}
        wanted = ("reason_en", "reason_zh") if self.anonymous else ("funder_en", "funder_zh")
        for name in wanted:
            if not getattr(self, name).strip():
                errors[name] = _("This is shown on the site, in this language too.")
        unwanted = ("funder_en", "funder_zh") if self.anonymous else ("reason_en", "reason_zh")
        for name in unwanted:
            if getattr(self, name).strip():
                errors[name] = (
                    _("Who is not to be named must not be named here.")
                    if self.anonymous
                    else _("A reason is only given for those who are not named.")
                )
        if self.anonymous and self.amount and self.year and not errors:
            share = self._anonymous_share()
            if share > MOST_ANONYMOUS:
                errors["amount"] = _(
                    "With this, %(share).1f%% of the year’s money in this currency would come from givers "
                    "who are not named; at most %(most)d%% may. Enter those who are named first."
                ) % {"share": share * 100, "most": MOST_ANONYMOUS * 100}
        if errors:
            raise ValidationError(errors)

    def _anonymous_share(self) -> Decimal:
        others = Funding.objects.filter(year=self.year, currency=self.currency).exclude(pk=self.pk)
        sums = others.aggregate(all=Sum("amount"), unnamed=Sum("amount", filter=Q(anonymous=True)))
        unnamed = (sums["unnamed"] or 0) + self.amount
        return Decimal(unnamed / ((sums["all"] or 0) + self.amount))


def in_money(amount: Decimal) -> str:
    """An amount as people read it: thousands apart, without needless decimals."""
    return f"{amount:,.2f}".removesuffix(".00")


class Line(NamedTuple):
    """One row of the table, and its part of the year's money in its currency, in percent."""

    funding: Funding
    share: Decimal

    @property
    def amount(self) -> str:
        """“CNY 1,200”."""
        return f"{self.funding.currency} {in_money(self.funding.amount)}"


class Total(NamedTuple):
    """A year's money in one currency, and how much of it came from those who are not named, in percent."""

    currency: str
    sum: Decimal
    unnamed: Decimal

    @property
    def amount(self) -> str:
        """“CNY 1,200”."""
        return f"{self.currency} {in_money(self.sum)}"


class Year(NamedTuple):
    """One year's table."""

    year: int
    lines: list[Line]
    totals: list[Total]


def years(year: int | None = None) -> list[Year]:
    """What the site shows, the newest year first; or one year alone. One query."""
    rows = Funding.objects.filter(hidden=False)
    if year is not None:
        rows = rows.filter(year=year)
    return [_year(number, list(group)) for number, group in groupby(rows, key=lambda row: row.year)]


def _year(number: int, rows: list[Funding]) -> Year:
    lines, totals = [], []
    for currency, group in groupby(rows, key=lambda row: row.currency):
        of_currency = list(group)
        total = sum((row.amount for row in of_currency), Decimal())
        unnamed = sum((row.amount for row in of_currency if row.anonymous), Decimal())
        lines += [Line(row, 100 * row.amount / total) for row in of_currency]
        totals.append(Total(currency, total, 100 * unnamed / total))
    return Year(number, lines, totals)
