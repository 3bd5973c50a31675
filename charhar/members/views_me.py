"""A member's own page, behind a link that is sent to the mailbox; none of it is kept by anybody."""

from typing import Any

from django.core import signing
from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from charhar.contacts.guard import GuardedForm, GuardedFormView
from charhar.contacts.models import Person, TimelineEvent
from charhar.contacts.personal import export
from charhar.contacts.private import Private, private
from charhar.pages.models import SiteSettings
from charhar.publishing.head import head_for
from charhar.publishing.languages import current_language

from . import applications, memberships, sign_in
from .forms import NewAddressForm, OwnDataForm, SignInForm
from .letters import tell_secretariat, write_to_member
from .models import Application, Membership, Payment, SignIn, Standing, Term


class AskToSignIn(GuardedFormView):
    """An address, to which a link is sent if there is a membership under it; the page says nothing of it."""

    bucket = "sign-in"
    form_class = SignInForm
    template_name = "members/sign_in.html"

    def page_context(self) -> dict[str, Any]:
        head = head_for(self.request, _("Sign in as a member"), noindex=True)
        return {"head": head}

    def keep(self, form: GuardedForm) -> None:
        sign_in.ask(form.cleaned_data["email"], current_language())

    def thanks_url(self) -> str:
        return reverse("member-sign-in-sent")


@require_safe
@private
def sent(request: HttpRequest) -> HttpResponse:
    """What to do next, whatever the address was."""
    head = head_for(request, _("Please look into your mailbox"), noindex=True)
    text = _(
        "We have sent a mail to this address. If there is a membership under it, the mail has a link that is "
        "good once, for thirty minutes. If nothing has come after ten minutes, look among the unwanted mail."
    )
    context = {"head": head, "text": text, "back": reverse("member-sign-in")}
    return render(request, "contacts/thanks.html", context)


class LinkPage(Private):
    """What a link in a mail opens: GET, by a person or a scanner, shows a button; only POST acts."""

    title: Any = ""
    text: Any = ""
    button: Any = ""

    def find(self, token: str) -> SignIn:
        """What the link is about; raises as ``sign_in.from_link``."""
        raise NotImplementedError

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """The button; or, for a link that leads nowhere, the way to a new one."""
        try:
            self.find(token)
        except (signing.BadSignature, sign_in.LinkExpired) as error:
            return self.fail(request, error)
        context = {
            "head": head_for(request, str(self.title), noindex=True),
            "text": self.text,
            "button": self.button,
        }
        return render(request, "members/link.html", context)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Act, and lead on."""
        try:
            return self.act(request, self.find(token))
        except (signing.BadSignature, sign_in.LinkExpired) as error:
            return self.fail(request, error)

    def act(self, request: HttpRequest, found: SignIn) -> HttpResponse:
        """Do what the button says."""
        raise NotImplementedError

    def fail(self, request: HttpRequest, error: Exception) -> HttpResponse:
        """404 for what is not ours, 410 for what was used or is too old."""
        status = 410 if isinstance(error, sign_in.LinkExpired) else 404
        context = {"head": head_for(request, _("This link does not work any more"), noindex=True)}
        return render(request, "members/link_dead.html", {**context, "sign_in": True}, status=status)


class Link(LinkPage):
    """The link that signs a member in."""

    title = gettext_lazy("Sign in as a member")

    text = gettext_lazy("One click more, and your own page opens. You stay signed in for two hours.")

    button = gettext_lazy("Open my page")

    def find(self, token: str) -> SignIn:
        return sign_in.from_link(token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Sign in; who is signed in by this very link already, as after a double click, is let through."""
        mine = sign_in.of(request)
        if mine is not None and sign_in.is_link_of(token, mine):
            return HttpResponseRedirect(reverse("member"))
        return super().post(request, token)

    def act(self, request: HttpRequest, found: SignIn) -> HttpResponse:
        response = HttpResponseRedirect(reverse("member"))
        sign_in.use(found, response)
        return response


class ConfirmAddress(LinkPage):
    """The link that confirms a new address, opened from that mailbox."""

    title = gettext_lazy("Confirm your new address")

    text = gettext_lazy("One click more, and we write to this mailbox from now on.")

    button = gettext_lazy("Yes, write to me here")

    def find(self, token: str) -> SignIn:
        return sign_in.from_address_link(token)

    def act(self, request: HttpRequest, found: SignIn) -> HttpResponse:
        with transaction.atomic():
            other = sign_in.confirm_address(found, current_language())
            if other is not None:
                compare = reverse("admin:contacts_person_merge", args=[found.person_id, other.pk])
                tell_secretariat("address-clash", current_language(), compare)
        if other is None:
            title, text = _("Your address is changed"), _("From now on we write to your new address.")
        else:
            title = _("Your address is confirmed")
            text = _(
                "We know this address already from another entry. The secretariat has been asked to join the "
                "two; until then, please sign in with your old address."
            )
        context = {"head": head_for(request, title, noindex=True), "text": text, "back": reverse("member")}
        return render(request, "contacts/thanks.html", context)


class OwnPage(Private):
    """A page of the one who is signed in; others are led to where a link is asked for."""

    found: SignIn

    @property
    def person(self) -> Person:
        """Whose page it is."""
        return self.found.person

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Find out who is signed in."""
        found = sign_in.of(request)
        if found is None:
            return HttpResponseRedirect(reverse("member-sign-in"))
        self.found = found
        return super().dispatch(request, *args, **kwargs)

    def own_membership(self) -> Membership | None:
        """The membership that is going on, else the last one."""
        mine = self.person.memberships.select_related("plan", "person")
        return mine.filter(ended_on=None).first() or mine.order_by("-ended_on").first()

    def back(self, done: str) -> HttpResponse:
        """To the own page, which says what was done."""
        return HttpResponseRedirect(f"{reverse('member')}?done={done}")


class Me(OwnPage):
    """The own page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Data, standing, terms, payments, what to do next. Seven queries."""
        received = Payment.objects.filter(taken_back_at=None).order_by("received_on")
        terms = Term.objects.select_related("plan").prefetch_related(Prefetch("payments", received))
        mine = list(
            self.person.memberships.select_related("plan")
            .prefetch_related(Prefetch("terms", terms.order_by("-starts_on")))
            .order_by("-joined_on")
        )
        current = next((m for m in mine if m.ended_on is None), mine[0] if mine else None)
        context = {
            "head": head_for(request, _("Your membership"), noindex=True),
            "person": self.person,
            "memberships": mine,
            "current": current,
            "ends_itself": current is not None
            and current.standing in {Standing.ACTIVE, Standing.GRACE, Standing.LAPSED},
            "applications": self.person.applications.select_related("plan").exclude(
                state__in=[Application.State.STARTED, Application.State.ACCEPTED]
            ),
            "open_states": applications.OPEN,
            "site": SiteSettings.load(),
            "done": self.words(request.GET.get("done", "")),
            "until": self.found.used_at and self.found.used_at + sign_in.STAYS,
        }
        return render(request, "members/me.html", context)

    def words(self, done: str) -> str:
        """What is said of the step that led here."""
        return {
            "data": _("Your data are saved."),
            "address": _("We have sent a mail to the new address. Open the link in it within a day."),
            "renew": _("The secretariat knows that you would like to renew and will write to you."),
            "withdraw": _("Your application is withdrawn."),
            "resign": _("You have resigned. Thank you for your time with us."),
        }.get(done, "")


class OwnForm(OwnPage):
    """A form on a page of its own."""

    def title(self) -> str:
        """The page's title."""
        raise NotImplementedError

    def make_form(self, data: Any = None) -> Any:
        """The form, bound to what was sent."""
        raise NotImplementedError

    def keep(self, form: Any) -> HttpResponse:
        """Keep what was sent, and lead on."""
        raise NotImplementedError

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        return self.show(self.make_form())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep it, or show it again with what is wrong beside each field."""
        form = self.make_form(request.POST)
        return self.keep(form) if form.is_valid() else self.show(form, status=422)

    def show(self, form: Any, status: int = 200) -> HttpResponse:
        """The page with the form as it stands."""
        title = self.title()
        head = head_for(self.request, _("Error: %s") % title if form.errors else title, noindex=True)
        context = {"head": head, "title": title, "form": form}
        return render(self.request, "members/own_form.html", context, status=status)


class OwnData(OwnForm):
    """Name, organisation, country and language."""

    def title(self) -> str:
        return _("Your data")

    def make_form(self, data: Any = None) -> OwnDataForm:
        return OwnDataForm(data, instance=self.person)

    def keep(self, form: OwnDataForm) -> HttpResponse:
        """Save what was changed, with its line in the timeline; the same again writes nothing."""
        with transaction.atomic():
            before = Person.objects.select_for_update().get(pk=self.person.pk)
            changed = [name for name in form.cleaned_data if getattr(before, name) != form.cleaned_data[name]]
            if changed:
                form.save()
                text = "\n".join(
                    f"{Person._meta.get_field(name).verbose_name}: "  # type: ignore[union-attr]
                    f"{getattr(before, name) or '–'} → {form.cleaned_data[name] or '–'}"
                    for name in changed
                )
                TimelineEvent.objects.note(before, TimelineEvent.Kind.CHANGED, text=text)
            if "country" in changed:
                self.person.memberships.filter(ended_on=None).update(country=form.cleaned_data["country"])
        return self.back("data")


class NewAddress(OwnForm):
    """Another mailbox, from which the change has to be confirmed."""

    def title(self) -> str:
        return _("Your e-mail address")

    def make_form(self, data: Any = None) -> NewAddressForm:
        return NewAddressForm(data)

    def keep(self, form: NewAddressForm) -> HttpResponse:
        """Send the link; the answer is the same whether the address is known or not."""
        email = form.cleaned_data["email"]
        if email.casefold() != self.person.email_key:
            sign_in.ask_for_address(self.found, email, current_language())
        return self.back("address")


class Renew(OwnPage):
    """The wish to renew, which the secretariat hears of once a term."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Tell the secretariat; a second time nothing happens, and the answer is the same."""
        membership = self.own_membership()
        last = membership.terms.last() if membership else None
        if membership is not None and last is not None and membership.standing != Standing.WITHOUT_END:
            tell_secretariat(
                "renewal-wished",
                current_language(),
                reverse("admin:members_membership_change", args=[membership.pk]),
                key=f"renewal-wish:{last.pk}:{membership.ended_on or ''}",
                number=membership.number,
            )
        return self.back("renew")


class Withdraw(OwnPage):
    """Taking an application back that was not decided yet."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Withdraw it; one that was decided in the meantime stays as it is."""
        application = get_object_or_404(self.person.applications, pk=pk)
        try:
            applications.withdraw(application)
        except memberships.Refused:
            return HttpResponseRedirect(reverse("member"))
        return self.back("withdraw")


class Resign(OwnPage):
    """The end of a membership: asked for, explained, and then done."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """What resigning means, and the button."""
        membership = self.own_membership()
        if membership is None or membership.ended_on is not None:
            return HttpResponseRedirect(reverse("member"))
        head = head_for(request, _("End your membership?"), noindex=True)
        return render(request, "members/resign.html", {"head": head, "membership": membership})

    def post(self, request: HttpRequest) -> HttpResponse:
        """End it today, with a letter; a second time nothing happens."""
        membership = self.own_membership()
        if membership is None:
            return HttpResponseRedirect(reverse("member"))
        with transaction.atomic():
            if memberships.end(membership):
                membership.refresh_from_db()
                write_to_member(membership, "membership-ended")
                tell_secretariat(
                    "member-resigned",
                    current_language(),
                    reverse("admin:members_membership_change", args=[membership.pk]),
                    number=membership.number,
                )
        return self.back("resign")


class SignOut(OwnPage):
    """The end of the sign-in."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Sign out."""
        response = HttpResponseRedirect(reverse("member-sign-in"))
        sign_in.leave(self.found, response)
        return response


class Download(OwnPage):
    """Everything that the site holds about the member, as a file."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The file; that it was fetched is written down."""
        TimelineEvent.objects.note(self.person, TimelineEvent.Kind.EXPORTED)
        return HttpResponse(
            export(self.person),
            content_type="application/zip",
            headers={
                "Content-Disposition": f'attachment; filename="personal-data-{timezone.localdate()}.zip"'
            },
        )
