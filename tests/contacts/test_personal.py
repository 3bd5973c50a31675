"""Everything about a person in one file: whole, readable, quick, and without the names of staff."""

import io
import json
import sys
import time
import zipfile

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from charhar.contacts import held as held_module
from charhar.contacts.held import everything_held
from charhar.contacts.models import Consent, OutgoingMail, Person, Suppression, TimelineEvent, Wording
from charhar.contacts.personal import export, gather
from charhar.outreach.models import ContactMessage
from tests.contacts.filled import ADDRESS, NAME, fill_everything, make_person
from tests.factories import ExpertFactory, UserFactory

pytestmark = pytest.mark.django_db


def opened(data):
    """(what programs read, what people read) of an export."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert parts.namelist() == ["data.json", "data.html"]
        return json.loads(parts.read("data.json")), parts.read("data.html").decode()


def test_a_row_of_every_held_table_is_in_it():
    person = make_person()
    fill_everything(person)
    data, page = opened(export(person))
    found = {table["table"]: len(table["rows"]) for table in data["tables"]}
    assert set(found) == {held.model._meta.label for held in everything_held()}
    assert found == {held.model._meta.label: held.rows(person).count() for held in everything_held()}
    for held in everything_held():
        table = next(t for t in data["tables"] if t["table"] == held.model._meta.label)
        assert tuple(table["rows"][0]) == held.shown
        assert f"<h2>{table['title']} ({len(table['rows'])})</h2>" in page
    assert (data["person"]["email"], data["person"]["name"]) == (ADDRESS, NAME)


def test_nothing_of_another_person_is_in_it():
    other = Person.objects.create(email="other@example.org", name="Somebody Else")
    fill_everything(other)
    data, page = opened(export(make_person()))
    assert data["tables"] == []
    assert "Nothing else is kept." in page


def test_it_is_in_the_persons_language():
    person = make_person(language="zh-hans")
    Consent.objects.give(person, Wording("updates", "1", "好的。"), source="/zh/subscribe/")
    data, page = opened(export(person))
    assert '<html lang="zh-Hans">' in page
    assert data["labels"]["name"] == "姓名"
    assert data["tables"][0]["rows"][0]["text"] == "好的。"


def test_what_people_wrote_is_shown_and_never_run():
    person = make_person()
    person.name = "<script>alert(1)</script>"
    person.save()
    _data, page = opened(export(person))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_it_tells_that_data_were_looked_at_and_not_by_whom():
    person, account = make_person(), UserFactory(username="curious-colleague")
    TimelineEvent.objects.note(person, TimelineEvent.Kind.VIEWED, by=account, about=person)
    data, page = opened(export(person))
    assert [row["kind"] for row in data["tables"][0]["rows"]] == ["Data looked at"]
    assert "curious-colleague" not in page + json.dumps(data)


def test_an_account_and_a_profile_with_the_address_are_mentioned_and_not_merged():
    person = make_person()
    UserFactory(username="the-account", email=ADDRESS.upper())
    ExpertFactory(email=ADDRESS, display_name_en="Profile OF-AN-EXPERT")
    data, page = opened(export(person))
    assert len(data["mentions"]) == 2
    assert all(sentence in page for sentence in data["mentions"])
    assert "the-account" not in page
    assert "OF-AN-EXPERT" not in page


def test_it_tells_of_the_suppression_list():
    person = make_person()
    assert gather(person)["suppressed"] is None
    Suppression.objects.add_address(ADDRESS, Suppression.Reason.BOUNCE)
    assert gather(person)["suppressed"]["reason"] == "The address does not exist or refuses"


@pytest.mark.parametrize("rows", [1, 3])
def test_the_number_of_queries_does_not_grow_with_the_rows(rows, django_assert_num_queries):
    person = make_person()
    for number in range(rows):
        ContactMessage.objects.create(
            person=person, name=NAME, email=ADDRESS, message="x", day=timezone.localdate(), digest=str(number)
        )
    with django_assert_num_queries(len(everything_held()) + 3):
        gather(person)


@pytest.mark.long
def test_ten_thousand_rows_take_seconds(capsys):
    person = make_person()
    OutgoingMail.objects.bulk_create(
        [
            OutgoingMail(
                person=person, to=ADDRESS, subject=f"Letter {number}", text="Words. " * 50, sender="x",
                purpose="x",
            )
            for number in range(5_000)
        ],
        batch_size=500,
    )  # fmt: skip
    TimelineEvent.objects.bulk_create(
        [TimelineEvent(person=person, kind="viewed") for _number in range(5_000)], batch_size=500
    )
    began = time.monotonic()
    data, _page = opened(export(person))
    seconds = time.monotonic() - began
    with capsys.disabled():
        sys.stdout.write(f"\nexport of 10,000 rows: {seconds:.1f} s\n")
    assert sum(len(table["rows"]) for table in data["tables"]) == 10_000
    assert seconds < 60


def test_every_hold_names_its_columns_once():
    assert all(len(held.shown) == len(set(held.shown)) for held in held_module.everything_held())


# -- The ways to it ---------------------------------------------------------------------------------


def test_the_button_gives_the_file_and_writes_it_down(client):
    person, account = make_person(), UserFactory(roles=["Secretariat"], is_superuser=True)
    client.force_login(account)
    page = client.get(reverse("admin:contacts_person_change", args=[person.pk])).content.decode()
    address = reverse("admin:contacts_person_export", args=[person.pk])
    assert f'action="{address}"' in page
    assert client.get(address).status_code == 405
    response = client.post(address)
    assert response["Content-Disposition"] == f'attachment; filename="personal-data-{person.pk}.zip"'
    assert "private, no-store" in response["Cache-Control"]
    assert opened(response.content)[0]["person"]["email"] == ADDRESS
    noted = TimelineEvent.objects.get(kind=TimelineEvent.Kind.EXPORTED)
    assert (noted.person, noted.by) == (person, account)


def test_the_command_writes_the_file_for_its_owner_alone(tmp_path):
    person, target = make_person(), tmp_path / "data.zip"
    call_command("export_person", ADDRESS.upper(), output=str(target), verbosity=0)
    assert opened(target.read_bytes())[0]["person"]["email"] == ADDRESS
    assert target.stat().st_mode & 0o777 == 0o600
    assert person.timeline.get().kind == TimelineEvent.Kind.EXPORTED
    with pytest.raises(CommandError, match="exists already"):
        call_command("export_person", ADDRESS, output=str(target))
    with pytest.raises(CommandError, match="Nobody"):
        call_command("export_person", "nobody@example.org")
