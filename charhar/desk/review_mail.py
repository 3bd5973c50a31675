"""The desk's mail to colleagues: one letter a person for one act, none to whoever acts."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from charhar.contacts.letters import letter
from charhar.contacts.outbox import queue
from charhar.publishing.head import absolute
from charhar.publishing.models import Publishable

from .link_mail import name_of


def review_url(text: Publishable) -> str:
    """The whole address of a text's review in the admin."""
    opts = text._meta
    return absolute(reverse(f"admin:{opts.app_label}_{opts.model_name}_review", args=[text.pk]))


def tell(people: Iterable[Any], about: str, text: Publishable, by: Any, **context: Any) -> None:
    """Queue the letter ``templates/mail/ABOUT.en.txt`` to each of them, in the caller's transaction.

    Left out are ``by``, accounts without an address or no longer active, and an address that comes twice.
    """
    seen = {by.email.strip().lower()}
    for person in people:
        address = person.email.strip()
        if not address or not person.is_active or person.pk == by.pk or address.lower() in seen:
            continue
        seen.add(address.lower())
        written = letter(about, "en", {"text": text, "by": name_of(by), "url": review_url(text), **context})
        queue(to=address, subject=written.subject, text=written.text, purpose="desk")
