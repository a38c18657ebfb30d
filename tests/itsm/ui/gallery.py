# ruff: noqa: E501
"""Every component on pages of its own, for browser tests and for looking at them. Not part of the product."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django import forms
from django.http import HttpResponse
from django.template import engines
from django.urls import include, path

from itsm.lib.decisions import deny
from itsm.lib.errors import Refused, Stale
from itsm.ui import charts, nav, pages, panels
from itsm.ui.keyset import Count, Page

PAGES = Path(__file__).parent / "pages"
NOW = datetime(2026, 11, 24, 14, 12, tzinfo=UTC)

ROWS = [
    (1, "INC-20431", "Card payments time out at web checkout", "In progress", "in_progress", "active", "Henrik Sørensen", "Payment gateway", "Priya Raman", ("running", -25, 100), 2, "Major", True),
    (1, "INC-20440", "Warehouse scanners drop offline every few minutes, Leeds site", "Assigned", "assigned", "active", "Grace Mwangi", "Warehouse management", "Samuel Okafor", ("running", 18, 86), 4, "", True),
    (2, "INC-20426", "Cannot sign in to payroll after password reset", "In progress", "in_progress", "active", "Amara Diallo", "Identity and SSO", "Priya Raman", ("running", 38, 81), 6, "VIP", False),
    (2, "INC-20438", "Shared mailbox for accounts payable stops receiving external mail", "New", "new", "new", "Chloe Martin", "Email and calendar", "", ("running", 44, 78), 9, "", True),
    (2, "INC-20435", "Finance month-end export fails with error 504", "Assigned", "assigned", "active", "Beatriz Costa", "ERP finance", "Lena Vogt", ("running", 112, 52), 12, "", False),
    (2, "INC-20419", "VPN drops every 20 minutes on home broadband", "On hold", "on_hold", "waiting", "Daniel Kim", "VPN and remote access", "Tomás Herrera", ("paused", 0, 60), 31, "", False),
    (3, "INC-20433", "Label printer on packing line 3 prints blank labels", "Assigned", "assigned", "active", "Pavel Novák", "Print services", "Samuel Okafor", ("running", 130, 48), 14, "3 linked", False),
    (4, "INC-20408", "Softphone ringtone cannot be changed", "New", "new", "new", "Hannah Weiss", "Telephony", "", ("running", 380, 22), 60, "", False),
    (4, "INC-20399", "Network drive icon missing after sign-in", "Resolved", "resolved", "resolved", "Theo Lambert", "File shares", "Mei Tanaka", ("met", 0, 0), 120, "", False),
    (5, "INC-20377", "Request for larger font on warehouse kiosk screens", "Cancelled", "cancelled", "closed", "Emeka Obi", "Warehouse management", "", ("none", 0, 0), 1500, "", False),
]  # fmt: skip


class SampleForm(forms.Form):
    asset = forms.CharField(
        label="Asset tag of your current laptop", help_text="On the sticker underneath, it starts with HL."
    )
    who = forms.ChoiceField(
        label="Who is it for?",
        widget=forms.RadioSelect,
        choices=[("me", "Me, Amara Diallo"), ("else", "Someone else in my team")],
        initial="me",
    )
    model = forms.ChoiceField(
        label="Which laptop?",
        help_text="All come with a dock.",
        widget=forms.RadioSelect,
        choices=[("s", "Standard 14 inch"), ("p", "Performance 16 inch")],
        initial="s",
    )
    why = forms.CharField(
        label="Why do you need it?",
        widget=forms.Textarea,
        help_text="Your manager sees this when approving.",
        required=False,
    )
    where = forms.ChoiceField(
        label="Where should we deliver it?", choices=[("l", "Leeds office"), ("h", "Home address")]
    )
    date = forms.DateField(label="When do you need it?", help_text="Earliest Tuesday 1 December 2026.")
    photo = forms.FileField(label="Photo of the damage", required=False)
    agree = forms.BooleanField(
        label="Keep me informed by email", required=False, help_text="You can change this later."
    )


def _row(row):
    minutes, share = row[9][1], row[9][2]
    return {
        "prio": row[0], "number": row[1], "title": row[2], "label": row[3], "state": row[4], "phase": row[5],
        "requester": row[6], "service": row[7], "owner": row[8], "clock": row[9][0], "share": share,
        "due": NOW + timedelta(minutes=minutes) if row[9][0] == "running" else None,
        "updated": NOW - timedelta(minutes=row[10]), "tag": row[11], "unread": row[12],
    }  # fmt: skip


def show(request, name, status=200, **context):
    template = engines["django"].from_string((PAGES / f"{name}.html").read_text())
    return HttpResponse(template.render({"now": NOW, **context}, request), status=status)


def queue(request):
    tabs = [
        {"label": label, "url": "?", "count": n, "current": label.startswith("Service")}
        for label, n in (("Mine", 12), ("Service desk, open", 38), ("Unassigned", 7), ("Breaching soon", 5))
    ]
    filters = [
        {"label": "Group", "value": "Service desk", "remove": "?a=1"},
        {"label": "Status", "operator": "is not", "value": "Closed", "remove": "?b=1"},
    ]
    page = Page([1] * 50, next="abc", previous="def", start=51, count=Count(1000, capped=True))
    return show(
        request, "queue", title="Incidents", rows=[_row(r) for r in ROWS], tabs=tabs, filters=filters, page=page
    )


def record(request):
    return show(request, "record", title="INC-20431 Card payments time out")


def dashboard(request):
    weeks = [str(n) for n in range(36, 48)]
    everything = [96.2, 95.8, 95.2, 96.1, 95.5, 96.0, 95.3, 94.8, 95.1, 94.0, 93.6, 94.2]
    first = [92, 94, 90, 93, 91, 95, 90, 89, 92, 88, 86, 81]
    series = [charts.Series("All", everything, "blue", True), charts.Series("P1", first, "red")]
    met = {
        "x": weeks,
        "min": 75,
        "max": 100,
        "unit": "%",
        "target": 95,
        "targetLabel": "Target 95%",
        "series": [
            {"name": "All", "tone": "blue", "strong": True, "data": everything},
            {"name": "P1", "tone": "red", "data": first},
        ],
    }
    flow = {
        "x": weeks[-8:],
        "series": [
            {"name": "Opened", "tone": "grey", "data": [241, 252, 238, 260, 247, 255, 281, 274]},
            {"name": "Resolved", "tone": "green", "data": [248, 250, 246, 251, 259, 249, 262, 263]},
        ],
    }
    age = {
        "horizontal": True,
        "stack": True,
        "x": ["Under 1 day", "1 to 3 days", "4 to 7 days", "8 to 14 days", "Over 14 days"],
        "series": [
            {"name": "P1", "tone": "red", "data": [2, 0, 0, 0, 0]},
            {"name": "P2", "tone": "orange", "data": [9, 4, 1, 0, 0]},
            {"name": "P3", "tone": "amber", "data": [31, 18, 9, 4, 2]},
            {"name": "P4 and P5", "tone": "blue", "data": [20, 14, 11, 9, 9]},
        ],
    }
    hours = [
        (d, [(n * 7 + i * 3) % 23 for i in range(12)])
        for n, d in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
    ]
    return show(
        request, "dashboard", title="Service levels", met=met, flow=flow, age=age, series=series, weeks=weeks, hours=hours,
        keys=charts.legend(series), hour_names=[f"{h:02d}" for h in range(7, 19)],
        table=charts.as_table(["Week", "All", "P1"], zip(weeks, everything, first, strict=True)),
        trend=everything, parts=[("P1", 4, "red"), ("P2", 14, "orange"), ("P3", 31, "amber"), ("P4", 22, "blue")],
        services=[("Payment gateway", 9, "?s=1"), ("Identity and SSO", 11, "?s=2"), ("Email and calendar", 13, "")],
        days=[(f"{n} Nov", "down" if n == 9 else "degraded" if n in (8, 20) else "up") for n in range(1, 31)],
        plot=charts.line(weeks, series, summary="SLA met by week fell to 94 percent.", unit="%", target=95),
    )  # fmt: skip


def parts(request):
    items = [
        {"label": "Copy link", "url": "#", "icon": "link"},
        {"label": "Delete", "url": "/gallery/", "icon": "trash-2", "post": True, "line": True},
        {"label": "Merge", "icon": "merge", "reason": "Nothing is linked"},
    ]
    blockers = [
        {"done": True, "label": "Support handover signed", "note": "Lena Vogt, 20 Nov"},
        deny("2 of 9 quality checks not passed", "#checks"),
        deny("No config items registered", "#cis"),
    ]
    steps = [
        {"label": "Assessing", "state": "done"},
        {"label": "Approval", "state": "current"},
        {"label": "Scheduled", "state": ""},
        {"label": "Review", "state": ""},
    ]
    text = "We see **card payments** failing, see INC-20431 and https://status.example.com/x.\n\n- @priya.raman restarts it\n- `POST /v2/charges`\n\n```\npool=token-svc active=200\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    return show(
        request,
        "parts",
        title="Components",
        items=items,
        blockers=blockers,
        steps=steps,
        text=text,
        denied=deny("Child incidents are still open."),
    )


def form(request):
    bound = (
        SampleForm({"who": "me", "model": "s", "where": "l", "date": "x"}) if "errors" in request.GET else SampleForm()
    )
    shell = "form" if "desk" in request.GET else "portal"
    return show(request, shell, title="Request a new laptop", form=bound)


def refuse(request):
    raise Refused("Child incidents are still open.", reasons=["INC-2 is still open.", "INC-3 is still open."])


def stale(request):
    raise Stale("Tomás Herrera changed this 1 minute ago.", current={"Priority": "P2"})


def said(request):
    return pages.see(request, "/", "INC-20429 assigned to you", undo="/undo/")


def undo(request):
    pages.say(request, "Undone", tone="grey")
    return pages.refresh(request, "/")


def palette(request):
    query = request.GET.get("q", "")
    recent = [
        {
            "url": "/record/",
            "icon": "siren",
            "number": "INC-20431",
            "title": "Card payments time out at web checkout",
            "hint": "Incident",
        },
        {"url": "/record/", "icon": "boxes", "title": f"Payment gateway {query}", "hint": "Service"},
    ]
    return pages.render_part(
        request, "ui/_palette_results.html", groups=[{"label": "Recent", "items": recent}], query=query
    )


def peek(request):
    return HttpResponse("<h2>Cannot sign in to payroll</h2>")


def broken(request):
    raise RuntimeError("broken on purpose")


urlpatterns = [
    path("", queue, name="gallery-queue"),
    path("record/", record, name="gallery-record"),
    path("dashboard/", dashboard, name="gallery-dashboard"),
    path("parts/", parts, name="gallery-parts"),
    path("form/", form, name="gallery-form"),
    path("refuse/", refuse),
    path("stale/", stale),
    path("said/", said),
    path("undo/", undo),
    path("peek/", peek),
    path("broken/", broken),
    path("palette/", palette),
    path("ui/", include("itsm.ui.urls")),
    path("accounts/", include("allauth.urls")),
]
handler400 = "itsm.ui.errors.bad_request"
handler403 = "itsm.ui.errors.permission_denied"
handler404 = "itsm.ui.errors.not_found"
handler500 = "itsm.ui.errors.server_error"


def fill():
    """Navigation and create menu as the product will have them."""
    nav.register("top", "My work", "gallery-queue", "circle-user", count=lambda user: 12, order=1, tab="Queue", go="h")
    nav.register("top", "Inbox", "gallery-record", "inbox", count=lambda user: 3, tone="red", tip="unread", order=2)
    nav.register("desk", "Components", "gallery-parts", "siren", count=lambda user: 1143, go="i", tab="Changes")
    nav.register("desk", "Form", "gallery-form", "shopping-bag", go="c")
    nav.register("operations", "Dashboards", "gallery-dashboard", "chart-line", go="d", tab="Insight")
    nav.register("bottom", "Service lifecycle", "gallery-parts", "workflow")
    nav.register("portal", "Home", "gallery-form", "house")
    nav.register("portal", "Catalogue", "gallery-parts", "layout-grid")
    nav.register("portal", "My requests", "gallery-record", "list-checks", count=lambda user: 2, tone="amber")
    nav.register("user", "Preferences", "gallery-form", "settings-2")
    panels.register_create("incident", "Incident", "gallery-form", icon="siren", key="i")
    panels.register_create("change", "Change", "gallery-parts", icon="git-pull-request-arrow", key="c")
