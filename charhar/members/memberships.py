"""Everything that can happen to a membership; each function is one transaction with its line in the timeline.

The membership's row is locked before its terms are looked at, so that two people who press the same button at
the same moment make one term, and each is told what is.
"""

import calendar
import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from charhar.contacts.models import Person, TimelineEvent

from .models import Membership, NumberSeries, Payment, Plan, Standing, Term, money, today

Kind = TimelineEvent.Kind
ONE_DAY = datetime.timedelta(days=1)


class Refused(ValidationError):
    """What was asked for makes no sense as things stand; the message says why, for the one who asked."""


def last_day(starts_on: datetime.date, months: int) -> datetime.date:
    """The last day of a term of ``months`` that begins on ``starts_on``.

    A year from the 5th of March ends on the 4th; where the month has no such day, on the month's last.
    """
    years, month = divmod(starts_on.month - 1 + months, 12)
    year, month = starts_on.year + years, month + 1
    longest = calendar.monthrange(year, month)[1]
    if starts_on.day > longest:
        return datetime.date(year, month, longest)
    return datetime.date(year, month, starts_on.day) - ONE_DAY


def next_number(year: int) -> str:
    """The next member number of a year, without gaps; call it in the transaction that uses it up."""
    NumberSeries.objects.get_or_create(year=year)
    series = NumberSeries.objects.select_for_update().get(year=year)
    while True:
        series.last += 1
        number = f"CH-{year}-{series.last:04}"
        if not Membership.objects.filter(number=number).exists():
            break  # one that came in from a file stands already
    series.save(update_fields=["last"])
    return number


def locked(membership: Membership) -> Membership:
    """The membership as it stands now, held until the transaction ends."""
    return (
        Membership.objects.select_for_update(of=("self",))
        .select_related("person", "plan")
        .get(pk=membership.pk)
    )


def write_term(
    membership: Membership,
    plan: Plan,
    starts_on: datetime.date,
    *,
    ends_on: datetime.date | None = None,
    fee: Decimal | None = None,
    currency: str = "",
) -> Term:
    """Write the next term down and let the membership run as it says. The caller holds the membership.

    Without ``ends_on`` it lasts as long as the plan says. Raises ``Refused`` where it would overlap.
    """
    last = membership.terms.last()
    if last is not None and (last.ends_on is None or starts_on <= last.ends_on):
        raise Refused(_("The new term would begin before the last one has ended."))
    if ends_on is None and plan.term_months is not None:
        ends_on = last_day(starts_on, plan.term_months)
    term = Term.objects.create(
        membership=membership,
        plan=plan,
        starts_on=starts_on,
        ends_on=ends_on,
        fee=plan.fee or 0 if fee is None else fee,
        currency=currency or plan.currency,
        grace_days=plan.grace_days,
    )
    membership.plan = plan
    run_as(membership, term)
    return term


def run_as(membership: Membership, term: Term) -> None:
    """Repeat on the membership what its last term says, and save it."""
    membership.runs_until = term.ends_on
    membership.grace_until = (
        None if term.ends_on is None else term.ends_on + datetime.timedelta(days=term.grace_days)
    )
    membership.save()


def admit(
    person: Person,
    plan: Plan,
    *,
    by: Any = None,
    country: str = "",
    application: Any = None,
    starts_on: datetime.date | None = None,
) -> Membership:
    """Make a person a member from today: number, membership and first term.

    Who was a member before comes back under the old number. Raises ``Refused`` for one who is a member now.
    """
    day = starts_on or today()
    with transaction.atomic():
        # Whoever holds the person's row is the only one to look and to write.
        person = Person.objects.select_for_update().get(pk=person.pk)
        former = Membership.objects.filter(person=person).order_by("-ended_on", "-pk")
        known = (
            former.filter(ended_on=None).first()
            or former.exclude(ending__in=[Membership.Ending.MERGED, Membership.Ending.DIED]).first()
        )
        if known is not None:
            return come_back(known, plan=plan, by=by, application=application)
        membership = Membership(
            number=next_number(day.year),
            person=person,
            plan=plan,
            country=country or person.country,
            application=application,
            joined_on=day,
        )
        membership.save()
        term = write_term(membership, plan, day)
        TimelineEvent.objects.note(
            person, Kind.JOINED, by=by, about=membership, text=f"{membership.number} · {plan} · {term}"
        )
        return membership


def renew(
    membership: Membership, *, by: Any = None, plan: Plan | None = None, after: datetime.date | None = None
) -> Term:
    """Open the next term: from the end of the last one, in grace too; from today for one that has lapsed.

    ``after`` is the end of the term that the one who asks has seen: renewed in between, it is refused.
    Raises ``Refused`` for a membership that has ended or has no end.
    """
    with transaction.atomic():
        membership = locked(membership)
        standing = membership.standing
        if standing == Standing.ENDED:
            raise Refused(_("The membership has ended; let the member come back instead."))
        if standing == Standing.WITHOUT_END:
            raise Refused(_("The membership has no end; there is nothing to renew."))
        last = membership.terms.last()
        if after is not None and last is not None and last.ends_on != after:
            raise Refused(_("It has been renewed already, until %(day)s.") % {"day": last.ends_on})
        lapsed = standing == Standing.LAPSED
        ends = membership.runs_until
        starts_on = today() if lapsed or ends is None else ends + ONE_DAY
        term = write_term(membership, plan or membership.plan, starts_on)
        kind = Kind.RETURNED if lapsed else Kind.RENEWED
        TimelineEvent.objects.note(
            membership.person, kind, by=by, about=membership, text=f"{term.plan} · {term}"
        )
        return term


def come_back(
    membership: Membership, *, plan: Plan | None = None, by: Any = None, application: Any = None
) -> Membership:
    """Let somebody whose membership lapsed or ended return under the old number, with a term from today.

    A term that had not run out when it ended is cut at the day before. Raises ``Refused`` for a member.
    """
    with transaction.atomic():
        membership = locked(membership)
        if membership.is_member:
            raise Refused(
                _("Is a member already, number %(number)s: renew that, or change its plan.")
                % {"number": membership.number}
            )
        if membership.person is None:
            raise Refused(_("The person's data were erased; a new application is needed."))
        other = Membership.objects.filter(person=membership.person, ended_on=None).exclude(pk=membership.pk)
        if other.exists():
            raise Refused(_("There is another membership of this person; change that one."))
        day = today()
        _cut(membership, day)
        membership.ended_on, membership.ending = None, ""
        membership.application = application or membership.application
        term = write_term(membership, plan or membership.plan, day)
        TimelineEvent.objects.note(
            membership.person, Kind.RETURNED, by=by, about=membership, text=f"{term.plan} · {term}"
        )
        return membership


def _cut(membership: Membership, day: datetime.date) -> Term | None:
    """Let no term reach ``day`` any more; the one that begins on it, which can not be cut, is given back."""
    membership.terms.filter(starts_on__gt=day, payments=None).delete()
    last = membership.terms.last()
    if last is None or (last.ends_on is not None and last.ends_on < day):
        return None
    if last.starts_on > day:
        raise Refused(_("A later term has been paid for already; take that payment back first."))
    if last.starts_on == day:
        return last
    last.ends_on = day - ONE_DAY
    last.save(update_fields=["ends_on"])
    return None


def change_plan(membership: Membership, plan: Plan, *, by: Any = None, at_once: bool = False) -> Membership:
    """Put a member on another plan: from the next term on, or from today, which ends the term under way.

    Raises ``Refused`` where it is that plan already, or the membership is over.
    """
    with transaction.atomic():
        membership = locked(membership)
        if not membership.is_member:
            raise Refused(_("Only a member can change plan; let the member come back instead."))
        if membership.plan_id == plan.pk and not at_once:
            raise Refused(_("This is the plan already."))
        before = membership.plan
        last = membership.terms.last()
        if at_once and last is not None and last.plan_id == plan.pk:
            raise Refused(_("This is the plan already."))
        if at_once:
            day = today()
            begun_today = _cut(membership, day)
            if begun_today is None:
                write_term(membership, plan, day)
            else:
                _put_on(begun_today, plan)
                membership.plan = plan
                run_as(membership, begun_today)
        else:
            if membership.runs_until is None:
                raise Refused(_("The term has no end; a change can only begin today."))
            membership.plan = plan
            membership.save(update_fields=["plan"])
        TimelineEvent.objects.note(
            membership.person,
            Kind.PLAN_CHANGED,
            by=by,
            about=membership,
            text=f"{before} → {plan}" if at_once else _("%(before)s → %(after)s, from the next term on") % {
                "before": before, "after": plan
            },
        )  # fmt: skip
        return membership


def _put_on(term: Term, plan: Plan) -> None:
    term.plan, term.fee, term.currency = plan, plan.fee or Decimal(0), plan.currency
    term.grace_days = plan.grace_days
    term.ends_on = None if plan.term_months is None else last_day(term.starts_on, plan.term_months)
    term.save()


def end(
    membership: Membership,
    ending: str = Membership.Ending.RESIGNED,
    *,
    by: Any = None,
    on: datetime.date | None = None,
    text: str = "",
) -> bool:
    """End a membership from a day on (today); False where it had ended already, and nothing changes."""
    with transaction.atomic():
        membership = locked(membership)
        if membership.ended_on is not None:
            return False
        membership.ended_on, membership.ending = on or today(), ending
        membership.save(update_fields=["ended_on", "ending"])
        words = [membership.get_ending_display(), f"{membership.ended_on:%Y-%m-%d}", text]
        TimelineEvent.objects.note(
            membership.person, Kind.RESIGNED, by=by, about=membership, text=" · ".join(filter(None, words))
        )
        return True


def record_payment(
    term: Term,
    amount: Decimal,
    currency: str,
    received_on: datetime.date,
    *,
    method: str = Payment.Method.TRANSFER,
    reference: str = "",
    by: Any = None,
) -> tuple[Payment, bool]:
    """Write down money that came in, and whether it is new: the very same payment is recorded once."""
    with transaction.atomic():
        membership = locked(term.membership)
        payment, is_new = Payment.objects.get_or_create(
            term=term,
            amount=amount,
            currency=currency,
            received_on=received_on,
            method=method,
            reference=reference,
            taken_back_at=None,
            defaults={"recorded_by": by},
        )
        if is_new:
            TimelineEvent.objects.note(
                membership.person, Kind.PAID, by=by, about=membership, text=_payment_words(payment)
            )
        return payment, is_new


def take_back(payment: Payment, because: str, *, by: Any = None) -> bool:
    """Say of a payment that it was none, and why; False where that was said before."""
    with transaction.atomic():
        payment = (
            Payment.objects.select_for_update(of=("self",))
            .select_related("term__membership__person")
            .get(pk=payment.pk)
        )
        if payment.taken_back_at is not None:
            return False
        payment.taken_back_at, payment.taken_back_by = timezone.now(), by
        payment.taken_back_because = because
        payment.save(update_fields=["taken_back_at", "taken_back_by", "taken_back_because"])
        membership = payment.term.membership
        TimelineEvent.objects.note(
            membership.person,
            Kind.PAYMENT_UNDONE,
            by=by,
            about=membership,
            text=f"{_payment_words(payment)} · {because}",
        )
        return True


def _payment_words(payment: Payment) -> str:
    words = [
        money(payment.amount, payment.currency),
        f"{payment.received_on:%Y-%m-%d}",
        str(payment.get_method_display()),
        payment.reference,
    ]
    return " · ".join(filter(None, words))
