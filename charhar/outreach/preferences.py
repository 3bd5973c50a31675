"""What subscribers change by themselves: choices, language, rhythm, a pause; over a signed link, no password.

The link stands at the foot of every letter and is sent to whoever asks for it. Opening it changes nothing.
"""

import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils import timezone

from charhar.contacts.addresses import email_key
from charhar.contacts.letters import letter
from charhar.contacts.models import Consent, Person, TimelineEvent
from charhar.contacts.outbox import hold_back, queue
from charhar.pages.models import SiteSettings

from .choices import Choices, chosen, in_words, keep
from .links import PREFERENCES_SALT, ending_headers, preferences_url, unsubscribe_url
from .models import Subscription
from .subscriptions import LinkExpired, at_key, give_consent, may_mail

LINK_LASTS = datetime.timedelta(days=400)


def from_preferences_token(token: str) -> Subscription:
    """The subscription that a link is about, ended or not.

    Raises ``signing.BadSignature`` for a link that is not ours and ``LinkExpired`` for one that is too old.
    """
    try:
        pk = signing.loads(token, salt=PREFERENCES_SALT, max_age=LINK_LASTS)
    except signing.SignatureExpired:
        raise LinkExpired from None
    return at_key(pk)


def change(
    subscription: Subscription,
    choices: Choices,
    *,
    paused_until: datetime.datetime | None = None,
    source: str,
) -> bool:
    """Put other choices in the place of those there are, in the ledger as well; False where nothing differs.

    Raises ``LinkExpired`` where the subscription has ended in the meantime. A pause also holds back what
    waits to be sent.
    """
    with transaction.atomic():
        fresh = Subscription.objects.select_for_update().select_related("person").get(pk=subscription.pk)
        if not fresh.is_active:
            raise LinkExpired
        before, after = in_words(chosen(fresh)), in_words(choices)
        if before == after and fresh.paused_until == paused_until:
            return False
        if before != after:
            keep(fresh, choices)
            Consent.objects.withdraw(fresh.person, Consent.Purpose.UPDATES)
            give_consent(fresh, source=source)
        said = after
        if fresh.paused_until != paused_until:
            fresh.paused_until = paused_until
            fresh.save(update_fields=["paused_until"])
            if paused_until is not None and paused_until > timezone.now():
                hold_back(fresh.person)
                said = f"{after} ‖ {timezone.localtime(paused_until):%Y-%m-%d}"
        TimelineEvent.objects.note(fresh.person, TimelineEvent.Kind.CHANGED, text=said, about=fresh)
    return True


def send_link(email: str) -> None:
    """Send the link to the page to an address that is subscribed; nothing to any other.

    ``tick`` sends it, so that the answer to whoever asks takes no longer for a known address.
    """
    with transaction.atomic():
        person = Person.objects.filter(email_key=email_key(email)).first()
        found = person and Subscription.objects.select_for_update().active().filter(person=person).first()
        if not found or not may_mail(found, "preferences"):
            return
        ending = unsubscribe_url(found)
        context: dict[str, Any] = {
            "site": SiteSettings.load(),
            "site_url": settings.SITE_URL,
            "preferences_url": preferences_url(found),
            "unsubscribe_url": ending,
        }
        queue(
            to=found.person.email,
            person=found.person,
            purpose="preferences",
            headers=ending_headers(ending),
            not_before=timezone.now(),
            **letter("preferences", found.language, context)._asdict(),
        )
