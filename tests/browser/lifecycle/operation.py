"""Operation: an alert, what caused it, what helps the next caller, and an order."""

from __future__ import annotations

import re

from tests.browser.lifecycle.approvals import approve
from tests.browser.lifecycle.people import AGENT, CUSTOMER, ENGINEER, MANAGER, OWNER
from tests.browser.lifecycle.story import Story


def an_alert_opens_an_incident(story: Story) -> None:
    manager = story.of(MANAGER, "/settings/event-sources/new/")
    manager.fill(name=f"Probes of {story.name}", tool="Plain JSON").press("Add event source")
    manager.press("Make the token")
    token = re.search(r"itsm_ev_[\w-]+", manager.main.get_by_text("itsm_ev_").inner_text())[0]
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


def the_change_that_caused_it_is_named(story: Story) -> None:
    engineer = story.of(ENGINEER, f"/tickets/{story['incident']}/")
    engineer.take("Take it").sees("In progress", within="#ticket-facts")
    suspect = engineer.page.locator("section[aria-labelledby=p-suspects] li").filter(has_text=story["change"])
    suspect.get_by_role("button").click()
    engineer.sees("the cause", within="section[aria-labelledby=p-suspects]")
    engineer.go(f"/tickets/{story['change']}/").sees(f"caused {story['incident']}")


def a_problem_becomes_a_known_error(story: Story) -> None:
    engineer = story.of(ENGINEER, f"/tickets/{story['incident']}/").press("Look for the cause")
    engineer.sees("Problem")
    story["problem"] = engineer.number
    engineer.take("Assess", comment="Every shop is affected.").take("Analyse", asks=True)
    engineer.take(
        "Cause found", root_cause="The new version forgets the key of a card.",
        whys="The cache is too small.\nNobody measured it.",
        workaround="Enter the number of the gift card by hand.",
    ).sees("Known error")  # fmt: skip


def it_helps_the_next_caller(story: Story) -> None:
    customer = story.of(CUSTOMER, "/portal/report/")
    customer.page.get_by_label("Which service is it about?").select_option(label=story.name)
    customer.page.get_by_label("What is the problem?").press_sequentially("Cards are not accepted at the till", delay=5)
    customer.sees("Enter the number of the gift card by hand.", within="#known")
    customer.page.get_by_label("My team, or several people").check()
    customer.press("Send report")
    customer.page.wait_for_url("**/sent/")
    story["call"] = re.search(r"INC-\d+", customer.page.url)[0]
    agent = story.of(AGENT, f"/tickets/{story['call']}/").sees(f"Known error {story['problem']}")
    agent.press("Apply workaround").sees("Enter the number of the gift card by hand.", within="#timeline")
    agent.take("Resolve", code="Workaround given", note="Please enter the number by hand.").sees("Resolved")


def the_cause_is_removed(story: Story) -> None:
    engineer = story.of(ENGINEER, f"/tickets/{story['problem']}/").take("Start the fix", asks=True)
    engineer.take("Resolve", note="The cache is larger.").sees("Resolved")
    engineer.go(f"/tickets/{story['incident']}/").take("Resolve", code="Fixed", note="The cache is larger.")
    engineer.sees("Met", within="#s-clocks")


def a_request_is_ordered_approved_and_fulfilled(story: Story) -> None:
    customer = story.of(CUSTOMER, "/portal/catalogue/").follow(f"Order {story.name}")
    customer.page.get_by_label("How many cards?").fill("50")
    customer.page.get_by_label("Why do you need it?").fill("The season begins.")
    customer.press("Send request")
    customer.page.wait_for_url("**/sent/")
    story["request"] = re.search(r"REQ-\d+", customer.page.url)[0]
    approve(story, OWNER, story["request"])
    engineer = story.of(ENGINEER, f"/tickets/{story['request']}/").sees("Pack the cards")
    engineer.press("Finish the task Pack the cards").sees("Fulfilled", within="#ticket-facts")
    customer.go(f"/portal/tickets/{story['request']}/").press("Yes, it is all there").sees("Done")
