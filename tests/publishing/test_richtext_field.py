"""Rich text in models and forms: clean on every way into the database, an editor in every form."""

import json
import re

import pytest
from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db.migrations.writer import MigrationWriter
from django.db.models import F
from django.db.models.functions import Upper
from django.test import RequestFactory
from django.utils import translation

from articles.models import Article
from charhar.publishing.richtext import RichTextField, editor_extensions
from charhar.publishing.richtext_forms import RichTextFormField, RichTextWidget, editor_words, with_nonce
from tests.factories import ArticleFactory

DIRTY = "<h1>a</h1><script>b</script>c"
CLEAN = "<h2>a</h2><p>c</p>"


@pytest.fixture
def article(db):
    return ArticleFactory(body="<p>x</p>")


def stored(article):
    return Article.objects.values_list("body", flat=True).get(pk=article.pk)


def test_saving_cleans_and_the_instance_shows_it(article):
    article.body = DIRTY
    article.save()
    assert article.body == CLEAN
    assert type(article.body) is str
    assert stored(article) == CLEAN


def test_creating_cleans(db):
    assert stored(ArticleFactory(body=DIRTY)) == CLEAN


def test_update_cleans(article):
    Article.objects.filter(pk=article.pk).update(body=DIRTY)
    assert stored(article) == CLEAN


def test_bulk_create_cleans(db):
    Article.objects.bulk_create([ArticleFactory.build(body=DIRTY)])
    assert Article.objects.values_list("body", flat=True).get() == CLEAN


def test_bulk_update_cleans(article):
    article.body = DIRTY
    Article.objects.bulk_update([article], ["body"])
    assert stored(article) == CLEAN


def test_saving_some_fields_cleans_them(article):
    article.body = DIRTY
    article.save(update_fields=["body"])
    assert stored(article) == CLEAN


def test_an_expression_is_left_to_the_database(article):
    Article.objects.filter(pk=article.pk).update(body=F("title"))
    assert stored(article) == article.title
    Article.objects.filter(pk=article.pk).update(body=Upper("title"))
    assert stored(article) == article.title.upper()


def test_looking_for_a_text_does_not_clean_it(article):
    assert Article.objects.filter(body__contains="<p>x").get() == article


def test_a_migration_knows_nothing_of_the_editor():
    field = RichTextField("body", blank=True, small=True)
    field.set_attributes_from_name("body")
    assert field.deconstruct() == (
        "body",
        "charhar.publishing.richtext.RichTextField",
        [],
        {"blank": True, "verbose_name": "body"},
    )
    written, imports = MigrationWriter.serialize(RichTextField(blank=True))
    assert written == "charhar.publishing.richtext.RichTextField(blank=True)"
    assert imports == {"import charhar.publishing.richtext"}


class NoteForm(forms.Form):
    text = RichTextFormField(small=True)


def test_the_admin_gets_the_editor_where_it_asks_for_a_text_area():
    model_field = RichTextField(small=True)
    model_field.set_attributes_from_name("text")
    field = model_field.formfield(widget=AdminTextareaWidget)
    assert isinstance(field, RichTextFormField)
    assert isinstance(field.widget, RichTextWidget)
    assert field.widget.small is True


def test_a_required_text_of_empty_paragraphs_is_missing():
    form = NoteForm({"text": "<p></p><p>&nbsp;</p>"})
    assert form.errors == {"text": ["This field is required."]}


def test_a_form_gives_the_clean_text():
    form = NoteForm({"text": DIRTY})
    assert form.is_valid()
    assert form.cleaned_data == {"text": CLEAN}


@pytest.mark.parametrize(
    ("written", "changed"),
    [
        ("<ul><li><p>a</p></li></ul>", False),
        ("<ul><li>a</li></ul><p></p>", False),
        ("<ul><li>b</li></ul>", True),
        ("", True),
    ],
)
def test_a_text_has_changed_only_where_it_says_something_else(written, changed):
    form = NoteForm({"text": written}, initial={"text": "<ul><li>a</li></ul>"})
    assert form.has_changed() is changed


def test_the_text_area_carries_what_the_editor_needs():
    html = str(RichTextWidget(small=True).render("text", "<p>a</p>", {"id": "id_text"}))
    assert '<textarea name="text"' in html
    assert "&lt;p&gt;a&lt;/p&gt;</textarea>" in html
    assert "required" not in html
    given = re.search(r'data-rich-text="([^"]*)"', html)[1].replace("&quot;", '"').replace("&#x27;", "'")
    setup = json.loads(given)
    assert setup["extensions"] == editor_extensions(small=True)
    assert setup["small"] is True
    assert setup["images"] == "/admin/publishing/richtext/images/"
    assert setup["clean"] == "/admin/publishing/richtext/clean/"
    assert setup["schemes"] == ["http", "https", "mailto", "tel"]
    assert setup["words"]["Footnote"] == "Footnote"


def test_the_scripts_say_only_words_that_the_server_translates(settings):
    scripts = (settings.BASE_DIR / "charhar/publishing/static/publishing/editor").glob("*.js")
    source = "\n".join(path.read_text() for path in scripts)
    said = set(re.findall(r'\bt\(\s*"([^"]*)"', source))
    said |= {word for pair in re.findall(r'\? t\("([^"]*)"\) : t\("([^"]*)"\)', source) for word in pair}
    said |= set(re.findall(r'label: "([^"]*)"', source))
    said |= set(re.findall(r'\b(?:mark|inTable|inList)\("\w+", "([^"]*)"', source))
    said |= set(re.findall(r'\["\w+", "([^"]*)", \(editor\)', source))
    with translation.override("en"):
        assert sorted(editor_words()) == sorted(said)


def test_the_media_carry_the_requests_nonce():
    class Form(forms.Form):
        text = RichTextFormField()
        plain = forms.CharField(widget=forms.Textarea)

    request = RequestFactory().get("/")
    request.csp_nonce = "abc"
    media = str(with_nonce(Form().media, request))
    assert '<script type="importmap" nonce="abc">' in media
    assert media.count("importmap") == 1
    assert "<style" not in media


def test_every_module_of_the_editor_is_in_the_import_map(settings):
    folder = settings.BASE_DIR / "charhar/publishing/static/publishing/editor"
    imported = set()
    for path in folder.glob("*.js"):
        imported |= set(re.findall(r'from "([^"]*)"', path.read_text()))
    media = RichTextWidget().media
    mapped = json.loads(re.search(r"importmap[^>]*>(.*?)</script>", str(media))[1])["imports"]
    assert imported == set(mapped)
    assert {path.name for path in folder.glob("*.js")} == {
        "main.js",
        *(url.rsplit("/", 1)[1] for url in mapped.values()),
    } - {"editor.js"}
