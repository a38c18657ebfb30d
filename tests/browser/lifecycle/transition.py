"""Transition: what it runs on, the change that brings it into production, who gets it and who supports it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

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
        title=f"A patch of the {story.name} app", service=story.name, items=story["app"],
        planned_start=local(OSLO, 5), planned_end=local(OSLO, 65),
    ).press("Draft the change", exact=False)  # fmt: skip
    story["other change"] = agent.number
    agent.take("Submit for assessment", asks=True)

    engineer = story.of(ENGINEER, "/changes/new/")
    engineer.fill(
        title=f"Bring {story.name} into production", service=story.name, items=story["server"], outage_minutes="0",
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
    engineer.sees("2 items").sees_not("The planned window conflicts")
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


def it_is_brought_forward(story: Story) -> None:
    """The other change is called off, so the change manager gives it the earlier time; the board is asked anew."""
    story.of(AGENT, f"/tickets/{story['other change']}/").take("Cancel", reason="The supplier has no patch.")
    chair = story.of(CHANGE, f"/tickets/{story['change']}/")
    chair.take("Move", planned_start=local(NEW_YORK, 1), planned_end=local(NEW_YORK, 31), reason="It is free now.")
    chair.sees("Awaiting approval")


def it_is_implemented(story: Story) -> None:
    engineer = story.of(ENGINEER, f"/tickets/{story['change']}/")
    engineer.take("Start", asks=True).take("Implemented", asks=True).sees("In review")
    engineer.take("Close the review", outcome="Successful", review_note="One shop sold ten cards.").sees("Closed")


def an_offering_is_subscribed(story: Story) -> None:
    manager = story.of(MANAGER, "/settings/offerings/new/")
    manager.fill(
        service=story.name, name=f"Order {story.name}", kind="Ask for something", summary="A box of cards.",
        subscribers_only=True, is_active=True, price="40", fulfilment_plan="Pack the cards | Workplace engineering | 1",
        by_owner=True,
    )  # fmt: skip
    manager.fill(**{"question-label": "How many cards?", "question-kind": "Whole number", "question-must": True})
    manager.press("Add question").press("Add service offering").sees_no_error()
    owner = story.of(OWNER, "/transition/subscriptions/new/")
    owner.fill(
        organisation="Halden E-commerce", offering=f"Order {story.name}", agreement=story["sla"],
        valid_from="2026-01-01", quantity="12",
    ).press("Create")  # fmt: skip
    story["subscription"] = owner.number
    owner.press("Activate").sees("Active", "Halden E-commerce", story["sla"])


def its_quality_is_measured_and_accepted(story: Story) -> None:
    owner = story.at_service(OWNER).sees("No delivery was checked yet.")
    owner.press("Do it", exact=False).fill(title=f"{story.name} for all shops", owner=OWNER, customer=CUSTOMER)
    owner.press("Create")
    story["delivery"] = owner.number
    owner.sees("Name at least one quality check first.", "Support is not handed over yet.")
    owner.add(
        "quality check", criterion="Seconds until a card is accepted", comparison="at most", wanted="60", unit="s"
    )
    owner.add("exit criterion", text="Two weeks without an incident of priority 1")
    owner.press("Start the checks").sees("Not measured yet: Seconds until a card is accepted.")
    owner.follow("Seconds until a card").fill(measured="75").press("Save").sees("Failed: Seconds until a card")
    owner.follow("Seconds until a card").fill(measured="42", evidence="Twenty shops").press("Save").sees("passed")
    owner.press("Ask for acceptance").press("Ask for acceptance")
    story.at_service(OWNER).sees(f"The delivery {story['delivery']} is not accepted yet.")
    customer = story.of(CUSTOMER, "/portal/approvals/")
    customer.main.get_by_role("link").filter(has_text=f"{story.name} for all shops").first.click()
    customer.press("Approve", exact=False)
    owner.go(f"/transition/deliveries/{story['delivery']}/").sees("Accepted")
    owner.press("Start early-life support").fill(early_life_until="2027-01-31").press("Start early-life support")
    owner.sees("Early-life support since")


def support_is_handed_over(story: Story) -> None:
    owner = story.at_service(OWNER).sees("Support is not handed over yet.")
    owner.press("Do it", exact=False).fill(
        team="Workplace engineering", support_model="The desk first, the engineers second.", articles_needed="2"
    ).press("Create")  # fmt: skip
    story["handover"] = owner.number
    owner.sees("Still open: Support model agreed, Runbook written", "0 of 2 articles about the service are published.")
    topics = ("Support model agreed", "Runbook written", "Known errors handed over", "Team trained", "On-call in place",
              "Monitoring in place")  # fmt: skip
    for topic in topics:
        owner.main.locator("#items").get_by_role("link", name=topic).click()
        owner.fill(done=True, evidence=f"{topic}: seen by both.").press("Save")
    for title in (f"Runbook of {story.name}", f"A card of {story.name} is not accepted"):
        agent = story.of(AGENT, "/knowledge/new/")
        agent.fill(
            title=title, summary="What to do, step by step.", body="1. Read the log.\n2. Restart the app.",
            service=story.name, audience="Everybody" if title.startswith("A") else "Staff only",
        ).press("Save draft")  # fmt: skip
        agent.press("Submit for review")
        story.of(ADMIN, agent.path).press("Publish").press("Publish")
    owner.go(f"/transition/handovers/{story['handover']}/").press("Offer to the team").press("Offer to the team")
    story.at_service(OWNER).sees(f"The support handover {story['handover']} is not signed yet.")
    team = story.of(ENGINEER, f"/transition/handovers/{story['handover']}/")
    team.press("Sign").press("Sign").sees("Signed by", "Samuel Okafor")


def it_goes_live(story: Story) -> None:
    owner = story.at_service(OWNER).sees("possible now")
    owner.press("Go live").sees(f"{story.name} is now: Live.", within="body")
