"""The router of routers: every app brings its own, named here by dotted string."""

from django.urls import include, path, re_path

from itsm.api import pages

app_name = "api"

urlpatterns = [
    path("v1/", pages.Root.as_view(), name="root"),
    path("v1/", include("itsm.integrations.api.urls")),
    path("v1/", include("strategy.api.urls")),
    path("v1/", include("design.api.urls")),
    path("v1/", include("transition.api.urls")),
    path("v1/", include("operation.api.urls")),
    path("v1/", include("improvement.api.urls")),
    path("schema/", pages.Schema.as_view(), name="schema"),
    path("docs/", pages.Docs.as_view(), name="docs"),
    # Last: whatever is left is answered as the API answers, not with a page.
    re_path(r"", pages.Nothing.as_view(), name="nothing"),
]
