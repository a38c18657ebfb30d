"""Who may do what with an article, and what holds a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from itsm.accounts.roles import Role
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from transition.models import Article

#: Who writes; a service owner writes about the own services only.
WRITERS = (Role.AGENT, Role.PROBLEM_MANAGER, Role.INCIDENT_MANAGER, Role.KNOWLEDGE_MANAGER, Role.ADMINISTRATOR)
#: Who sees texts that are not published.
READS_DRAFTS = (*WRITERS, Role.SERVICE_OWNER, Role.AUDITOR)


def writes(user: User) -> bool:
    """Whether the person writes articles at all."""
    return user.is_system or user.holds(*WRITERS, Role.SERVICE_OWNER)


def may_write(article: Article, user: User) -> Decision:
    """The desk and the practice managers; a service owner about the own services."""
    if user.is_system or user.holds(*WRITERS):
        return ALLOW
    if user.holds(Role.SERVICE_OWNER):
        if article.service is not None and article.service.owner_id == user.pk:
            return ALLOW
        return deny(_("A service owner writes about the own services. Choose one of them."))
    return deny(_("Only the desk writes articles."))


def may_publish(article: Article, user: User) -> Decision:
    """Publishing and retiring are the knowledge manager's."""
    if user.is_system or user.holds(Role.KNOWLEDGE_MANAGER, Role.ADMINISTRATOR):
        return ALLOW
    return deny(_("Only a knowledge manager does this."))


def has_text(article: Article) -> Decision:
    if not article.body.strip():
        return deny(_("The article has no text yet."), article.edit_url)
    if not article.summary.strip():
        return deny(_("The article has no summary yet: one sentence that search results show."), article.edit_url)
    return ALLOW


def has_readers(article: Article) -> Decision:
    """An article for chosen organisations needs at least one."""
    if article.audience == "organisations" and not article.organisations.exists():
        return deny(_("Choose the organisations that may read it."), article.edit_url)
    return ALLOW


def is_published_once(article: Article) -> Decision:
    """Only what readers have seen can be taken from them."""
    return ALLOW if article.published_id else deny(_("It was never published. Nobody sees it."))
