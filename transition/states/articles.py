"""The states of the knowledge base."""

from enum import nonmember

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ArticleState(TextChoices):
    """The life of an article's text. What readers see is the last published version, whatever the text does."""

    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Retired")

    PHASES = nonmember({"draft": "new", "in_review": "waiting", "published": "resolved", "retired": "closed"})


class Audience(TextChoices):
    """Who may read an article."""

    EVERYBODY = "everybody", _("Everybody")
    ORGANISATIONS = "organisations", _("Chosen organisations")
    DESK = "desk", _("Staff only")
