"""Helpers of tests that open pages."""

from __future__ import annotations

import html
import re
from typing import Any

from django.test import Client
from django.utils.html import strip_tags

from itsm.accounts.models import User


def enter(user: User) -> Client:
    """A browser without script, signed in as ``user``."""
    client = Client()
    client.force_login(user)
    return client


def words(response: Any) -> str:
    """What can be read on the page: its text without markup, scripts and runs of white space."""
    shown = re.sub(r"<(script|template)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(html.unescape(strip_tags(shown.replace("<", " <"))).split())


def problems(response: Any) -> list[str]:
    """The messages that stand at the fields."""
    found = re.findall(r'<p class="error"[^>]*>(.*?)</p>', response.content.decode(), flags=re.S)
    return [html.unescape(strip_tags(one)).strip() for one in found]
