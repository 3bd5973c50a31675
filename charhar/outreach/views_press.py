"""Ways to an expert: the page for journalists, and a letter that does not show the address it goes to."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.models import Article, NewsSection
from charhar.contacts.guard import GuardedForm
from charhar.contacts.letters import letter
from charhar.contacts.outbox import queue
from charhar.contacts.private import private
from charhar.publishing.head import feed_of, head_for
from charhar.publishing.languages import current_language
from charhar.publishing.reading import for_reader
from charhar.publishing.shelf import newest_of
from experts.finder import Finder
from experts.models import Expert

from .forms import ExpertForm
from .inbox import relay_key
from .models import ContactMessage
from .views_contact import MessageView

FACES = 12
ANNOUNCEMENTS = 6


@require_safe
def journalists(request: HttpRequest) -> HttpResponse:
    """Whom to ask, by subject and language; the press office; the newest announcements. Ten queries."""
    finder = Finder(QueryDict("press=on"))
    keys = finder.found()
    experts = Expert.objects.published().select_related("portrait").in_bulk(keys[:FACES])
    for_press = list(NewsSection.objects.filter(for_press=True))
    sections = [section for section in for_press if not section.hidden]
    keys_of_press = [section.pk for section in for_press]
    newest = newest_of("article", "section", keys_of_press, current_language(), ANNOUNCEMENTS)
    news = Article.objects.published().filter(newest).for_list().newest_first()
    context = {
        "fields": [finder[name] for name in ("topic", "region", "language", "press")],
        "number": len(keys),
        "experts": [experts[key] for key in keys[:FACES] if key in experts],
        "announcements": news[:ANNOUNCEMENTS],
        "sections": sections,
        "head": head_for(
            request,
            _("For Journalists"),
            _("Find an expert by subject and language, reach the press office, read the announcements."),
            feeds=[feed_of("section", section.name, section.slug) for section in sections],
            trail=[(_("Home"), reverse("home")), (_("Experts"), reverse("experts"))],
        ),
    }
    return render(request, "outreach/journalists.html", context)


class ExpertContact(MessageView):
    """A message to an expert: to their address where they want that, to the secretariat in any case."""

    template_name = "outreach/expert_contact.html"
    subject = ContactMessage.Subject.EXPERT
    expert: Expert

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.expert = for_reader(request, Expert.objects.all, slug=kwargs["slug"])
        return super().dispatch(request, *args, **kwargs)

    def make_form(self, data: QueryDict | None = None) -> GuardedForm:
        return ExpertForm(data, expert=self.expert)

    def page_context(self) -> dict[str, Any]:
        name = self.expert.display_name
        head = head_for(
            self.request,
            _("Write to %(name)s") % {"name": name},
            _("A message to %(name)s through the site; the e-mail address is not shown.") % {"name": name},
            noindex=self.expert.is_preview,
            trail=[
                (_("Home"), reverse("home")),
                (_("Experts"), reverse("experts")),
                (name, self.expert.get_absolute_url()),
            ],
        )
        return {"head": head, "expert": self.expert}

    def more(self) -> dict[str, Any]:
        return {"expert": self.expert, "passed_on": self.expert.is_reachable}

    def pass_on(self, message: ContactMessage) -> None:
        """The message itself to the expert, who answers from their own mailbox; a note to the secretariat."""
        super().pass_on(message)
        if message.passed_on:
            note = letter("message-to-expert", message.language, {"message": message, "expert": self.expert})
            queue(
                to=self.expert.email,
                purpose="message",
                person=message.person,  # so that it goes when the writer is erased
                headers={"Reply-To": message.email},
                key=relay_key(message.pk),
                **note._asdict(),
            )

    def thanks_url(self) -> str:
        return reverse("expert-contact-thanks", args=[self.expert.slug])


@require_safe
@private
def expert_thanks(request: HttpRequest, slug: str) -> HttpResponse:
    """Where a message to an expert has led."""
    expert = for_reader(request, Expert.objects.all, slug=slug)
    text = _("It has reached the secretariat, which passes it on.")
    if expert.is_reachable:
        text = _("It is on its way to %(name)s, who may answer you by e-mail. The secretariat has a copy.")
    context = {
        "head": head_for(request, _("Thank you for your message"), noindex=True),
        "text": text % {"name": expert.display_name},
        "back": expert.get_absolute_url(),
    }
    return render(request, "contacts/thanks.html", context)
