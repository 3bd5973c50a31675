"""Files made here, byte by byte or by Pillow: good ones, and every bad one that a test names."""

import io
import struct
import zipfile
import zlib

from PIL import Image as Pillow
from PIL import ImageCms

RED, BLUE = (220, 20, 20), (20, 20, 220)


def halves(width=120, height=80, mode="RGB", first=RED, second=BLUE):
    """A picture whose left half differs from its right one."""
    picture = Pillow.new(mode, (width, height), first)
    picture.paste(second, (width // 2, 0, width, height))
    return picture


def saved(picture, form="JPEG", **options):
    """A picture's file."""
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def png_header(width, height):
    """A PNG that claims any size and holds nothing."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(b"\x00"))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


def jpeg_header(width, height):
    """A real JPEG whose header claims another size."""
    data = bytearray(saved(halves(16, 16)))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_header(width, height):
    """A WebP that claims any size: the extended header alone."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x00" * 4 + size
    return b"RIFF" + struct.pack("<I", len(body)) + body


def isobmff(brand):
    """The beginning of a file of the family of AVIF, HEIC and MP4."""
    return struct.pack(">I", 24) + b"ftyp" + brand + b"\x00" * 4 + brand + b"mif1" + b"\x00" * 64


def animated(form):
    """Two frames, one after the other."""
    return saved(halves(), form, save_all=True, append_images=[Pillow.new("RGB", (120, 80), BLUE)])


def office(folder, *more):
    """An Office file of the current kind, as far as its names go."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("[Content_Types].xml", f"{folder}/document.xml", *more):
            archive.writestr(name, "<x/>")
    return buffer.getvalue()


def epub():
    """An EPUB, as far as its beginning goes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr("content.opf", "<package/>")
    return buffer.getvalue()


def pdf(pages=3):
    """A PDF of empty pages."""
    from pypdf import PdfWriter

    writer, buffer = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    writer.write(buffer)
    return buffer.getvalue()


def located(form="JPEG", orientation=1):
    """A photograph that tells where it was taken, by whom and with what."""
    picture = halves()
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SECRETCAMERA"
    exif[0x013B] = "SECRETARTIST"
    exif.get_ifd(0x8825).update(
        {1: "N", 2: (40.0, 26.0, 46.0), 3: "E", 4: (116.0, 23.0, 29.0), 29: "2022:01:18"}
    )
    options = {"exif": exif}
    if form in {"JPEG", "WEBP", "AVIF"}:
        options["xmp"] = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">SECRETXMP</x:xmpmeta>'
    if form == "JPEG":
        options["comment"] = "SECRETCOMMENT"
    if form == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_text("Comment", "SECRETCOMMENT")
        info.add_itxt("XML:com.adobe.xmp", "SECRETXMP")
        options["pnginfo"] = info
    data = saved(picture, form, **options)
    if form == "JPEG":
        iptc = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x0f\x1c\x02\x19\x00\nSECRETIPTC\x00"
        data = data[:2] + b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc + data[2:]
    return data


def swapped_profile():
    """An RGB colour profile in which red and green have changed places, so that converting shows."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", profile[128:132])[0]
    tags = {bytes(profile[132 + 12 * n : 136 + 12 * n]): 132 + 12 * n for n in range(count)}
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "Test".encode("utf-16-be"))
