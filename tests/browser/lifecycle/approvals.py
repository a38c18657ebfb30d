"""Votes: the approver finds the question among the approvals and answers it."""

from __future__ import annotations

from tests.browser.lifecycle.story import Story


def approve(story: Story, who: str, about: str, comment: str = "") -> None:
    person = story.of(who, "/approvals/")
    question = person.main.locator("section.card").filter(has_text=about).first
    if comment:
        question.locator("[name=comment]").fill(comment)
    question.get_by_role("button", name="Approve").click()
    person.sees("Decided by you")
