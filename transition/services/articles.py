"""The verbs of an article, and finding the right one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused, Stale
from itsm.notifications.services.events import emit
from itsm.workflow import inputs, steps
from itsm.workflow.moves import lock, move
from transition import fulltext
from transition.models import Article, ArticleFeedback, ArticleUse, ArticleVersion
from transition.policies import articles as policies
from transition.states.articles import ArticleState

if TYPE_CHECKING:
    from itsm.accounts.models import Organisation, User
    from itsm.catalogue.models import Service
    from itsm.tickets.models import Ticket

#: What an edit may change.
EDITABLE = (
    "title", "summary", "body", "keywords", "service", "category", "audience", "language", "owner", "review_at",
    "expires_at",
)  # fmt: skip
LONGEST_COMMENT = 2000


@transaction.atomic
def write(
    *, actor: User, source: str, organisations: Iterable[Organisation] = (), ticket: Ticket | None = None, **fields: Any
) -> Article:
    """Start an article as a draft; ``ticket`` is the one it was learned from."""
    article = Article(created_by=actor, created_at=clock.now(), updated_at=clock.now())
    _apply(article, {"owner": actor, **fields})
    verdict = policies.may_write(article, actor)
    if not verdict:
        raise Denied(verdict.reason)
    article.save()
    article.organisations.set(organisations)
    audit.record(article, "created", actor=actor, source=source, changes={"title": [None, article.title]})
    emit("article.created", article, actor=actor, source=source)
    if ticket is not None:
        ArticleUse.objects.create(article=article, ticket_id=ticket.pk, by=actor, is_source=True)
    return article


@transaction.atomic
def edit(
    article: Article,
    *,
    actor: User,
    source: str,
    version: int | None = None,
    organisations: Iterable[Organisation] | None = None,
    **changes: Any,
) -> Article:
    """Change the working text and what is known about the article. A text under review or published is not touched."""
    fresh = lock(article)
    verdict = policies.may_write(fresh, actor)
    if not verdict:
        raise Denied(verdict.reason)
    if version is not None and fresh.version != version:
        raise Stale(_("Somebody changed this article meanwhile."), current={_("Text"): fresh.body})
    if fresh.state != ArticleState.DRAFT:
        raise Refused(
            _("Only a draft is edited. This is “%(state)s”: start a new version, or send it back.")
            % {"state": fresh.get_state_display()},
            code="not_a_draft",
        )
    before = audit.snapshot(fresh)
    _apply(fresh, changes)
    difference = audit.diff(before, audit.snapshot(fresh))
    if organisations is not None:
        old = sorted(fresh.organisations.values_list("pk", flat=True))
        new = sorted(organisation.pk for organisation in organisations)
        if old != new:
            fresh.organisations.set(new)
            difference["organisations"] = [old, new]
    if not difference:
        return fresh
    fresh.version += 1
    fresh.updated_at = clock.now()
    fresh.save()
    audit.record(fresh, "changed", actor=actor, source=source, changes=difference)
    return fresh


def _apply(article: Article, changes: dict[str, Any]) -> None:
    unknown = [name for name in changes if name not in EDITABLE]
    if unknown:
        raise Invalid({name: _("This cannot be changed.") for name in unknown})
    for name, value in changes.items():
        setattr(article, name, value)
    article.title = " ".join(str(article.title or "").split())
    try:
        article.clean_fields(exclude=[f.name for f in article._meta.fields if f.is_relation])
    except ValidationError as error:
        raise Invalid({name: list(messages) for name, messages in error.message_dict.items()}) from error


# ---------- steps ----------


@transaction.atomic
def publish(
    article: Article,
    *,
    actor: User,
    source: str,
    version: int | None = None,
    change_note: str = "",
    review_at: date | None = None,
) -> Article:
    """Show the text to its readers: a version is kept for ever, and search finds it from now on."""
    fresh = lock(article, version=version)
    last = fresh.versions.order_by("-number").values_list("number", flat=True).first() or 0
    text = ArticleVersion.objects.create(
        article=fresh,
        number=last + 1,
        title=fresh.title,
        summary=fresh.summary,
        body=fresh.body,
        keywords=fresh.keywords,
        change_note=change_note,
        published_at=clock.now(),
        published_by=actor,
        written_by=fresh.owner,
    )
    # Whether the step is possible is decided in the move; a refusal takes the version back with it.
    published = move(fresh, "publish", actor=actor, source=source, body=change_note, text=text, review_at=review_at)
    fulltext.put(text)
    return published


@transaction.atomic
def retire(article: Article, *, actor: User, source: str, version: int | None = None, reason: str) -> Article:
    """Take it from the readers; its versions stay."""
    retired = move(article, "retire", actor=actor, source=source, version=version, reason=reason)
    fulltext.remove(article.pk)
    return retired


def perform(
    article: Article, verb: str, *, actor: User, source: str, data: Mapping[str, Any] | None = None,
    version: int | None = None,
) -> Article:  # fmt: skip
    """Take a step by its name with raw input; raises ``Invalid`` for bad input, and whatever the door raises."""
    step = steps.describe(Article, verb)
    if step is None:
        raise Refused(_("There is no step “%(verb)s”.") % {"verb": verb}, code="no_transition")
    cleaned = inputs.clean(step.inputs, data or {})
    if verb == "publish":
        return publish(article, actor=actor, source=source, version=version, **cleaned)
    if verb == "retire":
        return retire(article, actor=actor, source=source, version=version, **cleaned)
    return move(article, verb, actor=actor, source=source, version=version, **cleaned)


# ---------- readers ----------


@transaction.atomic
def rate(version: ArticleVersion, *, user: User, helpful: bool, comment: str = "") -> ArticleFeedback:
    """Say whether it helped. One voice per person and version; a second answer replaces the first."""
    if len(comment) > LONGEST_COMMENT:
        raise Invalid({"comment": _("At most %d characters.") % LONGEST_COMMENT})
    article = lock(version.article)
    before = ArticleFeedback.objects.filter(version=version, user=user).first()
    kept = comment.strip() or (before.comment if before and before.helpful == helpful else "")
    feedback, _created = ArticleFeedback.objects.update_or_create(
        version=version, user=user, defaults={"helpful": helpful, "comment": kept, "at": clock.now()}
    )
    votes = ArticleFeedback.objects.filter(version__article=article)
    Article.objects.filter(pk=article.pk).update(
        helpful_count=votes.filter(helpful=True).count(), unhelpful_count=votes.filter(helpful=False).count()
    )
    if not helpful and kept and (before is None or before.comment != kept):
        emit("article.feedback", article, actor=user, source="web", comment=kept, owner=article.owner_id)
    return feedback


# ---------- tickets ----------


@transaction.atomic
def use(article: Article, ticket: Ticket, *, actor: User, source: str) -> ArticleUse:
    """Note that the article was used on the ticket: what is used often is worth keeping right."""
    if not actor.is_desk:
        raise Denied(_("Only the desk links articles to tickets."))
    if article.published_id is None:
        raise Refused(_("This article is not published."), code="not_published")
    used, created = ArticleUse.objects.get_or_create(article=article, ticket_id=ticket.pk, defaults={"by": actor})
    if created:
        Article.objects.filter(pk=article.pk).update(use_count=F("use_count") + 1)
        audit.record(
            lock(article), "article.used", actor=actor, source=source, changes={"ticket": [None, ticket.number]}
        )
    return used


def used_on(ticket: Ticket, user: User) -> QuerySet[Article]:
    """Articles linked to the ticket that this person may read."""
    return Article.objects.visible_to(user).filter(uses__ticket=ticket.pk).order_by("uses__id")


# ---------- finding ----------


def suggest(user: User, text: str, service: Service | None = None, limit: int = 5) -> list[Article]:
    """Articles that may answer what somebody is typing; those about the service first.

    One word in title, keywords or summary is enough to be asked about; the text alone is not.
    """
    ids = fulltext.find(fulltext.words_of(text), every=False, body=False)
    found = _readable(user, ids)
    if service is not None:
        found.sort(key=lambda article: article.service_id != service.pk)
        if not found:
            about = Article.objects.readable_by(user).filter(service=service).select_related("published")
            found = list(about.popular()[:limit])
    return found[:limit]


def search(user: User, text: str, limit: int = 50) -> list[Article]:
    """Articles with all the words, else those with any; the best first."""
    words = fulltext.words_of(text)
    return _readable(user, fulltext.find(words, every=True, body=True) or fulltext.find(words, every=False, body=True))[
        :limit
    ]


def _readable(user: User, ids: list[int]) -> list[Article]:
    if not ids:
        return []
    rows = Article.objects.readable_by(user).filter(pk__in=ids).select_related("published").defer("body")
    place = {pk: index for index, pk in enumerate(ids)}
    return sorted(rows, key=lambda article: place[article.pk])


def popular(user: User, limit: int = 4) -> list[Article]:
    """What helped most, for the first page."""
    return list(Article.objects.readable_by(user).select_related("published").defer("body").popular()[:limit])


@transaction.atomic
def rebuild_index() -> int:
    """Make the full-text index anew."""
    return fulltext.rebuild(
        ArticleVersion.objects.filter(
            pk__in=Article.objects.exclude(state=ArticleState.RETIRED).values("published_id")
        ).iterator(chunk_size=200)
    )
