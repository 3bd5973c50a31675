"""The pages Contact Us and Support Charhar: what is written there becomes a message in the inbox."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from charhar.contacts.guard import GuardedForm, GuardedFormView
from charhar.contacts.letters import Letter, letter
from charhar.contacts.models import Person, TimelineEvent
from charhar.pages.models import SiteSettings
from charhar.pages.views import form_page
from charhar.publishing.languages import current_language

from . import inbox
from .forms import ContactForm, MessageForm, own_path
from .models import ContactMessage, WayToGive


class MessageView(GuardedFormView):
    """A page with a form whose messages go to the secretariat."""

    bucket = "message"
    form_class: type[GuardedForm] = MessageForm
    subject = ContactMessage.Subject.GENERAL

    def keep(self, form: GuardedForm) -> None:
        """One row, one note to the staff and one acknowledgement for the same message on one day."""
        data = form.cleaned_data
        language = current_language()
        subject = data.get("subject") or self.subject
        with transaction.atomic():
            person = Person.objects.meet(data["email"], name=data["name"], language=language)
            # Whoever holds the person's row is the only one to look and to write.
            person = Person.objects.select_for_update().get(pk=person.pk)
            message, is_new = ContactMessage.objects.get_or_create(
                digest=form.digest(),
                day=timezone.localdate(),
                defaults={
                    "person": person,
                    "subject": subject,
                    "name": data["name"],
                    "email": data["email"],
                    "organisation": data["organisation"],
                    "message": data["message"],
                    "page": data.get("page", ""),
                    "language": language,
                    **self.more(),
                },
            )
            if is_new:
                inbox.note(message, TimelineEvent.Kind.WROTE)
                self.pass_on(message)
                inbox.acknowledge(message)

    def more(self) -> dict[str, Any]:
        """Further columns of the message."""
        return {}

    def pass_on(self, message: ContactMessage) -> None:
        """Tell whom a new message is for."""
        inbox.tell(message, lambda site: _note(message, site))


def _note(message: ContactMessage, site: SiteSettings) -> Letter:
    """A link and nothing personal: what was written stays where it can be erased."""
    context = {
        "site": site,
        "subject": message.get_subject_display(),
        "admin_url": inbox.admin_url(message),
    }
    return letter("message-received", message.language, context)


class Contact(MessageView):
    """Contact Us."""

    form_class = ContactForm
    template_name = "outreach/contact.html"

    def make_form(self, data: QueryDict | None = None) -> GuardedForm:
        """The form; for those who come to report an error in a page, with that page filled in."""
        about = self.request.GET.get("about", "")
        try:
            own_path(about)
        except ValidationError:
            about = ""
        initial = {"page": about, "subject": ContactMessage.Subject.WEBSITE} if about else {}
        return ContactForm(data, initial=initial)

    def page_context(self) -> dict[str, Any]:
        return form_page(self.request, "contact", _("Contact Us"))

    def thanks_url(self) -> str:
        return reverse("contact-thanks")


class Support(MessageView):
    """Support Charhar: ways to give, and a form for those who would like to talk about it."""

    subject = ContactMessage.Subject.SUPPORT
    template_name = "outreach/support.html"

    def page_context(self) -> dict[str, Any]:
        return {**form_page(self.request, "support", _("Support Charhar")), "ways": WayToGive.shown()}

    def thanks_url(self) -> str:
        return reverse("support-thanks")
