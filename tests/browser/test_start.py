"""The admin's start page and the lists behind it, in a real browser."""

import functools

import pytest
from django.contrib.auth.models import Group

from charhar.desk.models import SideEffect
from tests.browser.test_axe import in_every_look
from tests.desk.test_start import full_house
from tests.factories import UserFactory

# Another browser test may have emptied the tables, roles included: they come back with the rows of migrations.
pytestmark = pytest.mark.browser


@pytest.fixture
def administrator(transactional_db):
    assert Group.objects.filter(name="Administrators").exists()
    person = UserFactory(roles=["Administrators"])
    full_house(person)
    return person


@pytest.mark.parametrize("path", ["/admin/", "/admin/desk/sideeffect/", "/admin/desk/textlink/"])
def test_axe_finds_nothing_and_a_phone_shows_all_of_it(browse, administrator, axe, path):
    page = functools.partial(browse, policy=False)(path, user=administrator)
    assert in_every_look(page, axe) == {}
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_waits_is_reached_by_keyboard_and_a_failed_effect_is_tried_again_by_its_button(
    browse, administrator
):
    page = browse("/admin/", user=administrator)
    page.get_by_role("heading", name="Waits for me").wait_for()
    page.locator(".start-more a[href*='sideeffect/?standing=failed']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/sideeffect/?standing=failed")
    page.get_by_role("button", name="Try again").first.click()
    page.get_by_text("It is tried again within a minute.").wait_for()
    assert SideEffect.objects.get().attempts == 0
