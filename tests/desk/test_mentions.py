"""Whom a comment names, in Latin and in Chinese."""

import pytest

from charhar.desk.mentions import find

STAFF = ["anna", "anna.bell", "王芳", "王芳华", "Li_Ming", "bob@charhar.org", "o'neil", "zoë"]


@pytest.mark.parametrize(
    ("body", "known", "unknown"),
    [
        ("nobody at all", set(), []),
        ("@anna please", {"anna"}, []),
        ("See above, @anna.", {"anna"}, []),
        ("(@anna)", {"anna"}, []),
        ("@anna, @anna.bell: both", {"anna", "anna.bell"}, []),
        ("@anna.bell.", {"anna.bell"}, []),
        ("@ANNA and @li_ming", {"anna", "Li_Ming"}, []),
        ("@annabel", set(), ["annabel"]),
        ("@anna请看第三段", {"anna"}, []),
        ("@anna.请看", {"anna"}, []),
        ("@王芳请看第三段", {"王芳"}, []),
        ("请@王芳看", {"王芳"}, []),
        ("请@王芳华看", {"王芳华"}, []),
        ("请看＠王芳，谢谢", {"王芳"}, []),
        ("@王芳OK?", {"王芳"}, []),
        ("请@anna.bell看", {"anna.bell"}, []),
        ("@李四请看", set(), ["李四请看"]),
        ("@ana请看", set(), ["ana"]),
        ("write to anna@example.org", set(), []),
        ("write to a.b+c@example.org, not @bob", set(), ["bob"]),
        ("王芳@example.org", set(), []),
        ("@bob@charhar.org, look", {"bob@charhar.org"}, []),
        ("mailto:x@anna", set(), []),
        ("@ anna", set(), []),
        ("@@anna", set(), []),
        ("3 @ 5 each", set(), []),
        ("@zoë!", {"zoë"}, []),
        ("line one\n@anna\nline three", {"anna"}, []),
    ],
)
def test_mentions_are_read(body, known, unknown):
    assert find(body, STAFF) == (known, unknown)


def test_of_two_names_that_differ_in_case_the_exact_one_counts():
    assert find("@Anna", ["anna", "Anna"]).known == {"Anna"}
    assert find("@anna", ["anna", "Anna"]).known == {"anna"}
