"""The public forms' guard: what stands between a form that anybody may send and the database.

Forms stand on pages that are the same for everybody and may be cached, so they hold no token. Instead, a post
must come from a page of this site, and each network address may send only so many different ones an hour.
A post that looks automatic is not refused but answered with a second page, ``second_step``: it shows what was
typed and asks to send it with one button. Idempotency is by content: the same post again finds its row.
"""

import hashlib
import ipaddress
import json
import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from . import second_step
from .attempts import Attempt, Limit, SpamWord, Verdict, plain

# Far more than any of the forms can rightly hold.
MOST_BYTES = 256 * 1024
# What people rarely write and robots nearly always do.
MOST_LINKS = 3
LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
MARKUP = re.compile(r"<a\s[^>]*href|\[(?:url|link)[=\]]", re.IGNORECASE)
# The same words from so many networks are nobody's own; short ones ("Please call me") are so by chance.
MOST_NETWORKS = 3
LEAST_WORDS = 40


def require_own_page(request: HttpRequest) -> None:
    """Refuse a post that a browser says was made on another site (403).

    Browsers say so by Sec-Fetch-Site, older ones by Origin or Referer. A client that sends none of the three
    is no browser that somebody could be tricked with.
    """
    site = request.headers.get("Sec-Fetch-Site")
    source = request.headers.get("Origin") or request.headers.get("Referer")
    if site is not None:
        own = site in {"same-origin", "none"}
    else:
        ours = {f"{request.scheme}://{request.get_host()}", settings.SITE_URL}
        own = source is None or _origin_of(source) in ours
    if not own:
        raise PermissionDenied("The form was sent from another site.")


def _origin_of(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def client_address(request: HttpRequest) -> str | None:
    """The address that a request came from, or None where none is known, as over a Unix socket.

    Behind a proxy it is the last address that the proxy itself has added. An IPv4 address that a socket for
    both kinds shows within an IPv6 one is given as itself.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        address = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or address
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def network_address(request: HttpRequest) -> str:
    """Where a request came from, as far as it is worth counting: its address, or its IPv6 network."""
    address = client_address(request) or ""
    return str(ipaddress.ip_network((address, 64), strict=False)) if ":" in address else address


def digest(*parts: Any) -> str:
    """What makes two posts the same: the SHA-256 of their normalised content."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True, default=str).encode()).hexdigest()


class GuardedForm(forms.Form):
    """A public form with a trap: a field that people neither see nor reach, and robots fill in."""

    use_required_attribute = False
    website = forms.CharField(
        required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"})
    )

    def fields_for_people(self) -> list[forms.BoundField]:
        """The fields in order, without the trap."""
        return [field for field in self if field.name != "website"]

    def digest(self) -> str:
        """The same for every post with the same content, whatever fell into the trap."""
        values = (self.cleaned_data.get(name, "") for name in sorted(self.fields) if name != "website")
        return digest(type(self).__name__, *(str(getattr(value, "pk", value)) for value in values))

    def text(self) -> str:
        """All that was typed, to be looked through."""
        values = (self.cleaned_data.get(name) for name in self.fields if name != "website")
        return "\n".join(value for value in values if isinstance(value, str))

    def words(self) -> str:
        """What stands for the longest text that was typed, whoever typed it; empty where it is short."""
        values = (self.cleaned_data.get(name) for name in self.fields if name != "website")
        longest = plain(max((value for value in values if isinstance(value, str)), key=len, default=""))
        return digest(longest) if len(longest) >= LEAST_WORDS else ""


def looks_automatic(request: HttpRequest, form: GuardedForm) -> bool:
    """Whether a valid post looks as if no person had sent it. Two queries at most.

    The trap is filled in, no browser's headers came with it, it is full of links, the same words came from
    several networks, or it holds a word that staff know from spam.
    """
    text = form.text()
    return bool(
        form.data.get("website", "").strip()
        or not (request.headers.get("User-Agent") and request.headers.get("Accept-Language"))
        or len(LINK.findall(text)) > MOST_LINKS
        or MARKUP.search(text)
        or SpamWord.is_in(text)
        or Attempt.networks_with(form.words()) >= MOST_NETWORKS
    )


class GuardedFormView(View):
    """A page with a public form.

    Subclasses name the form, the template, the bucket that posts are counted in and say what is shown
    (``page_context``), what is kept (``keep``) and where a good post leads (``thanks_url``). A post with
    errors is answered with 422, one too many with 429, one too big with 413: always with the page, and with
    all that was typed where it could be read. One that looks automatic is answered with the second step.
    """

    form_class: type[GuardedForm]
    template_name = ""
    bucket = ""
    limit = Limit(10)

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """The view, free of Django's form token also where a subclass has a ``dispatch`` of its own."""
        return csrf_exempt(super().as_view(**initkwargs))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The empty form: the same for everybody, without cookie or token."""
        return self.show(self.make_form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check, keep, and lead to the thanks; the same answer for the same post, however often it comes."""
        require_own_page(request)
        if self.is_too_big():
            return self.refuse(
                self.make_form(QueryDict()),
                _("What you sent is too big. Please send text only, without files."),
                413,
            )
        form = self.make_form(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        asked = second_step.read(request.POST, self.bucket, form.digest())
        verdict = Attempt.weigh(
            self.bucket,
            network_address(request),
            form.digest(),
            self.limit,
            words=form.words(),
            odd=lambda: looks_automatic(request, form),
            confirmed=asked.is_confirmed,
        )
        if verdict == Verdict.REFUSE:
            return self.refuse(
                form,
                _(
                    "Many forms have been sent from your network within the last hour. Nothing is lost: "
                    "what you typed stands below. Please send it again in an hour, or write to us by e-mail."
                ),
                429,
            )
        if verdict == Verdict.ASK:
            return second_step.ask(request, self.page_context(), form, self.bucket, asked)
        if asked.is_confirmed:
            second_step.once(self.bucket, asked, lambda: self.keep(form))
        else:
            self.keep(form)
        return HttpResponseRedirect(self.thanks_url())

    def is_too_big(self) -> bool:
        """Whether the post is beyond all reason; asked before a byte of it is read."""
        length = self.request.META.get("CONTENT_LENGTH") or "0"
        return not length.isdigit() or int(length) > MOST_BYTES

    def make_form(self, data: QueryDict | None = None) -> GuardedForm:
        """The form, bound to what was sent."""
        return self.form_class(data)

    def refuse(self, form: GuardedForm, message: Any, status: int) -> HttpResponse:
        """The page with one error that concerns the whole post."""
        form.errors.clear()
        form.add_error(None, message)
        response = self.show(form, status=status)
        if status == 429:
            response.headers["Retry-After"] = str(int(self.limit.within.total_seconds()))
        return response

    def show(self, form: GuardedForm, status: int = 200) -> HttpResponse:
        """The page with the form as it stands."""
        context = {**self.page_context(), "form": form}
        if form.errors:
            context["head"].title = str(_("Error: %s") % context["head"].title)
        return render(self.request, self.template_name, context, status=status)

    def page_context(self) -> dict[str, Any]:
        """What the page shows besides the form; its ``head`` among it."""
        raise NotImplementedError

    def keep(self, form: GuardedForm) -> None:
        """Write down what was sent, once, however often it is sent."""
        raise NotImplementedError

    def thanks_url(self) -> str:
        """Where a good post leads."""
        raise NotImplementedError
