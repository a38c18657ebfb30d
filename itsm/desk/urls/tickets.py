"""Addresses: one ticket and everything done on it."""

from __future__ import annotations

from django.urls import path

from itsm.desk.views import approvals
from itsm.desk.views.tickets import conversation, edit, files, insight, links, new, page, people, steps, work

_ONE = "tickets/<str:number>/"

urlpatterns = [
    path("attachments/<int:pk>/", files.attachment, name="attachment"),
    path("people/suggest/", conversation.suggest_people, name="people-suggest"),
    path("tickets/new/<str:kind>/", new.new, name="ticket-new"),
    path("tickets/new/<str:kind>/similar/", new.similar, name="ticket-similar"),
    path(_ONE, page.ticket, name="ticket"),
    path(f"{_ONE}earlier/", page.earlier, name="ticket-earlier"),
    path(f"{_ONE}pulse/", page.pulse, name="ticket-pulse"),
    path(f"{_ONE}parts/", edit.parts, name="ticket-parts"),
    path(f"{_ONE}more/", work.more, name="ticket-more"),
    path(f"{_ONE}message/", conversation.message, name="ticket-message"),
    path(f"{_ONE}canned/", conversation.canned, name="ticket-canned"),
    path(f"{_ONE}macros/", conversation.run_macro, name="ticket-macros"),
    path(f"{_ONE}edit/", edit.edit_all, name="ticket-edit"),
    path(f"{_ONE}edit/<str:name>/", edit.edit_field, name="ticket-edit-field"),
    path(f"{_ONE}undo/<int:entry>/", edit.undo, name="ticket-undo"),
    path(f"{_ONE}take/", edit.take, name="ticket-take"),
    path(f"{_ONE}sla/", insight.sla, name="ticket-sla"),
    path(f"{_ONE}access/", insight.access, name="ticket-access"),
    path(f"{_ONE}audit/", insight.audit, name="ticket-audit"),
    path(f"{_ONE}links/", links.link, name="ticket-links"),
    path(f"{_ONE}links/search/", links.search, name="ticket-link-search"),
    path(f"{_ONE}links/<int:pk>/remove/", links.unlink, name="ticket-unlink"),
    path(f"{_ONE}duplicate/", links.duplicate, name="ticket-duplicate"),
    path(f"{_ONE}follow-up/", links.follow_up, name="ticket-follow-up"),
    path(f"{_ONE}watchers/", people.watchers, name="ticket-watchers"),
    path(f"{_ONE}watchers/<int:pk>/remove/", people.unwatch, name="ticket-unwatch"),
    path(f"{_ONE}watch/", people.watch, name="ticket-watch"),
    path(f"{_ONE}tasks/", work.tasks, name="ticket-tasks"),
    path(f"{_ONE}tasks/<int:pk>/", work.task, name="ticket-task"),
    path(f"{_ONE}tasks/<int:pk>/<str:verb>/", work.task_step, name="ticket-task-step"),
    path(f"{_ONE}work/", work.worklogs, name="ticket-work"),
    path(f"{_ONE}checklist/", work.tick, name="ticket-checklist"),
    path(f"{_ONE}ask/<str:verb>/", approvals.ask, name="ticket-ask"),
    # Last: every step of every kind by its name.
    path(f"{_ONE}<str:verb>/", steps.step, name="ticket-step"),
]
