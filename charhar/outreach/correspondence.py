"""What people write to the institute and what it answers: messages, replies, whom to tell, mail that came."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from charhar.contacts.models import OutgoingMail, Person
from charhar.publishing.languages import ENGLISH, LANGUAGES
from experts.models import Expert


class ContactMessageQuerySet(models.QuerySet["ContactMessage"]):
    """Messages by what is to be done with them."""

    def waiting(self) -> "ContactMessageQuerySet":
        """Those that want an answer, which what was erased does not; ``is_waiting`` is the same rule."""
        return self.filter(state__in=ContactMessage.WAITING, person__isnull=False)

    def for_me(self, user: Any) -> "ContactMessageQuerySet":
        """Those that wait for ``user``: assigned to them, or new and nobody's."""
        state = ContactMessage.State
        return self.waiting().filter(Q(state=state.NEW) | Q(state=state.ASSIGNED, assigned_to=user))

    def suspected(self) -> "ContactMessageQuerySet":
        """Those that are perhaps spam: they are not, and another message of the same person is."""
        state = ContactMessage.State
        spam = ContactMessage.objects.filter(state=state.SPAM, person__isnull=False)
        return self.exclude(state=state.SPAM).filter(person__in=spam.order_by().values("person"))


class ContactMessage(models.Model):
    """What somebody wrote to the institute through the site, exactly as it was typed.

    Its state is changed by ``inbox`` alone. When its person is erased the row stays for the totals, without
    a word of theirs.
    """

    class Subject(models.TextChoices):
        GENERAL = "general", _("General question")
        MEDIA = "media", _("Media enquiry")
        RESEARCH = "research", _("Research and experts")
        EVENTS = "events", _("Events and cooperation")
        PUBLICATIONS = "publications", _("Publications")
        SUPPORT = "support", _("Supporting the institute")
        WEBSITE = "website", _("An error on this site")
        EXPERT = "expert", _("Message to an expert")

    class State(models.TextChoices):
        NEW = "new", _("New")
        ASSIGNED = "assigned", _("Assigned")
        ANSWERED = "answered", _("Answered")
        SPAM = "spam", _("Spam")

    WAITING = (State.NEW, State.ASSIGNED)

    person = models.ForeignKey(
        Person,
        verbose_name=_("person"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="messages",
    )
    subject = models.CharField(_("subject"), max_length=20, choices=Subject, default=Subject.GENERAL)
    expert = models.ForeignKey(
        Expert, verbose_name=_("expert"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    passed_on = models.BooleanField(_("sent on to the expert"), default=False)
    name = models.CharField(_("name"), max_length=150)
    email = models.EmailField(_("e-mail"), max_length=254)
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)
    message = models.TextField(_("message"))
    page = models.CharField(_("page it is about"), max_length=300, blank=True)
    language = models.CharField(_("language of the page"), max_length=10, choices=LANGUAGES, default=ENGLISH)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.NEW)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("assigned to"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    acknowledgement = models.OneToOneField(
        OutgoingMail, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    created_at = models.DateTimeField(_("received"), default=timezone.now)
    # Of what the person wrote last and nobody has answered; empty where nothing waits.
    waiting_since = models.DateTimeField(_("waiting since"), null=True, blank=True, default=timezone.now)
    answered_at = models.DateTimeField(_("first answered"), null=True, blank=True)
    day = models.DateField(editable=False)
    digest = models.CharField(max_length=64, editable=False)

    objects = ContactMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["digest", "day"], name="contactmessage_once_a_day", condition=~Q(digest="")
            )
        ]
        indexes = [
            models.Index(fields=["state", "-created_at"], name="contactmessage_inbox"),
            models.Index(fields=["-created_at"], name="contactmessage_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_subject_display()}: {self.name or _('erased')}"

    @property
    def is_waiting(self) -> bool:
        """Whether it still wants an answer; ``waiting()`` is the same rule."""
        return self.state in self.WAITING and self.person_id is not None


class Reply(models.Model):
    """One mail in the thread of a message: an answer of the institute, or what came back to it."""

    class Direction(models.TextChoices):
        OUT = "out", _("from the institute")
        IN = "in", _("to the institute")

    message = models.ForeignKey(
        ContactMessage, verbose_name=_("message"), on_delete=models.CASCADE, related_name="replies"
    )
    direction = models.CharField(_("direction"), max_length=3, choices=Direction)
    text = models.TextField(_("text"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    mail = models.OneToOneField(
        OutgoingMail,
        verbose_name=_("letter"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="reply",
    )
    sender = models.CharField(_("from"), max_length=300, blank=True)
    attachments = models.CharField(
        _("attached files"), max_length=500, blank=True, help_text=_("Their names; they stay in the mailbox.")
    )
    reference = models.CharField("Message-ID", max_length=250, blank=True, db_index=True)
    # Of the form that it was typed in, so that a double click sends one.
    key = models.CharField(max_length=64, null=True, unique=True, editable=False)
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_direction_display()}, {self.at:%Y-%m-%d %H:%M}"


class Route(models.Model):
    """Who is told of new messages on a subject; without one, the site's own address is."""

    subject = models.CharField(_("subject"), max_length=20, choices=ContactMessage.Subject, unique=True)
    accounts = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("accounts"),
        blank=True,
        related_name="+",
        limit_choices_to={"is_active": True, "is_staff": True},
        help_text=_("Each gets a note with a link, and nothing of what was written."),
    )
    address = models.EmailField(_("further address"), blank=True)

    class Meta:
        verbose_name = _("message route")
        verbose_name_plural = _("message routes")
        ordering = ["subject"]

    def __str__(self) -> str:
        return str(self.get_subject_display())


class ReplyTemplate(models.Model):
    """Words that staff often answer with, in both languages."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    text_en = models.TextField(_("text (English)"), blank=True)
    text_zh = models.TextField(_("text (Chinese)"), blank=True)
    hidden = models.BooleanField(_("hidden"), default=False)

    class Meta:
        verbose_name = _("reply template")
        verbose_name_plural = _("reply templates")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """One of the two texts at least."""
        if not (self.text_en.strip() or self.text_zh.strip()):
            raise ValidationError({"text_en": _("Write the text in one of the two languages at least.")})

    def text_in(self, language: str) -> str:
        """The text in ``language``, or in the other where there is none."""
        first, second = self.text_en, self.text_zh
        return (first or second) if language == ENGLISH else (second or first)


class ReceivedMail(models.Model):
    """A mail that was read, remembered by a hash of its Message-ID, so that reading it again does nothing."""

    class Kind(models.TextChoices):
        ANSWER = "answer", _("answer")
        BOUNCE = "bounce", _("could not be delivered")
        DELAY = "delay", _("delivery fails for now")
        COMPLAINT = "complaint", _("reported as unwanted")
        AUTOMATIC = "automatic", _("automatic reply")
        FOREIGN = "foreign", _("belongs to no thread")
        BROKEN = "broken", _("can not be read")

    key = models.CharField(max_length=64, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    status = models.CharField(_("status"), max_length=20, blank=True)
    mail = models.ForeignKey(
        OutgoingMail,
        verbose_name=_("letter"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="reports",
    )
    at = models.DateTimeField(_("read"), default=timezone.now)

    class Meta:
        verbose_name = _("received mail")
        verbose_name_plural = _("received mail")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["kind", "-at"], name="receivedmail_by_kind")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.at:%Y-%m-%d %H:%M}"
