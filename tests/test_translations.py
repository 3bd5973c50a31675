"""The Chinese catalogue is whole, compiled and sound, and Chinese pages show nothing of the interface in English."""

import ast
import gettext
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType
from django.utils import translation
from lxml.html import fromstring

from charhar.members.models import Plan
from charhar.navigation import institute_links, menus, utility_links
from publications.models import Publication
from tests import factories
from tests.browser import house

pytestmark = pytest.mark.plain

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "charhar" / "locale" / "zh_Hans" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)[\d.]*[a-z]|%[sd]|\{\w*\}")
CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef©]")
# Names and abbreviations that are the same in both languages, and units.
SAME = {"CC BY 4.0", "CC BY-NC-ND 4.0", "HTML", "ORCID iD", "%(size)d kB", "%(size).1f MB"}
# In templates: what is written in one language on purpose, with its `lang`, or is no language.
WORDS_IN_TEMPLATES = {"English", "Read in English", "ISBN", "ISSN", "DOI", "ORCID"} | {
    "Ctrl+S",
    "Alt+Shift+P",
    "Alt+Shift+Enter",
    "Alt+Shift+↓",
    "Alt+Shift+↑",
    "EN",
}


def entries(source):
    """Each entry of a .po file as a dict of its keywords, with its flags."""
    for block in re.split(r"\n\s*\n", source):
        entry, keyword = {"flags": ""}, None
        for line in block.splitlines():
            if line.startswith("#,"):
                entry["flags"] += line
            elif line and not line.startswith("#"):
                word, text = re.fullmatch(r'(?:(\w+(?:\[\d\])?)\s+)?(".*")', line).groups()
                keyword = word or keyword
                entry[keyword] = entry.get(keyword, "") + ast.literal_eval(text)
        if entry.get("msgid"):
            yield entry


def translations(source):
    """What a compiled catalogue holds, from its source."""
    found = {}
    for entry in entries(source):
        key = "\x04".join(filter(None, [entry.get("msgctxt"), entry["msgid"]]))
        if "msgid_plural" in entry:
            found[key, 0] = entry["msgstr[0]"]
        else:
            found[key] = entry["msgstr"]
    return found


CATALOGUE = translations((FOLDER / "django.po").read_text())


def original(key):
    """What is translated, without its context."""
    return (key[0] if isinstance(key, tuple) else key).rpartition("\x04")[2]


def complaints(source):
    """Entries without a translation, unsure ones, and those whose placeholders differ."""
    found = []
    for entry in entries(source):
        chinese = entry.get("msgstr", entry.get("msgstr[0]"))
        wanted = sorted(PLACEHOLDER.findall(entry.get("msgid_plural", entry["msgid"])))
        if not chinese:
            found.append(f"no translation: {entry['msgid']}")
        elif "fuzzy" in entry["flags"]:
            found.append(f"unsure: {entry['msgid']}")
        elif sorted(PLACEHOLDER.findall(chinese)) != wanted:
            found.append(f"placeholders: {entry['msgid']}")
    return found


def test_every_string_is_translated():
    assert complaints((FOLDER / "django.po").read_text()) == []


def test_the_compiled_catalogue_is_the_source():
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = dict(gettext.GNUTranslations(file)._catalog)
    compiled.pop("", None)
    assert compiled == CATALOGUE


def test_the_catalogue_holds_every_string_of_ours_and_no_other(tmp_path):
    if shutil.which("xgettext") is None:
        pytest.skip("no gettext on this machine")
    for name in ("charhar", "articles", "experts", "publications", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", tmp_path)
    command = "manage.py makemessages --locale zh_Hans --no-obsolete --no-wrap --no-location"
    subprocess.run([sys.executable, *command.split()], cwd=tmp_path, capture_output=True, check=True)
    anew = tmp_path / FOLDER.relative_to(ROOT) / "django.po"
    found = set(translations(anew.read_text()))
    assert found - set(CATALOGUE) == set(), "strings without a translation"
    assert set(CATALOGUE) - found == set(), "translations of strings that are nowhere"


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ('msgid "a"\nmsgstr ""', "no translation: a"),
        ('#, fuzzy\nmsgid "a"\nmsgstr "甲"', "unsure: a"),
        ('msgid "%(n)s texts"\nmsgstr "文章"', "placeholders: %(n)s texts"),
        ('msgid "%(n)s text"\nmsgid_plural "%(n)s texts"\nmsgstr[0] "文章"', "placeholders: %(n)s text"),
    ],
)
def test_the_check_finds(source, complaint):
    assert complaints(source) == [complaint]
    assert complaints('msgid ""\n"%s"\nmsgstr ""\n"第%s"\n\nmsgid "a"\nmsgstr "甲"') == []


def test_translations_are_chinese():
    latin = {
        original(key)
        for key, chinese in CATALOGUE.items()
        if (rest := PLACEHOLDER.sub("", chinese)).strip() and not CHINESE.search(rest)
    }
    assert latin == SAME


def test_chinese_stands_with_chinese_punctuation():
    """Half-width marks after Chinese characters are a slip; in Latin runs they are right."""
    slip = re.compile("[\u4e00-\u9fff][,;:?!()]|[(][\u4e00-\u9fff]|[\u4e00-\u9fff]\\.(?![a-z])")
    assert {key: chinese for key, chinese in CATALOGUE.items() if slip.search(chinese)} == {}


def test_the_catalogue_names_no_machine_no_hour_and_nobody():
    """So that the same strings always make the same file."""
    source = (FOLDER / "django.po").read_text()
    header = re.findall(r'^"([\w-]+): ', source.partition("\n\n")[0], re.MULTILINE)
    assert set(header) == {
        "Project-Id-Version",
        "Language",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
        "Plural-Forms",
    }
    assert "#:" not in source


# -- Templates ---------------------------------------------------------------------------------------


def words_of(source):
    """What a template says in words of its own: its text and spoken attributes, outside every tag."""
    source = re.sub(r"<style>.*?</style>", "", source, flags=re.S)
    source = re.sub(
        r"{% blocktranslate.*?{% endblocktranslate %}|{% block \w*class.*?{% endblock %}", "", source
    )
    parts = Lexer(source).tokenize()
    text = "".join(unescape(t.contents) if t.token_type == TokenType.TEXT else "\1" for t in parts)
    spoken = re.findall(r'(?:aria-label|placeholder|alt|title|value)="([^"]*)"', text)
    pieces = "\1".join([re.sub(r"<[^>]*>", "\1", text), *spoken]).split("\1")
    return {piece.strip() for piece in pieces if re.search("[A-Za-z]{2}", piece)}


def test_the_search_for_words_finds_them():
    source = '<a title="Go on"{% if x %} class="y"{% endif %}>By {{ name }}</a>{% translate "Menu" %}'
    assert words_of(source) == {"Go on", "By"}
    assert words_of("{% blocktranslate %}By {{ name }}{% endblocktranslate %}") == set()


def test_templates_say_nothing_without_translating_it():
    """Save 500.html, which must stand without Django and says everything in both languages."""
    found = {}
    for path in (ROOT / "templates").rglob("*.html"):
        words = words_of(path.read_text()) - WORDS_IN_TEMPLATES
        if words and path.name != "500.html":
            found[path.relative_to(ROOT).as_posix()] = words
    assert found == {}


def test_every_letter_is_written_in_both_languages_with_the_same_data():
    english, chinese = (
        {
            path.name.removesuffix(f".{language}.txt"): set(re.findall(r"{{[^}]*}}", path.read_text()))
            for path in (ROOT / "templates" / "mail").glob(f"*.{language}.txt")
        }
        for language in ("en", "zh-hans")
    )
    assert english
    assert english == chinese


# -- Pages -------------------------------------------------------------------------------------------

TRANSLATED = {original(key).strip() for key, chinese in CATALOGUE.items() if chinese != original(key)}
PHRASES = {
    phrase.strip()
    for text in TRANSLATED
    for phrase in PLACEHOLDER.sub("\0", text).split("\0")
    if len(re.findall("[A-Za-z’]+", phrase)) > 1
}


def spoken(element, language="zh-Hans"):
    """Every text and spoken attribute of a page that is said to be Chinese and is not somebody's text."""
    language = element.get("lang", language)
    if not isinstance(element.tag, str) or element.tag in {"script", "style"}:
        return
    if "prose" in element.get("class", "").split():
        return
    if language == "zh-Hans":
        yield element.text or ""
        yield from (element.get(name, "") for name in ("aria-label", "placeholder", "alt", "title"))
    for child in element:
        yield from spoken(child, language)
        if language == "zh-Hans":
            yield child.tail or ""


def english_in(response):
    """Strings of the interface that a Chinese page shows untranslated."""
    page = fromstring(response.content)
    assert page.get("lang") == "zh-Hans"
    found = set()
    for text in (" ".join(text.split()) for text in spoken(page)):
        found |= {text} & TRANSLATED
        found |= {phrase for phrase in PHRASES if phrase in text}
    return found


def test_the_search_for_english_finds_it(client, db):
    response = client.get("/nowhere/")
    response.content = response.content.replace(b'<html lang="en"', b'<html lang="zh-Hans"')
    found = english_in(response)
    assert found > {"Skip to content", "Search this site", "Home", "There is nothing at this address"}


def test_chinese_pages_show_nothing_of_the_interface_in_english(client, db):
    house.build()
    issue = Publication.objects.get(slug="issue-12")
    factories.PublicationFactory(
        **{name: getattr(issue, name) for name in ("slug", "series", "file", "abstract")},
        language="zh-hans",
        translation_of=issue,
        title="样例季刊第十二期",
        publisher="样例出版社",
        pages=120,
    )
    paths = {"/zh" + path.removeprefix("/zh") for path in house.PATHS.values()}
    paths |= {"/zh/search/", "/zh/search/?q=bridges&page=9", "/zh/research/?page=2", "/zh/news/?year=2022"}
    pages = {path: client.get(path) for path in paths}
    # The page beyond the last says so with a 404 of its own.
    assert [path for path, page in pages.items() if page.status_code != 200] == [
        "/zh/search/?q=bridges&page=9"
    ]
    pages["/zh/nowhere/"] = client.get("/zh/nowhere/")
    assert {path: found for path, page in pages.items() if (found := english_in(page))} == {}


@pytest.mark.parametrize("path", ["about/contact", "about/membership", "about/support", "subscribe"])
def test_errors_of_forms_are_chinese(client, db, path):
    for slug in ("contact", "membership", "support"):
        factories.PageFactory(slug=slug, language="zh-hans", title="样例页面")
    Plan.objects.create(name_en="Fellow", name_zh="研究会员")
    response = client.post(f"/zh/{path}/", {"name": "样" * 200, "email": "nobody", "message": ""})
    assert response.status_code == 422
    assert english_in(response) == set()
    errors = [error.text_content() for error in fromstring(response.content).xpath('//p[@class="error"]')]
    assert errors
    assert [error for error in errors if not CHINESE.search(error) or re.search("[A-Za-z]", error)] == []


def test_pages_of_texts_that_are_gone_are_chinese(client, db):
    factories.ArticleFactory(withdrawn=True, slug="gone", language="zh-hans", title="样例", standfirst="")
    factories.ArticleFactory(expired=True, slug="over", language="zh-hans", title="样例", standfirst="")
    factories.ArticleFactory(slug="english", title="Sample")
    gone, over, elsewhere = (client.get(f"/zh/articles/{slug}/") for slug in ("gone", "over", "english"))
    assert [page.status_code for page in (gone, over, elsewhere)] == [410, 410, 404]
    assert [english_in(page) for page in (gone, over, elsewhere)] == [set(), set(), set()]
    assert "撤回日期：" in gone.content.decode()
    assert "提供截止日期：" in over.content.decode()
    assert "可阅读英文版：" in elsewhere.content.decode()


def test_menus_have_the_institutes_names(db):
    with translation.override("zh-hans"):
        assert [label for label, _url in utility_links()] == [
            *["首页", "我们的专家", "关于我们", "创会主席", "专家"],
            *["最新研究", "新闻与活动", "出版物", "支持察哈尔"],
        ]
        assert [label for label, _url in institute_links()] == [
            *["关于我们", "创会主席", "专家", "最新研究"],
            *["新闻与活动", "出版物", "支持察哈尔", "加入我们"],
        ]
        assert [menu.label for menu in menus("zh-hans")] == [
            *["关于我们", "地区", "议题", "专家", "出版物", "新闻与活动"],
        ]


def test_an_issue_is_named_as_chinese_readers_name_it(db):
    issue = factories.PublicationFactory(volume="12", number="3", year=2022)
    assert issue.issue_label == "Vol. 12, No. 3 (2022)"
    with translation.override("zh-hans"):
        assert issue.issue_label == "2022年第12卷第3期"
