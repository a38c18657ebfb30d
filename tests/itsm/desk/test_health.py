from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError

from itsm.desk import health
from itsm.desk.models import SCHEDULER, WORKER, Heartbeat
from itsm.desk.tasks import beat_worker
from itsm.lib import clock


@pytest.fixture
def _alive(db):
    beat_worker()
    Heartbeat.objects.take(SCHEDULER, "host:1", lease=timedelta(seconds=30))


def test_healthz_asks_nothing(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.usefixtures("_alive")
def test_ready_when_everything_answers(client):
    response = client.get("/readyz")
    assert response.status_code == 200
    body = response.json()
    assert body["status"] == "ok"
    assert {name: check["ok"] for name, check in body["checks"].items()} == {
        "database": True, "broker": True, "migrations": True, "worker": True, "scheduler": True,
    }  # fmt: skip


@pytest.mark.usefixtures("_alive")
@pytest.mark.parametrize("name", [WORKER, SCHEDULER])
def test_not_ready_when_a_heartbeat_is_stale(client, name):
    Heartbeat.objects.filter(name=name).update(at=clock.now() - timedelta(seconds=61))
    response = client.get("/readyz")
    assert response.status_code == 503
    body = response.json()
    assert body["status"] == "unavailable"
    assert [key for key, check in body["checks"].items() if not check["ok"]] == [name]
    assert body["checks"][name]["detail"] == "seen 61 s ago"


def test_not_ready_before_anything_ever_ran(client, db):
    Heartbeat.objects.all().delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["worker"] == {"ok": False, "detail": "never seen"}


@pytest.mark.usefixtures("_alive")
def test_not_ready_while_the_broker_is_away(client, settings, monkeypatch):
    monkeypatch.setattr(
        health.current_app, "connection_for_write", lambda **_: health.current_app.connection("redis://127.0.0.1:1/0")
    )
    body = client.get("/readyz").json()
    assert body["checks"]["broker"]["ok"] is False


@pytest.mark.usefixtures("_alive")
def test_not_ready_with_migrations_missing(client, monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda *_: ["one"])
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["migrations"] == {"ok": False, "detail": "1 not applied"}


@pytest.mark.usefixtures("_alive")
def test_not_ready_without_database(client, monkeypatch):
    def refuse(*_, **__):
        raise OperationalError("gone")

    monkeypatch.setattr(health, "connection", SimpleNamespace(cursor=refuse))
    body = client.get("/readyz").json()
    assert body["checks"]["database"] == {"ok": False, "detail": "OperationalError"}
    assert not body["checks"]["worker"]["ok"]


@pytest.mark.usefixtures("_alive")
def test_metrics_count_requests_and_show_heartbeats(client):
    client.get("/healthz")
    response = client.get("/metrics")
    assert response.status_code == 200
    text = response.content.decode()
    assert 'itsm_http_requests_total{method="GET",status="200",view="desk:healthz"}' in text
    assert 'itsm_heartbeat_age_seconds{name="worker"}' in text


def test_metrics_are_for_this_machine_or_a_token(client, settings, db):
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.1").status_code == 403
    settings.METRICS_TOKEN = "let-me-in"
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403
    bearer = {"Authorization": "Bearer let-me-in"}
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.1", headers=bearer).status_code == 200


def test_metrics_behind_a_proxy_need_the_token(client, settings, db):
    settings.PROXY_COUNT = 1
    assert client.get("/metrics").status_code == 403


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_machines_only_read(client, db, path):
    assert client.post(path).status_code == 405
