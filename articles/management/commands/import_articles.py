"""Take texts over from a folder or an archive of Markdown files."""

import time
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from articles.import_files import NothingToRead, read_files
from articles.importer import Fate, Importer, Result

SECONDS_BETWEEN_SIGNS = 5


class Command(BaseCommand):
    """Prints each file's fate and what it could not carry over, by line; then the sums.

    Ends with status 0 also where files were refused: the report says which and why, and the rest is in.
    Status 1 means that nothing could be read at all.
    """

    help = (
        "Import Markdown files (YAML front matter or a first heading) as drafts. Twice is the same as once; "
        "what was edited here since is never overwritten. --verbosity 0 prints refusals and sums only."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="a folder, a tar, tar.gz or zip, or one .md file")
        parser.add_argument("--dry-run", action="store_true", help="report the same, write nothing")
        parser.add_argument("--publish", action="store_true", help="publish each text as of its own date")

    def handle(self, *, path: Path, dry_run: bool, publish: bool, verbosity: int, **options: Any) -> None:
        started = seen = time.monotonic()
        try:
            files = read_files(path)
        except NothingToRead as error:
            raise CommandError(str(error)) from error
        fates: Counter[Fate] = Counter()
        notes = 0
        with translation.override("en"):  # reasons and addresses do not depend on the shell's language
            importer = Importer(files, dry_run=dry_run, publish=publish)
            for number, result in enumerate(importer.run(), start=1):
                fates[result.fate] += 1
                notes += len(result.notes)
                if verbosity or result.fate == Fate.REFUSED:
                    self._print(result)
                if time.monotonic() - seen > SECONDS_BETWEEN_SIGNS:
                    seen = time.monotonic()
                    self.stderr.write(f"… {number} of {len(files)}")
        sums = ", ".join(f"{fates[fate]} {fate}" for fate in Fate if fate != Fate.READ)
        self.stdout.write(f"{len(files)} files: {sums}; {notes} notes; {time.monotonic() - started:.1f} s.")
        if dry_run:
            self.stdout.write("Dry run: nothing was written.")

    def _print(self, result: Result) -> None:
        told = ": ".join(filter(None, [result.address, result.reason]))
        self.stdout.write(f"{result.fate:<9} {result.name}  {told}".rstrip())
        for note in result.notes:
            self.stdout.write(f"          line {note.line}: {note.text}")
