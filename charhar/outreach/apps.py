"""The outreach app."""

from django.apps import AppConfig


class OutreachConfig(AppConfig):
    """Outreach."""

    name = "charhar.outreach"
    verbose_name = "Outreach"

    def ready(self) -> None:
        """Say what this app holds about people, and for how long."""
        from charhar.contacts.held import hold, mention

        from . import joining, message_letters, retention  # noqa: F401  joining makes itself known
        from .reach import profile_of

        message_letters.declare_all()

        hold(
            "outreach.Reply",
            person="message__person",
            shown=("at", "direction", "text"),
            on_erasure={
                "text": "", "sender": "", "attachments": "", "reference": "", "mail": None, "key": None,
            },
        )  # fmt: skip
        hold(
            "outreach.ContactMessage",
            shown=(
                "created_at", "subject", "name", "email", "organisation", "message", "page", "language",
                "state", "answered_at",
            ),
            on_erasure={
                "person": None, "name": "", "email": "", "organisation": "", "message": "", "page": "",
                "digest": "", "expert": None, "acknowledgement": None, "waiting_since": None,
            },
        )  # fmt: skip
        hold(
            "outreach.Subscription",
            shown=(
                "language", "rhythm", "topics", "regions", "series", "experts", "asked_at", "confirmed_at",
                "paused_until", "unsubscribed_at",
            ),
        )  # fmt: skip
        mention(profile_of)
        retention.rules()
