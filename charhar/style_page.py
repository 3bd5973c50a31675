"""The site's style on one page for staff: what the style sheet names, and every component in its states.

The tokens are read from the style sheet itself and the components are the templates that readers get, filled
with samples that are never saved: the page can not grow stale, and writes nothing.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from charhar.publishing.head import head_for
from charhar.publishing.languages import CHINESE, ENGLISH, LANGUAGES
from charhar.style_samples import samples

STYLE_SHEET = "charhar/css/site.css"
LAYER = re.compile(r"@layer tokens \{\n(.*?)\n\}", re.DOTALL)
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
PART = re.compile(r"/\*\s*(.+?)\s*\*/|--([\w-]+):\s*([^;]+);")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
COLOUR = re.compile(r"#[0-9a-f]{6}")
GROUPS = {
    "Colour": gettext_lazy("Colour"),
    "Rules": gettext_lazy("Rules"),
    "Type": gettext_lazy("Type"),
    "Leading": gettext_lazy("Leading"),
    "Space": gettext_lazy("Space"),
    "Width": gettext_lazy("Width"),
    "Letters": gettext_lazy("Letters"),
    "Tracking": gettext_lazy("Tracking"),
}
# The property that shows a token of each group.
SHOWN_BY = {
    "Colour": "background",
    "Rules": "border-block-start",
    "Type": "font-size",
    "Leading": "line-height",
    "Space": "inline-size",
    "Width": "inline-size",
    "Letters": "font-family",
    "Tracking": "letter-spacing",
}


class Token(NamedTuple):
    """A custom property: its value, and what dark pages and Chinese ones put in its place."""

    name: str
    group: str
    value: str
    dark: str = ""
    chinese: str = ""

    @property
    def shown_by(self) -> str:
        """The property that makes it visible."""
        return SHOWN_BY[self.group]


@cache
def tokens() -> list[Token]:
    """The tokens of the style sheet, in its order."""
    with open(str(finders.find(STYLE_SHEET)), encoding="utf-8") as file:
        return read_tokens(file.read())


def read_tokens(sheet: str) -> list[Token]:
    """The tokens that a style sheet names in its layer of that name."""
    layer = LAYER.search(sheet)
    found: dict[str, Token] = {}
    for selector, body in RULE.findall(layer[1] if layer else ""):
        where = COMMENT.sub("", selector)
        group = ""
        for comment, name, value in PART.findall(body):
            if comment:
                group = comment
            elif 'data-theme="dark"' in where:
                found[name] = found[name]._replace(dark=value)
            elif "zh" in where:
                found[name] = found[name]._replace(chinese=value)
            elif group:
                found[name] = Token(name, group, value)
    return list(found.values())


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG reckons it, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrasts(all_tokens: Iterable[Token]) -> dict[str, tuple[str, str]]:
    """For each colour its contrast on the paper of the same theme: light, dark."""
    colours = {t.name: t for t in all_tokens if COLOUR.fullmatch(t.value) and COLOUR.fullmatch(t.dark)}
    paper = colours["paper"]
    return {
        name: (f"{contrast(t.value, paper.value):.1f}", f"{contrast(t.dark, paper.dark):.1f}")
        for name, t in colours.items()
    }


def page(request: HttpRequest) -> HttpResponse:
    """The style page, its samples in one language and theme."""
    chosen = request.GET.get("language")
    language = chosen if chosen in dict(LANGUAGES) else ENGLISH
    theme = "dark" if request.GET.get("theme") == "dark" else "light"
    other = ENGLISH if language == CHINESE else CHINESE
    ratios = contrasts(tokens())
    groups = [
        (label, [(t, *ratios.get(t.name, ("", ""))) for t in tokens() if t.group == group])
        for group, label in GROUPS.items()
    ]
    with translation.override(language):
        head = head_for(request, _("Style of the site"), languages=(), noindex=True)
        request.other_language_path = f"{reverse('style')}?language={other}&theme={theme}"  # type: ignore[attr-defined]
        ways = [
            (
                name + pgettext("before a detail", ", ") + str(said),
                f"?language={code}&theme={key}",
                (code, key) == (language, theme),
            )
            for code, name in LANGUAGES
            for key, said in (("light", _("light")), ("dark", _("dark")))
        ]
        context = {"head": head, "theme": theme, "ways": ways, "groups": groups, **samples(language)}
        return render(request, "style/page.html", context)


def sheet(request: HttpRequest) -> HttpResponse:
    """The rules that make each token visible on the style page."""
    context = {"tokens": tokens()}
    return render(request, "style/tokens.css", context, content_type="text/css; charset=utf-8")
