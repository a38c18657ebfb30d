"""Addresses of the operation stage."""

from __future__ import annotations

from django.urls import path, re_path

from itsm.desk.views.tickets import new
from operation.views import applications, events, on_call, outages, problems, risks, security
from operation.views.portal import approvals, home, orders, report, tickets

app_name = "operation"

portal = [
    path("portal/", home.home, name="portal-home"),
    path("portal/catalogue/", home.catalogue, name="portal-catalogue"),
    path("portal/search/", home.search, name="portal-search"),
    path("portal/status/", home.status, name="portal-status"),
    path("portal/report/", report.report, name="portal-report"),
    path("portal/report/known/", report.known, name="portal-known"),
    path("portal/report/me-too/", report.me_too, name="portal-me-too"),
    path("portal/offerings/<slug:slug>/", report.offering, name="portal-offering"),
    path("portal/tickets/", tickets.index, name="portal-tickets"),
    path("portal/tickets/<str:number>/", tickets.ticket, name="portal-ticket"),
    path("portal/tickets/<str:number>/sent/", tickets.sent, name="portal-ticket-sent"),
    path("portal/tickets/<str:number>/news/", tickets.news, name="portal-ticket-news"),
    path("portal/tickets/<str:number>/files/<int:pk>/", tickets.file, name="portal-file"),
    path("portal/tickets/<str:number>/reply/", tickets.reply, name="portal-reply"),
    path("portal/tickets/<str:number>/confirm/", tickets.confirm, name="portal-confirm"),
    path("portal/tickets/<str:number>/reopen/", tickets.reopen, name="portal-reopen"),
    path("portal/tickets/<str:number>/verify/", tickets.verify, name="portal-verify"),
    path("portal/tickets/<str:number>/resubmit/", tickets.resubmit, name="portal-resubmit"),
    path("portal/tickets/<str:number>/cancel/", tickets.cancel, name="portal-cancel"),
    path("portal/tickets/<str:number>/follow-up/", tickets.follow_up, name="portal-follow-up"),
    path("portal/tickets/<str:number>/share/", tickets.share, name="portal-share"),
    path("portal/tickets/<str:number>/watch/", tickets.watch, name="portal-watch"),
    path("portal/approvals/", approvals.index, name="portal-approvals"),
    path("portal/approvals/<int:pk>/", approvals.approval, name="portal-approval"),
]

urlpatterns = [
    *portal,
    path("tickets/new/incident/", new.new, {"kind": "incident"}, name="incident-new"),
    path("requests/new/", orders.choose, name="request-new"),
    path("requests/new/free/", new.form, {"kind": "request"}, name="request-free"),
    path("tickets/new/security_incident/", new.new, {"kind": "security_incident"}, name="security-incident-new"),
    path("operation/security/from/<str:number>/", security.from_incident, name="security-from-incident"),
    path("tickets/new/problem/", new.new, {"kind": "problem"}, name="problem-new"),
    path("problems/known-errors/", problems.index, name="known-errors"),
    path("problems/from/<str:number>/", problems.from_incident, name="problem-from"),
    path("problems/<str:problem>/apply/<str:number>/", problems.apply, name="apply-workaround"),
    path("problems/<str:problem>/link/<str:number>/", problems.link, name="link-problem"),
    path("operation/on-call/", on_call.index, name="on-call"),
    path("operation/on-call/new/", on_call.create, name="rota-new"),
    path("operation/on-call/<int:pk>/", on_call.rota, name="rota"),
    path("operation/on-call/<int:pk>/edit/", on_call.edit, name="rota-edit"),
    path("operation/on-call/<int:pk>/stand-ins/<int:override>/", on_call.take_back, name="rota-take-back"),
    path("operation/outages/", outages.index, name="outages"),
    path("operation/outages/new/", outages.create, name="outage-new"),
    path("operation/outages/for/<str:number>/", outages.announce_from, name="outage-from"),
    path("operation/outages/<int:pk>/", outages.detail, name="outage"),
    path("operation/outages/<int:pk>/edit/", outages.edit, name="outage-edit"),
    path("operation/outages/<int:pk>/<slug:verb>/", outages.step, name="outage-step"),
    path("operation/events/", events.index, name="events"),
    path("operation/events/<int:pk>/", events.detail, name="event"),
    path("operation/events/<int:pk>/incident/", events.open_incident, name="event-incident"),
    path("operation/events/<int:pk>/close/", events.close, name="event-close"),
    path("operation/applications/", applications.index, name="applications"),
    re_path(
        r"^operation/applications/(?P<kind>service|item)/(?P<pk>\d{1,18})/$", applications.detail, name="application"
    ),
    re_path(
        r"^operation/applications/(?P<kind>service|item)/(?P<pk>\d{1,18})/days\.csv$",
        applications.export,
        name="application-days",
    ),
    path("operation/risks/map/", risks.heat_map, name="risk-map"),
    *risks.Risks.urls(),
    *risks.Controls.urls(),
]
