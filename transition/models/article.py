"""The knowledge base."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import django_fsm as fsm
from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Organisation
from itsm.catalogue.models import Service, ServiceCategory
from itsm.lib import clock
from itsm.lib.states import StateField
from itsm.tickets.models import Ticket
from transition.policies import articles as policies
from transition.states.articles import ArticleState, Audience

if TYPE_CHECKING:
    from itsm.accounts.models import User

State = ArticleState


class ArticleQuerySet(models.QuerySet["Article"]):
    def visible_to(self, user: User) -> ArticleQuerySet:
        """Writers see every article, other staff what is published, everybody else what is meant for them."""
        if user.is_system:
            return self
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.holds(*policies.READS_DRAFTS):
            return self
        return self.readable_by(user)

    def readable_by(self, user: User) -> ArticleQuerySet:
        """What has a published text that this person may read today."""
        shown = self.published()
        if user.is_desk or user.is_system:
            return shown
        meant = models.Q(audience=Audience.EVERYBODY)
        if user.organisation_id:
            meant |= models.Q(
                audience=Audience.ORGANISATIONS,
                pk__in=Article.organisations.through.objects.filter(organisation_id=user.organisation_id).values(
                    "article_id"
                ),
            )
        return shown.filter(meant)

    def published(self) -> ArticleQuerySet:
        """Has a text that readers see, also while a newer one is written."""
        today = clock.now().date()
        return self.filter(published__isnull=False).exclude(state=State.RETIRED).filter(
            models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=today)
        )  # fmt: skip

    def review_due(self) -> ArticleQuerySet:
        """Published texts that somebody promised to look at again by today."""
        return self.published().filter(review_at__lte=clock.now().date())

    def popular(self) -> ArticleQuerySet:
        """What helped most, by votes and by use on tickets."""
        return self.order_by(
            (models.F("helpful_count") + models.F("use_count") - models.F("unhelpful_count")).desc(), "-id"
        )


class Article(models.Model):
    """Knowledge written down once so that it is found when it is needed."""

    State = ArticleState
    Audience = Audience

    # The working text; readers see the text of ``published``.
    title = models.CharField(_("title"), max_length=200)
    summary = models.CharField(
        _("summary"), max_length=300, blank=True, help_text=_("One sentence that search results show.")
    )
    body = models.TextField(_("text"), blank=True)
    keywords = models.CharField(
        _("keywords"), max_length=300, blank=True, help_text=_("Other words that people search for.")
    )
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="articles", verbose_name=_("service")
    )
    category = models.ForeignKey(
        ServiceCategory, models.PROTECT, null=True, blank=True, related_name="articles", verbose_name=_("category")
    )
    audience = models.CharField(_("for"), max_length=15, choices=Audience, default=Audience.EVERYBODY)
    organisations = models.ManyToManyField(
        Organisation, blank=True, related_name="articles", verbose_name=_("organisations")
    )
    language = models.CharField(_("language"), max_length=10, default="en")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="owned_articles", verbose_name=_("owner")
    )
    review_at = models.DateField(_("look at it again on"), null=True, blank=True)
    expires_at = models.DateField(
        _("valid until"), null=True, blank=True, help_text=_("From this day on readers do not see it.")
    )
    state = StateField(
        _("state"), max_length=10, choices=ArticleState.choices, default=ArticleState.DRAFT, editable=False
    )
    published = models.ForeignKey(
        "transition.ArticleVersion", models.PROTECT, null=True, related_name="+", editable=False
    )
    # Counters of what hangs on it, so that lists need no join.
    helpful_count = models.PositiveIntegerField(_("helpful"), default=0, editable=False)
    unhelpful_count = models.PositiveIntegerField(_("not helpful"), default=0, editable=False)
    use_count = models.PositiveIntegerField(_("used on tickets"), default=0, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), default=clock.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ArticleQuerySet.as_manager()

    kind_code = "article"
    state_field = "state"

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        indexes = [
            models.Index(fields=["state", "-updated_at", "-id"], name="transition_article_by_state"),
            models.Index(
                fields=["review_at"], name="transition_article_review", condition=models.Q(review_at__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=ArticleState.values), name="transition_article_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(audience__in=Audience.values), name="transition_article_audience_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="published") | models.Q(published__isnull=False),
                name="transition_article_published_has_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("transition:article", args=[self.number])

    @property
    def number(self) -> str:
        """The public name, such as KB-12."""
        return f"KB-{self.pk}"

    @property
    def audit_label(self) -> str:
        return self.number

    @property
    def phase(self) -> str:
        """For the state's glyph."""
        return ArticleState.PHASES[self.state]

    @property
    def has_new_text(self) -> bool:
        """A newer text than the published one is being written."""
        return self.published_id is not None and self.state in (State.DRAFT, State.IN_REVIEW)

    @property
    def is_review_due(self) -> bool:
        return self.review_at is not None and self.review_at <= clock.now().date()

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= clock.now().date()

    @property
    def edit_url(self) -> str:
        return reverse("transition:article-edit", args=[self.number])

    # One transition method per verb: it sets fields of its own row and nothing else.

    @fsm.transition(
        field=state, source=State.DRAFT, target=State.IN_REVIEW, permission=policies.may_write,
        conditions=[policies.has_text, policies.has_readers],
        custom={"label": _("Submit for review"), "icon": "send", "tone": "primary"},
    )  # fmt: skip
    def submit(self) -> None:
        """The author is done; a knowledge manager looks at it."""

    @fsm.transition(
        field=state, source=State.IN_REVIEW, target=State.DRAFT, permission=policies.may_write,
        custom={"label": _("Send back"), "icon": "undo-2", "inputs": ("reason",)},
    )  # fmt: skip
    def send_back(self, *, reason: str) -> None:
        """Something has to change before it is published."""

    @fsm.transition(
        field=state, source=[State.DRAFT, State.IN_REVIEW], target=State.PUBLISHED, permission=policies.may_publish,
        conditions=[policies.has_text, policies.has_readers],
        custom={"label": _("Publish"), "icon": "book-check", "tone": "ok", "inputs": ("change_note?", "review_at?")},
    )  # fmt: skip
    def publish(self, *, text: ArticleVersion, review_at: date | None = None) -> None:
        """Readers see this text from now on."""
        self.published = text
        self.review_at = review_at or self.review_at

    @fsm.transition(
        field=state, source=State.PUBLISHED, target=State.DRAFT, permission=policies.may_write,
        custom={"label": _("Write a new version"), "icon": "pencil"},
    )  # fmt: skip
    def revise(self) -> None:
        """Work on a newer text; readers see the published one until the next is published."""

    @fsm.transition(
        field=state, source=State.PUBLISHED, target=State.PUBLISHED, permission=policies.may_write,
        custom={"label": _("Still right"), "icon": "badge-check", "inputs": ("review_at",)},
    )  # fmt: skip
    def keep(self, *, review_at: date) -> None:
        """Looked at again: nothing has to change until the given day."""
        self.review_at = review_at

    @fsm.transition(
        field=state, source=[State.DRAFT, State.IN_REVIEW, State.PUBLISHED], target=State.RETIRED,
        permission=policies.may_publish, conditions=[policies.is_published_once],
        custom={"label": _("Retire"), "icon": "archive", "inputs": ("reason",)},
    )  # fmt: skip
    def retire(self, *, reason: str) -> None:
        """No longer true or needed; nobody finds it any more."""

    @fsm.transition(
        field=state, source=State.RETIRED, target=State.DRAFT, permission=policies.may_publish,
        custom={"label": _("Take up again"), "icon": "archive-restore"},
    )  # fmt: skip
    def restore(self) -> None:
        """Back to draft; readers see it again once it is published."""
        self.published = None


class ArticleVersion(models.Model):
    """A text as it was published. Never changed: what somebody read last year can be shown."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    title = models.CharField(_("title"), max_length=200)
    summary = models.CharField(_("summary"), max_length=300)
    body = models.TextField(_("text"))
    keywords = models.CharField(_("keywords"), max_length=300, blank=True)
    change_note = models.CharField(_("what changed"), max_length=300, blank=True)
    published_at = models.DateTimeField(_("published"), default=clock.now)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-number"]
        verbose_name = _("article version")
        verbose_name_plural = _("article versions")
        constraints = [models.UniqueConstraint(fields=["article", "number"], name="transition_articleversion_once")]

    def __str__(self) -> str:
        return f"{self.title} v{self.number}"

    @property
    def minutes(self) -> int:
        """How long it takes to read, at 200 words a minute."""
        return max(1, round(len(self.body.split()) / 200))


class ArticleFeedback(models.Model):
    """Whether a version helped somebody, once per person."""

    version = models.ForeignKey(ArticleVersion, models.CASCADE, related_name="feedback")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    helpful = models.BooleanField(_("helped"))
    comment = models.TextField(_("comment"), blank=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("article feedback")
        verbose_name_plural = _("article feedback")
        constraints = [models.UniqueConstraint(fields=["version", "user"], name="transition_articlefeedback_once")]

    def __str__(self) -> str:
        return f"{self.version}: {'+' if self.helpful else '-'}"


class ArticleUse(models.Model):
    """An article that was used on a ticket, or was written from it."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="uses")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="article_uses")
    #: The article was written from this ticket.
    is_source = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        verbose_name = _("use of an article")
        verbose_name_plural = _("uses of articles")
        constraints = [models.UniqueConstraint(fields=["article", "ticket"], name="transition_articleuse_once")]

    def __str__(self) -> str:
        return f"{self.article_id} on {self.ticket_id}"
