"""Where a person of the contacts is known to the institute as somebody else."""

from django.utils.translation import gettext as _

from charhar.contacts.models import Person
from experts.models import Expert


def profile_of(person: Person) -> str:
    """Says that an expert's profile has the person's address, where one has."""
    if Expert.versions.filter(email__iexact=person.email).exists():
        return _("The profile of an expert on this site has the same address. It is not part of this.")
    return ""
