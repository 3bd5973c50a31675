"""Applications for membership, from the first saved word to the decision."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from charhar.contacts.models import Consent, Person
from charhar.publishing.languages import ENGLISH, LANGUAGES

from .plans import Plan


class Application(models.Model):
    """Somebody's application for membership, exactly as it was typed, with the consent that came with it.

    One that was only *started* holds what was typed so far in ``typed``, whatever it is; it becomes *new*
    when it is sent. ``applications.TRANSITIONS`` says which states may follow which.
    """

    class State(models.TextChoices):
        STARTED = "started", _("Started")
        NEW = "new", _("New")
        REVIEW = "review", _("In review")
        ASKED = "asked", _("Waiting for the applicant")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.CASCADE, related_name="applications"
    )
    plan = models.ForeignKey(
        Plan,
        verbose_name=_("plan"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="applications",
    )
    name = models.CharField(_("name"), max_length=150, blank=True)
    email = models.EmailField(_("e-mail"), max_length=254)
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)
    country = models.CharField(_("country or region"), max_length=100, blank=True)
    statement = models.TextField(_("statement"), blank=True)
    consent = models.OneToOneField(
        Consent,
        verbose_name=_("consent"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="application",
    )
    language = models.CharField(_("language of the page"), max_length=10, choices=LANGUAGES, default=ENGLISH)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.NEW)
    typed = models.JSONField(_("typed so far"), default=dict, blank=True, editable=False)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("assigned to"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    reason = models.TextField(_("reason"), blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    created_at = models.DateTimeField(_("received"), default=timezone.now)
    day = models.DateField(editable=False)
    digest = models.CharField(max_length=64, editable=False)

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["digest", "day"], name="application_once_a_day"),
            models.CheckConstraint(
                condition=Q(state="started")
                | (Q(plan__isnull=False, consent__isnull=False) & ~Q(name="") & ~Q(country="")),
                name="application_sent_is_whole",
            ),
        ]
        indexes = [models.Index(fields=["state", "-created_at"], name="application_queue")]

    def __str__(self) -> str:
        return f"{self.name or self.email}: {self.plan or '–'}"


class Question(models.Model):
    """What the secretariat asked an applicant back, and what came in answer."""

    application = models.ForeignKey(
        Application, verbose_name=_("application"), on_delete=models.CASCADE, related_name="questions"
    )
    text = models.TextField(_("question"))
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    answer = models.TextField(_("answer"), blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("question to an applicant")
        verbose_name_plural = _("questions to applicants")
        ordering = ["asked_at", "pk"]

    def __str__(self) -> str:
        return self.text[:80]
