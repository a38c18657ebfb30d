"""Change, release and deployment: kinds, guards, navigation, panels, settings, their part of activity 10."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.roles import Role
from itsm.catalogue import guards
from itsm.desk.record import sentences
from itsm.desk.views import records as pages
from itsm.desk.views.settings import sections
from itsm.lib import chapters, clock, house
from itsm.tickets import kinds
from itsm.ui import lifecycle, markdown, nav, panels
from itsm.ui.lifecycle import Attention, Figure, Summary
from itsm.ui.times import day, when_words
from itsm.workflow import approvals, edits, inputs, records, registration
from transition.demo import changes as story
from transition.models import CABMeeting, Change, Deployment, Release
from transition.policies import changes as policies
from transition.policies import releases as release_policies
from transition.reports import change_conflicts
from transition.reports import changes as reports
from transition.services import cab, change_votes, configuration, releases
from transition.states.changes import ChangeState, Outcome
from transition.views import change_panels
from transition.views.change_settings import PAGES
from transition.views.releases import Deployments, Meetings, Releases

KIND = "change"
#: What somebody did, behind their name on the timeline of a change.
WORDS = {
    "plan": gettext_lazy("wrote the plan"), "assess": gettext_lazy("assessed the risk"),
    "submit": gettext_lazy("submitted it for assessment"), "send_back": gettext_lazy("sent it back to draft"),
    "request_approval": gettext_lazy("asked for approval"), "hurry": gettext_lazy("asked for emergency approval"),
    "withdraw": gettext_lazy("took the question back"), "approve": gettext_lazy("scheduled it: it is approved"),
    "reject": gettext_lazy("rejected it: the answer was no"), "schedule": gettext_lazy("scheduled it"),
    "reschedule": gettext_lazy("moved it"), "start": gettext_lazy("started to implement it"),
    "implement": gettext_lazy("implemented it"), "fail": gettext_lazy("stopped it: it failed"),
    "back_out": gettext_lazy("backed it out"), "ask_review": gettext_lazy("asked for the retrospective review"),
    "close": gettext_lazy("closed the review"), "reopen": gettext_lazy("opened the review again"),
    "revise": gettext_lazy("took it up again"),
}  # fmt: skip


def register_kinds() -> None:
    """The kinds, what their steps ask, and the guard of a service's life."""
    inputs.register("planned_start", *inputs.moment(gettext_lazy("Planned begin")))
    inputs.register("planned_end", *inputs.moment(gettext_lazy("Planned end")))
    inputs.register("outcome", *inputs.choice(gettext_lazy("How did it go?"), Outcome))
    inputs.register("review_note", *inputs.text(
        gettext_lazy("What did the review find?"), hint=gettext_lazy("What went well, what did not, what follows.")
    ))  # fmt: skip
    kinds.register(kinds.Kind(
        code=KIND, prefix="CHG", model_label="transition.Change", label=gettext_lazy("Change"),
        plural=gettext_lazy("Changes"), states=ChangeState, phases=ChangeState.PHASES,
        services="transition.services.changes", icon="git-pull-request-arrow", new_page="transition:change-new",
        wide=True, opening="requested",
        plain_words={
            "draft": gettext_lazy("Being written down"), "assessing": gettext_lazy("Being looked at"),
            "awaiting_approval": gettext_lazy("Waits for approval"), "scheduled": gettext_lazy("Planned"),
            "implementing": gettext_lazy("We are working on it"), "failed": gettext_lazy("Did not work"),
            "review": gettext_lazy("Done, being reviewed"), "closed": gettext_lazy("Done"),
            "rejected": gettext_lazy("Not approved"), "cancelled": gettext_lazy("Cancelled"),
        },
    ))  # fmt: skip
    registration.register_actions(KIND, Change, gettext_lazy("change"))
    for verb, words in WORDS.items():
        sentences.register(f"{KIND}.{verb}", words)
    approvals.on_decided(f"ticket:{KIND}", cab.decided)
    edits.care(KIND, change_votes.may_edit, change_votes.edited)
    configuration.care(KIND, policies.has_open_scope, change_votes.items_changed)
    policies.ask_freezes(change_conflicts.freezes)
    records.register(records.RecordKind(
        Release, gettext_lazy("release"), gettext_lazy("releases"), "rocket",
        ("title", "release_version", "size", "description", "known_defects", "owner", "planned_for"),
        release_policies.may_plan, release_policies.may_edit, lists=("services",), check=releases.check,
        services="transition.services.releases",
    ))  # fmt: skip
    records.register(records.RecordKind(
        Deployment, gettext_lazy("deployment"), gettext_lazy("deployments"), "package-open",
        ("release", "environment", "planned_at", "notes"), release_policies.may_plan,
        release_policies.may_edit_deployment, check=releases.check_deployment,
    ))  # fmt: skip
    records.register(records.RecordKind(
        CABMeeting, gettext_lazy("CAB meeting"), gettext_lazy("CAB meetings"), "users",
        ("title", "starts_at", "place", "chair", "minutes"), release_policies.may_meet,
        release_policies.may_edit_meeting, lists=("attendees",), services="transition.services.cab",
        created=cab.created,
    ))  # fmt: skip
    guards.register("rework", releases.rework_needs)


def summarise(user: Any) -> Summary:
    """Its part of activity 10: what is under way, how well it goes, and what is in trouble."""
    rows: Any = Change.objects.visible_to(user)
    address = reverse("transition:changes")
    good, amount = reports.recent_success(user)
    waiting = rows.filter(state=ChangeState.AWAITING_APPROVAL)
    figures = [
        Figure(_("Changes open"), rows.open().count(), "", f"{address}?state=scheduled"),
        Figure(
            _("Change success"), f"{round(100 * good / amount)}%" if amount else "–", "",
            reverse("transition:change-report"),
        ),
    ]  # fmt: skip
    attention = [
        Attention(one.title, _("Failed: it has to be backed out"), one.number, "red", one.get_absolute_url(),
                  "circle-x", 90)
        for one in rows.filter(state=ChangeState.FAILED).order_by("-id")[:2]
    ] + [
        Attention(one.title, _("Waits for approval, planned for %s") % when_words(one.planned_start), one.number,
                  "red" if one.planned_start < clock.now() else "amber", one.get_absolute_url(), "stamp", 65)
        for one in waiting.filter(planned_start__isnull=False).order_by("planned_start")[:2]
    ] + [
        Attention(str(one), _("Release is late, planned for %s") % day(one.planned_for), one.number, "amber",
                  one.get_absolute_url(), "rocket", 55)
        for one in Release.objects.visible_to(user).ahead().filter(planned_for__lt=clock.now().date())[:2]
    ]  # fmt: skip
    return Summary(figures, attention)


def open_changes(user: Any) -> Any:
    return Change.objects.visible_to(user).open()


def register() -> None:
    """Called once from ``TransitionConfig.ready``."""
    nav.register(
        "change", kinds.get(KIND).plural, "transition:changes", "git-pull-request-arrow", order=10,
        count=open_changes, tip=gettext_lazy("open"), hint=gettext_lazy("Every change with its state and risk"),
    )  # fmt: skip
    nav.register(
        "change", gettext_lazy("Calendar"), "transition:change-calendar", "calendar-days", order=20, go="c",
        count=reports.to_decide, tone="amber", tip=gettext_lazy("waiting for you"), tab=kinds.get(KIND).plural,
        hint=gettext_lazy("What is changed when, and what collides"),
    )  # fmt: skip
    pages.register(Releases, group="change", order=30)
    pages.register(Meetings, group="change", order=40)
    pages.register(Deployments, group="change", order=45)
    nav.register(
        "improve", gettext_lazy("How changes go"), "transition:change-report", "chart-no-axes-combined", order=85,
        hint=gettext_lazy("Success of changes by month and type"),
    )  # fmt: skip
    for prefix, address in (("REL", "releases"), ("DPL", "deployments"), ("CAB", "cab")):
        markdown.link_numbers(prefix, f"/changes/{address}/{{}}/")
    for one in PAGES:
        sections.add(one)
    panels.register_create(
        KIND, kinds.get(KIND).label, "transition:change-new", icon="git-pull-request-arrow", key="C", order=30,
        allowed=lambda user: bool(policies.may_raise(user)),
    )  # fmt: skip
    panels.register("ticket_top", KIND, "transition/change/_top.html", change_panels.top)
    panels.register(
        "ticket", KIND, "transition/change/_facts.html", change_panels.facts, label=kinds.get(KIND).label, order=20
    )
    panels.register(
        "ticket", "suspects", "transition/change/_suspects.html", change_panels.suspects,
        label=gettext_lazy("What changed"), order=45,
    )  # fmt: skip
    panels.register(
        "service", "changes", "transition/change/_of_service.html", change_panels.of_service,
        label=kinds.get(KIND).plural, order=55, cls="c4 tall",
    )  # fmt: skip
    panels.register(
        "home", "changes", "transition/change/_home.html", change_panels.home, label=kinds.get(KIND).plural, order=30,
        roles=(Role.CHANGE_MANAGER, Role.CAB_MEMBER, Role.AGENT, Role.ADMINISTRATOR), cls="c12",
    )  # fmt: skip
    lifecycle.extend(10, summarise, [
        (gettext_lazy("Change calendar"), "transition:change-calendar"),
        (house.heading("release", plural=True), "transition:release-list"),
        (gettext_lazy("CAB meetings"), "transition:cab-meeting-list"),
    ])  # fmt: skip
    chapters.register("changes", story.tell, order=110)
