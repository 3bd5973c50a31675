"""What the site holds about people stands in one list, with nothing forgotten."""

import pytest
from django.apps import apps
from django.conf import settings

from charhar.contacts.held import everything_held
from charhar.contacts.models import Person, Suppression, suppression_keys


def test_every_table_with_a_way_to_a_person_says_what_it_holds():
    pointing = {
        relation.related_model._meta.label
        for relation in Person._meta.related_objects
    }  # fmt: skip
    assert pointing - {held.model._meta.label for held in everything_held()} == set()


def test_what_is_shown_and_cleared_are_columns_that_there_are():
    for held in everything_held():
        names = {field.name for field in held.model._meta.get_fields()}
        assert set(held.shown) <= names, held.model
        assert set(held.on_erasure or ()) <= names, held.model
    assert len(everything_held()) == len({held.model for held in everything_held()})
    assert all(apps.get_model(held.model._meta.label) is held.model for held in everything_held())


@pytest.mark.django_db
def test_a_new_key_of_the_site_forgets_no_suppressed_address(settings):
    Suppression.objects.add_address("Ann@Example.org", Suppression.Reason.REQUEST)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = (
        [settings.SECRET_KEY],
        "another-key-of-the-site-0123456789",
    )
    assert Suppression.objects.among(["ann@example.org", "bo@example.org"]) == {"ann@example.org"}
    assert Suppression.objects.add_address("ann@example.org", Suppression.Reason.BOUNCE) is False
    assert Suppression.objects.get().reason == Suppression.Reason.REQUEST
    assert Suppression.objects.remove_address("ann@example.org") == 1


def test_the_list_holds_no_address_in_clear():
    assert suppression_keys("ann@example.org") == suppression_keys("ANN@example.org")
    assert "ann" not in suppression_keys("ann@example.org")[0]
    assert len(suppression_keys("ann@example.org")) == 1 + len(settings.SECRET_KEY_FALLBACKS)
