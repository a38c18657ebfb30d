"""States and choices of surveys and feedback."""

from enum import nonmember

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class SurveyKind(TextChoices):
    """What a survey asks, and when."""

    CSAT = "csat", _("Satisfaction after a resolution (1 to 5)")
    NPS = "nps", _("Recommendation, periodically (0 to 10)")

    SCORES = nonmember({"csat": range(1, 6), "nps": range(11)})


class SurveyState(TextChoices):
    """The life of a survey."""

    DRAFT = "draft", _("Draft")
    RUNNING = "running", _("Running")
    ENDED = "ended", _("Ended")

    PHASES = nonmember({"draft": "new", "running": "active", "ended": "closed"})


class Band(TextChoices):
    """Which way an answer goes."""

    GOOD = "good", _("Satisfied")
    NEUTRAL = "neutral", _("Neither")
    BAD = "bad", _("Unhappy")

    TONES = nonmember({"good": "green", "neutral": "amber", "bad": "red"})


class QuestionKind(TextChoices):
    """How a further question is answered."""

    SCALE = "scale", _("Scale from 1 to 5")
    YES_NO = "yes_no", _("Yes or no")
    TEXT = "text", _("Words")


class Skipped(TextChoices):
    """Why somebody was not asked."""

    SHARE = "share", _("not in the share that is asked")
    RECENT = "recent", _("asked recently already")
    DECLINED = "declined", _("does not want to be asked")
    DUPLICATE = "duplicate", _("a duplicate of another ticket")
    OWN = "own", _("the desk reported and solved it itself")


class FeedbackKind(TextChoices):
    """What somebody says without being asked."""

    COMPLAINT = "complaint", _("Complaint")
    IDEA = "idea", _("Idea")
    PRAISE = "praise", _("Praise")

    ICONS = nonmember({"complaint": "frown", "idea": "lightbulb", "praise": "heart"})


class FeedbackState(TextChoices):
    """The life of feedback."""

    RECEIVED = "received", _("Received")
    REVIEWED = "reviewed", _("Reviewed")
    ANSWERED = "answered", _("Answered")
    CONVERTED = "converted", _("Taken up")
    CLOSED = "closed", _("Closed")

    OPEN = nonmember(("received", "reviewed"))
    PHASES = nonmember(
        {"received": "new", "reviewed": "active", "answered": "resolved", "converted": "resolved", "closed": "closed"}
    )
