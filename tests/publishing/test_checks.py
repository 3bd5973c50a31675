"""What every kind of text is checked for: headings, pictures, links, dates, title, length, the other edition."""

import datetime

import pytest
import time_machine
from django.utils import timezone

from charhar.library.models import Image
from charhar.publishing import workflow
from charhar.publishing.checklist import findings
from charhar.publishing.copies import open_copy
from charhar.publishing.readability import is_hard_to_read, lix, sentences
from tests.factories import (
    ArticleFactory,
    DocumentFactory,
    ExpertFactory,
    ImageFactory,
    PageFactory,
    PublicationFactory,
    TopicFactory,
)

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


def told(text, *codes, at=None):
    """What is found under some codes: level, field and words."""
    return [(f.level, f.field, f.message) for f in findings(text, at=at) if f.code in codes]


# -- Headings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        ("<h2>One</h2><h3>Two</h3><h3>Three</h3><h2>Four</h2>", []),
        ("<p>None.</p>", []),
        ("<h3>Below</h3>", ["“Below” is a subheading, but no heading stands above it."]),
        (
            "<h3>Below</h3><h2>Above</h2><h3>Right</h3>",
            ["“Below” is a subheading, but no heading stands above it."],
        ),
        ("<h1>Pasted</h1><h4>Deep</h4>", []),  # the field keeps to two levels of headings
        ("<h2>One</h2><blockquote><h3>Quoted</h3></blockquote>", []),
    ],
)
def test_headings_begin_at_the_second_level_and_skip_none(body, messages):
    text = ArticleFactory(draft=True, body=body)
    assert told(text, "heading-order") == [("must", "body", message) for message in messages]


def test_every_rich_text_has_its_own_order_of_headings():
    expert = ExpertFactory(biography_en="<h2>Work</h2>", biography_zh="<h3>工作</h3>")
    assert [field for _level, field, _words in told(expert, "heading-order")] == ["biography_zh"]


# -- Pictures ---------------------------------------------------------------------------------------


def figure(image):
    return f'<figure data-image="{image if isinstance(image, int) else image.pk}"></figure>'


def bare(**fields):
    """A picture that nobody described, as an import leaves it."""
    return ImageFactory(**{"alt_en": "", "title": "A pier", **fields})


def test_a_picture_in_a_text_is_described_or_decorative():
    body = "".join(map(figure, [ImageFactory(), bare(decorative=True), bare(alt_zh="码头"), bare()]))
    assert told(ArticleFactory(draft=True, body=body), "picture-alt") == [
        (
            "must",
            "body",
            "The picture “A pier” has no alternative text. Describe it, or mark it as decorative in the library.",
        )
    ]


@pytest.mark.parametrize(
    ("factory", "field"),
    [
        (ArticleFactory, "lead_image"),
        (PublicationFactory, "cover"),
        (ExpertFactory, "portrait"),
        (PageFactory, "picture"),
    ],
)
def test_so_is_the_picture_of_every_kind_of_text(factory, field):
    for picture, count in ((bare(), 1), (bare(decorative=True), 0), (ImageFactory(), 0), (None, 0)):
        found = told(factory(draft=True, **{field: picture}), "picture-alt")
        assert [(level, where) for level, where, _words in found] == [("must", field)] * count


def test_an_article_may_describe_its_lead_image_itself():
    assert told(ArticleFactory(draft=True, lead_image=bare(), lead_alt="A pier at dawn"), "picture-alt") == []


def test_a_picture_that_the_library_has_no_more_is_named():
    image = ImageFactory()
    text = ArticleFactory(draft=True, body=figure(image) + figure(999))
    Image.objects.filter(pk=image.pk).delete()
    assert [field for _level, field, _words in told(text, "picture-gone")] == ["body", "body"]


# -- Links ------------------------------------------------------------------------------------------


def linking(*urls, **fields):
    body = "".join(f'<p>See <a href="{url}">this page</a>.</p>' for url in urls)
    return ArticleFactory(draft=True, body=body, **fields)


@pytest.fixture
def pages(db):
    """Pages of every fate, by their addresses."""
    ArticleFactory(slug="live")
    ArticleFactory(slug="draft", draft=True)
    ArticleFactory(slug="soon", publish_at=timezone.now() + HOUR)
    ArticleFactory(slug="ends", expire_at=timezone.now() + HOUR)
    ArticleFactory(slug="withdrawn", withdrawn=True)
    ArticleFactory(slug="expired", expired=True)
    ArticleFactory(slug="trashed", trashed=True)
    TopicFactory(slug="trade")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("/articles/live/", ""),
        ("/articles/live", ""),
        ("/articles/live/?page=2#s-two", ""),
        ("http://127.0.0.1:8000/articles/live/", ""),
        ("https://example.org/articles/nothing/", ""),
        ("/topics/trade/", ""),
        ("/zh/topics/trade/", ""),
        ("/topics/", ""),
        ("/research/?year=2022", ""),
        ("/subscribe/", ""),
        ("mailto:desk@example.org", ""),
        ("/articles/ends/", ""),
        ("/articles/draft/", "leads to a text that is not public then: /articles/draft/."),
        ("/articles/soon/", "leads to a text that is not public then: /articles/soon/."),
        ("/articles/withdrawn/", "leads to a text that is gone: /articles/withdrawn/."),
        ("/articles/expired/", "leads to a text that is gone: /articles/expired/."),
        ("/articles/nothing/", "leads nowhere: there is no page /articles/nothing/."),
        ("/zh/articles/live/", "leads nowhere: there is no page /zh/articles/live/."),
        ("/topics/nothing/", "leads nowhere: there is no page /topics/nothing/."),
        ("/nowhere/", "leads nowhere: there is no page /nowhere/."),
        (
            "/admin/articles/article/",
            "leads to a page for staff, which readers can not open: /admin/articles/article/.",
        ),
    ],
)
def test_a_link_to_one_of_our_own_pages_leads_somewhere(pages, url, words):
    wanted = [("must", "body", f"The link “this page” {words}")] if words else []
    assert told(linking(url), "link") == wanted


def test_what_a_link_leads_to_is_asked_for_the_moment_when_readers_will_see_it(pages):
    text = linking("/articles/soon/", "/articles/ends/")
    assert len(told(text, "link")) == 1
    assert [
        words.rsplit(" ", 1)[1] for _level, _field, words in told(text, "link", at=timezone.now() + 2 * HOUR)
    ] == ["/articles/ends/."]


def test_a_text_may_link_to_itself_and_to_a_file_of_the_library():
    document = DocumentFactory()
    text = linking("/articles/own/", document.file.url, slug="own")
    assert told(text, "link") == []
    live = ArticleFactory(slug="second", body='<p><a href="/articles/second/">Here</a></p>')
    assert told(open_copy(live), "link") == []


@pytest.mark.parametrize("count", [1, 12])
def test_links_cost_the_same_however_many(count, django_assert_num_queries):
    for number in range(count):
        ArticleFactory(slug=f"text-{number}")
        TopicFactory(slug=f"subject-{number}")
    urls = [f"/{kind}-{n}/" for n in range(count) for kind in ("articles/text", "topics/subject")]
    text = linking(*urls, authors=[ExpertFactory()])
    findings(text)
    with django_assert_num_queries(7):  # addresses, articles, topics; and the four of any article
        findings(text)


# -- Dates ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("factory", [ArticleFactory, PublicationFactory])
def test_the_date_shown_does_not_lie_after_publication(factory):
    with time_machine.travel("2026-03-01T20:00Z"):  # the second of March in Beijing
        for day, messages in (
            (2, []),
            (3, ["The date shown, 3 March 2026, lies after the day of publication, 2 March 2026."]),
        ):
            text = factory(draft=True, date=datetime.date(2026, 3, day))
            assert told(text, "date") == [("must", "date", message) for message in messages]
        scheduled = timezone.now() + 24 * HOUR
        assert told(factory(draft=True, date=datetime.date(2026, 3, 3)), "date", at=scheduled) == []
        assert told(factory(publish_at=scheduled, date=datetime.date(2026, 3, 3)), "date") == []
        assert told(factory(draft=True, date=None), "date") == []


def test_a_year_that_can_not_be_is_named():
    text = ArticleFactory(draft=True, date=datetime.date(202, 1, 18))
    assert told(text, "date") == [("must", "date", "The date shown, 18 January 0202, can not be right.")]


def test_a_text_expires_after_it_appears():
    text = ArticleFactory(draft=True, expire_at=timezone.now() + HOUR)
    assert told(text, "expires") == []
    assert told(text, "expires", at=timezone.now() + 2 * HOUR) == [
        ("must", "expire_at", "The text would expire before it is published.")
    ]


def test_a_date_that_follows_the_schedule_follows_it_back(django_user_model):
    editor = django_user_model.objects.create_superuser("chief")
    with time_machine.travel("2026-03-01T00:00Z"):
        text = ArticleFactory(draft=True, date=None)
        workflow.publish(text, editor, at=timezone.now() + 72 * HOUR)
        assert text.date == datetime.date(2026, 3, 4)
        workflow.publish(text, editor, at=timezone.now())
        assert text.date == datetime.date(2026, 3, 1)


# -- Title, length, readability ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "length", "longest"),
    [("en", 100, None), ("en", 101, 100), ("zh-hans", 30, None), ("zh-hans", 31, 30)],
)
def test_a_title_is_not_too_long_for_a_list(language, length, longest):
    found = told(ArticleFactory(draft=True, title="字" * length, language=language), "title")
    said = f"The title has {length} characters; lists and cards cut it off after some {longest}."
    assert found == ([("should", "title", said)] if longest else [])


@pytest.mark.parametrize(
    ("kind", "words", "usual"),
    [
        ("commentary", 299, "300 to 3000"),
        ("commentary", 300, ""),
        ("commentary", 3001, "300 to 3000"),
        ("research", 3001, ""),
        ("news", 60, ""),
        ("news", 49, "50 to 1500"),
    ],
)
def test_a_text_is_of_the_usual_length_of_its_kind(kind, words, usual):
    found = told(ArticleFactory(draft=True, kind=kind, body="<p>" + "word " * words + "</p>"), "length")
    said = f"The text has {words} words (Chinese: characters); usual are {usual}."
    assert found == ([("should", "body", said)] if usual else [])


def test_a_text_without_a_body_is_told_so():
    assert told(ArticleFactory(draft=True, body=""), "length") == [
        ("should", "body", "There is no text yet.")
    ]


def test_sentences_end_where_a_reader_would_say():
    text = (
        "Dr. Pan met J. Smith of the U.S. team in No. 10. He said: “Wait.” Then 3.5 tons came. Did they? Yes!"
    )
    assert sentences(text) == [
        "Dr. Pan met J. Smith of the U.S. team in No. 10.",
        "He said: “Wait.”",
        "Then 3.5 tons came.",
        "Did they?",
        "Yes!",
    ]


def test_chinese_sentences_end_at_chinese_stops():
    assert sentences("港口开放。贸易好吗？“很好！”他说；仅此而已", chinese=True) == [
        "港口开放", "贸易好吗", "“很好", "他说", "仅此而已",
    ]  # fmt: skip


def test_lix_is_words_in_a_sentence_plus_the_share_of_long_words():
    assert lix("The ports trade. Institutional arrangements matter.") == pytest.approx(3 + 100 * 2 / 6)
    assert lix("") == 0


def test_only_hard_texts_are_named_with_their_longest_sentence():
    easy = "<p>" + "The ports trade with one another. " * 30 + "</p>"
    hard = (
        "<p>"
        + "Institutional " * 60
        + "arrangements. The ports trade. "
        + "Multilateral considerations " * 40
        + "</p>"
    )
    assert is_hard_to_read(easy) == ""
    assert is_hard_to_read(hard).startswith("Hard to read (LIX ")
    assert "begins “Multilateral considerations" in is_hard_to_read(hard)
    assert is_hard_to_read("<p>Institutional arrangements notwithstanding.</p>") == "", "too short to tell"


def test_chinese_is_measured_by_the_length_of_its_sentences():
    assert is_hard_to_read("<p>" + ("港" * 30 + "。") * 5 + "</p>", chinese=True) == ""
    said = is_hard_to_read("<p>" + ("港" * 80 + "。") * 2 + "</p>", chinese=True)
    assert said.startswith("Long sentences: 80 characters on average. The longest begins “港港")


# -- The other edition ------------------------------------------------------------------------------


@pytest.mark.parametrize("factory", [ArticleFactory, PublicationFactory, PageFactory])
def test_a_missing_edition_is_named(factory):
    text = factory(draft=True)
    assert told(text, "translation") == [
        ("should", "translation_of", "There is no edition in the other language (中文) yet.")
    ]
    factory(draft=True, language="zh-hans", translation_of=text)
    assert told(text, "translation") == []
    assert told(text.translations.get(), "translation") == []


def test_an_expert_is_one_page_in_both_languages():
    assert told(ExpertFactory(draft=True), "translation", "translation-older") == []
