"""The rich-text editor in the admin's article form: what is typed, chosen and pasted is what is stored."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from articles.models import Article
from charhar.publishing.richtext import VOCABULARY, clean
from tests.browser.house import administrator
from tests.factories import ArticleFactory, ImageFactory
from tests.publishing.test_richtext_clean import CASES, WORD_LIST, WORD_NOTES

pytestmark = pytest.mark.browser

WATCH = """
window.refused = []
document.addEventListener("securitypolicyviolation", (event) => refused.push(`${event.violatedDirective} ${event.sample}`))
"""
PASTE = """(html) => {
  const data = new DataTransfer()
  data.setData("text/html", html)
  data.setData("text/plain", "plain")
  const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
  document.activeElement.dispatchEvent(event)
}"""


COPY = """(element) => {
  const clipboardData = new DataTransfer()
  element.dispatchEvent(new ClipboardEvent("copy", { clipboardData, bubbles: true, cancelable: true }))
  return clipboardData.getData("text/html")
}"""


class Desk:
    """The article form before somebody who writes."""

    def __init__(self, page):
        self.page = page
        self.text = page.get_by_role("textbox", name="Body")
        self.toolbar = page.locator(".rt-editor").filter(has=self.text).get_by_role("toolbar")
        self.keys = page.keyboard
        expect(self.text).to_be_visible()

    def press(self, name):
        self.toolbar.get_by_role("button", name=name, exact=True).click()

    def dialog(self, name):
        return self.page.get_by_role("dialog", name=name)

    def paste(self, html):
        self.text.focus()
        self.page.evaluate(PASTE, html)

    def html(self):
        return self.text.evaluate("(element) => element.editor.getHTML()")

    def at_the_end(self):
        self.text.evaluate("(element) => element.editor.commands.focus('end')")

    def select(self, words):
        """Select some words, as dragging over them would."""
        self.text.evaluate(
            """({ editor }, words) => editor.state.doc.descendants((node, at) => {
              const from = node.isText ? node.text.indexOf(words) : -1
              if (from >= 0) editor.chain().focus().setTextSelection({ from: at + from, to: at + from + words.length }).run()
            })""",
            words,
        )

    def save(self):
        with self.page.expect_navigation():
            self.page.locator("[name=_continue]").first.click()
        assert self.page.locator(".errorlist").count() == 0

    def refused(self):
        return self.page.evaluate("refused")


@pytest.fixture
def article(transactional_db):
    return ArticleFactory(draft=True, body="", show_editors_note=False)


@pytest.fixture
def desk(browse, article):
    desks = []

    def sit_down(**options):
        page = browse("/admin/", user=administrator(), **options)
        page.add_init_script(WATCH)
        page.goto(f"{page.url}articles/article/{article.pk}/change/")
        desks.append(Desk(page))
        return desks[-1]

    yield sit_down
    for desk in desks:
        assert desk.refused() == []


def stored(article):
    return Article.objects.values_list("body", flat=True).get(pk=article.pk)


def test_a_text_with_everything_in_it_is_stored_as_it_was_made(desk, article):
    picture = ImageFactory(title="A stone bridge", alt_en="A bridge", credit="Photo: Sample")
    ImageFactory(title="A portrait")
    at = desk()
    at.text.click()
    at.toolbar.get_by_role("combobox").select_option(label="Heading")
    at.text.focus()
    at.keys.type("What a river joins")
    at.keys.press("Enter")

    at.keys.type("Two ")
    at.press("Bold")
    at.keys.type("towns")
    at.press("Bold")
    at.keys.type(" kept ")
    at.press("Link")
    link = at.dialog("Add a link")
    expect(link.get_by_label("Address")).to_be_focused()
    link.get_by_label("Address").fill("javascript:alert(1)")
    link.get_by_role("button", name="Add").click()
    expect(link).to_be_visible()
    link.get_by_label("Address").fill("chronicle.example/1912")
    link.get_by_label("Text").fill("a chronicle")
    at.keys.press("Enter")
    expect(link).to_have_count(0)
    at.keys.type(".")

    at.press("Footnote")
    note = at.dialog("Add a footnote")
    expect(note.get_by_role("textbox")).to_be_focused()
    at.keys.type("See the ")
    at.keys.press("Control+i")
    at.keys.type("Chronicle")
    at.keys.press("Enter")
    expect(note).to_have_count(0)
    expect(at.text).to_be_focused()
    at.keys.press("Enter")

    at.press("Bulleted list")
    at.keys.type("one bank")
    at.keys.press("Enter")
    at.keys.type("the other")
    at.keys.press("Enter")
    at.keys.press("Tab")
    at.keys.type("its islands")
    for _ in range(3):
        at.keys.press("Enter")

    at.press("Table")
    table = at.dialog("Add a table")
    table.get_by_label("Caption").fill("Fairs a year")
    table.get_by_label("Rows").fill("2")
    table.get_by_label("Columns").fill("2")
    table.get_by_role("button", name="Add").click()
    expect(at.text).to_be_focused()
    for position, cell in enumerate(["Year", "Fairs", "2020", "12"]):
        if position:
            at.keys.press("Tab")
        at.keys.type(cell)
    at.press("Header column")
    at.press("Caption")
    caption = at.dialog("Caption of the table")
    expect(caption.get_by_role("textbox")).to_have_text("Fairs a year")
    at.keys.type(", ")
    at.keys.press("Control+b")
    at.keys.type("counted")
    caption.get_by_role("button", name="Save").click()
    expect(at.text).to_be_focused()
    at.keys.press("ArrowDown")

    at.keys.type("After the table.")
    at.press("Picture from the library")
    picker = at.dialog("Add a picture")
    expect(picker.get_by_role("radio")).to_have_count(2)
    picker.get_by_label("Search the library").fill("stone")
    expect(picker.get_by_role("radio")).to_have_count(1)
    expect(picker.get_by_role("status")).to_have_text("Pictures shown: 1")
    expect(picker).to_contain_text("Photo: Sample")
    picker.get_by_role("radio").check()
    picker.get_by_role("button", name="Add", exact=True).click()
    expect(at.text).to_be_focused()
    at.keys.type("In spring")
    expect(at.text.get_by_alt_text("A bridge")).to_be_visible()
    at.keys.press("Enter")

    at.paste(WORD_LIST)
    expect(at.text).to_contain_text("Second")
    at.save()
    assert stored(article) == (
        "<h2>What a river joins</h2>"
        '<p>Two <strong>towns</strong> kept <a href="https://chronicle.example/1912">a chronicle</a>.'
        '<span class="footnote">See the <em>Chronicle</em></span></p>'
        "<ul><li>one bank</li><li>the other<ul><li>its islands</li></ul></li></ul>"
        "<table><caption>Fairs a year, <strong>counted</strong></caption>"
        '<thead><tr><th scope="col">Year</th><th scope="col">Fairs</th></tr></thead>'
        '<tbody><tr><th scope="row">2020</th><td>12</td></tr></tbody></table>'
        "<p>After the table.</p>"
        f'<figure data-image="{picture.pk}"><figcaption>In spring</figcaption></figure>'
        '<ul><li>First <strong>bold</strong><ol start="3"><li>Inner</li></ol></li><li>Second</li></ul>'
    )


def test_the_editor_keeps_all_that_the_sanitiser_lets_through(desk):
    at = desk()
    lost = {}
    for name, (_, expected) in CASES.items():
        written = at.text.evaluate(
            "({ editor }, html) => { editor.commands.setContent(html); return editor.getHTML() }", expected
        )
        if clean(written) != expected:
            lost[name] = (expected, clean(written))
    assert lost == {}


def test_the_editor_writes_no_tag_that_the_sanitiser_does_not_know(desk):
    at = desk()
    names = at.text.evaluate(
        """({ editor: { schema } }) => {
          const names = new Set()
          const look = (spec) => {
            if (Array.isArray(spec)) {
              names.add(spec[0])
              spec.slice(1).forEach(look)
            }
          }
          for (const type of [...Object.values(schema.nodes), ...Object.values(schema.marks)]) {
            const made = type.create ? type.createAndFill?.() ?? type.create() : null
            if (type.spec.toDOM && made) look(type.spec.toDOM(made))
          }
          return [...names]
        }"""
    )
    assert set(names) <= {tag for element in VOCABULARY for tag in element.tags}
    assert {"p", "h2", "ul", "ol", "li", "table", "th", "td", "figure", "span", "a", "strong", "em"} <= set(
        names
    )


def test_an_unchanged_form_stores_the_text_as_it_was(desk, article):
    body = "".join(expected for _, expected in CASES.values() if "data-image" not in expected)
    Article.objects.filter(pk=article.pk).update(body=body)
    before = stored(article)
    desk().save()
    assert stored(article) == before


def test_a_selection_becomes_a_footnote_that_can_be_changed_and_removed(desk, article):
    Article.objects.filter(pk=article.pk).update(body="<p>One two <em>three</em> four.</p>")
    at = desk()
    at.select("three")
    at.press("Footnote")
    assert clean(at.html()) == '<p>One two <span class="footnote"><em>three</em></span> four.</p>'
    at.text.locator(".rt-footnote").click()
    note = at.dialog("Change the footnote")
    expect(note.get_by_role("textbox")).to_be_focused()
    at.keys.type("!")
    at.keys.press("Escape")
    expect(note).to_have_count(0)
    assert "three</em>!" not in at.html()
    at.keys.press("Enter")
    at.keys.type(" (1912) ")
    at.page.evaluate(PASTE, '<p class=MsoNormal style="color:red" onclick="no()">and <b>on</b></p>')
    note.get_by_role("button", name="Save").click()
    written = '<span class="footnote"><em>three (1912)</em> and <strong>on</strong></span>'
    assert clean(at.html()) == f"<p>One two {written} four.</p>"
    at.text.locator(".rt-footnote").click()
    note.get_by_role("button", name="Remove the footnote").click()
    assert clean(at.html()) == "<p>One two four.</p>"
    at.press("Undo")
    assert "three (1912)" in at.html()


def test_words_in_another_language_are_marked_and_unmarked(desk, article):
    Article.objects.filter(pk=article.pk).update(body="<p>They call it 公共外交 there.</p>")
    at = desk()
    at.select("公共外交")
    at.press("Language of the passage")
    at.dialog("Language of the passage").get_by_role("combobox").select_option("zh-Hans")
    at.dialog("Language of the passage").get_by_role("button", name="Set").click()
    at.save()
    assert stored(article) == '<p>They call it <span lang="zh-Hans">公共外交</span> there.</p>'


def test_word_footnotes_come_as_footnotes_and_sending_at_once_waits_for_them(desk, article):
    at = desk()
    at.text.focus()
    at.keys.type("Before ")
    at.page.route("**/richtext/clean/", lambda route: (at.page.wait_for_timeout(400), route.continue_()))
    at.paste(WORD_NOTES)
    at.save()
    assert stored(article) == (
        '<p>Before Said<span class="footnote">The <em>source</em>. And more.</span> and done.</p>'
    )


def test_a_paste_lands_where_it_was_made_though_one_types_on(desk):
    at = desk()
    at.text.focus()
    at.keys.type("ac")
    at.keys.press("ArrowLeft")
    # The editor hears of the cursor's move a moment later; a person's paste is never as quick as that.
    moved = "(element) => element.editor.state.selection.from === 2"
    at.page.wait_for_function(moved, arg=at.text.element_handle())
    at.page.route("**/richtext/clean/", lambda route: (at.page.wait_for_timeout(300), route.continue_()))
    at.paste("<p class=MsoNormal>b<o:p></o:p></p>")
    at.keys.press("End")
    at.keys.type("d")
    expect(at.text).to_have_text("abcd")
    at.keys.type("e")
    expect(at.text).to_have_text("abcde")


def test_what_is_typed_before_a_paste_arrives_stays(desk):
    at = desk()
    at.text.focus()
    at.keys.type("a")
    at.page.route("**/richtext/clean/", lambda route: (at.page.wait_for_timeout(300), route.continue_()))
    at.paste("<p class=MsoNormal>b<o:p></o:p></p>")
    at.keys.type("c")
    expect(at.text).to_have_text("abc")
    at.keys.type("d")
    expect(at.text).to_have_text("abcd")


def test_what_the_server_does_not_clean_is_pasted_all_the_same(desk):
    at = desk()
    at.page.route("**/richtext/clean/", lambda route: route.fulfill(body="Sign in, please."))
    at.paste('<p class=MsoNormal style="color:red">kept<script>no()</script> <b onclick="no()">bold</b></p>')
    expect(at.text).to_have_text("kept bold")
    assert at.html() == "<p>kept <strong>bold</strong></p>"


def test_plain_text_and_our_own_text_are_not_sent_to_be_cleaned(desk):
    at = desk()
    asked = []
    at.page.on("request", lambda request: asked.append(request.url) if "clean" in request.url else None)
    at.text.focus()
    at.keys.type("copied")
    at.keys.press("Control+a")
    at.paste(at.text.evaluate(COPY))
    expect(at.text).to_have_text("copied")
    at.page.evaluate(PASTE, "")
    expect(at.text).to_have_text("copiedplain")
    assert asked == []


def test_the_toolbar_is_one_stop_and_its_arrows_move_on(desk):
    at = desk()
    at.text.focus()
    at.keys.press("Alt+F10")
    expect(at.toolbar.get_by_role("combobox")).to_be_focused()
    at.keys.press("ArrowRight")
    expect(at.toolbar.get_by_role("button", name="Bold")).to_be_focused()
    at.keys.press("Enter")
    expect(at.text).to_be_focused()
    at.keys.type("bold")
    assert at.html() == "<p><strong>bold</strong></p>"
    at.keys.press("Shift+Tab")
    expect(at.toolbar.get_by_role("button", name="Bold")).to_be_focused()
    expect(at.toolbar.get_by_role("button", name="Bold")).to_have_attribute("aria-pressed", "true")
    at.keys.press("Home")
    expect(at.toolbar.get_by_role("combobox")).to_be_focused()


def test_tab_is_no_trap(desk, article):
    Article.objects.filter(pk=article.pk).update(body="<table><tbody><tr><td>a</td></tr></tbody></table>")
    at = desk()
    at.text.locator("td").click()
    at.keys.press("Tab")
    expect(at.text.locator("td")).to_have_count(2)
    at.keys.press("Escape")
    at.keys.press("Tab")
    expect(at.text).not_to_be_focused()
    expect(at.text.locator("td")).to_have_count(2)


def test_a_click_on_the_label_leads_into_the_text(desk):
    at = desk()
    at.page.locator("label", has_text="Body").click()
    expect(at.text).to_be_focused()


def test_a_picture_can_be_changed_and_one_that_is_gone_says_so(desk, article):
    new = ImageFactory(title="The new one", alt_en="New")
    gone = ImageFactory()
    Article.objects.filter(pk=article.pk).update(
        body=f'<figure data-image="{gone.pk}"><figcaption>Kept</figcaption></figure>'
    )
    gone.delete()
    at = desk()
    expect(at.text).to_contain_text("This picture is not in the library any more.")
    at.text.get_by_role("button", name="Change the picture").click()
    picker = at.dialog("Change the picture")
    picker.get_by_role("radio", name="The new one").check()
    picker.get_by_role("button", name="Change", exact=True).click()
    expect(at.text.get_by_alt_text("New")).to_be_visible()
    at.save()
    assert stored(article) == f'<figure data-image="{new.pk}"><figcaption>Kept</figcaption></figure>'


def test_a_search_without_a_hit_says_so_and_escape_leads_back(desk):
    at = desk()
    at.text.focus()
    at.press("Picture from the library")
    picker = at.dialog("Add a picture")
    picker.get_by_label("Search the library").fill("zyzzyva")
    expect(picker.get_by_role("status")).to_have_text("No picture has these words.")
    at.keys.press("Escape")
    expect(picker.get_by_label("Search the library")).to_have_value("")
    at.keys.press("Escape")
    expect(picker).to_have_count(0)
    expect(at.text).to_be_focused()
    assert at.html() == "<p></p>"


@pytest.mark.long
@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_the_dialogs_and_the_editor_are_accessible(desk, article, axe, width, theme):
    picture = ImageFactory(title="A stone bridge")
    Article.objects.filter(pk=article.pk).update(
        body=f'<p>a<span class="footnote">b</span></p><figure data-image="{picture.pk}"></figure>'
        "<table><caption>c</caption><tbody><tr><td>d</td></tr></tbody></table>"
    )
    at = desk(width=width, theme=theme, policy=False)
    at.page.evaluate(axe)
    at.text.locator("td").click()
    found = {}

    def check(name, selector):
        result = at.page.evaluate("(selector) => axe.run(selector)", selector)
        found[name] = [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in result["violations"]]

    check("editor", ".rt-editor")
    for button, title in [
        ("Caption", "Caption of the table"),
        ("Link", "Add a link"),
        ("Picture from the library", "Add a picture"),
    ]:
        at.press(button)
        expect(at.dialog(title)).to_be_visible()
        if button.startswith("Picture"):
            expect(at.dialog(title).get_by_role("radio")).to_have_count(1)
        check(title, "dialog")
        at.keys.press("Escape")
    assert found == {name: [] for name in found}
    assert at.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_library_that_does_not_answer_says_so(desk):
    at = desk()
    at.page.route("**/richtext/images/**", lambda route: route.fulfill(body="Sign in, please."))
    at.press("Picture from the library")
    picker = at.dialog("Add a picture")
    expect(picker.get_by_role("status")).to_have_text("The library does not answer.")
    picker.get_by_role("button", name="Cancel").click()
    expect(picker).to_have_count(0)


def test_without_javascript_the_text_area_works(browse, article):
    Article.objects.filter(pk=article.pk).update(body="<p>old</p>")
    page = browse(f"/admin/articles/article/{article.pk}/change/", user=administrator(), scripts=False)
    area = page.locator("#id_body")
    expect(area).to_be_visible()
    assert area.input_value() == "<p>old</p>"
    area.fill("<h1>new</h1> text")
    page.locator("[name=_continue]").first.click()
    page.wait_for_load_state()
    assert stored(article) == "<h2>new</h2><p>text</p>"


def test_the_modules_load_under_their_hashed_names(desk, settings, tmp_path, browse, article):
    page = browse("/admin/", user=administrator())
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    asked = []

    def serve(route):
        name = route.request.url.split("/static/", 1)[1]
        asked.append(name)
        route.fulfill(path=Path(settings.STATIC_ROOT) / name)

    page.route("**/static/**", serve)
    page.goto(f"{page.url}articles/article/{article.pk}/change/")
    at = Desk(page)
    at.text.focus()
    at.keys.type("hashed")
    assert at.html() == "<p>hashed</p>"
    modules = [name for name in asked if name.startswith(("publishing/editor/", "django_prose_editor/"))]
    assert len(modules) == len(set(modules)) == 13
    assert [name for name in modules if not re.search(r"\.[0-9a-f]{12}\.(js|css)$", name)] == []
