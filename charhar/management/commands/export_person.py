"""Write everything that is held about one person into one file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from charhar.contacts.addresses import email_key
from charhar.contacts.models import Person, TimelineEvent
from charhar.contacts.personal import export


class Command(BaseCommand):
    """A ZIP with a page to read and the same as JSON, in the person's language; written to the timeline."""

    help = "Everything about the person with this address, as a ZIP file. Written to their timeline."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--output", metavar="FILE", help="default: personal-data-NUMBER.zip, here")

    def handle(self, *args: Any, email: str, output: str | None, **options: Any) -> None:
        person = Person.objects.filter(email_key=email_key(email)).first()
        if person is None:
            raise CommandError("Nobody with this address is known.")
        target = Path(output or f"personal-data-{person.pk}.zip")
        if target.exists():
            raise CommandError(f"{target} exists already.")
        TimelineEvent.objects.note(person, TimelineEvent.Kind.EXPORTED, text=target.name)
        data = export(person)
        target.touch(mode=0o600)
        target.write_bytes(data)
        self.stdout.write(f"{target}: {len(data)} bytes. Delete it once it has been handed over.")
