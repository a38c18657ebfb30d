"""Addresses: inbox, preferences, and the settings of notifications."""

from __future__ import annotations

from django.urls import URLPattern, path

from itsm.desk.views.inbox import chat, inbox, messages, preferences, templates

urlpatterns: list[URLPattern] = [
    path("inbox/", inbox.show, name="inbox"),
    path("inbox/badge/", inbox.badge, name="inbox-badge"),
    path("inbox/read/", inbox.read, name="inbox-read"),
    path("inbox/unread/", inbox.unread, name="inbox-unread"),
    path("inbox/<int:pk>/", inbox.follow, name="inbox-follow"),
    path("preferences/", preferences.you, name="preferences"),
    path("preferences/notifications/", preferences.notifications, name="preferences-notifications"),
    path("settings/notifications/messages/", messages.messages, name="messages"),
    path("settings/notifications/messages/retry/", messages.retry_all, name="messages-retry"),
    path("settings/notifications/messages/<int:pk>/retry/", messages.retry, name="message-retry"),
    path("settings/notifications/templates/", templates.templates_list, name="templates"),
    path("settings/notifications/templates/<slug:topic>/<slug:language>/", templates.template, name="template"),
    path(
        "settings/notifications/templates/<slug:topic>/<slug:language>/preview/", templates.preview,
        name="template-preview",
    ),
    path(
        "settings/notifications/templates/<slug:topic>/<slug:language>/reset/", templates.reset, name="template-reset"
    ),
    path("settings/notifications/chat/", chat.ChatList.as_view(), name="chat-channels"),
    path("settings/notifications/chat/new/", chat.ChatForm.as_view(), name="chat-channel-create"),
    path("settings/notifications/chat/<int:pk>/", chat.ChatForm.as_view(), name="chat-channel"),
    path("settings/notifications/chat/<int:pk>/delete/", chat.ChatDelete.as_view(), name="chat-channel-delete"),
    path("settings/notifications/chat/<int:pk>/test/", chat.try_out, name="chat-channel-test"),
]  # fmt: skip
