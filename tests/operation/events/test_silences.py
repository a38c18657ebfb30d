"""Maintenance windows and changes being implemented keep events silent until they are over."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from itsm.lib import clock
from operation.intake.signals import CRITICAL, Signal
from operation.models import Event, EventSource, Incident
from operation.services import events
from transition.models import Change, CIType, ConfigurationItem, MaintenanceWindow, TicketCI

pytestmark = pytest.mark.django_db
#: A Sunday night.
INSIDE, AFTER = datetime(2026, 6, 14, 3, 0, tzinfo=UTC), datetime(2026, 6, 14, 6, 1, tzinfo=UTC)
SIGNAL = Signal(fingerprint="a", firing=True, title="Disk full", severity=CRITICAL)


@pytest.fixture
def source(service):
    return EventSource.objects.create(name="Prometheus", service=service)


def test_a_maintenance_window(source, service):
    window = MaintenanceWindow.objects.create(name="Sunday night", weekday=6, starts_at=time(2, 0), minutes=240)
    window.services.add(service)
    with clock.moved_to(INSIDE):
        assert events.receive(source, [SIGNAL]).suppressed == 1
    assert "Sunday night" in Event.objects.get().suppressed
    assert not Incident.objects.exists()
    with clock.moved_to(AFTER):
        assert events.review() == 1
    assert Incident.objects.get().service == service


def test_a_change_that_is_being_implemented(source, service, agent):
    change = Change.objects.create(
        kind="change", title="New switches", requester=agent, opened_by=agent, state="implementing", phase="active"
    )
    change.services.add(service)
    assert events.receive(source, [SIGNAL]).suppressed == 1
    assert change.number in Event.objects.get().suppressed
    Change.objects.update(state="review")
    assert events.receive(source, [SIGNAL]).opened == [Incident.objects.get().number]


def test_a_change_of_the_service_itself_or_of_an_item(source, service, agent):
    change = Change.objects.create(
        kind="change", title="New switches", requester=agent, opened_by=agent, state="implementing", phase="active",
        service=service,
    )  # fmt: skip
    assert events.receive(source, [SIGNAL]).suppressed == 1
    Change.objects.update(service=None)
    host = ConfigurationItem.objects.create(
        name="db-1", type=CIType.objects.get(name="Server"), created_by=agent, state="deployed"
    )
    TicketCI.objects.create(ticket_id=change.pk, item=host, by=agent)
    told = [Signal(fingerprint=name, firing=True, title="Down", severity=CRITICAL, hosts=(name,)) for name in
            ("db-1", "db-2")]  # fmt: skip
    receipt = events.receive(source, told)
    assert (receipt.suppressed, len(receipt.opened)) == (1, 1)
    assert Event.objects.get(fingerprint="db-1").suppressed


def test_looking_again_costs_the_same_for_many(source, service, django_assert_max_num_queries):
    window = MaintenanceWindow.objects.create(name="Sunday night", weekday=6, starts_at=time(2, 0), minutes=240)
    window.services.add(service)
    many = [
        Signal(fingerprint=str(n), firing=True, title="Full", severity=CRITICAL, hosts=(f"h{n}",)) for n in range(40)
    ]
    with clock.moved_to(INSIDE):
        assert events.receive(source, many).suppressed == 40
        with django_assert_max_num_queries(25):
            assert events.review() == 0
