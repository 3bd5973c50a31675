"""What is stored of a picture: upright, sRGB, bare of metadata, in every size and shape."""

import hashlib
import io

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, models
from django.db import transaction as db_transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from PIL import Image as Pillow
from PIL import ImageCms

from charhar.library.models import Image, Rendition
from charhar.library.renditions import crop_box, needed_width, planned

from . import samples

pytestmark = pytest.mark.plain

SECRETS = [
    b"SECRET",
    b"Exif\x00",
    b"EXIF",
    b"eXIf",
    b"8BIM",
    b"xmpmeta",
    b"GPS",
    b"ICC_PROFILE",
    b"iCCP",
    b"ICCP",
]


def stored(data, name="a.jpg", **fields):
    """A saved image, as the database has it."""
    options = {key: fields.pop(key) for key in ("widths", "crops") if key in fields}
    image = Image(title="Sample", alt_en="Two halves", file=ContentFile(data, name), **fields)
    image.save(**options)
    return Image.objects.get(pk=image.pk)


def files_of(image):
    """Everything in the image's folder, by name."""
    return {
        name: content_of(f"{image.folder}/{name}")
        for name in sorted(default_storage.listdir(image.folder)[1])
    }


def content_of(name):
    with default_storage.open(name) as file:
        return file.read()


def opened(data):
    picture = Pillow.open(io.BytesIO(data))
    picture.load()
    return picture


def near(colour, other, by=24):
    """Whether two colours are the same but for what lossy kinds change."""
    return all(abs(a - b) <= by for a, b in zip(colour, other, strict=True))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.django_db
def test_nothing_but_the_picture_is_stored(form):
    data = samples.located(form)
    assert b"SECRETCAMERA" in data
    assert opened(data).getexif().get_ifd(0x8825)[2] == (40.0, 26.0, 46.0)

    files = files_of(stored(data, f"a.{form.lower()}"))

    assert len(files) > 4
    for name, content in files.items():
        assert [secret for secret in SECRETS if secret in content] == [], name
        picture = opened(content)
        assert dict(picture.getexif()) == {}, name
        assert not {
            "exif",
            "icc_profile",
            "xmp",
            "XML:com.adobe.xmp",
            "comment",
            "photoshop",
            "Comment",
        } & set(picture.info), name


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.django_db
def test_a_picture_is_turned_as_the_camera_says(form):
    image = stored(samples.located(form, orientation=6), f"a.{form.lower()}")
    assert (image.width, image.height) == (80, 120)
    for name, content in files_of(image).items():
        picture = opened(content).convert("RGB")
        across, down = picture.size
        assert near(picture.getpixel((across // 2, down // 8)), samples.RED), name
        assert near(picture.getpixel((across // 2, down - 1 - down // 8)), samples.BLUE), name


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, (0, 0)), (2, (1, 0)), (3, (1, 1)), (4, (0, 1)), (5, (0, 0)), (6, (1, 0)), (7, (1, 1)), (8, (0, 1))],
)
@pytest.mark.django_db
def test_every_orientation_is_known(orientation, corner):
    picture = Pillow.new("RGB", (60, 40), samples.BLUE)
    picture.paste(samples.RED, (0, 0, 20, 20))
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    image = stored(samples.saved(picture, "PNG", exif=exif), "a.png")
    original = opened(content_of(image.file.name))
    right, low = original.size[0] - 1, original.size[1] - 1
    assert original.size == ((60, 40) if orientation < 5 else (40, 60))
    assert original.getpixel((corner[0] * right, corner[1] * low)) == samples.RED
    assert original.getpixel(((1 - corner[0]) * right, (1 - corner[1]) * low)) == samples.BLUE


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")
@pytest.mark.django_db
def test_broken_exif_data_do_not_refuse_a_picture():
    data = samples.saved(samples.halves(), exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff garbage")
    assert (stored(data).width, stored(data).height) == (120, 80)


@pytest.mark.parametrize(
    ("mode", "form", "name"),
    [("RGB", "JPEG", "a.jpg"), ("RGB", "PNG", "a.png"), ("RGBA", "PNG", "a.png"), ("RGB", "AVIF", "a.avif")],
)
@pytest.mark.django_db
def test_colours_are_converted_where_a_profile_says_otherwise(mode, form, name):
    first = (*samples.RED, 128)[: len(mode)]
    picture = samples.halves(mode=mode, first=first, second=first)
    plain = stored(samples.saved(picture, form), name)
    converted = stored(samples.saved(picture, form, icc_profile=samples.swapped_profile()), name)
    assert near(opened(content_of(plain.file.name)).convert("RGB").getpixel((5, 5)), (220, 20, 20))
    assert near(opened(content_of(converted.file.name)).convert("RGB").getpixel((5, 5)), (20, 220, 20))


@pytest.mark.parametrize(
    "profile", [b"rubbish", ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), "lab"]
)
@pytest.mark.django_db
def test_an_srgb_or_unusable_profile_changes_nothing(profile):
    if profile == "lab":
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    image = stored(samples.saved(samples.halves(), "PNG", icc_profile=profile), "a.png")
    assert opened(content_of(image.file.name)).getpixel((5, 5)) == samples.RED


@pytest.mark.parametrize(
    ("mode", "form", "colour", "shown"),
    [
        ("L", "PNG", 100, (100, 100, 100)),
        ("1", "PNG", 1, (255, 255, 255)),
        ("LA", "PNG", (100, 255), (100, 100, 100)),
        ("I;16", "PNG", 100 * 257, (100, 100, 100)),
        ("P", "PNG", 0, (0, 0, 0)),
        ("CMYK", "JPEG", (0, 255, 255, 0), (255, 0, 0)),
    ],
)
@pytest.mark.django_db
def test_every_mode_becomes_plain_colour(mode, form, colour, shown):
    image = stored(
        samples.saved(Pillow.new(mode, (30, 20), colour), form), "a.png" if form == "PNG" else "a.jpg"
    )
    original = opened(content_of(image.file.name))
    assert original.mode == "RGB"
    assert near(original.getpixel((5, 5)), shown, by=4)
    assert {e["types"][-1] for e in image.renditions} == {"jpg"}


@pytest.mark.django_db
def test_transparency_is_kept_with_png_as_fallback():
    picture = samples.halves(1300, 900, "RGBA", first=(0, 0, 0, 0), second=(20, 20, 220, 255))
    image = stored(samples.saved(picture, "PNG"), "a.png", widths=(640,))
    assert image.file.name.endswith(".png")
    files = files_of(image)
    for name in ("640.avif", "640.webp", "640.png"):
        assert opened(files[name]).mode == "RGBA", name
        assert opened(files[name]).getpixel((5, 5))[3] == 0, name
    assert near(opened(files["1200-card-50-50.jpg"]).getpixel((5, 5)), (255, 255, 255), by=4)


@pytest.mark.django_db
def test_an_opaque_alpha_channel_is_dropped():
    image = stored(
        samples.saved(samples.halves(mode="RGBA", first=(9, 9, 9, 255), second=(9, 9, 9, 255)), "PNG"),
        "a.png",
    )
    assert opened(content_of(image.file.name)).mode == "RGB"


@pytest.mark.django_db
def test_renditions_have_the_sizes_and_types_that_are_listed():
    image = stored(samples.saved(samples.halves(2000, 1500)))
    assert [(e["crop"], e["stem"], e["width"], e["height"], e["types"]) for e in image.renditions] == [
        ("", "320", 320, 240, ["avif", "webp", "jpg"]),
        ("", "640", 640, 480, ["avif", "webp", "jpg"]),
        ("", "960", 960, 720, ["avif", "webp", "jpg"]),
        ("", "1280", 1280, 960, ["avif", "webp", "jpg"]),
        ("", "1920", 1920, 1440, ["avif", "webp", "jpg"]),
        ("3:2", "320-3x2-50-50", 320, 213, ["avif", "webp", "jpg"]),
        ("3:2", "640-3x2-50-50", 640, 427, ["avif", "webp", "jpg"]),
        ("3:2", "960-3x2-50-50", 960, 640, ["avif", "webp", "jpg"]),
        ("3:2", "1280-3x2-50-50", 1280, 853, ["avif", "webp", "jpg"]),
        ("4:5", "320-4x5-50-50", 320, 400, ["avif", "webp", "jpg"]),
        ("4:5", "640-4x5-50-50", 640, 800, ["avif", "webp", "jpg"]),
        ("1:1", "160-1x1-50-50", 160, 160, ["avif", "webp", "jpg"]),
        ("1:1", "320-1x1-50-50", 320, 320, ["avif", "webp", "jpg"]),
        ("card", "1200-card-50-50", 1200, 630, ["jpg"]),
    ]
    files = files_of(image)
    listed = {f"{e['stem']}.{kind}": (e, kind) for e in image.renditions for kind in e["types"]}
    assert set(files) == {*listed, image.file.name.rsplit("/", 1)[1]}
    for name, (entry, kind) in listed.items():
        picture = opened(files[name])
        assert picture.size == (entry["width"], entry["height"]), name
        assert picture.format == {"avif": "AVIF", "webp": "WEBP", "jpg": "JPEG"}[kind], name


@pytest.mark.parametrize(
    ("width", "height", "whole", "three_two"),
    [
        (64, 48, [64], [64]),
        (700, 466, [320, 700], []),
        (1300, 1300, [320, 640, 960, 1300], [320, 640, 960, 1280]),
        (1280, 700, [320, 640, 960, 1280], [320, 640, 1050]),
        (16000, 10, [320, 640, 960, 1280, 1920], [15]),
    ],
)
def test_no_rendition_is_larger_than_the_picture(width, height, whole, three_two):
    entries = planned(width, height, (0.5, 0.5), "jpg")
    assert [e["width"] for e in entries if e["crop"] == ""] == whole
    assert [e["width"] for e in entries if e["crop"] == "3:2"] == three_two
    assert min(e["height"] for e in entries) >= 1


@pytest.mark.parametrize(
    ("focal", "box"),
    [
        ((0.5, 0.5), (100, 0, 300, 200)),
        ((0, 0), (0, 0, 200, 200)),
        ((0.4, 1), (60, 0, 260, 200)),
        ((1, 0.5), (200, 0, 400, 200)),
    ],
)
def test_a_crop_lies_as_near_to_the_focal_point_as_the_edges_allow(focal, box):
    assert crop_box((400, 200), "1:1", focal) == box


@pytest.mark.django_db
def test_moving_the_focal_point_makes_the_crops_anew_under_new_names():
    image = stored(samples.saved(samples.halves(400, 200)), focal_x=0, focal_y=0.5)
    before = files_of(image)
    assert near(opened(before["200-1x1-0-50.jpg"]).getpixel((190, 100)), samples.RED)

    image.focal_x = 1
    image.save()

    image.refresh_from_db()
    after = files_of(image)
    assert [e["stem"] for e in image.renditions if e["crop"] == "1:1"] == [
        "160-1x1-100-50",
        "200-1x1-100-50",
    ]
    assert near(opened(after["200-1x1-100-50.jpg"]).getpixel((10, 100)), samples.BLUE)
    assert before.items() <= after.items()


@pytest.mark.django_db
def test_saving_other_columns_touches_no_file_and_costs_one_query(monkeypatch):
    image = stored(samples.saved(samples.halves()))
    monkeypatch.setattr("charhar.library.models.rendered", lambda *args: pytest.fail("made"))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        image.title = "Another"
        image.save()
    assert [q["sql"].split()[0] for q in queries] == ["UPDATE"]


@pytest.mark.django_db
def test_a_new_file_under_update_fields_carries_its_columns():
    image = stored(samples.saved(samples.halves()))
    image.file = ContentFile(samples.saved(samples.halves(90, 90)), "b.jpg")
    image.title = "not saved"
    image.save(update_fields=["file"])
    image.refresh_from_db()
    assert (image.width, image.height, image.title) == (90, 90, "Sample")
    assert image.renditions[0]["stem"] == "90"


@pytest.mark.django_db
def test_two_widths_are_enough_for_sample_content():
    image = stored(samples.saved(samples.halves(1200, 800)), widths=(480, 960), crops=("1:1",))
    assert [(e["crop"], e["width"]) for e in image.renditions] == [
        ("", 480), ("", 960), ("1:1", 480), ("1:1", 800), ("card", 1200),
    ]  # fmt: skip


@pytest.mark.django_db
def test_the_digest_is_of_the_upload():
    data = samples.located()
    image = stored(data)
    assert image.digest == hashlib.sha256(data).hexdigest()
    assert hashlib.sha256(content_of(image.file.name)).hexdigest() != image.digest


@pytest.mark.django_db
def test_names_hold_128_random_bits_and_the_original_is_not_named_by_its_renditions():
    names = {stored(samples.saved(samples.halves())).file.name for _ in range(3)}
    assert len(names) == 3
    for name in names:
        top, folder, original = name.split("/")
        assert (top, len(bytes.fromhex(folder)), len(bytes.fromhex(original[:-4]))) == ("images", 16, 16)
        assert folder != original[:-4]


@pytest.mark.django_db
def test_a_rendition_that_fails_leaves_neither_row_nor_file(monkeypatch, settings):
    made = []

    def fail(picture, form, options):
        made.append(form)
        if len(made) == 4:
            raise OSError("no space left")
        return b"x"

    monkeypatch.setattr("charhar.library.renditions.encoded", fail)
    with pytest.raises(OSError, match="no space left"):
        stored(samples.saved(samples.halves()))
    assert not Image.objects.exists()
    assert list((settings.MEDIA_ROOT / "images").iterdir()) == []


@pytest.mark.django_db
def test_a_row_that_fails_leaves_no_file_and_can_be_saved_again(monkeypatch, settings):
    image = Image(title="Sample", alt_en="A", file=ContentFile(samples.saved(samples.halves()), "a.jpg"))
    with monkeypatch.context() as broken:
        broken.setattr(
            models.Model, "save", lambda *args, **kwargs: (_ for _ in ()).throw(DatabaseError("refused"))
        )
        with pytest.raises(DatabaseError, match="refused"):
            image.save()
    assert list((settings.MEDIA_ROOT / "images").iterdir()) == []
    image.save()
    assert default_storage.exists(Image.objects.get().file.name)


@pytest.mark.django_db
def test_replacing_a_bad_file_keeps_the_good_one():
    image = stored(samples.saved(samples.halves()))
    files = files_of(image)
    image.file = ContentFile(b"<svg/>", "a.svg")
    with pytest.raises(ValidationError):
        image.save()
    assert files_of(Image.objects.get()) == files


@pytest.mark.django_db
def test_deleting_an_image_deletes_its_folder_after_the_commit(settings, django_capture_on_commit_callbacks):
    image, other = (stored(samples.saved(samples.halves())) for _ in range(2))
    with django_capture_on_commit_callbacks(execute=True):
        Image.objects.filter(pk=image.pk).delete()
        assert default_storage.exists(image.file.name)
    assert [folder.name for folder in (settings.MEDIA_ROOT / "images").iterdir()] == [
        other.folder.split("/")[1]
    ]


@pytest.mark.django_db(transaction=True)
def test_a_deletion_that_is_taken_back_keeps_the_files():
    stored(samples.saved(samples.halves()))
    with db_transaction.atomic():
        Image.objects.get().delete()
        db_transaction.set_rollback(True)
    assert files_of(Image.objects.get())


@pytest.mark.django_db
def test_replacing_a_file_removes_the_old_folder_after_the_commit(
    settings, django_capture_on_commit_callbacks
):
    image = stored(samples.saved(samples.halves()))
    old = image.file.name
    with django_capture_on_commit_callbacks(execute=True):
        image.file = ContentFile(samples.saved(samples.halves(90, 60)), "b.jpg")
        image.save()
        assert default_storage.exists(old)
    assert [folder.name for folder in (settings.MEDIA_ROOT / "images").iterdir()] == [
        image.folder.split("/")[1]
    ]


@pytest.mark.django_db
def test_a_rendition_for_thumbnails_is_the_smallest_that_is_wide_enough():
    image = stored(samples.saved(samples.halves(2000, 1500)))
    base = f"/media/{image.folder}"
    assert image.rendition(100) == Rendition(f"{base}/320.jpg", 320, 240)
    assert image.rendition(321) == Rendition(f"{base}/640.jpg", 640, 480)
    assert image.rendition(9999) == Rendition(f"{base}/1920.jpg", 1920, 1440)
    assert image.rendition(100, "1:1") == Rendition(f"{base}/160-1x1-50-50.jpg", 160, 160)
    assert image.card() == Rendition(f"{base}/1200-card-50-50.jpg", 1200, 630)
    image.renditions = []
    assert image.rendition(100) == Rendition(f"/media/{image.file.name}", 2000, 1500)


@pytest.mark.parametrize(
    ("language", "alt_en", "alt_zh", "decorative", "alt"),
    [
        ("en", "Sea", "海", False, "Sea"),
        ("en", "", "海", False, "海"),
        ("zh-hans", "Sea", "海", False, "海"),
        ("zh-hans", "Sea", "", False, "Sea"),
        ("en", "Sea", "海", True, ""),
    ],
)
def test_the_alternative_text_is_in_the_pages_language_or_the_other(
    language, alt_en, alt_zh, decorative, alt
):
    with translation.override(language):
        assert Image(alt_en=alt_en, alt_zh=alt_zh, decorative=decorative).alt == alt


@pytest.mark.parametrize(
    ("sizes", "pixels"),
    [
        ("5rem", 160),
        ("120px", 240),
        ("(min-width: 40rem) 11rem, 42vw", 537.6),
        ("(min-width: 60rem) 40rem, (min-width: 30rem) 10rem, 100vw", 1280),
        ("100vw", float("inf")),
        ("(min-width: 40rem) 50vw, 100vw", float("inf")),
        ("calc(100vw - 2rem)", float("inf")),
        ("(max-width: 40rem) 10rem, 20rem", 640),
        ("", float("inf")),
    ],
)
def test_the_needed_width_is_read_from_sizes_for_two_dots_a_pixel(sizes, pixels):
    assert needed_width(sizes) == pytest.approx(pixels)
