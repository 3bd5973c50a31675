"""Whether ``tick`` runs: what it leaves behind each time, and since when it has been silent."""

import datetime
from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from .models import Heartbeat

SILENT_AFTER = datetime.timedelta(minutes=10)


def beat(seconds: float, report: str) -> None:
    """Write down that ``tick`` has run, how long it took and what it said."""
    Heartbeat.objects.update_or_create(
        pk=1, defaults={"at": timezone.now(), "seconds": seconds, "report": report}
    )


def last_beat() -> Heartbeat | None:
    """When ``tick`` last ran and what it said. One query."""
    return Heartbeat.objects.filter(pk=1).first()


def silence(now: datetime.datetime | None = None) -> dict[str, Any] | None:
    """None while ``tick`` runs; else ``since``: when it last ran, None where it never did. One query."""
    found = last_beat()
    if found is not None and found.at > (now or timezone.now()) - SILENT_AFTER:
        return None
    return {"since": None if found is None else found.at}


def in_words() -> str:
    """For the health check: when ``tick`` last ran, in UTC."""
    try:
        found = last_beat()
    except DatabaseError:
        return "tick: unknown"
    if found is None:
        return "tick: has not run yet"
    late = " (more than ten minutes ago)" if silence() else ""
    return f"tick: {found.at.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S} UTC{late}"
