"""A person's plan for calendar programs, at a private address that they can renew and end."""

import datetime
from typing import Any

from django.contrib import messages
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.crypto import salted_hmac
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from . import ical, planning
from .models import CalendarFeed, new_nonce
from .views_planning import planning_page, require_plans

FEED_REACHES_BACK = datetime.timedelta(days=31)
signer = Signer(salt="charhar.desk.calendar", sep=".")


def feed_address(feed: CalendarFeed) -> str:
    """The private address of somebody's calendar, without the host."""
    return reverse("desk-feed", args=[signer.sign(feed.nonce)])


def feed_settings(request: HttpRequest) -> HttpResponse:
    """Show the private address; by POST make a new one, which ends the old, or end it altogether."""
    require_plans(request)
    user: Any = request.user
    if request.method == "POST":
        if "end" in request.POST:
            CalendarFeed.objects.filter(user=user).delete()
            messages.success(
                request, _("The private address is gone; programs that used it get nothing more.")
            )
        else:
            _feed, made = CalendarFeed.objects.update_or_create(
                user=user, defaults={"nonce": new_nonce(), "created_at": timezone.now()}
            )
            said = (
                _("Your private address is made.")
                if made
                else _("A new address is made; the old one is gone.")
            )
            messages.success(request, said)
        return redirect("desk-feed-settings")
    feed = CalendarFeed.objects.filter(user=user).first()
    address = request.build_absolute_uri(feed_address(feed)) if feed else ""
    context = planning_page(
        request,
        _("The plan in your own calendar"),
        feed=feed,
        address=address,
        webcal=f"webcal:{address.partition(':')[2]}" if address else "",
    )
    return TemplateResponse(request, "admin/desk/feed.html", context)


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The plan of whoever the address belongs to, as they may see it now; 404 for any other address."""
    found = None
    try:
        nonce = signer.unsign(token)
    except BadSignature:
        nonce = ""
    if nonce:
        found = CalendarFeed.objects.select_related("user").filter(nonce=nonce).first()
    if found is None or not planning.may_plan(found.user):
        raise Http404("There is no such calendar.")
    start = timezone.localdate() - FEED_REACHES_BACK
    items = planning.since(found.user, start, planning.Filters.of(request.GET))
    body = ical.calendar(items, _("Charhar Institute: editorial plan"))
    etag = quote_etag(salted_hmac("charhar.desk.feed", body).hexdigest()[:32])
    response: Any = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response.headers["ETag"] = etag
    response = get_conditional_response(request, etag=etag, response=response)
    response.headers["Content-Disposition"] = 'inline; filename="charhar.ics"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
