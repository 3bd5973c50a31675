"""Any HTML, composed anew in the house's vocabulary: blocks that hold text, text that carries marks.

What is outside a block gets a paragraph, what the vocabulary lacks is expressed in what it has, and no text
is left out. Text is gathered as runs, each with the set of its marks, and nested again in one fixed order,
which is also the editor's; so the same text has one form, and composing it again changes nothing.
"""

import re
from collections.abc import Sequence

from . import richtext_foreign as foreign
from . import richtext_tables as tables
from .richtext_lines import BLANKS, Mark, Run, TextBlock, finish, settle
from .richtext_tree import Node, image_number, is_footnote

# Lists, quotations and cells within one another; deeper ones leave their content to the one around them.
MAX_NESTING = 8

_MARK_OF_TAG = {
    "strong": "strong", "b": "strong", "em": "em", "i": "em", "cite": "em", "dfn": "em", "var": "em",
    "sub": "sub", "sup": "sup", "code": "code", "kbd": "code", "samp": "code", "tt": "code",
}  # fmt: skip
_HEADINGS = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h3", "h5": "h3", "h6": "h3"}
INLINE = frozenset({*_MARK_OF_TAG, "a", "span", "q", "img", "br"})

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)
_FILE_NAME = re.compile(r"[\w\s().-]*\.(png|jpe?g|gif|webp|svg|bmp|tiff?|emf|wmf)", re.IGNORECASE)


def compose(root: Node, tags: frozenset[str], mark_order: Sequence[str], footnotes: bool) -> Node:
    """A new tree in the vocabulary of ``tags``; ``mark_order`` says which mark stands outside which.

    ``root`` is used up. Raises nothing; the cost grows with the length of the text.
    """
    foreign.make_sense(root)
    page = Node("", {}, list(_Composer(tags, footnotes).blocks(root, ())))
    finish(page, mark_order)
    return page


class _Composer:
    """Walks a foreign tree and sets its content in blocks. A text block holds its runs in ``lines``."""

    def __init__(self, tags: frozenset[str], footnotes: bool) -> None:
        self.tags = tags
        self.footnotes = footnotes
        self.nesting = 0
        self.in_cell = False

    def blocks(self, node: Node, marks: tuple[Mark, ...]) -> list[Node]:
        """The children of an element as blocks."""
        sheet = _Sheet()
        self.nesting += 1
        self.fill(sheet, node, marks)
        self.nesting -= 1
        sheet.close()
        return sheet.blocks

    def line(self, node: Node, marks: tuple[Mark, ...], within: str) -> list[Run]:
        """All content of an element as one line, whatever blocks it had."""
        sheet = _Line(within)
        self.fill(sheet, node, marks)
        return settle(sheet.runs)

    def fill(self, sheet: "_Sheet", node: Node, marks: tuple[Mark, ...]) -> None:
        for child in node.children:
            if isinstance(child, str):
                sheet.runs.append(Run(child, marks))
            elif isinstance(child, Node) and not foreign.is_dropped(child):
                self.element(sheet, child, marks)

    def element(self, sheet: "_Sheet", node: Node, marks: tuple[Mark, ...]) -> None:
        if is_footnote(node):
            self.footnote(sheet, node)
        elif node.tag == "br":
            sheet.runs.append(Run(Node("br"), marks))
        elif node.tag == "img":
            alt = node.attrs.get("alt", "").strip()
            if not _FILE_NAME.fullmatch(alt):
                sheet.runs.append(Run(alt, marks))
        elif node.tag == "q":
            sheet.runs.append(Run("“", marks))
            self.fill(sheet, node, marks)
            sheet.runs.append(Run("”", marks))
        elif node.tag in INLINE:
            self.fill(sheet, node, self.marked(node, marks))
        else:
            sheet.close()
            marks = self.marked(node, marks)
            if isinstance(sheet, _Line):
                self.fill(sheet, node, marks)
            else:
                self.block(sheet, node, marks)
            sheet.close()

    def marked(self, node: Node, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
        """The marks within an element: those around it and its own, also those it wears as a style."""
        style = foreign.style_of(node)
        # Word marks bold as <b style="mso-bidi-font-weight:normal">; only the property itself counts.
        found = []
        tag = _MARK_OF_TAG.get(node.tag)
        if tag and not (node.tag == "b" and re.search(r"(?<![\w-])font-weight:(normal|400)", style)):
            found.append((tag, ""))
        if re.search(r"(?<![\w-])font-weight:(bold|[6-9]00)", style) and node.tag not in _HEADINGS:
            found.append(("strong", ""))
        if re.search(r"(?<![\w-])font-style:(italic|oblique)", style):
            found.append(("em", ""))
        if shift := re.search(r"vertical-align:(super|sub)(;|$)", style):
            found.append((shift.group(1).replace("super", "sup"), ""))
        elif node.has_class("MsoFootnoteReference") or node.has_class("MsoEndnoteReference"):
            found.append(("sup", ""))
        href = node.attrs.get("href", "").strip()
        if node.tag == "a" and href and not href.startswith("#_"):
            found.append(("a", href))
        if language := _language(node.attrs.get("lang", "")):
            found.append(("span", language))
        kept = [mark for mark in dict.fromkeys(found) if mark[0] in self.tags]
        names = {name for name, _ in kept}
        return (*(mark for mark in marks if mark[0] not in names), *kept)

    def footnote(self, sheet: "_Sheet", node: Node) -> None:
        """A footnote; in parentheses where none may be: in another, in a table's caption, in short texts."""
        runs = self.line(node, (), "footnote")
        if not runs:
            return
        if self.footnotes and not (isinstance(sheet, _Line) and sheet.within in {"footnote", "caption"}):
            sheet.runs.append(Run(TextBlock("span", {"class": "footnote"}, runs=runs)))
        else:
            sheet.runs.extend([Run(" ("), *runs, Run(")")])

    def block(self, sheet: "_Sheet", node: Node, marks: tuple[Mark, ...]) -> None:
        tag = node.tag
        if tag in _HEADINGS:
            sheet.blocks.extend(_heading(_HEADINGS[tag], self.line(node, marks, tag)))
        elif tag == "pre":
            text = _preformatted(node).replace("\xa0", " ").strip("\n")
            if text.strip():
                sheet.blocks.append(Node("pre", {}, [Node("code", {}, [text])]))
        elif tag == "hr":
            sheet.blocks.append(Node("hr"))
        elif tag == "figure" and tag in self.tags and image_number(node):
            self.set_figure(sheet, node, marks)
        elif tag in {"dt", "summary", "legend"}:
            self.fill(sheet, node, (*(mark for mark in marks if mark[0] != "strong"), ("strong", "")))
        elif self.nesting > MAX_NESTING:
            self.fill(sheet, node, marks)
        elif tag in {"ul", "ol"}:
            self.set_list(sheet, node, marks)
        elif tag == "blockquote":
            blocks = self.blocks(node, marks)
            if blocks:
                sheet.blocks.append(Node("blockquote", {}, list(blocks)))
        elif tag == "table" and tag in self.tags and not self.in_cell:
            self.set_table(sheet, node, marks)
        else:
            self.fill(sheet, node, marks)

    def set_list(self, sheet: "_Sheet", node: Node, marks: tuple[Mark, ...]) -> None:
        items: list[Node] = []
        loose = Node("li")
        for child in node.children:
            if isinstance(child, Node) and child.tag in {"ul", "ol"} and items and not loose.children:
                # Some programs set an inner list beside the item it belongs to.
                items[-1].children.extend(self.blocks(Node("li", {}, [child]), marks))
            elif isinstance(child, Node) and child.tag == "li":
                self.item(items, loose, marks)
                loose = Node("li")
                self.item(items, child, self.marked(child, marks))
            elif not isinstance(child, str) or child.strip(BLANKS):
                loose.children.append(child)
        self.item(items, loose, marks)
        for item in items:
            rest = [child for child in item.children[1:] if isinstance(child, Node)]
            _open_paragraph(item, alone=all(other.tag in {"ul", "ol"} for other in rest))
        if items:
            start = node.attrs.get("start", "")
            numbered = node.tag == "ol" and re.fullmatch(r"[0-9]{1,6}", start) and int(start) != 1
            sheet.blocks.append(Node(node.tag, {"start": str(int(start))} if numbered else {}, list(items)))

    def item(self, items: list[Node], node: Node, marks: tuple[Mark, ...]) -> None:
        blocks = self.blocks(node, marks)
        if blocks:
            items.append(Node("li", {}, list(blocks)))

    def set_table(self, sheet: "_Sheet", node: Node, marks: tuple[Mark, ...]) -> None:
        rows: list[list[Node]] = []
        caption: list[Run] = []
        for part, is_head in _table_parts(node):
            if part.tag == "caption" and not caption:
                caption = self.line(part, marks, "caption")
            elif part.tag == "tr":
                cells = [c for c in part.children if isinstance(c, Node) and c.tag in {"td", "th"}]
                rows.append([self.set_cell(c, "th" if is_head else c.tag, marks) for c in cells])
            else:
                self.fill(sheet, part, marks)
                sheet.close()
        sections = tables.tidy(rows)
        if sections:
            named = [TextBlock("caption", runs=caption)] if caption else []
            sheet.blocks.append(Node("table", {}, [*named, *sections]))
        elif caption:
            sheet.blocks.append(TextBlock("p", runs=caption))

    def set_cell(self, node: Node, tag: str, marks: tuple[Mark, ...]) -> Node:
        self.in_cell = True
        blocks = self.blocks(node, self.marked(node, marks))
        self.in_cell = False
        attrs = {name: value for name, value in node.attrs.items() if name in {"colspan", "rowspan", "scope"}}
        made = Node(tag, attrs, list(blocks))
        _open_paragraph(made, alone=len(blocks) == 1)
        return made

    def set_figure(self, sheet: "_Sheet", node: Node, marks: tuple[Mark, ...]) -> None:
        """A picture from the library; what the element holds besides picture and caption follows it."""
        caption = next((c for c in node.children if isinstance(c, Node) and c.tag == "figcaption"), None)
        runs = self.line(caption, marks, "figcaption") if caption else []
        named = [TextBlock("figcaption", runs=runs)] if runs else []
        sheet.blocks.append(Node("figure", {"data-image": node.attrs["data-image"]}, list(named)))
        rest = [c for c in node.children if c is not caption and not (isinstance(c, Node) and c.tag == "img")]
        self.fill(sheet, Node("div", {}, rest), marks)


class _Sheet:
    """Blocks being set, and the line of the paragraph that is being written."""

    def __init__(self) -> None:
        self.blocks: list[Node] = []
        self.runs: list[Run] = []

    def close(self) -> None:
        """End the paragraph, if one was begun; an empty line (two line breaks) ends one too."""
        paragraph: list[Run] = []
        breaks = 0
        for run in self.runs:
            if run.is_break:
                breaks += 1
            elif not run.is_blank:
                if breaks > 1:
                    self._end(paragraph)
                    paragraph = []
                breaks = 0
            paragraph.append(run)
        self._end(paragraph)
        self.runs = []

    def _end(self, runs: list[Run]) -> None:
        settled = settle(runs)
        if settled:
            self.blocks.append(TextBlock("p", runs=settled))


class _Line(_Sheet):
    """One line: where a block would begin or end there is a blank."""

    def __init__(self, within: str) -> None:
        super().__init__()
        self.within = within

    def close(self) -> None:
        self.runs.append(Run(" "))


def _open_paragraph(node: Node, *, alone: bool) -> None:
    """Take an item's or a cell's first paragraph out of its element where no other text follows."""
    first = node.children[0] if node.children else None
    if alone and isinstance(first, TextBlock) and first.tag == "p":
        first.tag = ""


def _heading(tag: str, runs: list[Run]) -> list[Node]:
    """A heading; bold all through says nothing in one."""
    if all(("strong", "") in run.marks for run in runs if isinstance(run.content, str) and not run.is_blank):
        runs = [Run(run.content, tuple(mark for mark in run.marks if mark[0] != "strong")) for run in runs]
    return [TextBlock(tag, runs=runs)] if runs else []


def _table_parts(table: Node) -> list[tuple[Node, bool]]:
    """The caption, rows and stray content of a table in order, each with whether it stands in the head."""
    parts: list[tuple[Node, bool]] = []
    feet: list[tuple[Node, bool]] = []
    for child in table.children:
        if isinstance(child, str) and child.strip(BLANKS):
            parts.append((Node("div", {}, [child]), False))
        elif isinstance(child, Node) and child.tag in {"thead", "tbody", "tfoot"}:
            rows = [(row, child.tag == "thead") for row in child.children if isinstance(row, Node)]
            (feet if child.tag == "tfoot" else parts).extend(rows)
        elif isinstance(child, Node):
            parts.append((child, False))
    return parts + feet


def _preformatted(node: Node) -> str:
    """The text of a ``pre``, line breaks included."""
    pieces = []
    for child in node.children:
        if isinstance(child, str):
            pieces.append(child)
        elif isinstance(child, Node):
            pieces.append(_preformatted(child) + ("\n" if child.tag in {"br", "div", "p"} else ""))
    return "".join(pieces)


def _language(value: str) -> str:
    """A language tag in the form that the pages use; empty where it is none."""
    tag = value.strip().replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        return ""
    parts = tag.lower().split("-")
    if parts[0] == "zh":
        return "zh-Hant" if {"hant", "tw", "hk", "mo"} & set(parts[1:]) else "zh-Hans"
    return parts[0]
