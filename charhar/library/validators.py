"""What may be uploaded. Every refusal is one sentence that says what the file is and what to do.

The order is the point: size, then what the first bytes show, then the measures in the header, and only
then is anything decoded.
"""

import codecs
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _
from PIL import Image as Pillow

from . import kinds
from .kinds import HEAD_BYTES, Kind, kind_of

PICTURES = {kinds.JPEG: "JPEG", kinds.PNG: "PNG", kinds.WEBP: "WEBP", kinds.AVIF: "AVIF"}
MAX_SIDE = 16_000  # WebP ends at 16,383

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "epub": "application/epub+zip",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "csv": "text/csv; charset=utf-8",
}
OFFICE_FOLDERS = {"docx": "word/", "xlsx": "xl/", "pptx": "ppt/"}


def ending_of(name: str) -> str:
    """The ending of a file's name in lower case, without the dot; empty where there is none."""
    return name.rsplit(".", 1)[1].lower() if "." in name else ""


def validate_picture(upload: Any) -> None:
    """Refuse what is not a sound picture of a kind and size that can be shown.

    A file that is stored already is not looked at again. Decodes the picture once, after all else is
    known to be in order. Raises ``ValidationError``.
    """
    if getattr(upload, "_committed", False):
        return
    _check_weight(upload)
    kind = _check_picture_kind(upload)
    with rewound(upload) as file:
        picture = open_picture(file, kind)
        try:
            picture.load()
        except Exception as error:  # Pillow's decoders raise whatever they meet in a damaged file
            raise damaged_picture() from error


def open_picture(file: Any, kind: Kind) -> Pillow.Image:
    """The picture with its header read and its measures checked, not yet decoded.

    Only the decoder of the picture's own kind is tried. Raises ``ValidationError``.
    """
    if kind is kinds.WEBP:
        # libwebp reserves two whole canvases on opening a file; the others are opened lazily.
        _check_measures(_webp_measures(file.read(30)))
        file.seek(0)
    try:
        picture = Pillow.open(file, formats=[PICTURES[kind]])
    except Exception as error:  # Pillow's readers raise whatever they meet in a damaged file
        raise damaged_picture() from error
    _check_measures(picture.size)
    # A JPEG with several pictures inside is no film: telephones keep a preview or a depth map there.
    if kind is not kinds.JPEG and getattr(picture, "is_animated", False):
        raise ValidationError(
            _("The picture moves. Only still pictures can be shown; upload a single frame."), code="animated"
        )
    return picture


def damaged_picture() -> ValidationError:
    """The one sentence about a picture that can not be read to its end."""
    return ValidationError(
        _("The picture can not be read to its end: it is damaged or incomplete. Export it again."),
        code="damaged",
    )


def picture_kind(file: Any) -> Kind:
    """JPEG, PNG, WebP or AVIF, by the first bytes; raises ``ValidationError`` for all else."""
    with rewound(file) as opened:
        kind = kind_of(opened.read(HEAD_BYTES))
    if kind in PICTURES:
        return kind
    if kind is kinds.SVG:
        raise ValidationError(
            _("SVG drawings can hold programs and are not accepted. Export the drawing as PNG."), code="svg"
        )
    if kind is not None:
        raise ValidationError(
            _("This is %(kind)s. Pictures must be JPEG, PNG, WebP or AVIF."),
            code="wrong_kind",
            params={"kind": kind.label},
        )
    raise ValidationError(
        _("This is not a picture. Pictures must be JPEG, PNG, WebP or AVIF."), code="wrong_kind"
    )


def _webp_measures(head: bytes) -> tuple[int, int]:
    """Width and height from the first 30 bytes of a WebP file; zeros where they make no sense."""
    chunk = head[12:16] if len(head) == 30 else b""
    if chunk == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if chunk == b"VP8L" and head[20] == 0x2F:
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
    return 0, 0


def validate_document(upload: Any) -> None:
    """Refuse what is not a sound PDF, EPUB, Word, Excel or PowerPoint file or CSV table.

    A file that is stored already is not looked at again. Raises ``ValidationError``.
    """
    if getattr(upload, "_committed", False):
        return
    _check_weight(upload)
    ending = ending_of(upload.name)
    with rewound(upload) as file:
        kind = kind_of(file.read(HEAD_BYTES))
        real = _document_ending(file, kind)
    if real is None:
        raise ValidationError(
            _("This is %(kind)s. Documents must be PDF, EPUB, DOCX, XLSX, PPTX or CSV."),
            code="wrong_kind",
            params={"kind": kind.label if kind else _("a file of an unknown kind")},
        )
    if real != ending:
        raise _renamed(upload.name, kind.label if kind and kind is not kinds.ZIP else real.upper(), real)
    if real == "pdf":
        with rewound(upload) as file:
            _check_pdf_end(file)


def _document_ending(file: Any, kind: Kind | None) -> str | None:
    """The ending that a document's contents call for, or None for a kind that is not accepted."""
    if kind is kinds.PDF or kind is kinds.EPUB:
        return kind.code
    if kind is kinds.ZIP:
        return _office_ending(file)
    if kind is None and _is_text(file):
        return "csv"
    return None


def _office_ending(file: Any) -> str | None:
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise ValidationError(
            _("The file is damaged or incomplete. Save it again."), code="damaged"
        ) from error
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise ValidationError(_("The file holds macros. Save it without them."), code="macros")
    if "[Content_Types].xml" not in names:
        return None
    return next((e for e, folder in OFFICE_FOLDERS.items() if any(n.startswith(folder) for n in names)), None)


def _is_text(file: Any) -> bool:
    """Whether the beginning reads as UTF-8, which a table with Chinese names must be to open everywhere."""
    file.seek(0)
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(file.read(1 << 16))
    except UnicodeDecodeError:
        return False
    return bool(text.strip()) and not any(c < " " and c not in "\t\r\n" for c in text)


def _check_pdf_end(file: Any) -> None:
    """A PDF ends with the address of its index; one that was cut off on its way does not."""
    file.seek(0, 2)
    file.seek(max(0, file.tell() - 4096))
    if b"%%EOF" not in file.read():
        raise ValidationError(
            _("The PDF is incomplete: its end is missing. Export it again."), code="damaged"
        )


def _check_weight(upload: Any) -> None:
    if not upload.size:
        raise ValidationError(_("The file is empty."), code="empty")
    if upload.size > settings.MAX_UPLOAD_BYTES:
        raise ValidationError(
            _("The file has %(size)s; at most %(most)s are accepted."),
            code="too_heavy",
            params={"size": filesizeformat(upload.size), "most": filesizeformat(settings.MAX_UPLOAD_BYTES)},
        )


def _check_picture_kind(upload: Any) -> Kind:
    kind = picture_kind(upload)
    if ending_of(upload.name) not in kind.endings:
        raise _renamed(upload.name, kind.label, kind.endings[0])
    return kind


def _renamed(name: str, label: Any, ending: str) -> ValidationError:
    bare = name.rsplit(".", 1)[0] if "." in name else name
    return ValidationError(
        _("“%(name)s” is really %(kind)s. Name it “%(right)s” and upload it again."),
        code="renamed",
        params={"name": name, "kind": label, "right": f"{bare}.{ending}"},
    )


def _check_measures(measures: tuple[int, int]) -> None:
    width, height = measures
    if not width or not height:
        raise damaged_picture()
    if width * height > settings.MAX_IMAGE_PIXELS:
        raise ValidationError(
            _(
                "The picture measures %(width)s × %(height)s pixels, which is more than %(most)s megapixels. "
                "Make it smaller and upload it again."
            ),
            code="too_many_pixels",
            params={"width": width, "height": height, "most": settings.MAX_IMAGE_PIXELS // 1_000_000},
        )
    if max(measures) > MAX_SIDE:
        raise ValidationError(
            _("The picture measures %(width)s × %(height)s pixels; no side may be longer than %(most)s."),
            code="too_long",
            params={"width": width, "height": height, "most": MAX_SIDE},
        )


@contextmanager
def rewound(upload: Any) -> Iterator[Any]:
    """The upload's file, at its beginning before and after."""
    file = upload.file if isinstance(upload, File) and isinstance(upload.file, File) else upload
    file.seek(0)
    try:
        yield file
    finally:
        file.seek(0)
