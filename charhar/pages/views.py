"""The institute's own pages."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from charhar.publishing.head import Head, head_for
from charhar.publishing.languages import current_language
from charhar.publishing.reading import Gone, for_reader
from charhar.publishing.richtext import plain_text

from .models import InstitutePage


def page(request: HttpRequest, root: str, slug: str) -> HttpResponse:
    """One page about the institute, with its neighbours."""
    text = for_reader(request, _whole, current_language(), root=root, slug=slug)
    context = {"page_": text, "siblings": text.siblings(), "head": page_head(request, text)}
    return render(request, "pages/page.html", context)


def _whole(language: str) -> Any:
    return InstitutePage.objects.in_language(language).select_related("picture")


def page_head(request: HttpRequest, text: InstitutePage, **more: Any) -> Head:
    """The head of an institute page; other apps whose forms stand on one use it too. One query."""
    edition = text.other_edition()
    trail = [(_("Home"), "/")]
    if text.root == "about" and text.slug != "about":
        trail.append((_("About Us"), reverse("about")))
    return head_for(
        request,
        text.title,
        text.standfirst or plain_text(text.body, footnotes=False),
        languages=(),
        edition=edition,
        noindex=text.is_preview,
        trail=trail,
        **more,
    )


def form_page(request: HttpRequest, slug: str, title: str) -> dict[str, Any]:
    """The context of a page under /about/ on which another app's form stands.

    The text is the institute page's. Where none is published the form still answers, under ``title`` alone,
    so that a page that people write to can not go missing; it exists in both languages.
    """
    language = current_language()
    try:
        text = for_reader(request, _whole, language, root="about", slug=slug)
    except (Http404, Gone):
        text = InstitutePage(root="about", slug=slug, language=language, title=title)
    trail = [(_("Home"), reverse("home")), (_("About Us"), reverse("about"))]
    said = text.standfirst or plain_text(text.body, footnotes=False)
    head = head_for(request, text.title, said, noindex=text.is_preview, trail=trail)
    return {"page_": text, "siblings": text.siblings(), "head": head}
