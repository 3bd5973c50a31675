"""The command: fates, repetition, what somebody edited, pairs, addresses, the dry run."""

import datetime
import io
import re

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from taggit.models import Tag

from articles import importer
from articles.models import Article, Byline, ImportedText
from charhar.publishing import workflow
from charhar.publishing.copies import open_copy
from charhar.publishing.history import snapshots_of
from charhar.publishing.models import Address, Snapshot, State
from charhar.publishing.version import current_version
from tests.factories import ArticleFactory, ExpertFactory, UserFactory

pytestmark = pytest.mark.django_db

HARBOUR = """---
title: Harbour towns
date: 2019-05-04
authors:
- PAN Deng
- sample-guest
tags: [ports, Trade routes]
excerpt: What ports *teach*.
image: /a/pier.jpg
image_alt: A pier
image_caption: At dawn
redirect_from: /2019/05/04/harbour/
---
First words.
"""


@pytest.fixture
def folder(tmp_path):
    """An empty folder of texts."""
    (tmp_path / "texts").mkdir()
    return tmp_path / "texts"


def put(folder, name, content):
    """Write one file and return the folder."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content, encoding="utf-8")
    return folder


def run(path, *options):
    """The report's lines, the time taken out."""
    out = io.StringIO()
    call_command("import_articles", str(path), *options, stdout=out, stderr=io.StringIO())
    return re.sub(r"; \d+\.\d s\.", ".", out.getvalue()).splitlines()


def fates(path, *options):
    """Each file's fate and what was said to it."""
    lines = [
        re.match(r"(new|changed|unchanged|refused|read) +(\S+)  ?(.*)", line) for line in run(path, *options)
    ]
    return {line[2]: (line[1], line[3]) for line in lines if line}


def counts():
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


def test_a_text_is_taken_whole(folder):
    expert = ExpertFactory(display_name_en="PAN Deng", title_en="Adjunct Fellow")
    path = put(folder, "2019-05-04-harbour-towns.md", HARBOUR)
    assert run(path) == [
        "new       2019-05-04-harbour-towns.md  /articles/harbour-towns/",
        "          line 9: lead image /a/pier.jpg: not in the archive; its words wait for it",
        "1 files: 1 new, 0 changed, 0 unchanged, 0 refused; 1 notes.",
    ]
    article = Article.objects.get()
    assert (article.title, article.slug, article.language) == ("Harbour towns", "harbour-towns", "en")
    assert (article.standfirst, article.body) == ("What ports teach.", "<p>First words.</p>")
    assert (article.lead_alt, article.lead_caption, article.lead_image) == ("A pier", "At dawn", None)
    assert (article.state, article.date, article.publish_at) == (State.DRAFT, datetime.date(2019, 5, 4), None)
    assert sorted(article.tags.names()) == ["Trade routes", "ports"]
    assert [(b.name, b.expert, b.role) for b in article.bylines.all()] == [
        ("PAN Deng", expert, "Adjunct Fellow"),
        ("Sample Guest", None, ""),
    ]
    assert Address.objects.get(path="/2019/05/04/harbour/").target == article
    assert (Snapshot.objects.get().action, Snapshot.objects.get().note) == (
        "import",
        "2019-05-04-harbour-towns.md",
    )
    assert ImportedText.objects.get().version == article.version == 1


def test_an_id_finds_the_expert_by_slug_and_shows_the_expert_s_name(folder):
    expert = ExpertFactory(slug="sample-guest", display_name_en="GUEST Sample", display_name_zh="样例")
    run(put(folder, "2019-05-04-a.md", HARBOUR))
    run(
        put(
            folder,
            "2019-05-04-b.md",
            HARBOUR.replace("First words.", "第一句话。").replace("redirect_from", "layout"),
        )
    )
    assert list(Byline.objects.filter(expert=expert).order_by("pk").values_list("name", flat=True)) == [
        "GUEST Sample",
        "样例",
    ]


def test_drafts_are_for_nobody_to_read(folder, client):
    path = put(folder, "2019-05-04-harbour-towns.md", HARBOUR)
    run(path)
    assert client.get("/articles/harbour-towns/").status_code == 404
    assert client.get("/2019/05/04/harbour/").status_code == 404


def test_publish_puts_each_text_at_its_own_date_and_old_addresses_lead_to_it(folder, client):
    run(put(folder, "2019-05-04-harbour-towns.md", HARBOUR), "--publish")
    article = Article.objects.published().get()
    assert article.publish_at.isoformat() == "2019-05-04T01:00:00+00:00"
    assert article.date == datetime.date(2019, 5, 4)
    assert ImportedText.objects.get().version == article.version == 1
    assert client.get("/articles/harbour-towns/").status_code == 200
    assert client.get("/2019/05/04/harbour/")["Location"] == "/articles/harbour-towns/"


def test_a_day_shown_stays_the_author_s_though_it_was_the_next_in_beijing(folder):
    run(put(folder, "a.md", HARBOUR.replace("2019-05-04\n", "2019-05-04 22:00:00 -4\n", 1)), "--publish")
    article = Article.objects.get()
    assert (article.date, article.publish_at.isoformat()) == (
        datetime.date(2019, 5, 4),
        "2019-05-05T02:00:00+00:00",
    )


def test_twice_is_the_same_as_once(folder):
    path = put(folder, "2019-05-04-harbour-towns.md", HARBOUR)
    run(path, "--publish")
    version, before = current_version(), counts()
    assert fates(path, "--publish") == {
        "2019-05-04-harbour-towns.md": ("unchanged", "/articles/harbour-towns/")
    }
    assert (current_version(), counts()) == (version, before)


def test_a_changed_file_changes_the_row_that_nobody_touched(folder):
    path = put(folder, "2019-05-04-harbour-towns.md", HARBOUR)
    run(path, "--publish")
    article = Article.objects.get()
    put(
        folder,
        "2019-05-04-harbour-towns.md",
        HARBOUR.replace("First", "Better").replace("ports, ", "").replace("- sample-guest\n", ""),
    )
    assert fates(path, "--publish") == {
        "2019-05-04-harbour-towns.md": ("changed", "/articles/harbour-towns/")
    }
    changed = Article.objects.get()
    assert (changed.pk, changed.body, changed.publish_at) == (
        article.pk,
        "<p>Better words.</p>",
        article.publish_at,
    )
    assert (list(changed.tags.names()), changed.bylines.count()) == (["Trade routes"], 1)
    copy = Article.versions.get(corrects=article)  # what readers see is written by a working copy alone
    assert copy.trashed_at is not None
    assert [s.action for s in snapshots_of(changed)] == ["correct", "publish"]
    assert fates(path) == {"2019-05-04-harbour-towns.md": ("unchanged", "/articles/harbour-towns/")}


def test_what_was_edited_here_is_never_overwritten(folder):
    path = put(folder, "2019-05-04-harbour-towns.md", HARBOUR)
    run(path)
    article = Article.objects.get()
    article.title = "An editor's title"
    article.save()
    workflow.record(article, user=None, action="save")
    assert fates(path, "--publish") == {
        "2019-05-04-harbour-towns.md": ("unchanged", "/articles/harbour-towns/")
    }
    put(folder, "2019-05-04-harbour-towns.md", HARBOUR + "More.")
    before = counts()
    assert fates(path, "--publish") == {
        "2019-05-04-harbour-towns.md": (
            "refused",
            "It has been edited here since its import. The file has changed since; take the change over by hand.",
        )
    }
    article.refresh_from_db()
    assert (article.title, article.state, counts()) == ("An editor's title", State.DRAFT, before)


def test_a_locked_text_is_left_alone_and_reported(folder):
    path = put(folder, "one.md", "# 2019-01-01 One\n\nWords.")
    run(path)
    article = Article.objects.get()
    workflow.lock(article, UserFactory(roles=["Editors"]))
    put(folder, "one.md", "# 2019-01-01 One\n\nOther words.")
    fate, said = fates(path)["one.md"]
    assert (fate, said.startswith("It is locked here.")) == ("refused", True)
    assert Article.objects.get().body == "<p>Words.</p>"


def test_what_lies_in_the_trash_or_is_being_corrected_is_refused(folder):
    path = put(folder, "one.md", "# 2019-01-01 One\n\nWords.")
    put(folder, "two.md", "# 2019-01-01 Two\n\nWords.")
    run(path)
    workflow.trash(Article.objects.get(slug="one"))
    two = Article.objects.get(slug="two")
    ArticleFactory(draft=True, slug="two", corrects=two, based_on=two.version)
    for name in ("one.md", "two.md"):
        put(folder, name, (path / name).read_text() + " More.")
    said = fates(path)
    assert said["one.md"][1].startswith("It lies in the trash here.")
    assert said["two.md"][1].startswith("A working copy of it is open here.")


def test_drafts_of_an_earlier_run_are_published_when_asked(folder):
    path = put(folder, "2019-05-04-harbour-towns.md", HARBOUR)
    run(path)
    assert fates(path, "--publish") == {
        "2019-05-04-harbour-towns.md": ("changed", "/articles/harbour-towns/: published")
    }
    assert Article.objects.published().count() == 1
    assert fates(path, "--publish")["2019-05-04-harbour-towns.md"][0] == "unchanged"


def test_what_has_no_date_or_is_a_draft_at_its_source_is_not_published(folder):
    path = put(folder, "undated.md", "# Undated\n\nWords.")
    put(folder, "2019-01-01-draft.md", "---\ntitle: D\ndraft: true\n---\nWords.")
    put(folder, "2019-01-01-hidden.md", "---\ntitle: H\npublished: false\n---\nWords.")
    lines = run(path, "--publish")
    assert "          line 1: stays a draft: it has no date" in lines
    assert lines.count("          line 1: stays a draft: its source says so") == 2
    assert set(Article.objects.values_list("state", flat=True)) == {State.DRAFT}


def test_a_bad_file_does_not_stop_the_rest(folder):
    path = put(folder, "a.md", "# 2019-01-01 A\n\nWords.")
    (path / "bad.md").write_bytes(b"# Caf\xe9\n\nWords.")
    put(folder, "long.md", f"# 2019-01-01 {'long ' * 70}\n\nWords.")
    put(folder, "z.md", "# 2019-01-01 Z\n\nWords.")
    said = fates(path)
    assert {name: fate for name, (fate, _words) in said.items()} == {
        "a.md": "new", "bad.md": "refused", "long.md": "refused", "z.md": "new",
    }  # fmt: skip
    assert said["bad.md"][1] == "Not UTF-8: line 1 holds the byte 0xe9."
    assert said["long.md"][1].startswith("title: Ensure this value has at most 300 characters")
    assert sorted(Article.objects.values_list("slug", flat=True)) == ["a", "z"]


def test_an_error_half_way_leaves_nothing_of_that_text_and_takes_the_rest(folder, monkeypatch):
    record = workflow.record

    def fail_on_b(text, **rest):
        if text.slug == "b":
            raise RuntimeError("a test's own error")
        record(text, **rest)

    monkeypatch.setattr(workflow, "record", fail_on_b)
    for name in "abc":
        path = put(
            folder, f"{name}.md", f"---\ntitle: {name}\ndate: 2019-01-01\ntags: [only-{name}]\n---\nWords."
        )
    said = fates(path)
    assert said["b.md"] == ("refused", 'An error while importing it: RuntimeError("a test\'s own error").')
    assert sorted(Tag.objects.values_list("name", flat=True)) == ["only-a", "only-c"]
    assert sorted(Article.objects.values_list("slug", flat=True)) == ["a", "c"]


def test_an_address_that_belongs_to_another_text_is_refused_by_its_name(folder):
    ArticleFactory(slug="harbour-towns", title="Somebody else's harbours")
    before = counts()
    assert fates(put(folder, "2019-05-04-harbour-towns.md", HARBOUR)) == {
        "2019-05-04-harbour-towns.md": (
            "refused",
            "The address /articles/harbour-towns/ already belongs to “Somebody else's harbours”."
            " Give the file a “slug” of its own in its front matter.",
        )
    }
    assert counts() == before


def test_files_of_one_name_tell_themselves_apart_by_date_in_any_run(folder):
    for day in ("2023-05-08", "2024-01-12", "2024-08-20"):
        path = put(folder, f"{day}-award.md", f"# Award of {day}\n\nWords.")
    run(path)
    slugs = {
        "Award of 2023-05-08": "award",
        "Award of 2024-01-12": "award-2024",
        "Award of 2024-08-20": "award-2024-08-20",
    }
    assert dict(Article.objects.values_list("title", "slug")) == slugs
    assert {fate for fate, _words in fates(path).values()} == {"unchanged"}


def test_a_chinese_name_without_latin_letters_gets_an_address_of_its_date(folder):
    path = put(folder, "2024-06-13-海港.md", "# 海港\n\n海港的话。")
    put(folder, "2025-10-16-海港-TikTok.md", "# 海港与 TikTok\n\n海港的话。")
    run(path)
    slugs = sorted(Article.objects.filter(language="zh-hans").values_list("slug", flat=True))
    assert re.fullmatch(r"2024-06-13-[0-9a-f]{6}", slugs[0])
    assert slugs[1] == "2025-10-16-tiktok"


def test_old_addresses_that_lead_elsewhere_are_noted_and_left(folder):
    other = ArticleFactory(slug="other", title="Another text")
    Address.objects.create(
        language="en",
        path="/2019/05/04/harbour/",
        status="redirect",
        content_type_id=Address.objects.get(path="/articles/other/").content_type_id,
        object_id=other.pk,
    )
    lines = run(put(folder, "2019-05-04-harbour-towns.md", HARBOUR))
    assert "          line 12: old address /2019/05/04/harbour/ already leads to “Another text”" in lines
    assert Address.objects.get(path="/2019/05/04/harbour/").target == other


def test_links_between_the_texts_follow_them(folder):
    path = put(
        folder,
        "2016-03-21-one.md",
        "# One\n\n[two]({{ '/2016/03/22/two/' | url }}), [by file](2016-03-22-two.md), [news](/news/), [gone](/gone/).",
    )
    put(folder, "2016-03-22-two.md", "# Two\n\n[one](/2016/03/21/one.html) [self](/old/two/)\n")
    put(folder, "2016-03-23-three.md", "---\ntitle: Three\npermalink: /old/two/\n---\nWords.")
    run(path)
    assert Article.objects.get(slug="one").body == (
        '<p><a href="/articles/two/">two</a>, <a href="/articles/two/">by file</a>, <a href="/news/">news</a>, gone.</p>'
    )
    assert (
        Article.objects.get(slug="two").body
        == '<p><a href="/articles/one/">one</a> <a href="/articles/three/">self</a></p>'
    )


PAIRS = {
    "talks/2025-01-02-Harbour-Towns.md": "# 2025-01-02 Column: Harbour towns\n\n### Sample Speaker:\n\nWords of the talk.",
    "talks/2025-01-02-专栏-海港.md": "# 2025-01-02 专栏：海港\n\n### 样例：\n\n> （授權：[CC BY 4.0](https://creativecommons.org/licenses/by/4.0/)）\n\n海港的话。",
    "talks/pairs.tsv": "2025-01-02-Harbour-Towns.md\t2025-01-02-专栏-海港.md\n\nmissing.md\tother.md\n",
}


def test_pairs_are_linked_the_chinese_text_is_the_original_and_both_share_the_english_name(folder, client):
    for name, content in PAIRS.items():
        path = put(folder, name, content)
    lines = run(path, "--publish")
    assert lines[:2] == [
        "read      talks/pairs.tsv  names 1 pairs of editions",
        "          line 3: not two files that could be read: nothing is linked",
    ]
    original, translation = Article.objects.get(language="zh-hans"), Article.objects.get(language="en")
    assert translation.translation_of == original
    assert original.slug == translation.slug == "harbour-towns"
    assert (original.rights, translation.rights) == (Article.Rights.CC_BY, Article.Rights.INSTITUTE)
    assert client.get("/articles/harbour-towns/").status_code == 200
    assert client.get("/zh/articles/harbour-towns/").status_code == 200
    assert {fate for fate, _words in fates(path, "--publish").values()} == {"read", "unchanged"}


def test_a_pair_needs_an_address_that_is_free_in_both_languages(folder):
    ArticleFactory(slug="harbour-towns", title="Somebody else's harbours")
    for name, content in PAIRS.items():
        put(folder, name, content)
    said = fates(folder)
    assert [fate for name, (fate, _words) in sorted(said.items()) if name.endswith(".md")] == [
        "refused",
        "refused",
    ]
    assert all(
        "already belongs to “Somebody else's harbours”" in words
        for name, (_fate, words) in said.items()
        if name.endswith(".md")
    )


def test_a_pair_is_linked_in_the_run_that_takes_its_original(folder):
    for name, content in PAIRS.items():
        path = put(folder, name, content)
    original = "talks/2025-01-02-专栏-海港.md"
    put(folder, original, PAIRS[original].replace("专栏：海港", "长" * 301))
    lines = run(path)
    assert "          line 1: its original was not taken, so it is not linked yet" in lines
    put(folder, original, PAIRS[original])
    said = fates(path)
    assert said[original][0] == "new"
    assert said["talks/2025-01-02-Harbour-Towns.md"] == (
        "changed",
        "/articles/harbour-towns/: linked to its original",
    )
    assert Article.objects.get(language="en").translation_of == Article.objects.get(language="zh-hans")


@pytest.mark.parametrize("options", [(), ("--publish",)])
def test_a_dry_run_tells_the_same_and_writes_nothing(folder, options):
    ArticleFactory(slug="taken", title="Taken")
    path = put(folder, "2019-05-04-harbour-towns.md", HARBOUR)
    run(path)
    put(folder, "2019-05-04-harbour-towns.md", HARBOUR + "More.")
    put(folder, "2019-01-01-taken.md", "# Taken again\n\nWords.")
    put(folder, "long.md", f"# 2019-01-01 {'long ' * 70}\n\nWords.")
    put(folder, "undated.md", "# Undated\n\n![p](p.png)\n\n{% x %}")
    put(
        folder,
        "2019-01-03-tagged.md",
        "---\ntitle: Tagged\ntags: [a-new-tag]\npermalink: /old/tagged/\n---\nWords.",
    )
    for name, content in PAIRS.items():
        put(folder, name.replace("Harbour-Towns", "Talk"), content.replace("Harbour-Towns", "Talk"))
    version, before = current_version(), counts()
    dry = run(path, "--dry-run", *options)
    assert (current_version(), counts()) == (version, before)
    assert dry.pop() == "Dry run: nothing was written."
    assert run(path, *options) == dry
    assert {line.split()[0] for line in dry if not line.startswith(" ")} == {
        "new",
        "changed",
        "refused",
        "read",
        "8",
    }
    assert counts() != before


def test_verbosity_0_prints_refusals_and_sums(folder):
    path = put(folder, "a.md", "# 2019-01-01 A\n\n![p](p.png)")
    put(folder, "b.txt", "no")
    assert run(path, "--verbosity", "0") == [
        "refused   b.txt  Not Markdown (.md or .markdown).",
        "2 files: 1 new, 0 changed, 0 unchanged, 1 refused; 1 notes.",
    ]


def test_a_path_of_no_use_ends_with_an_error(tmp_path):
    with pytest.raises(CommandError, match="there is no such folder or archive"):
        run(tmp_path / "missing")


@pytest.mark.parametrize("saved", ["the text", "a working copy"])
def test_a_save_while_the_import_runs_is_not_written_over(folder, monkeypatch, saved):
    run(put(folder, "2019-05-04-a.md", HARBOUR), *(["--publish"] if saved == "a working copy" else []))
    put(folder, "2019-05-04-a.md", HARBOUR.replace("First words.", "Other words."))
    article, prepare = Article.objects.get(), importer.convert

    def meanwhile(*args):
        if saved == "a working copy":
            open_copy(Article.objects.get())
        else:
            workflow.record(Article.objects.get(), user=None, action="save")
        return prepare(*args)

    monkeypatch.setattr(importer, "convert", meanwhile)
    fate, said = fates(folder)["2019-05-04-a.md"]
    assert (fate, "while the import ran" in said) == ("refused", True)
    article.refresh_from_db()
    assert article.body == "<p>First words.</p>"
