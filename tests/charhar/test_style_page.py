"""The style page for staff: what the style sheet says, and the components as readers get them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml.html import fromstring

from charhar import style_page
from charhar.style_page import contrast, read_tokens, tokens
from tests.factories import ImageFactory, UserFactory

pytestmark = pytest.mark.plain


def test_the_tokens_are_those_of_the_style_sheet():
    sheet = """@layer tokens {
  :root, [data-theme="light"] {
    /* Colour */
    --ink: #16191f; --paper: #fbfaf6;
  }
  :root { /* Type */ --h1: clamp(2rem, 5vw, 3rem); }
  [data-theme="dark"], .foot { --ink: #ebe7de; }
  /* Of two languages. */
  :root:lang(zh) { --h1: 2rem; }
}
@layer base { p { --no: 1; } }
"""
    assert read_tokens(sheet) == [
        ("ink", "Colour", "#16191f", "#ebe7de", ""),
        ("paper", "Colour", "#fbfaf6", "", ""),
        ("h1", "Type", "clamp(2rem, 5vw, 3rem)", "", "2rem"),
    ]


def test_every_token_stands_in_a_group_and_no_colour_is_too_faint_in_either_theme():
    assert {token.group for token in tokens()} == set(style_page.GROUPS) == set(style_page.SHOWN_BY)
    colours = {token.name: token for token in tokens() if token.group == "Colour"}
    assert [name for name, token in colours.items() if not token.dark] == []
    least = {"ink": 7, "muted": 4.5, "seal": 4.5, "link": 4.5, "field": 3}
    for theme in ("value", "dark"):
        for name, ratio in least.items():
            for ground in ("paper", "wash"):
                pair = getattr(colours[name], theme), getattr(colours[ground], theme)
                assert contrast(*pair) >= ratio, (theme, name, ground)
    assert round(contrast("#000000", "#ffffff")) == 21


def test_a_dark_system_and_the_switch_give_the_same_colours():
    with open(style_page.finders.find(style_page.STYLE_SHEET), encoding="utf-8") as file:
        layer = style_page.LAYER.search(file.read())[1]
    dark = [
        {name: value for _comment, name, value in style_page.PART.findall(body) if name and name != "hair"}
        for selector, body in style_page.RULE.findall(layer)
        if '[data-theme="dark"]' in selector or ':not([data-theme="light"])' in selector
    ]
    assert len(dark) == 2
    assert dark[0] == dark[1]


@pytest.mark.django_db
def test_it_is_for_staff_and_shows_every_state_in_both_languages_and_writes_nothing(client):
    assert client.get(reverse("style")).status_code == 302
    assert client.get(reverse("style-sheet")).status_code == 302
    ImageFactory(width=1200, height=800)
    client.force_login(UserFactory(roles=["Authors"]))
    client.get("/")  # has the writes of this test counted
    for language, tag, theme in (("en", "en", "dark"), ("zh-hans", "zh-Hans", "light")):
        with CaptureQueriesContext(connection) as captured:
            response = client.get(f"{reverse('style')}?language={language}&theme={theme}")
        assert [q["sql"] for q in captured if not q["sql"].lstrip("(").startswith("SELECT")] == []
        page = fromstring(response.content.decode())
        assert (page.get("lang"), page.xpath("//main/div/@data-theme")) == (tag, [theme])
        ids = page.xpath("//@id")
        assert sorted(set(ids)) == sorted(ids)
        for state in (
            "//table//code[text()='--paper']", "//ol[@class='rows']/li[contains(@class, 'pictured')]",
            "//li[@class='book']//span[@class='nocover']", "//li[@class='face']//img", "//span[@class='noface']",
            "//nav[@class='pages']//a[@aria-current]", "//div[@class='empty']", "//div[@class='errors']//a",
            "//*[@aria-invalid='true']", "//sup/a", "//section[@class='notes']", "//figure//img",
            "//section[@class='corrections']", "//nav[@class='crumbs']", "//div[@class='notice']",
            "//span[@class='edition']",
        ):  # fmt: skip
            assert page.xpath(f"//main{state}"), state
    rules = client.get(reverse("style-sheet"))
    assert rules["Content-Type"] == "text/css; charset=utf-8"
    assert ".t-paper { background: var(--paper); }" in rules.content.decode()
    index = fromstring(client.get(reverse("admin:index")).content.decode())
    assert index.xpath(f"//nav//a[@href='{reverse('style')}']/text()") == ["Style of the site"]
