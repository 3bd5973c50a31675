"""A roster, a queue and a signed-in member before the browser: the sample ones of the demo."""

from django.core import signing
from django.utils import timezone

from charhar.contacts.models import Person
from charhar.demo.secretariat import load_secretariat
from charhar.demo.stock import read_yaml
from charhar.members import sign_in, started
from charhar.members.models import Application, Membership, Plan, SignIn
from charhar.members.views import answer_token

ME = "/membership/me/"
OWN = {
    "own page": ME,
    "own data": f"{ME}data/",
    "own address": f"{ME}address/",
    "resigning": f"{ME}resign/",
}


def build_roster():
    """The sample plans, members and applications."""
    Plan.objects.all().delete()
    for position, fields in enumerate(read_yaml("offers")["plans"]):
        Plan.objects.create(
            position=position,
            payment_en="Sample Bank\nAccount 0000 0000",
            payment_zh="样例银行\n账号 0000 0000",
            **fields,
        )
    assert load_secretariat() == 22


def member(email="ada"):
    """One of the sample members."""
    return Membership.objects.get(person__email=f"{email}@members.example")


def cookie_of(membership):
    """What a member's browser has after the link in the mail was used."""
    found = SignIn.objects.create(person=membership.person, used_at=timezone.now())
    return signing.dumps(found.pk, salt=sign_in.COOKIE_SALT)


def enter(page, address, membership):
    """Sign a member in in a browser."""
    value = cookie_of(membership)
    page.context.add_cookies([{"name": sign_in.COOKIE, "value": value, "url": address}])


def linked_pages():
    """What the mailed links open: {name: path}."""
    applicant = Application.objects.filter(state="asked").get()
    person = Person.objects.meet("rosa@members.example", name="Rosa Sample")
    begun = Application.objects.create(
        person=person, email=person.email, state="started", day=timezone.localdate(), digest="begun",
        typed={"name": "Rosa Sample", "email": person.email, "statement": "Half a sentence"},
    )  # fmt: skip
    asked = SignIn.objects.create(person=member().person)
    return {
        "started application": f"/about/membership/started/{started.token(begun)}/",
        "answer": f"/about/membership/answer/{answer_token(applicant.questions.get())}/",
        "link to sign in": f"/membership/sign-in/{signing.dumps(asked.pk, salt=sign_in.LINK_SALT)}/",
        "link sent": "/membership/sign-in/sent/",
        "application sent": "/about/membership/thanks/",
    }


def admin_pages():
    """The secretariat's pages: {name: path}."""
    application, membership = Application.objects.filter(state="new").first(), member()
    step = f"/admin/members/application/{application.pk}/step/"
    term = f"/admin/members/membership/{membership.pk}/"
    return {
        "queue": "/admin/members/application/",
        "application": f"/admin/members/application/{application.pk}/change/",
        "accepting": f"{step}accepted/",
        "asking back": f"{step}asked/",
        "declining": f"{step}declined/",
        "taking up": f"{step}review/",
        "roster": "/admin/members/membership/",
        "membership": f"{term}change/",
        "payment": f"{term}step/pay/",
        "renewing": f"{term}step/renew/",
        "ending": f"{term}step/end/",
        "adding": "/admin/members/membership/add/",
        "figures": "/admin/members/membership/figures/",
        "import": "/admin/members/membership/import/",
        "payments": "/admin/members/payment/",
        "plans": "/admin/members/plan/",
        "plan": f"/admin/members/plan/{membership.plan_id}/change/",
        "duplicates": "/admin/contacts/person/duplicates/",
        "wordings": "/admin/contacts/staffwording/",
    }
