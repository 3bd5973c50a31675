"""A text as a tree: small nodes, read from the sanitiser's output and written back.

nh3 writes canonical HTML (every element closed, every attribute quoted, text escaped), so reading it takes
one regular expression, and what that does not recognise is text and is escaped again on writing.
"""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

VOID = frozenset({"br", "hr", "img"})
# Deeper elements stay empty, before and after their content, so that it is kept and the tree's depth bounded.
MAX_DEPTH = 60

_TOKEN = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [^\s=>"]+="[^"]*")*)>')
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_ATTRIBUTE = re.compile(r' ([^\s=>"]+)="([^"]*)"')


@dataclass(slots=True)
class Raw:
    """Ready HTML inside a tree, written as it stands: only for markup made by our own code."""

    html: str


@dataclass(slots=True, eq=False)
class Node:
    """An element with its attributes and children; text is a plain string among the children."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    children: list["Node | Raw | str"] = field(default_factory=list)

    def has_class(self, name: str) -> bool:
        """Whether ``name`` is one of the element's classes."""
        return name in self.attrs.get("class", "").split()

    def elements(self) -> Iterator["Node"]:
        """Every element beneath this one, in the order of the text."""
        for child in self.children:
            if isinstance(child, Node):
                yield child
                yield from child.elements()

    def find(self, *tags: str) -> Iterator["Node"]:
        """The elements beneath this one that have one of the tags."""
        return (node for node in self.elements() if node.tag in tags)

    def text(self, skip: Callable[["Node"], bool] = lambda node: False) -> str:
        """All text beneath this element, one piece after the other, without that of the elements to skip."""
        return "".join(
            child
            if isinstance(child, str)
            else ""
            if isinstance(child, Raw) or skip(child)
            else child.text(skip)
            for child in self.children
        )


def image_number(node: Node) -> int | None:
    """The library's number of the picture that a figure shows, if it is one that a database can hold."""
    number = node.attrs.get("data-image", "")
    return int(number) if _NUMBER.fullmatch(number) else None


def is_footnote(node: Node) -> bool:
    """Whether an element is a footnote."""
    return node.tag == "span" and node.has_class("footnote")


def parse(source: str) -> Node:
    """Read HTML that nh3 wrote; the root has no tag."""
    root = Node("")
    # An element too deep is represented by its parent, so that its end tag closes the right thing.
    stack = [root]
    position = 0
    for token in _TOKEN.finditer(source):
        if token.start() > position:
            stack[-1].children.append(html.unescape(source[position : token.start()]))
        position = token.end()
        closing, tag, attributes = token.groups()
        if closing:
            if len(stack) > 1 and stack.pop() is stack[-1]:
                stack[-1].children.append(Node(tag))
            continue
        if tag not in VOID and len(stack) > MAX_DEPTH:
            stack[-1].children.append(Node(tag))
            stack.append(stack[-1])
            continue
        node = Node(tag, {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(attributes)})
        stack[-1].children.append(node)
        if tag not in VOID:
            stack.append(node)
    if position < len(source):
        stack[-1].children.append(html.unescape(source[position:]))
    return root


def serialise(node: Node | Raw | str) -> str:
    """Write a tree as HTML, text and attributes escaped; the root writes its children only."""
    if isinstance(node, str):
        return html.escape(node, quote=False)
    if isinstance(node, Raw):
        return node.html
    inner = "".join(map(serialise, node.children))
    if not node.tag:
        return inner
    attributes = "".join(f' {name}="{html.escape(value)}"' for name, value in node.attrs.items())
    if node.tag in VOID:
        return f"<{node.tag}{attributes}>"
    return f"<{node.tag}{attributes}>{inner}</{node.tag}>"
