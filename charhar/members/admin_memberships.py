"""The roster: who is a member, until when, and whether it is paid; and every step of a membership's life."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import DecimalField, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_protect

from charhar.contacts.admin_bringing_in import BringingInAdmin
from charhar.contacts.admin_timeline import TimelineAdmin
from charhar.contacts.csv_files import Fate
from charhar.contacts.export import csv_response, xlsx_response

from . import memberships
from .admin_steps import STEPS, AdmitForm, Step, TakeBackForm
from .figures import figures
from .models import Membership, Payment, Standing, Term
from .roster import COLUMNS, bring_in


class StandingFilter(admin.SimpleListFilter):
    """Memberships by what they are today."""

    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("members", _("all who are members")), *Standing.choices]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "members":
            return queryset.members()
        return queryset.in_standing(self.value()) if self.value() in Standing.values else queryset


def owing(queryset: QuerySet) -> QuerySet:
    """Each membership with ``owed``: what is missing of the fee of its last term."""
    money = DecimalField(max_digits=12, decimal_places=2)
    last = Term.objects.filter(membership=OuterRef("pk")).order_by("-starts_on")
    received = (
        Payment.objects.filter(term=OuterRef("last_term"), taken_back_at=None)
        .order_by()
        .values("term")
        .annotate(total=Sum("amount"))
        .values("total")
    )
    zero = Value(0, output_field=money)
    return queryset.annotate(last_term=Subquery(last.values("pk")[:1])).annotate(
        owed=Coalesce(Subquery(last.values("fee")[:1], output_field=money), zero)
        - Coalesce(Subquery(received, output_field=money), zero)
    )


class PaidFilter(admin.SimpleListFilter):
    """Memberships by whether their last term is paid for."""

    title = _("fee")
    parameter_name = "paid"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("paid")), ("no", _("owed"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "yes":
            return owing(queryset).filter(owed__lte=0)
        return owing(queryset).filter(owed__gt=0) if self.value() == "no" else queryset


class CountryFilter(admin.AllValuesFieldListFilter):
    """Memberships by country; the ones that there are."""


@admin.register(Membership)
class MembershipAdmin(BringingInAdmin, TimelineAdmin):
    """The roster."""

    bring_in_title = _("Bring in a roster")
    bring_in_columns = COLUMNS

    change_list_template = "admin/members/roster.html"
    list_display = [
        "number", "name", "email", "plan", "country", "joined_on", "runs_until", "standing_label", "is_paid",
    ]  # fmt: skip
    list_filter = [StandingFilter, "plan", PaidFilter, "person__language", ("country", CountryFilter)]
    search_fields = ["number", "person__name", "person__email", "person__organisation"]
    list_select_related = ["person", "plan"]
    show_full_result_count = False
    fields = [
        "number", "person", "organisation", "standing_label", "plan", "country", "joined_on", "runs_until",
        "grace_until", "ended_on", "ending", "application", "terms_table",
    ]  # fmt: skip
    actions = ["as_csv", "as_xlsx"]

    def bring_in(self, content: bytes, *, dry_run: bool, by: Any) -> list[Fate]:
        return bring_in(content, dry_run=dry_run, by=by)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("terms__payments")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("name"), ordering="person__name")
    def name(self, membership: Membership) -> str:
        """Whose it is."""
        return membership.person.name if membership.person else str(_("(erased)"))

    @admin.display(description=_("e-mail"), ordering="person__email_key")
    def email(self, membership: Membership) -> str:
        """The address."""
        return membership.person.email if membership.person else ""

    @admin.display(description=_("organisation"))
    def organisation(self, membership: Membership) -> str:
        """Where the member works."""
        return (membership.person.organisation if membership.person else "") or "–"

    @admin.display(description=_("standing"))
    def standing_label(self, membership: Membership) -> str:
        """What it is today."""
        return str(membership.standing.label)

    @admin.display(description=_("paid"), boolean=True)
    def is_paid(self, membership: Membership) -> bool | None:
        """Whether nothing is owed for the last term."""
        terms = list(membership.terms.all())
        return terms[-1].is_paid if terms else None

    @admin.display(description=_("terms and payments"))
    def terms_table(self, membership: Membership) -> SafeString:
        """Every term with what came in for it; a payment that was taken back stands struck out."""

        def payments(term: Term) -> SafeString:
            rows = []
            for payment in term.payments.all():
                if payment.taken_back_at:
                    rows.append(
                        format_html("<li><del>{}</del> {}</li>", payment.label, payment.taken_back_because)
                    )
                    continue
                url = reverse("admin:members_membership_take_back", args=[membership.pk, payment.pk])
                words = " · ".join(filter(None, [str(payment.get_method_display()), payment.reference]))
                rows.append(
                    format_html(
                        '<li>{} {} <a href="{}">{}</a></li>', payment.label, words, url, _("take back…")
                    )
                )
            return format_html("<ul>{}</ul>", format_html_join("", "{}", ((row,) for row in rows)))

        body = format_html_join(
            "",
            '<tr><th scope="row">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>',
            ((str(term), term.plan, term.fee_label, payments(term)) for term in membership.terms.all()),
        )
        return format_html(
            '<table><thead><tr><th scope="col">{}</th><th scope="col">{}</th><th scope="col">{}</th>'
            '<th scope="col">{}</th></tr></thead><tbody>{}</tbody></table>',
            _("term"), _("plan"), _("fee"), _("received"), body,
        )  # fmt: skip

    # -- Lists to take away ------------------------------------------------------------------------

    def _rows(self, queryset: Any) -> Any:
        for m in queryset.select_related("person", "plan").prefetch_related("terms__payments").iterator(1000):
            person, terms = m.person, list(m.terms.all())
            yield [
                m.number, person.name if person else "", person.email if person else "",
                person.organisation if person else "", m.country, person.language if person else "",
                str(m.plan), str(m.standing.label), m.joined_on, m.runs_until, m.ended_on,
                str(_("yes") if terms and terms[-1].is_paid else _("no")),
            ]  # fmt: skip

    HEADINGS = [
        _("member number"), _("name"), _("e-mail"), _("organisation"), _("country or region"), _("language"),
        _("plan"), _("standing"), _("member since"), _("term ends"), _("no member from"), _("paid"),
    ]  # fmt: skip

    @admin.action(description=_("Download as CSV"), permissions=["view"])
    def as_csv(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        return csv_response("members", self.HEADINGS, self._rows(queryset))

    @admin.action(description=_("Download as Excel workbook"), permissions=["view"])
    def as_xlsx(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        return xlsx_response("members", self.HEADINGS, self._rows(queryset))

    # -- Pages ---------------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("figures/", wrap(self.figures_view), name="members_membership_figures"),
            path("<path:object_id>/step/<slug:step>/", wrap(self.step_view), name="members_membership_step"),
            path("<path:object_id>/take-back/<int:payment>/", wrap(self.take_back_view),
                 name="members_membership_take_back"),
            *super().get_urls(),
        ]  # fmt: skip

    def figures_view(self, request: HttpRequest) -> HttpResponse:
        """How many, by plan, month and country."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Figures"),
            **figures(),
        }
        return TemplateResponse(request, "admin/members/figures.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        more: dict[str, Any] = dict.fromkeys(
            ("show_save", "show_save_and_continue", "show_save_and_add_another"), False
        )
        membership = self.get_object(request, unquote(object_id))
        if membership is not None and self.has_change_permission(request, membership):
            more["steps"] = [
                {
                    "name": step.title,
                    "url": reverse("admin:members_membership_step", args=[membership.pk, name]),
                }
                for name, step in STEPS.items()
                if step.is_possible(membership)
            ]
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Somebody who becomes a member without the form: on paper, or by honour."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = AdmitForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                membership = form.admit(by=request.user)
            except memberships.Refused as refused:
                form.add_error(None, refused)
            else:
                self.message_user(
                    request, _("The member number is %s.") % membership.number, messages.SUCCESS
                )
                return HttpResponseRedirect(self._page(membership))
        return self._ask(request, _("Add a member"), form, reverse("admin:members_membership_changelist"))

    def _page(self, membership: Membership) -> str:
        return reverse("admin:members_membership_change", args=[membership.pk])

    def _find(self, request: HttpRequest, object_id: str) -> Membership:
        membership = self.get_object(request, unquote(object_id))
        if membership is None:
            raise Http404
        if not self.has_change_permission(request, membership):
            raise PermissionDenied
        return membership

    @method_decorator(csrf_protect)
    def step_view(self, request: HttpRequest, object_id: str, step: str) -> HttpResponse:
        """One step in a membership's life; done once, however often it is sent."""
        membership = self._find(request, object_id)
        if step not in STEPS:
            raise Http404
        chosen: Step = STEPS[step]
        form = chosen.form(membership, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                with transaction.atomic():
                    chosen.take(membership, form, request.user)
            except memberships.Refused as refused:
                self.message_user(request, refused.message, messages.ERROR)
            else:
                self.message_user(request, _("Done: %(step)s.") % {"step": chosen.title}, messages.SUCCESS)
            return HttpResponseRedirect(self._page(membership))
        if request.method != "POST" and not chosen.is_possible(membership):
            self.message_user(request, _("That can not be done as things stand."), messages.WARNING)
            return HttpResponseRedirect(self._page(membership))
        return self._ask(request, chosen.title, form, self._page(membership), membership)

    @method_decorator(csrf_protect)
    def take_back_view(self, request: HttpRequest, object_id: str, payment: int) -> HttpResponse:
        """Say of a payment that it was none, and why."""
        membership = self._find(request, object_id)
        row = Payment.objects.filter(pk=payment, term__membership=membership).first()
        if row is None:
            raise Http404
        form = TakeBackForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            memberships.take_back(row, form.cleaned_data["because"], by=request.user)
            self.message_user(request, _("The payment is taken back."), messages.SUCCESS)
            return HttpResponseRedirect(self._page(membership))
        title = _("Take back the payment %s") % row.label
        return self._ask(request, title, form, self._page(membership), membership)

    def _ask(self, request: HttpRequest, title: Any, form: Any, back: str, about: Any = None) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "about": about,
            "back": back,
            "form": form,
        }
        return TemplateResponse(request, "admin/members/step.html", context)


@admin.register(Payment)
class PaymentAdmin(admin.ModelAdmin):
    """The money that came in, for whoever keeps the books; recorded and taken back on the member's page."""

    list_display = [
        "received_on",
        "member",
        "amount",
        "currency",
        "method",
        "reference",
        "recorded_by",
        "taken_back_at",
    ]
    list_filter = ["method", "currency", "received_on", ("taken_back_at", admin.EmptyFieldListFilter)]
    search_fields = ["reference", "term__membership__number", "term__membership__person__name"]
    list_select_related = ["term__membership__person", "recorded_by"]
    show_full_result_count = False
    actions = ["as_csv"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("membership"), ordering=F("term__membership__number"))
    def member(self, payment: Payment) -> str:
        """Whose."""
        return str(payment.term.membership)

    @admin.action(description=_("Download as CSV"), permissions=["view"])
    def as_csv(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        headings = [
            _("received on"), _("member number"), _("name"), _("amount"), _("currency"), _("way"),
            _("reference"), _("taken back"), _("reason"),
        ]  # fmt: skip
        rows = (
            [p.received_on, p.term.membership.number,
             p.term.membership.person.name if p.term.membership.person else "", p.amount, p.currency,
             p.get_method_display(), p.reference, p.taken_back_at, p.taken_back_because]
            for p in queryset.select_related("term__membership__person").iterator()
        )  # fmt: skip
        return csv_response("payments", headings, rows)
