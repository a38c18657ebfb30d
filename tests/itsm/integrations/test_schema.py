"""The document of the API: valid, complete, and as it is committed."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse

SNAPSHOT = Path(__file__).resolve().parents[3] / "docs" / "openapi.yaml"


def test_the_committed_document_is_what_the_code_says(tmp_path):
    """After a change of the API: ``manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml``."""
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(made))
    assert made.read_text() == SNAPSHOT.read_text()


@pytest.mark.django_db
def test_the_document_is_served_and_says_what_an_operation_needs(client):
    document = client.get("/api/schema/", headers={"accept": "application/json"}).json()
    assert document["openapi"] == "3.1.0"
    opening = document["paths"]["/api/v1/incidents/"]["post"]
    assert "tickets:write" in opening["description"]
    assert {"201", "400", "401", "403", "409", "422", "429"} <= set(opening["responses"])
    assert "Idempotency-Key" in [parameter["name"] for parameter in opening["parameters"]]
    changing = document["paths"]["/api/v1/incidents/{number}/"]["patch"]
    assert "If-Match" in [parameter["name"] for parameter in changing["parameters"]]
    assert all(
        operation.get("summary")
        for methods in document["paths"].values()
        for operation in methods.values()
        if isinstance(operation, dict)
    )


@pytest.mark.django_db
def test_the_documentation_runs_under_the_strict_policy(client):
    page = client.get(reverse("api:docs"))
    html = page.content.decode()
    assert "'unsafe" not in page["Content-Security-Policy"]
    assert "<style" not in html
    assert "style=" not in html
    scripts = [part.split('"')[0] for part in html.split('<script src="')[1:]]
    assert html.count("<script") == len(scripts) == 3
    script = client.get(scripts[-1])
    assert script["Content-Type"].startswith("application/javascript")
    assert "/api/schema/" in script.content.decode()
