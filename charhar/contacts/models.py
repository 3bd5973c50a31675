"""People the institute deals with: who they are, what they agreed to, and the mail that goes out to them."""

import datetime
import secrets
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from .addresses import email_key


class PersonManager(models.Manager["Person"]):
    """People by their address."""

    def meet(self, email: str, *, name: str = "", language: str = settings.LANGUAGE_CODE) -> "Person":
        """The person with this (normalised) address, known or new; a name is only filled in, never replaced.

        Anybody can type anybody's address into a form: what is already known must not change by it.
        """
        person, created = self.get_or_create(
            email_key=email_key(email), defaults={"email": email, "name": name, "language": language}
        )
        if not created and name and not person.name:
            person.name = name
            person.save(update_fields=["name"])
        return person


class Person(models.Model):
    """Somebody with an e-mail address; memberships, messages and subscriptions hang on the one row."""

    email = models.EmailField(_("e-mail"), max_length=254)
    email_key = models.CharField(max_length=254, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    created_at = models.DateTimeField(_("known since"), default=timezone.now, editable=False)

    objects = PersonManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name", "email_key"]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.name else self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email_key = email_key(self.email)
        super().save(*args, **kwargs)


class Wording(NamedTuple):
    """A text that somebody agrees to: for what, in which version, in which words (may be lazy)."""

    purpose: str
    version: str
    text: Any


class ConsentManager(models.Manager["Consent"]):
    """The ledger."""

    def give(self, person: Person, wording: Wording, *, source: str) -> "Consent":
        """Write down that ``person`` agreed, in the words of the language that the page is in."""
        return self.create(
            person=person,
            purpose=wording.purpose,
            version=wording.version,
            text=str(wording.text),
            source=source,
        )

    def withdraw(self, person: Person, purpose: str) -> int:
        """End every standing consent of ``person`` to ``purpose``; how many there were."""
        return self.filter(person=person, purpose=purpose, withdrawn_at=None).update(
            withdrawn_at=timezone.now()
        )


class Consent(models.Model):
    """What somebody agreed to: the very words, where and when; and when they took it back."""

    class Purpose(models.TextChoices):
        UPDATES = "updates", _("News by e-mail")
        MEMBERSHIP = "membership", _("Application for membership")

    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.CASCADE, related_name="consents"
    )
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose)
    version = models.CharField(_("version of the text"), max_length=20)
    text = models.TextField(_("text"))
    source = models.CharField(_("given at"), max_length=200, help_text=_("The page on which it was given."))
    given_at = models.DateTimeField(_("given"), default=timezone.now)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    objects = ConsentManager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-given_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.person}"


def new_message_id() -> str:
    """A Message-ID under the site's own name; made once, so that every attempt carries the same."""
    return f"<{secrets.token_hex(16)}@{urlsplit(settings.SITE_URL).hostname}>"


def give_up_time() -> datetime.datetime:
    """Until when a new message is tried: three days, as mail servers do."""
    return timezone.now() + datetime.timedelta(days=3)


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    """Mail by what is to be done with it."""

    def due(self, now: datetime.datetime | None = None) -> "OutgoingMailQuerySet":
        """What waits and may be tried now, oldest first."""
        return self.filter(state=OutgoingMail.State.PENDING, next_try_at__lte=now or timezone.now()).order_by(
            "next_try_at", "pk"
        )


class OutgoingMail(models.Model):
    """One message to one address, and what became of it; ``outbox`` holds every change of its state."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        UNCERTAIN = "uncertain", _("fate unknown")

    person = models.ForeignKey(
        Person, verbose_name=_("person"), null=True, blank=True, on_delete=models.CASCADE, related_name="mail"
    )
    purpose = models.CharField(_("purpose"), max_length=30)
    to = models.EmailField(_("to"), max_length=254)
    sender = models.CharField(_("from"), max_length=300)
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    headers = models.JSONField(_("further headers"), default=dict, blank=True)
    message_id = models.CharField("Message-ID", max_length=200, unique=True, default=new_message_id)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    give_up_at = models.DateTimeField(_("tried until"), default=give_up_time)
    tried_at = models.DateTimeField(_("last attempt"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    error = models.TextField(_("what the mail server said"), blank=True)
    created_at = models.DateTimeField(_("written"), default=timezone.now)

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mail")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False), name="outgoingmail_sent_has_date"
            ),
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(tried_at__isnull=False), name="outgoingmail_claim_has_date"
            ),
        ]
        indexes = [models.Index(fields=["state", "next_try_at"], name="outgoingmail_due")]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to}"


class Attempt(models.Model):
    """One post to a public form, kept for a day to count; the network address only as a keyed hash."""

    KEPT_FOR = datetime.timedelta(days=1)

    form = models.CharField(max_length=30)
    sender = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["form", "sender", "digest"], name="attempt_counts_once"),
        ]

    def __str__(self) -> str:
        return f"{self.form} at {self.at:%Y-%m-%d %H:%M}"

    @classmethod
    def allow(cls, form: str, address: str, digest: str, *, most: int, within: datetime.timedelta) -> bool:
        """Count a post; False where ``address`` has sent too many different ones within the time.

        The same post again counts once, so a double click never uses anything up. Two to four queries.
        """
        sender = salted_hmac("contacts.attempt", address, algorithm="sha256").hexdigest()
        if cls.objects.filter(form=form, sender=sender, digest=digest).exists():
            return True
        since = timezone.now() - within
        if cls.objects.filter(form=form, sender=sender, at__gte=since).count() >= most:
            return False
        cls.objects.get_or_create(form=form, sender=sender, digest=digest)
        return True

    @classmethod
    def prune(cls, now: datetime.datetime | None = None) -> int:
        """Forget what is no longer counted; how many rows."""
        return cls.objects.filter(at__lt=(now or timezone.now()) - cls.KEPT_FOR).delete()[0]
