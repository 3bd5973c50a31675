"""Two memberships of one person, when two entries become one: both stay, and one of them goes on."""

from charhar.contacts.merging import before_merging
from charhar.contacts.models import Person

from .memberships import end
from .models import Membership


@before_merging
def keep_one_open(kept: Person, gone: Person) -> None:
    """Let the membership that runs longer go on, and end the other today, with its terms and payments."""
    going_on = list(
        Membership.objects.filter(person__in=[kept, gone], ended_on=None).order_by("joined_on", "pk")
    )
    if len(going_on) < 2:
        return
    # Without an end is longer than any day; among equals the older one goes on.
    going_on.sort(
        key=lambda m: (m.runs_until is not None, -(m.runs_until.toordinal() if m.runs_until else 0))
    )
    for other in going_on[1:]:
        end(other, Membership.Ending.MERGED, text=going_on[0].number)
