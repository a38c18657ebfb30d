"""The components as template tags: ``{% load ui %}``. The functions live in ``itsm.ui``."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import json_script
from django.utils.safestring import SafeString

from itsm.lib import house
from itsm.ui import charts, components, forms, icons, links, markdown, panels, times, toasts

register = template.Library()

for function in (
    icons.icon, components.avatar, components.avatars, components.person, components.prio, components.state,
    components.sla, components.spark, components.meter, components.bullet, components.dots, components.ring,
    times.ago, times.when, charts.as_table, charts.stacked_bar, charts.bars, charts.heat, charts.uptime,
    forms.widget,
):  # fmt: skip
    register.simple_tag(function)
register.simple_tag(charts.line, name="line_chart")

for text_filter in (markdown.md, times.duration, times.number, times.compact, times.percent, times.money, times.amount):
    register.filter(text_filter.__name__, text_filter)
register.simple_tag(times.ui_words)
register.simple_tag(toasts.toast_parts)
register.filter("plain", markdown.plain)
register.filter("exact", times.exact)
register.filter("day", times.day)
register.filter("field_kind", forms.kind)


@register.simple_tag(takes_context=True)
def url_with(context: template.Context, **changes: Any) -> str:
    """``{% url_with sort="due" %}``: this page with parameters changed, the cursor dropped."""
    return links.url_with(context["request"], **changes)


@register.simple_tag(takes_context=True)
def draw_panels(context: template.Context, place: str, subject: Any = None) -> SafeString:
    """``{% draw_panels "ticket" ticket %}``: what higher packages registered for this place."""
    return panels.draw(place, context["request"], subject)


@register.simple_tag
def term(code: str) -> str:
    """``{% term "change" %}``: what one thing of this kind is called here."""
    return house.term(code)


@register.simple_tag
def terms(code: str) -> str:
    """``{% terms "change" %}``: what several are called."""
    return house.term(code, plural=True)


@register.simple_tag
def phrase(code: str) -> str:
    """``{% phrase "change" as thing %}``: the same for the middle of a sentence."""
    return house.phrase(code)


@register.simple_tag
def phrases(code: str) -> str:
    """``{% phrases "change" as things %}``: several, for the middle of a sentence."""
    return house.phrase(code, plural=True)


@register.filter
def holds(user: Any, roles: str) -> bool:
    """``{% if user|holds:"agent,administrator" %}``."""
    return bool(user and user.is_authenticated and user.holds(*roles.split(",")))


@register.simple_tag
def chart_data(element_id: str, data: Any) -> SafeString:
    """The numbers of a chart as JSON the script reads; ``<`` and friends are escaped by Django."""
    return json_script(data, f"{element_id}-data")
