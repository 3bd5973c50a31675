"""How long messages and subscriptions are kept."""

from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from charhar.contacts.held import everything_held, held_of
from charhar.contacts.retention import keep_for

from .models import ContactMessage, Subscription

State = ContactMessage.State


def _clear_messages(messages: QuerySet) -> None:
    """What an erasure does to messages, and to what was written in answer; the figures stay."""
    keys = list(messages.values_list("pk", flat=True))
    for held in everything_held():
        if held.person == "message__person":
            rows = held.model._base_manager.filter(message__in=keys)
            if held.before_erasure is not None:
                held.before_erasure(rows)
            if held.on_erasure is None:
                rows.delete()
            elif held.on_erasure:
                rows.update(**held.on_erasure)
    own = held_of(ContactMessage)
    if own is not None and own.on_erasure is not None:
        messages.update(**own.on_erasure)


def rules() -> None:
    """The rules of this app."""
    keep_for(
        "spam", _("Messages that are spam"), days=30,
        due=lambda before: ContactMessage.objects.filter(state=State.SPAM, created_at__lt=before),
    )  # fmt: skip
    keep_for(
        "messages-answered", _("Messages that were answered, and the answers"), days=730,
        due=lambda before: ContactMessage.objects.alias(settled=Coalesce("answered_at", "created_at")).filter(
            state=State.ANSWERED, settled__lt=before, person__isnull=False
        ),
        act=_clear_messages, keeps_row=True,
    )  # fmt: skip
    keep_for(
        "subscriptions-unconfirmed", _("Subscriptions that were never confirmed"), days=30,
        due=lambda before: Subscription.objects.filter(
            confirmed_at=None, unsubscribed_at=None, asked_at__lt=before
        ),
    )  # fmt: skip
    keep_for(
        "subscriptions-ended", _("Subscriptions that were ended"), days=730,
        due=lambda before: Subscription.objects.filter(unsubscribed_at__lt=before),
    )  # fmt: skip
