"""People and articles of the knowledge base."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from itsm.accounts.models import User
from tests import factories
from transition.models import Article
from transition.services import articles


@pytest.fixture
def knowledge_manager(organisation) -> User:
    return factories.person("Kim Knowledge", roles=("knowledge_manager",), organisation=organisation)


@pytest.fixture
def service_owner(organisation) -> User:
    return factories.person("Ines Owner", roles=("service_owner",), organisation=organisation)


@pytest.fixture
def article(agent, service) -> Article:
    """A draft with all that publishing needs."""
    return articles.write(
        actor=agent, source="web", title="Mailbox is full", summary="Archive old mail.", body="Use *Archive*.",
        keywords="quota", service=service,
    )  # fmt: skip


@pytest.fixture
def publish(knowledge_manager) -> Callable[..., Article]:
    """Write and publish in one go."""

    def written(title: str, **fields: Any) -> Article:
        fields = {"summary": f"About {title}", "body": "Do this.", **fields}
        draft = articles.write(actor=knowledge_manager, source="web", title=title, **fields)
        return articles.publish(draft, actor=knowledge_manager, source="web")

    return written
