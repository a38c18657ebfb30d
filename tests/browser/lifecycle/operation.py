"""Operation: an alert, what caused it, what helps the next caller, and an order."""

from __future__ import annotations

import re

from tests.browser.lifecycle.approvals import approve
from tests.browser.lifecycle.people import AGENT, CUSTOMER, ENGINEER, MANAGER, OWNER, expect
from tests.browser.lifecycle.story import Story


def an_alert_opens_an_incident(story: Story) -> None:
    manager = story.of(MANAGER, "/settings/event-sources/new/")
    manager.fill(name=f"Probes of {story.name}", tool="Plain JSON").press("Add event source").sees_no_error()
    manager.go("/settings/event-sources/").follow(f"Probes of {story.name}")
    manager.press("New token", exact=False)
    token = re.search(r"itsm_ev_[\w-]+", manager.main.inner_text() + manager.main.inner_html())[0]
    told = manager.page.request.post(
        "/api/v1/intake/json/", headers={"Authorization": f"Bearer {token}"},
        data={"title": "Cards are not accepted", "severity": "critical", "status": "firing",
              "fingerprint": story["app"], "ci": f"{story.name} app"},
    )  # fmt: skip
    assert told.status == 202, told.text()
    [story["incident"]] = told.json()["opened"]
    engineer = story.of(ENGINEER, f"/tickets/{story['incident']}/")
    engineer.sees("Cards are not accepted", "opened this from monitoring", f"{story.name} app")
    engineer.sees("First response", "Resolution", within="#s-clocks")
