"""Whether a stored text holds every word of its Markdown source: a check that shares no code with the importer.

Source and body become sequences of words. Each block of the source must stand in the body word for word, where
footnotes may be read in their places or left out.
"""

import html
import re

CODE = r"```.*?^\s*```|~~~.*?^\s*~~~"
RAW_MARKER = r"\{%-?\s*(?:end)?raw\s*-?%\}"
GAP = "\ue010"  # where a tag or a picture may have left words of its own
TAG = r"\{%(?:(?!\n\s*\n).)*?%\}|\{\{(?:(?!\n\s*\n).)*?\}\}"


def words(text):
    """Letters and digits only, in order."""
    return re.findall(r"[^\W_]+", html.unescape(text))


def _shown(source):
    """The source without what no reader sees: tags, comments, scripts, addresses, markers of lists."""
    source = re.sub(RAW_MARKER, "", source)
    source = re.sub(r"\{%-?\s*comment.*?endcomment\s*-?%\}", "", source, flags=re.S)
    source = re.sub(TAG, GAP, source, flags=re.S)
    source = re.sub(r"<!--.*?-->|<(script|style)\b.*?</\1>", " ", source, flags=re.S | re.I)
    return re.sub(r"\{:?\s*[.#:][^{}\n]*\}", " ", source)


def blocks(body):
    """Each block of a Markdown body, code included: as written, as runs of words between tags, and as one run."""
    body = re.sub(r"^(#{1,6} .*)$", r"\n\1\n", _shown(body), flags=re.M)
    defined = {label.lower() for label in re.findall(r"^\s{0,3}\[([^\]^][^\]]*)\]:\s*\S", body, flags=re.M)}
    for block in re.split(r"\n[ \t>]*\n", body):
        shown = re.sub(r"^\s*(?:```|~~~)\s*\w*\s*$", " ", block, flags=re.M)
        shown = re.sub(r"^\s{0,3}\[[^\]^][^\]]*\]:\s*\S+.*$", " ", shown, flags=re.M)  # addresses of links
        shown = re.sub(r"\[\^[^\]]+\]:?", " ", shown)
        shown = re.sub(r"(?<=\])\(\s*<?[^()\s]*(?:\([^()]*\)[^()\s]*)*>?(?:\s+\"[^\"]*\")?\s*\)", " ", shown)
        shown = re.sub(r"(?<=\])\[([^\]\n]*)\]", lambda m: " " if m[1].lower() in defined else m[0], shown)
        shown = re.sub(r"</?[A-Za-z][A-Za-z0-9-]*(?:\s[^<>]*)?/?>", GAP, shown)
        shown = re.sub(r"^[ \t>]*(?:[-*+][ \t]+)*\d{1,3}[.)](?=\s)", " ", shown, flags=re.M)
        # A tag or a mark of emphasis may stand within a word.
        yield block, [words(run) for run in shown.split(GAP)], words(re.sub(f"[*{GAP}]", "", shown))


def _body_words(body):
    body = re.sub(TAG, " ", html.unescape(re.sub(r"\[Image: |［图片：", " ", body)), flags=re.S)
    body = re.sub(
        r"</?(?:p|h2|h3|ul|ol|li|blockquote|a|strong|em|sub|sup|code|pre|hr|br|table|caption|thead|tbody|tr|th|td|span|figure|figcaption)\b[^<>]*>",
        " ",
        body,
    )
    return " " + " ".join(words(body)) + " "


def lost(source, body):
    """The blocks of the source that the body does not hold."""
    whole = _body_words(body)
    without_notes = _body_words(re.sub(r'<span class="footnote">.*?</span>', " ", body, flags=re.S))

    def held(found):
        return any(f" {' '.join(found)} " in text for text in (whole, without_notes))

    return [
        block
        for block, runs, joined in blocks(source)
        # Markdown within code is code: its addresses are words then.
        if not (all(held(run) for run in runs if run) or held(joined) or held(words(block)))
    ]
