"""Make the search index anew."""

from typing import Any

from django.core.management.base import BaseCommand

from charhar.search.index import rebuild


class Command(BaseCommand):
    """Write every text's entry again; safe at any time, as often as one likes."""

    help = "Make the search index anew from all texts. The site goes on answering meanwhile."

    def handle(self, *args: Any, **options: Any) -> None:
        total: dict[str, int] = {}
        for kind, done, of in rebuild():
            total[kind] = of
            self.stdout.write(f"{kind}: {done} of {of}")
        self.stdout.write(self.style.SUCCESS(f"Search knows {sum(total.values())} texts."))
