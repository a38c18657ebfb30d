"""The organisation's own words: list of topics, editor with preview, back to the words of the product."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from itsm.desk.views.inbox.guard import administrators_only
from itsm.notifications import topics
from itsm.notifications.forms import TemplateForm
from itsm.notifications.models import NotificationTemplate
from itsm.notifications.services import rendering, templates, wording
from itsm.ui import pages as ui
from itsm.ui.markdown import md

#: How the address names "every language without words of its own".
ALL = "all"


def _topic(key: str) -> topics.Topic:
    if key not in topics.TOPICS or not topics.get(key).worded:
        raise Http404
    return topics.get(key)


def _language(code: str) -> str:
    if code == ALL:
        return ""
    if code not in dict(settings.LANGUAGES):
        raise Http404
    return code


def _url(name: str, topic: topics.Topic, language: str) -> str:
    return reverse(f"desk:{name}", args=[topic.key, language or ALL])


@require_GET
@administrators_only
def templates_list(request: HttpRequest) -> HttpResponse:
    own: dict[str, list[str]] = {}
    for key, language in NotificationTemplate.objects.values_list("topic", "language"):
        own.setdefault(key, []).append(language or str(_("all languages")))
    groups = [
        (label, [(topic, _url("template", topic, ""), own.get(topic.key, [])) for topic in worded])
        for label, group in topics.for_person(is_desk=True).items()
        if (worded := [topic for topic in group if topic.worded])
    ]
    return ui.page(request, "desk/notifications/templates.html", title=_("Notification texts"), groups=groups)


@require_http_methods(["GET", "POST"])
@administrators_only
def template(request: HttpRequest, topic: str, language: str) -> HttpResponse:
    chosen, code = _topic(topic), _language(language)
    own = NotificationTemplate.objects.filter(topic=chosen.key, language=code).first()
    subject, body = (own.subject, own.body) if own else _inherited(chosen, code)
    form = TemplateForm(request.POST or None, topic=chosen, initial={"subject": subject, "body": body})
    if request.method == "POST" and form.is_valid():
        user: Any = request.user
        form.save(code, user)
        return ui.see(request, _url("template", chosen, code), _("The text is saved"))
    return ui.page(
        request, "desk/notifications/template.html", title=chosen.label, form=form, topic=chosen, language=code or ALL,
        languages=[(ALL, _("All languages")), *settings.LANGUAGES], own=own,
        preview_url=_url("template-preview", chosen, code), reset_url=_url("template-reset", chosen, code),
        **_preview(request, chosen, code, subject, body),
    )  # fmt: skip


def _inherited(topic: topics.Topic, language: str) -> tuple[str, str]:
    return wording.Words().of(topic, language or settings.LANGUAGE_CODE)


@require_POST
@administrators_only
def preview(request: HttpRequest, topic: str, language: str) -> HttpResponse:
    """How the text reads that is being written, for an example ticket."""
    chosen, code = _topic(topic), _language(language)
    form = TemplateForm(request.POST, topic=chosen)
    form.is_valid()
    subject, body = (form.data.get(name, "")[:10_000] for name in ("subject", "body"))
    problems = [message for messages in form.errors.values() for message in messages]
    parts = _preview(request, chosen, code, subject, body)
    return ui.render_part(request, "desk/notifications/_preview.html", problems=problems, **parts)


def _preview(request: HttpRequest, topic: topics.Topic, language: str, subject: str, body: str) -> dict[str, Any]:
    user: Any = request.user
    with translation.override(language or translation.get_language()):
        values = wording.sample(topic, user)
    return {
        "shown_subject": rendering.fill_line(subject, values, topic.placeholders),
        "shown_body": md(rendering.fill_markdown(body, values, topic.placeholders)),
        "placeholders": [(name, values.get(name, "")) for name in topic.placeholders],
    }


@require_POST
@administrators_only
def reset(request: HttpRequest, topic: str, language: str) -> HttpResponse:
    chosen, code = _topic(topic), _language(language)
    user: Any = request.user
    done = templates.reset(chosen.key, code, actor=user, source="web")
    text = _("Back to the words of the product") if done else _("These are the words of the product already")
    return ui.see(request, _url("template", chosen, code), text, tone="green" if done else "grey")
