"""What the sanitiser makes of a text: the vocabulary, in one form, with nothing lost and nothing dangerous."""

import re

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charhar.publishing.richtext import VOCABULARY, clean, editor_extensions, guard, plain_text, word_count
from charhar.publishing.richtext_tree import Node, parse

pytestmark = pytest.mark.plain

WORD_LIST = """<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'>\
<![if !supportLists]><span lang=EN-US style='font-family:Symbol'><span style='mso-list:Ignore'>·<span \
style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp; </span></span></span><![endif]><span lang=EN-US>First \
<b>bold</b><o:p></o:p></span></p>
<p class=MsoListParagraphCxSpMiddle style='mso-list:l0 level2 lfo1'><![if !supportLists]><span \
style='mso-list:Ignore'>3.<span>&nbsp; </span></span><![endif]>Inner</p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·<span>&nbsp; \
</span></span>Second</p>"""

WORD_NOTES = """<p class=MsoNormal>Said<a style='mso-footnote-id:ftn1' href="#_ftn1" name="_ftnref1" title=""><span \
class=MsoFootnoteReference><span style='mso-special-character:footnote'><![if !supportFootnotes]>[1]<![endif]></span>\
</span></a> and done.</p><div style='mso-element:footnote-list'><![if !supportFootnotes]><br clear=all><hr \
align=left size=1 width="33%"><![endif]><div style='mso-element:footnote' id=ftn1><p class=MsoFootnoteText><a \
style='mso-footnote-id:ftn1' href="#_ftnref1" name="_ftn1" title=""><span class=MsoFootnoteReference>[1]</span></a> \
The <i>source</i>.</p><p class=MsoFootnoteText>And more.</p></div></div>"""

MARKDOWN_NOTES = """<p>One<sup class="footnote-ref"><a href="#fn1" id="fnref1">[1]</a></sup> and again<sup \
class="footnote-ref"><a href="#fn1" id="fnref1:1">[1:1]</a></sup></p><hr class="footnotes-sep"><section \
class="footnotes"><ol class="footnotes-list"><li id="fn1" class="footnote-item"><p>The note. <a href="#fnref1" \
class="footnote-backref">↩︎</a> <a href="#fnref1:1" class="footnote-backref">↩︎</a></p></li></ol></section>"""

GOOGLE_NOTES = """<p>Text<sup><a href="#ftnt1" id="ftnt_ref1">[1]</a></sup></p><hr><div><p><a href="#ftnt_ref1" \
id="ftnt1">[1]</a><span>&nbsp;A note</span></p></div>"""

CASES = {
    # Blocks
    "nothing": ("", ""),
    "blanks": (" \n&nbsp; ", ""),
    "text outside a block": ("loose & <b>bold</b>", "<p>loose &amp; <strong>bold</strong></p>"),
    "text between blocks": ("<p>a</p>b<p>c</p>", "<p>a</p><p>b</p><p>c</p>"),
    "boxes are paragraphs": ("<div>a<div>b</div>c</div>", "<p>a</p><p>b</p><p>c</p>"),
    "an empty line ends a paragraph": ("<p>a<br><br>b<br>c</p>", "<p>a</p><p>b<br>c</p>"),
    "breaks at the ends go": ("<p><br>a<br></p>", "<p>a</p>"),
    "empty paragraphs go": ("<p></p><p>&nbsp;</p><p><b> </b></p><p>a</p>", "<p>a</p>"),
    "headings": (
        "<h1>1</h1><h2>2</h2><h3>3</h3><h4>4</h4><h5>5</h5><h6>6</h6>",
        "<h2>1</h2><h2>2</h2><h3>3</h3><h3>4</h3><h3>5</h3><h3>6</h3>",
    ),
    "a bold heading is a heading": ("<h2><b>Title</b> </h2>", "<h2>Title</h2>"),
    "a word in bold stays in a heading": ("<h2>A <b>b</b></h2>", "<h2>A <strong>b</strong></h2>"),
    "a quotation holds paragraphs": ("<blockquote>a</blockquote>", "<blockquote><p>a</p></blockquote>"),
    "code": ('<pre class="x"><code class="language-py">\n a &lt; b\n  c\n</code></pre>', "<pre><code> a &lt; b\n  c</code></pre>"),
    "definitions": ("<dl><dt>a</dt><dd>b</dd></dl>", "<p><strong>a</strong></p><p>b</p>"),
    # Lists
    "a list": ("<ul><li><p>a</p></li><li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
    "paragraphs in an item": ("<ul><li><p>a</p><p>b</p></ul>", "<ul><li><p>a</p><p>b</p></li></ul>"),
    "a list in an item": ("<ul><li>a<ol><li>b</ol></ul>", "<ul><li>a<ol><li>b</li></ol></li></ul>"),
    "a list beside its item": ("<ul><li>a</li><ul><li>b</li></ul></ul>", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
    "text in a list": ("<ul>a<li>b</li></ul>", "<ul><li>a</li><li>b</li></ul>"),
    "an empty list goes": ("<ul><li> </li></ul>", ""),
    "where a list starts": ('<ol start="4" type="a"><li>a</ol><ol start=1><li>b</ol>', '<ol start="4"><li>a</li></ol><ol><li>b</li></ol>'),
    # Marks
    "other names of marks": (
        "<p><b>a</b> <i>b</i> <cite>c</cite> <kbd>d</kbd> <q>e</q> <u>f</u></p>",
        "<p><strong>a</strong> <em>b</em> <em>c</em> <code>d</code> “e” f</p>",
    ),
    "marks as styles": (
        '<span style="font-weight:700">a</span><span style="font-style: italic">b</span><span style="vertical-align:super">c</span>',
        "<p><strong>a</strong><em>b</em><sup>c</sup></p>",
    ),
    "Word's properties for other scripts are not ours": (
        '<p><b style="mso-bidi-font-weight:normal">a</b> <i style="mso-bidi-font-style:normal">b</i> '
        '<span style="mso-bidi-font-weight:bold;mso-bidi-font-style:italic">c</span></p>',
        "<p><strong>a</strong> <em>b</em> c</p>",
    ),
    "Google's wrapper is not bold": ('<b style="font-weight:normal" id="docs-internal-guid-1"><p>a</p></b>', "<p>a</p>"),
    "split marks are joined": ("<p><b>a</b><b>b</b> <b>c</b></p>", "<p><strong>ab</strong> <strong>c</strong></p>"),
    "one order of nesting": (
        '<p><em><strong>a</strong></em><strong><em><a href="/x">b</a></em></strong></p>',
        '<p><strong><em>a</em></strong><a href="/x"><strong><em>b</em></strong></a></p>',
    ),
    "marks around blocks": ("<b><p>a</p><p>b</p></b>", "<p><strong>a</strong></p><p><strong>b</strong></p>"),
    "blanks in a line": ("<p> a \n  b&nbsp; c&nbsp;d </p>", "<p>a b c&nbsp;d</p>"),
    "a line end between Chinese characters": ("<p>公共\n外交 与\nmedia</p>", "<p>公共外交 与 media</p>"),
    # Links
    "kinds of links": (
        '<a href="https://a.example/">a</a> <a href="/b/?c=1&amp;d">b</a> <a href="mailto:c@d.example">c</a> <a href="#e">e</a>',
        '<p><a href="https://a.example/">a</a> <a href="/b/?c=1&amp;d">b</a> <a href="mailto:c@d.example">c</a> <a href="#e">e</a></p>',
    ),
    "what a link may say": ('<a href="/a" target=_blank rel=x title=y class=z onclick=w>a</a>', '<p><a href="/a">a</a></p>'),
    "no link": ('<a name="x">a</a> <a href="file:///c:/x">b</a> <a href="#_Toc1">c</a>', "<p>a b c</p>"),
    # Languages
    "another language": (
        '<p lang=en>Of <span lang=ZH-CN>公共外交</span> and <span lang="fr-FR">raison 2 </span><span lang=en-GB>much more</span></p>',
        '<p>Of <span lang="zh-Hans">公共外交</span> and <span lang="fr">raison 2</span> much more</p>',
    ),
    "another language in Chinese": (
        "<p>公共外交论坛于<span lang=EN-US>2022</span>年由<span lang=EN-US>Charhar</span>举办</p>",
        '<p>公共外交论坛于2022年由<span lang="en">Charhar</span>举办</p>',
    ),
    "a language that the script denies": ("<p>Plain words here <span lang=ZH-CN>again</span></p>", "<p>Plain words here again</p>"),
    # Tables
    "a table gets head, body and scope": (
        "<table border=1><caption><b>C</b></caption><tr><th>a<th>b<tr><th>c<td>d</table>",
        '<table><caption><strong>C</strong></caption><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead>'
        '<tbody><tr><th scope="row">c</th><td>d</td></tr></tbody></table>',
    ),
    "a head of plain cells": (
        "<table><thead><tr><td>a</thead><tfoot><tr><td>c</tfoot><tbody><tr><td>b</tbody></table>",
        '<table><thead><tr><th scope="col">a</th></tr></thead><tbody><tr><td>b</td></tr><tr><td>c</td></tr></tbody></table>',
    ),
    "a head that reaches into the body is none": (
        "<table><tr><th rowspan=2>a<th>b<tr><td>c</table>",
        '<table><tbody><tr><th rowspan="2" scope="col">a</th><th scope="col">b</th></tr><tr><td>c</td></tr></tbody></table>',
    ),
    "short rows are filled": (
        "<table><tr><td>a<td>b<tr><td>c</table>",
        "<table><tbody><tr><td>a</td><td>b</td></tr><tr><td>c</td><td></td></tr></tbody></table>",
    ),
    "spans beyond the table are cut": (
        "<table><tr><td colspan=1000 rowspan=9>a<tr><td>b<td>c</table>",
        '<table><tbody><tr><td rowspan="2">a</td><td></td><td></td></tr><tr><td>b</td><td>c</td></tr></tbody></table>',
    ),
    "spans that are no numbers": ("<table><tr><td colspan=x rowspan=-1>a</table>", "<table><tbody><tr><td>a</td></tr></tbody></table>"),
    "a table within a table is text": (
        "<table><tr><td>a<table><tr><td>b</table></table>",
        "<table><tbody><tr><td><p>a</p><p>b</p></td></tr></tbody></table>",
    ),
    "an empty table goes, its caption stays": ("<table><caption>C</caption></table>", "<p>C</p>"),
    # Pictures
    "a picture from the library": (
        '<figure data-image="12" class=x><img src=y alt=z><figcaption><p>A <i>b</i></p></figcaption></figure>',
        '<figure data-image="12"><figcaption>A <em>b</em></figcaption></figure>',
    ),
    "without a caption": ('<figure data-image="12"><figcaption> </figcaption></figure>', '<figure data-image="12"></figure>'),
    "a picture of no number": ('<figure data-image="1x"><figcaption>a</figcaption></figure>', "<p>a</p>"),
    "what else a figure holds": ('<figure data-image="1"><p>a</p></figure>', '<figure data-image="1"></figure><p>a</p>'),
    "a pasted picture leaves its text": ('<p>a <img src="x.png" alt="A chart"> b</p>', "<p>a A chart b</p>"),
    "but not a file's name": ('<p>a <img src="x.png" alt="image 001.png"> b</p>', "<p>a b</p>"),
    # Footnotes
    "a footnote": (
        '<p>a<span class="footnote x" id=y> n <b>o</b> <a href="/p">p</a> </span>.</p>',
        '<p>a<span class="footnote">n <strong>o</strong> <a href="/p">p</a></span>.</p>',
    ),
    "paragraphs in a footnote": (
        '<span class="footnote"><p>a</p><p>b</p></span>',
        '<p><span class="footnote">a b</span></p>',
    ),
    "footnotes do not nest": (
        '<p>a<span class="footnote">b<span class="footnote">c</span></span></p>',
        '<p>a<span class="footnote">b (c)</span></p>',
    ),
    "no marks around a footnote": (
        '<p><b>a<span class="footnote">b</span>c</b></p>',
        '<p><strong>a</strong><span class="footnote">b</span><strong>c</strong></p>',
    ),
    "no footnote in a table's caption": (
        '<table><caption>a<span class="footnote">b</span></caption><tr><td>c</table>',
        "<table><caption>a (b)</caption><tbody><tr><td>c</td></tr></tbody></table>",
    ),
    "an empty footnote goes": ('<p>a<span class="footnote"> </span></p>', "<p>a</p>"),
    "Word's footnotes": (WORD_NOTES, '<p>Said<span class="footnote">The <em>source</em>. And more.</span> and done.</p>'),
    "Markdown's footnotes": (
        MARKDOWN_NOTES,
        '<p>One<span class="footnote">The note.</span> and again<span class="footnote">The note.</span></p>',
    ),
    "Google's footnotes": (GOOGLE_NOTES, '<p>Text<span class="footnote">A note</span></p>'),
    "links within a text are no footnotes": (
        '<h2 id="a">A <a href="#b">to b</a></h2><p id="b">B <a href="#c">to c</a></p>',
        '<h2>A <a href="#b">to b</a></h2><p>B <a href="#c">to c</a></p>',
    ),
    # Word
    "Word's lists": (
        WORD_LIST,
        '<ul><li>First <strong>bold</strong><ol start="3"><li>Inner</li></ol></li><li>Second</li></ul>',
    ),
    "Word's lists without their style": (
        "<p class=MsoListParagraph>1.&nbsp;&nbsp; a</p><p class=MsoListParagraph>2.&nbsp;&nbsp; b</p><p class=MsoListParagraph>c</p>",
        "<ol><li>a</li><li>b</li></ol><p>c</p>",
    ),
    "Word's quotations": (
        "<p class=MsoQuote>a</p>\n<p class=MsoQuote>b</p><p class=MsoNormal>c</p>",
        "<blockquote><p>a</p><p>b</p></blockquote><p>c</p>",
    ),
    "Word's comments and data": (
        "<!--[if gte mso 9]><xml><o:x>no</o:x></xml><![endif]--><xml>no</xml><style>p{}</style><p class=MsoNormal>a"
        "<span class=MsoCommentReference><a class=msocomanchor href='#_msocom_1'>[A1]</a></span><o:p>&nbsp;</o:p></p>"
        "<div style='mso-element:comment-list'><div style='mso-element:comment'><p>no</p></div></div>",
        "<p>a</p>",
    ),
    "Word's smart tags and fonts": (
        "<p class=MsoNormal align=center style='margin:0'><st1:place w:st=on><font color=red>Beijing</font></st1:place></p>",
        "<p>Beijing</p>",
    ),
    "a whole document": (
        "<html><head><title>no</title><meta charset=utf-8></head><body><!--StartFragment--><p>a</p><!--EndFragment--></body></html>",
        "<p>a</p>",
    ),
    "unprintable characters": ("<p>a\x00\x0b\ufeff\ud800b</p>\r\n<pre>c\r\nd</pre>", "<p>ab</p><pre><code>c\nd</code></pre>"),
}  # fmt: skip


@pytest.mark.parametrize(("given_html", "expected"), CASES.values(), ids=CASES)
def test_it_comes_out_in_the_vocabulary(given_html, expected):
    assert clean(given_html) == expected


@pytest.mark.parametrize("given_html", [case[0] for case in CASES.values()], ids=CASES)
@pytest.mark.parametrize("small", [False, True])
def test_cleaning_again_changes_nothing(given_html, small):
    once = clean(given_html, small=small)
    assert clean(once, small=small) == once
    assert guard(once, small=small) == once


SMALL = {
    "a table": ("<table><caption>C</caption><tr><td>a<td>b</table>", "<p>C</p><p>a</p><p>b</p>"),
    "a picture": ('<figure data-image="1"><figcaption>a</figcaption></figure>', "<p>a</p>"),
    "a footnote": ('<p>a<span class="footnote">b <i>c</i></span>.</p>', "<p>a (b <em>c</em>).</p>"),
    "the rest": ("<h2>a</h2><ul><li>b</ul>", "<h2>a</h2><ul><li>b</li></ul>"),
}


@pytest.mark.parametrize(("given_html", "expected"), SMALL.values(), ids=SMALL)
def test_a_small_text_has_no_tables_pictures_and_footnotes(given_html, expected):
    assert clean(given_html, small=True) == expected


# -- Danger -----------------------------------------------------------------------------------------

DANGERS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    '<img alt="<script>alert(1)</script>" src=x>',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<title><img src=x onerror=alert(1)></title>",
    "<xmp><img src=x onerror=alert(1)></xmp>",
    "<plaintext><img src=x onerror=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example/x.css'</style>",
    "<form action=//evil.example/><button formaction=javascript:alert(1)>x</button></form>",
    "<input onfocus=alert(1) autofocus>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<body onload=alert(1)>",
    "<p onclick=alert(1) onmouseover='alert(1)' style='background:url(javascript:alert(1))'>x</p>",
    "<p style='position:fixed;inset:0'>x</p>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<a href=' &#1; javascript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='javascript&colon;alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href='blob:https://x/1'>x</a>",
    "<a href='file:///etc/passwd'>x</a>",
    "<a href='intent://x#Intent;scheme=javascript;end'>x</a>",
    "<a href='//evil.example/' target=_blank ping=//evil.example/>x</a>",
    "<span class='footnote' onclick=alert(1)><img src=x onerror=alert(1)></span>",
    "<span lang='\" onclick=alert(1) x=\"'>x</span>",
    "<figure data-image='1\" onclick=\"alert(1)'>x</figure>",
    "<figure data-image='1' onclick=alert(1)><figcaption onclick=alert(1)>x</figcaption></figure>",
    "<table background=javascript:alert(1)><tr><td onclick=alert(1) scope='\"><script>'>x</table>",
    "<ol start='\"><script>alert(1)</script>'><li value='\"><script>'>x</ol>",
    "<!--><script>alert(1)</script>-->",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    '"><script>alert(1)</script>',
    "<p title=\"</p><script>alert(1)</script>\">x</p>",
    "<a href=\"/x\" title='\"><img src=x onerror=alert(1)>'>x</a>",
    "<p>\u003cimg src=x onerror=alert(1)\u003e</p>",
    "<b <script>alert(1)</script>>x</b>",
    "<p><![if !x]><img src=x onerror=alert(1)><![endif]></p>",
    "<custom-element onclick=alert(1) is=x>x</custom-element>",
    "<a id=location name=cookie href=/x>clobber</a>",
    "<img name=getElementById>",
    "<isindex prompt=x action=javascript:alert(1)>",
    "<frameset onload=alert(1)>",
    "<select><option><script>alert(1)</script></select>",
    "<pre><code><script>alert(1)</script></code></pre>",
    "<table><caption><svg/onload=alert(1)></caption></table>",
]  # fmt: skip

ALLOWED = {}
for element in VOCABULARY:
    for tag, attributes in element.tags.items():
        ALLOWED.setdefault(tag, set()).update(attributes)
ALLOWED["span"].add("class")


def assert_harmless(html):
    """By another reader than the sanitiser's own: nothing but the vocabulary stands in it."""
    for name, attributes in re.findall(r"<([^\s/>]+)([^>]*)>", html):
        given = re.findall(r'([^\s=]+)="([^"]*)"', attributes)
        assert re.sub(r'\s+[^\s=]+="[^"]*"', "", attributes) == ""
        assert name in ALLOWED
        assert {key for key, _ in given} <= ALLOWED[name]
        for key, value in given:
            if key == "href":
                assert re.match(r"(https?:|mailto:|tel:|[/#?.]|\w+(?![\w:]))", value)
            elif key == "class":
                assert value == "footnote"
    assert not re.search(r"<(?![a-z/])|[\x00-\x08]", html)


@pytest.mark.parametrize("danger", DANGERS)
@pytest.mark.parametrize(
    "wrap", ["{}", "<p>a {} b</p>", '<span class="footnote">{}</span>', "<table><tr><td>{}</table>"]
)
def test_nothing_dangerous_passes(danger, wrap):
    for html in (
        clean(wrap.format(danger)),
        guard(wrap.format(danger)),
        clean(wrap.format(danger), small=True),
    ):
        assert_harmless(html)


# -- Any HTML ---------------------------------------------------------------------------------------

TEXTS = st.sampled_from(
    [
        "a",
        "word ",
        " two words",
        "\n",
        " ",
        "\xa0",
        "公共",
        "外交\n",
        "，",
        "1.",
        "&",
        "<",
        "\u200b",
        "é",
        "…",
        "- b",
    ]
)
BLOCK_TAGS = [
    "p",
    "div",
    "h1",
    "h2",
    "h4",
    "ul",
    "ol",
    "li",
    "blockquote",
    "pre",
    "table",
    "tbody",
    "thead",
    "tr",
    "td",
    "th",
    "caption",
    "figure",
    "figcaption",
    "section",
    "dl",
    "dt",
    "dd",
    "hr",
]
INLINE_TAGS = ["b", "i", "strong", "em", "a", "span", "code", "sub", "sup", "br", "img", "q", "u", "kbd"]
ATTRIBUTES = st.sampled_from(
    [
        "", ' class="footnote"', ' lang="zh-CN"', ' lang="en"', ' lang="fr"', ' href="/x"', ' href="#n1" id="r1"', ' href="#r1" id="n1"',
        ' id="n1"', ' data-image="7"', ' start="3"', ' colspan="2"', ' rowspan="2"', ' colspan="99"', ' scope="row"', ' alt="text"',
        ' style="mso-list:l0 level1 lfo1"', ' style="mso-list:l0 level2 lfo1"', ' style="mso-list:Ignore"', ' class="MsoQuote"',
        ' class="MsoListParagraph"', ' style="font-weight:bold"', ' style="font-style:italic"',
    ]
)  # fmt: skip


def elements(inner):
    return st.builds(
        lambda tag, attributes, children: f"<{tag}{attributes}>{''.join(children)}</{tag}>",
        st.sampled_from(BLOCK_TAGS + INLINE_TAGS),
        ATTRIBUTES,
        st.lists(inner, max_size=4),
    )


ANY_HTML = st.lists(st.recursive(TEXTS, elements, max_leaves=25), max_size=6).map("".join)
# Without what is meant to change the text: notes, quotation marks, pictures, lists' markers.
PLAIN_HTML = ANY_HTML.filter(
    lambda html: not re.search(r"footnote|<q|img|mso|Mso|#n1|#r1|pre|table|figure", html)
)


@settings(max_examples=250, deadline=None, database=None)
@given(ANY_HTML, st.booleans())
def test_cleaning_any_html_again_changes_nothing(html, small):
    once = clean(html, small=small)
    assert clean(once, small=small) == once
    assert guard(once, small=small) == once
    assert_harmless(once)


def letters(html):
    return re.sub(r"[\s\xa0]", "", parse(nh3.clean(html, tags=set())).text())


@settings(max_examples=250, deadline=None, database=None)
@given(PLAIN_HTML)
def test_no_letter_of_any_html_is_lost(html):
    assert letters(clean(html)) == letters(html)


def test_however_deep_nothing_is_lost_and_the_depth_is_bounded():
    deep = clean("<blockquote>" * 3000 + "x" + "<ul><li>" * 3000 + "y")

    def depth(node):
        return 1 + max((depth(child) for child in node.children if isinstance(child, Node)), default=0)

    assert plain_text(deep) == "x\ny"
    assert depth(parse(deep)) < 40
    assert clean(deep) == deep


def test_the_editor_has_an_extension_for_every_tag_and_in_the_same_order():
    assert list(editor_extensions()) == [element.extension for element in VOCABULARY]
    assert list(editor_extensions(small=True)) == [
        "Paragraph", "Heading", "BulletList", "OrderedList", "ListItem", "Blockquote", "CodeBlock", "HorizontalRule",
        "HardBreak", "Link", "Language", "Bold", "Italic", "Subscript", "Superscript", "Code",
    ]  # fmt: skip


# -- Text alone -------------------------------------------------------------------------------------

TEXT = (
    '<h2>One</h2><p>two <b>th</b>ree<span class="footnote">four</span>.</p><ul><li>five</li><li>六七</li></ul>'
    "<table><tr><td>8<td>nine</table>"
)


def test_plain_text_has_a_line_for_each_block():
    assert plain_text(TEXT) == "One\ntwo three (four).\nfive\n六七\n8\nnine"


def test_plain_text_without_footnotes():
    assert plain_text(TEXT, footnotes=False) == "One\ntwo three.\nfive\n六七\n8\nnine"


def test_plain_text_is_of_what_readers_see_only():
    assert plain_text("<p>a &lt;b&gt;</p><script>c</script>") == "a <b>"


@pytest.mark.parametrize(
    ("html", "count"),
    [
        ("", 0),
        ("<p>It’s a well-known fact, 3.5 times.</p>", 6),
        ("<p>公共外交，2022年</p>", 6),
        ("<p>a</p><p>b</p>", 2),
    ],
)
def test_words_are_counted_and_each_chinese_character(html, count):
    assert word_count(html) == count


def test_a_note_that_very_many_places_refer_to_is_not_copied_to_each():
    references = "".join(f'<a href="#n" id="r{number}">{number}</a> ' for number in range(21))
    backlinks = "".join(f'<a href="#r{number}">{number}</a> ' for number in range(21))
    html = f'<p>{references}</p><p id="n">note {backlinks}</p>'
    assert clean(html).count("footnote") == 0
    assert clean(html).count("note") == 1
