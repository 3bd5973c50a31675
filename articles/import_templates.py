"""Template tags of the sites that texts come from (Liquid, Nunjucks, Hugo), and what each says to a reader.

Before Markdown is read, every tag becomes a placeholder of letters and digits, which no Markdown rule
touches. Afterwards a placeholder in code becomes the tag again, as its author meant to show it; anywhere
else it becomes the words that it carries.
"""

import html
import re
from dataclasses import dataclass, field

from .import_front_matter import Note, Text, name_of, plain

# Braces that {% raw %} protects, as characters that no text may hold; put back when the page is made.
PROTECTED = {"{{": "\ufdd0", "}}": "\ufdd1", "{%": "\ufdd2", "%}": "\ufdd3"}
BRACES = {mark: braces for braces, mark in PROTECTED.items()}

# None of these holds a second opening of its own: a search without that rule would be quadratic.
RAW = re.compile(r"\{%-?\s*raw\s*-?%\}((?:(?!\{%-?\s*raw\b)[\s\S])*?)\{%-?\s*endraw\s*-?%\}")
COMMENT = (
    r"\{%-?\s*comment\s*-?%\}(?:(?!\{%-?\s*comment\b)[\s\S])*?\{%-?\s*endcomment\s*-?%\}"
    r"|\{#(?!\w)(?:(?!\{#)[\s\S])*?#\}"
)
HIGHLIGHT = re.compile(
    r"\{%-?\s*highlight\s+(\w*)[^%]*%\}\n?((?:(?!\{%-?\s*highlight\b)[\s\S])*?)\n?\{%-?\s*endhighlight\s*-?%\}"
)
# A tag never runs over an empty line, so that a lone brace can not swallow the text after it.
WITHIN = r"(?:(?!\{\{|\{%|\n[ \t]*\n)[\s\S])"
TAG = re.compile(
    rf"(?P<comment>{COMMENT})"
    rf"|(?P<statement>\{{%-?\s*[A-Za-z_]{WITHIN}*?-?%\}})"
    rf"|(?P<value>\{{\{{{WITHIN}*?\}}\}})"
    r"|(?P<attributes>\{:?[ ]*[.#][A-Za-z][^{}\n]*\}|\{:[^{}\n]*\})"
)
STRING = r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\''
ARGUMENT = re.compile(rf"(?:(?P<key>[A-Za-z_][\w-]*)\s*[:=]\s*)?(?P<string>{STRING})|(?P<word>[^\s,\"']+)")
PICTURE = re.compile(r"\.(?:jpe?g|png|gif|svg|webp|avif)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a tag says: in running text (safe HTML), as a target of links, and what of it is lost."""

    text: str = ""
    target: str = ""
    lost: str = ""


@dataclass(slots=True)
class Marks:
    """The placeholders of one text, and what stands behind them."""

    text: Text
    prefix: str
    sources: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    folded: list[tuple[int, int]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def pattern(self) -> re.Pattern[str]:
        """Finds the placeholders, their number in the first group."""
        return re.compile(rf"{self.prefix}(\d+)x")

    def put(self, source: str, line: int) -> str:
        """Keep a tag and return its placeholder."""
        self.sources.append(source)
        self.lines.append(line)
        return f"{self.prefix}{len(self.sources) - 1}x"

    def line(self, marked: int) -> int:
        """The line of the file that a line (from 0) of the marked body stands in."""
        return self.text.first_line + marked + sum(lines for at, lines in self.folded if at < marked)

    def as_code(self, value: str) -> str:
        """The value with every tag as its author wrote it."""
        return braces_back(self.pattern.sub(lambda m: self.sources[int(m[1])], value))

    def as_target(self, value: str) -> str:
        """The value with every tag as the address it stands for."""
        return self.pattern.sub(lambda m: meaning(self.sources[int(m[1])], self.text).target, value)

    def as_text(self, value: str) -> str:
        """Safe HTML: the value escaped, every tag as the words that it carries. Notes what was lost."""
        parts = []
        at = 0
        for match in self.pattern.finditer(value):
            parts.append(_shown(value[at : match.start()]))
            said = meaning(self.sources[int(match[1])], self.text)
            if said.lost:
                self.notes.append(Note(self.lines[int(match[1])], said.lost))
            parts.append(said.text)
            at = match.end()
        parts.append(_shown(value[at:]))
        return "".join(parts)


def mark(text: Text) -> tuple[str, Marks]:
    """Replace every tag of the body by a placeholder on one line."""
    prefix = "tplmark"
    while prefix in text.body:
        prefix += "k"
    marks = Marks(text, prefix)
    body = RAW.sub(lambda m: _protect(m[1]), text.body)
    body = HIGHLIGHT.sub(lambda m: f"```{m[1]}\n{_protect(m[2])}\n```", body)
    removed = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal removed
        if match["attributes"] is not None and not _is_layout(body, match):
            return match[0]
        line = body.count("\n", 0, match.start())
        if lines := match[0].count("\n"):
            marks.folded.append((line - removed, lines))
            removed += lines
        return marks.put(match[0], text.first_line + line)

    return TAG.sub(replace, body), marks


def _is_layout(body: str, match: re.Match[str]) -> bool:
    """Whether braces hold classes for what they follow or for their line; anywhere else they are text."""
    before, after = body[match.start() - 1 : match.start()], body[match.end() : match.end() + 1]
    return after in {"", "\n"} or before in set("})]`*_")


def braces_back(value: str) -> str:
    """Protected braces as they were written."""
    return re.sub("[\ufdd0-\ufdd3]", lambda m: BRACES[m[0]], value)


def picture_words(alt: str, caption: str, language: str) -> str:
    """What a reader gets in place of a picture that is not there: its alternative text, and its caption."""
    alt, caption = plain(alt), plain(caption)
    if alt == caption:
        caption = ""
    open_, close = ("[Image: ", "]") if language == "en" else ("［图片：", "］")
    shown = [f"{open_}{alt}{close}" if alt else "", caption]
    return html.escape(" ".join(filter(None, shown)), quote=False)


def meaning(source: str, text: Text) -> Meaning:
    """What one tag says."""
    if re.match(COMMENT, source):
        return Meaning(lost="a comment of the template, which readers never saw")
    if source.startswith("{{") and source[2:3] not in "<%":
        return _value(source.strip("{}").strip("- \n\t"), text)
    if source.startswith(("{%", "{{")):
        return _statement(source.strip("{}").strip("%<>- \n\t"), text)
    return Meaning()


def _value(inner: str, text: Text) -> Meaning:
    shown = f"template tag {{{{ {' '.join(inner.split())} }}}}"
    match = re.match(rf"({STRING})\s*(?:\|\s*(\w+)\s*:?\s*(.*))?$", inner, re.DOTALL)
    if match is None:
        return _variable(inner, shown, text)
    value, name = _unquoted(match[1]), match[2] or ""
    argument = re.match(STRING, match[3] or "")
    if name in {"url", "relative_url", "absolute_url", ""}:
        return Meaning(_escape(value), value)
    if name == "embed":
        title = _unquoted(argument[0]) if argument else value
        return Meaning(_link(value, title), value, f"embedded {value}: a link stands in its place")
    if name.endswith("_photo"):
        return Meaning(lost=f"picture of “{value}” is not in the archive")
    if name.endswith("_link"):
        return Meaning(_escape(name_of(value)), value, f"link to the page of “{value}”: the name stays")
    return Meaning(_escape(value), value, f"{shown}: its words stay")


def _variable(inner: str, shown: str, text: Text) -> Meaning:
    name = re.split(r"\s*\|", inner, maxsplit=1)[0].strip()
    if re.fullmatch(r"(?:site\.)?(?:base_?url|url)", name):
        return Meaning()
    key = re.sub(r"^(?:page|post)\.", "", name)
    value = text.fields.get(key)
    if isinstance(value, str) and value.strip():
        return Meaning(_escape(plain(value)), value.strip())
    return Meaning(lost=shown)


def _statement(inner: str, text: Text) -> Meaning:
    name, rest = [*inner.split(None, 1), "", ""][:2]
    shown = f"template tag {{% {' '.join(inner.split())} %}}"
    if name.startswith("end") or name in {"raw", "else"}:
        return Meaning()
    said: dict[str, str] = {}
    strings: list[str] = []
    for match in ARGUMENT.finditer(rest):
        if match["string"] is None:
            continue
        value = _unquoted(match["string"])
        if match["key"]:
            said[match["key"].lower()] = value
        else:
            strings.append(value)
    address = said.get("image") or said.get("src") or next((s for s in strings if PICTURE.search(s)), "")
    if name.startswith(("image", "img", "figure", "picture", "photo")) or address:
        others = [s for s in strings if s != address and s != (strings[0] if strings else "")]
        if "class" in name:
            others = others[1:]
        alt = said.get("alt") or (others[-1] if others else "")
        caption = said.get("caption") or said.get("title") or ""
        return Meaning(
            picture_words(alt, caption, text.language),
            address,
            f"picture {address or (strings[0] if strings else name)}: not in the archive"
            + ("; its words stay" if alt or caption else ", and it has no words"),
        )
    target = next((s for s in [*said.values(), *strings] if s.startswith(("http://", "https://"))), "")
    if target:
        title = said.get("title") or said.get("caption") or target
        return Meaning(_link(target, title), target, f"{shown}: a link stands in its place")
    if name in {"link", "post_url"}:
        path = rest.strip().strip("\"'")
        return Meaning(_escape(path), path)
    words = " ".join(filter(None, (said.get(key, "") for key in ("alt", "title", "caption", "text"))))
    return Meaning(_escape(words), "", shown + (": its words stay" if words else ""))


def _protect(value: str) -> str:
    return re.sub(r"\{\{|\}\}|\{%|%\}", lambda m: PROTECTED[m[0]], value)


def _shown(value: str) -> str:
    """Escaped text; braces that the author meant to show stand as code."""
    escaped = _escape(value)
    if not re.search("[\ufdd0-\ufdd3]", escaped):
        return escaped
    spans = re.sub(
        "[\ufdd0\ufdd2][^\ufdd0-\ufdd3<>]*?(?:[\ufdd1\ufdd3]|\\}\\})|[\ufdd0-\ufdd3]",
        lambda m: f"<code>{m[0]}</code>",
        escaped,
    )
    return braces_back(spans)


def _escape(value: str) -> str:
    return html.escape(value, quote=False)


def _link(address: str, title: str) -> str:
    address = f"https:{address}" if address.startswith("//") else address
    return f'<a href="{html.escape(address)}">{_escape(plain(title))}</a>'


def _unquoted(string: str) -> str:
    return re.sub(r"\\(.)", r"\1", string[1:-1])
