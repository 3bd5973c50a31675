"""A member's own page: no link is used up by being opened, nothing is told to strangers, nothing is kept."""

import datetime
import io
import json
import re
import zipfile

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from charhar.contacts.models import OutgoingMail, Person
from charhar.contacts.retention import forget
from charhar.members import memberships
from charhar.members.models import Application, SignIn
from tests.members.test_started import path_in

pytestmark = pytest.mark.django_db
ASK, ME = "/membership/sign-in/", "/membership/me/"
PRIVATE = [ME, "data/", "address/", "resign/", "download/"]


def link_for(client, email="ann@example.org"):
    client.post(ASK, {"email": email})
    return path_in(OutgoingMail.objects.filter(purpose="member-sign-in").latest("pk"))


@pytest.fixture
def signed_in(client, membership):
    response = client.post(link_for(client))
    assert (response.status_code, response["Location"]) == (302, ME)
    return client


def test_the_answer_is_the_same_whether_the_address_is_known_or_not(client, membership):
    answers = [client.post(ASK, {"email": email}) for email in ("ann@example.org", "nobody@example.org")]
    assert len({(a.status_code, a["Location"], a.content) for a in answers}) == 1
    assert list(OutgoingMail.objects.order_by("pk").values_list("purpose", "to")) == [
        ("member-sign-in", "ann@example.org"),
        ("member-not-known", "nobody@example.org"),
    ]
    client.post(ASK, {"email": "nobody@example.org"})
    client.post(ASK, {"email": "ann@example.org"})
    assert OutgoingMail.objects.count() == 2


def test_scanners_use_no_link_up_however_many(client, membership, often):
    link = link_for(client)
    for _time in often:
        stranger = Client()
        assert stranger.get(link).status_code == stranger.head(link).status_code == 200
        assert not stranger.cookies
    assert SignIn.objects.get().used_at is None
    assert client.post(link).status_code == 302
    assert client.get(ME).status_code == 200


def test_a_link_is_good_once(client, membership):
    link = link_for(client)
    client.post(link)
    assert client.post(link)["Location"] == ME  # a double click
    stranger = Client()
    assert stranger.get(link).status_code == stranger.post(link).status_code == 410
    assert stranger.get(ME)["Location"] == ASK


def test_a_link_is_good_for_half_an_hour(client, membership):
    link = link_for(client)
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=31)):
        assert client.get(link).status_code == client.post(link).status_code == 410


def test_a_link_that_was_changed_is_none(client, membership):
    link = link_for(client)
    assert client.get(link[:-4] + "abc/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_ten_who_use_a_link_at_once_sign_one_in(membership, at_once):
    link = link_for(Client())
    codes = at_once(10, lambda: Client().post(link).status_code)
    assert sorted(codes) == [302] + [410] * 9


@pytest.mark.django_db(transaction=True)
def test_twenty_who_ask_at_once_get_one_mail(membership, at_once):
    at_once(20, lambda: Client().post(ASK, {"email": "ann@example.org"}))
    assert OutgoingMail.objects.count() == 1


def test_nobody_else_sees_the_page_and_nobody_keeps_it(client, signed_in):
    for address in PRIVATE:
        path = address if address == ME else ME + address
        assert Client().get(path)["Location"] == ASK
        response = signed_in.get(path)
        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"]
        assert "private" in response["Cache-Control"]
        assert "noindex" in response["X-Robots-Tag"]
    cookie = signed_in.cookies["member"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 7200)
    assert signed_in.get("/admin/").status_code == 302
    assert "sessionid" not in signed_in.cookies


def test_it_ends_after_two_hours_and_by_signing_out(client, signed_in):
    copy = Client()
    copy.cookies["member"] = signed_in.cookies["member"].value
    assert copy.get(ME).status_code == 200
    with time_machine.travel(timezone.now() + datetime.timedelta(hours=2, minutes=1)):
        assert copy.get(ME)["Location"] == ASK
    signed_in.post(ME + "sign-out/")
    assert copy.get(ME)["Location"] == signed_in.get(ME)["Location"] == ASK


def test_a_post_from_another_site_is_refused(client, signed_in):
    for path in ("resign/", "renew/", "data/", "sign-out/", "address/"):
        response = signed_in.post(ME + path, {}, headers={"Sec-Fetch-Site": "cross-site"})
        assert response.status_code == 403, path
    assert memberships.locked(signed_in_membership()).is_member


def signed_in_membership():
    return Person.objects.get(email="ann@example.org").memberships.get()


def test_it_shows_standing_terms_payments_and_how_to_pay(
    client, signed_in, membership, django_assert_num_queries
):
    term = membership.terms.get()
    memberships.record_payment(term, 1200, "CNY", memberships.today())
    back, _new = memberships.record_payment(term, 77, "CNY", memberships.today())
    memberships.take_back(back, "Wrong.")
    text = signed_in.get(ME).content.decode()
    for words in (membership.number, "Active", "CNY 1,200, ", "Sample Bank, account 0000 0000", "王安"):
        assert words in text
    assert "CNY 77" not in text
    assert "有效" not in text
    chinese = signed_in.get("/zh" + ME).content.decode()
    assert "会员编号" in chinese
    before = len(text)
    memberships.renew(membership)
    assert len(signed_in.get(ME).content.decode()) > before


def test_own_data_are_changed_once_and_written_down(client, signed_in):
    data = {"name": "王安", "organisation": "=cmd()", "country": "China", "language": "zh-hans"}
    for _click in range(2):
        assert signed_in.post(ME + "data/", data).status_code == 302
    person = Person.objects.get(email="ann@example.org")
    assert (person.organisation, person.language, person.memberships.get().country) == (
        "=cmd()", "zh-hans", "China",
    )  # fmt: skip
    [event] = person.timeline.filter(kind="changed")
    assert "Organisation" in event.text or "organisation" in event.text
    for field, value in [("name", "x" * 10_000), ("name", "a\nBcc: b@example.org"), ("country", "")]:
        response = signed_in.post(ME + "data/", {**data, field: value})
        assert response.status_code == 422
        assert list(response.context["form"].errors) == [field]


def test_a_new_address_is_confirmed_from_its_mailbox(client, signed_in, often):
    for _click in range(2):
        assert signed_in.post(ME + "address/", {"email": "安@example.org"}).status_code in (302, 422)
        signed_in.post(ME + "address/", {"email": "ann+new@Bücher.example"})
    [mail] = OutgoingMail.objects.filter(purpose="member-new-address")
    assert mail.to == "ann+new@xn--bcher-kva.example"
    link = path_in(mail)
    for _time in often:
        Client().get(link), Client().head(link)
    assert Person.objects.filter(email="ann@example.org").exists()
    assert Client().post(link).status_code == 200
    person = Person.objects.get()
    assert (person.email, person.email_key) == ("ann+new@xn--bcher-kva.example",) * 2
    assert OutgoingMail.objects.get(purpose="member-address-changed").to == "ann@example.org"
    assert Client().post(link).status_code == 410
    assert signed_in.get(ME).status_code == 200


def test_an_address_of_somebody_else_changes_nothing_and_the_secretariat_hears_of_it(client, signed_in):
    Person.objects.meet("other@example.org", name="Other")
    signed_in.post(ME + "address/", {"email": "other@example.org"})
    link = path_in(OutgoingMail.objects.get(purpose="member-new-address"))
    text = Client().post(link).content.decode()
    assert "join the two" in text
    assert Person.objects.filter(email__in=["ann@example.org", "other@example.org"]).count() == 2
    assert "/merge/" in OutgoingMail.objects.get(purpose="notice").text


def test_the_wish_to_renew_reaches_the_secretariat_once(client, signed_in, membership):
    for _click in range(3):
        assert signed_in.post(ME + "renew/").status_code == 302
    [note] = OutgoingMail.objects.filter(purpose="notice")
    assert membership.number in note.subject
    assert "王安" not in note.text
    memberships.renew(membership)
    signed_in.post(ME + "renew/")
    assert OutgoingMail.objects.filter(purpose="notice").count() == 2


def test_resigning_asks_first_and_happens_once(client, signed_in, membership):
    assert signed_in.get(ME + "resign/").status_code == 200
    assert signed_in_membership().is_member
    for _click in range(2):
        assert signed_in.post(ME + "resign/").status_code == 302
    assert signed_in_membership().standing == "ended"
    assert OutgoingMail.objects.filter(purpose="membership-ended").count() == 1
    text = signed_in.get(ME).content.decode()
    assert "I would like to come back" in text


def test_a_download_holds_what_is_held(client, signed_in, membership):
    response = signed_in.get(ME + "download/")
    data = json.loads(zipfile.ZipFile(io.BytesIO(response.content)).read("data.json"))
    assert data["person"]["email"] == "ann@example.org"
    tables = {table["table"]: table["rows"] for table in data["tables"]}
    assert tables["members.Membership"][0]["number"] == membership.number
    assert len(tables["members.Term"]) == 1
    assert signed_in_membership().person.timeline.filter(kind="exported").count() == 1


def test_an_applicant_sees_the_application_and_takes_it_back(client, make_application):
    application = make_application()
    client.post(link_for(client))
    assert "Individual" in client.get(ME).content.decode()
    for _click in range(2):
        assert client.post(f"{ME}withdraw/{application.pk}/").status_code == 302
    application.refresh_from_db()
    assert application.state == Application.State.WITHDRAWN


def test_nobody_takes_back_the_application_of_another(client, signed_in, make_application):
    other = make_application(email="other@example.org")
    assert signed_in.post(f"{ME}withdraw/{other.pk}/").status_code == 404


def test_links_of_last_week_are_forgotten(client, membership):
    link_for(client)
    now = timezone.now()
    assert forget(now + datetime.timedelta(days=6))["sign-ins"] == 0
    assert forget(now + datetime.timedelta(days=8))["sign-ins"] == 1


def test_no_link_shows_an_address(client, signed_in):
    signed_in.post(ME + "address/", {"email": "secret@example.org"})
    for mail in OutgoingMail.objects.all():
        assert not re.search(r"https?://\S*(ann|secret)", mail.text)
