"""People the institute deals with: who they are, what they agreed to, and the mail that goes out to them."""

import datetime
import secrets
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from .addresses import email_key
from .attempts import Attempt, FormGate, SpamWord
from .runs import RetentionRun

__all__ = [
    "Attempt", "Consent", "FormGate", "Mailing", "OutgoingMail", "Person", "RetentionRun", "SpamWord",
    "StaffWording",
    "Suppression", "TimelineEvent", "Wording", "give_up_time", "new_message_id", "suppression_keys",
]  # fmt: skip


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
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)
    country = models.CharField(_("country or region"), max_length=100, blank=True)
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    created_at = models.DateTimeField(_("known since"), default=timezone.now, editable=False)

    objects = PersonManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name", "email_key"]
        permissions = [("export_person", "Can export everything about a person")]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.name else self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email_key = email_key(self.email)
        super().save(*args, **kwargs)


class TimelineManager(models.Manager["TimelineEvent"]):
    """The one table of what happened with people."""

    def note(
        self,
        person: Person | None,
        kind: str,
        *,
        by: Any = None,
        text: str = "",
        about: models.Model | None = None,
        at: datetime.datetime | None = None,
    ) -> "TimelineEvent":
        """Write down what happened; ``by`` is an account, or None for the person and the clock.

        ``person`` is None only for what concerned many at once, such as a list that was downloaded. One
        query, in the caller's transaction.
        """
        kind_of_row = None if about is None else ContentType.objects.get_for_model(about)
        return self.create(
            person=person,
            kind=kind,
            by=by if by is not None and by.pk else None,
            text=text,
            about_type=kind_of_row,
            about_id=None if about is None else about.pk,
            at=at or timezone.now(),
        )


class TimelineEvent(models.Model):
    """One thing that happened between a person and the institute: who did it, when, and in which words.

    Looking at a person's data is such a thing as well, and so is downloading a list (``person`` is empty).
    """

    class Kind(models.TextChoices):
        NOTE = "note", _("Note")
        APPLIED = "applied", _("Applied for membership")
        ASSIGNED = "assigned", _("Assigned")
        ASKED_BACK = "asked_back", _("Asked for more")
        ADDED = "added", _("Added to the application")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Application withdrawn")
        JOINED = "joined", _("Became a member")
        PAID = "paid", _("Payment recorded")
        PAYMENT_UNDONE = "payment_undone", _("Payment taken back")
        RENEWED = "renewed", _("Renewed")
        REMINDED = "reminded", _("Reminded")
        PLAN_CHANGED = "plan_changed", _("Changed plan")
        RESIGNED = "resigned", _("Resigned")
        RETURNED = "returned", _("Returned")
        MERGED = "merged", _("Merged with another entry")
        WROTE = "wrote", _("Wrote to the institute")
        ANSWERED = "answered", _("Was answered")
        SUBSCRIBED = "subscribed", _("Subscribed")
        CHANGED = "changed", _("Changed preferences")
        UNSUBSCRIBED = "unsubscribed", _("Ended the subscription")
        SUPPRESSED = "suppressed", _("No more mail: the address failed or objected")
        SIGNED_IN = "signed_in", _("Signed in by link")
        IMPORTED = "imported", _("Brought in from a file")
        VIEWED = "viewed", _("Data looked at")
        EXPORTED = "exported", _("Data downloaded")
        ERASED = "erased", _("Data erased")

    person = models.ForeignKey(
        Person,
        verbose_name=_("person"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="timeline",
    )
    kind = models.CharField(_("what"), max_length=20, choices=Kind)
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    text = models.TextField(_("text"), blank=True)
    about_type = models.ForeignKey(
        ContentType, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    about_id = models.BigIntegerField(null=True, blank=True, editable=False)
    about = GenericForeignKey("about_type", "about_id")

    objects = TimelineManager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("timeline")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["person", "-at"], name="timeline_of_person"),
            models.Index(fields=["kind", "-at"], name="timeline_by_kind"),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())


def suppression_keys(email: str) -> list[str]:
    """What stands for an address on the suppression list: a keyed hash, first the one that is written today.

    Older values of the site's key (``SECRET_KEY_FALLBACKS``) give one each, so that a new key forgets nobody.
    """
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [
        salted_hmac("contacts.suppression", email_key(email), secret=key, algorithm="sha256").hexdigest()
        for key in keys
    ]


class SuppressionManager(models.Manager["Suppression"]):
    """Who gets no letters that are sent to many."""

    def add_address(self, email: str, reason: str, *, note: str = "") -> bool:
        """Put an address on the list; False where it stood there already (the first reason stays)."""
        keys = suppression_keys(email)
        if self.filter(key__in=keys).exists():
            return False
        return self.get_or_create(key=keys[0], defaults={"reason": reason, "note": note})[1]

    def remove_address(self, email: str) -> int:
        """Take an address off the list: its owner has confirmed that it works and is wanted."""
        return self.filter(key__in=suppression_keys(email)).delete()[0]

    def among(self, emails: Iterable[str]) -> set[str]:
        """Those of the addresses that stand on the list. One query for every 500 keys."""
        by_key = {key: email for email in emails for key in suppression_keys(email)}
        keys = list(by_key)
        found: set[str] = set()
        for start in range(0, len(keys), 500):
            part = keys[start : start + 500]
            found.update(by_key[key] for key in self.filter(key__in=part).values_list("key", flat=True))
        return found


class Suppression(models.Model):
    """An address that gets no letters to many, whatever else is known of it; kept as a keyed hash alone."""

    class Reason(models.TextChoices):
        BOUNCE = "bounce", _("The address does not exist or refuses")
        COMPLAINT = "complaint", _("Reported as unwanted")
        REQUEST = "request", _("The owner asked for it")
        ERASURE = "erasure", _("The owner's data were erased")

    key = models.CharField(max_length=64, unique=True, editable=False)
    reason = models.CharField(_("reason"), max_length=10, choices=Reason)
    note = models.CharField(_("what the mail server said"), max_length=300, blank=True)
    at = models.DateTimeField(_("since"), default=timezone.now)

    objects = SuppressionManager()

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppression list")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, {self.at:%Y-%m-%d}"


class StaffWording(models.Model):
    """A letter of the site in the words of the staff, instead of those that it came with."""

    code = models.CharField(_("letter"), max_length=40)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("wording of a letter")
        verbose_name_plural = _("wordings of letters")
        ordering = ["code", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "language"],
                name="staffwording_one_a_language",
                violation_error_message=_("This letter has a wording in this language already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} ({self.language})"


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


class Mailing(models.Model):
    """One letter to many: its words once, a row of ``OutgoingMail`` a recipient, frozen when it begins.

    The words may hold ``{{name}}`` marks, which each row's ``values`` fill in as it is sent.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("being sent")
        PAUSED = "paused", _("paused")

    purpose = models.CharField(_("purpose"), max_length=30)
    title = models.CharField(_("title"), max_length=300)
    sender = models.CharField(_("from"), max_length=300)
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    per_minute = models.PositiveIntegerField(
        _("letters a minute"),
        null=True,
        blank=True,
        help_text=_("Empty: as fast as the mail server takes them."),
    )
    begins_at = models.DateTimeField(_("begins"), default=timezone.now)

    class Meta:
        verbose_name = _("mailing")
        verbose_name_plural = _("mailings")
        ordering = ["-begins_at", "-pk"]

    def __str__(self) -> str:
        return self.title

    def counts(self) -> dict[str, int]:
        """How many recipients are in each of the five states; together they are all of them. One query."""
        found = dict(self.mail.order_by().values_list("state").annotate(number=models.Count("pk")))
        return {state: found.get(state, 0) for state in OutgoingMail.State.values}


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    """Mail by what is to be done with it."""

    def due(self, now: datetime.datetime | None = None) -> "OutgoingMailQuerySet":
        """What waits and may be tried now, oldest first; letters to many apart (``mailing=None``) or not."""
        return self.filter(state=OutgoingMail.State.PENDING, next_try_at__lte=now or timezone.now()).order_by(
            "next_try_at", "pk"
        )


class OutgoingMail(models.Model):
    """One message to one address, and what became of it; ``outbox`` holds every change of its state.

    It has five states. A message that is being handed to the server stands as *fate unknown* from before the
    first byte until the server has answered, so that the end of a process at any moment leaves the truth.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        UNCERTAIN = "uncertain", _("fate unknown")
        SUPPRESSED = "suppressed", _("not sent: not wanted any more")

    person = models.ForeignKey(
        Person, verbose_name=_("person"), null=True, blank=True, on_delete=models.CASCADE, related_name="mail"
    )
    mailing = models.ForeignKey(
        Mailing,
        verbose_name=_("mailing"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="mail",
    )
    # What makes two messages one: "reminder:term:7:30". Whoever writes the same key again finds the first.
    key = models.CharField(max_length=120, null=True, blank=True, unique=True, editable=False)
    purpose = models.CharField(_("purpose"), max_length=30)
    to = models.EmailField(_("to"), max_length=254)
    sender = models.CharField(_("from"), max_length=300)
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(_("HTML"), blank=True)
    values = models.JSONField(_("what is filled in"), default=dict, blank=True)
    headers = models.JSONField(_("further headers"), default=dict, blank=True)
    message_id = models.CharField("Message-ID", max_length=200, unique=True, default=new_message_id)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    claim = models.CharField(max_length=32, blank=True, editable=False)
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
                condition=~Q(state="uncertain") | Q(tried_at__isnull=False),
                name="outgoingmail_claim_has_date",
            ),
            models.UniqueConstraint(
                fields=["mailing", "to"], name="outgoingmail_once_a_mailing", condition=~Q(to="")
            ),
        ]
        indexes = [
            models.Index(fields=["state", "next_try_at"], name="outgoingmail_due"),
            models.Index(fields=["mailing", "state", "next_try_at"], name="outgoingmail_of_mailing"),
            models.Index(fields=["claim"], name="outgoingmail_claimed", condition=~Q(claim="")),
        ]

    def __str__(self) -> str:
        return f"{self.subject or self.purpose} → {self.to}"
