"""Transition: what it runs on, the change that brings it into production, who gets it and who supports it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.browser.lifecycle.approvals import approve
from tests.browser.lifecycle.people import ADMIN, AGENT, ASSETS, CHANGE, CUSTOMER, ENGINEER, MANAGER, OWNER
from tests.browser.lifecycle.story import Story

OSLO, NEW_YORK = ZoneInfo("Europe/Oslo"), ZoneInfo("America/New_York")


def local(zone: ZoneInfo, minutes: int) -> str:
    """A moment so many minutes from now as a field for times wants it."""
    return f"{datetime.now(zone) + timedelta(minutes=minutes):%Y-%m-%dT%H:%M}"


def its_items_are_registered(story: Story) -> None:
    story.at_service(OWNER).sees("No deployed item supports it yet.").follow("Do it").sees("Nothing matches")
    assets = story.of(ASSETS, story.people[OWNER].address).press("Add one")
    where = assets.address
    for kind, what in (("Server", "server"), ("Application", "app")):
        assets.go(where).press(kind)
        assets.fill(name=f"{story.name} {what}").press("Create").sees("Services it supports", story.name)
        story[what] = assets.number
        assets.press("Received").press("Received").press("Deploy").press("Deploy").sees("Deployed")
    assets.press("Add relation").fill(kind="runs on", other=story["server"]).press("Add", exact=False)
    assets.sees("runs on", f"{story.name} server")


def a_change_is_planned_assessed_and_moved(story: Story) -> None:
    agent = story.of(AGENT, "/changes/new/")
    agent.fill(
        title=f"Firmware of the {story.name} server", service=story.name, items=story["server"],
        planned_start=local(OSLO, 5), planned_end=local(OSLO, 65),
    ).press("Draft the change", exact=False)  # fmt: skip
    story["other change"] = agent.number
    agent.take("Submit for assessment", asks=True)

    engineer = story.of(ENGINEER, "/changes/new/")
    engineer.fill(
        title=f"Bring {story.name} into production", service=story.name, items=story["app"], outage_minutes="0",
        planned_start=local(OSLO, 5), planned_end=local(OSLO, 35), description="The first version for customers.",
    ).press("Draft the change", exact=False)  # fmt: skip
    story["change"] = engineer.number
    engineer.sees("The planned window conflicts with one thing.", story["other change"])
    engineer.take("Submit for assessment", asks=True)
    engineer.press("Edit the plan").fill(
        implementation_plan="1. Load it.\n2. Open it to one shop.", backout_plan="Close it again.",
        test_plan="Sell one card.",
    ).press("Save")  # fmt: skip
    engineer.press("Assess the risk").tick(
        "A service is down", "Never", "Only with effort", "In part", "Two or three", "Perhaps"
    ).press("Assess")  # fmt: skip
    engineer.sees("of 100", "approved by: CAB member").press("Find the next free window")
    engineer.press("Move it there").sees(f"Bring {story.name} into production")
    assert engineer.main.get_by_text("The planned window conflicts").count() == 0
    engineer.take("Ask for approval", asks=True).sees("Awaiting approval")


def the_board_approves_it_in_a_meeting(story: Story) -> None:
    chair = story.of(CHANGE, "/changes/cab/new/")
    chair.fill(
        title=f"Board about {story.name}", starts_at=local(NEW_YORK, 1), attendees=f"{MANAGER}\n{AGENT}\n{OWNER}"
    ).press("Create")  # fmt: skip
    story["meeting"] = chair.number
    chair.fill(change=story["change"]).press("Put on the agenda")
    chair.sees(f"Bring {story.name} into production")
    chair.press("The meeting takes place").press("The meeting takes place")
    chair.fill(note="Well prepared.").press("Approve")
    chair.press("Edit").fill(minutes="Approved; it begins with one shop.").press("Save")
    chair.press("Close the minutes").press("Close the minutes").sees("Closed", "Approved")


def it_is_brought_forward_and_implemented(story: Story) -> None:
    """The other change is called off, so the change manager gives it the earlier time."""
    story.of(AGENT, f"/tickets/{story['other change']}/").take("Cancel", reason="The supplier has no firmware.")
    chair = story.of(CHANGE, f"/tickets/{story['change']}/")
    chair.take("Move", planned_start=local(NEW_YORK, 1), planned_end=local(NEW_YORK, 31), reason="It is free now.")
    engineer = story.of(ENGINEER, f"/tickets/{story['change']}/")
    engineer.take("Start", asks=True).take("Implemented", asks=True).sees("In review")
    engineer.take("Close the review", outcome="Successful", review_note="One shop sold ten cards.").sees("Closed")
