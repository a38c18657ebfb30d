"""Articles on the search page and in the palette."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from itsm.search import registry
from itsm.search.registry import Hit
from transition.models import Article
from transition.services import articles

if TYPE_CHECKING:
    from itsm.accounts.models import User


def find(user: User, text: str, limit: int) -> Iterable[Hit]:
    """Published articles this person may read; one by its number, also a draft for who writes."""
    number = text.strip().upper().removeprefix("KB-")
    exact = None
    if text.strip().upper().startswith("KB-") and number.isdigit() and len(number) < 19:
        exact = Article.objects.visible_to(user).select_related("published").defer("body").filter(pk=number).first()
        if exact is not None:
            yield _hit(exact, exact=True)
    for article in articles.search(user, text, limit=limit):
        if article != exact:
            yield _hit(article)


def _hit(article: Article, *, exact: bool = False) -> Hit:
    shown = article.published or article
    return Hit(
        url=article.get_absolute_url(), title=shown.title, number=article.number, hint=str(_("Article")),
        icon="book-open", snippet=shown.summary, index="articles", exact=exact,
    )  # fmt: skip


def register() -> None:
    """Called once from ``TransitionConfig.ready``."""
    registry.register("articles", _("Articles"), find, icon="book-open", order=20, rebuild=articles.rebuild_index)
