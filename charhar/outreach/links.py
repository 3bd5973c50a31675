"""The links in letters to subscribers: a signed key and no address. Opening one never does anything."""

from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import translation

from .choices import GROUPS, Choices
from .models import Subscription

CONFIRM_SALT = "outreach.subscriptions.confirm"
UNSUBSCRIBE_SALT = "outreach.subscriptions.unsubscribe"
PREFERENCES_SALT = "outreach.preferences"


def confirm_url(subscription: Subscription) -> str:
    """The whole address of a fresh confirming link, in the subscription's language."""
    token = signing.dumps([subscription.pk, subscription.round], salt=CONFIRM_SALT)
    return _absolute("subscribe-confirm", token, subscription.language)


def unsubscribe_url(subscription: Subscription) -> str:
    """The whole address of the link that ends the subscription."""
    token = signing.dumps(subscription.pk, salt=UNSUBSCRIBE_SALT)
    return _absolute("unsubscribe", token, subscription.language)


def preferences_url(subscription: Subscription, choices: Choices | None = None) -> str:
    """The whole address of the page where a subscription is changed; with ``choices`` ticked besides."""
    token = signing.dumps(subscription.pk, salt=PREFERENCES_SALT)
    address = _absolute("preferences", token, subscription.language)
    query = [
        (GROUPS[name].parameter, subject.slug)
        for name, subjects in (choices.subjects if choices else {}).items()
        for subject in subjects
    ]
    return f"{address}?{urlencode(query)}" if query else address


def ending_headers(unsubscribe: str) -> dict[str, str]:
    """What lets mail programs end the subscription by one click (RFC 8058), from the link that ends it."""
    return {
        "List-Unsubscribe": f"<{unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _absolute(name: str, token: str, language: str) -> str:
    with translation.override(language):
        return settings.SITE_URL + reverse(name, args=[token])
