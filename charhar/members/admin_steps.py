"""The steps in a membership's life that staff take: what each asks for, when it is possible, what it does."""

from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from charhar.contacts.fields import EmailField, LineField
from charhar.contacts.models import Consent, Person, Wording
from charhar.publishing.languages import LANGUAGES

from . import memberships
from .letters import day_words, write_to_member
from .models import Membership, Payment, Plan, Standing, money, today


def _day(**kwargs: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)


class PaymentForm(forms.Form):
    """Money that came in."""

    term: Any = forms.ModelChoiceField(label=_("For the term"), queryset=None, empty_label=None)
    amount = forms.DecimalField(label=_("Amount"), max_digits=10, decimal_places=2, min_value=0.01)
    currency = forms.ChoiceField(label=_("Currency"), choices=Plan.Currency.choices)
    received_on = _day(label=_("Received on"))
    method = forms.ChoiceField(label=_("Way"), choices=Payment.Method.choices)
    reference = LineField(
        label=_("Reference"),
        max_length=140,
        required=False,
        help_text=_("As on the bank statement or receipt."),
    )
    tell = forms.BooleanField(label=_("Tell the member"), required=False, initial=True)

    def __init__(self, membership: Membership, data: Any = None) -> None:
        terms = membership.terms.order_by("-starts_on")
        last = terms.first()
        initial = {
            "term": last,
            "amount": last.fee if last else None,
            "currency": last.currency if last else None,
            "received_on": today(),
        }
        super().__init__(data, initial=initial)
        self.fields["term"].queryset = terms  # type: ignore[attr-defined]

    def clean_received_on(self) -> Any:
        day = self.cleaned_data["received_on"]
        if day > today():
            raise forms.ValidationError(_("This day is still to come."))
        return day


class RenewForm(forms.Form):
    """The next term; ``after`` is the end of the one that the page showed."""

    plan = forms.ModelChoiceField(label=_("Plan"), queryset=Plan.objects.all(), empty_label=None)
    after = forms.DateField(required=False, widget=forms.HiddenInput)
    tell = forms.BooleanField(label=_("Tell the member"), required=False, initial=True)

    def __init__(self, membership: Membership, data: Any = None) -> None:
        super().__init__(data, initial={"plan": membership.plan_id, "after": membership.runs_until})


class ReturnForm(forms.Form):
    """A return from today."""

    plan = forms.ModelChoiceField(label=_("Plan"), queryset=Plan.objects.all(), empty_label=None)
    tell = forms.BooleanField(label=_("Tell the member"), required=False, initial=True)

    def __init__(self, membership: Membership, data: Any = None) -> None:
        super().__init__(data, initial={"plan": membership.plan_id})


class ChangePlanForm(forms.Form):
    """Another plan, and from when."""

    plan = forms.ModelChoiceField(label=_("New plan"), queryset=Plan.objects.all(), empty_label=None)
    at_once = forms.BooleanField(
        label=_("From today, which ends the term under way; else from the next term on"), required=False
    )

    def __init__(self, membership: Membership, data: Any = None) -> None:
        super().__init__(data, initial={"plan": membership.plan_id})


class EndForm(forms.Form):
    """Why a membership ends, and when."""

    ending = forms.ChoiceField(
        label=_("Why"),
        choices=[choice for choice in Membership.Ending.choices if choice[0] != Membership.Ending.MERGED],
    )
    on = _day(label=_("No member from"))
    text = LineField(label=_("Note"), max_length=300, required=False)
    tell = forms.BooleanField(label=_("Tell the member"), required=False, initial=False)

    def __init__(self, membership: Membership, data: Any = None) -> None:
        super().__init__(data, initial={"on": today()})


class TakeBackForm(forms.Form):
    """Why a payment was none."""

    because = LineField(label=_("Reason"), max_length=300)


class AdmitForm(forms.Form):
    """A member who did not come by the form, with where the consent is from."""

    email = EmailField(label=_("E-mail"))
    name = LineField(label=_("Name"), max_length=150)
    organisation = LineField(label=_("Organisation"), max_length=200, required=False)
    country = LineField(label=_("Country or region"), max_length=100)
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    plan = forms.ModelChoiceField(label=_("Plan"), queryset=Plan.objects.all(), empty_label=None)
    consent = LineField(
        label=_("Where the consent is from"),
        max_length=200,
        help_text=_("For example: letter of 5 March 2026, file 12."),
    )
    tell = forms.BooleanField(label=_("Send the welcome"), required=False, initial=True)

    def admit(self, *, by: Any) -> Membership:
        """Make the member; raises ``Refused`` for one who is a member already."""
        data = self.cleaned_data
        with transaction.atomic():
            person = Person.objects.meet(data["email"], name=data["name"], language=data["language"])
            for name in ("organisation", "country"):
                if not getattr(person, name):
                    setattr(person, name, data[name])
            person.save()
            membership = memberships.admit(person, data["plan"], by=by, country=data["country"])
            wording = Wording(Consent.Purpose.MEMBERSHIP, "staff", _("Written down by the secretariat."))
            Consent.objects.give(person, wording, source=data["consent"])
            if data["tell"]:
                write_to_member(membership, "application-accepted")
        return membership


class Step:
    """One step: its title, its form, when it is possible, and what it does."""

    title: Any = ""
    form: Any

    def is_possible(self, membership: Membership) -> bool:
        """Whether it makes sense as things stand."""
        raise NotImplementedError

    def take(self, membership: Membership, form: Any, by: Any) -> None:
        """Do it; raises ``Refused``."""
        raise NotImplementedError


class _Pay(Step):
    title, form = _("Record a payment"), PaymentForm

    def is_possible(self, membership: Membership) -> bool:
        return True

    def take(self, membership: Membership, form: Any, by: Any) -> None:
        data = dict(form.cleaned_data)
        tell = data.pop("tell")
        payment, is_new = memberships.record_payment(**data, by=by)
        if tell and is_new and membership.person:
            language = membership.person.language
            write_to_member(
                membership,
                "payment-received",
                key=f"payment:{payment.pk}",
                amount=money(payment.amount, payment.currency),
                received=day_words(payment.received_on, language),
            )


class _Renew(Step):
    title, form = _("Renew"), RenewForm

    def is_possible(self, membership: Membership) -> bool:
        return membership.standing in {Standing.ACTIVE, Standing.GRACE, Standing.LAPSED}

    def take(self, membership: Membership, form: Any, by: Any) -> None:
        data = form.cleaned_data
        was = membership.standing
        term = memberships.renew(membership, plan=data["plan"], after=data["after"], by=by)
        if data["tell"]:
            code = "membership-returned" if was == Standing.LAPSED else "membership-renewed"
            write_to_member(memberships.locked(membership), code, key=f"renewed:{term.pk}")


class _Return(Step):
    title, form = _("Let come back"), ReturnForm

    def is_possible(self, membership: Membership) -> bool:
        return membership.standing == Standing.ENDED and membership.person is not None

    def take(self, membership: Membership, form: Any, by: Any) -> None:
        back = memberships.come_back(membership, plan=form.cleaned_data["plan"], by=by)
        if form.cleaned_data["tell"]:
            write_to_member(back, "membership-returned")


class _ChangePlan(Step):
    title, form = _("Change plan"), ChangePlanForm

    def is_possible(self, membership: Membership) -> bool:
        return membership.is_member

    def take(self, membership: Membership, form: Any, by: Any) -> None:
        data = form.cleaned_data
        memberships.change_plan(membership, data["plan"], at_once=data["at_once"], by=by)


class _End(Step):
    title, form = _("End the membership"), EndForm

    def is_possible(self, membership: Membership) -> bool:
        return membership.ended_on is None

    def take(self, membership: Membership, form: Any, by: Any) -> None:
        data = form.cleaned_data
        if (
            memberships.end(membership, data["ending"], on=data["on"], text=data["text"], by=by)
            and data["tell"]
        ):
            write_to_member(memberships.locked(membership), "membership-ended")


STEPS: dict[str, Step] = {
    "pay": _Pay(),
    "renew": _Renew(),
    "return": _Return(),
    "plan": _ChangePlan(),
    "end": _End(),
}
