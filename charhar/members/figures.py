"""How many members there are, by plan, month and country."""

import datetime
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth

from .models import Membership, Payment, Plan, Standing, today

MONTHS = 24
COUNTRIES = 60


def figures(day: datetime.date | None = None) -> dict[str, Any]:
    """Tables of numbers as of ``day`` (today). Six queries, whatever the number of members."""
    day = day or today()
    by_plan: dict[int, dict[str, int]] = {}
    with_standing: Any = Membership.objects.with_standing(day)
    counted = with_standing.order_by().values_list("plan_id", "standing_then").annotate(number=Count("pk"))
    for plan_id, standing, number in counted:
        by_plan.setdefault(plan_id, {})[standing] = number
    plans: list[dict[str, Any]] = [
        {
            "plan": plan,
            "counts": [by_plan.get(plan.pk, {}).get(standing, 0) for standing in Standing],
            "all": sum(by_plan.get(plan.pk, {}).values()),
        }
        for plan in Plan.objects.all()
    ]
    totals = [sum(row["counts"][place] for row in plans) for place in range(len(Standing))]
    since = _months_before(day, MONTHS - 1)
    joined = _by_month(Membership.objects.filter(joined_on__gte=since), "joined_on")
    ended = _by_month(Membership.objects.filter(ended_on__gte=since, ended_on__lte=day), "ended_on")
    received: dict[datetime.date, list[str]] = {}
    money = (
        Payment.objects.filter(received_on__gte=since, taken_back_at=None)
        .annotate(month=TruncMonth("received_on"))
        .order_by("month", "currency")
        .values_list("month", "currency")
        .annotate(total=Sum("amount"))
    )
    for month, currency, total in money:
        received.setdefault(month, []).append(f"{currency} {total:,.2f}")
    months = [_months_before(day, back) for back in range(MONTHS)]
    countries = (
        Membership.objects.members(day)
        .order_by()
        .values("country")
        .annotate(number=Count("pk"))
        .order_by("-number", "country")[:COUNTRIES]
    )
    return {
        "day": day,
        "standings": [standing.label for standing in Standing],
        "by_plan": plans,
        "totals": totals,
        "total": sum(totals),
        "by_month": [
            (month, joined.get(month, 0), ended.get(month, 0), received.get(month, [])) for month in months
        ],
        "by_country": list(countries),
    }


def _by_month(rows: Any, column: str) -> dict[datetime.date, int]:
    counted = (
        rows.annotate(month=TruncMonth(column)).order_by().values_list("month").annotate(number=Count("pk"))
    )
    return dict(counted)


def _months_before(day: datetime.date, back: int) -> datetime.date:
    years, month = divmod(day.month - 1 - back, 12)
    return datetime.date(day.year + years, month + 1, 1)
