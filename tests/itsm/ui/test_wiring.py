"""The settings and addresses of the product use the frame; without these lines its pages have no shell."""

from django.conf import settings
from django.test import override_settings
from django.urls import get_resolver, reverse


def test_settings_wire_the_frame():
    assert "itsm.ui" in settings.INSTALLED_APPS
    assert "itsm.ui.context.shell" in settings.TEMPLATES[0]["OPTIONS"]["context_processors"]
    assert "itsm.ui.middleware.UiMiddleware" in settings.MIDDLEWARE
    order = settings.MIDDLEWARE.index
    assert order("itsm.ui.middleware.UiMiddleware") > order("django.contrib.messages.middleware.MessageMiddleware")
    assert settings.CSRF_FAILURE_VIEW == "itsm.ui.errors.csrf_failure"


@override_settings(ROOT_URLCONF="itsm.urls")
def test_addresses_wire_the_frame():
    assert reverse("ui:theme") == "/ui/theme/"
    views = {status: get_resolver().resolve_error_handler(status) for status in (400, 403, 404, 500)}
    assert {f"{view.__module__}.{view.__name__}" for view in views.values()} == {
        "itsm.ui.errors.bad_request", "itsm.ui.errors.permission_denied",
        "itsm.ui.errors.not_found", "itsm.ui.errors.server_error",
    }  # fmt: skip
