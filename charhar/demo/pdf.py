"""A small PDF, written by hand: enough for a sample issue that any reader opens."""

from collections.abc import Iterable, Sequence

PAGE = (420, 595)  # A5, in points
MARGIN, LEADING = 48, 15


def write_pdf(title: str, pages: Iterable[Sequence[tuple[str, int]]]) -> bytes:
    """The bytes of a PDF: each page is a list of lines, each line its words and its size in points.

    Knows the characters of Windows-1252, which the standard fonts hold; others become question marks.
    """
    contents = [_content(page) for page in pages]
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en) /ViewerPreferences << /DisplayDocTitle true >> >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman /Encoding /WinAnsiEncoding >>",
    ]
    for number, content in enumerate(contents):
        box = f"[0 0 {PAGE[0]} {PAGE[1]}]"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Contents {5 + 2 * number} 0 R"
            " /Resources << /Font << /F 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content))
    objects.append(b"<< /Title %b /Producer (Charhar sample content) >>" % _string(title))
    file = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    file += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    file += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\n" % (len(objects) + 1, len(objects))
    file += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(file)


def wrapped(text: str, size: int) -> list[tuple[str, int]]:
    """A paragraph as lines that fit the page, by the average width of Times."""
    room = int((PAGE[0] - 2 * MARGIN) / (size * 0.45))
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) + 1 > room and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return [(line, size) for line in lines]


def _content(page: Sequence[tuple[str, int]]) -> bytes:
    y = PAGE[1] - MARGIN
    drawn = []
    for words, size in page:
        y -= max(LEADING, size + 5)
        drawn.append(b"BT /F %d Tf %d %d Td %b Tj ET" % (size, MARGIN, y, _string(words)))
    return b"\n".join(drawn)


def _string(words: str) -> bytes:
    escaped = words.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return b"(%b)" % escaped.encode("cp1252", "replace")
