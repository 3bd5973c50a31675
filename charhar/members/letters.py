"""The letters to applicants and members: which there are, what their marks mean, and how they go out.

Their words are in ``templates/wordings/`` and may be changed by the staff; see ``charhar.contacts.wordings``.
"""

import datetime
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext_lazy as _

from charhar.contacts.letters import letter
from charhar.contacts.models import OutgoingMail, Person
from charhar.contacts.outbox import queue
from charhar.contacts.wordings import compose, declare
from charhar.pages.models import SiteSettings

from .models import Application, Membership

ANY = {"name": _("the name"), "site": _("the institute's name")}
APPLICANT = {**ANY, "plan": _("the plan that was applied for")}
MEMBER = {
    **ANY,
    "number": _("the member number"),
    "plan": _("the plan"),
    "until": _("the last day of the term"),
    "grace_until": _("the last day of grace"),
    "fee": _("the fee for a term"),
    "payment": _("how to pay, as the plan says"),
    "link": _("the address of the page on which a member signs in"),
}

LETTERS = [
    declare("application-draft", _("Application: the link to what was saved"), {
        "site": ANY["site"],
        "link": _("the link to the form, filled in"),
        "days": _("how many days it is kept"),
    }),
    declare("application-acknowledged", _("Application: received"), {
        "site": ANY["site"], "plan": APPLICANT["plan"],
    }),
    declare("application-asked", _("Application: asking back"), {
        **APPLICANT, "question": _("what is asked"), "link": _("the link to the page for the answer"),
    }),
    declare("application-accepted", _("Application: accepted, welcome"), MEMBER),
    declare("application-declined", _("Application: declined"), {**APPLICANT, "reason": _("the reason")}),
    declare("membership-reminder", _("Reminder before a term ends"), {
        **MEMBER, "days": _("how many days are left"),
    }),
    declare("membership-last-day", _("Reminder on a term's last day"), MEMBER),
    declare("membership-grace", _("Reminder before the days of grace are over"), MEMBER),
    declare("membership-lapsed", _("The membership has lapsed"), MEMBER),
    declare("membership-renewed", _("The membership was renewed"), MEMBER),
    declare("membership-returned", _("Welcome back"), MEMBER),
    declare("membership-ended", _("The membership has ended"), MEMBER),
    declare("payment-received", _("A payment has come in"), {
        **MEMBER, "amount": _("the amount"), "received": _("the day on which it came in"),
    }),
    declare("member-sign-in", _("Link to sign in"), {
        **ANY, "link": _("the link"), "minutes": _("how many minutes it is good for"),
    }),
    declare("member-not-known", _("No membership under an address"), {
        "site": ANY["site"], "link": _("the address of the page Membership"),
    }),
    declare("member-new-address", _("Confirm a new address"), {
        **ANY, "link": _("the link"), "address": _("the new address"),
    }),
    declare("member-address-changed", _("The address was changed"), {**ANY, "address": _("the new address")}),
]  # fmt: skip


# One mailbox is not to be flooded, whoever types its address how often.
ACKNOWLEDGEMENTS_A_DAY = 3


def absolute(name: str, language: str, *args: Any) -> str:
    """The whole address of one of the site's pages in a language."""
    with translation.override(language):
        return settings.SITE_URL + reverse(name, args=args)


def site_name(language: str) -> str:
    """The institute's name in a language. One query."""
    with translation.override(language):
        return str(SiteSettings.load().name)


def day_words(day: Any, language: str) -> str:
    """A day as a letter in that language writes it."""
    with translation.override(language):
        return formats.date_format(day, "DATE_FORMAT") if day else str(_("without an end"))


def of_applicant(application: Application) -> dict[str, Any]:
    """What fills the marks of a letter to an applicant."""
    with translation.override(application.language):
        return {
            "name": application.name,
            "plan": str(application.plan or ""),
            "site": site_name(application.language),
        }


def of_member(membership: Membership, language: str = "") -> dict[str, Any]:
    """What fills the marks of a letter to a member; its person must be there."""
    person = membership.person
    language = language or (person.language if person else settings.LANGUAGE_CODE)
    with translation.override(language):
        return {
            "name": (person.name or person.email) if person else "",
            "site": site_name(language),
            "number": membership.number,
            "plan": str(membership.plan),
            "until": day_words(membership.runs_until, language),
            "grace_until": day_words(membership.grace_until, language),
            "fee": membership.plan.fee_label,
            "payment": membership.plan.payment,
            "link": absolute("member-sign-in", language),
        }


def write_to(
    person: Person,
    code: str,
    values: Mapping[str, Any],
    *,
    key: str | None = None,
    email: str = "",
    language: str = "",
) -> OutgoingMail:
    """Queue one of the letters to a person, in their language or the page's; with ``key`` once for ever."""
    return queue(
        to=email or person.email,
        person=person,
        purpose=code,
        key=key,
        **compose(code, language or person.language, values)._asdict(),
    )


def acknowledge(application: Application) -> None:
    """Tell whoever applied that the application has come: once, and in nothing that was typed.

    The address may be a stranger's; so only a few go to it in a day.
    """
    person, language = application.person, application.language
    since = timezone.now() - datetime.timedelta(days=1)
    sent = OutgoingMail.objects.filter(
        person=person, purpose="application-acknowledged", created_at__gt=since
    )
    if sent.count() >= ACKNOWLEDGEMENTS_A_DAY:
        return
    with translation.override(language):
        values = {"plan": str(application.plan), "site": site_name(language)}
    key = f"application-acknowledged:{application.pk}"
    write_to(person, "application-acknowledged", values, key=key, email=application.email, language=language)


def write_to_member(membership: Membership, code: str, *, key: str | None = None, **more: Any) -> None:
    """Queue one of the letters to a member; to nobody where the person was erased or has died."""
    if membership.person is None or membership.ending == Membership.Ending.DIED:
        return
    write_to(membership.person, code, {**of_member(membership), **more}, key=key)


def tell_secretariat(
    note: str, language: str, admin_url: str, *, to: Any = None, key: str | None = None, **context: Any
) -> None:
    """A note with a link and nothing personal: to the account ``to``, or to the secretariat's mailbox."""
    site = SiteSettings.load()
    words = letter(note, language, {"site": site, "admin_url": settings.SITE_URL + admin_url, **context})
    queue(
        to=(to.email if to is not None else "") or site.email or settings.SERVER_EMAIL,
        purpose="notice",
        key=key,
        **words._asdict(),
    )
