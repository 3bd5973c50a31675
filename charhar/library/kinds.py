"""What a file really is, told from its first bytes and never from its name."""

import re
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

HEAD_BYTES = 4096  # enough for every signature below


class Kind(NamedTuple):
    """A kind of file: its code, its name for people, the endings it may carry, the usual one first."""

    code: str
    label: object
    endings: tuple[str, ...] = ()


JPEG = Kind("jpg", _("a JPEG picture"), ("jpg", "jpeg", "jpe", "jfif"))
PNG = Kind("png", _("a PNG picture"), ("png",))
WEBP = Kind("webp", _("a WebP picture"), ("webp",))
AVIF = Kind("avif", _("an AVIF picture"), ("avif",))
GIF = Kind("gif", _("a GIF picture"), ("gif",))
HEIC = Kind("heic", _("a HEIC photograph"), ("heic", "heif"))
TIFF = Kind("tiff", _("a TIFF picture"), ("tif", "tiff"))
BMP = Kind("bmp", _("a BMP picture"), ("bmp",))
PHOTOSHOP = Kind("psd", _("a Photoshop file"), ("psd",))
SVG = Kind("svg", _("an SVG drawing"), ("svg",))
PDF = Kind("pdf", _("a PDF"), ("pdf",))
EPUB = Kind("epub", _("an EPUB book"), ("epub",))
ZIP = Kind("zip", _("a ZIP archive"), ("zip",))
GZIP = Kind("gz", _("a compressed file"), ("gz", "svgz", "tgz"))
OLD_OFFICE = Kind("ole", _("a file of an old version of Office"), ("doc", "xls", "ppt"))
RTF = Kind("rtf", _("an RTF text"), ("rtf",))
HTML = Kind("html", _("a web page"), ("html", "htm", "xhtml"))
XML = Kind("xml", _("an XML file"), ("xml",))
PROGRAM = Kind("exe", _("a program"), ("exe", "dll", "com"))
SCRIPT = Kind("script", _("a script"), ("sh", "py", "bat"))
VIDEO = Kind("video", _("a video or sound file"), ("mp4", "mov", "m4a"))

# Signatures at the very beginning; the first that fits decides.
SIGNATURES = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"8BPS", PHOTOSHOP),
    (b"%PDF-", PDF),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"\x1f\x8b", GZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLD_OFFICE),
    (b"{\\rtf", RTF),
    (b"MZ", PROGRAM),
    (b"\x7fELF", PROGRAM),
    (b"\xcf\xfa\xed\xfe", PROGRAM),
    (b"\xca\xfe\xba\xbe", PROGRAM),
    (b"#!", SCRIPT),
    (b"BM", BMP),
)

HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}

SVG_TAG = re.compile(rb"<(?:\w+:)?svg[\s>]", re.IGNORECASE)
HTML_TAG = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|iframe|title|meta|style|table|div|p|a|img)[\s>/]",
    re.IGNORECASE,
)


def kind_of(head: bytes) -> Kind | None:
    """The kind that a file's first ``HEAD_BYTES`` bytes show, or None where they show none known here."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp":
        return _isobmff_kind(head)
    if head[30:58] == b"mimetypeapplication/epub+zip":
        return EPUB
    for signature, kind in SIGNATURES:
        # Two letters alone may also begin a text (“BMI,country”), which holds no zero byte.
        if head.startswith(signature) and (len(signature) > 2 or signature[:1] in b"\x1f#" or 0 in head[:64]):
            return kind
    return _markup_kind(head)


def _isobmff_kind(head: bytes) -> Kind:
    """AVIF, HEIC and MP4 share one container; its list of brands tells them apart."""
    length = int.from_bytes(head[:4], "big")
    brands = {head[at : at + 4] for at in (8, *range(16, min(length, 256), 4))}
    if brands & {b"avif", b"avis"}:
        return AVIF
    return HEIC if brands & HEIC_BRANDS else VIDEO


def _markup_kind(head: bytes) -> Kind | None:
    """Markup, in any encoding that a browser would guess, looked for where a browser would."""
    text = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x0c")
    if not text.startswith(b"<"):
        return None
    if SVG_TAG.search(text) and not HTML_TAG.match(text):
        return SVG
    if HTML_TAG.search(text):
        return HTML
    return XML if text.startswith(b"<?xml") else None
