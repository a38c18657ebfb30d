"""Filters of the desk's pages: ``{% load desk %}``."""

from django import template

from itsm.desk.forms.fields import as_duration, spans_text

register = template.Library()

register.filter("as_span", as_duration)
register.filter("as_hours", spans_text)
