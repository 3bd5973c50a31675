"""Fill a database with very many sample articles, to see how the site behaves at that size."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles.models import Article
from charhar.demo.scale import MARK, Scale
from charhar.publishing.standing import set_aside


class Command(BaseCommand):
    """Repeatable: what an earlier load left is counted, and only what is missing is made."""

    help = (
        "Load --articles N sample articles with bylines, subjects, tags, addresses, history and publications."
        " Afterwards: manage.py rebuild_search."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--articles", type=int, required=True, help="how many there are to be in all")
        parser.add_argument("--yes", action="store_true", help="even where there are articles already")

    def handle(self, *args: Any, articles: int, yes: bool, **options: Any) -> None:
        if not yes and Article.versions.exclude(slug__startswith=MARK).exists():
            raise CommandError(
                "This database holds articles of its own. Samples among them can be told by their addresses"
                f" alone ({MARK}…); say --yes if they are to be loaded all the same."
            )
        began, there = time.monotonic(), Scale.loaded()
        with set_aside():
            for done in Scale().load(articles):
                spent = time.monotonic() - began
                self.stdout.write(f"{done:>9} of {articles}  {(done - there) / spent:>7.0f} a second")
                self.stdout.flush()
            counted = time.monotonic()
        took = time.monotonic() - counted
        self.stdout.write(f"The lists were counted in {took:.0f} s. Next: manage.py rebuild_search")
