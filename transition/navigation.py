"""The transition stage's entries in navigation, palette, create menu and on other packages' pages."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from itsm.accounts.roles import Role
from itsm.catalogue.models import Service
from itsm.ui import nav, panels
from transition.models import Article
from transition.policies.articles import READS_DRAFTS, WRITERS, may_publish, writes
from transition.services import articles
from transition.states.articles import ArticleState


def to_review(user: Any) -> int | None:
    """Texts that wait for a knowledge manager, and published ones that are due to be looked at."""
    if not may_publish(Article(), user):
        return None
    waiting = Article.objects.filter(state=ArticleState.IN_REVIEW).count()
    return waiting + Article.objects.filter(state=ArticleState.PUBLISHED).review_due().count() or None


def of_service(request: Any, service: Any) -> dict[str, Any] | None:
    """Help about a service, on its page."""
    rows = Article.objects.readable_by(request.user).filter(service=service).select_related("published").defer("body")
    found = list(rows.popular()[:5])
    return {"articles": found} if found else None


def on_new_ticket(request: Any, typed: Any) -> dict[str, Any] | None:
    """Articles that fit what the desk types while it opens a ticket."""
    title, chosen = typed.get("title", "").replace("\x00", "")[:200], typed.get("service", "")
    known = chosen.isascii() and chosen.isdigit() and len(chosen) < 19
    service = Service.objects.filter(pk=chosen).first() if known else None
    found = articles.suggest(request.user, title, service=service, limit=4) if title.strip() or service else []
    return {"found": found} if found else None


def on_ticket(request: Any, ticket: Any) -> dict[str, Any] | None:
    """What is known about it, beside the ticket. Suggestions are loaded afterwards, so that the page does not wait."""
    return {"linked": list(articles.used_on(ticket, request.user)[:10]), "may_write": writes(request.user)}


def register() -> None:
    """Called once from ``TransitionConfig.ready``."""
    nav.register(
        "desk", _("Knowledge"), "transition:articles", "book-open", order=40, go="k", count=to_review, tone="amber",
        tip=_("to review"),
    )  # fmt: skip
    nav.register("portal", _("Help articles"), "transition:articles", "book-open", order=40, tab=_("Help"))
    panels.register_create(
        "article", _("Article"), "transition:article-new", icon="book-open", key="K",
        roles=(*WRITERS, Role.SERVICE_OWNER), order=80,
    )  # fmt: skip
    panels.register(
        "service_transition", "articles", "transition/article/_of_service.html", of_service, label=_("Help articles"),
        order=60,
        cls="c4",
    )  # fmt: skip
    panels.register(
        "new_ticket", "knowledge", "transition/article/_on_new_ticket.html", on_new_ticket, label=_("Knowledge"),
        roles=READS_DRAFTS,
    )  # fmt: skip
    panels.register(
        "ticket", "knowledge", "transition/article/_on_ticket.html", on_ticket, label=_("Knowledge"),
        roles=READS_DRAFTS, order=60,
    )  # fmt: skip
