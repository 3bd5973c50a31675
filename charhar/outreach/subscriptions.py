"""Stay Informed: asked for on the site, confirmed from the mailbox, ended by one click; each step once.

The links in mails carry a signed key and no address. Opening one never does anything: link scanners open
every link. Only the button behind it, a POST, acts.
"""

import datetime
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from charhar.contacts.letters import letter
from charhar.contacts.models import (
    Consent,
    OutgoingMail,
    Person,
    Suppression,
    TimelineEvent,
    Wording,
)
from charhar.contacts.outbox import hold_back, queue
from charhar.pages.models import SiteSettings

from .choices import Choices, chosen, in_words, keep
from .links import (
    CONFIRM_SALT,
    UNSUBSCRIBE_SALT,
    confirm_url,
    ending_headers,
    preferences_url,
    unsubscribe_url,
)
from .models import Subscription

LINK_LASTS = datetime.timedelta(days=7)
# One mailbox is not to be flooded, whoever types its address how often.
MAIL_PAUSE = datetime.timedelta(minutes=10)
MAILS_A_DAY = 3
# Whoever's address failed, complained or was erased is asked less often whether they have come back.
MAILS_A_DAY_SUPPRESSED = 1
WORDING = Wording(
    Consent.Purpose.UPDATES,
    "2",
    _(
        "I would like the Charhar Institute to send me news, events, opinion and publication notifications "
        "by e-mail. My address is used for nothing else and is given to nobody. I can end this at any time "
        "with the link in every mail."
    ),
)


class LinkExpired(Exception):
    """The link was ours, but it is too old or has been overtaken by a later step."""


def ask(email: str, choices: Choices) -> None:
    """Note the wish and send a mail: the link to confirm it, or word that it is confirmed already.

    Whoever asks learns nothing about the address, and changes nothing of a subscription that stands: the mail
    then leads to the page where its owner can. Asking again within ``MAIL_PAUSE``, also at the same moment,
    sends nothing more.
    """
    with transaction.atomic():
        person = Person.objects.meet(email, language=choices.language)
        Subscription.objects.get_or_create(person=person, defaults={"language": choices.language})
        subscription = Subscription.objects.select_for_update().select_related("person").get(person=person)
        if not subscription.is_active:
            subscription.asked_at = timezone.now()
            subscription.save(update_fields=["asked_at"])
            keep(subscription, choices)
        purpose = "subscribed" if subscription.is_active else "confirm"
        if may_mail(subscription, purpose):
            _mail(subscription, purpose, choices)


def at_key(pk: int) -> Subscription:
    """The subscription with this key, or what it became when two entries of one person were joined.

    Raises ``LinkExpired``.
    """
    rows = Subscription.objects.select_related("person")
    found = rows.filter(pk=pk).first()
    if found is None:
        kind = ContentType.objects.get_for_model(Subscription)
        about = TimelineEvent.objects.filter(about_type=kind, about_id=pk)
        found = rows.filter(person__in=about.values("person")).first()
    if found is None:
        raise LinkExpired
    return found


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
    return at_key(signing.loads(token, salt=UNSUBSCRIBE_SALT))


def confirm(subscription: Subscription, *, source: str) -> None:
    """Begin the subscription, write down the consent and send the welcome; a second time nothing happens.

    Whoever confirms shows that the address works and is wanted: it leaves the suppression list. Raises
    ``LinkExpired`` where the subscription was ended in the meantime.
    """
    with transaction.atomic():
        fresh = Subscription.objects.select_for_update().select_related("person").get(pk=subscription.pk)
        if fresh.round != subscription.round:
            raise LinkExpired
        if fresh.is_active:
            return
        begin(fresh)
        Suppression.objects.remove_address(fresh.person.email)
        consent = give_consent(fresh, source=source)
        TimelineEvent.objects.note(
            fresh.person, TimelineEvent.Kind.SUBSCRIBED, text=consent.text, about=fresh
        )
        _mail(fresh, "welcome", chosen(fresh))


def begin(subscription: Subscription) -> None:
    """Let the subscription count from now on, in the caller's transaction."""
    subscription.confirmed_at, subscription.unsubscribed_at = timezone.now(), None
    subscription.paused_until = None
    subscription.save(update_fields=["confirmed_at", "unsubscribed_at", "paused_until"])


def wording_for(subscription: Subscription) -> Wording:
    """The words that somebody agrees to, with what they chose among them. Four queries."""
    with translation.override(subscription.language):
        return WORDING._replace(text=f"{WORDING.text} {in_words(chosen(subscription))}")


def give_consent(subscription: Subscription, *, source: str) -> Consent:
    """Write down what the subscription's owner agreed to."""
    return Consent.objects.give(subscription.person, wording_for(subscription), source=source)


def unsubscribe(subscription: Subscription, *, by: Any = None) -> None:
    """End the subscription, confirmed or not, and every confirming link under way; twice is as once.

    What waits for the person in letters to many is held back. ``by`` is the account of whoever ends it for
    them.
    """
    with transaction.atomic():
        fresh = Subscription.objects.select_for_update().select_related("person").get(pk=subscription.pk)
        if fresh.unsubscribed_at is not None:
            return
        fresh.unsubscribed_at = timezone.now()
        fresh.round += 1
        fresh.save(update_fields=["unsubscribed_at", "round"])
        Consent.objects.withdraw(fresh.person, Consent.Purpose.UPDATES)
        hold_back(fresh.person)
        TimelineEvent.objects.note(fresh.person, TimelineEvent.Kind.UNSUBSCRIBED, by=by, about=fresh)


def may_mail(subscription: Subscription, purpose: str) -> bool:
    """Whether another mail of this purpose may go. The caller holds the row: two can not both be told yes."""
    now = timezone.now()
    sent = OutgoingMail.objects.filter(person=subscription.person, purpose=purpose)
    last = sent.order_by("-created_at").values_list("created_at", flat=True).first()
    if last is None:
        return True
    begun_anew = subscription.unsubscribed_at is not None and last <= subscription.unsubscribed_at
    if last > now - MAIL_PAUSE and not begun_anew:
        return False
    is_suppressed = bool(Suppression.objects.among([subscription.person.email]))
    most = MAILS_A_DAY_SUPPRESSED if is_suppressed else MAILS_A_DAY
    return sent.filter(created_at__gt=now - datetime.timedelta(days=1)).count() < most


def _mail(subscription: Subscription, purpose: str, choices: Choices) -> None:
    language = choices.language
    wanted = choices if purpose == "subscribed" else None
    ending = unsubscribe_url(subscription)
    context: dict[str, Any] = {
        "site": SiteSettings.load(),
        "site_url": settings.SITE_URL,
        "confirm_url": confirm_url(subscription),
        "unsubscribe_url": ending,
        "preferences_url": preferences_url(subscription, wanted),
        "chosen": in_words(choices),
        "days": LINK_LASTS.days,
    }
    queue(
        to=subscription.person.email,
        person=subscription.person,
        purpose=purpose,
        headers=ending_headers(ending),
        **letter(purpose, language, context)._asdict(),
    )
