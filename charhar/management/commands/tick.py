"""Do whatever is due; to be run each minute, as often as one likes, by as many at a time as one likes."""

from typing import Any

from django.core.management.base import BaseCommand

from charhar.contacts.models import Attempt, OutgoingMail
from charhar.contacts.outbox import deliver_due
from charhar.publishing.copies import apply_due


class Command(BaseCommand):
    """Publish due corrections, send waiting mail, forget posts no longer counted; say what was done."""

    help = "Do whatever is due (corrections, waiting mail, old attempts). Run it each minute."

    def handle(self, *args: Any, **options: Any) -> None:
        published, failed = apply_due()
        self.stdout.write(f"Corrections: {published} published, {failed} failed.")
        counts = deliver_due()
        mail = ", ".join(
            f"{number} {OutgoingMail.State(state).label}" for state, number in sorted(counts.items())
        )
        self.stdout.write(f"Mail: {mail or 'nothing due'}.")
        self.stdout.write(f"Attempts forgotten: {Attempt.prune()}.")
