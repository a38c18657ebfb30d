"""The life of one service, from the first word of a customer on: one story, each step by the person whose job it is."""

from __future__ import annotations

from uuid import uuid4

from tests.browser.lifecycle import design, improvement, operation, strategy, transition
from tests.browser.lifecycle.story import Story

CHAPTERS = [
    strategy.a_need_is_captured_and_tied_to_a_goal,
    strategy.a_service_is_proposed,
    strategy.the_need_is_analysed_and_accepted,
    strategy.its_business_case_is_scored_and_approved,
    strategy.it_is_chartered_and_gets_an_owner,
    design.levels_are_promised_and_backed,
    design.performance_is_promised_and_computed,
    design.a_design_package_is_written,
    design.a_test_fails_is_mended_and_passes,
    design.it_is_signed_off_and_accepted,
    transition.its_items_are_registered,
    transition.a_change_is_planned_assessed_and_moved,
    transition.it_is_brought_forward,
    transition.the_board_approves_it_in_a_meeting,
    transition.it_is_implemented,
    transition.an_offering_is_subscribed,
    transition.its_quality_is_measured_and_accepted,
    transition.support_is_handed_over,
    transition.it_goes_live,
    # Early: what a month costs is added up by the worker, once a minute at most.
    improvement.its_month_has_cost_and_value,
    improvement.people_will_be_asked,
    operation.an_alert_opens_an_incident,
    operation.the_change_that_caused_it_is_named,
    operation.a_problem_becomes_a_known_error,
    operation.it_helps_the_next_caller,
    operation.the_cause_is_removed,
    operation.a_request_is_ordered_approved_and_fulfilled,
    improvement.an_unhappy_answer_becomes_an_improvement,
    improvement.it_is_assessed_approved_and_done,
    improvement.its_measured_effect_closes_it,
    improvement.the_review_of_the_month_is_generated,
    improvement.the_service_page_tells_it_all,
]


def test_a_service_from_a_need_to_an_improvement(visit):
    story = Story(visit, f"Gift cards {uuid4().hex[:6]}")
    for chapter in CHAPTERS:
        chapter(story)
    assert story["improvement"].startswith("IMP-"), "the story came to its end"
