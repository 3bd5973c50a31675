"""The page Careers, and where posts lead."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from charhar.contacts.private import private
from charhar.pages.views import form_page
from charhar.publishing.head import head_for

from .models import Vacancy


@require_safe
def careers(request: HttpRequest) -> HttpResponse:
    """Careers: what is open now."""
    context = {**form_page(request, "careers", _("Careers")), "vacancies": Vacancy.objects.open()}
    return render(request, "outreach/careers.html", context)


@require_safe
@private
def thanks(request: HttpRequest, step: str) -> HttpResponse:
    """Where a post has led: what happened, and what comes next."""
    title, text, back = {
        "contact": (
            _("Thank you for your message"),
            _("It has reached the secretariat. We read everything and answer by e-mail."),
            "contact",
        ),
        "support": (
            _("Thank you for your message"),
            _("It has reached the secretariat. We will write to you by e-mail."),
            "support",
        ),
        "sent": (
            _("Please look into your mailbox"),
            _(
                "We have sent you an e-mail with a link. Open it and confirm within seven days; only then "
                "does your subscription begin. If nothing has come after ten minutes, look among the "
                "unwanted mail, or try again."
            ),
            "subscribe",
        ),
        "subscribed": (
            _("You are subscribed"),
            _("Thank you. You will hear from us by e-mail; every mail has a link that ends it."),
            "home",
        ),
        "link": (
            _("Please look into your mailbox"),
            _(
                "If this address is subscribed, an e-mail with the link to your subscription is on its way "
                "and arrives within some minutes."
            ),
            "subscribe",
        ),
        "unsubscribed": (
            _("Your subscription has ended"),
            _("You will get no more news from us by e-mail. You can subscribe again at any time."),
            "subscribe",
        ),
    }[step]
    context = {"head": head_for(request, title, noindex=True), "text": text, "back": reverse(back)}
    return render(request, "contacts/thanks.html", context)
