"""Rich text as readers get it."""

import pytest
from django.template import Context, Template
from django.utils import translation
from django.utils.html import escape

from charhar.publishing.richtext_render import render
from tests.factories import ImageFactory


def text(html, **options):
    return str(render(html, **options))


def test_nothing_stays_nothing():
    assert text("") == ""
    assert Template("{% load richtext %}{{ text|richtext }}").render(Context({"text": None})) == ""


def test_it_is_safe_in_a_template_and_takes_a_prefix():
    template = Template('{% load richtext %}{{ text|richtext:"n-" }}')
    assert template.render(Context({"text": "<h2>A &amp; B</h2>"})) == '<h2 id="n-s-a-b">A &amp; B</h2>'


def test_what_the_vocabulary_does_not_allow_is_not_shown():
    html = '<p onclick="a()">b<script>c()</script></p><img src=x onerror=a()><a href="javascript:a()">d</a>'
    assert text(html) == "<p>b</p><a>d</a>"


def test_headings_can_be_linked_to_and_none_twice_the_same():
    html = "<h2>What <em>a</em> river joins!</h2><h3>公共外交</h3><h2>What a river joins</h2><h2>?</h2>"
    assert text(html) == (
        '<h2 id="s-what-a-river-joins">What <em>a</em> river joins!</h2><h3 id="s-gong-gong-wai-jiao">公共外交</h3>'
        '<h2 id="s-what-a-river-joins-2">What a river joins</h2><h2 id="s-">?</h2>'
    )


def test_a_heading_that_counts_itself_does_not_take_anothers_id():
    ids = text("<h2>a</h2><h2>a</h2><h2>a 2</h2>")
    assert ids == '<h2 id="s-a">a</h2><h2 id="s-a-2">a</h2><h2 id="s-a-2-2">a 2</h2>'


@pytest.mark.parametrize(
    ("href", "rel"),
    [
        ("https://elsewhere.example/", ' rel="noopener"'),
        ("//elsewhere.example/", ' rel="noopener"'),
        ("/topics/", ""),
        ("http://127.0.0.1:8000/topics/", ""),
        ("#s-a", ""),
        ("mailto:a@b.example", ""),
        ("//[broken", ' rel="noopener"'),
    ],
)
def test_links_to_elsewhere_give_no_handle_on_the_window(settings, href, rel):
    settings.SITE_URL = "http://127.0.0.1:8000"
    assert text(f'<p><a href="{href}">a</a></p>') == f'<p><a href="{href}"{rel}>a</a></p>'


def test_tables_scroll_by_themselves_and_say_what_they_are():
    html = "<table><caption>Fairs &amp; <em>more</em></caption><tbody><tr><td>1</td></tr></tbody></table>"
    assert text(html) == (
        '<div class="table" tabindex="0" role="region" aria-label="Fairs &amp; more"><table>'
        "<caption>Fairs &amp; <em>more</em></caption><tbody><tr><td>1</td></tr></tbody></table></div>"
    )
    assert 'aria-label="Table"' in text("<table><tbody><tr><td>1</td></tr></tbody></table>")


NOTES = '<p>a<span class="footnote">b <a href="https://c.example/">c</a></span> d<span class="footnote">e</span></p>'


def test_footnotes_get_numbers_and_links_both_ways():
    assert text(NOTES) == (
        '<p>a<sup><a id="fnref-1" href="#fn-1" role="doc-noteref" aria-label="Note 1">1</a></sup>'
        ' d<sup><a id="fnref-2" href="#fn-2" role="doc-noteref" aria-label="Note 2">2</a></sup></p>'
        '<section class="notes" role="doc-endnotes" aria-labelledby="notes"><h2 id="notes">Notes</h2><ol>'
        '<li id="fn-1">b <a href="https://c.example/" rel="noopener">c</a> '
        '<a href="#fnref-1" role="doc-backlink" aria-label="Back to where note 1 belongs">↩\ufe0e</a></li>'
        '<li id="fn-2">e <a href="#fnref-2" role="doc-backlink" aria-label="Back to where note 2 belongs">↩\ufe0e</a></li>'
        "</ol></section>"
    )


def test_a_prefix_keeps_two_texts_of_one_page_apart():
    html = text("<h2>A</h2>" + NOTES, prefix="n-")
    assert 'id="n-s-a"' in html
    for name in ("fnref-1", "fn-1", "notes"):
        assert f'id="n-{name}"' in html
        assert f'id="{name}"' not in html
    assert 'href="#n-fn-1"' in html
    assert 'aria-labelledby="n-notes"' in html


def test_a_note_in_a_heading_is_no_part_of_its_id():
    html = '<h2>A<span class="footnote">b</span></h2><table><caption>C<sup>2</sup></caption></table>'
    assert text(html).startswith('<h2 id="s-a">A<sup><a id="fnref-1"')


def test_pasting_a_page_of_ours_gives_back_what_was_written():
    from charhar.publishing.richtext import clean

    written = clean("<p>x</p>" + NOTES)
    assert clean(text(written)) == written


class TestFigures:
    @pytest.fixture
    def images(self, db):
        return [ImageFactory(credit="Illustration: A & B", alt_en="Red", alt_zh="红") for _ in range(3)]

    def test_a_picture_comes_with_caption_and_credit(self, images):
        html = text(
            f'<figure data-image="{images[0].pk}"><figcaption>In <em>spring</em></figcaption></figure>'
        )
        assert html.startswith('<figure class="figure"><picture>')
        assert 'alt="Red"' in html
        assert html.endswith(
            '</picture><figcaption>In <em>spring</em> <span class="credit">Illustration: A &amp; B</span></figcaption></figure>'
        )

    def test_a_credit_stands_without_a_caption_and_a_caption_without_a_credit(self, images):
        html = text(f'<figure data-image="{images[0].pk}"></figure>')
        assert html.endswith(
            '<figcaption><span class="credit">Illustration: A &amp; B</span></figcaption></figure>'
        )
        images[0].credit = ""
        images[0].save()
        assert text(f'<figure data-image="{images[0].pk}"></figure>').endswith("</picture></figure>")

    def test_the_alternative_text_is_in_the_pages_language(self, images):
        with translation.override("zh-hans"):
            assert 'alt="红"' in text(f'<figure data-image="{images[0].pk}"></figure>')

    def test_a_picture_that_is_gone_leaves_its_caption(self, images):
        gone = images[0].pk + 100
        assert text(f'<figure data-image="{gone}"><figcaption>a</figcaption></figure>') == (
            "<figure><figcaption>a</figcaption></figure>"
        )
        assert text(f'<p>a</p><figure data-image="{gone}"></figure>') == "<p>a</p>"

    @pytest.mark.parametrize("number", ["", "x", "0", "-1", "9" * 30, "１"])
    def test_a_number_that_no_picture_has_asks_nothing(self, db, django_assert_num_queries, number):
        with django_assert_num_queries(0):
            assert text(f'<figure data-image="{number}"><figcaption>a</figcaption></figure>') == (
                "<figure><figcaption>a</figcaption></figure>"
            )

    @pytest.mark.parametrize("count", [1, 3])
    def test_one_query_for_all_pictures(self, images, django_assert_num_queries, count):
        html = "".join(f'<figure data-image="{image.pk}"></figure>' for image in images[:count])
        with django_assert_num_queries(1):
            assert text(html).count("<picture>") == count

    def test_no_query_without_a_picture(self, db, django_assert_num_queries):
        with django_assert_num_queries(0):
            text("<h2>a</h2>" + NOTES)

    def test_a_note_in_a_caption_is_numbered_in_order(self, images):
        html = text(
            f'<figure data-image="{images[0].pk}"><figcaption>a<span class="footnote">b</span></figcaption></figure>'
            + NOTES
        )
        assert html.count('role="doc-noteref"') == 3
        assert html.index('id="fnref-1"') < html.index("credit") < html.index('id="fnref-2"')


def test_chinese_pages_say_it_in_chinese_where_it_is_translated():
    from django.utils.translation import gettext

    with translation.override("zh-hans"):
        assert f'<h2 id="notes">{escape(gettext("Notes"))}</h2>' in text(NOTES)
