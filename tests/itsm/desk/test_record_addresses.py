"""A record's own address is the page of its kind, whatever other addresses a stage has."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.urls import resolve

from itsm.desk.views.records import RecordPages
from itsm.workflow import records


def test_the_address_of_every_kind_of_record_is_its_page():
    wrong = []
    for kind in records.all_kinds():
        made = kind.model(pk=7)
        view = resolve(urlsplit(made.get_absolute_url()).path).func
        pages = getattr(getattr(view, "__wrapped__", view), "__self__", None)
        if not (isinstance(pages, RecordPages) and pages.model is kind.model):
            wrong.append(f"{kind.code}: {made.get_absolute_url()}")
    assert wrong == []
