"""Memberships, their terms and payments; their standing is a question to the clock, never a stored state."""

import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from charhar.contacts.models import Person

from .applications import Application
from .plans import Plan, money


class Standing(models.TextChoices):
    """What a membership is on a day."""

    ACTIVE = "active", _("active")
    WITHOUT_END = "without_end", _("without an end")
    GRACE = "grace", _("in grace")
    LAPSED = "lapsed", _("lapsed")
    ENDED = "ended", _("ended")


MEMBERS = (Standing.ACTIVE, Standing.WITHOUT_END, Standing.GRACE)


def today() -> datetime.date:
    """The day that it is in Beijing."""
    return timezone.localdate()


def _rule(standing: str, day: datetime.date) -> Q:
    """When a membership has this standing on ``day``; of the five rules exactly one is true.

    ``Membership.standing_on`` is the same rule on one row.
    """
    going_on = Q(ended_on__isnull=True) | Q(ended_on__gt=day)
    return {
        Standing.ENDED: Q(ended_on__lte=day),
        Standing.WITHOUT_END: going_on & Q(runs_until__isnull=True),
        Standing.ACTIVE: going_on & Q(runs_until__gte=day),
        Standing.GRACE: going_on & Q(runs_until__lt=day, grace_until__gte=day),
        Standing.LAPSED: going_on & Q(grace_until__lt=day),
    }[Standing(standing)]


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships by what they are on a day."""

    def in_standing(self, *standings: str, day: datetime.date | None = None) -> "MembershipQuerySet":
        """Those with one of the standings on ``day`` (today). The instance's ``standing_on`` agrees."""
        day = day or today()
        condition = Q(pk__in=[])
        for standing in standings:
            condition |= _rule(standing, day)
        return self.filter(condition)

    def members(self, day: datetime.date | None = None) -> "MembershipQuerySet":
        """Those who are members on ``day`` (today): active, without an end, or in grace."""
        return self.in_standing(*MEMBERS, day=day)

    def with_standing(self, day: datetime.date | None = None) -> "MembershipQuerySet":
        """Each with its ``standing`` on ``day`` (today) as a column, to count and to sort by."""
        day = day or today()
        cases = [models.When(_rule(standing, day), then=models.Value(standing)) for standing in Standing]
        return self.annotate(standing_then=models.Case(*cases, output_field=models.CharField()))


class Membership(models.Model):
    """Somebody's membership, under one number for ever.

    ``runs_until`` (None: without an end) and ``grace_until`` repeat what the last term says, so that lists of
    any length ask one table; ``memberships`` writes them with every change of the terms.
    """

    class Ending(models.TextChoices):
        RESIGNED = "resigned", _("resigned")
        DIED = "died", _("died")
        EXCLUDED = "excluded", _("excluded")
        MERGED = "merged", _("joined with another membership")

    number = models.CharField(_("member number"), max_length=30, unique=True)
    person = models.ForeignKey(
        Person,
        verbose_name=_("person"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="memberships",
    )
    plan = models.ForeignKey(
        Plan, verbose_name=_("plan"), on_delete=models.PROTECT, related_name="memberships"
    )
    country = models.CharField(_("country or region"), max_length=100, blank=True, db_index=True)
    application = models.ForeignKey(
        Application,
        verbose_name=_("application"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="memberships",
    )
    joined_on = models.DateField(_("member since"), default=today)
    runs_until = models.DateField(_("term ends"), null=True, blank=True, editable=False)
    grace_until = models.DateField(_("grace ends"), null=True, blank=True, editable=False)
    ended_on = models.DateField(_("no member from"), null=True, blank=True)
    ending = models.CharField(_("why it ended"), max_length=10, choices=Ending, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["-joined_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(ended_on__isnull=True), name="membership_one_open_a_person"
            ),
            models.CheckConstraint(
                condition=Q(runs_until__isnull=True, grace_until__isnull=True)
                | Q(grace_until__gte=F("runs_until")),
                name="membership_grace_follows_the_term",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True, ending="") | (Q(ended_on__isnull=False) & ~Q(ending="")),
                name="membership_ending_has_date_and_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["-joined_on", "-id"], name="membership_roster"),
            models.Index(fields=["ended_on", "runs_until"], name="membership_by_standing"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.person.name or self.person.email}" if self.person else self.number

    def standing_on(self, day: datetime.date) -> Standing:
        """What it is on ``day``; ``in_standing`` is the same rule."""
        if self.ended_on is not None and self.ended_on <= day:
            return Standing.ENDED
        if self.runs_until is None:
            return Standing.WITHOUT_END
        if self.runs_until >= day:
            return Standing.ACTIVE
        return Standing.GRACE if self.grace_until and self.grace_until >= day else Standing.LAPSED

    @property
    def standing(self) -> Standing:
        """What it is today, in Beijing."""
        return self.standing_on(today())

    @property
    def is_member(self) -> bool:
        """Whether somebody is a member by it today."""
        return self.standing in MEMBERS


class Term(models.Model):
    """One stretch of a membership, under one plan and for one fee; both days belong to it."""

    membership = models.ForeignKey(
        Membership, verbose_name=_("membership"), on_delete=models.CASCADE, related_name="terms"
    )
    plan = models.ForeignKey(Plan, verbose_name=_("plan"), on_delete=models.PROTECT, related_name="terms")
    starts_on = models.DateField(_("begins"))
    ends_on = models.DateField(_("ends"), null=True, blank=True)
    fee = models.DecimalField(_("fee"), max_digits=10, decimal_places=2, default=0)
    currency = models.CharField(_("currency"), max_length=3, choices=Plan.Currency, default=Plan.Currency.CNY)
    grace_days = models.PositiveSmallIntegerField(_("days of grace"), default=0)
    created_at = models.DateTimeField(_("written down"), default=timezone.now)

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        ordering = ["starts_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["membership", "starts_on"], name="term_begins_once"),
            models.UniqueConstraint(
                fields=["membership"], condition=Q(ends_on__isnull=True), name="term_one_without_end"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="term_ends_after_it_begins",
            ),
            models.CheckConstraint(condition=Q(fee__gte=0), name="term_fee_is_not_negative"),
        ]

    def __str__(self) -> str:
        return (
            f"{self.starts_on:%Y-%m-%d} – {self.ends_on:%Y-%m-%d}"
            if self.ends_on
            else f"{self.starts_on:%Y-%m-%d} –"
        )

    @property
    def fee_label(self) -> str:
        """“CNY 1,200”; in words where there is no fee."""
        return money(self.fee, self.currency) if self.fee else str(_("Free of charge"))

    @property
    def paid(self) -> Any:
        """How much of the fee has come in. One query, none where the payments are prefetched."""
        return sum(payment.amount for payment in self.payments.all() if payment.taken_back_at is None)

    @property
    def is_paid(self) -> bool:
        """Whether nothing is owed for it."""
        return self.paid >= self.fee


class Payment(models.Model):
    """Money that came in for a term, recorded by hand; one recorded in error is taken back, never deleted."""

    class Method(models.TextChoices):
        TRANSFER = "transfer", _("bank transfer")
        CASH = "cash", _("cash")
        OTHER = "other", _("other")

    term = models.ForeignKey(Term, verbose_name=_("term"), on_delete=models.PROTECT, related_name="payments")
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, choices=Plan.Currency)
    received_on = models.DateField(_("received on"), default=today)
    method = models.CharField(_("way"), max_length=10, choices=Method, default=Method.TRANSFER)
    reference = models.CharField(
        _("reference"), max_length=140, blank=True, help_text=_("As on the bank statement or receipt.")
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("recorded by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now)
    taken_back_at = models.DateTimeField(_("taken back"), null=True, blank=True)
    taken_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("taken back by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    taken_back_because = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-received_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_is_some_money"),
            models.UniqueConstraint(
                fields=["term", "amount", "currency", "received_on", "method", "reference"],
                condition=Q(taken_back_at__isnull=True),
                name="payment_recorded_once",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """“CNY 1,200, 2026-03-05”."""
        return f"{money(self.amount, self.currency)}, {self.received_on:%Y-%m-%d}"


class NumberSeries(models.Model):
    """The last member number of a year; whoever holds the row gives out the next one."""

    year = models.PositiveSmallIntegerField(unique=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("series of member numbers")
        verbose_name_plural = _("series of member numbers")

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class SignIn(models.Model):
    """A link that signs a member in, once; used, it stands for the two hours that follow."""

    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.CASCADE, related_name="sign_ins"
    )
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    used_at = models.DateTimeField(_("signed in"), null=True, blank=True)
    ended_at = models.DateTimeField(_("signed out"), null=True, blank=True)
    # An address that the member wants to be written to, until it is confirmed; no link shows it.
    new_email = models.EmailField(_("new address"), max_length=254, blank=True)

    class Meta:
        verbose_name = _("sign-in by link")
        verbose_name_plural = _("sign-ins by link")
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.person_id}, {self.asked_at:%Y-%m-%d %H:%M}"
