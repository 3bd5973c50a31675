"""Reading the sample content's files: YAML for what is listed, a little Markdown for what is written.

A theme holds what several articles say in turn: four parts of paragraphs, each with headings to choose from,
a quotation, a list and a table; then its articles, each with an opening and a closing of its own.
"""

import html
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

FOLDER = Path(__file__).resolve().parent
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
EMPHASIS = re.compile(r"\*([^*]+)\*")


class Part(NamedTuple):
    """One part of a theme: its headings, the last of them a question, and its paragraphs."""

    headings: list[str]
    paragraphs: list[str]


class Theme(NamedTuple):
    """A subject on which five articles are composed, or more."""

    name: str
    fields: dict[str, str]
    parts: list[Part]
    quotation: list[str]
    list_lines: list[str]
    table_lines: list[str]
    articles: list[dict[str, str]]


class Text(NamedTuple):
    """A text that stands in full: its key, its fields, and its body as stored HTML."""

    key: str
    fields: dict[str, str]
    body: str


@cache
def read_yaml(name: str) -> Any:
    """The contents of a YAML file of this package."""
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))


def read_themes() -> list[Theme]:
    """All themes, in the order of their names."""
    return [_theme(path) for path in sorted((FOLDER / "themes").glob("*.md"))]


def read_texts(name: str) -> list[Text]:
    """The texts of a file such as ``pages/english``, which ``=== KEY`` lines divide."""
    divided = re.split(r"^=== (.+)$", (FOLDER / f"{name}.md").read_text("utf-8"), flags=re.MULTILINE)
    texts = []
    for key, written in zip(divided[1::2], divided[2::2], strict=True):
        head, _, body = written.strip().partition("\n\n")
        texts.append(Text(key.strip(), _fields(head), to_html(body)))
    return texts


def to_html(written: str) -> str:
    """Blocks divided by empty lines, as stored HTML: headings, lists, quotations and paragraphs."""
    return "".join(_block(block.strip().splitlines()) for block in re.split(r"\n{2,}", written.strip()))


def _block(lines: list[str]) -> str:
    if lines[0].startswith("## "):
        return f"<h2>{inline(lines[0][3:])}</h2>"
    if lines[0].startswith("> "):
        return quotation_html([line.removeprefix("> ") for line in lines])
    if lines[0].startswith("- "):
        return list_html(lines)
    return f"<p>{inline(' '.join(lines))}</p>"


def inline(text: str) -> str:
    """Emphasis and links within a line; other markup is taken as it stands in the stored vocabulary."""
    linked = LINK.sub(lambda m: f'<a href="{html.escape(m[2])}">{m[1]}</a>', text)
    return EMPHASIS.sub(r"<em>\1</em>", linked)


def quotation_html(lines: list[str]) -> str:
    """A quotation, each line of it a paragraph; the last says whose it is."""
    return f"<blockquote>{''.join(f'<p>{inline(line)}</p>' for line in lines)}</blockquote>"


def list_html(lines: list[str]) -> str:
    """A list."""
    items = [inline(line.removeprefix("- ")) for line in lines]
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def table_html(lines: list[str]) -> str:
    """A table from its caption, its row of headings and its other rows; the first column heads each row."""
    caption, heads, *rows = lines
    head = "".join(f'<th scope="col">{inline(cell)}</th>' for cell in _cells(heads))
    body = ""
    for first, *others in map(_cells, rows):
        cells = "".join(f"<td>{inline(cell)}</td>" for cell in others)
        body += f'<tr><th scope="row">{inline(first)}</th>{cells}</tr>'
    top = f"<caption>{inline(caption)}</caption><thead><tr>{head}</tr></thead>"
    return f"<table>{top}<tbody>{body}</tbody></table>"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _fields(head: str) -> dict[str, str]:
    return {key: value.strip() for key, _, value in (line.partition(": ") for line in head.splitlines())}


def _theme(path: Path) -> Theme:
    head, *sections = re.split(r"^##", path.read_text("utf-8"), flags=re.MULTILINE)
    parts: list[Part] = []
    furniture: dict[str, list[str]] = {}
    for section in sections:
        title, _, written = section.partition("\n")
        if title.startswith("#"):
            furniture[title.removeprefix("# ").strip()] = written.strip().splitlines()
        else:
            paragraphs = [" ".join(p.splitlines()) for p in re.split(r"\n{2,}", written.strip())]
            parts.append(Part([each.strip() for each in title.split("|")], paragraphs))
    articles = [
        _fields(block) for block in re.split(r"\n{2,}", "\n".join(furniture["articles"]).strip()) if block
    ]
    quotation = [line.removeprefix("> ") for line in furniture["quotation"] if line.strip()]
    return Theme(
        path.stem, _fields(head.strip()), parts, quotation,
        [line for line in furniture["list"] if line.strip()],
        [line for line in furniture["table"] if line.strip()],
        articles,
    )  # fmt: skip
