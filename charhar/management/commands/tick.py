"""Do whatever is due; to be run each minute, as often as one likes, by as many at a time as one likes."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from charhar.contacts.models import Attempt, OutgoingMail
from charhar.contacts.outbox import deliver_due
from charhar.contacts.retention import forget_once_a_day
from charhar.desk import effects, sittings
from charhar.desk.dead_links import check_own_if_changed
from charhar.desk.heartbeat import beat
from charhar.members import reminders
from charhar.outreach import alerts, newsletters
from charhar.outreach.mailboxes import from_url
from charhar.outreach.reading import read_all
from charhar.publishing.backends import statistics
from charhar.publishing.copies import apply_due
from charhar.search import missed

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Publish due corrections, send waiting mail, do what follows from publications; say what was done.

    A part that fails stops no other; the command then ends with an error, and the admin shows its report.
    """

    help = "Do whatever is due (corrections, waiting mail, side effects, old rows). Run it each minute."

    def handle(self, *args: Any, **options: Any) -> None:
        parts: list[tuple[str, Callable[[], str]]] = [
            ("Corrections", _corrections),
            ("Reminders to members", lambda: str(reminders.run_due())),
            ("Newsletters", lambda: _counted(newsletters.begin_due())),
            ("New texts announced", lambda: _counted(alerts.announce_due())),
            ("Weekly digest", _digest),
            ("Mail", _mail),
            *([("Mail read", _read_mail)] if settings.INBOX_URL else []),
            ("Side effects", lambda: _counted(effects.run_due())),
            ("Links to this site", check_own_if_changed),
            ("Attempts forgotten", lambda: str(Attempt.prune())),
            ("Side effects forgotten", lambda: str(effects.prune())),
            ("Closed forms forgotten", lambda: str(sittings.prune())),
            ("Searches forgotten", lambda: str(missed.prune())),
            ("Forgotten by the rules", _forgotten),
            ("Statistics of the tables", statistics.refresh),
        ]
        began, lines, failed = time.monotonic(), [], []
        for name, part in parts:
            try:
                said = part()
            except Exception as error:
                logger.exception("A part of tick failed: %s", name)
                said = f"failed: {error!r}"
                failed.append(name)
            lines.append(f"{name}: {said}.")
            self.stdout.write(lines[-1])
        beat(time.monotonic() - began, "\n".join(lines))
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}. The rest was done.")


def _corrections() -> str:
    published, failed = apply_due()
    return f"{published} published, {failed} failed"


def _mail() -> str:
    return _counted(
        Counter({str(OutgoingMail.State(state).label): number for state, number in deliver_due().items()})
    )


def _forgotten() -> str:
    counts = forget_once_a_day()
    return "done today already" if counts is None else _counted(+Counter(counts))


def _read_mail() -> str:
    return _counted(read_all(from_url(settings.INBOX_URL)))


def _digest() -> str:
    number = alerts.send_digest()
    return "not due" if number is None else f"{number} letters"


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {word}" for word, number in sorted(counts.items())) or "nothing due"
