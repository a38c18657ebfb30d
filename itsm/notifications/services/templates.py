"""The organisation's own words for a topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.errors import Invalid
from itsm.notifications import topics
from itsm.notifications.models import NotificationTemplate
from itsm.notifications.services import rendering

if TYPE_CHECKING:
    from itsm.accounts.models import User


def check(topic: str, text: str) -> list[str]:
    """Sentences about placeholders that this topic does not have."""
    unknown = rendering.unknown(text, topics.get(topic).placeholders)
    return [_("There is no placeholder {%(name)s} here.") % {"name": name} for name in unknown]


@transaction.atomic
def save(topic: str, language: str, *, subject: str, body: str, actor: User, source: str) -> NotificationTemplate:
    """Store own words; a placeholder the topic does not have is refused at its field."""
    subject = rendering.line(subject)
    problems = {name: check(topic, text) for name, text in (("subject", subject), ("body", body))}
    problems = {name: found for name, found in problems.items() if found}
    if problems:
        raise Invalid(problems)
    own = NotificationTemplate.objects.select_for_update().filter(topic=topic, language=language).first()
    before = audit.snapshot(own, ["subject", "body"]) if own else {}
    own = own or NotificationTemplate(topic=topic, language=language)
    own.subject, own.body, own.updated_at = subject, body.strip(), clock.now()
    own.save()
    changes = audit.diff(before, audit.snapshot(own, ["subject", "body"]))
    if changes:
        audit.record(own, "changed" if before else "created", actor=actor, source=source, changes=changes)
    return own


@transaction.atomic
def reset(topic: str, language: str, *, actor: User, source: str) -> bool:
    """Go back to the words that come with the product."""
    own = NotificationTemplate.objects.select_for_update().filter(topic=topic, language=language).first()
    if own is None:
        return False
    audit.record(
        own, "deleted", actor=actor, source=source, changes={"subject": [own.subject, None], "body": [own.body, None]}
    )
    own.delete()
    return True
