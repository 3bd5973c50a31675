"""What search takes for the same, and how it quotes."""

import time

import pytest

from charhar.search.folding import MOST_TERMS, fold, marked, passage, terms_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller", "MULLER"),
        ("Mu\u0308ller", "Müller"),
        ("Straße", "STRASSE"),
        ("ＢＥＬＴ ＆ ＲＯＡＤ", "belt & road"),
        ("Kirchner’s", "KIRCHNER’S"),
        ("ﬁnal", "final"),
        ("Ελλάδα", "ΕΛΛΑΔΑ"),
        ("soft\u00adhyphen", "softhyphen"),
        ("non\u00a0breaking", "non breaking"),
        ("１２３", "123"),
    ],
)
def test_spellings_that_are_one(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("か", "が"), ("가", "각"), ("公共外交", "公共")])
def test_spellings_that_are_two(one, other):
    assert fold(one) != fold(other)


def test_words_of_a_query_count_once_and_nonsense_is_cut():
    assert terms_of("  Belt belt ROAD ") == ["belt", "road"]
    assert terms_of("") == terms_of("\u200b \u00ad") == []
    assert terms_of("\ud800 x\0y") == ["x", "y"]
    assert len(terms_of(" ".join(map(str, range(100))))) == MOST_TERMS
    assert terms_of("x" * 10_000) == ["x" * 200]


@pytest.mark.parametrize(
    ("text", "terms", "html"),
    [
        ("Müller & <b>Sons</b>", ["muller"], "<mark>Müller</mark> &amp; &lt;b&gt;Sons&lt;/b&gt;"),
        ("Straße", ["strasse"], "<mark>Straße</mark>"),
        ("Straße", ["s"], "<mark>S</mark>tra<mark>ß</mark>e"),
        ("公共外交季刊", ["外交", "交季"], "公共<mark>外交季</mark>刊"),
        ("<mark>", ["mark"], "&lt;<mark>mark</mark>&gt;"),
        ("nothing", ["else"], "nothing"),
        ("a&amp;b", ["amp"], "a&amp;<mark>amp</mark>;b"),
    ],
)
def test_a_text_is_escaped_and_its_terms_marked(text, terms, html):
    assert marked(text, terms) == html


def test_a_passage_is_the_part_around_the_first_term():
    text = "Before. " * 60 + "Here the Süd corridor begins. " + "After. " * 60
    quoted = passage(text, ["corridor", "sud"])
    assert "<mark>Süd</mark> <mark>corridor</mark>" in quoted
    assert quoted.startswith("… Before.")
    assert quoted.endswith("After. …")
    assert len(quoted) < 300


def test_a_passage_without_the_term_is_the_beginning():
    assert passage("Short text.", ["title"]) == "Short text."
    assert passage("", ["x"]) == ""
    assert passage("中" * 500, ["x"]) == "中" * 220 + " …"


def test_quoting_a_long_text_is_quick():
    text = "Les Français à Zürich. " * 2000
    start = time.process_time()
    passage(text, ["zurich"])
    assert time.process_time() - start < 0.5
