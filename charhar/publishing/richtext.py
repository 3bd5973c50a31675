"""Rich text: one definition for the editor and the sanitiser.

``VOCABULARY`` says, element by element, what the editor offers and what a stored text may contain. The
editor's extensions (``editor_extensions``), the sanitiser (``clean``) and the guard before rendering are all
made from it.
Pictures are objects of the library (``<figure data-image="ID">``), never HTML; a pasted ``img`` leaves its
alternative text. Rendering for readers is in richtext_render.py, the editor in richtext_forms.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import nh3
from django.db import models

from .richtext_compose import INLINE, compose
from .richtext_lines import CJK, WORD
from .richtext_tree import Node, is_footnote, parse, serialise

SCHEMES = frozenset({"http", "https", "mailto", "tel"})


@dataclass(frozen=True)
class Element:
    """What one extension of the editor writes, and how the extension is set up."""

    extension: str
    tags: Mapping[str, frozenset[str]]  # each tag with its attributes
    options: Mapping[str, Any] = field(default_factory=dict)
    classes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    mark: str = ""  # the tag, where it is a mark on text rather than a block
    in_short_texts: bool = True


def _tags(*names: str, **attributes: str) -> dict[str, frozenset[str]]:
    return {
        **{name: frozenset() for name in names},
        **{name: frozenset(a.split()) for name, a in attributes.items()},
    }


# The order of the marks is the order in which they nest, the first outermost, in the editor as here.
VOCABULARY = (
    Element("Paragraph", _tags("p")),
    Element("Heading", _tags("h2", "h3"), {"levels": [2, 3]}),
    Element("BulletList", _tags("ul")),
    Element("OrderedList", _tags(ol="start")),
    Element("ListItem", _tags("li")),
    Element("Blockquote", _tags("blockquote")),
    Element("CodeBlock", _tags("pre", "code")),
    Element("HorizontalRule", _tags("hr")),
    Element("HardBreak", _tags("br")),
    Element("Link", _tags(a="href"), mark="a"),
    Element("Language", _tags(span="lang"), mark="span"),
    Element("Bold", _tags("strong"), mark="strong"),
    Element("Italic", _tags("em"), mark="em"),
    Element("Subscript", _tags("sub"), mark="sub"),
    Element("Superscript", _tags("sup"), mark="sup"),
    Element("Code", _tags("code"), mark="code"),
    Element("Table", _tags("table", "caption", "thead", "tbody"), in_short_texts=False),
    Element("TableRow", _tags("tr"), in_short_texts=False),
    Element("TableHeader", _tags(th="colspan rowspan scope"), in_short_texts=False),
    Element("TableCell", _tags(td="colspan rowspan"), in_short_texts=False),
    Element("Figure", _tags("figcaption", figure="data-image"), in_short_texts=False),
    Element("Footnote", _tags("span"), classes={"span": frozenset({"footnote"})}, in_short_texts=False),
)

# Elements that the sanitiser lets through to be composed anew: whatever separates text or means something.
_FOREIGN = INLINE | frozenset(
    """address article aside blockquote caption center dd details dialog dir div dl dt fieldset figcaption
    figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol p pre search section
    summary table tbody td tfoot th thead tr ul""".split()  # noqa: SIM905 -- a list of fifty words reads better so
)
_WITHOUT_CONTENT = frozenset(
    """applet audio canvas embed frame frameset head iframe math noembed noframes noscript object script
    select style svg template textarea title video xml""".split()  # noqa: SIM905
)
# Control characters, halves of surrogate pairs and byte order marks: no text, and some databases refuse them.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_BLOCKS = frozenset(
    {
        "p",
        "h2",
        "h3",
        "li",
        "pre",
        "caption",
        "figcaption",
        "td",
        "th",
        "blockquote",
        "ul",
        "ol",
        "table",
        "figure",
        "tr",
    }
)


def vocabulary(*, small: bool = False) -> tuple[Element, ...]:
    """The elements of a full text, or of a small one: no tables, figures and footnotes."""
    return tuple(element for element in VOCABULARY if element.in_short_texts or not small)


def editor_extensions(*, small: bool = False) -> dict[str, Any]:
    """The editor's extensions with their options, in order."""
    return {element.extension: dict(element.options) for element in vocabulary(small=small)}


@cache
def _guard(small: bool) -> nh3.Cleaner:
    # Without a word on attributes of all elements the sanitiser would let some through.
    attributes: dict[str, set[str]] = {"*": set()}
    classes: dict[str, set[str]] = {}
    for element in vocabulary(small=small):
        for tag, names in element.tags.items():
            attributes.setdefault(tag, set()).update(names)
        for tag, names in element.classes.items():
            classes.setdefault(tag, set()).update(names)
    return nh3.Cleaner(
        tags=set(attributes) - {"*"},
        attributes=attributes,
        allowed_classes=classes,
        clean_content_tags=set(_WITHOUT_CONTENT),
        url_schemes=set(SCHEMES),
        link_rel=None,
    )


@cache
def _sieve() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_FOREIGN),
        attributes={
            "*": {"class", "id", "lang", "style"},
            "a": {"href", "name"},
            "figure": {"data-image"},
            "img": {"alt"},
            "ol": {"start"},
            "td": {"colspan", "rowspan"},
            "th": {"colspan", "rowspan", "scope"},
        },
        clean_content_tags=set(_WITHOUT_CONTENT),
        url_schemes=set(SCHEMES),
        link_rel=None,
    )


def clean(html: str, *, small: bool = False) -> str:
    """The text in the house's vocabulary, whatever HTML it came in; ``clean(clean(x)) == clean(x)``.

    Scripts, styles, event handlers, addresses such as ``javascript:`` and office programs' markup go; all
    text stays, in a paragraph where it stood outside one. ``h1`` becomes ``h2``, ``h4`` and deeper ``h3``;
    Word's lists and everybody's linked footnotes become real ones; an ``img`` leaves its alternative text.
    Small texts have no tables, figures and footnotes: their content becomes paragraphs and parentheses.
    Raises nothing. Costs some milliseconds for an article: on save, not while rendering.
    """
    html = _UNPRINTABLE.sub("", html.replace("\r\n", "\n").replace("\r", "\n"))
    elements = vocabulary(small=small)
    tree = compose(
        parse(_sieve().clean(html)),
        tags=frozenset(tag for element in elements for tag in element.tags),
        mark_order=[element.mark for element in elements if element.mark],
        footnotes=any(element.extension == "Footnote" for element in elements),
    )
    return guard(serialise(tree), small=small)


def guard(html: str, *, small: bool = False) -> str:
    """Only what the vocabulary allows, nothing put in order: cheap enough for every rendering."""
    return _guard(small).clean(html)


def plain_text(html: str, *, footnotes: bool = True) -> str:
    """The text without markup, a line for each block, footnotes in parentheses."""
    pieces: list[str] = []

    def walk(node: Node) -> None:
        for child in node.children:
            if isinstance(child, str):
                pieces.append(child)
            elif isinstance(child, Node) and is_footnote(child):
                if footnotes:
                    pieces.append(" (")
                    walk(child)
                    pieces.append(")")
            elif isinstance(child, Node):
                pieces.append("\n" if child.tag in _BLOCKS or child.tag in {"br", "hr"} else "")
                walk(child)
                pieces.append("\n" if child.tag in _BLOCKS else "")

    walk(parse(guard(html)))
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def word_count(html: str) -> int:
    """How many words a text has: words between blanks, and each Chinese character as one."""
    text = plain_text(html)
    return len(WORD.findall(text)) + sum(char.isalpha() for char in CJK.findall(text))


# -- Storing ----------------------------------------------------------------------------------------


class _Cleaned(str):
    """A text on its way into the database that this save has cleaned already."""

    __slots__ = ()


class RichTextField(models.TextField):
    """Formatted text, cleaned on every way into the database, ``update()`` and ``bulk_create`` included.

    ``small`` texts (notes, biographies) have no tables, figures and footnotes. It is no part of the database,
    so changing it needs no migration.
    """

    def __init__(self, *args: Any, small: bool = False, **kwargs: Any) -> None:
        self.small = small
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        if isinstance(value, str):
            value = clean(value, small=self.small)
            setattr(model_instance, self.attname, value)
            value = _Cleaned(value)
        return value

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if isinstance(value, _Cleaned):
            value = str(value)
        elif isinstance(value, str):
            value = clean(value, small=self.small)
        return super().get_db_prep_save(value, connection)

    def formfield(self, **kwargs: Any) -> Any:
        from .richtext_forms import RichTextFormField

        return super().formfield(**{**kwargs, "form_class": RichTextFormField, "small": self.small})
