"""The signed addresses of surveys: who holds one may answer once, without signing in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from improvement.models import Invitation

if TYPE_CHECKING:
    from typing import Any

SALT = "improvement.survey"
#: Longer is nothing we made.
LONGEST = 100


def _signer() -> signing.Signer:
    return signing.Signer(salt=SALT, fallback_keys=[*settings.SECRET_KEY_FALLBACKS])


def token(invitation: Invitation) -> str:
    return _signer().sign(str(invitation.pk))


def address(invitation: Invitation, score: int | None = None) -> str:
    """The whole address, with the answer chosen already."""
    path = reverse("improvement:survey-link", args=[token(invitation)])
    return f"{settings.SITE_URL}{path}" + (f"?score={score}" if score is not None else "")


def read(text: str) -> Invitation | None:
    """The invitation of a link; None when it is not ours or was changed on the way."""
    if len(text) > LONGEST:
        return None
    try:
        bare = _signer().unsign(text)
    except signing.BadSignature:
        return None
    rows = Invitation.objects.select_related("survey__service", "person", "ticket__service")
    return rows.filter(pk=int(bare), skipped="").first()


def label_of(kind: str, score: int) -> str:
    """A score in words."""
    if kind == "csat":
        words: dict[int, Any] = {
            1: _("1 – very unsatisfied"), 2: _("2 – unsatisfied"), 3: _("3 – neither"), 4: _("4 – satisfied"),
            5: _("5 – very satisfied"),
        }  # fmt: skip
        return str(words[score])
    if score in (0, 10):
        return str(_("0 – not at all likely") if score == 0 else _("10 – extremely likely"))
    return str(score)
