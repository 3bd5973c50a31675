"""Lines of text as runs: pieces with a set of marks, their blanks in order, nested again in one fixed order.

The order is the editor's too, so the same text has one form whoever wrote it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from .richtext_tree import Node

Mark = tuple[str, str]  # the tag, and the address or language that goes with it

BLANKS = " \t\n\f\xa0"
_UNTIDY = re.compile(f"[{BLANKS}]{{2,}}|[\t\n\f]")
_CJK = (
    "\u2e80-\u303f\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
)
CJK = re.compile(f"[{_CJK}]")
WORD = re.compile(rf"(?:(?![{_CJK}])[^\W_])+(?:['’.,-](?:(?![{_CJK}])[^\W_])+)*")
_LETTER = re.compile(rf"(?![{_CJK}])[^\W\d_]")
_ATTRIBUTE_OF_MARK = {"a": "href", "span": "lang"}


@dataclass(slots=True)
class Run:
    """A piece of a line: text, a line break or a footnote, with the marks that lie on it."""

    content: str | Node
    marks: tuple[Mark, ...] = ()

    @property
    def is_break(self) -> bool:
        """Whether it is a line break."""
        return isinstance(self.content, Node) and self.content.tag == "br"

    @property
    def is_blank(self) -> bool:
        """Whether it is text of which nothing is seen."""
        return isinstance(self.content, str) and not self.content.strip(BLANKS)


@dataclass(slots=True, eq=False)
class TextBlock(Node):
    """A block of text whose runs are not nested yet; without a tag its content goes to its parent."""

    runs: list[Run] = field(default_factory=list)


def settle(runs: list[Run]) -> list[Run]:
    """A line with its blanks in order: none at the ends or beside a line break, one elsewhere.

    A non-breaking space stays where it stands alone between two words. A new line between two Chinese
    characters is the source's, not the text's.
    """
    settled: list[Run] = []
    blank: Run | None = None
    for run in runs:
        if run.is_break:
            blank = None
            if settled and not settled[-1].is_break:
                settled.append(run)
            continue
        before, content, after = (
            _parted(run.content) if isinstance(run.content, str) else ("", run.content, "")
        )
        if before:
            shared = run.marks if blank is None else tuple(mark for mark in blank.marks if mark in run.marks)
            blank = Run((str(blank.content) if blank else "") + before, shared)
        if not content:
            continue
        if blank is not None and settled and not settled[-1].is_break:
            last = settled[-1].content
            gap = _gap(
                str(blank.content),
                last[-1:] if isinstance(last, str) else "",
                content[:1] if isinstance(content, str) else "",
            )
            if gap:
                settled.append(Run(gap, blank.marks))
        settled.append(Run(content, run.marks))
        blank = Run(after, run.marks) if after else None
    if settled and settled[-1].is_break:
        settled.pop()
    return settled


def _parted(text: str) -> tuple[str, str, str]:
    """The blanks before a text, the text with the blanks in it in order, the blanks after it."""
    core = text.lstrip(BLANKS)
    before = text[: len(text) - len(core)]
    core = core.rstrip(BLANKS)
    after = text[len(before) + len(core) :]
    return before, _UNTIDY.sub(_tidied, core), after


def _tidied(match: re.Match[str]) -> str:
    return _gap(match.group(), match.string[match.start() - 1], match.string[match.end()])


def _gap(blanks: str, before: str, after: str) -> str:
    """What stands between two characters in place of these blanks."""
    if blanks == "\xa0":
        return blanks
    if "\n" in blanks and "\xa0" not in blanks and CJK.match(before) and CJK.match(after):
        return ""
    return " "


def is_chinese(text: str) -> bool:
    """Whether a text is Chinese (or another of the scripts without blanks) rather than Latin."""
    return len(CJK.findall(text)) > len(WORD.findall(text))


def finish(root: Node, mark_order: Sequence[str]) -> None:
    """Nest the runs of every text block beneath ``root``, in place.

    Only passages in another language than the text's own keep a language, and only where the script agrees:
    office programs put one on everything.
    """
    own = "zh" if is_chinese(_text(root)) else "en"
    rank = {tag: position for position, tag in enumerate(mark_order)}
    _finish(root, own, rank)


def _finish(node: Node, own: str, rank: dict[str, int]) -> None:
    children: list = []
    for child in node.children:
        if isinstance(child, TextBlock):
            nested = _nested(child, own, rank)
            children.extend([nested] if nested.tag else nested.children)
        else:
            if isinstance(child, Node):
                _finish(child, own, rank)
            children.append(child)
    node.children = children


def _text(node: Node) -> str:
    if isinstance(node, TextBlock):
        return (
            "".join(_text(run.content) if isinstance(run.content, Node) else run.content for run in node.runs)
            + "\n"
        )
    return "".join(_text(child) for child in node.children if isinstance(child, Node))


def _nested(block: TextBlock, own: str, rank: dict[str, int]) -> Node:
    runs = _other_languages_only(block.runs, own)
    for position, run in enumerate(runs):
        if run.is_blank or run.is_break:
            beside = [runs[i].marks for i in (position - 1, position + 1) if 0 <= i < len(runs)]
            run.marks = tuple(mark for mark in run.marks if all(mark in marks for marks in beside))
    top = Node(block.tag, block.attrs)
    path: list[tuple[Mark, Node]] = [(("", ""), top)]
    for run in runs:
        marks = sorted(run.marks, key=lambda mark: rank[mark[0]])
        shared = 0
        while shared < min(len(marks), len(path) - 1) and path[shared + 1][0] == marks[shared]:
            shared += 1
        del path[shared + 1 :]
        for mark in marks[shared:]:
            attribute = _ATTRIBUTE_OF_MARK.get(mark[0])
            made = Node(mark[0], {attribute: mark[1]} if attribute else {})
            path[-1][1].children.append(made)
            path.append((mark, made))
        content = _nested(run.content, own, rank) if isinstance(run.content, TextBlock) else run.content
        siblings = path[-1][1].children
        if isinstance(content, str) and siblings and isinstance(siblings[-1], str):
            siblings[-1] += content
        else:
            siblings.append(content)
    return top


def _other_languages_only(runs: list[Run], own: str) -> list[Run]:
    kept: list[Run] = []
    for language, group in groupby(runs, key=lambda run: dict(run.marks).get("span", "")):
        passage = list(group)
        if language:
            text = "".join(run.content for run in passage if isinstance(run.content, str))
            primary = language.split("-")[0]
            has_cjk = bool(CJK.search(text))
            fits = has_cjk if primary in {"zh", "ja", "ko"} else bool(_LETTER.search(text)) and not has_cjk
            if primary == own or not fits:
                passage = [Run(run.content, tuple(m for m in run.marks if m[0] != "span")) for run in passage]
        kept.extend(Run(run.content, run.marks) for run in passage)
    return kept
