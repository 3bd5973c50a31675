"""What other programs mean but do not say in HTML: Word's lists, quotations and comments, linked footnotes.

These passes rewrite a tree in place before it is composed anew (richtext_compose.py).
"""

import re
from collections import Counter
from collections.abc import Iterator

from .richtext_tree import Node

# A note that more places refer to stays where it is: each of them would get a copy.
MOST_REFERENCES = 20

_LIST = re.compile(r"mso-list:\s*(l\d+)\s+level(\d+)")
# A marker that lost its style: a bullet or a number, then the blanks that Word sets after it.
_BARE_MARKER = re.compile(r"\s*([·•▪◦§Øü]|o(?=[\s\xa0]{2})|\(?[0-9]{1,3}[.)]|\(?[a-zA-Z][.)])[\s\xa0]{2,}")
_NUMBER = re.compile(r"\(?([0-9]+|[a-zA-Z]{1,5}|[一二三四五六七八九十]+)[.)、．）]")
_DROPPED_STYLE = re.compile(r"mso-list:ignore|mso-hide:all|mso-element:(comment|header|footer)")
_DROPPED_CLASSES = {"msocomanchor", "msocommentreference"}
_QUOTES = {"MsoQuote", "MsoIntenseQuote"}
_NOTE_BLOCKS = {"p", "li", "div", "aside", "section", "dd"}
_NOTE_CONTAINERS = {"div", "section", "ol", "ul", "aside"}


def style_of(node: Node) -> str:
    """The style attribute in one form: small letters, no blanks."""
    return node.attrs.get("style", "").lower().replace(" ", "")


def is_dropped(node: Node) -> bool:
    """Whether an element is an office program's apparatus that no reader sees: list markers, comments."""
    if "style" not in node.attrs and "class" not in node.attrs:
        return False
    classes = {name.lower() for name in node.attrs.get("class", "").split()}
    return bool(_DROPPED_STYLE.search(style_of(node)) or classes & _DROPPED_CLASSES)


def make_sense(root: Node) -> None:
    """Turn what other programs imply into elements: lists, quotations, footnotes. In place."""
    if any("style" in node.attrs or "class" in node.attrs for node in root.elements()):
        _group_paragraphs(root)
    if any(node.attrs.get("href", "").startswith("#") for node in root.find("a")):
        _link_footnotes(root)


# -- Lists and quotations ---------------------------------------------------------------------------


def _group_paragraphs(node: Node) -> None:
    children: list = []
    items: list[tuple[Node, str, int, str]] = []
    quotes: list[Node] = []

    def close() -> None:
        if items:
            children.extend(_lists(items))
            items.clear()
        if quotes:
            children.append(Node("blockquote", {}, list(quotes)))
            quotes.clear()

    for child in node.children:
        if isinstance(child, str) and not child.strip() and (items or quotes):
            continue
        item = _list_item(child) if isinstance(child, Node) and child.tag == "p" else None
        if item is not None:
            if quotes:
                close()
            items.append(item)
        elif isinstance(child, Node) and child.tag == "p" and any(map(child.has_class, _QUOTES)):
            if items:
                close()
            quotes.append(Node("p", {}, child.children))
        else:
            close()
            if isinstance(child, Node):
                _group_paragraphs(child)
            children.append(child)
    close()
    node.children = children


def _list_item(paragraph: Node) -> tuple[Node, str, int, str] | None:
    """The paragraph as a list item: itself, the list's key, its level from 1, its marker."""
    listed = _LIST.search(paragraph.attrs.get("style", "").lower())
    if listed:
        marker = next((n.text() for n in paragraph.elements() if "mso-list:ignore" in style_of(n)), "")
        return paragraph, listed.group(1), int(listed.group(2)), marker.strip(" \t\n\xa0")
    if paragraph.attrs.get("class", "").startswith("MsoListParagraph"):
        bare = _BARE_MARKER.match(paragraph.text())
        if bare:
            _drop_characters(paragraph, bare.end())
            return paragraph, "", 1, bare.group(1)
    return None


def _drop_characters(node: Node, count: int) -> int:
    """Take ``count`` characters from the beginning of an element's text; returns what is left to take."""
    for position, child in enumerate(node.children):
        if count == 0:
            break
        if isinstance(child, str):
            node.children[position] = child[count:]
            count -= min(count, len(child))
        elif isinstance(child, Node):
            count = _drop_characters(child, count)
    return count


def _lists(items: list[tuple[Node, str, int, str]]) -> list[Node]:
    """Nested lists from a run of Word's list paragraphs."""
    found: list[Node] = []
    open_lists: list[tuple[int, tuple[str, str], Node]] = []
    for paragraph, key, level, marker in items:
        number = _NUMBER.fullmatch(marker)
        tag = "ol" if number else "ul"
        while open_lists and (
            open_lists[-1][0] > level or (open_lists[-1][0] == level and open_lists[-1][1] != (key, tag))
        ):
            open_lists.pop()
        if not open_lists or open_lists[-1][0] < level:
            start = (
                {"start": number.group(1)}
                if number and number.group(1).isascii() and number.group(1).isdigit()
                else {}
            )
            made = Node(tag, start)
            if open_lists:
                last = open_lists[-1][2].children[-1]
                assert isinstance(last, Node)  # noqa: S101 -- only list items were put there, a few lines down
                last.children.append(made)
            else:
                found.append(made)
            open_lists.append((level, (key, tag), made))
        open_lists[-1][2].children.append(Node("li", {}, [Node("p", {}, paragraph.children)]))
    return found


# -- Footnotes --------------------------------------------------------------------------------------


def _link_footnotes(root: Node) -> None:
    """Notes kept apart, as Word, Google Docs, Markdown and our own pages have them, become footnotes.

    A footnote is known by its links: a reference leads to a note that comes later and leads back to it.
    """
    order = list(_with_ancestors(root))
    place = {id(node): number for number, (node, _) in enumerate(order)}
    above = {id(node): ancestors for node, ancestors in order}
    named: dict[str, Node] = {}
    for node, _ in order:
        for name in _names(node):
            named.setdefault(name, node)
    links_to = Counter(link.attrs["href"] for link, _ in order if _is_local(link))
    pairs: list[tuple[Node, Node]] = []
    for link, ancestors in order:
        is_reference = _is_local(link) and links_to[link.attrs["href"]] <= MOST_REFERENCES
        anchor = named.get(link.attrs["href"][1:]) if is_reference else None
        if anchor is None or place[id(anchor)] <= place[id(link)]:
            continue
        own = {name for node in [link, *link.elements(), *_inline(ancestors)] for name in _names(node)}
        note = _note_around(anchor, above[id(anchor)])
        leads_back = any(_is_local(other) and other.attrs["href"][1:] in own for other in note.find("a"))
        if leads_back and note is not link and note not in ancestors:
            pairs.append((link, note))
    for note in {id(note): note for _, note in pairs}.values():
        for link in note.find("a"):
            target = named.get(link.attrs["href"][1:]) if _is_local(link) else None
            if target is not None and place[id(target)] < place[id(note)]:
                link.attrs, link.children = {}, []
        _take_out(note, above[id(note)])
    for link, note in pairs:
        link.tag, link.attrs, link.children = "span", {"class": "footnote"}, [Node("div", {}, note.children)]


def _is_local(node: Node) -> bool:
    return node.tag == "a" and node.attrs.get("href", "").startswith("#")


def _with_ancestors(node: Node, ancestors: tuple[Node, ...] = ()) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    for child in node.children:
        if isinstance(child, Node):
            yield child, (*ancestors, node)
            yield from _with_ancestors(child, (*ancestors, node))


def _names(node: Node) -> list[str]:
    return [node.attrs[key] for key in ("id", "name") if node.attrs.get(key)]


def _inline(ancestors: tuple[Node, ...]) -> Iterator[Node]:
    """The elements around a link up to its block."""
    for node in reversed(ancestors):
        if node.tag not in {"sup", "span", "b", "i", "em", "strong"}:
            return
        yield node


def _note_around(anchor: Node, ancestors: tuple[Node, ...]) -> Node:
    """The whole note that an anchor stands in: Word keeps all paragraphs of one in a box of its own."""
    path = [*ancestors, anchor]
    at = next((i for i in range(len(path) - 1, 0, -1) if path[i].tag in _NOTE_BLOCKS), len(path) - 1)
    if re.search(r"mso-element:(foot|end)note($|;)", style_of(path[at - 1])):
        at -= 1
    return path[at]


def _take_out(note: Node, ancestors: tuple[Node, ...]) -> None:
    """Remove a note, and what held nothing but notes: the list, the rule before it, its heading."""
    child = note
    for parent in reversed(ancestors):
        if child not in parent.children:
            return
        position = parent.children.index(child)
        del parent.children[position]
        if child is not note:
            _take_rule_before(parent, position)
        rest = parent.text(skip=lambda node: node.tag in {"h1", "h2", "h3"}).strip(" \t\n\xa0")
        if parent.tag not in _NOTE_CONTAINERS or rest:
            return
        child = parent


def _take_rule_before(parent: Node, position: int) -> None:
    while (
        position
        and isinstance(parent.children[position - 1], str)
        and not str(parent.children[position - 1]).strip()
    ):
        position -= 1
    before = parent.children[position - 1] if position else None
    if isinstance(before, Node) and before.tag == "hr":
        del parent.children[position - 1]
