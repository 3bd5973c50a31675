"""Make the search index anew."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from charhar.search.index import rebuild
from charhar.search.models import SearchEntry

SECONDS_BETWEEN_LINES = 1


class Command(BaseCommand):
    """Write every text's entry again; safe at any time, as often as one likes."""

    help = (
        "Make the search index anew from all texts. The site goes on answering meanwhile."
        " Where a run was cut off, the next one goes on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from-start", action="store_true", help="begin anew, also where an earlier run was cut off"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = said = time.monotonic()
        for kind, done, of in rebuild(anew=options["from_start"]):
            if done == of or time.monotonic() - said >= SECONDS_BETWEEN_LINES:
                said = time.monotonic()
                self.stdout.write(f"{kind}: {done} of {of}")
        known = SearchEntry.objects.count()
        self.stdout.write(
            self.style.SUCCESS(
                f"Search knows {known} texts; this took {time.monotonic() - began:.0f} seconds."
            )
        )
