"""Design: what is promised, whether it can be kept, and the proof of it."""

from __future__ import annotations

from tests.browser.lifecycle.approvals import approve
from tests.browser.lifecycle.people import ENGINEER, MANAGER, OWNER
from tests.browser.lifecycle.story import Story


def levels_are_promised_and_backed(story: Story) -> None:
    owner = story.at_service(OWNER, "design").press("Draft an agreement")
    owner.fill(
        title=f"{story.name} for the shops", type="Service level agreement", services=[story.name],
        owner=MANAGER, starts_on="2026-01-01",
    ).press("Create")  # fmt: skip
    story["sla"] = owner.number
    owner.add("target", kind="Incident", metric="First response", minutes="1h")
    owner.add("target", kind="Incident", metric="Resolution", minutes="8h")
    story.at_service(OWNER).sees(f"The agreement {story['sla']} is not agreed on yet.")

    manager = story.of(MANAGER, f"/design/agreements/{story['sla']}/").press("Agree")
    manager.fill(comment="The head of e-commerce said yes.").press("Agree").press("Activate").sees("Active")
    manager = story.at_service(MANAGER).sees(f"No agreement inside or with a supplier backs “{story.name}”.")
    manager.go("/design/agreements/new/").fill(
        title=f"{story.name} is kept running", type="Operational level agreement",
        services=[story.name, "Identity and sign-on"], provider_team="Workplace engineering",
        customer_team="Service desk", owner=MANAGER, starts_on="2026-01-01",
    ).press("Create")  # fmt: skip
    story["ola"] = manager.number
    manager.add("target", kind="Incident", metric="Resolution", minutes="6h")
    manager.press("Agree").press("Agree").press("Activate").sees("Active")
    manager.go(f"/design/agreements/{story['sla']}/").sees("the chain holds")


def performance_is_promised_and_computed(story: Story) -> None:
    """The promise is higher than what it is built on delivers: the guard says by how much, until it is lowered."""
    manager = story.of(MANAGER, "/settings/dependencies/new/")
    manager.fill(service=story.name, depends_on="Identity and sign-on").press("Add service dependency").sees_no_error()
    owner = story.at_service(OWNER, "design").press("Design its performance")
    owner.fill(availability="99.97", own_availability="99.96", latency_ms="900", own_latency_ms="120").press("Create")
    story["performance"] = owner.number
    owner.sees("Components deliver", "gap", "Identity and sign-on")
    story.at_service(OWNER).sees("Promised performance can be delivered")
    owner.go(f"/design/performance/{story['performance']}/").press("Edit").fill(availability="99.5").press("Save")
    owner.sees("deliverable").press("Agree").press("Agree").sees("Agreed")


def a_design_package_is_written(story: Story) -> None:
    owner = story.at_service(OWNER, "design").sees("There is no design package yet.").press("Start the design package")
    owner.fill(title=f"Design of {story.name}", owner=OWNER, second_signer=MANAGER).press("Create").sees_no_error()
    story["package"] = owner.number
    owner.sees("Sections that are not complete: Requirements", "No acceptance criteria are defined.")
    owner.press("Take over criteria").sees("A card bought online is accepted in a shop within a minute")
    sections = ("Requirements", "Utility and warranty", "Architecture", "Processes", "Measurement", "Transition plan")
    for section in sections:
        owner.press(f"Write {section}").fill(text=f"{section} of gift cards.", complete=True).press("Save")


def a_test_fails_is_mended_and_passes(story: Story) -> None:
    owner = story.of(OWNER, f"/design/packages/{story['package']}/").press("Add plan")
    owner.fill(title=f"{story.name} before the build", owner=ENGINEER, environment="Staging").press("Create")
    story["plan"] = owner.number
    for title, criterion in (("Pay with a card", "accepted in a shop"), ("Read a balance", "A balance is shown")):
        owner.press("Add case").fill(
            title=title, criterion=criterion, steps="1. Buy a card\n2. Use it", expected="It is done in time."
        ).press("Save")  # fmt: skip

    tester = story.of(ENGINEER, f"/design/plans/{story['plan']}/")
    tester.press("Passed", exact=False).sees("Pay with a card: Passed.", within="body")
    tester.press("Other result", exact=False, nth=1).fill(
        result="fail", evidence="It took four seconds.", severity="High"
    ).press("Keep the result")  # fmt: skip
    tester.sees("Failed", "It took four seconds.").follow("DEF-")
    story["defect"] = tester.number
    owner.go(f"/design/packages/{story['package']}/").sees(f"Defects of high severity are open: {story['defect']}.")
    owner.go(f"/design/defects/{story['defect']}/").press("Fixed").fill(comment="An index was missing.").press("Fixed")
    tester.go(f"/design/plans/{story['plan']}/").press("Passed", exact=False, nth=1).sees_no_error()
    tester.go(f"/design/defects/{story['defect']}/").sees("Verified")


def it_is_signed_off_and_accepted(story: Story) -> None:
    owner = story.of(OWNER, f"/design/packages/{story['package']}/").sees("2 of 2 proven")
    owner.press("Submit for sign-off").press("Submit for sign-off").sees("In review")
    story.at_service(OWNER).sees(f"The design package {story['package']} is not approved yet: In review.")
    for signer in (OWNER, MANAGER):
        approve(story, signer, f"Design of {story.name}")
    story.of(OWNER, f"/design/packages/{story['package']}/").sees("Approved")
    story.at_service(OWNER).press("Accept design").sees("No deployed item supports it yet.")
