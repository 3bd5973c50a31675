"""Many files in a real browser: chosen, dropped, described; and without a script."""

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from charhar.library.models import Image
from tests.browser.test_axe import in_every_look
from tests.factories import UserFactory
from tests.library import samples

pytestmark = pytest.mark.browser

UPLOAD = reverse("admin:library_image_upload")


@pytest.fixture
def editor(transactional_db):
    return UserFactory(roles=["Editors"])


def files():
    return [
        {
            "name": f"{name}.jpg",
            "mimeType": "image/jpeg",
            "buffer": samples.saved(samples.halves(first=colour)),
        }
        for name, colour in (("bridge", (200, 10, 10)), ("harbour", (10, 200, 10)))
    ] + [{"name": "drawing.svg", "mimeType": "image/svg+xml", "buffer": b"<svg></svg>"}]


def test_chosen_files_go_one_by_one_and_are_described(browse, editor):
    page = browse(UPLOAD, user=editor)
    page.set_input_files("#upload-files", files())
    page.fill("#id_credit", "Photo: Sample")
    page.get_by_role("button", name="Upload").click()
    page.get_by_text("All files are dealt with.").wait_for()
    outcomes = page.locator("[data-outcomes] li").all_inner_texts()
    assert [text.strip() for text in outcomes] == [
        "bridge.jpg is in the library. bridge",
        "harbour.jpg is in the library. harbour",
        "drawing.svg SVG drawings can hold programs and are not accepted. Export the drawing as PNG.",
        "All files are dealt with. Describe the new pictures",
    ]
    assert page.evaluate("document.activeElement.textContent") == "Describe the new pictures"
    page.keyboard.press("Enter")
    page.wait_for_url("**/describe/**")
    page.fill("#id_form-0-alt_en", "A bridge")
    page.check("#id_form-1-decorative")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/library/image/")
    described = set(Image.objects.values_list("title", "alt_en", "decorative", "credit"))
    assert described == {
        ("bridge", "A bridge", False, "Photo: Sample"),
        ("harbour", "", True, "Photo: Sample"),
    }


def test_dropped_files_go_as_well(browse, editor):
    page = browse(UPLOAD, user=editor)
    page.evaluate(
        """bytes => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], "dropped.jpg", { type: "image/jpeg" }));
            const drop = { bubbles: true, cancelable: true, dataTransfer: transfer };
            document.body.dispatchEvent(new DragEvent("drop", drop));
        }""",
        list(samples.saved(samples.halves())),
    )
    page.get_by_text("All files are dealt with.").wait_for()
    assert list(Image.objects.values_list("title", flat=True)) == ["dropped"]


def test_without_a_script_the_form_sends_all_at_once(browse, editor):
    page = browse(UPLOAD, user=editor, scripts=False, width=390)
    page.set_input_files("#upload-files", files())
    page.get_by_role("button", name="Upload").click()
    assert page.locator(".upload-outcomes .made").count() == 2
    assert page.locator(".upload-outcomes .refused").count() == 1


@pytest.mark.long
def test_both_pages_are_accessible(browse, editor, axe):
    image = Image(title="A picture with a rather long title that wraps where there is little room")
    image.file.save("a.jpg", ContentFile(samples.saved(samples.halves())))
    for path in (UPLOAD, f"{reverse('admin:library_image_describe')}?ids={image.pk}"):
        page = browse(path, user=editor)
        assert in_every_look(page, axe) == {}
