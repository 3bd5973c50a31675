"""What a file says about itself, and what becomes of its Markdown."""

import datetime

import pytest

from articles.import_files import SourceFile
from articles.import_front_matter import Author, Refused, ascii_slug, date_in, old_addresses, read_text
from articles.import_markdown import convert
from charhar.publishing.richtext import clean


def text(content, name="posts/2024-03-12-harbour-towns.md"):
    return read_text(SourceFile(name, content if isinstance(content, bytes) else content.encode()))


def body(markdown, front="", resolve=lambda path: None):
    """The stored body and the notes of a text with this Markdown."""
    converted = convert(text(f"---\ntitle: Sample\n{front}---\n{markdown}\n"), resolve)
    cleaned = clean(converted.html)
    return cleaned.replace("\n", ""), [(note.line, note.text) for note in converted.notes]


def notes(sample):
    return [(note.line, note.text) for note in sample.notes]


# -- Front matter ----------------------------------------------------------------------------------------


def test_front_matter_is_read():
    sample = text(
        "---\ntitle: 'Harbour &ldquo;towns&rdquo;, <em>again</em>'\ndate: 2015-03-17 23:30:00 -4\n"
        "author: PAN Deng; SU Hao\ntags: [ports, 'trade routes']\nexcerpt: |\n  Two lines\n  of it.\n---\nWords.\n"
    )
    assert sample.title == "Harbour “towns”, again"
    assert sample.authors == [Author("PAN Deng"), Author("SU Hao")]
    assert sample.all(("tags",)) == ["ports", "trade routes"]
    assert sample.first(("standfirst", "excerpt")) == "Two lines of it."
    assert (sample.language, sample.notes) == ("en", [])


def test_the_day_shown_is_the_authors_and_the_moment_keeps_its_zone():
    date = text("---\ntitle: T\ndate: 2015-03-17 23:30:00 -4\n---\nWords.").date
    assert date.day == datetime.date(2015, 3, 17)
    assert date.publish_at.astimezone(datetime.UTC).isoformat() == "2015-03-18T03:30:00+00:00"


def test_a_day_alone_is_published_at_nine_in_beijing():
    date = text("---\ntitle: T\ndate: 2015-03-17\n---\nWords.").date
    assert date.publish_at.isoformat() == "2015-03-17T09:00:00+08:00"


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2024-03-12", (2024, 3, 12)),
        ("2024-12-5", (2024, 12, 5)),
        ("2024/3/12", (2024, 3, 12)),
        ("20240312", (2024, 3, 12)),
        ("12 March 2024", (2024, 3, 12)),
        ("12th Mar. 2024", (2024, 3, 12)),
        ("March 12, 2024", (2024, 3, 12)),
        ("2024年3月12日", (2024, 3, 12)),
        ("2014-03-19T10:14:29-04:00", (2014, 3, 19)),
        ("2014-03-19T23:59:59.5Z", (2014, 3, 19)),
        ("2014-03-19T10:14:29+0530", (2014, 3, 19)),
        ("2014-03-19 10:14 +99", (2014, 3, 19)),
    ],
)
def test_dates_are_read_in_their_usual_forms(written, day):
    assert date_in(written).day == datetime.date(*day)


@pytest.mark.parametrize(
    "written", ["", "03/04/2015", "2024-13-01", "2024-02-30", "yesterday", "Smarch 1, 2024", "2024-03-123"]
)
def test_what_is_no_one_day_is_not_guessed(written):
    assert date_in(written) is None


def test_a_date_that_is_not_understood_is_noted_and_the_file_name_s_taken():
    sample = text("---\ntitle: T\ndate: 03/04/2015\n---\nWords.")
    assert sample.date.day == datetime.date(2024, 3, 12)
    assert notes(sample) == [(3, "date “03/04/2015” is not understood")]


@pytest.mark.parametrize(
    ("name", "day"),
    [("20240312-a.md", 12), ("2024_03_12_a.md", 12), ("2024/03/05/a.md", 5), ("2024-3-7-a/index.md", 7)],
)
def test_the_date_is_in_the_name_or_the_folder(name, day):
    assert text("---\ntitle: T\n---\nWords.", name).date.day == datetime.date(2024, 3, day)


def test_a_text_without_a_date_is_taken_and_noted():
    sample = text("# A title\n\nWords.", "a.md")
    assert sample.date is None
    assert notes(sample) == [(1, "no date in front matter, heading or file name")]


def test_the_first_heading_is_title_and_date_and_the_speaker_is_the_author():
    sample = text("# 2026-06-25 BW Column: Models on a list\n\n### Sample Speaker:\n\nFirst words.\n", "x.md")
    assert (sample.title, sample.date.day) == ("BW Column: Models on a list", datetime.date(2026, 6, 25))
    assert sample.authors == [Author("Sample Speaker")]
    assert convert(sample, lambda path: None).html == "<p>First words.</p>"


def test_a_chinese_talk_is_read_alike():
    sample = text(
        "# 2026-06-25 专栏：海港\n\n> （采访：甲乙）\n\n### 样例：\n\n海港的人们说，这里没有石油。\n", "x.md"
    )
    assert (sample.title, sample.language, sample.authors) == ("专栏：海港", "zh-hans", [Author("样例")])
    assert (
        convert(sample, lambda path: None).html
        == "<blockquote><p>（采访：甲乙）</p></blockquote>\n<p>海港的人们说，这里没有石油。</p>"
    )


def test_an_underlined_heading_is_a_title_too():
    assert text("A title\n=======\n\nWords.").title == "A title"


def test_a_heading_that_repeats_the_title_stands_once():
    sample = text("---\ntitle: T\n---\n# T\n\nWords.")
    assert convert(sample, lambda path: None).html == "<p>Words.</p>"


def test_several_speakers_stay_where_they_speak():
    sample = text("# Talk\n\n### One:\n\nA.\n\n### Two:\n\nB.\n")
    assert sample.authors == []
    assert notes(sample) == [(2, "several speakers stand as headings: set the bylines by hand")]
    assert convert(sample, lambda path: None).html == "<h2>One:</h2>\n<p>A.</p>\n<h2>Two:</h2>\n<p>B.</p>"


def test_the_heading_s_date_is_shown_where_the_file_s_name_has_another():
    sample = text("# 2026-03-04 A title\n\nWords.", "2026-03-05-a.md")
    assert sample.date.day == datetime.date(2026, 3, 4)
    assert notes(sample) == [
        (1, "the heading says 2026-03-04, the file's name 2026-03-05: the heading's is shown")
    ]


def test_authors_are_names_ids_or_rows():
    sample = text(
        "---\ntitle: T\nauthors:\n- sample-person\n- name: SU Hao\n  role: Fellow\n- {id: so}\n- {role: x}\n---\nW."
    )
    assert sample.authors == [Author("sample-person"), Author("SU Hao", "Fellow"), Author("so")]
    assert notes(sample) == [(3, "an author without a name")]


def test_traditional_characters_are_noted_and_stay():
    sample = text("# 資料\n\n們說這裡沒有資料。\n")
    assert sample.language == "zh-hans"
    assert notes(sample) == [(1, "written in traditional characters, which stay as they are")]


def test_a_third_language_is_noted():
    sample = text("---\ntitle: T\nlocale: es-PR\n---\nHola.")
    assert (sample.language, notes(sample)) == (
        "en",
        [(3, "language “es-pr” is not kept here; filed under en")],
    )


def test_unknown_keys_are_noted_by_line():
    sample = text("---\ntitle: T\nlayout: post\ngithub: https://example.org/1\n---\nWords.")
    assert notes(sample) == [(4, "front matter “github” has no place here")]


def test_tabs_in_front_matter_are_forgiven():
    sample = text("---\ntitle: T\nauthors:\n- melody\t\t\n---\nWords.")
    assert sample.authors == [Author("melody")]
    assert notes(sample) == [(1, "the front matter held tabs, which were read as spaces")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"---\ntitle: T\n---\nCaf\xe9", "Not UTF-8: line 4 holds the byte 0xe9."),
        ("# T\n\nWords.".encode("utf-16"), "Not UTF-8: line 1 holds the byte 0xff."),
        (b"# T\n\nA\0B", "Not a text: it holds NUL characters."),
        (b"Just words.", "No title: neither in front matter nor as first heading."),
        (b"", "No title: neither in front matter nor as first heading."),
        (b"---\ntitle: T\n---\n\n", "There is no text beneath the title."),
        (b"# Only a title", "There is no text beneath the title."),
        (
            b"---\ntitle: [a\n---\nW",
            "The front matter is not valid YAML: line 2: expected ',' or ']', but got '<stream end>'.",
        ),
        (b"---\n- a\n- b\n---\nW", "The front matter is not a list of keys and values."),
        (b"+++\ntitle = 1\n+++\nW", "Front matter in TOML (+++); only YAML (---) is read."),
    ],
)
def test_what_is_no_text_is_refused_with_a_reason(content, reason):
    with pytest.raises(Refused) as refusal:
        text(content, "a.md")
    assert str(refusal.value) == reason


def test_yaml_makes_nothing_but_text():
    sample = text('---\ntitle: !!python/object/apply:os.system ["true"]\nno: no\n---\n# Heading\n\nWords.')
    assert (sample.title, sample.fields["no"]) == ("Heading", "no")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("2024-03-12-It’s_Not-About-Who?.md", "its-not-about-who"),
        ("2021-09-16-a_day_-_café.md", "a-day-cafe"),
        ("posts/harbour/index.md", "harbour"),
        ("2024-06-13-专栏：海港.md", ""),
        (f"{'long-' * 40}name.md", "-".join(["long"] * 24)),
    ],
)
def test_slugs_are_ascii_and_come_from_the_name(name, slug):
    assert ascii_slug(text("# T\n\nWords.", name)) == slug


def test_old_addresses_are_paths_of_this_site():
    sample = text(
        "---\ntitle: T\ntumblr_url: http://blog.example.org/post/1/a-b\nredirect_from:\n- /2014/a/\n- b%20c/\n"
        "- /?p=12\npermalink: /:year/:title/\naliases: [/zh/2014/a/]\n---\nWords."
    )
    found, lost = old_addresses(sample)
    assert found == [("en", "/2014/a/"), ("zh-hans", "/2014/a/"), ("en", "/post/1/a-b")]
    assert [(note.line, note.text.split("”")[0]) for note in lost] == [
        (4, "old address “b%20c/"), (4, "old address “/?p=12"), (8, "old address “/:year/:title/"),
    ]  # fmt: skip


# -- Markdown --------------------------------------------------------------------------------------------


def test_markdown_becomes_the_house_s_vocabulary():
    html, lost = body(
        "# One\n\nA *b* **c** `d` [e](https://example.org/?a=1&b=2).\n\n### Deeper\n\n#### Deepest\n\n"
        "- x\n- y\n\n3. z\n\n> quoted\n\n---\n\n| A | B |\n|---|:-:|\n| 1 | 2 |\n\n```js\na < b\n```\n"
    )
    assert html == (
        '<h2>One</h2><p>A <em>b</em> <strong>c</strong> <code>d</code> <a href="https://example.org/?a=1&amp;b=2">e</a>.</p>'
        "<h3>Deeper</h3><p><strong>Deepest</strong></p><ul><li>x</li><li>y</li></ul>"
        '<ol start="3"><li>z</li></ol><blockquote><p>quoted</p></blockquote><hr>'
        '<table><thead><tr><th scope="col">A</th><th scope="col">B</th></tr></thead>'
        "<tbody><tr><td>1</td><td>2</td></tr></tbody></table><pre><code>a &lt; b</code></pre>"
    )
    assert lost == []


def test_headings_begin_at_two_whatever_the_source_begins_with():
    assert body("##### A\n\nw\n\n###### B\n\nw")[0] == "<h2>A</h2><p>w</p><h3>B</h3><p>w</p>"


def test_footnotes_stand_where_they_are_called():
    html, lost = body(
        "Costs[^1] and gains[^n], costs[^1].\n\n[^1]: Of *all*.\n\n    More.\n\n[^n]: Few.\n\n[^free]: Nobody calls it."
    )
    assert html == (
        '<p>Costs<span class="footnote">Of <em>all</em>. More.</span> and gains<span class="footnote">Few.</span>,'
        ' costs<span class="footnote">Of <em>all</em>. More.</span>.</p><p>Nobody calls it.</p>'
    )
    assert lost == []


def test_rare_characters_stay_and_control_characters_go():
    assert body("Rare \ue000\U00020000, odd\x0b\ufdd0here.")[0] == "<p>Rare \ue000\U00020000, odd here.</p>"


def test_texts_stay_as_stored():
    assert (
        body('"Quotes" -- dashes... (c) https://example.org')[0]
        == '<p>"Quotes" -- dashes... (c) https://example.org</p>'
    )


@pytest.mark.parametrize(
    ("markdown", "html", "note"),
    [
        ("![A pier](pier.jpg)", "<p>[Image: A pier]</p>", "picture pier.jpg: not in the archive; its words stay"),
        ("![](pier.jpg)\n\nw", "<p>w</p>", "picture pier.jpg: not in the archive, and it has no words"),
        ('<img src="{{ site.baseurl }}/a.png" alt="A &amp; B">', "<p>[Image: A &amp; B]</p>", "picture /a.png: not in the archive; its words stay"),
        ('{% image "a/b.jpg" "A pier" %}', "<p>[Image: A pier]</p>", "picture a/b.jpg: not in the archive; its words stay"),
        ('{% image_with_class "b.jpg" "wide" "It\'s 50% \\"full\\"" %}', '<p>[Image: It\'s 50% "full"]</p>', "picture b.jpg: not in the archive; its words stay"),
        ('{% include "f.html",\n   image: "/b.jpg",\n   alt: "A pier",\n   caption: "At dawn" %}', "<p>[Image: A pier] At dawn</p>", "picture /b.jpg: not in the archive; its words stay"),
        ('{{< figure src="b.jpg" alt="A pier" caption="A pier" >}}', "<p>[Image: A pier]</p>", "picture b.jpg: not in the archive; its words stay"),
        ('<figure>\n  {% image "b.jpg" "A pier" %}\n  <figcaption>At <b>dawn</b></figcaption>\n</figure>', "<p>[Image: A pier]</p><p>At <strong>dawn</strong></p>", "picture b.jpg: not in the archive; its words stay"),
    ],
)  # fmt: skip
def test_a_picture_that_is_not_there_leaves_its_words(markdown, html, note):
    found, lost = body(markdown)
    assert found == html
    assert [words for _line, words in lost] == [note]


def test_notes_name_the_line_of_the_file():
    _html, lost = body(
        "One.\n\nTwo\n[three](/gone/)\n\n{% include\n\t'x'\n%}\n\n![p](p.png)\n\n<div>\n<iframe src='//v.example.org/1' title='A film'></iframe></div>"
    )
    assert lost == [
        (7, "link to /gone/, which leads nowhere here: its words stay"),
        (9, "template tag {% include 'x' %}"),
        (13, "picture p.png: not in the archive; its words stay"),
        (16, "<iframe> https://v.example.org/1: a link stands in its place"),
    ]


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        (
            '[a]({{ "/b/" | url }}) and [c]({{site.baseurl}}/d/)',
            '<p><a href="/here/b/">a</a> and <a href="/here/d/">c</a></p>',
        ),
        ('By {{ "sample-person" | team_link }}.', "<p>By Sample Person.</p>"),
        (
            '{{ "https://v.example.org/1" | embed: "A film" }}',
            '<p><a href="https://v.example.org/1">A film</a></p>',
        ),
        ("{{ page.excerpt }}", "<p>An excerpt.</p>"),
        ("a{{ unknown.thing | filter }}b", "<p>ab</p>"),
        ("{% if x %}Words{% else %} stay{% endif %}.", "<p>Words stay.</p>"),
        ("Small {.note}\n\nw {.x} y", "<p>Small</p><p>w {.x} y</p>"),
        ("A{% comment %}hidden{% endcomment %} b{# hidden #}", "<p>A b</p>"),
        ("A lone {{ brace\n\nand {% another", "<p>A lone {{ brace</p><p>and {% another</p>"),
    ],
)
def test_template_tags_leave_their_words_and_are_gone(markdown, html):
    assert body(markdown, front="excerpt: An excerpt.\n", resolve=lambda path: f"/here{path}")[0] == html


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("`{{ page.title }}`", "<p><code>{{ page.title }}</code></p>"),
        ("```\n{% for a in b %}\n```", "<pre><code>{% for a in b %}</code></pre>"),
        ("    {{ a }}\n", "<pre><code>{{ a }}</code></pre>"),
        ("`{% raw %}{{{% endraw %} secret }}`", "<p><code>{{ secret }}</code></p>"),
        (
            "```\n{% raw %}\n{{ a }}\n```\n{% endraw %}\nw",
            "<pre><code>\n{{ a }}</code></pre><p>w</p>".replace("\n", ""),
        ),
        ("Write {% raw %}{{ a }}{% endraw %} so.", "<p>Write <code>{{ a }}</code> so.</p>"),
        ("Write {% raw %}{{{% endraw %} a }} so.", "<p>Write <code>{{ a }}</code> so.</p>"),
        ("{% highlight ruby %}\n{{ a }}\n{% endhighlight %}", "<pre><code>{{ a }}</code></pre>"),
    ],
)
def test_template_tags_in_code_stay_as_they_were_meant_to_be_shown(markdown, html):
    found, lost = body(markdown)
    assert found.replace("\n", "") == html
    assert lost == []


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("<div>\n<p>a</p>b\n\n*c*\n\n</div></div>\n\nd", "<p>a</p><p>b</p><p><em>c</em></p><p>d</p>"),
        ("<dl><dt>T</dt><dd>D</dd></dl>", "<p><strong>T</strong></p><p>D</p>"),
        ("Term\n: Meaning", "<p><strong>Term</strong></p><p>Meaning</p>"),
        ("Use <branch> and <H1> here, <kbd>x</kbd> <u>y</u>.", "<p>Use &lt;branch&gt; and &lt;H1&gt; here, <code>x</code> y.</p>"),
        ("<script>alert(1)</script>\n\na <b onclick='x'>b</b> <a href='javascript:x'>c</a>", "<p>a <strong>b</strong> c</p>"),
        ("<pre>\n# not a heading\n\n{{ a }}\n</pre>", "<pre><code># not a heading{{ a }}</code></pre>"),
        ("|| A |\n|-|-|\n| 1 | 2 |\n\n<caption>Of <b>it</b></caption>", '<table><caption>Of <strong>it</strong></caption><thead><tr><th scope="col"></th><th scope="col">A</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>'),
        ("<a name='x'></a>[up](#x) <!-- hidden -->down", "<p>up down</p>"),
        ("<table><tr><td>1<td>2</table>", "<table><tbody><tr><td>1</td><td>2</td></tr></tbody></table>"),
        ("~~old~~ new", "<p>old new</p>"),
    ],
)  # fmt: skip
def test_raw_html_keeps_its_words_and_nothing_else(markdown, html):
    found = body(markdown)[0]
    assert found.replace("\n", "") == html


def test_a_link_to_nowhere_keeps_its_words():
    assert body("See [our *page*](/gone/) and [mail](mailto:a@example.org).") == (
        '<p>See our <em>page</em> and <a href="mailto:a@example.org">mail</a>.</p>',
        [(4, "link to /gone/, which leads nowhere here: its words stay")],
    )


def test_what_is_nested_without_end_is_refused_rather_than_cut():
    assert "deep words" in body("> " * 25 + "deep words")[0]
    with pytest.raises(Refused, match="Line 6: nested more than 60 levels deep"):
        body("one\n\n" + "> " * 80 + "deep words")
