"""Do whatever is due; to be run each minute, as often as one likes, by as many at a time as one likes."""

from typing import Any

from django.core.management.base import BaseCommand

from charhar.contacts.models import Attempt, OutgoingMail
from charhar.contacts.outbox import deliver_due


class Command(BaseCommand):
    """Send the mail that waits and forget the posts that are no longer counted; say what was done."""

    help = "Do whatever is due: send waiting mail, forget old attempts. Run it each minute."

    def handle(self, *args: Any, **options: Any) -> None:
        counts = deliver_due()
        mail = ", ".join(
            f"{number} {OutgoingMail.State(state).label}" for state, number in sorted(counts.items())
        )
        self.stdout.write(f"Mail: {mail or 'nothing due'}.")
        self.stdout.write(f"Attempts forgotten: {Attempt.prune()}.")
