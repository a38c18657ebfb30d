"""Improvement: what somebody was unhappy about, the review of the month, and the proof that it became better."""

from __future__ import annotations

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
    manager.follow("1 of 5").sees("Half an hour of waiting at the till.").press("Make it an improvement").sees("Baseline", story.name)
    story["improvement"] = manager.number
    manager.press("Assess").fill(reach="3", improvement_benefit="4", confidence="4", effort="2").press("Assess")
    manager.press("Ask for approval").press("Ask for approval")


def _answer(story: Story, ticket: str, score: str, words: str) -> None:
    """One click on the page of the ticket, and a word if there is one."""
    customer = story.of(CUSTOMER, f"/portal/tickets/{ticket}/").sees("How satisfied are you with our help?")
    customer.main.locator(f"a[href$='?score={score}']").click()
    customer.fill(comment=words).press("Send my answer").sees("Thank you", within="body")


def the_review_of_the_month_is_generated(story: Story) -> None:
    manager = story.of(MANAGER, "/improvement/reviews/new/")
    manager.fill(service=story.name, chair=MANAGER, attendees=OWNER, minutes="It began well.").press("Create")
    story["review"] = manager.number
    manager.add("finding", text="One change broke the cards for some minutes.")
    manager.add("action", text="Measure the cache before each change", owner=OWNER, due_on="2027-01-15")
    manager.press("Held").press("Held").sees("Held")
