"""Improvement: what somebody was unhappy about, the review of the month, and the proof that it became better."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from tests.browser.lifecycle.approvals import approve
from tests.browser.lifecycle.people import CUSTOMER, FINANCE, MANAGER, OWNER
from tests.browser.lifecycle.story import Story


def people_will_be_asked(story: Story) -> None:
    manager = story.of(MANAGER, "/improvement/surveys/new/")
    manager.fill(
        title=f"After help with {story.name}", service=story.name, question="How satisfied are you with our help?",
        comment_question="What could be better?", quiet_days="0",
        ticket_kinds=["Incident", "Service request"],
    ).press("Create")  # fmt: skip
    story["survey"] = manager.number
    manager.press("Run").sees("Running")


def an_unhappy_answer_becomes_an_improvement(story: Story) -> None:
    _answer(story, story["call"], "1", "Half an hour of waiting at the till.")
    manager = story.of(MANAGER, f"/improvement/surveys/{story['survey']}/").follow("Answered")
    manager.follow("Half an hour of waiting at the till.").press("Make it an improvement").sees("Baseline", story.name)
    story["improvement"] = manager.number


def it_is_assessed_approved_and_done(story: Story) -> None:
    manager = story.of(MANAGER, f"/improvement/register/{story['improvement']}/").press("Edit")
    manager.fill(target_value="50").press("Save").press("Assess").fill(
        reach="3:", improvement_benefit="4:", confidence="80%", effort="1:"
    ).press("Assess")  # fmt: skip
    manager.press("Ask for approval").press("Ask for approval")
    approve(story, OWNER, story["improvement"])
    owner = story.of(OWNER, f"/improvement/register/{story['improvement']}/")
    owner.fill(ticket=story["problem"]).press("Link").sees(story["problem"])
    owner.press("Start work").press("Done, now measure").press("Done, now measure")
    owner.sees("There is no measurement after its approval yet.")


def _answer(story: Story, ticket: str, score: str, words: str) -> None:
    """One click on the page of the ticket, and a word if there is one."""
    customer = story.of(CUSTOMER, f"/portal/tickets/{ticket}/").sees("How satisfied are you with our help?")
    customer.main.locator(f"a[href$='?score={score}']").click()
    customer.fill(comment=words).press("Send my answer").sees("Thank you", within="body")


def its_measured_effect_closes_it(story: Story) -> None:
    """Somebody else is happy with the help: the number itself says so, nobody's opinion."""
    owner = story.of(OWNER, f"/improvement/register/{story['improvement']}/").press("Measure now")
    owner.sees("The latest measurement is")
    _answer(story, story["request"], "5", "That was fast.")
    owner.go(f"/improvement/register/{story['improvement']}/").press("Measure now").press("Realised").press(
        "Realised"
    ).sees("Realised")


def the_review_of_the_month_is_generated(story: Story) -> None:
    manager = story.of(MANAGER, "/improvement/reviews/new/")
    manager.fill(
        service=story.name, month=_first(), chair=MANAGER, attendees=OWNER, minutes="It began well."
    ).press("Create")  # fmt: skip
    story["review"] = manager.number
    manager.sees("Incidents", "Service requests", "Problems")
    manager.add("finding", text="One change broke the cards for some minutes.")
    manager.add("action", text="Measure the cache before each change", owner=OWNER, due_on="2027-01-15")
    manager.press("Held").press("Held").sees("Held")


def its_month_has_cost_and_value(story: Story) -> None:
    finance = story.of(FINANCE, "/strategy/cost-items/new/")
    finance.fill(
        title=f"Licences of {story.name}", service=story.name, kind="Software", recurrence="month", amount="2000",
        starts_on=_first(),
    ).press("Create").sees_no_error()  # fmt: skip
    finance.go("/strategy/value-measures/new/").fill(
        title=f"Margin of {story.name}", service=story.name, goal=f"Grow with {story.name}", owner=OWNER,
        planned="7000", kind="Revenue",
    ).press("Create")  # fmt: skip
    finance.add("month", month=_first(), amount="8000", note="Sold in the first days.").sees("€8,000.00")


def the_service_page_tells_it_all(story: Story) -> None:
    """Tab by tab: what it costs and brings, why it exists, what is promised, how it is built, what people say."""
    owner = story.at_service(OWNER)
    for _attempt in range(70):
        if "€8,000.00" in owner.main.inner_text():
            break
        owner.page.wait_for_timeout(1000)
        owner.page.reload()
    owner.sees(
        "Live", "€8,000.00", re.compile(r"€2,\d{3}\.\d\d"), story["change"], "Identity and sign-on", "Nothing is open.",
    )  # fmt: skip
    told = {
        "Strategy": (story["case"], f"Grow with {story.name}", f"Customers want {story.name}"),
        "Design": (story["sla"], "backed", story["ola"], story["package"], "2 / 2", story["performance"]),
        "Transition": (
            story["delivery"], "Support handover", "Halden E-commerce", f"{story.name} server",
            f"Runbook of {story.name}",
        ),
        "Improvement": (story["review"], "Measure the cache", story["improvement"], "50%"),
    }  # fmt: skip
    for tab, facts in told.items():
        owner.main.get_by_role("navigation", name="Parts of the service").get_by_role("link", name=tab).click()
        owner.sees(*facts)


def _first() -> str:
    """The first day of the running month."""
    return f"{datetime.now(UTC):%Y-%m}-01"
