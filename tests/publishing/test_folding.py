"""What search takes for the same, how it cuts texts and queries into tokens, and how it quotes."""

import time

import pytest

from charhar.publishing.folding import clean, fold
from charhar.search.passages import marked, passage
from charhar.search.segments import MOST_PARTS, parse, tokens

pytestmark = pytest.mark.plain


def compared(text):
    return tokens(fold(clean(text)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller", "MULLER"),
        ("Mu\u0308ller", "Müller"),
        ("Straße", "STRASSE"),
        ("ＢＥＬＴ ＆ ＲＯＡＤ", "belt & road"),
        ("Kirchner’s", "KIRCHNER'S"),
        ("ﬁnal", "final"),
        ("Ελλάδα", "ΕΛΛΑΔΑ"),
        ("soft\u00adhyphen", "softhyphen"),
        ("non\u00a0breaking", "non breaking"),
        ("１２３", "123"),
        ("negotiations", "negotiating"),
        ("open-source", "open source"),
        ("人工智慧", "人工智慧"),
        ("國際關係", "国际关系"),
        ("覆核著作", "复核着作"),
        ("計畫", "计划"),
        ("借藉", "借借"),
    ],
)
def test_spellings_that_are_one(one, other):
    assert compared(one) == compared(other)


@pytest.mark.parametrize(
    ("one", "other"), [("か", "が"), ("가", "각"), ("公共外交", "公共"), ("后", "厚"), ("news", "new")]
)
def test_spellings_that_are_two(one, other):
    assert compared(one) != compared(other)


def test_a_fold_is_as_long_as_its_text():
    text = "".join(map(chr, range(0x20, 0xD800))) + "ﬁ Straße İ ½ 🙂 \U00020000"
    assert len(fold(text)) == len(text)


def test_a_run_of_chinese_becomes_pairs_and_its_last_character_alone():
    assert compared("人工智慧，AI與G20") == ["人工", "工智", "智慧", "慧", "ai", "与", "g20"]
    assert compared("don’t rock-n-roll 3.5 ½") == ["don", "t", "rock", "n", "roll", "3", "5", "12"]
    assert compared("を🙂ば\U00020000") == ["を", "ば\U00020000", "\U00020000"]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("智", [(("智",), True)]),
        ("智慧", [(("智慧",), False)]),
        ("人工智慧", [(("人工", "工智", "智慧"), False)]),
        ("Belt belt ROAD", [(("belt",), False), (("road",), False)]),
        ('"to be or not to be"', [(("to", "be", "or", "not", "to", "be"), False)]),
        ("“belt road", [(("belt", "road"), False)]),
        ("open-source", [(("open", "sourc"), False)]),
        ("Kirchner’s", [(("kirchner",), False)]),
        ('"Kirchner’s', [(("kirchner", "s"), False)]),
        ("don't", [(("don", "t"), False)]),
        ('c++ "x', [(("c",), False), (("x",), False)]),
        ("G20峰会", [(("g20",), False), (("峰会",), False)]),
        ('"G20峰"', [(("g20", "峰"), True)]),
        ('"公共，外交"', [(("公共", "共", "外交"), False)]),
        ("AND OR NOT", [(("and",), False), (("or",), False), (("not",), False)]),
        ("", []),
        ("\u200b \u00ad", []),
        ("\ud800 x\0y", [(("x",), False), (("y",), False)]),
        ('(((*"" --', []),
    ],
)
def test_a_query_is_made_of_tokens(typed, wanted):
    assert [(part.tokens, part.is_begun) for part in parse(typed).wanted] == wanted


def test_minus_words_and_phrases_are_unwanted():
    query = parse('trade -war －"cold war" 5-2 －战争')
    assert [part.tokens for part in query.wanted] == [("trade",), ("5", "2")]
    assert [part.tokens for part in query.unwanted] == [("war",), ("cold", "war"), ("战争",)]
    assert not parse("-war")


def test_nonsense_is_cut():
    assert len(parse(" ".join(map(str, range(100)))).wanted) == MOST_PARTS
    assert [len(part.tokens[0]) for part in parse("x" * 10_000).wanted] == [64]


@pytest.mark.parametrize(
    ("text", "typed", "html"),
    [
        ("Müller & <b>Sons</b>", "muller", "<mark>Müller</mark> &amp; &lt;b&gt;Sons&lt;/b&gt;"),
        ("Straße", "strasse", "<mark>Straße</mark>"),
        ("They negotiated", "negotiation", "They <mark>negotiated</mark>"),
        ("公共外交季刊", "外交 交季", "公共<mark>外交季</mark>刊"),
        ("國際關係學", "国际关系", "<mark>國際關係</mark>學"),
        ("<mark>", "mark", "&lt;<mark>mark</mark>&gt;"),
        ("nothing", "else", "nothing"),
        ("a&amp;b", "amp", "a&amp;<mark>amp</mark>;b"),
    ],
)
def test_a_text_is_escaped_and_what_was_asked_for_is_marked(text, typed, html):
    assert marked(text, parse(typed).shown) == html


def test_a_passage_is_the_part_that_holds_most_of_the_query():
    text = "The corridor. " + "Before. " * 60 + "Here the Süd corridor begins. " + "After. " * 60
    quoted = passage(text, parse("corridor sud").shown)
    assert "<mark>Süd</mark> <mark>corridor</mark>" in quoted
    assert quoted.startswith("… Before.")
    assert quoted.endswith("After. …")
    assert len(quoted) < 300


def test_a_passage_without_the_query_is_the_beginning():
    assert passage("Short text.", ("title",)) == "Short text."
    assert passage("", ("x",)) == ""
    assert passage("中" * 500, ("x",)) == "中" * 220 + " …"


def test_quoting_a_long_text_is_quick():
    text = "Les Français à Zürich. " * 2000
    start = time.process_time()
    passage(text, ("zurich",))
    assert time.process_time() - start < 0.5
