"""Strategy: a customer's need, a goal, a service worth its money."""

from __future__ import annotations

from tests.browser.lifecycle.approvals import approve
from tests.browser.lifecycle.people import AGENT, CUSTOMER, MANAGER, OWNER
from tests.browser.lifecycle.story import Story


def a_need_is_captured_and_tied_to_a_goal(story: Story) -> None:
    agent = story.of(AGENT, "/strategy/requirements/new/")
    agent.fill(
        title=f"Customers want {story.name}", description="Shops are asked for them **every day**.",
        organisation="Halden E-commerce", wanted_by=CUSTOMER, priority="Must have",
    ).press("Create")  # fmt: skip
    story["requirement"] = agent.number
    agent.sees("Captured", "It serves no goal yet.")

    manager = story.of(MANAGER, "/strategy/goals/new/")
    manager.fill(
        title=f"Grow with {story.name}", owner=OWNER, starts_on="2026-01-01", ends_on="2027-12-31",
    ).press("Create")  # fmt: skip
    story["goal"] = manager.number
    manager.sees("Name at least one key result or a part of the goal first.")
    manager.add("key result", title="Cards sold online", unit="cards", baseline="0", target="1000", current="0")
    manager.press("Activate").sees("Active")


def a_service_is_proposed(story: Story) -> None:
    manager = story.of(MANAGER, "/strategy/portfolio/").press("Propose service")
    manager.fill(name=story.name, description="Cards that are bought online and paid with in every shop.")
    manager.press("Propose").sees_no_error()
    manager.go("/services/?view=pipeline").follow(story.name)
    story["service"] = manager.path.split("/")[2]
    manager.sees("Approved business case", "There is no business case yet.")


def the_need_is_analysed_and_accepted(story: Story) -> None:
    owner = story.of(OWNER, f"/strategy/requirements/{story['requirement']}/")
    owner.add("criterion", text="A card bought online is accepted in a shop within a minute")
    owner.add("criterion", text="A balance is shown in less than two seconds")
    owner.press("Edit").fill(goals=[f"Grow with {story.name}"], services=[story.name]).press("Save").sees_no_error()
    owner.press("Analysed").fill(comment="Two shops measured it.").press("Analysed").sees("Analysed")
    manager = story.of(MANAGER, f"/strategy/requirements/{story['requirement']}/")
    manager.press("Accept").press("Accept").sees("Accepted", f"Grow with {story.name}")


def its_business_case_is_scored_and_approved(story: Story) -> None:
    manager = story.at_service(MANAGER)
    manager.follow("Do it").sees("New: business case")
    owner = story.of(OWNER, manager.path)
    owner.fill(
        title=f"{story.name} online and in shops", owner=OWNER, investment="Grow the business",
        goals=[f"Grow with {story.name}"], requirements=[f"Customers want {story.name}"],
        one_off_cost="60000", yearly_cost="24000", years="3", discount_percent="6",
    ).press("Create")  # fmt: skip
    story["case"] = owner.number
    owner.sees("Still missing: the reason, the options, yearly value, risk, strategic fit.")
    owner.press("Edit").fill(
        reason="Customers ask for them and buy elsewhere.", options="Nothing; a partner's card; our own.",
        yearly_value="96000", risk="2", fit="5",
    ).press("Save")  # fmt: skip
    owner.sees("Score", "of 100", "Net present value")
    owner.press("Submit").press("Submit").sees("Submitted")
    story.at_service(MANAGER).sees(f"The business case {story['case']} is not approved yet.")
    approve(story, MANAGER, f"{story.name} online and in shops")
    story.of(OWNER, f"/strategy/cases/{story['case']}/").sees("Approved")


def it_is_chartered_and_gets_an_owner(story: Story) -> None:
    manager = story.at_service(MANAGER)
    manager.press("Charter").sees("The service has no owner yet.")
    manager.follow("Do it")
    manager.fill(owner=OWNER, support_team="Workplace engineering", category="").press("Save").sees_no_error()
    owner = story.at_service(OWNER)
    owner.press("Start design").sees("There is no design package yet.")
