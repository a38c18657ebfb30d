"""The address of every page; refers to apps by dotted string only."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

# One sign-in for everything: the admin's own form knows neither the second factor nor the rate limit.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("itsm.desk.urls")),
    path("strategy/", include("strategy.urls")),
    path("design/", include("design.urls")),
    path("", include("transition.urls")),
    path("", include("operation.urls")),
    path("", include("improvement.urls")),
    path("ui/", include("itsm.ui.urls")),
    path("api/", include("itsm.api.urls")),
    # Nobody chooses their own address: mail is matched to people by it, so a free choice would let anybody be anybody.
    path("accounts/email/", RedirectView.as_view(url="/"), name="account_email"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "itsm.ui.errors.bad_request"
handler403 = "itsm.ui.errors.permission_denied"
handler404 = "itsm.ui.errors.not_found"
handler500 = "itsm.ui.errors.server_error"
