"""The outreach app."""

from django.apps import AppConfig


class OutreachConfig(AppConfig):
    """Outreach."""

    name = "charhar.outreach"
    verbose_name = "Outreach"

    def ready(self) -> None:
        """Say what this app holds about people."""
        from charhar.contacts.held import hold

        hold(
            "outreach.ContactMessage",
            shown=(
                "created_at", "subject", "name", "email", "organisation", "message", "page", "language",
                "state",
            ),
        )  # fmt: skip
        hold(
            "outreach.Subscription",
            shown=(
                "language", "rhythm", "topics", "regions", "series", "experts", "asked_at", "confirmed_at",
                "paused_until", "unsubscribed_at",
            ),
        )  # fmt: skip
