"""How an e-mail address is written down, and that one person is one row."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from charhar.contacts.addresses import normalise_email
from charhar.contacts.models import Consent, Person, Wording

WORDING = Wording(Consent.Purpose.UPDATES, "1", "I agree.")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ann@Example.ORG ", "Ann@example.org"),
        ("ann+news@example.org", "ann+news@example.org"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("ann@例子.example", "ann@xn--fsqu00a.example"),
    ],
)
def test_an_address_is_kept_as_mail_is_sent_to_it(typed, kept):
    assert normalise_email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "ann", "ann@", "@example.org", "ann@example", "a b@example.org",
     "ann@example.org\nBcc: x@example.org", "ann@exa\0mple.org",
     "ann@" + "ü" * 70 + ".example", "ann@example.org, bob@example.org",
     "安@example.org"],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(ValidationError):
        normalise_email(typed)


@pytest.mark.django_db
def test_one_address_is_one_person_whatever_its_case():
    first = Person.objects.meet("Ann@example.org", name="Ann")
    again = Person.objects.meet("ANN@example.org", name="Somebody Else")
    assert again.pk == first.pk
    assert (again.email, again.name) == ("Ann@example.org", "Ann")
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.create(email="aNN@example.org")


@pytest.mark.django_db
def test_a_missing_name_is_filled_in():
    Person.objects.meet("ann@example.org")
    assert Person.objects.meet("ann@example.org", name="王安").name == "王安"


@pytest.mark.django_db
def test_the_ledger_keeps_the_words_and_the_end():
    person = Person.objects.meet("ann@example.org")
    Consent.objects.give(person, WORDING, source="/subscribe/")
    other = Person.objects.meet("bob@example.org")
    Consent.objects.give(other, WORDING, source="/subscribe/")
    assert Consent.objects.withdraw(person, Consent.Purpose.UPDATES) == 1
    assert Consent.objects.withdraw(person, Consent.Purpose.UPDATES) == 0
    consent = person.consents.get()
    assert (consent.text, consent.version, consent.source) == ("I agree.", "1", "/subscribe/")
    assert consent.withdrawn_at is not None
    assert other.consents.get().withdrawn_at is None
