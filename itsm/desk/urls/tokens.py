"""Addresses: tokens for the API."""

from django.urls import path

from itsm.integrations.views import tokens

urlpatterns = [
    path("settings/tokens/", tokens.tokens, name="tokens"),
    path("settings/tokens/new/", tokens.create, name="token-create"),
    path("settings/tokens/<int:pk>/revoke/", tokens.revoke, name="token-revoke"),
    path("settings/tokens/<int:pk>/rotate/", tokens.rotate, name="token-rotate"),
]
