"""The KPIs that come with the product. Names and formulas follow the KPI catalogue of the documentation."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext_lazy as _

from improvement.feedback_states import Band
from improvement.reports.kpis import availability, desk_costs, rows
from improvement.reports.kpis.definition import HIGH, LOW, MINUTES, MONEY, NUMBER, PERCENT, Definition, Part, register
from itsm.accounts.models import Team
from itsm.sla.models import Clock, Metric
from itsm.tickets import kinds

MET = Q(state=Clock.State.MET)
BACK = Q(held=0)
OLD = Q(is_old=1)
#: Solved by the first line, and never handed on.
FIRST_LINE = Q(transfer_count=0, team__tier=Team.Tier.FIRST)
CONTENT = Q(band=Band.GOOD)
EMERGENCY = Q(change__change_type="emergency")
GOOD = Q(change__outcome="successful")


#: Begin and end of a stay, what it counts at the end of a day, and the stays that lie over one.
_OPEN = ("from_at", "to_at", rows.one_each, rows.open_between)
_AGED = ("from_at", "to_at", rows.old_of_all, rows.open_between)


def _time(metric: str, label: object) -> Part:
    return Part(
        label, rows.ended_clocks(metric), "stopped_at", "ticket__", Sum("elapsed_seconds"), Count("pk"),
        seconds="elapsed_seconds",
    )  # fmt: skip


def _attainment(metric: str) -> Part:
    return Part(
        _("Clocks that ended"), rows.ended_clocks(metric), "stopped_at", "ticket__", Count("pk", filter=MET),
        Count("pk"), hits=MET, hits_label=_("In time"), rest_label=_("Late"),
    )  # fmt: skip


def _tickets() -> None:
    register(
        Definition(
            "first_response", _("First response time"), _("How long do people wait until somebody answers?"),
            _("Σ working time from opening to the first public reply, without pauses ÷ n(answered)"), MINUTES, LOW,
            _("tickets with a promised first response, answered in the period, without cancelled ones and duplicates"),
            (_time(Metric.FIRST_RESPONSE, _("Answered")),), target=Decimal(60), warning=Decimal(120),
        ),
        Definition(
            "resolution", _("Resolution time"), _("How long until it works again?"),
            _("Σ working time from opening to resolution, without pauses ÷ n(resolved)"), MINUTES, LOW,
            _("tickets with a promised resolution, resolved in the period, without cancelled ones and duplicates"),
            (_time(Metric.RESOLUTION, _("Resolved")),), target=Decimal(480), warning=Decimal(960),
        ),
        Definition(
            "response_attainment", _("First response in time"), _("Do we answer as fast as we promised?"),
            _("n(first response clocks met) ÷ n(first response clocks ended) × 100"), PERCENT, HIGH,
            _("clocks that ended in the period, without cancelled tickets and duplicates"),
            (_attainment(Metric.FIRST_RESPONSE),), target=Decimal(95), warning=Decimal(90),
        ),
        Definition(
            "attainment", _("Resolution in time"), _("Do we solve as fast as we promised?"),
            _("n(resolution clocks met) ÷ n(resolution clocks ended) × 100"), PERCENT, HIGH,
            _("clocks that ended in the period, without cancelled tickets and duplicates"),
            (_attainment(Metric.RESOLUTION),), target=Decimal(95), warning=Decimal(90),
        ),
        Definition(
            "supplier_attainment", _("Suppliers in time"), _("Do suppliers keep what they promised us?"),
            _("n(waits for suppliers met) ÷ n(waits for suppliers ended) × 100"), PERCENT, HIGH,
            _("waits that a contract measures, ended in the period, without cancelled tickets and duplicates"),
            (_attainment(Metric.UC),), target=Decimal(95), warning=Decimal(90),
            missing=_("No ticket waited for a supplier whose contract is in force."),
        ),
        Definition(
            "backlog", _("Backlog"), _("How much work is open?"), _("n(tickets not finished) at the end of the day"),
            NUMBER, LOW, _("all kinds of tickets"),
            (Part(_("Open"), rows.open_at_end, "from_at", "ticket__", over=_OPEN),), level=True, fraction=False,
            unit_label=_("tickets"),
        ),
        Definition(
            "ageing", _("Old backlog"), _("How much of the open work has been left lying?"),
            _("n(open tickets opened more than 30 days ago) ÷ n(open tickets) × 100, at the end of the day"),
            PERCENT, LOW, _("all kinds of tickets"),
            (Part(_("Open"), rows.open_at_end, "from_at", "ticket__", over=_AGED, hits=OLD,
                  hits_label=_("Older than 30 days"), rest_label=_("Younger")),),
            level=True, target=Decimal(10), warning=Decimal(20),
        ),
        Definition(
            "reopen", _("Reopen rate"), _("Does what we solved stay solved?"),
            _("n(resolutions that were reopened within 7 days) ÷ n(resolutions) × 100"), PERCENT, LOW,
            _("resolutions of the period (cohort), without cancelled tickets and duplicates; a day stays open for "
              "7 days, until its window is over"),
            (Part(_("Resolutions"), rows.resolutions, "from_at", "ticket__", Count("pk", filter=BACK), Count("pk"),
                  hits=BACK, hits_label=_("Reopened within 7 days"), rest_label=_("Held")),),
            window=8, target=Decimal(5), warning=Decimal(10),
        ),
        Definition(
            "first_level", _("First-level resolution"), _("How much does the first line solve itself?"),
            _("n(resolved by a first-line team without being handed on) ÷ n(resolved) × 100"), PERCENT, HIGH,
            _("tickets by their last resolution, without cancelled ones and duplicates"),
            (Part(_("Resolved"), rows.resolved, "resolved_at", "", Count("pk", filter=FIRST_LINE), Count("pk"),
                  hits=FIRST_LINE, hits_label=_("By the first line"), rest_label=_("Handed on")),),
            window=8, target=Decimal(65), warning=Decimal(50),
        ),
    )  # fmt: skip


def _practices() -> None:
    known = {kind.code for kind in kinds.all_kinds()}
    changes, problems = "change" in known, "problem" in known
    register(
        Definition(
            "change_success", _("Change success rate"), _("Do changes do what they should, without harm?"),
            _("n(changes closed as successful) ÷ n(changes implemented and closed) × 100"), PERCENT, HIGH,
            _("changes closed in the period after they were implemented; “successful, with issues” is no success"),
            (Part(_("Implemented and closed"), rows.closed_changes, "closed_at", "", Count("pk", filter=GOOD),
                  Count("pk"), hits=GOOD, hits_label=_("Successful"), rest_label=_("With issues or failed")),)
            if changes else (),
            # Closed changes are reviewed again, and closed otherwise.
            window=8, target=Decimal(95), warning=Decimal(90), across_kinds=True,
            missing=_("No change has been closed in the period."),
        ),
        Definition(
            "emergency_changes", _("Emergency change ratio"), _("How often do we change in a hurry?"),
            _("n(emergency changes opened) ÷ n(changes opened) × 100"), PERCENT, LOW,
            _("changes opened in the period, without cancelled ones and duplicates"),
            (Part(_("Changes opened"), rows.opened("change"), "opened_at", "", Count("pk", filter=EMERGENCY),
                  Count("pk"), hits=EMERGENCY, hits_label=_("Emergency"), rest_label=_("Planned")),)
            if changes else (),
            window=8, target=Decimal(5), warning=Decimal(10), across_kinds=True,
            missing=_("No change has been opened in the period."),
        ),
        Definition(
            "problem_ratio", _("Problem ratio"), _("Do we look for causes, or only put out fires?"),
            _("n(problems opened) ÷ n(incidents opened) × 100"), PERCENT, HIGH,
            _("problems and incidents opened in the period, without cancelled ones and duplicates"),
            (Part(_("Problems opened"), rows.opened("problem"), "opened_at", "", numerator=Count("pk")),
             Part(_("Incidents opened"), rows.opened("incident"), "opened_at", "", denominator=Count("pk")))
            if problems else (),
            target=Decimal(3), warning=Decimal(1), across_kinds=True,
            missing=_("No problem management is in use, or no incident was opened."),
        ),
    )  # fmt: skip


def _services() -> None:
    register(
        Definition(
            "availability", _("Availability"), _("Are the services there when people need them?"),
            _("(agreed service time - unplanned downtime in it) ÷ agreed service time × 100"), PERCENT, HIGH,
            _("live services; agreed are the hours of the calendar, less planned work and maintenance windows; "
              "unplanned outages, overlapping ones counted once; degradation is no downtime"),
            count=availability.count, target=Decimal("99.5"), warning=Decimal("99"), across_kinds=True,
            breakdowns=("service",), source_url="operation:outages", window=31,
            missing=_("No service is live."),
        ),
        Definition(
            "csat", _("Satisfaction (CSAT)"), _("Are people content with how we helped?"),
            _("n(answers in the two best marks) ÷ n(answers) × 100"), PERCENT, HIGH,
            _("answers about tickets, given in the period; anonymous answers know no ticket and stand under feedback"),
            (Part(_("Answers"), rows.answers, "at", "ticket__", Count("pk", filter=CONTENT), Count("pk"),
                  hits=CONTENT, hits_label=_("Content"), rest_label=_("Not content")),),
            target=Decimal(85), warning=Decimal(75), missing=_("No survey has been answered in the period."),
        ),
        Definition(
            "cost_per_ticket", _("Cost per ticket"), _("What does it cost to solve one?"),
            _("(Σ minutes logged × hourly rate + tools and overhead of the desk) ÷ n(tickets resolved)"), MONEY, LOW,
            _("labour from work logs with a rate, by the day of the work; what is booked on cost centres of the desk, "
              "but labour, day by day; tickets by their last resolution, without cancelled ones and duplicates"),
            (Part(_("Work logged"), rows.work_with_rate, "spent_on", "ticket__",
                  weigh=(("minutes", "hourly_rate"), rows.cents), by_date=True),
             Part(_("Resolved"), rows.resolved, "resolved_at", "", denominator=Count("pk"))),
            count=desk_costs.count, window=8, zero_is_unknown=True, unit_label=_("per ticket"),
            missing=_("Nobody logged work whose hour has a rate, and no cost centre is that of the desk."),
        ),
    )  # fmt: skip


def register_all() -> None:
    """Called from ``AppConfig.ready``, after every kind of ticket is known."""
    _tickets()
    _practices()
    _services()
