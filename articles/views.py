"""Article pages, and the lists that belong to articles: news sections and tags."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from taggit.models import Tag

from charhar.library.templatetags.pictures import social_card
from charhar.publishing.cards import drawn_card
from charhar.publishing.head import absolute, feed_of, head_for
from charhar.publishing.languages import CHINESE, ENGLISH, current_language
from charhar.publishing.listing import listing
from charhar.publishing.reading import for_reader
from charhar.publishing.shelf import Shelf, numbers_of
from charhar.publishing.subjects import shown, subject_at

from .citations import citations
from .models import Article, Byline, NewsSection
from .related import reading_on
from .sharing import ways_to_share


def article(request: HttpRequest, slug: str) -> HttpResponse:
    """One article, whole. At most ten queries, menu and foot made."""
    text = for_reader(request, _whole, current_language(), slug=slug)
    edition = text.other_edition()
    entry = text.entry if text.entry and text.entry.publication.is_published else None
    context = {
        "article": text,
        "bylines": list(text.bylines.all()),
        "edition": edition,
        "entry": entry,
        "reading_on": reading_on(text, edition, entry),
        "citations": citations(text, entry),
        "share": ways_to_share(text),
        "head": head_for(
            request,
            text.title,
            text.standfirst,
            languages=(),
            edition=edition,
            canonical=text.canonical_url,
            noindex=text.is_preview,
            kind="article",
            image=social_card(text.lead_image) or drawn_card(text),
            published=text.publish_at,
            modified=text.modified_for_readers,
            schema=[structured_data(text)],
            trail=[(_("Home"), "/"), *_section_of(text)],
        ),
    }
    return render(request, "articles/article.html", context)


def _whole(language: str) -> Any:
    return Article.objects.in_language(language).for_page()


def _section_of(text: Article) -> list[tuple[Any, str]]:
    """Where breadcrumbs say the article stands: its first topic, else its first section."""
    for subjects, label, route in (
        (text.topics, _("Topics"), "topics"),
        (text.sections, _("News & Events"), "news"),
    ):
        shown = [subject for subject in subjects.all() if not subject.hidden]
        if shown:
            return [(label, reverse(route)), (shown[0].name, shown[0].get_absolute_url())]
    return []


def structured_data(text: Article) -> dict[str, Any]:
    """schema.org's ``NewsArticle`` (``Report`` for research) of an article."""
    card = social_card(text.lead_image)
    return {
        "@type": Article.Kind(text.kind).schema_type,
        "headline": text.title,
        **({"alternativeHeadline": text.subtitle} if text.subtitle else {}),
        **({"description": text.standfirst} if text.standfirst else {}),
        "inLanguage": text.html_lang,
        "datePublished": (text.publish_at or text.created_at).isoformat(),
        "dateModified": (text.modified_for_readers or text.created_at).isoformat(),
        **({"correction": corrections_of(text)} if text.corrections else {}),
        "mainEntityOfPage": text.canonical_url or absolute(text.get_absolute_url()),
        "author": [
            person(byline)
            for byline in text.bylines.all()
            if byline.contribution == Byline.Contribution.AUTHOR
        ]
        or [{"@id": absolute("/#institute")}],
        "publisher": {
            "@id": absolute("/#institute"),
            "@type": "Organization",
            "name": "The Charhar Institute",
            "url": absolute("/"),
        },
        **({"image": [card.url]} if card else {}),
    }


def corrections_of(text: Article) -> list[dict[str, Any]]:
    """schema.org's ``CorrectionComment`` for each public note, newest first."""
    return [
        {"@type": "CorrectionComment", "text": note, "datePublished": day.isoformat()}
        for day, note in text.correction_notes
    ]


def person(byline: Byline) -> dict[str, Any]:
    """schema.org's ``Person`` of a byline, as the byline stood."""
    expert = byline.expert if byline.expert and byline.expert.is_published else None
    return {
        "@type": "Person",
        "name": byline.name,
        **({"jobTitle": byline.role} if byline.role else {}),
        **({"url": absolute(expert.get_absolute_url())} if expert else {}),
    }


def news_section(request: HttpRequest, slug: str) -> HttpResponse:
    """One news section, newest first."""
    section = subject_at(NewsSection, slug)
    context = listing(request, Article.shelf_of(section, current_language()))
    context |= {
        "section": section,
        "sections": shown(NewsSection),
        "head": head_for(
            request,
            section.name,
            section.standfirst,
            feeds=[feed_of("section", section.name, slug)],
            trail=[(_("Home"), "/"), (_("News & Events"), reverse("news"))],
        ),
    }
    return render(request, "articles/news_section.html", context)


def tag(request: HttpRequest, slug: str) -> HttpResponse:
    """What readers may read under one tag; one that only unpublished texts carry does not exist."""
    found = get_object_or_404(Tag, slug=slug)
    here = current_language()
    other = ENGLISH if here == CHINESE else CHINESE
    context = listing(request, Shelf("tag", found.pk, here, {"article": Article.objects.in_lists}))
    if not context["page"].object_list:
        raise Http404(_("Nothing carries this tag."))
    context |= {
        "tag": found,
        "head": head_for(
            request,
            found.name,
            feeds=[feed_of("tag", found.name, slug)],
            languages=[other] if numbers_of(["tag"], found.pk, other) else [],
            trail=[(_("Home"), "/"), (_("Latest Research"), reverse("research"))],
        ),
    }
    return render(request, "articles/tag.html", context)
