"""Which links of a text lead nowhere, asked of addresses, library and URL patterns in a few queries."""

import pytest
from django.urls import get_resolver, resolve

from charhar.outreach.models import Vacancy
from charhar.publishing import workflow
from charhar.publishing.history import serialise
from charhar.publishing.links import WITHOUT_ADDRESS, Link, Target, links_in, problems_of, target_of
from charhar.publishing.models import Address
from tests.factories import (
    ArticleFactory,
    DocumentFactory,
    ExpertFactory,
    ImageFactory,
    NewsSectionFactory,
    OfficeFactory,
    PageFactory,
    ProgrammeFactory,
    PublicationFactory,
    RegionFactory,
    TopicFactory,
)

pytestmark = pytest.mark.django_db


def problems(*urls):
    targets = {url: target_of(url) for url in urls}
    found = problems_of(targets.values())
    return {url: found[target] for url, target in targets.items() if target in found}


def test_links_are_found_in_rich_text_address_fields_and_rows_that_belong_to_the_text():
    article = ArticleFactory(
        body='<p>See <a href="/about/">us</a>, <a href="https://example.org/?a=1&amp;b=2">them</a> and '
        '<a href="/about/">us again</a>.</p><figure data-image="7"></figure>',
        editors_note='<p><a href="mailto:desk@example.org">Write</a></p>',
        outlet_url="https://outlet.example/text",
    )
    assert links_in(type(article), serialise(article)) == [
        Link("editors_note", "mailto:desk@example.org"),
        Link("body", "/about/"),
        Link("body", "https://example.org/?a=1&b=2"),
        Link("body", "image:7"),
        Link("outlet_url", "https://outlet.example/text"),
    ]
    expert = ExpertFactory()
    expert.social_links.create(label="Sample", url="https://example.org/pan")
    assert links_in(type(expert), serialise(expert)) == [Link("social_links.url", "https://example.org/pan")]


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("/articles/a/?page=2#b", Target("en", "/articles/a/")),
        ("/zh/articles/a/", Target("zh-hans", "/articles/a/")),
        ("http://127.0.0.1:8000/topics/", Target("en", "/topics/")),
        ("http://127.0.0.1:8000", Target("en", "/")),
        ("/tags/%E6%B5%B7/", Target("en", "/tags/海/")),
        ("/tags/%00/", Target("en", "/tags/\ufffd/")),
        ("image:3", Target("", "image:3")),
        ("https://example.org/articles/a/", None),
        ("//example.org/articles/a/", None),
        ("mailto:desk@example.org", None),
        ("tel:+8610", None),
        ("#notes", None),
        ("http://[broken", None),
    ],
)
def test_what_leads_to_this_site_is_told_from_what_leads_elsewhere(url, target):
    assert target_of(url) == target


def test_every_way_to_lead_nowhere_is_named():
    for trait in ("draft", "review", "scheduled", "expired", "withdrawn"):
        ArticleFactory(slug=trait, **{trait: True})
    ArticleFactory(slug="binned", draft=True, trashed=True)
    ArticleFactory(slug="shown")
    assert problems(
        *(f"/articles/{slug}/" for slug in ("draft", "review", "scheduled", "binned", "shown")),
        "/articles/expired/", "/articles/withdrawn", "/articles/never/", "/nowhere/", "/zh/articles/shown/",
        "/topics/never/", "/about/never/", "/legal/never/", "/media/documents/00000000000000000000000000000000.pdf", "image:99",
    ) == {
        "/articles/draft/": "unpublished",
        "/articles/review/": "unpublished",
        "/articles/scheduled/": "unpublished",
        "/articles/binned/": "unpublished",
        "/articles/expired/": "gone",
        "/articles/withdrawn": "gone",
        "/articles/never/": "missing",
        "/nowhere/": "missing",
        "/zh/articles/shown/": "missing",
        "/topics/never/": "missing",
        "/about/never/": "missing",
        "/legal/never/": "missing",
        "/media/documents/00000000000000000000000000000000.pdf": "file",
        "image:99": "image",
    }  # fmt: skip


def test_what_answers_is_no_broken_link():
    article, document, image = ArticleFactory(slug="was"), DocumentFactory(), ImageFactory()
    article.slug = "is"
    article.save()
    workflow.record(article, user=None, action="save")
    book, expert, topic = PublicationFactory(), ExpertFactory(), TopicFactory()
    assert problems(
        "/", "/zh/", "/articles/is/", "/articles/was/", "/articles/is", "/research/?year=2022", "/search/",
        "/zh/news/", "/feeds/rss/", expert.get_absolute_url(), f"/zh{expert.get_absolute_url()}",
        book.get_absolute_url(), topic.get_absolute_url(), document.file.url, f"image:{image.pk}",
        "/sitemap.xml", "/about/contact/", f"/feeds/topic/{topic.slug}/rss/", f"/feeds/topic/{topic.slug}/json/",
        f"/experts/{expert.slug}/contact/", "/experts/for-journalists/",
    ) == {}  # fmt: skip


@pytest.mark.parametrize("number", [1, 3])
def test_any_number_of_links_to_texts_takes_two_queries(number, django_assert_num_queries):
    articles, experts = ArticleFactory.create_batch(number), ExpertFactory.create_batch(number)
    targets = [target_of(text.get_absolute_url()) for text in (*articles, *experts)]
    problems_of(targets)
    with django_assert_num_queries(2):
        assert problems_of(targets) == {}


def routes_with_a_slug(patterns=None):
    """The names of the readers' routes that name something by its slug."""
    found = set()
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if hasattr(pattern, "url_patterns"):
            if not str(pattern.pattern).startswith("admin/"):
                found |= routes_with_a_slug(pattern.url_patterns)
        elif "slug" in pattern.pattern.converters:
            found.add(pattern.name)
    return found


def test_each_route_with_a_slug_has_addresses_or_is_named_as_having_none():
    """A new one would else be called a broken link in every text that links to it."""
    for make in (
        ArticleFactory, ExpertFactory, PublicationFactory, TopicFactory, RegionFactory, OfficeFactory,
        ProgrammeFactory, NewsSectionFactory, PageFactory,
    ):  # fmt: skip
        make()
    PageFactory(root="legal")
    Vacancy.objects.create(title_en="A post")
    addressed = {resolve(path).url_name for path in Address.objects.values_list("path", flat=True)}
    assert addressed | WITHOUT_ADDRESS == routes_with_a_slug()
    assert not addressed & WITHOUT_ADDRESS
