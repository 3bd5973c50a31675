"""The letters about messages whose words the staff may change."""

from django.utils.translation import gettext_lazy as _

from charhar.contacts.wordings import declare


def declare_all() -> None:
    """Make them known."""
    subject, site = _("what the message is about"), _("the institute's name")
    declare(
        "message-acknowledged",
        _("Message: received"),
        {"subject": subject, "site": site, "phone": _("the institute's telephone")},
    )
    declare(
        "message-answer",
        _("Message: the frame of an answer, with its signature"),
        {
            "text": _("what was typed"),
            "by": _("the full name of who answers"),
            "name": _("the name of who wrote"),
            "subject": subject,
            "site": site,
            "date": _("the day of what is answered"),
            "quoted": _("what is answered, quoted"),
        },
    )
    declare(
        "message-assigned",
        _("Message: assigned to a colleague"),
        {"subject": subject, "by": _("who assigns it"), "link": _("the message in the admin")},
    )
