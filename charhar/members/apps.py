"""The members app."""

from django.apps import AppConfig


class MembersConfig(AppConfig):
    """Members."""

    name = "charhar.members"
    verbose_name = "Members"

    def ready(self) -> None:
        """Say what this app holds about people, and for how long."""
        from charhar.contacts.held import hold

        from . import joining, letters, retention  # noqa: F401  each makes known what it has

        # What hangs on a membership stands before it: its way to the person leads through the membership.
        hold(
            "members.Payment",
            person="term__membership__person",
            shown=("amount", "currency", "received_on", "method", "reference", "taken_back_at"),
            on_erasure={"reference": "", "taken_back_because": ""},
        )
        hold(
            "members.Term",
            person="membership__person",
            shown=("plan", "starts_on", "ends_on", "fee", "currency"),
            on_erasure={},
        )
        hold(
            "members.Membership",
            shown=("number", "plan", "country", "joined_on", "runs_until", "ended_on", "ending"),
            on_erasure={"person": None, "application": None},
        )
        hold(
            "members.Question",
            person="application__person",
            shown=("text", "asked_at", "answer", "answered_at"),
        )
        hold(
            "members.Application",
            shown=(
                "created_at", "plan", "name", "email", "organisation", "country", "statement", "language",
                "state", "typed", "reason", "decided_at",
            ),
        )  # fmt: skip
        hold("members.SignIn", shown=("asked_at", "used_at", "ended_at", "new_email"))
        retention.rules()
