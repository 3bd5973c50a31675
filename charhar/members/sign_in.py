"""How a member comes to the own page: by a link in a mail, good once and for half an hour; then by a cookie.

The cookie is no session of the site: it opens the own page and nothing else, for two hours, and signing out
makes it worthless at once. Opening the link signs nobody in: link scanners open every link.
"""

import datetime

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from charhar.contacts.addresses import email_key
from charhar.contacts.guard import digest
from charhar.contacts.models import OutgoingMail, Person, TimelineEvent

from .letters import absolute, site_name, write_to
from .models import Application, SignIn

LINK_SALT, COOKIE_SALT, ADDRESS_SALT = (f"members.sign_in.{name}" for name in ("link", "cookie", "address"))
COOKIE = "member"
LINK_LASTS = datetime.timedelta(minutes=30)
STAYS = datetime.timedelta(hours=2)
NEW_ADDRESS_LASTS = datetime.timedelta(days=1)
# One mailbox is not to be flooded, whoever types its address how often.
MAIL_PAUSE = datetime.timedelta(minutes=1)
MAILS_A_DAY = 10


class LinkExpired(Exception):
    """The link was ours, but it is too old or was used."""


def ask(email: str, language: str) -> None:
    """Send the link to sign in; or, to an address without a membership, a mail that says so, once a day.

    Whoever asks learns nothing about the address. Asking again within ``MAIL_PAUSE`` sends nothing more.
    """
    with transaction.atomic():
        person = Person.objects.meet(email, language=language)
        person = Person.objects.select_for_update().get(pk=person.pk)
        values = {"name": person.name or person.email, "site": site_name(language)}
        if not has_own_page(person):
            write_to(
                person,
                "member-not-known",
                {**values, "link": absolute("membership", language)},
                key=f"member-not-known:{person.pk}:{timezone.localdate()}",
                language=language,
            )
            return
        now = timezone.now()
        sent = OutgoingMail.objects.filter(person=person, purpose="member-sign-in")
        if (
            sent.filter(created_at__gt=now - MAIL_PAUSE).exists()
            or sent.filter(created_at__gt=now - datetime.timedelta(days=1)).count() >= MAILS_A_DAY
        ):
            return
        sign_in = SignIn.objects.create(person=person)
        link = absolute("member-link", language, signing.dumps(sign_in.pk, salt=LINK_SALT))
        values |= {"link": link, "minutes": str(int(LINK_LASTS.total_seconds() // 60))}
        write_to(person, "member-sign-in", values, language=language)


def has_own_page(person: Person) -> bool:
    """Whether there is anything to be seen on somebody's own page: a membership, or an application."""
    return (
        person.memberships.exists() or person.applications.exclude(state=Application.State.STARTED).exists()
    )


def from_link(token: str) -> SignIn:
    """The sign-in that a link is about.

    Raises ``signing.BadSignature`` for a link that is not ours and ``LinkExpired`` for one that is too old or
    was used.
    """
    sign_in = _by_token(token, LINK_SALT)
    if sign_in.used_at is not None or sign_in.asked_at < timezone.now() - LINK_LASTS:
        raise LinkExpired
    return sign_in


def is_link_of(token: str, sign_in: SignIn) -> bool:
    """Whether it was this link by which somebody signed in."""
    try:
        return bool(signing.loads(token, salt=LINK_SALT) == sign_in.pk)
    except signing.BadSignature:
        return False


def _by_token(token: str, salt: str) -> SignIn:
    sign_in = SignIn.objects.select_related("person").filter(pk=signing.loads(token, salt=salt)).first()
    if sign_in is None:
        raise LinkExpired
    return sign_in


def use(sign_in: SignIn, response: HttpResponse) -> None:
    """Use the link up and let the browser in; raises ``LinkExpired`` where somebody was quicker."""
    with transaction.atomic():
        if not SignIn.objects.filter(pk=sign_in.pk, used_at=None).update(used_at=timezone.now()):
            raise LinkExpired
        TimelineEvent.objects.note(sign_in.person, TimelineEvent.Kind.SIGNED_IN)
    response.set_cookie(
        COOKIE,
        signing.dumps(sign_in.pk, salt=COOKIE_SALT),
        max_age=STAYS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def of(request: HttpRequest) -> SignIn | None:
    """The sign-in that the browser's cookie stands for, with its person; None where it is over."""
    try:
        pk = signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE_SALT, max_age=STAYS)
    except signing.BadSignature:
        return None
    return (
        SignIn.objects.select_related("person")
        .filter(pk=pk, ended_at=None, used_at__gt=timezone.now() - STAYS)
        .first()
    )


def leave(sign_in: SignIn, response: HttpResponse) -> None:
    """Sign out: the cookie is worth nothing any more, whoever has a copy."""
    SignIn.objects.filter(pk=sign_in.pk, ended_at=None).update(ended_at=timezone.now())
    response.delete_cookie(COOKIE, samesite="Lax")


def ask_for_address(sign_in: SignIn, email: str, language: str) -> None:
    """Send a link to the mailbox that a member wants to be written to; the same says the mail once."""
    person = sign_in.person
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=person.pk)
        if SignIn.objects.filter(pk=sign_in.pk, new_email=email).exists():
            return
        SignIn.objects.filter(pk=sign_in.pk).update(new_email=email)
        link = absolute(
            "member-address", language, signing.dumps([sign_in.pk, _mark(email)], salt=ADDRESS_SALT)
        )
        values = {
            "name": person.name or person.email,
            "site": site_name(language),
            "link": link,
            "address": email,
        }
        write_to(person, "member-new-address", values, email=email, language=language)


def _mark(email: str) -> str:
    """What ties a link to one address without showing it."""
    return digest(email)[:16]


def from_address_link(token: str) -> SignIn:
    """The sign-in whose new address a link confirms; raises like ``from_link``."""
    try:
        pk, mark = signing.loads(token, salt=ADDRESS_SALT, max_age=NEW_ADDRESS_LASTS)
    except signing.SignatureExpired:
        raise LinkExpired from None
    sign_in = SignIn.objects.select_related("person").filter(pk=pk).exclude(new_email="").first()
    if sign_in is None or _mark(sign_in.new_email) != mark:
        raise LinkExpired
    return sign_in


def confirm_address(sign_in: SignIn, language: str) -> Person | None:
    """Write to the new address from now on, and tell the old one; what was confirmed once is confirmed.

    Where another entry has the address already, nothing changes and that entry is given back: whether the two
    are one person is for the secretariat to say.
    """
    with transaction.atomic():
        person = Person.objects.select_for_update().get(pk=sign_in.person_id)
        other = Person.objects.filter(email_key=email_key(sign_in.new_email)).exclude(pk=person.pk).first()
        if not SignIn.objects.filter(pk=sign_in.pk).exclude(new_email="").update(new_email=""):
            raise LinkExpired
        if other is not None:
            return other
        old = person.email
        person.email = sign_in.new_email
        person.save(update_fields=["email", "email_key"])
        TimelineEvent.objects.note(person, TimelineEvent.Kind.CHANGED, text=f"{old} → {sign_in.new_email}")
        values = {"name": person.name or old, "site": site_name(language), "address": sign_in.new_email}
        write_to(person, "member-address-changed", values, email=old)
        return None
