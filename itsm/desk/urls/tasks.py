"""Addresses of the list of tasks."""

from django.urls import path

from itsm.desk.views import tasks

urlpatterns = [
    path("tasks/", tasks.index, name="tasks"),
    path("tasks/<int:pk>/<slug:verb>/", tasks.step, name="task-step"),
]
