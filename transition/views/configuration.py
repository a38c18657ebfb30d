"""Pages of configuration items: list, item, its relations and its impact."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from itsm.catalogue import questions
from itsm.desk.reports import services
from itsm.desk.views.records import Filter, RecordPages, state_column
from itsm.lib import clock
from itsm.lib.errors import Denied
from itsm.lib.sources import Source
from itsm.tickets.models import Ticket
from itsm.ui import components, icons
from itsm.ui import pages as ui
from itsm.ui.forms import attempt
from itsm.ui.reference import Column
from itsm.ui.times import ago, day
from itsm.workflow import records
from transition import maps
from transition.forms.configuration import ItemForm, RelationForm, TicketItemForm
from transition.models import CIRelation, CIType, ConfigurationItem, Contract, Licence, Supplier
from transition.policies import configuration as policies
from transition.reports import impact
from transition.services import configuration
from transition.states.configuration import REVERSED, CIState, RelationKind

#: Relations and tickets that a page shows.
MOST_RELATIONS, MOST_TICKETS = 100, 10
#: Words of the filter "warranty ends" and how many days each means.
WARRANTY = {"30": 30, "90": 90, "365": 365}


def typed(item: ConfigurationItem) -> Any:
    """The type with its icon."""
    return format_html('<span class="row tight">{}<span>{}</span></span>', icons.icon(item.type.icon), item.type)


def money(value: Any, currency: str) -> str:
    return f"{value:,.2f} {currency}" if value is not None else ""


def someone(person: Any) -> Any:
    return components.person(person) if person else ""


def type_choices() -> list[tuple[int, str]]:
    """Types in the order of their tree, indented."""
    below: dict[int | None, list[CIType]] = {}
    for one in CIType.objects.order_by("name"):
        below.setdefault(one.parent_id, []).append(one)
    found: list[tuple[int, str]] = []

    def walk(parent: int | None, depth: int) -> None:
        for one in below.get(parent, ()):
            found.append((one.pk, "\u2003" * depth + one.name))
            if depth < 20:
                walk(one.pk, depth + 1)

    walk(None, 0)
    return found


class Items(RecordPages):
    model = ConfigurationItem
    form = ItemForm
    base = "configuration/items"
    related = ("type", "user")
    search_fields = ("name", "serial")
    columns = (
        Column("name", gettext_lazy("Item")), Column("type", gettext_lazy("Type"), cell=typed), state_column(),
        Column("serial", gettext_lazy("Serial number"), opt=True),
        Column("location", gettext_lazy("Location"), opt=True),
        Column("user", gettext_lazy("User"), cell=lambda item: someone(item.user) or "–"),
        Column("updated_at", gettext_lazy("Updated"), cell=lambda item: ago(item.updated_at)),
    )  # fmt: skip
    filters = (
        Filter("state", gettext_lazy("State"), lambda: CIState.choices),
        Filter(
            "service", gettext_lazy("Service"),
            services.names, "services",
        ),
        Filter("supplier", gettext_lazy("Supplier"), lambda: Supplier.objects.values_list("pk", "name")),
        Filter("asset", gettext_lazy("Kind"), lambda: [("1", _("Assets")), ("0", _("Not assets"))], "type__is_asset"),
    )  # fmt: skip
    beside = ((gettext_lazy("Import"), "transition:ci-import", "upload"),)
    intro = gettext_lazy("Everything that has to be managed to deliver services, and how it hangs together.")
    empty_text = gettext_lazy("Register what your services run on, or import it from a list you have.")

    def _beside(self, user: Any) -> list[tuple[Any, str, str]]:
        """Who keeps the items imports them, too."""
        return super()._beside(user) if user.holds(*policies.KEEPERS) else []

    def _narrowed(
        self, request: HttpRequest, rows: QuerySet[Any], query: str
    ) -> tuple[QuerySet[Any], list[dict[str, Any]]]:
        """A type includes those below it; a warranty ends within some days, or has ended."""
        rows, chosen = super()._narrowed(request, rows, query)
        types = [(str(pk), label) for pk, label in type_choices()]
        value = request.GET.get("type", "")
        if value in dict(types):
            rows = rows.filter(type__in=CIType.objects.get(pk=value).with_below())
        else:
            value = ""
        chosen.insert(0, {"name": "type", "label": _("Type"), "choices": types, "value": value})
        today, ends = clock.now().date(), request.GET.get("warranty", "")
        if ends in WARRANTY:
            rows = rows.warranty_ends(today, today + timedelta(days=WARRANTY[ends]))
        elif ends == "over":
            rows = rows.present().filter(warranty_until__lt=today)
        else:
            ends = ""
        words = [(key, _("within %d days") % days) for key, days in WARRANTY.items()]
        chosen.append(
            {"name": "warranty", "label": _("Warranty ends"), "choices": [*words, ("over", _("has ended"))],
             "value": ends}
        )  # fmt: skip
        return rows, chosen

    def create(self, request: HttpRequest) -> HttpResponse:
        """The type comes first: it decides what is asked."""
        self.rows(request)
        self._require(self.kind.may_create(request.user))
        chosen = request.GET.get("type", "")
        if chosen.isdecimal() and len(chosen) < 10 and CIType.objects.filter(pk=chosen, is_active=True).exists():
            return super().create(request)
        return ui.page(
            request, "transition/ci/types.html", title=_("New: %(kind)s") % {"kind": self.kind.label},
            list_url=self.address("-list"), kind=self.kind, types=_tree(CIType.objects.filter(is_active=True)),
            settings=request.user.holds(*policies.KEEPERS),
        )  # fmt: skip

    def facts(self, request: HttpRequest, record: ConfigurationItem) -> Any:
        today = clock.now().date()
        yield _("Type"), typed(record)
        yield _("Serial number"), record.serial
        yield _("Owner"), someone(record.owner)
        yield _("User"), someone(record.user)
        yield _("Supported by"), record.team
        yield _("Organisation"), record.organisation
        yield _("Location"), record.location
        yield _("Supplier"), record.supplier
        yield _("Purchased on"), day(record.purchased_on) if record.purchased_on else ""
        yield _("Cost"), money(record.cost, record.currency)
        if record.depreciation_months and record.cost is not None:
            yield _("Written off over"), _("%d months") % record.depreciation_months
            yield _("Book value"), money(record.book_value(today), record.currency)
        if record.warranty_until:
            over = record.warranty_until < today
            shown = day(record.warranty_until)
            yield _("Warranty until"), format_html('<span class="chip">{}</span>', shown) if over else shown

    def linked(self, request: HttpRequest, record: ConfigurationItem) -> Any:
        yield _("Services it supports"), record.services.order_by("name")
        yield _("Contracts"), Contract.objects.visible_to(request.user).filter(items=record).order_by("ends_on")
        yield _("Licences"), Licence.objects.visible_to(request.user).filter(assignments__item=record)

    def context(self, request: HttpRequest, record: ConfigurationItem) -> dict[str, Any]:
        tickets = Ticket.objects.visible_to(request.user).filter(ticket_items__item=record)
        return {
            "more": "transition/ci/_item.html",
            "attributes": questions.in_words(record.type.schema(), record.attributes),
            "relations": relations_of(record),
            "tickets": list(tickets.order_by("-is_open", "-opened_at")[:MOST_TICKETS]),
            "open_tickets": tickets.open().count(),
            "may_report": request.user.acts_for_desk and record.state != CIState.DISPOSED,
            "may_edit": bool(policies.may_edit(record, request.user)),
            "reached": len(impact.reach([record.pk], limit=200)),
        }


def _tree(rows: QuerySet[CIType]) -> list[tuple[int, CIType]]:
    shown = {one.pk: one for one in rows}
    return [(label.count("\u2003"), shown[pk]) for pk, label in type_choices() if pk in shown]


def relations_of(item: ConfigurationItem) -> list[tuple[Any, CIRelation, ConfigurationItem]]:
    """What stands beside the item: the words from its side, the relation, the other item."""
    found: list[tuple[Any, CIRelation, ConfigurationItem]] = []
    out = item.outgoing.select_related("target__type").order_by("kind", "id")[:MOST_RELATIONS]
    back = item.incoming.select_related("source__type").order_by("kind", "id")[:MOST_RELATIONS]
    found += [(one.get_kind_display(), one, one.target) for one in out]
    found += [(REVERSED[RelationKind(one.kind)], one, one.source) for one in back]
    return found


def _item(request: HttpRequest, number: str) -> ConfigurationItem:
    return Items().one(request, number)  # type: ignore[no-any-return]


def relate(request: HttpRequest, number: str) -> HttpResponse:
    """Say how the item stands to another one."""
    item = _item(request, number)
    verdict = policies.may_edit(item, request.user)
    if not verdict:
        raise Denied(verdict.reason)
    form = RelationForm(request.POST or None, initial={"other": request.GET.get("other", "")})
    if request.method == "POST":
        done = attempt(form, lambda kind, other: configuration.relate_words(
            item, kind, other, actor=request.user, source=Source.WEB
        ))  # fmt: skip
        if done is not None:
            return ui.see(request, item, _("Kept."))
    return ui.page(
        request, "desk/records/part.html", form=form, record=item, kind=records.kind_of(item), row=None,
        title=_("New relation"), list_url=Items.address("-list"), cancel_url=item.get_absolute_url(),
        submit=_("Add"),
    )  # fmt: skip


@require_POST
def unrelate(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Take a relation of the item away."""
    item = _item(request, number)
    relation = get_object_or_404(CIRelation.objects.visible_to(request.user).of([item.pk]), pk=pk)
    configuration.unrelate(relation, actor=request.user, source=Source.WEB)
    return ui.see(request, item, _("Removed."))


@require_GET
def impact_page(request: HttpRequest, number: str) -> HttpResponse:
    """What fails with the item, or what it needs: map, table, services and offerings."""
    item = _item(request, number)
    direction: impact.Direction = "down" if request.GET.get("direction") == "down" else "up"
    found = impact.analyse(item, direction)
    return ui.page(
        request, "transition/ci/impact.html", title=_("Impact of %(number)s") % {"number": item.number}, record=item,
        found=found, direction=direction, drawn=maps.draw(found) if found.reached else None,
        rows=found.reached[:500], more=max(0, len(found.reached) - 500), list_url=Items.address("-list"),
    )  # fmt: skip


@require_GET
def suggest(request: HttpRequest) -> HttpResponse:
    """Items whose number, name or serial number begins with or contains what was typed."""
    if not request.user.is_desk:
        raise Http404
    text = request.GET.get(request.GET.get("field", ""), "").strip()[:100]
    if len(text) < 2:
        return HttpResponse("")
    rows = ConfigurationItem.objects.visible_to(request.user)
    same = records.by_number(rows, text).values("pk")
    found = rows.present().filter(Q(name__icontains=text) | Q(serial__iexact=text) | Q(pk__in=same)).order_by("name")
    options = [(item.number, f"{item.name} ({item.type})") for item in found.select_related("type")[:10]]
    return HttpResponse(format_html_join("", '<option value="{}">{}</option>', options))


def my_devices(request: HttpRequest) -> HttpResponse:
    """What the person uses, on the portal."""
    rows = ConfigurationItem.objects.visible_to(request.user).filter(user=request.user, type__is_asset=True)
    items = list(rows.present().select_related("type").order_by("name")[:100])
    return ui.page(request, "transition/ci/mine.html", title=_("My devices"), items=items)


# ---------- tickets ----------


def _ticket(request: HttpRequest, number: str) -> Ticket:
    """The ticket with this number, or 404 also for what the person may not see."""
    return get_object_or_404(Ticket.objects.visible_to(request.user).numbered(number))


@require_POST
def link_ticket(request: HttpRequest, number: str) -> HttpResponse:
    """Say which item a ticket is about."""
    if not request.user.is_desk:
        raise Http404
    ticket = _ticket(request, number)
    form = TicketItemForm(request.POST)
    done = attempt(form, lambda item: configuration.link_ticket(
        ticket, item, actor=request.user, source=Source.WEB
    ))  # fmt: skip
    if done is None:
        words = "; ".join(str(message) for messages in form.errors.values() for message in messages)
        return ui.see(request, ticket, words, tone="red")
    return ui.see(request, ticket, _("Kept."))


@require_POST
def unlink_ticket(request: HttpRequest, number: str, item: str) -> HttpResponse:
    """The ticket is not about this item."""
    if not request.user.is_desk:
        raise Http404
    found = _item(request, item)
    ticket = _ticket(request, number)
    configuration.unlink_ticket(ticket, found, actor=request.user, source=Source.WEB)
    return ui.see(request, ticket, _("Removed."))
