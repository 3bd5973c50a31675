"""Text set for readers of plain mail: lines of a width that every screen holds, links listed by number."""

import re
import unicodedata
from typing import NamedTuple
from urllib.parse import urljoin

from django.conf import settings

from charhar.publishing.richtext import guard
from charhar.publishing.richtext_tree import Node, parse, serialise

# Columns; a Chinese character takes two.
WIDTH = 72
# A word with the space before it, or one character of a script that is written without spaces.
_WIDE = "\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef"
_PIECE = re.compile(rf"\s+|[{_WIDE}]|[^\s{_WIDE}]+")
# What never begins a line.
_CLOSING = frozenset("，。、；：？！）》」』”’…,.;:?!)]}")


class PlainText(NamedTuple):
    """A text without markup, and the addresses that its numbers in brackets stand for, in order."""

    text: str
    links: list[str]


def columns(text: str) -> int:
    """How wide a text stands in a font of equal widths."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def set_lines(text: str, first: str = "", rest: str = "") -> str:
    """One paragraph in lines of at most ``WIDTH`` columns, with ``first`` and then ``rest`` before each.

    A word that is longer, such as an address, stands whole on a line of its own.
    """
    lines, line, margin = [], "", first
    for piece in _PIECE.findall(" ".join(text.split())):
        if piece.isspace():
            line += " " if line else ""
        elif line and piece not in _CLOSING and columns(margin + line + piece) > WIDTH:
            lines.append(margin + line.rstrip())
            line, margin = piece, rest
        else:
            line += piece
    lines.append(margin + line.rstrip())
    return "\n".join(lines)


def plain(html: str) -> PlainText:
    """Rich text as plain text: paragraphs in lines, lists with dashes or numbers, links numbered."""
    links: list[str] = []
    blocks: list[str] = []

    def inline(node: Node) -> str:
        said = ""
        for child in node.children:
            if isinstance(child, str):
                said += child
            elif isinstance(child, Node):
                said += "\n" if child.tag == "br" else inline(child)
                if child.tag == "a" and child.attrs.get("href"):
                    links.append(absolute_link(child.attrs["href"]))
                    said += f" [{len(links)}]"
        return said

    def block(node: Node, first: str, rest: str) -> None:
        for child in node.children:
            if isinstance(child, str):
                if child.strip():
                    blocks.append(set_lines(child, first, rest))
            elif isinstance(child, Node):
                if child.tag in {"ul", "ol", "blockquote"}:
                    for number, item in enumerate(
                        child.find("li") if child.tag != "blockquote" else [child], 1
                    ):
                        mark = {"ul": "- ", "ol": f"{number}. "}.get(child.tag, "> ")
                        under = mark if mark == "> " else " " * len(mark)
                        block(item, first + mark, rest + under)
                elif child.tag == "hr":
                    blocks.append("* * *")
                else:
                    parts = inline(child).split("\n")
                    blocks.append(
                        "\n".join(set_lines(p, first if n == 0 else rest, rest) for n, p in enumerate(parts))
                    )
                    first = rest

    block(parse(guard(html, small=True)), "", "")
    return PlainText("\n\n".join(each for each in blocks if each.strip()), links)


def absolute_link(href: str) -> str:
    """A link of one of the site's texts as it works from a letter; within a page it leads to the site."""
    return urljoin(f"{settings.SITE_URL}/", href)


def html_for_mail(html: str) -> str:
    """Rich text as letters hold it: clean, and every link whole."""
    tree = parse(guard(html, small=True))
    for link in tree.find("a"):
        if "href" in link.attrs:
            link.attrs["href"] = absolute_link(link.attrs["href"])
    return serialise(tree)
