"""What was searched for and not found, for the editors: nothing personal, and no more than they can read."""

import datetime
import logging
import re

from django.db import DatabaseError
from django.db.models import Count, F, Q
from django.http import HttpResponse
from django.utils import timezone

from charhar.publishing.folding import clean, fold

from .models import MissedSearch

logger = logging.getLogger(__name__)

KEPT_FOR = datetime.timedelta(days=90)
MOST_ROWS = 2000
MOST_NEW_A_DAY = 200
LONGEST = 100
# An address, or digits enough for a telephone, a passport or a card, however they are written.
PERSONAL = re.compile(r"@|\d(?:[\s().+/-]*\d){5}")


class MissedResponse(HttpResponse):
    """The page that found nothing: what was asked is written down once the reader has it."""

    missed = ""

    def close(self) -> None:
        try:
            remember(self.missed)
        except DatabaseError:
            logger.exception("A search without an answer was not written down.")
        finally:
            super().close()


def remember(typed: str) -> None:
    """Count a search that found nothing; new ones only so many a day and in all. At most three queries."""
    query, today = fold(clean(typed)).strip(), timezone.localdate()
    if not query or len(query) > LONGEST or PERSONAL.search(query):
        return
    rows = MissedSearch.objects.filter(query=query)
    if rows.update(count=F("count") + 1, last_on=today):
        return
    room = MissedSearch.objects.aggregate(rows=Count("pk"), new=Count("pk", filter=Q(first_on=today)))
    if room["rows"] < MOST_ROWS and room["new"] < MOST_NEW_A_DAY:
        MissedSearch.objects.bulk_create(
            [MissedSearch(query=query, first_on=today, last_on=today)], ignore_conflicts=True
        )


def prune() -> int:
    """Forget what nobody has searched for in ``KEPT_FOR``; how many rows."""
    return MissedSearch.objects.filter(last_on__lt=timezone.localdate() - KEPT_FOR).delete()[0]
