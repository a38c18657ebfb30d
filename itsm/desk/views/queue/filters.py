"""Adding and changing a filter: a menu of fields, then the form of one; or all of them on a page without script."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from itsm.accounts.models import User
from itsm.desk.reports.fields import FIELDS, Field, MomentField, Names, RelationField, TextField
from itsm.desk.reports.state import QueueState
from itsm.desk.views.queue.access import desk_only, state_of
from itsm.search.query import clean
from itsm.ui import pages as ui

LASTS = ("1h", "24h", "7d", "30d", "90d")


@require_GET
@desk_only
def index(request: HttpRequest) -> HttpResponse:
    """Without a field the list of fields; with one its values. The form leads back to the list."""
    state = state_of(request)
    item = FIELDS.get(request.GET.get("field", ""))
    context: dict[str, Any] = {
        "title": _("Filter"),
        "back": f"{reverse('desk:queue')}?{state.query()}",
        "fields": [(f, f"{reverse('desk:queue-filter')}?{state.query(field=f.name)}") for f in FIELDS.values()],
    }
    if item is not None:
        context |= one_field(request, state, item)
    return ui.page(request, "desk/queue/filter.html", part="desk/queue/_filter.html", **context)


def one_field(request: HttpRequest, state: QueueState, item: Field) -> dict[str, Any]:
    """The values of one field with those chosen, and everything else of the list as hidden inputs."""
    chosen = state.filters.get(item.name)
    negated = not chosen and bool(state.filters.get(item.name, negated=True))
    if negated:
        chosen = state.filters.get(item.name, negated=True)
    rest = state.filters.without(item.name)
    kept = [
        (name, value) for name, value in state.params(filters=rest) if name not in ("view", "sort", "group", "size")
    ]
    kept += [(name, value) for name, value in state.params() if name in ("sort", "group", "size")]
    options = item.choices(request.user)  # type: ignore[arg-type]
    find = clean(request.GET.get("find", ""))
    searchable = isinstance(item, RelationField) and item.rows is None
    if searchable:
        options += people(find)
    known = dict(options)
    names = Names()
    names.load({item.tag: {int(v) for v in chosen if v.isdigit()}} if item.tag else {})
    options += [(value, item.label_of(value, names)) for value in chosen if value not in known]
    return {
        "item": item,
        "kept": kept,
        "chosen": chosen,
        "negated": negated,
        "options": options,
        "kind": "moment" if isinstance(item, MomentField) else "text" if isinstance(item, TextField) else "choices",
        "lasts": [(value, item.label_of(value, names)) for value in LASTS if isinstance(item, MomentField)],
        "searchable": searchable,
        "find": find,
        "find_url": f"{reverse('desk:queue-filter')}?{state.query(field=item.name)}",
    }


def people(text: str) -> list[tuple[str, str]]:
    """Up to 20 people whose name or address contains the text."""
    if len(text) < 2:
        return []
    rows = User.objects.people()
    for word in text.split()[:4]:
        rows = rows.filter(name__icontains=word) | rows.filter(email__icontains=word)
    return [
        (str(pk), f"{name} · {email}")
        for pk, name, email in rows.order_by("name", "id").values_list("pk", "name", "email")[:20]
    ]
