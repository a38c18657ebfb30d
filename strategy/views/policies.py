"""Policies and standards, exceptions from them, and what the nightly rules found."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from itsm.desk.views.records import Filter, RecordPages, person_column, service_filter, state_column
from itsm.lib import clock, house
from itsm.lib.sources import Source
from itsm.ui import components, keyset, nav
from itsm.ui import pages as ui
from itsm.ui.reference import Column
from itsm.ui.times import ago, day
from itsm.workflow import records
from strategy import policy_policies as policies
from strategy import rules
from strategy.forms.policies import ExceptionForm, PolicyForm
from strategy.models import Acknowledgement, Policy, PolicyException, Violation
from strategy.policy_states import ExceptionState, PolicyState, PolicyType
from strategy.reports import standards as found
from strategy.services import standards
from strategy.views.words import link, percent


def _due(policy: Policy) -> Any:
    """The next review, red when it is over."""
    if policy.state == PolicyState.PUBLISHED and policy.review_on < clock.now().date():
        return format_html('<span class="chip" data-tone="red">{}</span>', day(policy.review_on))
    return day(policy.review_on)


class Policies(RecordPages):
    model = Policy
    form = PolicyForm
    base = "policies"
    related = ("owner",)
    search_fields = ("title", "text")
    columns = (
        Column("title", gettext_lazy("Policy")), state_column(), Column("type", gettext_lazy("Type"), opt=True),
        Column("edition", gettext_lazy("Version"), right=True), person_column("owner", gettext_lazy("Owner")),
        Column("review_on", gettext_lazy("Next review"), cell=_due),
    )  # fmt: skip
    filters = (
        Filter("state", gettext_lazy("State"), lambda: PolicyState.choices),
        Filter("type", gettext_lazy("Type"), lambda: PolicyType.choices),
        service_filter("services"),
    )
    body = "strategy/policy/_policy.html"
    beside = (
        (gettext_lazy("Exceptions"), "strategy:policy-exception-list", "shield-off"),
        (gettext_lazy("Rules"), "strategy:rules", "list-checks"),
    )
    intro = gettext_lazy("What holds everywhere or for some services, in versions that are reviewed and acknowledged.")
    empty_text = gettext_lazy("Write down what everybody keeps to, let it be reviewed, and see who has read it.")

    def start(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": request.user.email, **super().start(request)}

    def facts(self, request: HttpRequest, record: Policy) -> Any:
        yield _("Type"), record.get_type_display()
        yield _("Version"), record.edition
        yield _("Owner"), components.person(record.owner)
        yield _("In force since"), day(record.published_at) if record.published_at else ""
        yield _("Next review"), _due(record)
        yield _("Acknowledged by"), ", ".join(record.audience_words) or _("nobody is asked")

    def context(self, request: HttpRequest, record: Policy) -> dict[str, Any]:
        mine = Acknowledgement.objects.filter(policy=record, user=request.user).first()
        return {
            "services": list(record.services.order_by("name")),
            "mine": mine,
            "may_acknowledge": mine is None and bool(policies.may_acknowledge(record, request.user)),
            "is_asked": bool(record.audience) and request.user.holds(*record.audience),
            "reception": found.reception(record) if record.state == PolicyState.PUBLISHED else None,
            "exceptions": list(
                PolicyException.objects.visible_to(request.user).filter(policy=record).order_by("-updated_at")[:20]
            ),
            "editions": list(
                Policy.objects.visible_to(request.user).filter(pk__in=record.family().values("pk"))
                .exclude(pk=record.pk).order_by("-edition")
            ),
        }  # fmt: skip


@require_POST
def acknowledge(request: HttpRequest, number: str) -> HttpResponse:
    """Say that one has read it and works under it."""
    policy = records.by_number(Policy.objects.visible_to(request.user), number).first()
    if policy is None:
        raise Http404
    standards.acknowledge(policy, actor=request.user, source=Source.WEB)
    nav.forget_counts(request.user)
    return ui.see(request, policy, _("Thank you: acknowledged."))


def _ends(exception: PolicyException) -> Any:
    if exception.state == ExceptionState.GRANTED and (exception.expires_on - clock.now().date()).days <= 14:
        return format_html('<span class="chip" data-tone="amber">{}</span>', day(exception.expires_on))
    return day(exception.expires_on)


class Exceptions(RecordPages):
    model = PolicyException
    form = ExceptionForm
    base = "policy-exceptions"
    related = ("policy", "policy__owner", "service", "created_by")
    search_fields = ("title", "policy__title", "service__name")
    columns = (
        Column("title", gettext_lazy("Exception")), state_column(), Column("policy", gettext_lazy("From")),
        Column("service", gettext_lazy("Service")), person_column("created_by", gettext_lazy("Asked by")),
        Column("expires_on", gettext_lazy("Last day"), cell=_ends),
    )  # fmt: skip
    filters = (Filter("state", gettext_lazy("State"), lambda: ExceptionState.choices), service_filter())
    texts = ((gettext_lazy("Reason"), "reason"), (gettext_lazy("Risk borne"), "risk"))
    beside = ((house.heading("policy", plural=True), "strategy:policy-list", "scroll-text"),)
    intro = gettext_lazy("Where a policy need not be kept, why, and until when. An exception ends by itself.")
    empty_text = gettext_lazy("Nothing is excepted. Ask for an exception when a service cannot keep a policy yet.")

    def facts(self, request: HttpRequest, record: PolicyException) -> Any:
        yield _("Policy"), link(record.policy)
        yield _("Service"), link(record.service) if record.service else _("everything")
        rule = rules.find(record.rule)
        yield _("Rule"), rule.title if rule else ""
        yield _("Asked by"), components.person(record.created_by)
        yield _("Last day"), _ends(record)


# ---------- rules ----------


def _desk_only(request: HttpRequest) -> None:
    if not request.user.is_desk:
        raise Http404


@require_GET
def rule_list(request: HttpRequest) -> HttpResponse:
    """Every rule with its compliance, the worst first."""
    _desk_only(request)
    standings = found.standings(request.user)
    standings.sort(key=lambda one: (one.compliance is None, one.compliance if one.compliance is not None else 0))
    address = reverse("strategy:violations")
    last = max((one.at for one in standings if one.at), default=None)
    return ui.page(
        request, "strategy/policy/rules.html", title=_("Rules"), last=last,
        overall=percent(found.compliance(standings)), total=sum(one.seen for one in standings),
        rows=[
            (one, percent(one.compliance), f"{address}?rule={one.rule.code}",
             round(one.compliance) if one.compliance is not None else None,
             "green" if one.violations == 0 else one.rule.tone)
            for one in standings
        ],
    )  # fmt: skip


@require_GET
def violations(request: HttpRequest) -> HttpResponse:
    """What breaks rules now, or did: by rule and service."""
    _desk_only(request)
    rows = Violation.objects.visible_to(request.user).select_related("service")
    was = request.GET.get("state") == "closed"
    rows = rows.filter(closed_at__isnull=not was)
    chosen = rules.find(request.GET.get("rule", ""))
    if chosen is not None:
        rows = rows.filter(rule=chosen.code)
    page = keyset.paginate(rows, ["-id"], request.GET.get("cursor", ""), 50)
    page.count = keyset.capped_count(rows)
    borne = {} if was else found.borne(page, clock.now().date())
    return ui.page(
        request, "strategy/policy/violations.html", title=_("Violations"), page=page, rule=chosen, was=was,
        choices=rules.choices(), rows=[(one, ago(one.opened_at), borne.get(one.pk)) for one in page],
    )  # fmt: skip
