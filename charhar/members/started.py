"""Applications begun and not sent: kept as they were typed, under a link that only their mailbox has.

The consent is not kept with them: it is given when the application is sent.
"""

import datetime

from django.core import signing
from django.db import transaction
from django.utils import timezone

from charhar.contacts.models import OutgoingMail, Person

from .letters import absolute, site_name, write_to
from .models import Application

SALT = "members.started"
# The rule in retention.py deletes them.
KEPT_FOR = datetime.timedelta(days=14)
# One mailbox is not to be flooded, whoever types its address how often.
MAILS_A_DAY = 3


class TooMany(Exception):
    """As many links as there may be in a day have gone to this address."""


def begin(email: str, language: str, typed: dict[str, str], digest: str) -> Application:
    """Keep what was typed and mail the link to it; the same again on one day is kept and mailed once.

    Raises ``TooMany`` where the address has had its links for today; then nothing is kept.
    """
    with transaction.atomic():
        person = Person.objects.meet(email, language=language)
        # Whoever holds the person's row is the only one to look and to write.
        Person.objects.select_for_update().get(pk=person.pk)
        key = {"digest": digest, "day": timezone.localdate()}
        known = Application.objects.filter(**key).first()
        if known is not None:
            return known
        since = timezone.now() - datetime.timedelta(days=1)
        sent = OutgoingMail.objects.filter(person=person, purpose="application-draft", created_at__gt=since)
        if sent.count() >= MAILS_A_DAY:
            raise TooMany
        application = Application.objects.create(
            person=person,
            email=email,
            language=language,
            state=Application.State.STARTED,
            typed=typed,
            **key,
        )
        link = absolute("membership-started", language, token(application))
        values = {"link": link, "days": KEPT_FOR.days, "site": site_name(language)}
        write_to(person, "application-draft", values, email=email, language=language)
        return application


def keep(application: Application, typed: dict[str, str]) -> None:
    """Keep what was typed since; the time for which it is kept begins anew."""
    Application.objects.filter(pk=application.pk, state=Application.State.STARTED).update(
        typed=typed, created_at=timezone.now()
    )


def token(application: Application) -> str:
    """What the link to a started application carries: a signed key and nothing personal."""
    return signing.dumps(application.pk, salt=SALT)


def from_token(value: str) -> Application | None:
    """The application that a link is about, sent or not; None for one that was forgotten.

    Raises ``signing.BadSignature`` for a link that is not ours.
    """
    return Application.objects.select_related("person").filter(pk=signing.loads(value, salt=SALT)).first()


def forget(application: Application) -> None:
    """Delete what was typed."""
    Application.objects.filter(pk=application.pk, state=Application.State.STARTED).delete()
