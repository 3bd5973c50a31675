"""Erase everything that is held about one person."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from charhar.contacts.addresses import email_key
from charhar.contacts.erasure import erase, plan
from charhar.contacts.held import mentions_of
from charhar.contacts.models import Person
from charhar.contacts.traces import look_everywhere


class Command(BaseCommand):
    """Says table by table what goes and what stays, erases, and looks for the address everywhere."""

    help = "Erase everything about the person with this address, and say where the address still stands."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, *args: Any, email: str, dry_run: bool, **options: Any) -> None:
        person = Person.objects.filter(email_key=email_key(email)).first()
        if person is None:
            raise CommandError("Nobody with this address is known.")
        for planned in plan(person):
            fate = "kept without the person" if planned.is_kept else "deleted"
            self.stdout.write(f"{planned.held.model._meta.label}: {planned.rows}, {fate}.")
        for sentence in mentions_of(person):
            self.stdout.write(str(sentence))
        addresses = [person.email, person.email_key]
        if dry_run:
            self.stdout.write("Nothing was erased: this was a dry run.")
        else:
            erased = erase(person)
            for table, number in sorted(erased.struck_out.items()):
                self.stdout.write(f"{table}: {number} mended.")
            self.stdout.write(f"Erased. On the suppression list: {'yes' if erased.suppressed else 'no'}.")
        for place, number in sorted(look_everywhere(addresses).items()):
            self.stdout.write(f"The address stands in {place}: {number}.")
