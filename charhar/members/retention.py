"""How long applications and sign-ins are kept."""

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from charhar.contacts.models import Consent
from charhar.contacts.retention import keep_for

from .models import Application, SignIn
from .started import KEPT_FOR

State = Application.State


def _with_consent(applications: QuerySet) -> None:
    """Delete applications together with the consents that were given for them alone."""
    consents = list(applications.exclude(consent=None).values_list("consent", flat=True))
    applications.delete()
    Consent.objects.filter(pk__in=consents).delete()


def rules() -> None:
    """The rules of this app."""
    keep_for(
        "applications-started", _("Applications that were begun and never sent"), days=KEPT_FOR.days,
        due=lambda before: Application.objects.filter(state=State.STARTED, created_at__lt=before),
        act=_with_consent,
    )  # fmt: skip
    keep_for(
        "applications-declined", _("Applications that were declined or withdrawn"), days=365,
        due=lambda before: Application.objects.alias(settled=Coalesce("decided_at", "created_at")).filter(
            Q(state=State.DECLINED) | Q(state=State.WITHDRAWN), settled__lt=before
        ),
        act=_with_consent,
    )  # fmt: skip
    keep_for(
        "sign-ins", _("Sign-ins to the members’ page"), days=7,
        due=lambda before: SignIn.objects.filter(asked_at__lt=before),
    )  # fmt: skip
