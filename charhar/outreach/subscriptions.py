"""Stay Informed: asked for on the site, confirmed from the mailbox, ended by one click; each step once.

The links in mails carry a signed key and no address. Opening one never does anything: link scanners open
every link. Only the button behind it, a POST, acts.
"""

import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from charhar.contacts.letters import letter
from charhar.contacts.models import Consent, OutgoingMail, Person, Wording
from charhar.contacts.outbox import queue
from charhar.pages.models import SiteSettings

from .models import Subscription

CONFIRM_SALT = "outreach.subscriptions.confirm"
UNSUBSCRIBE_SALT = "outreach.subscriptions.unsubscribe"
LINK_LASTS = datetime.timedelta(days=7)
# One mailbox is not to be flooded, whoever types its address how often.
MAIL_PAUSE = datetime.timedelta(minutes=10)
MAILS_A_DAY = 3
WORDING = Wording(
    Consent.Purpose.UPDATES,
    "1",
    _(
        "I would like the Charhar Institute to send me news, events, opinion and publication notifications "
        "by e-mail. My address is used for nothing else and is given to nobody. I can end this at any time "
        "with the link in every mail."
    ),
)


class LinkExpired(Exception):
    """The link was ours, but it is too old or has been overtaken by a later step."""


def ask(email: str, language: str) -> None:
    """Note the wish and send a mail: the link to confirm it, or word that it is confirmed already.

    Whoever asks learns nothing about the address. Asking again within ``MAIL_PAUSE``, also at the same
    moment, sends nothing more.
    """
    with transaction.atomic():
        person = Person.objects.meet(email, language=language)
        Subscription.objects.get_or_create(person=person, defaults={"language": language})
        subscription = Subscription.objects.select_for_update().select_related("person").get(person=person)
        if not subscription.is_active:
            subscription.language = language
            subscription.asked_at = timezone.now()
            subscription.save(update_fields=["language", "asked_at"])
        purpose = "subscribed" if subscription.is_active else "confirm"
        if _may_mail(subscription, purpose):
            _mail(subscription, purpose, language)


def from_confirm_token(token: str) -> Subscription:
    """The subscription that a confirming link is about.

    Raises ``signing.BadSignature`` for a link that is not ours and ``LinkExpired`` for one that is too old,
    or from before the subscription was ended.
    """
    try:
        pk, number = signing.loads(token, salt=CONFIRM_SALT, max_age=LINK_LASTS)
    except signing.SignatureExpired:
        raise LinkExpired from None
    subscription = Subscription.objects.select_related("person").filter(pk=pk, round=number).first()
    if subscription is None:
        raise LinkExpired
    return subscription


def from_unsubscribe_token(token: str) -> Subscription:
    """The subscription that an ending link is about; such links last for ever. Raises like the one above."""
    pk = signing.loads(token, salt=UNSUBSCRIBE_SALT)
    subscription = Subscription.objects.select_related("person").filter(pk=pk).first()
    if subscription is None:
        raise LinkExpired
    return subscription


def confirm(subscription: Subscription, *, source: str) -> None:
    """Begin the subscription, write down the consent and send the welcome; a second time nothing happens.

    Raises ``LinkExpired`` where the subscription was ended in the meantime.
    """
    with transaction.atomic():
        fresh = Subscription.objects.select_for_update().select_related("person").get(pk=subscription.pk)
        if fresh.round != subscription.round:
            raise LinkExpired
        if fresh.is_active:
            return
        fresh.confirmed_at, fresh.unsubscribed_at = timezone.now(), None
        fresh.save(update_fields=["confirmed_at", "unsubscribed_at"])
        Consent.objects.give(fresh.person, WORDING, source=source)
        _mail(fresh, "welcome", fresh.language)


def unsubscribe(subscription: Subscription) -> None:
    """End the subscription, confirmed or not, and every confirming link under way; twice is as once."""
    with transaction.atomic():
        fresh = Subscription.objects.select_for_update().get(pk=subscription.pk)
        if fresh.unsubscribed_at is not None:
            return
        fresh.unsubscribed_at = timezone.now()
        fresh.round += 1
        fresh.save(update_fields=["unsubscribed_at", "round"])
        Consent.objects.withdraw(fresh.person, Consent.Purpose.UPDATES)


def confirm_url(subscription: Subscription) -> str:
    """The whole address of a fresh confirming link, in the subscription's language."""
    token = signing.dumps([subscription.pk, subscription.round], salt=CONFIRM_SALT)
    return _absolute("subscribe-confirm", token, subscription.language)


def unsubscribe_url(subscription: Subscription) -> str:
    """The whole address of the link that ends the subscription."""
    return _absolute(
        "unsubscribe", signing.dumps(subscription.pk, salt=UNSUBSCRIBE_SALT), subscription.language
    )


def _absolute(name: str, token: str, language: str) -> str:
    with translation.override(language):
        return settings.SITE_URL + reverse(name, args=[token])


def _may_mail(subscription: Subscription, purpose: str) -> bool:
    """Whether another mail of this purpose may go. The caller holds the row: two can not both be told yes."""
    now = timezone.now()
    sent = OutgoingMail.objects.filter(person=subscription.person, purpose=purpose)
    last = sent.order_by("-created_at").values_list("created_at", flat=True).first()
    if last is None:
        return True
    begun_anew = subscription.unsubscribed_at is not None and last <= subscription.unsubscribed_at
    if last > now - MAIL_PAUSE and not begun_anew:
        return False
    return sent.filter(created_at__gt=now - datetime.timedelta(days=1)).count() < MAILS_A_DAY


def _mail(subscription: Subscription, purpose: str, language: str) -> None:
    ending = unsubscribe_url(subscription)
    context: dict[str, Any] = {
        "site": SiteSettings.load(),
        "site_url": settings.SITE_URL,
        "confirm_url": confirm_url(subscription),
        "unsubscribe_url": ending,
        "days": LINK_LASTS.days,
    }
    queue(
        to=subscription.person.email,
        person=subscription.person,
        purpose=purpose,
        headers={
            "List-Unsubscribe": f"<{ending}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        **letter(purpose, language, context)._asdict(),
    )
