"""The page Membership."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from charhar.contacts.guard import GuardedForm, GuardedFormView
from charhar.contacts.letters import letter
from charhar.contacts.models import Consent, Person
from charhar.contacts.outbox import queue
from charhar.pages.models import SiteSettings
from charhar.pages.views import form_page
from charhar.publishing.head import head_for
from charhar.publishing.languages import current_language

from .forms import WORDING, ApplicationForm
from .models import Application, Plan


class Membership(GuardedFormView):
    """Membership: the plans, and the application for one of them."""

    bucket = "application"
    form_class = ApplicationForm
    template_name = "members/membership.html"

    def page_context(self) -> dict[str, Any]:
        return {**form_page(self.request, "membership", _("Membership")), "plans": list(Plan.shown())}

    def keep(self, form: GuardedForm) -> None:
        """One row, one consent and one mail to the secretariat for the same application on one day."""
        data = {name: form.cleaned_data[name] for name in form.fields if name not in {"website", "consent"}}
        key = {"digest": form.digest(), "day": timezone.localdate()}
        language = current_language()
        with transaction.atomic():
            person = Person.objects.meet(data["email"], name=data["name"], language=language)
            # Whoever holds the person's row is the only one to look and to write.
            Person.objects.select_for_update().get(pk=person.pk)
            if Application.objects.filter(**key).exists():
                return
            consent = Consent.objects.give(person, WORDING, source=reverse("membership"))
            application = Application.objects.create(
                person=person, consent=consent, language=language, **data, **key
            )
            _tell_secretariat(application)

    def thanks_url(self) -> str:
        return reverse("membership-thanks")


def _tell_secretariat(application: Application) -> None:
    """A note with a link and nothing personal: what was written stays where it can be erased."""
    site = SiteSettings.load()
    context = {
        "site": site,
        "plan": application.plan,
        "admin_url": settings.SITE_URL + reverse("admin:members_application_change", args=[application.pk]),
    }
    note = letter("application-received", application.language, context)
    queue(to=site.email or settings.SERVER_EMAIL, purpose="notice", **note._asdict())


@require_safe
@cache_control(private=True, no_store=True)
def thanks(request: HttpRequest) -> HttpResponse:
    """Where an application has led."""
    context = {
        "head": head_for(request, _("Thank you for your application"), noindex=True),
        "text": _(
            "It has reached the secretariat. We will write to you by e-mail once it has been looked at."
        ),
        "back": reverse("membership"),
    }
    return render(request, "contacts/thanks.html", context)
