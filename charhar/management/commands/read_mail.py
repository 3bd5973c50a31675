"""Reading the mail that comes back: bounces, complaints and answers."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from charhar.outreach.mailboxes import TROUBLE, from_path, from_url
from charhar.outreach.reading import read_all


class Command(BaseCommand):
    """Read mail from a file, a folder or the mailbox of ``INBOX_URL``; say what it was."""

    help = "Read bounces, complaints and answers from an mbox, Maildir, .eml file or folder, or INBOX_URL."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", nargs="?", help="a file or folder; without one, the mailbox of INBOX_URL")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        dry_run = options["dry_run"]
        if options["path"]:
            path = Path(options["path"])
            if not path.exists():
                raise CommandError(f"There is no {path}.")
            mails = from_path(path)
        elif settings.INBOX_URL:
            mails = from_url(settings.INBOX_URL, keep_unseen=dry_run)
        else:
            raise CommandError("Name a file or folder, or set INBOX_URL.")
        try:
            counts = read_all(mails, dry_run=dry_run)
        except TROUBLE as error:
            raise CommandError(f"The mail can not be read further: {error}") from error
        said = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())) or "nothing new"
        self.stdout.write(f"{'Would be: ' if dry_run else ''}{said}")
