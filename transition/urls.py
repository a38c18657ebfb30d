"""Addresses of the transition stage."""

from __future__ import annotations

from django.urls import path, register_converter

from transition.views import (
    articles,
    change_calendar,
    changes,
    configuration,
    configuration_import,
    delivery,
    releases,
    supply,
)


class ArticleNumber:
    """``KB-12``; the prefix in any case."""

    regex = "[Kk][Bb]-[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value[3:])

    def to_url(self, value: str | int) -> str:
        return f"KB-{str(value).upper().removeprefix('KB-')}"


register_converter(ArticleNumber, "kb")

app_name = "transition"

urlpatterns = [
    path("knowledge/", articles.index, name="articles"),
    path("knowledge/new/", articles.create, name="article-new"),
    path("knowledge/preview/", articles.preview, name="article-preview"),
    path("knowledge/for/<str:number>/", articles.for_ticket, name="articles-for-ticket"),
    path("knowledge/for/<str:number>/use/", articles.use, name="article-use"),
    path("knowledge/<kb:pk>/", articles.read, name="article"),
    path("knowledge/<kb:pk>/edit/", articles.edit, name="article-edit"),
    path("knowledge/<kb:pk>/history/", articles.history, name="article-history"),
    path("knowledge/<kb:pk>/feedback/", articles.feedback, name="article-feedback"),
    path("knowledge/<kb:pk>/<slug:verb>/", articles.step, name="article-step"),
    *delivery.Subscriptions.urls(),
    *delivery.Deliveries.urls(),
    *delivery.Handovers.urls(),
    path("configuration/suggest/", configuration.suggest, name="ci-suggest"),
    path("configuration/import/", configuration_import.page, name="ci-import"),
    path("configuration/my-devices/", configuration.my_devices, name="my-devices"),
    path("configuration/tickets/<str:number>/", configuration.link_ticket, name="ticket-item-add"),
    path(
        "configuration/tickets/<str:number>/<str:item>/remove/", configuration.unlink_ticket, name="ticket-item-remove"
    ),
    path("configuration/items/<str:number>/impact/", configuration.impact_page, name="ci-impact"),
    path("configuration/items/<str:number>/relate/", configuration.relate, name="ci-relate"),
    path("configuration/items/<str:number>/relations/<int:pk>/remove/", configuration.unrelate, name="ci-unrelate"),
    path("configuration/suppliers/", supply.suppliers, name="suppliers"),
    path("configuration/suppliers/<int:pk>/", supply.supplier, name="supplier"),
    *configuration.Items.urls(),
    *supply.Contracts.urls(),
    *supply.Licences.urls(),
    path("changes/", changes.index, name="changes"),
    path("changes/new/", changes.new, name="change-new"),
    path("changes/calendar/", change_calendar.calendar, name="change-calendar"),
    path("changes/report/", changes.report, name="change-report"),
    path("changes/releases/<str:number>/changes/", releases.include, name="release-include"),
    path("changes/releases/<str:number>/changes/<str:change>/remove/", releases.leave_out, name="release-leave-out"),
    path("changes/cab/<str:number>/agenda/", releases.put_on_agenda, name="cab-agenda-add"),
    path("changes/cab/<str:number>/agenda/<int:pk>/", releases.decide, name="cab-decide"),
    path("changes/cab/<str:number>/agenda/<int:pk>/remove/", releases.remove, name="cab-agenda-remove"),
    *releases.Releases.urls(),
    *releases.Deployments.urls(),
    *releases.Meetings.urls(),
    path("changes/<str:number>/plan/", changes.plan, name="change-plan"),
    path("changes/<str:number>/assess/", changes.assess, name="change-assess"),
    path("changes/<str:number>/slot/", changes.slot, name="change-slot"),
    path("changes/<str:number>/caused/<str:ticket>/", changes.caused, name="change-caused"),
]
