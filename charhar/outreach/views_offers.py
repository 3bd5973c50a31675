"""The page of a vacancy, and the pages that say who pays for the institute."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from charhar.contacts.export import csv_response
from charhar.pages.models import SiteSettings
from charhar.publishing.head import absolute, head_for, organisation
from charhar.publishing.richtext import plain_text

from . import funding as money
from .models import Vacancy


@require_safe
def vacancy(request: HttpRequest, slug: str) -> HttpResponse:
    """One post to fill; once it has closed the page says so (410), before it opens there is none (404)."""
    now = timezone.now()
    post = get_object_or_404(Vacancy, slug=slug, hidden=False, opens_at__lte=now)
    is_open = post.is_open_at(now)
    head = head_for(
        request,
        post.title,
        plain_text(post.body, footnotes=False),
        noindex=not is_open,
        schema=[job_posting(post)] if is_open else [],
        trail=[
            (_("Home"), reverse("home")),
            (_("About Us"), reverse("about")),
            (_("Careers"), reverse("careers")),
        ],
    )
    context = {"head": head, "vacancy": post, "is_open": is_open}
    return render(request, "outreach/vacancy.html", context, status=200 if is_open else 410)


def job_posting(post: Vacancy) -> dict[str, Any]:
    """schema.org's ``JobPosting`` as Google asks for it; one query for the institute's name."""
    place: dict[str, Any] = {"@type": "PostalAddress", "addressCountry": post.country}
    if post.place:
        place["addressLocality"] = post.place
    data = {
        "@type": "JobPosting",
        "title": post.title,
        "description": f"{post.body}{post.apply}",
        "identifier": {"@type": "PropertyValue", "name": SiteSettings.load().name, "value": post.slug},
        "datePosted": post.opens_at.isoformat(),
        "employmentType": post.employment,
        "hiringOrganization": organisation(SiteSettings.load()),
        "jobLocation": {"@type": "Place", "address": place},
        "directApply": False,
        "url": absolute(post.get_absolute_url()),
    }
    if post.closes_at is not None:
        data["validThrough"] = post.closes_at.isoformat()
    if post.remote:
        data["jobLocationType"] = "TELECOMMUTE"
        data["applicantLocationRequirements"] = {"@type": "Country", "name": post.country}
    return data


@require_safe
def funding(request: HttpRequest) -> HttpResponse:
    """Who gave how much for what, year by year."""
    head = head_for(
        request,
        _("Who funds us"),
        _("Who supported the Charhar Institute, with how much and for what, year by year."),
        trail=[
            (_("Home"), reverse("home")),
            (_("About Us"), reverse("about")),
            (_("Support Charhar"), reverse("support")),
        ],
    )
    return render(request, "outreach/funding.html", {"head": head, "years": money.years()})


@require_safe
def funding_csv(request: HttpRequest, year: int) -> HttpResponse:
    """One year's table for spreadsheets, in both languages; the same for everybody."""
    found = money.years(year)
    if not found:
        raise Http404("There is no such year.")
    rows = [
        [
            line.funding.year, line.funding.funder_en, line.funding.funder_zh,
            line.funding.reason_en, line.funding.reason_zh, line.funding.amount, line.funding.currency,
            f"{line.share:.1f}", line.funding.purpose_en, line.funding.purpose_zh,
        ]
        for line in found[0].lines
    ]  # fmt: skip
    headings = [
        "year", "who (English)", "who (Chinese)", "why not named (English)", "why not named (Chinese)",
        "amount", "currency", "percent of the year", "for what (English)", "for what (Chinese)",
    ]  # fmt: skip
    response = csv_response(f"funding-{year}", headings, rows)
    del response.headers["Cache-Control"]  # it is no secret
    return response
