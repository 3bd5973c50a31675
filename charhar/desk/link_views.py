"""The reviewer's side of a review link: the pinned version as readers would see it, and what is said to it.

Nothing here asks for a cookie. The address is itself the secret, so that a post needs no further token: who
could forge one already has all that the address gives.
"""

import datetime
from collections.abc import Iterable
from functools import cached_property, partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from charhar.contacts.guard import MOST_BYTES, Limit, digest
from charhar.contacts.models import Attempt
from charhar.contacts.private import Private, private
from charhar.library.views import document_response
from charhar.publishing.head import head_for
from charhar.publishing.languages import CHINESE, ENGLISH, current_language, with_prefix, without_prefix

from . import links
from .link_forms import CommentForm, DecisionForm
from .link_mail import name_of
from .models import Comment, Opinion, ReviewLink
from .pretend import Banner, Busy, CannotShow, pretended

COMMENT = "comment"
# What a button of the page does: its name, after “act_”.
ACTS = (COMMENT, *Opinion.Verdict.values)
REFERRER = "no-referrer"  # the address must not be told to whom a link in the text leads
LIMIT = Limit(60, datetime.timedelta(hours=1))


def not_found(request: HttpRequest) -> HttpResponse:
    """What a forged address is told: nothing, like any other that leads nowhere."""
    head = head_for(request, _("Page not found"), languages=(), noindex=True)
    return render(request, "404.html", {"head": head}, status=404)


@require_safe
@partial(private, referrer=REFERRER)
def document(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """A document that the pinned version uses, and no other, for as long as the link can be read."""
    link = links.link_of(token)
    if link is None:
        return not_found(request)
    standing = links.standing_of(link)
    if not standing.is_readable:
        return closed(request, link, standing)
    found = links.documents_of(link.snapshot).get(f"documents/{name}")
    return not_found(request) if found is None else document_response(request, found)


def closed(
    request: HttpRequest, link: ReviewLink, standing: links.Standing, typed: Iterable[str] = ()
) -> HttpResponse:
    """What has become of the link, since when and whom to ask; nothing of the text. Keeps what was typed."""
    context = {
        "head": head_for(request, _("This review link is closed"), languages=(), noindex=True),
        "standing": standing,
        "since": links.in_beijing(standing.since) if standing.since else "",
        "asked_by": link.created_by and name_of(link.created_by),
        "asked_by_email": link.created_by.email if link.created_by else "",
        "typed": list(typed),
    }
    return render(request, "desk/review_closed.html", context, status=410)


class Review(Private):
    """The pinned version, what the reviewer has said of it, and the forms to say more."""

    http_method_names = ["get", "head", "post"]
    referrer = REFERRER
    own_page_only = False
    link: ReviewLink
    text: Any
    standing: links.Standing

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        link = links.link_of(kwargs["token"])
        if link is None:
            return not_found(request)
        self.link, self.text, self.standing = link, link.text, links.standing_of(link)
        language = links.language_of(self.text)
        if self.text is not None and self.text.is_translated and language != current_language():
            there = with_prefix(without_prefix(request.path), language)
            return HttpResponseRedirect(there, preserve_request=True)
        if not self.standing.is_readable:
            return closed(request, link, self.standing, self.typed())
        return super().dispatch(request)

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page; being opened is written down, unless by those who may make such links."""
        if request.method == "GET" and not self.is_host:
            links.note_seen(self.link)
        return self.page()

    def post(self, request: HttpRequest) -> HttpResponse:
        """A comment or a decision; sent twice, it counts once."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > MOST_BYTES:
            return self.page(problem=_("What you sent is too big. Please send text only."), status=413)
        act = next((name for name in ACTS if f"act_{name}" in request.POST), "")
        form = self.form(act)
        if form is None:
            return self.page(problem=_("Please use the buttons on this page."), status=400)
        if not form.is_valid():
            return self.page(form, status=422)
        if self.is_host:
            form.add_error(
                None, _("You are signed in as staff: please answer in the form of the text itself.")
            )
            return self.page(form, status=403)
        content = digest(act, *form.cleaned_data.values())
        if not Attempt.allow("review", f"link {self.link.pk}", content, most=LIMIT.most, within=LIMIT.within):
            form.add_error(
                None, _("Many comments have been sent over this link. Please try again in an hour.")
            )
            return self.page(form, status=429)
        try:
            if act == COMMENT:
                links.comment(self.link, **form.cleaned_data)
            else:
                links.decide(self.link, verdict=act, **form.cleaned_data)
        except links.Closed as refused:
            self.standing = refused.standing
            if not refused.standing.is_readable:
                return closed(request, self.link, refused.standing, self.typed())
            form.add_error(None, _("That is not possible over this link, or not any more. Nothing was sent."))
            return self.page(form, status=409)
        return HttpResponseRedirect(f"{request.path}?done={act}#review-done")

    def typed(self) -> list[str]:
        """What a post that comes too late holds, to copy."""
        if self.request.method != "POST":
            return []
        return [self.request.POST[name] for name in ("quote", "body", "note") if self.request.POST.get(name)]

    @cached_property
    def is_host(self) -> bool:
        """Whether the visitor may make links of this text: then theirs is no reviewer's word."""
        user = self.request.user
        return user.is_authenticated and links.may_invite(user, self.text)

    def form(self, act: str) -> CommentForm | DecisionForm | None:
        """The form that was sent, bound; None for one that there is not."""
        if act == COMMENT:
            return CommentForm(self.request.POST, auto_id="comment_%s")
        if act in Opinion.Verdict.values:
            return DecisionForm(self.request.POST, auto_id="decision_%s", verdict=act)
        return None

    def page(
        self, form: CommentForm | DecisionForm | None = None, *, problem: str = "", status: int = 200
    ) -> HttpResponse:
        """The readers' page of the pinned version, with the bar above it and the forms below."""
        said = links.conversation(self.link)
        opinion = links.opinion_of(self.link)
        names = [opinion.user_name] if opinion else [comment.author_name for comment in said[-1:]]
        initial = {"name": names[0] if names else self.link.reviewer}
        context = {
            "link": self.link,
            "version": self.link.snapshot.version,
            "saved": links.in_beijing(self.link.snapshot.at),
            "until": links.in_beijing(self.link.expires_at),
            "standing": self.standing,
            "since": links.in_beijing(self.standing.since) if self.standing.since else "",
            "asked_by": name_of(self.link.created_by),
            "is_host": self.is_host,
            "done": self.request.GET.get("done", "") if form is None else "",
            "problem": problem,
            "public_url": self._public_url(),
            "action": f"{self.request.path}#review-answer",
            "said": [
                (comment, links.in_beijing(comment.created_at), self._answers(comment)) for comment in said
            ],
            "opinion": opinion,
            "decided": links.in_beijing(opinion.at) if opinion else "",
            "comment_form": form
            if isinstance(form, CommentForm)
            else CommentForm(auto_id="comment_%s", initial=initial),
            "decision_form": form
            if isinstance(form, DecisionForm)
            else DecisionForm(auto_id="decision_%s", initial=initial),
        }
        return self._rendered(context, status)

    def _public_url(self) -> str:
        live = self.text.corrects or self.text
        return live.get_absolute_url() if live.is_published else ""

    def _answers(self, comment: Comment) -> list[tuple[Comment, str]]:
        return [(answer, links.in_beijing(answer.created_at)) for answer in comment.answers.all()]

    def _rendered(self, context: dict[str, Any], status: int) -> HttpResponse:
        below = render_to_string("desk/review_answer.html", context, self.request)
        try:
            with pretended(self.text, self.link.snapshot.data) as shown:
                page = shown.page(self.request, Banner("desk/review_bar.html", context), current_language())
                html = self._led_here(page.content.decode(), shown.text)
        except (Busy, CannotShow) as error:
            head = head_for(self.request, _("For review"), languages=(), noindex=True)
            cannot = " ".join(error.messages) if isinstance(error, CannotShow) else ""
            html = render_to_string(
                "desk/review_bare.html", {"banner": context, "head": head, "cannot": cannot}, self.request
            )
            status = status if cannot else 503
        start, main, end = html.rpartition("</main>")
        response = HttpResponse(start + below + main + end, status=status)
        if status == 503:
            response.headers["Retry-After"] = "2"
        return response

    def _led_here(self, html: str, shown: Any) -> str:
        """The page with its links to the version's documents, and to its other language, led through here."""
        html = html.replace('<base target="_blank">\n', "", 1)
        documents = links.documents_of(self.link.snapshot)
        addresses = {each.file.storage.url(name): each for name, each in documents.items()}
        for address, each in {**addresses, **shown.served_documents()}.items():
            here = reverse("review-document", args=[self.kwargs["token"], each.file_name.rpartition("/")[2]])
            for written in (address, f"{settings.SITE_URL}{address}"):
                html = html.replace(f'="{written}', f'="{here}')
        if not shown.is_translated:
            other = ENGLISH if current_language() == CHINESE else CHINESE
            there = with_prefix(without_prefix(self.request.path), other)
            html = html.replace(f'href="{with_prefix(shown.address(), other)}"', f'href="{there}"')
        return html
