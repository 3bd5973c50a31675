"""The pages Careers and Stay Informed, the links in mails, and where posts lead."""

from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from charhar.contacts.guard import GuardedForm, GuardedFormView, require_own_page
from charhar.pages.views import form_page
from charhar.publishing.head import head_for
from charhar.publishing.languages import current_language

from . import subscriptions
from .forms import SubscribeForm
from .models import Subscription, Vacancy

never_kept = cache_control(private=True, no_store=True)


@require_safe
def careers(request: HttpRequest) -> HttpResponse:
    """Careers: what is open now."""
    context = {**form_page(request, "careers", _("Careers")), "vacancies": Vacancy.objects.open()}
    return render(request, "outreach/careers.html", context)


class Subscribe(GuardedFormView):
    """Stay Informed: an address, for which a mail goes out whose link has to be confirmed."""

    bucket = "subscribe"
    form_class = SubscribeForm
    template_name = "outreach/subscribe.html"

    def page_context(self) -> dict[str, Any]:
        head = head_for(
            self.request,
            _("Stay Informed"),
            _("News, events, opinion and new publications by e-mail."),
            trail=[(_("Home"), reverse("home"))],
        )
        return {"head": head, "wording": subscriptions.WORDING.text}

    def keep(self, form: GuardedForm) -> None:
        subscriptions.ask(form.cleaned_data["email"], current_language())

    def thanks_url(self) -> str:
        return reverse("subscribe-sent")


class LinkView(View):
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
        context = {"head": head, "subscription": subscription, "wording": subscriptions.WORDING.text}
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


@method_decorator([csrf_exempt, never_kept], name="dispatch")
class Confirm(LinkView):
    """The link that confirms a subscription."""

    template_name = "outreach/confirm.html"

    def title(self) -> str:
        return _("Confirm your subscription")

    def find(self, token: str) -> Subscription:
        return subscriptions.from_confirm_token(token)

    def act(self, request: HttpRequest, subscription: Subscription) -> HttpResponse:
        require_own_page(request)
        subscriptions.confirm(subscription, source=reverse("subscribe"))
        return HttpResponseRedirect(reverse("subscribed"))


@method_decorator([csrf_exempt, never_kept], name="dispatch")
class Unsubscribe(LinkView):
    """The link that ends a subscription; mail programs post to the same address by themselves (RFC 8058)."""

    template_name = "outreach/unsubscribe.html"

    def title(self) -> str:
        return _("End your subscription")

    def find(self, token: str) -> Subscription:
        return subscriptions.from_unsubscribe_token(token)

    def act(self, request: HttpRequest, subscription: Subscription) -> HttpResponse:
        subscriptions.unsubscribe(subscription)
        if request.POST.get("List-Unsubscribe") == "One-Click":
            return HttpResponse("Unsubscribed.\n", content_type="text/plain; charset=utf-8")
        return HttpResponseRedirect(reverse("unsubscribed"))


@require_safe
@never_kept
def thanks(request: HttpRequest, step: str) -> HttpResponse:
    """Where a post has led: what happened, and what comes next."""
    title, text, back = {
        "contact": (
            _("Thank you for your message"),
            _("It has reached the secretariat. We read everything and answer by e-mail."),
            "contact",
        ),
        "support": (
            _("Thank you for your message"),
            _("It has reached the secretariat. We will write to you by e-mail."),
            "support",
        ),
        "sent": (
            _("Please look into your mailbox"),
            _(
                "We have sent you an e-mail with a link. Open it and confirm within seven days; only then "
                "does your subscription begin. If nothing has come after ten minutes, look among the "
                "unwanted mail, or try again."
            ),
            "subscribe",
        ),
        "subscribed": (
            _("You are subscribed"),
            _("Thank you. You will hear from us by e-mail; every mail has a link that ends it."),
            "home",
        ),
        "unsubscribed": (
            _("Your subscription has ended"),
            _("You will get no more news from us by e-mail. You can subscribe again at any time."),
            "subscribe",
        ),
    }[step]
    context = {"head": head_for(request, title, noindex=True), "text": text, "back": reverse(back)}
    return render(request, "contacts/thanks.html", context)
