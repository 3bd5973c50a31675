"""Markdown, with the raw HTML and template tags of real archives, as rich text in the house's vocabulary.

markdown-it renders; lxml reads the result, however broken its HTML; a writer then walks that tree and writes
only elements that the vocabulary has. Words are never dropped: what has no element of its own keeps its text.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, cast
from urllib.parse import urlsplit

import lxml.html
from lxml.etree import _Element
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from .import_front_matter import Note, Refused, Text
from .import_templates import Marks, mark, picture_words

LINE = "data-line"
DEEPEST = 60


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


# What only holds text together, and makes a paragraph of it.
TRANSPARENT = _tags(
    "div section article aside main header footer nav center figure figcaption details summary address form"
    " fieldset p dd noscript hgroup search picture body"
)
BLOCKS = TRANSPARENT | _tags(
    "h1 h2 h3 h4 h5 h6 ul ol li dl dt blockquote pre table caption thead tbody tfoot tr td th hr"
)
RENAMED = {
    "b": "strong", "strong": "strong", "i": "em", "em": "em", "cite": "em", "dfn": "em", "var": "em",
    "sub": "sub", "sup": "sup",
}  # fmt: skip
CODE = _tags("code kbd samp tt")
PLAIN = _tags(
    "span u small big mark font abbr acronym time label ins s strike del q bdi bdo ruby rb rt rp wbr nobr"
    " data"
)
EMBEDS = _tags("iframe video audio embed object")
LEFT_OUT = _tags("script style template svg math canvas select button textarea input")
UNSEEN = LEFT_OUT | _tags("link meta map param track source head title")
IN_SVG = _tags("path g use symbol circle rect line polygon polyline defs ellipse image desc")
KNOWN = BLOCKS.union(RENAMED, CODE, PLAIN, EMBEDS, UNSEEN, IN_SVG, _tags("a img br html option col colgroup"))
ADDRESS = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Converted:
    """A body in the house's vocabulary, and what could not be carried over into it."""

    html: str
    notes: list[Note]


def convert(text: Text, resolve: Callable[[str], str | None]) -> Converted:
    """Convert a text's Markdown. ``resolve`` leads a path of the old site to an address here, or None.

    Raises ``Refused`` where words would be lost: quotations and lists nested without end.
    """
    body, marks = mark(text)
    env: dict[str, Any] = {}
    parser = _parser()
    tokens = parser.parse(body, env)
    for token in tokens:
        if token.nesting == 1 and token.level >= DEEPEST - 1:  # the parser drops what lies deeper
            line = marks.line(token.map[0] if token.map else 0)
            raise Refused(f"Line {line}: nested more than {DEEPEST} levels deep.")
    tokens = _footnotes(tokens, parser, env, marks)
    rendered = parser.renderer.render(tokens, parser.options, env)
    document = lxml.html.document_fromstring(f"<html><body>{rendered}</body></html>")
    writer = _Writer(marks, resolve, document.body)
    return Converted(
        "\n".join(writer.blocks(document.body)), sorted(set(marks.notes), key=lambda note: note.line)
    )


def inline_text(value: str) -> str:
    """A line of Markdown as plain text: marks of emphasis and links go, words stay."""
    rendered = _parser().renderInline(value)
    return " ".join(lxml.html.fromstring(f"<div>{rendered}</div>").text_content().split())


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": DEEPEST}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin, move_to_end=False).use(deflist_plugin)
    parser.add_render_rule("footnote_ref", _render_note)
    return parser


# -- Tokens: lines for the report, footnotes to their places --------------------------------------------


def _footnotes(tokens: list[Token], parser: MarkdownIt, env: dict[str, Any], marks: Marks) -> list[Token]:
    """Take the notes that are referred to out of the stream and keep them rendered for their references.

    A note that nothing refers to stays where it stands, as a paragraph.
    """
    kept: list[Token] = []
    notes: dict[str, list[Token]] = {}
    inside: list[Token] | None = None
    referred = {
        label[1:] for label, number in env.get("footnotes", {}).get("refs", {}).items() if number >= 0
    }
    line = 0
    for token in tokens:
        line = token.map[0] if token.map else line
        _note_lines(token, line, marks)
        if token.type == "footnote_reference_open":
            inside = notes.setdefault(token.meta["label"], []) if token.meta["label"] in referred else None
        elif token.type == "footnote_reference_close":
            inside = None
        else:
            (kept if inside is None else inside).append(token)
    env["notes"] = {label: _note_html(inner, parser, env) for label, inner in notes.items()}
    return kept


def _note_html(tokens: list[Token], parser: MarkdownIt, env: dict[str, Any]) -> str:
    renderer = cast(RendererHTML, parser.renderer)
    parts = []
    for token in tokens:
        if token.type == "inline":
            parts.append(renderer.renderInline(token.children or [], parser.options, env))
        elif token.type in {"fence", "code_block"}:
            parts.append(f"<code>{html.escape(token.content.strip(), quote=False)}</code>")
        elif token.type == "html_block":
            parts.append(token.content)
    return " ".join(parts)


def _render_note(self: Any, tokens: list[Token], index: int, options: Any, env: dict[str, Any]) -> str:
    meta = tokens[index].meta
    inline = env["footnotes"]["list"][meta["id"]].get("tokens")
    if inline is not None:
        return f'<span class="footnote">{self.renderInline(inline, options, env)}</span>'
    # While the notes themselves are made, a reference within one has nothing to show but its mark.
    note = env.get("notes", {}).get(meta["label"])
    return f"[{html.escape(meta['label'])}]" if note is None else f'<span class="footnote">{note}</span>'


def _note_lines(token: Token, line: int, marks: Marks) -> None:
    """Write into each tag, link and picture the line of the file that it stands in."""
    if token.type == "html_block":
        token.content = _marked(token.content, line, marks)
    children = token.children or []
    closed = {c.content.lower() for c in children if c.type == "html_inline" and c.content.startswith("</h")}
    for child in children:
        if child.type in {"softbreak", "hardbreak"}:
            line += 1
        elif child.type in {"image", "link_open"}:
            child.attrSet(LINE, str(marks.line(line)))
            line += sum(inner.type == "softbreak" for inner in child.children or [])
        elif child.type == "html_inline":
            heading = re.match(r"<(h[1-6])\b", child.content, re.IGNORECASE)
            if heading and f"</{heading[1].lower()}>" not in closed:
                child.type = "text"  # nobody opens a heading within a line: the author means to show the tag
                continue
            newlines = child.content.count("\n")
            child.content = _marked(child.content, line, marks)
            line += newlines


def _marked(source: str, line: int, marks: Marks) -> str:
    """Raw HTML with the line of each tag beside it; what is no HTML element is shown as it was written."""

    def tag(match: re.Match[str]) -> str:
        if match[2].lower() not in KNOWN:
            return f"&lt;{match[1]}{match[2]}"
        if match[1]:
            return match[0]
        return f'<{match[2]} {LINE}="{marks.line(line + source.count(chr(10), 0, match.start()))}"'

    return re.sub(r"<(/?)([A-Za-z][\w-]*)", tag, source)


# -- The writer ------------------------------------------------------------------------------------------


class _Writer:
    """Writes the vocabulary from a tree of anything."""

    def __init__(self, marks: Marks, resolve: Callable[[str], str | None], body: _Element) -> None:
        self.marks = marks
        self.resolve = resolve
        used = sorted({e.tag for e in body.iter("h1", "h2", "h3", "h4", "h5", "h6")})
        # The first two levels that a text uses are ours; what lies deeper is a line in bold.
        self.headings = dict(zip(used, ("h2", "h3"), strict=False))

    def note(self, element: _Element, words: str) -> None:
        self.marks.notes.append(Note(int(element.get(LINE) or self.marks.text.first_line), words))

    # Blocks

    def blocks(self, container: _Element) -> list[str]:
        """The container's content as blocks; runs of text between blocks become paragraphs."""
        done: list[str] = []
        run: list[str] = [self.marks.as_text(container.text or "")]
        for child in container:
            if isinstance(child.tag, str) and self._is_block(child):
                done += _paragraph(run)
                run = []
                self._block(child, done)
            else:
                run.append(self.inline(child))
            run.append(self.marks.as_text(child.tail or ""))
        return done + _paragraph(run)

    def _is_block(self, element: _Element) -> bool:
        return element.tag in BLOCKS or (
            element.tag not in CODE | UNSEEN | EMBEDS
            and any(e.tag in BLOCKS for e in element.iterdescendants())
        )

    def _block(self, element: _Element, done: list[str]) -> None:
        tag = element.tag
        if tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            words = self._content(element).strip()
            level = self.headings.get(tag)
            if words:
                done.append(f"<{level}>{words}</{level}>" if level else f"<p><strong>{words}</strong></p>")
        elif tag == "pre":
            done.append(f"<pre><code>{self._code(element)}</code></pre>")
        elif tag == "hr":
            done.append("<hr>")
        elif tag == "blockquote":
            if quoted := self.blocks(element):
                done.append(f"<blockquote>{''.join(quoted)}</blockquote>")
        elif tag in {"ul", "ol"}:
            start = element.get("start") or ""
            opened = f'{tag} start="{start}"' if tag == "ol" and start.isdigit() and start != "1" else tag
            if inner := self._items(element):
                done.append(f"<{opened}>{inner}</{tag}>")
        elif tag == "dt":
            words = self._content(element).strip()
            done += _paragraph([f"<strong>{words}</strong>"] if words else [])
        elif tag == "table":
            self._table(element, done)
        elif tag == "caption":
            self._caption(self._content(element).strip(), done)
        else:
            done += self.blocks(element)

    def _items(self, element: _Element) -> str:
        items = []
        for child in element:
            if not isinstance(child.tag, str):
                continue
            blocks = self.blocks(child) if child.tag == "li" else _one(child, self)
            if blocks:
                items.append(f"<li>{_unwrapped(blocks)}</li>")
            items += [
                f"<li>{words}</li>" for words in [self.marks.as_text(child.tail or "").strip()] if words
            ]
        return "".join(items)

    def _table(self, element: _Element, done: list[str]) -> None:
        rows = [row for row in element.iter("tr") if next(row.iterancestors("table")) is element]
        caption = next((c for c in element if c.tag == "caption"), None)
        head = [row for row in rows if row.getparent().tag == "thead" or all(c.tag == "th" for c in row)]
        head = head if head == rows[: len(head)] else []
        if not rows:
            done += [p for child in element for p in self.blocks(child)]
            return
        parts = ["<table>"]
        if caption is not None and (words := self._content(caption).strip()):
            parts.append(f"<caption>{words}</caption>")
        if head:
            parts.append(f"<thead>{''.join(self._row(row, 'col') for row in head)}</thead>")
        if body := rows[len(head) :]:
            parts.append(f"<tbody>{''.join(self._row(row, 'row') for row in body)}</tbody>")
        done.append("".join([*parts, "</table>"]))

    def _row(self, row: _Element, scope: str) -> str:
        cells = []
        for cell in row:
            if cell.tag not in {"td", "th"}:
                continue
            spans = [f' {k}="{cell.get(k)}"' for k in ("colspan", "rowspan") if (cell.get(k) or "").isdigit()]
            if cell.tag == "th":
                said = cell.get("scope")
                spans.append(f' scope="{said if said in {"col", "row", "colgroup", "rowgroup"} else scope}"')
            cells.append(f"<{cell.tag}{''.join(spans)}>{_unwrapped(self.blocks(cell))}</{cell.tag}>")
        return f"<tr>{''.join(cells)}</tr>"

    def _caption(self, words: str, done: list[str]) -> None:
        """A caption that stands after its table belongs into it."""
        if not words:
            return
        if done and done[-1].startswith("<table><t"):
            done[-1] = f"<table><caption>{words}</caption>{done[-1][7:]}"
        else:
            done += _paragraph([words])

    # Inline

    def _content(self, element: _Element) -> str:
        parts = [self.marks.as_text(element.text or "")]
        for child in element:
            parts += [self.inline(child), self.marks.as_text(child.tail or "")]
        return "".join(parts)

    def _code(self, element: _Element) -> str:
        return html.escape(self.marks.as_code("".join(element.itertext())), quote=False)

    def inline(self, element: _Element) -> str:
        """One element of a line, with what it holds."""
        tag = element.tag
        if not isinstance(tag, str):
            return ""
        if tag in UNSEEN:
            if tag in LEFT_OUT:
                self.note(element, f"<{tag}> left out")
            return ""
        if tag in CODE:
            return f"<code>{self._code(element)}</code>"
        if tag == "br":
            return "<br>"
        if tag == "img":
            return self._picture(element)
        if tag in EMBEDS:
            return self._embed(element)
        inner = self._content(element)
        if tag == "a":
            return self._link(element, inner)
        if tag in {"s", "strike", "del"}:
            self.note(element, "struck-through words stand plain")
        if tag == "q":
            return f"“{inner}”"
        if tag == "span" and element.get("class") == "footnote":
            return f'<span class="footnote">{inner}</span>'
        if tag in RENAMED and inner.strip():
            return f"<{RENAMED[tag]}>{inner}</{RENAMED[tag]}>"
        return inner

    def _picture(self, element: _Element) -> str:
        source = self.marks.as_target(element.get("src") or "")
        alt = self.marks.as_target(element.get("alt") or "")
        shown = source if len(source) <= 120 else f"{source[:117]}…"
        self.note(
            element,
            f"picture {shown}: not in the archive"
            + ("; its words stay" if alt.strip() else ", and it has no words"),
        )
        return picture_words(alt, element.get("title") or "", self.marks.text.language)

    def _embed(self, element: _Element) -> str:
        source = (
            element.get("src")
            or element.get("data")
            or next((s.get("src") for s in element.iter("source")), None)
        )
        target = self.marks.as_target(source or "")
        target = f"https:{target}" if target.startswith("//") else target
        title = " ".join((element.get("title") or "".join(element.itertext())).split()) or target
        if not ADDRESS.match(target):
            self.note(element, f"<{element.tag}> {target} left out")
            return html.escape(title if title != target else "", quote=False)
        self.note(element, f"<{element.tag}> {target}: a link stands in its place")
        return f'<a href="{html.escape(target)}">{html.escape(title, quote=False)}</a>'

    def _link(self, element: _Element, inner: str) -> str:
        said = (element.get("href") or "").strip()
        target = self.marks.as_target(said).strip()
        if not inner.strip() or not said:
            return inner
        if target.startswith("//"):
            target = f"https:{target}"
        if target.startswith("#"):
            self.note(element, f"link within the page to {target}: its words stay")
            return inner
        if not ADDRESS.match(target):
            here = None if urlsplit(target).scheme else self.resolve(target)
            if here is None:
                self.note(element, f"link to {target or said}, which leads nowhere here: its words stay")
                return inner
            target = here
        return f'<a href="{html.escape(target)}">{inner}</a>'


def _one(element: _Element, writer: _Writer) -> list[str]:
    """A stray element among list items, as an item's content."""
    done: list[str] = []
    if writer._is_block(element):
        writer._block(element, done)
        return done
    return _paragraph([writer.inline(element)])


def _paragraph(run: list[str]) -> list[str]:
    """The run as one paragraph, or nothing where it holds no word."""
    words = "".join(run).strip()
    words = re.sub(r"^(?:\s*<br>)+\s*|\s*(?:<br>\s*)+$", "", words)
    return [f"<p>{words}</p>"] if re.sub(r"<[^>]*>|\s", "", words) else []


def _unwrapped(blocks: list[str]) -> str:
    """The blocks of a cell or an item; a single paragraph needs no element of its own."""
    if (
        blocks
        and blocks[0].startswith("<p>")
        and (len(blocks) == 1 or not any(b.startswith("<p>") for b in blocks[1:]))
    ):
        blocks = [blocks[0][3:-4], *blocks[1:]]
    return "".join(blocks)
