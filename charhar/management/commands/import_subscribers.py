"""Bring in subscribers from a CSV file, or only say what would become of each row."""

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from charhar.contacts.csv_files import Unreadable
from charhar.outreach.bringing_in import bring_in


class Command(BaseCommand):
    """Tells each row's fate by its line: new, unchanged, or refused and why."""

    help = (
        "Bring in subscribers from a CSV file (UTF-8 or GB18030) with the columns email, consent, "
        "consent on, consent source; and if you like name, language, rhythm, topics, regions, series, "
        "experts (slugs); the same file twice changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the CSV file")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            content = Path(options["file"]).read_bytes()
        except OSError as error:
            raise CommandError(f"The file can not be read: {error.strerror}.") from None
        try:
            fates = bring_in(content, dry_run=options["dry_run"])
        except Unreadable as error:
            raise CommandError(str(error)) from None
        for fate in fates:
            self.stdout.write(f"Line {fate.line}: {fate.fate}{f', {fate.words}' if fate.words else ''}")
        counts = Counter(fate.fate for fate in fates)
        words = ", ".join(f"{counts[name]} {name}" for name in ("new", "unchanged", "refused"))
        self.stdout.write(f"{words}.{' Nothing was written.' if options['dry_run'] else ''}")
