"""A member's whole life in the browser: applied for, asked about, paid, reminded of, renewed, left and returned to."""

import datetime
import io
import re

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from charhar.contacts.models import OutgoingMail, TimelineEvent
from charhar.members.models import Application, Membership
from tests.browser.house import administrator
from tests.members.test_started import path_in

pytestmark = pytest.mark.browser
# A form that leads back to itself names its place, and that stays in the address after it has led on.
PAGE = "/about/membership/"
KEPT = "localStorage.getItem('kept:membership')"


def link_of(purpose):
    """The path in the newest letter of a kind."""
    return path_in(OutgoingMail.objects.filter(purpose=purpose).latest("pk"))


def typed(page):
    return {name: page.input_value(f"main [name={name}]") for name in ("name", "email", "statement")}


def test_what_is_typed_is_kept_in_the_browser_until_it_is_cleared_or_sent(house, browse):
    page = browse(PAGE)
    assert page.evaluate(KEPT) is None
    words = {"name": "王安", "email": "ann@example.org", "statement": "Two lines,\nof which one is long."}
    for name, text in words.items():
        page.fill(f"main [name={name}]", text)
    page.reload()
    assert typed(page) == words
    assert page.locator("[data-kept-restored]").is_visible()
    assert not page.is_checked("main [name=consent]")

    page.click("[data-clear]")
    assert typed(page) == dict.fromkeys(words, "")
    page.reload()
    assert typed(page) == dict.fromkeys(words, "")
    assert page.evaluate(KEPT) is None

    for name, text in words.items():
        page.fill(f"main [name={name}]", text)
    page.click("main nav a, .breadcrumbs a, header a[href='/']")
    page.go_back()
    assert typed(page) == words
    page.select_option("main [name=plan]", index=1)
    page.fill("main [name=country]", "China")
    page.check("main [name=consent]")
    page.click("main form.form .actions button:not([name])")
    page.wait_for_url("**/about/membership/thanks/*")
    assert page.evaluate(KEPT) is None
    assert Application.objects.get().state == "new"


def test_a_members_whole_life(house, browse, live_server):
    secretary = administrator()
    secretary.email = "secretary@example.org"
    secretary.save()

    # Typed, saved, left; gone on with from the mail.
    applicant = browse(PAGE, width=390)
    applicant.fill("main [name=name]", "王安")
    applicant.fill("main [name=email]", "ann@example.org")
    applicant.fill("main [name=statement]", "Half a sentence")
    applicant.click("main button[name=save]")
    applicant.wait_for_url("**/about/membership/saved/*")
    applicant = browse(link_of("application-draft"))
    assert typed(applicant) == {"name": "王安", "email": "ann@example.org", "statement": "Half a sentence"}
    applicant.fill("main [name=statement]", "A whole sentence.")
    applicant.click("main form.form .actions button:not([name])")
    assert applicant.locator(".errors, .error-summary, [role=alert]").first.is_visible()
    assert typed(applicant)["statement"] == "A whole sentence."
    applicant.select_option("main [name=plan]", index=1)
    applicant.fill("main [name=country]", "China")
    applicant.check("main [name=consent]")
    applicant.click("main form.form .actions button:not([name])")
    applicant.wait_for_url("**/about/membership/thanks/*")
    application = Application.objects.get()
    assert application.state == "new"
    assert OutgoingMail.objects.filter(purpose="application-acknowledged").count() == 1

    # Taken in hand and asked back; answered by the link.
    form = f"/admin/members/application/{application.pk}/"
    desk = browse(f"{form}change/", user=secretary)
    desk.select_option("form.ask [name=to]", label=str(secretary))
    desk.click("form.ask button")
    desk.goto(f"{live_server.url}{form}step/asked/")
    desk.fill("[name=question]", "Where do you study?")
    desk.click("[name=_preview]")
    assert "Where do you study?" in desk.inner_text("pre.letter")
    assert not OutgoingMail.objects.filter(purpose="application-asked").exists()
    desk.click("form.ask button:not([name=_preview])")
    desk.wait_for_url("**/change/")
    applicant = browse(link_of("application-asked"), scripts=False)
    assert "Where do you study?" in applicant.inner_text("blockquote")
    applicant.fill("main [name=answer]", "In Sampleville.")
    applicant.click("main form.form button:not([name])")
    assert "/about/membership/answered/" in applicant.url

    # Accepted, with a letter that was changed for this once.
    desk.goto(f"{live_server.url}{form}change/")
    assert "In Sampleville." in desk.inner_text("#content")
    desk.goto(f"{live_server.url}{form}step/accepted/")
    text = desk.input_value("[name=text]")
    desk.fill("[name=text]", f"{text}\nSee you on {{number}} street.\n")
    desk.click("form.ask button:not([name=_preview])")
    desk.wait_for_url("**/change/")
    membership = Membership.objects.get()
    welcome = OutgoingMail.objects.get(purpose="application-accepted")
    assert welcome.text.endswith(f"See you on {membership.number} street.\n")

    # Paid, as the bank statement says.
    roster = f"/admin/members/membership/{membership.pk}/"
    desk.goto(f"{live_server.url}{roster}step/pay/")
    assert desk.input_value("[name=amount]") == "600.00"
    desk.fill("[name=reference]", "T-1")
    desk.click("form.ask button")
    desk.wait_for_url("**/change/")
    assert membership.terms.get().is_paid
    first_end = membership.terms.get().ends_on

    # Reminded by the clock, once; seen on the own page; renewed.
    a_week_before = datetime.datetime.combine(first_end, datetime.time(4), datetime.UTC) - datetime.timedelta(
        days=7
    )
    with time_machine.travel(a_week_before):
        for _minute in range(2):
            call_command("tick", stdout=io.StringIO())
        reminder = OutgoingMail.objects.get(purpose="membership-reminder")
        assert (reminder.to, reminder.state) == ("ann@example.org", "sent")
        own = browse(path_in(reminder), width=390)
        own.fill("main [name=email]", "ann@example.org")
        own.click("main form button")
        own.wait_for_url("**/membership/sign-in/sent/*")
        own.goto(live_server.url + link_of("member-sign-in"))
        own.click("main form button")
        own.wait_for_url("**/membership/me/")
        assert membership.number in own.inner_text("main")
        for _click in range(2):
            own.click("form[action$='/renew/'] button")
            own.wait_for_url(re.compile(r"done=renew"))
        assert OutgoingMail.objects.filter(key__startswith="renewal-wish:").count() == 1
        desk = browse(f"{roster}step/renew/", user=secretary)
        desk.click("form.ask button")
        desk.wait_for_url("**/change/")
        assert membership.terms.last().starts_on == first_end + datetime.timedelta(days=1)
        assert OutgoingMail.objects.filter(purpose="membership-renewed").count() == 1

        # Left, on the own page, after having been asked.
        own.goto(f"{live_server.url}/membership/me/resign/")
        own.click("main form button")
        own.wait_for_url(re.compile(r"done=resign"))
        assert "Come back" in own.inner_text("main")
        membership.refresh_from_db()
        assert (membership.standing, membership.ending) == ("ended", "resigned")
        assert OutgoingMail.objects.filter(purpose="membership-ended").count() == 1

        # Returned, under the old number.
        desk.goto(f"{live_server.url}{roster}step/return/")
        desk.click("form.ask button")
        desk.wait_for_url("**/change/")
        again = Membership.objects.get()
        assert (again.number, again.standing) == (membership.number, "active")
        assert again.terms.last().starts_on == timezone.localdate()
        own.goto(f"{live_server.url}/membership/me/")
        assert "Active" in own.inner_text("main")

    looks = {TimelineEvent.Kind.VIEWED}
    happened = again.person.timeline.exclude(kind__in=looks).order_by("at", "pk")
    assert list(happened.values_list("kind", flat=True)) == [
        "applied", "assigned", "asked_back", "added", "accepted", "joined", "paid", "reminded", "signed_in",
        "renewed", "resigned", "returned",
    ]  # fmt: skip
