"""The members app."""

from django.apps import AppConfig


class MembersConfig(AppConfig):
    """Members."""

    name = "charhar.members"
    verbose_name = "Members"

    def ready(self) -> None:
        """Say what this app holds about people."""
        from charhar.contacts.held import hold

        hold(
            "members.Application",
            shown=(
                "created_at", "plan", "name", "email", "organisation", "country", "statement", "language",
                "state",
            ),
        )  # fmt: skip
