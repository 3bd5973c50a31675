"""Stay Informed: signing up, and what the links in letters to subscribers open."""

from typing import Any
from urllib.parse import urlsplit

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from charhar.contacts.guard import GuardedForm, GuardedFormView
from charhar.contacts.private import Private
from charhar.publishing.head import head_for

from . import preferences, subscriptions
from .choices import GROUPS, chosen
from .links import unsubscribe_url
from .models import Subscription
from .subscribe_forms import LinkForm, PreferencesForm, SubscribeForm, ticked


class Subscribe(GuardedFormView):
    """Stay Informed: an address and choices, for which a mail goes out whose link has to be confirmed."""

    bucket = "subscribe"
    form_class = SubscribeForm
    template_name = "outreach/subscribe.html"

    def make_form(self, data: QueryDict | None = None) -> GuardedForm:
        """The form; for those who come to follow a subject, with that subject ticked."""
        subjects = ticked(self.request.GET)
        follows = any(subjects.values())
        rhythm = Subscription.Rhythm.AT_ONCE if follows else Subscription.Rhythm.NEWSLETTER
        language = getattr(self.request, "LANGUAGE_CODE", None)
        return SubscribeForm(data, initial={**subjects, "rhythm": rhythm, "language": language})

    def page_context(self) -> dict[str, Any]:
        head = head_for(
            self.request,
            _("Stay Informed"),
            _("News, events, opinion and new publications by e-mail."),
            trail=[(_("Home"), reverse("home"))],
        )
        return {"head": head, "wording": subscriptions.WORDING.text}

    def keep(self, form: Any) -> None:
        subscriptions.ask(form.cleaned_data["email"], form.choices())

    def thanks_url(self) -> str:
        return reverse("subscribe-sent")


class AskForLink(GuardedFormView):
    """Where a subscriber without a letter at hand asks for the link to the preferences."""

    bucket = "preferences"
    form_class = LinkForm
    template_name = "outreach/ask_for_link.html"

    def page_context(self) -> dict[str, Any]:
        trail = [(_("Home"), reverse("home")), (_("Stay Informed"), reverse("subscribe"))]
        return {"head": head_for(self.request, _("Change your subscription"), trail=trail)}

    def keep(self, form: GuardedForm) -> None:
        preferences.send_link(form.cleaned_data["email"])

    def thanks_url(self) -> str:
        return reverse("preferences-sent")


class LinkView(Private):
    """What a link in a mail opens: GET, by a person or a scanner, shows a button; only POST acts."""

    template_name = ""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """The button; or, for a link that leads nowhere, the way to a new one."""
        return self.answer(request, token, self.show)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Act, and lead to a page that says so."""
        return self.answer(request, token, self.act)

    def answer(self, request: HttpRequest, token: str, then: Any) -> HttpResponse:
        """Find the subscription and go on, or say what is wrong with the link."""
        try:
            return then(request, self.find(token))
        except signing.BadSignature:
            return self.fail(request, 404)
        except subscriptions.LinkExpired:
            return self.fail(request, 410)

    def fail(self, request: HttpRequest, status: int) -> HttpResponse:
        """A page for a link that is cut, made up or too old."""
        head = head_for(request, _("This link does not work any more"), noindex=True)
        return render(request, "outreach/link_dead.html", {"head": head}, status=status)

    def show(self, request: HttpRequest, subscription: Subscription) -> HttpResponse:
        """The page with the button."""
        head = head_for(request, self.title(), noindex=True)
        context = {
            "head": head,
            "subscription": subscription,
            "wording": subscriptions.wording_for(subscription).text,
        }
        return render(request, self.template_name, context)

    def title(self) -> str:
        """The page's title."""
        raise NotImplementedError

    def find(self, token: str) -> Subscription:
        """The subscription that the link is about."""
        raise NotImplementedError

    def act(self, request: HttpRequest, subscription: Subscription) -> HttpResponse:
        """Do what the button says."""
        raise NotImplementedError


class Confirm(LinkView):
    """The link that confirms a subscription."""

    template_name = "outreach/confirm.html"

    def title(self) -> str:
        return _("Confirm your subscription")

    def find(self, token: str) -> Subscription:
        return subscriptions.from_confirm_token(token)

    def act(self, request: HttpRequest, subscription: Subscription) -> HttpResponse:
        subscriptions.confirm(subscription, source=reverse("subscribe"))
        return HttpResponseRedirect(reverse("subscribed"))


class Unsubscribe(LinkView):
    """The link that ends a subscription; mail programs post to the same address by themselves (RFC 8058)."""

    template_name = "outreach/unsubscribe.html"
    own_page_only = False

    def title(self) -> str:
        return _("End your subscription")

    def find(self, token: str) -> Subscription:
        return subscriptions.from_unsubscribe_token(token)

    def act(self, request: HttpRequest, subscription: Subscription) -> HttpResponse:
        subscriptions.unsubscribe(subscription)
        if request.POST.get("List-Unsubscribe") == "One-Click":
            return HttpResponse("Unsubscribed.\n", content_type="text/plain; charset=utf-8")
        return HttpResponseRedirect(reverse("unsubscribed"))


class Preferences(LinkView):
    """The page where a subscriber changes choices, language, rhythm and pause, or ends it all."""

    template_name = "outreach/preferences.html"

    def title(self) -> str:
        return _("Your subscription")

    def find(self, token: str) -> Subscription:
        return preferences.from_preferences_token(token)

    def show(self, request: HttpRequest, subscription: Subscription) -> HttpResponse:
        """The form as things stand; with what a letter's link names ticked besides."""
        choices = chosen(subscription)
        more = ticked(request.GET)
        initial: dict[str, Any] = {"language": choices.language, "rhythm": choices.rhythm}
        for name in GROUPS:
            initial[name] = [subject.slug for subject in choices.subjects[name]] + more[name]
        return self.page(request, subscription, PreferencesForm(subscription=subscription, initial=initial))

    def act(self, request: HttpRequest, subscription: Subscription) -> HttpResponse:
        form = PreferencesForm(request.POST, subscription=subscription)
        if not form.is_valid():
            return self.page(request, subscription, form, 422)
        preferences.change(
            subscription, form.choices(), paused_until=form.paused_until(), source=reverse("preferences-link")
        )
        return HttpResponseRedirect(f"{request.path}?saved=1")

    def page(
        self, request: HttpRequest, subscription: Subscription, form: PreferencesForm, status: int = 200
    ) -> HttpResponse:
        """The page with the form, or, where the subscription is not active, with the way to a new one."""
        head = head_for(request, self.title(), noindex=True)
        context = {
            "head": head,
            "subscription": subscription,
            "form": form,
            "saved": "saved" in request.GET,
            "unsubscribe_path": urlsplit(unsubscribe_url(subscription)).path,
        }
        return render(request, self.template_name, context, status=status)
