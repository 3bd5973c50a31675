"""The newsletters that were sent, to be read on the site."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from charhar.publishing.head import head_for
from charhar.publishing.languages import current_language
from charhar.publishing.listing import page_of
from charhar.publishing.richtext_render import render as rich

from .models import Newsletter
from .newsletters import texts_of


@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """The newsletters in the page's language, newest first."""
    rows = Newsletter.objects.in_archive().filter(language=current_language())
    trail = [(_("Home"), reverse("home")), (_("Stay Informed"), reverse("subscribe"))]
    page = page_of(request, rows)
    head = head_for(request, _("Newsletters"), _("The institute's letters to its subscribers."), trail=trail)
    return render(request, "outreach/newsletters.html", {"head": head, "page": page})


@require_safe
def newsletter(request: HttpRequest, slug: str) -> HttpResponse:
    """One newsletter as it was sent, with those of its texts that readers still see. Eight queries."""
    language = current_language()
    found = {row.language: row for row in Newsletter.objects.in_archive().filter(slug=slug)}
    letter = found.get(language)
    if letter is None:
        raise Http404(_("There is no such newsletter."))
    public, _others = texts_of(letter)
    trail = [
        (_("Home"), reverse("home")),
        (_("Stay Informed"), reverse("subscribe")),
        (_("Newsletters"), reverse("newsletters")),
    ]
    context = {
        "head": head_for(request, letter.title, letter.preheader, languages=tuple(found), trail=trail),
        "newsletter": letter,
        "introduction": rich(letter.introduction),
        "items": [item for item in public if not item.left_out],
    }
    return render(request, "outreach/newsletter.html", context)
