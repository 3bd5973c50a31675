"""Forget what is kept no longer, by the rules."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from charhar.contacts.retention import Rule, due_now, every_rule, forget


class Command(BaseCommand):
    """Goes through every rule in batches; ``tick`` does so once a day."""

    help = "Delete or clear what has been kept long enough, rule by rule. tick does it once a day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how many rows it would take")

    def handle(self, *args: Any, dry_run: bool, verbosity: int, **options: Any) -> None:
        def progress(rule: Rule, number: int) -> None:
            if verbosity > 1:
                self.stdout.write(f"  {rule.code}: {number} so far")

        counts = due_now() if dry_run else forget(progress=progress)
        for rule in every_rule():
            fate = "cleared" if rule.is_cleared else "deleted"
            self.stdout.write(
                f"{rule.code}: {rule.what}, after {rule.days} days: {counts[rule.code]} {fate}."
            )
        if dry_run:
            self.stdout.write("Nothing was changed: this was a dry run.")
