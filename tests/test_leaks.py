"""Nobody else finds a security incident: every address of the product, before and after there is one.

The walk takes all addresses that answer GET from the URL configuration, pages and API alike, so that a page added
tomorrow is walked tomorrow. A page may say nothing new to somebody who does not belong to the security team: neither
title nor number, and no count that rose.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from django.urls.resolvers import URLPattern, URLResolver

from itsm.accounts.roles import Role
from itsm.approvals import services as approvals
from itsm.lib import clock
from itsm.tickets.models import Attachment
from itsm.tickets.services import timeline
from itsm.ui import lifecycle
from itsm.workflow import conversation, links, work
from operation.models import Outage
from operation.services import security
from tests import factories
from tests.api import Api
from transition.models import CIType, ConfigurationItem, TicketCI
from transition.services import configuration

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="the same addresses and conditions on every database"),
]

NOW = datetime(2026, 6, 17, 12, 0, tzinfo=UTC)
#: The search is for the one word, the leak would be the other: a page may repeat what was asked.
ASKED, SECRET = "Quillon", "Zyxomatic"
#: A page with a search box, and a collection of the API.
SEARCHES, API = re.compile(rb'name="q"'), re.compile(r"^/api/v1/[a-z-]+/$")
#: Pages of other makers, and such as end the session.
ELSEWHERE = re.compile(
    r"^/(admin|accounts|static|media|api/schema|api/docs|ui|__debug__)/|logout|^/(readyz|livez|healthz)"
)
#: What differs from one answer to the next although nothing happened.
NOISE = [
    re.compile(rb'(csrfmiddlewaretoken" value=|X-CSRFToken[^:]*: ?)["&quot;]*[\w-]+'),
    re.compile(rb'nonce="[^"]*"'),
    re.compile(rb'data-request="[^"]*"|"request_id": ?"[^"]*"'),
]
#: Addresses whose numbers are about the machinery, for those who run it: they may know that something was written.
#: The change feed’s cursor moves on with every event of the product, seen or not.
MACHINERY = (
    "/api/v1/events/",
    "/settings/status/",
    "/metrics",
    "/readyz",
    "/settings/audit/",
    "/settings/messages/",
    "/api/v1/audit",
)
#: Roles add to each other: whoever holds them all sees what any of them sees. None of them is in the team.
PERSONAS = {"requester": (), "agent": ("agent",), "everybody else": tuple(Role.values)}


def addresses(patterns: Any = None, space: str = "") -> list[tuple[str, tuple[str, ...]]]:
    """Every named address with the names of what it takes."""
    found = []
    for one in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(one, URLResolver):
            found += addresses(one.url_patterns, f"{space}{one.namespace}:" if one.namespace else space)
        elif isinstance(one, URLPattern) and one.name:
            found.append((space + one.name, tuple(one.pattern.regex.groupindex)))
    return found


@pytest.fixture
def frozen():
    with clock.moved_to(NOW):
        yield


@pytest.fixture
def world(frozen, service, requester, desk):
    """An ordinary day: an incident, an item, an outage."""
    cache.clear()
    factories.cover(factories.support_level(first_response=60, resolution=480), service)
    known = factories.incident(requester, service=service, title="Mail is slow")
    item = ConfigurationItem.objects.create(
        name="mail-1", type=CIType.objects.get(name="Server"), created_by=requester, state="deployed"
    )
    item.services.add(service)
    TicketCI.objects.create(ticket_id=known.pk, item=item, by=requester)
    outage = Outage.objects.create(title="Mail", state="active", begins_at=NOW, created_by=requester)
    outage.services.add(service)
    team = factories.TeamFactory(name="Vault", is_restricted=True)
    officer = factories.person("Noor Vault", roles=("security_officer", "agent"), teams=(team,))
    return {"known": known, "item": item, "outage": outage, "officer": officer, "team": team, "service": service}


def happen(world):
    """A security incident with everything that a ticket can have, about the same service, item and incident."""
    officer = world["officer"]
    made = security.open(
        actor=officer, source="web", requester=officer, title=f"{SECRET} {ASKED} in the vault",
        description=f"{SECRET} {ASKED}", service=world["service"], channel="phone", impact=1, urgency=1,
    )  # fmt: skip
    conversation.note(made, f"{SECRET} note {ASKED}", actor=officer, source="web")
    conversation.reply(made, f"{SECRET} reply {ASKED}", actor=officer, source="web")
    work.add_task(made, f"{SECRET} task {ASKED}", actor=officer, source="web")
    entry = timeline.write(made, "attachment", actor=officer, source="web")
    Attachment.objects.create(
        ticket_id=made.pk, entry=entry, name=f"{SECRET} {ASKED}.txt", size=1, content_type="text/plain",
        sha256="0" * 64, public=False, added_by=officer, file=ContentFile(b"x", name="x"),
    )  # fmt: skip
    approvals.open_round(made, [officer], actor=officer, source="web", label=f"{SECRET} approval", verb="contain")
    links.link(world["known"], made, "related_to", actor=officer, source_of_change="web")
    links.link(made, world["known"], "follows", actor=officer, source_of_change="web")
    configuration.link_ticket(made, world["item"], actor=officer, source="web")
    made.refresh_from_db()
    return made


def values(name: str, world: dict[str, Any]) -> list[Any]:
    """What a page about things can be asked for."""
    if name in ("number", "ticket", "key"):
        return [world["known"].number, world["item"].number]
    if name in ("slug", "code", "name"):
        return [world["service"].slug]
    if name == "kind":
        return ["service", "incident"]
    if name in ("pk", "id", "object_id", "user_id"):
        return list(dict.fromkeys([world["service"].pk, world["item"].pk, world["known"].pk, world["officer"].pk]))
    return []


def walk(world: dict[str, Any]) -> list[str]:
    """Addresses to visit: those without parts, and those about what the secret touches."""
    found: dict[str, None] = {}
    for name, parts in addresses():
        if not parts:
            try:
                address = reverse(name)
            except NoReverseMatch:
                continue
            found[address] = None
            continue
        if len(parts) == 1:
            for value in values(parts[0], world):
                try:
                    found[reverse(name, kwargs={parts[0]: value})] = None
                except NoReverseMatch:
                    continue
    found["/api/v1/events/?limit=200"] = found["/queue/?kind=security_incident"] = found["/queue/?view=all"] = None
    for stage in lifecycle.STAGES:
        found[f"/services/{world['service'].slug}/?tab={stage.code}"] = None
    found[f"/operation/applications/service/{world['service'].pk}/"] = None
    found[f"/operation/applications/item/{world['item'].pk}/"] = None
    return [address for address in found if not ELSEWHERE.search(address)]


class Visitor:
    """A persona with a browser and a token."""

    def __init__(self, user: Any) -> None:
        self.browser, self.api = Client(raise_request_exception=False), Api(user)
        self.browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    def read(self, address: str) -> tuple[int, bytes]:
        cache.clear()
        answer = self.api.get(address) if address.startswith("/api/") else self.browser.get(address)
        body = b"".join(answer.streaming_content) if getattr(answer, "streaming", False) else answer.content
        for noise in NOISE:
            body = noise.sub(b"", body)
        return answer.status_code, body + answer.headers.get("Location", "").encode()


@pytest.mark.parametrize("who", PERSONAS)
def test_no_address_says_anything_new(who, world):
    user = factories.person("Petra Persona", roles=PERSONAS[who], organisation=world["known"].organisation)
    type(world["service"]).objects.filter(pk=world["service"].pk).update(owner=user if user.roles else None)
    visitor, visited = Visitor(user), walk(world)
    assert len(visited) > 150
    # What is read for the first time is no longer unread afterwards, and a token says when it was used.
    visitor.read("/api/v1/")
    visitor.read(world["known"].get_absolute_url())
    before = {address: visitor.read(address) for address in visited}
    searched = [address for address, (_status, body) in before.items() if SEARCHES.search(body) or API.match(address)]
    visited += [f"{address}?q={ASKED}" for address in searched if "?" not in address]
    before |= {address: visitor.read(address) for address in visited[len(before) :]}
    broken = [address for address, (status, _body) in before.items() if status >= 500]
    assert not broken
    secret = happen(world)
    changed = []
    for address in visited:
        status, body = visitor.read(address)
        assert SECRET.encode() not in body, address
        assert secret.number.encode() not in body, address
        if (status, body) != before[address] and not address.startswith(MACHINERY):
            changed.append((address, *difference(before[address][1], body)))
    assert [address for address, *_ in changed] == []
    for address in (secret.get_absolute_url(), f"/portal/tickets/{secret.number}/",
                    f"/api/v1/tickets/{secret.number}/", f"/api/v1/security-incidents/{secret.pk}/"):  # fmt: skip
        assert visitor.read(address)[0] == 404, address


def difference(one: bytes, other: bytes) -> tuple[str, str]:
    """Where two bodies part, with what stands around it."""
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[max(0, at - 80) : at + 80].decode(errors="replace"), other[max(0, at - 80) : at + 80].decode(
        errors="replace"
    )


def test_its_team_finds_it_in_many_places(world):
    """The walk would notice: the same addresses do show it to those whom it concerns."""
    visitor, secret = Visitor(world["officer"]), happen(world)
    shown = [address for address in walk(world) if SECRET.encode() in visitor.read(address)[1]]
    assert len(shown) > 10, shown
    assert any(address.startswith("/api/") for address in shown)
    assert secret.number.encode() in visitor.read("/queue/?kind=security_incident")[1]
