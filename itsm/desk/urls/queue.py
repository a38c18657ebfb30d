"""Addresses: the agents' queue."""

from __future__ import annotations

from django.urls import path

from itsm.desk.views.queue import bulk, export, filters, page, peek, saved

urlpatterns = [
    path("queue/", page.index, name="queue"),
    path("queue/fresh/", page.fresh, name="queue-fresh"),
    path("queue/counts/", page.numbers, name="queue-counts"),
    path("queue/columns/", page.columns, name="queue-columns"),
    path("queue/filter/", filters.index, name="queue-filter"),
    path("queue/export.csv", export.csv, name="queue-export"),
    path("queue/peek/<str:number>/", peek.peek, name="queue-peek"),
    path("queue/peek/<str:number>/reply/", peek.reply, name="queue-peek-reply"),
    path("queue/peek/<str:number>/take/", peek.take, name="queue-peek-take"),
    path("queue/bulk/", bulk.index, name="bulk"),
    path("queue/bulk/<int:pk>/undo/", bulk.undo, name="bulk-undo"),
    path("queue/views/", saved.index, name="queue-views"),
    path("queue/views/new/", saved.new, name="queue-view-new"),
    path("queue/views/<int:pk>/", saved.edit, name="queue-view"),
    path("queue/views/<int:pk>/update/", saved.update, name="queue-view-update"),
    path("queue/views/<int:pk>/delete/", saved.delete, name="queue-view-delete"),
    path("queue/views/<slug:code>/arrange/", saved.arrange, name="queue-view-arrange"),
]
