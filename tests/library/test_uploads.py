"""What may be uploaded, and what is said about the rest."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image as Pillow

from charhar.library import validators
from charhar.library.models import Document, Image

from . import samples

SVG = b'<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PROGRAM = b"MZ\x90\x00" + b"\x00" * 200

WANTED = "Pictures must be JPEG, PNG, WebP or AVIF."
DAMAGED = "The picture can not be read to its end: it is damaged or incomplete. Export it again."
TOO_MANY = (
    "The picture measures %s pixels, which is more than 40 megapixels. Make it smaller and upload it again."
)
STILL = "The picture moves. Only still pictures can be shown; upload a single frame."

REFUSED_PICTURES = {
    "empty": ("a.jpg", b"", "The file is empty."),
    "an SVG": (
        "a.svg",
        SVG,
        "SVG drawings can hold programs and are not accepted. Export the drawing as PNG.",
    ),
    "an SVG named PNG": (
        "a.png",
        SVG,
        "SVG drawings can hold programs and are not accepted. Export the drawing as PNG.",
    ),
    "an SVG in UTF-16": (
        "a.jpg",
        SVG.decode().encode("utf-16"),
        "SVG drawings can hold programs and are not accepted. Export the drawing as PNG.",
    ),
    "a compressed SVG": ("a.svgz", b"\x1f\x8b\x08" + b"\x00" * 20, f"This is a compressed file. {WANTED}"),
    "a PDF named JPEG": ("a.jpg", samples.pdf(1), f"This is a PDF. {WANTED}"),
    "a web page named JPEG": ("a.jpg", b"<!DOCTYPE html><html></html>", f"This is a web page. {WANTED}"),
    "a program named JPEG": ("a.jpg", PROGRAM, f"This is a program. {WANTED}"),
    "an archive named JPEG": ("a.jpg", samples.office("word"), f"This is a ZIP archive. {WANTED}"),
    "a text named JPEG": ("a.jpg", b"hello", f"This is not a picture. {WANTED}"),
    "a GIF": ("a.gif", samples.saved(samples.halves(), "GIF"), f"This is a GIF picture. {WANTED}"),
    "a TIFF": ("a.tif", samples.saved(samples.halves(), "TIFF"), f"This is a TIFF picture. {WANTED}"),
    "a BMP": ("a.bmp", samples.saved(samples.halves(), "BMP"), f"This is a BMP picture. {WANTED}"),
    "a HEIC": ("a.heic", samples.isobmff(b"heic"), f"This is a HEIC photograph. {WANTED}"),
    "a video": (
        "a.mp4",
        samples.isobmff(b"isom").replace(b"mif1", b"mp42"),
        f"This is a video or sound file. {WANTED}",
    ),
    "a PNG named JPEG": (
        "sea.jpg",
        samples.saved(samples.halves(), "PNG"),
        "“sea.jpg” is really a PNG picture. Name it “sea.png” and upload it again.",
    ),
    "a JPEG without an ending": (
        "sea",
        samples.saved(samples.halves()),
        "“sea” is really a JPEG picture. Name it “sea.jpg” and upload it again.",
    ),
    "a JPEG named HTML": (
        "sea.html",
        samples.saved(samples.halves()),
        "“sea.html” is really a JPEG picture. Name it “sea.jpg” and upload it again.",
    ),
    "a cut JPEG": ("a.jpg", samples.saved(samples.halves(400, 300), quality=95)[:-800], DAMAGED),
    "a cut PNG": ("a.png", samples.saved(Pillow.effect_noise((200, 200), 90), "PNG")[:-9000], DAMAGED),
    "a cut WebP": ("a.webp", samples.saved(Pillow.effect_noise((200, 200), 90), "WEBP")[:-500], DAMAGED),
    "a cut AVIF": ("a.avif", samples.saved(Pillow.effect_noise((200, 200), 90), "AVIF")[:-500], DAMAGED),
    "a JPEG of a signature alone": ("a.jpg", b"\xff\xd8\xff\xe0", DAMAGED),
    "a WebP of a signature alone": ("a.webp", b"RIFF\x04\x00\x00\x00WEBP", DAMAGED),
    "an AVIF of a signature alone": ("a.avif", samples.isobmff(b"avif"), DAMAGED),
    "a PNG without pixels": ("a.png", samples.png_header(0, 10), DAMAGED),
    "a PNG of 41 megapixels": ("a.png", samples.png_header(8200, 5000), TOO_MANY % "8200 × 5000"),
    "a PNG of 4,295 megapixels": ("a.png", samples.png_header(65535, 65535), TOO_MANY % "65535 × 65535"),
    "a JPEG of 41 megapixels": ("a.jpg", samples.jpeg_header(8200, 5000), TOO_MANY % "8200 × 5000"),
    "a WebP of 268 megapixels": (
        "a.webp",
        samples.webp_header(16383, 16383),
        TOO_MANY % "16383 × 16383",
    ),
    "a long strip": (
        "a.png",
        samples.png_header(16001, 10),
        "The picture measures 16001 × 10 pixels; no side may be longer than 16000.",
    ),
    "a moving PNG": ("a.png", samples.animated("PNG"), STILL),
    "a moving WebP": ("a.webp", samples.animated("WEBP"), STILL),
    "a moving AVIF": ("a.avif", samples.animated("AVIF"), STILL),
}

DOCUMENTS = "Documents must be PDF, EPUB, DOCX, XLSX, PPTX or CSV."
REFUSED_DOCUMENTS = {
    "empty": ("a.pdf", b"", "The file is empty."),
    "a web page": ("a.html", b"<html><script></script></html>", f"This is a web page. {DOCUMENTS}"),
    "a web page named PDF": ("a.pdf", b"\n <html>%PDF-1.7 %%EOF", f"This is a web page. {DOCUMENTS}"),
    "a web page named CSV": ("a.csv", b"<!doctype html>\na,b", f"This is a web page. {DOCUMENTS}"),
    "an SVG": ("a.svg", SVG, f"This is an SVG drawing. {DOCUMENTS}"),
    "an XML named CSV": ("a.csv", b"<?xml version='1.0'?><x/>", f"This is an XML file. {DOCUMENTS}"),
    "a program": ("a.exe", PROGRAM, f"This is a program. {DOCUMENTS}"),
    "a script named CSV": ("a.csv", b"#!/bin/sh\nls", f"This is a script. {DOCUMENTS}"),
    "an old Word file": (
        "a.doc",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 99,
        f"This is a file of an old version of Office. {DOCUMENTS}",
    ),
    "a picture": ("a.jpg", samples.saved(samples.halves()), f"This is a JPEG picture. {DOCUMENTS}"),
    "bytes named CSV": ("a.csv", b"\x80\x81\x82", f"This is a file of an unknown kind. {DOCUMENTS}"),
    "a plain archive": (
        "a.zip",
        samples.office("word").replace(b"Content", b"Kontent"),
        f"This is a ZIP archive. {DOCUMENTS}",
    ),
    "a cut archive": (
        "a.docx",
        samples.office("word")[:-30],
        "The file is damaged or incomplete. Save it again.",
    ),
    "macros": (
        "a.docx",
        samples.office("word", "word/vbaProject.bin"),
        "The file holds macros. Save it without them.",
    ),
    "a PDF named Word": (
        "plan.docx",
        samples.pdf(1),
        "“plan.docx” is really a PDF. Name it “plan.pdf” and upload it again.",
    ),
    "a table named Word": (
        "plan.docx",
        samples.office("xl"),
        "“plan.docx” is really XLSX. Name it “plan.xlsx” and upload it again.",
    ),
    "a text without an ending": (
        "plan",
        b"a,b\n1,2\n",
        "“plan” is really CSV. Name it “plan.csv” and upload it again.",
    ),
    "a cut PDF": (
        "a.pdf",
        samples.pdf()[:-100],
        "The PDF is incomplete: its end is missing. Export it again.",
    ),
}


def errors_of(model, name, data):
    """What is said beside the field ``file``."""
    row = model(
        title="Sample", file=SimpleUploadedFile(name, data), **({"alt_en": "A"} if model is Image else {})
    )
    try:
        row.full_clean()
    except ValidationError as error:
        return error.message_dict
    return {}


@pytest.mark.parametrize(("name", "data", "message"), REFUSED_PICTURES.values(), ids=REFUSED_PICTURES)
@pytest.mark.django_db
def test_a_bad_picture_is_refused_beside_its_field(name, data, message):
    assert errors_of(Image, name, data) == {"file": [message]}


@pytest.mark.parametrize(("name", "data", "message"), REFUSED_DOCUMENTS.values(), ids=REFUSED_DOCUMENTS)
@pytest.mark.django_db
def test_a_bad_document_is_refused_beside_its_field(name, data, message):
    assert errors_of(Document, name, data) == {"file": [message]}


# A wrong name alone does no harm here: the stored file gets a name of its own.
@pytest.mark.parametrize(
    ("name", "data", "message"), [case for case in REFUSED_PICTURES.values() if "really" not in case[2]]
)
@pytest.mark.django_db
def test_saving_without_validation_stores_no_bad_picture_either(name, data, message, settings):
    with pytest.raises(ValidationError):
        Image(title="Sample", file=SimpleUploadedFile(name, data)).save()
    assert not Image.objects.exists()
    assert not settings.MEDIA_ROOT.exists()


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.jpg", "JPEG"),
        ("A.JPEG", "JPEG"),
        ("a.png", "PNG"),
        ("a.webp", "WEBP"),
        ("a.avif", "AVIF"),
        ("a.jpg", "MPO"),
    ],
)
@pytest.mark.django_db
def test_each_good_kind_of_picture_is_taken(name, form):
    options = {"save_all": True, "append_images": [samples.halves(60, 40)]} if form == "MPO" else {}
    assert errors_of(Image, name, samples.saved(samples.halves(), form, **options)) == {}


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.django_db
def test_each_kind_of_webp_header_is_read(lossless, mode):
    picture = samples.halves(
        mode=mode, first=(220, 20, 20, 0)[: len(mode)], second=(20, 20, 220, 255)[: len(mode)]
    )
    data = samples.saved(picture, "WEBP", lossless=lossless)
    assert validators._webp_measures(data[:30]) == (120, 80)
    assert errors_of(Image, "a.webp", data) == {}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.pdf", samples.pdf(1)),
        ("a.epub", samples.epub()),
        ("a.docx", samples.office("word")),
        ("a.xlsx", samples.office("xl")),
        ("a.pptx", samples.office("ppt")),
        ("a.csv", "BMI,country\n22,法国\n".encode()),
        ("a.csv", ("年,月\n" * 20000).encode()),
    ],
)
@pytest.mark.django_db
def test_each_good_kind_of_document_is_taken(name, data):
    assert errors_of(Document, name, data) == {}


@pytest.mark.parametrize(
    "data",
    [samples.png_header(8200, 5000), samples.jpeg_header(8200, 5000), samples.webp_header(16383, 16383)],
)
@pytest.mark.django_db
def test_the_limit_of_pixels_holds_before_anything_is_decoded(data, monkeypatch):
    def decode(*args, **kwargs):
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decode)
    monkeypatch.setattr("PIL._webp.WebPAnimDecoder", decode)
    ending = {b"\x89P": "png", b"\xff\xd8": "jpg", b"RI": "webp"}[data[:2]]
    assert list(errors_of(Image, f"a.{ending}", data)) == ["file"]


@pytest.mark.django_db
def test_the_limit_of_pixels_is_a_setting(settings):
    data = samples.saved(samples.halves(1001, 1000))
    assert errors_of(Image, "a.jpg", data) == {}
    settings.MAX_IMAGE_PIXELS = 1_000_000
    assert list(errors_of(Image, "a.jpg", data)) == ["file"]


@pytest.mark.parametrize("model", [Image, Document])
@pytest.mark.django_db
def test_a_heavy_file_is_refused_before_it_is_read(model, settings, monkeypatch):
    settings.MAX_UPLOAD_BYTES = 2 * 1024 * 1024
    monkeypatch.setattr(validators, "kind_of", lambda head: pytest.fail("read"))
    assert errors_of(model, "a.pdf", b"x" * (3 * 1024 * 1024)) == {
        "file": ["The file has 3.0\xa0MB; at most 2.0\xa0MB are accepted."]
    }


@pytest.mark.django_db
def test_a_stored_file_is_not_looked_at_again(monkeypatch):
    image = Image(
        title="Sample", alt_en="A", file=SimpleUploadedFile("a.jpg", samples.saved(samples.halves()))
    )
    image.save()
    monkeypatch.setattr(validators, "kind_of", lambda head: pytest.fail("read"))
    Image.objects.get().full_clean()


@pytest.mark.django_db
def test_an_image_describes_itself_or_is_decorative():
    file = samples.saved(samples.halves())
    image = Image(title="Sample", file=SimpleUploadedFile("a.jpg", file))
    with pytest.raises(ValidationError) as caught:
        image.full_clean()
    assert caught.value.message_dict == {
        "alt_en": ["Describe the picture for readers who can not see it, or mark it as decorative."]
    }
    image.decorative = True
    image.full_clean()
    image.decorative, image.alt_zh = False, "红蓝两半"
    image.full_clean()
