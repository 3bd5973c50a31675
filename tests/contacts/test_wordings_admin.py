"""Staff put letters into their own words: with what is known, refused beside the field, looked at before."""

import pytest
from django.urls import reverse

from charhar.contacts.models import StaffWording
from charhar.contacts.wordings import compose, declared, default_wording
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.plain]
ADD = "/admin/contacts/staffwording/add/"
GOOD = {
    "code": "application-declined",
    "language": "en",
    "subject": "About {plan}",
    "text": "Dear {name}: {reason}",
}


@pytest.fixture
def staff(client):
    client.force_login(UserFactory(is_superuser=True))
    return client


def test_every_letter_has_words_in_both_languages_and_knows_its_marks():
    from charhar.contacts.wordings import check_marks

    assert len(declared()) >= 16
    for each in declared():
        for language in ("en", "zh-hans"):
            subject, text = default_wording(each.code, language)
            assert subject
            assert text.strip()
            check_marks(each.code, subject, text)


def test_a_letter_begins_with_the_words_it_came_with(staff):
    text = staff.get(f"{ADD}?code=application-declined&language=en").content.decode()
    assert "can not accept it" in text
    assert "write own words" in staff.get(reverse("admin:contacts_staffwording_changelist")).content.decode()


def test_own_words_go_out_and_the_page_lists_the_marks(staff):
    assert staff.post(ADD, GOOD).status_code == 302
    wording = StaffWording.objects.get()
    letter = compose("application-declined", "en", {"plan": "Student", "name": "Ann", "reason": "Full."})
    assert (letter.subject, letter.text) == ("About Student", "Dear Ann: Full.\n")
    text = staff.get(reverse("admin:contacts_staffwording_change", args=[wording.pk])).content.decode()
    for words in ("<code>{reason}</code>", "<code>{plan}</code>", "can not accept it"):
        assert words in text


@pytest.mark.parametrize(
    ("field", "value"), [("text", "Dear {nam}"), ("subject", "{password}"), ("subject", "a\nb")]
)
def test_an_unknown_mark_is_refused_beside_its_field(staff, field, value):
    response = staff.post(ADD, {**GOOD, field: value})
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]
    assert value.replace("\n", "") in response.content.decode().replace("\n", "")
    assert StaffWording.objects.count() == 0


def test_a_preview_saves_nothing_and_loses_nothing(staff):
    text = staff.post(ADD, {**GOOD, "_preview": "yes"}).content.decode()
    assert "About [the plan that was applied for]" in text
    assert "Dear {name}: {reason}" in text
    assert StaffWording.objects.count() == 0
