"""The Chinese catalogue is whole, and what is compiled is what stands in its source."""

import ast
import gettext
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "charhar" / "locale" / "zh_Hans" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


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


def complaints(source):
    """Entries without a translation, unsure ones, and those whose placeholders differ."""
    found = []
    for entry in entries(source):
        chinese = entry.get("msgstr", entry.get("msgstr[0]"))
        wanted = set(PLACEHOLDER.findall(entry["msgid"]))
        if "msgid_plural" in entry:
            wanted = set(PLACEHOLDER.findall(entry["msgid_plural"]))
        if not chinese:
            found.append(f"no translation: {entry['msgid']}")
        elif "fuzzy" in entry["flags"]:
            found.append(f"unsure: {entry['msgid']}")
        elif set(PLACEHOLDER.findall(chinese)) != wanted:
            found.append(f"placeholders: {entry['msgid']}")
    return found


def test_every_string_is_translated():
    assert complaints((FOLDER / "django.po").read_text()) == []


def test_the_compiled_catalogue_is_the_source():
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = dict(gettext.GNUTranslations(file)._catalog)
    compiled.pop("", None)
    assert compiled == translations((FOLDER / "django.po").read_text())


def test_no_string_of_ours_is_missing_from_the_catalogue(tmp_path):
    if shutil.which("xgettext") is None:
        pytest.skip("no gettext on this machine")
    for name in ("charhar", "articles", "experts", "publications", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", tmp_path)
    command = "manage.py makemessages --locale zh_Hans --no-obsolete --no-wrap --no-location"
    subprocess.run([sys.executable, *command.split()], cwd=tmp_path, capture_output=True, check=True)
    anew = tmp_path / FOLDER.relative_to(ROOT) / "django.po"
    assert complaints(anew.read_text()) == []


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
