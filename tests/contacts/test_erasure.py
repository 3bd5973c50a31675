"""One person is erased: nothing of them is left in clear, and every total is what it was."""

import io
import json
import logging
import sys
import zipfile
from collections import Counter

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils import timezone

from charhar.contacts import outbox
from charhar.contacts.erasure import erase, plan
from charhar.contacts.held import everything_held
from charhar.contacts.models import (
    Consent,
    Mailing,
    OutgoingMail,
    Person,
    Suppression,
    TimelineEvent,
    Wording,
)
from charhar.contacts.personal import export
from charhar.contacts.traces import look_everywhere
from charhar.desk.models import Sitting
from charhar.members.models import Membership, Payment, Term
from charhar.outreach.models import ContactMessage, Subscription
from charhar.search.models import MissedSearch
from tests.contacts.filled import ADDRESS, NAME, WORDS, fill_everything, make_person
from tests.factories import ExpertFactory, UserFactory

State = OutgoingMail.State


@pytest.fixture
def secretary():
    return UserFactory(username="secretary", is_superuser=True)


def leave_traces(person, secretary):
    """Whatever else may come to hold the address or the name, outside the tables about people."""
    kind = ContentType.objects.get_for_model(Person)
    LogEntry.objects.create(
        user=secretary, content_type=kind, object_id=person.pk, object_repr=str(person), action_flag=CHANGE,
        change_message=json.dumps([{"added": {"name": "consent", "object": f"News: {person}"}}]),
    )  # fmt: skip
    LogEntry.objects.create(  # of a row that is gone already
        user=secretary, content_type=kind, object_id="999", object_repr=f"General: {NAME}", action_flag=3
    )
    session = SessionStore()
    session["_messages"] = f"The person {NAME} <{ADDRESS}> was changed."
    session.save()
    Sitting.objects.create(
        key="k",
        user=secretary,
        content_type=kind,
        form="title=x&body=Write+to+marker.person%2Btag%40example.org",
    )
    MissedSearch.objects.create(
        query=NAME.lower(), first_on=timezone.localdate(), last_on=timezone.localdate()
    )
    OutgoingMail.objects.create(
        to="office@example.org", sender="x", purpose="notice", subject="A letter", text=WORDS,
        headers={"Reply-To": ADDRESS},
    )  # fmt: skip
    other = Person.objects.create(email="other@example.org", name="Somebody Else")
    TimelineEvent.objects.note(other, TimelineEvent.Kind.NOTE, text=f"Knows {ADDRESS}, not {ADDRESS}.cn.")
    return session.session_key


@pytest.mark.django_db(transaction=True)
def test_after_an_erasure_nothing_is_left_in_clear(client, secretary, caplog, settings, capsys):
    caplog.set_level(logging.DEBUG)
    client.force_login(secretary)
    # A life through the site's own doors, so that its log is the one that is looked through.
    client.post(reverse("contact"), {"name": NAME, "email": ADDRESS, "subject": "general", "message": WORDS})
    person = Person.objects.get(email=ADDRESS)
    fill_everything(person)
    client.get(reverse("admin:contacts_person_change", args=[person.pk]))
    client.get(reverse("admin:contacts_person_changelist"), {"q": ADDRESS})
    client.post(reverse("admin:contacts_person_export", args=[person.pk]))
    ended = leave_traces(person, secretary)
    file = default_storage.save("x/kept.txt", io.BytesIO(b"nothing of anybody"))
    before = look_everywhere([ADDRESS, NAME])
    assert len(before) > 15

    address = reverse("admin:contacts_person_erase", args=[person.pk])
    response = client.post(address, {f"address-{person.pk}": ADDRESS})
    assert response.status_code == 302

    after = look_everywhere([ADDRESS, NAME])
    with capsys.disabled():
        sys.stdout.write(
            f"\nbefore: {sum(before.values())} rows in {len(before)} columns; after: {dict(after)}\n"
        )
    assert after == Counter({"contacts_timelineevent.text": 1})  # another address, of which ours is a part
    assert TimelineEvent.objects.get(kind="note").text == f"Knows (erased), not {ADDRESS}.cn."
    assert not SessionStore().exists(ended)
    media = [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    assert [str(path.relative_to(settings.MEDIA_ROOT)) for path in media] == [file]
    logged = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("django.db")
    )
    assert ADDRESS not in logged
    assert NAME not in logged
    for other in Person.objects.all():
        with zipfile.ZipFile(io.BytesIO(export(other))) as parts:
            text = "".join(parts.read(name).decode() for name in parts.namelist())
        assert NAME not in text
        assert text.replace(f"{ADDRESS}.cn", "").count(ADDRESS) == 0
    assert Suppression.objects.among([ADDRESS]) == {ADDRESS}
    assert TimelineEvent.objects.filter(person=None, kind="erased", by=secretary, text="").count() == 1


def totals():
    """The figures that the secretariat reports."""
    return {
        "messages": Counter(
            ContactMessage.objects.annotate(month=TruncMonth("created_at")).values_list(
                "month", "subject", "state"
            )
        ),
        "mail": Counter(OutgoingMail.objects.values_list("mailing", "state", "purpose")),
        "memberships": Counter(
            Membership.objects.annotate(month=TruncMonth("joined_on")).values_list("plan", "month", "country")
        ),
        "terms": Counter(Term.objects.values_list("plan", "fee", "currency")),
        "payments": Counter(Payment.objects.values_list("amount", "currency", "received_on")),
    }


@pytest.mark.django_db
def test_totals_are_what_they_were():
    people = [make_person(), Person.objects.create(email="b@example.org", name="Somebody Else")]
    mailing = Mailing.objects.create(purpose="newsletter", title="One", sender="x", subject="x", text="x")
    for person in people:
        rows = fill_everything(person)
        Membership.objects.filter(pk=rows["members.Membership"].pk).update(country="China")
        for subject in ("general", "media", "media"):
            ContactMessage.objects.create(
                person=person, name="x", email=person.email, message="x", subject=subject,
                day=timezone.localdate(), digest=f"{person.pk}{subject}{ContactMessage.objects.count()}",
            )  # fmt: skip
        for state in (State.SENT, State.FAILED, State.UNCERTAIN, State.SUPPRESSED):
            OutgoingMail.objects.create(
                person=person, mailing=mailing, to=f"{state}@{person.pk}.example.org", sender="x",
                purpose="newsletter", state=state, sent_at=timezone.now(), tried_at=timezone.now(),
            )  # fmt: skip
    before = totals()
    assert all(before.values())
    erase(people[0])
    assert totals() == before
    assert mailing.counts() == {"pending": 0, "sent": 2, "failed": 2, "uncertain": 2, "suppressed": 2}


@pytest.mark.django_db
def test_what_waits_is_not_sent_any_more():
    person = make_person()
    outbox.queue(to=ADDRESS, subject="x", text="x", purpose="x", person=person, not_before=timezone.now())
    erase(person)
    mail = OutgoingMail.objects.get()
    assert (mail.state, mail.to, mail.text) == (State.SUPPRESSED, "", "")


@pytest.mark.django_db
def test_only_who_was_ever_mailed_is_put_on_the_suppression_list():
    erase(make_person())
    assert Suppression.objects.count() == 0
    person = make_person()
    Consent.objects.give(person, Wording("updates", "1", "Yes."), source="/subscribe/")
    erase(person)
    assert Suppression.objects.get().reason == Suppression.Reason.ERASURE


@pytest.mark.django_db
def test_people_who_share_a_name_or_part_of_an_address_keep_their_data():
    same = Person.objects.create(email=f"x{ADDRESS}", name=NAME)
    rows = fill_everything(same)
    ContactMessage.objects.filter(person=same).update(email=same.email, message="Mine.")
    erase(make_person())
    same.refresh_from_db()
    assert (same.name, same.email) == (NAME, f"x{ADDRESS}")
    message = ContactMessage.objects.get(person=same)
    assert (message.name, message.email, message.message) == (NAME, same.email, "Mine.")
    assert {type(row)._meta.label for row in rows.values()} == {
        h.model._meta.label for h in everything_held()
    }
    assert all(held.rows(same).count() for held in everything_held())


@pytest.mark.django_db
def test_an_account_and_an_experts_profile_are_left_alone():
    account, expert = UserFactory(email=ADDRESS), ExpertFactory(email=ADDRESS)
    erase(make_person())
    account.refresh_from_db()
    expert.refresh_from_db()
    assert (account.email, expert.email) == (ADDRESS, ADDRESS)


# -- The ways to it ---------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_page_says_what_goes_and_what_stays(client, secretary):
    person = make_person()
    fill_everything(person)
    client.force_login(secretary)
    page = client.get(reverse("admin:contacts_person_erase", args=[person.pk])).content.decode()
    for planned in plan(person):
        assert planned.title.lower() in page.lower()
    assert page.count("kept for the totals") == sum(planned.is_kept for planned in plan(person))


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["", "other@example.org", ADDRESS[:-1]])
def test_without_the_address_nothing_is_erased(client, secretary, typed):
    person = make_person()
    client.force_login(secretary)
    address = reverse("admin:contacts_person_erase", args=[person.pk])
    response = client.post(address, {f"address-{person.pk}": typed})
    assert response.status_code == 422
    assert "Nothing was erased" in response.content.decode()
    assert Person.objects.filter(pk=person.pk).exists()


@pytest.mark.django_db
def test_djangos_own_ways_to_delete_lead_to_erasure(client, secretary):
    people = [make_person(), Person.objects.create(email="b@example.org")]
    client.force_login(secretary)
    response = client.post(reverse("admin:contacts_person_delete", args=[people[0].pk]), {"post": "yes"})
    assert response["Location"] == reverse("admin:contacts_person_erase", args=[people[0].pk])
    page = client.get(reverse("admin:contacts_person_changelist")).content.decode()
    assert "delete_selected" not in page
    response = client.post(
        reverse("admin:contacts_person_changelist"),
        {"action": "erase_chosen", "_selected_action": [person.pk for person in people]},
    )
    several = response["Location"]
    assert several.startswith(reverse("admin:contacts_person_erase_several"))
    assert Person.objects.count() == 2
    answer = {f"address-{people[0].pk}": ADDRESS, f"address-{people[1].pk}": "wrong"}
    assert client.post(several, answer).status_code == 422
    assert Person.objects.count() == 2
    assert client.post(several, {**answer, f"address-{people[1].pk}": "B@example.org"}).status_code == 302
    assert Person.objects.count() == 0


@pytest.mark.django_db
def test_who_may_only_change_people_erases_and_exports_nobody(client):
    from django.contrib.auth.models import Permission

    person, clerk = make_person(), UserFactory()
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_person", "change_person"]))
    client.force_login(clerk)
    for name in ("erase", "export"):
        address = reverse(f"admin:contacts_person_{name}", args=[person.pk])
        assert client.post(address, {f"address-{person.pk}": ADDRESS}).status_code == 403, name
    several = reverse("admin:contacts_person_erase_several")
    assert client.post(f"{several}?people={person.pk}", {f"address-{person.pk}": ADDRESS}).status_code == 403
    page = client.get(reverse("admin:contacts_person_change", args=[person.pk])).content.decode()
    assert "Erase everything" not in page
    assert "Download everything" not in page
    assert Person.objects.count() == 1


@pytest.mark.django_db
def test_the_command_says_what_it_does_and_does_nothing_in_a_dry_run(capsys):
    person = make_person()
    Subscription.objects.create(person=person)
    call_command("erase_person", ADDRESS, dry_run=True)
    told = capsys.readouterr().out
    assert "outreach.Subscription: 1, deleted." in told
    assert "contacts_person.email: 1." in told
    assert "Nothing was erased" in told
    assert Person.objects.count() == 1
    call_command("erase_person", ADDRESS)
    told = capsys.readouterr().out
    assert "Erased." in told
    assert "stands in" not in told
    assert Person.objects.count() == 0
    with pytest.raises(CommandError, match="Nobody"):
        call_command("erase_person", ADDRESS)
