"""The forms of the settings, the dashboard's lists and the shift: structure and widths; a life without a mouse."""

from __future__ import annotations

from tests.browser.test_every_page import flaws, sideways

FORMS = (
    "people/new/", "teams/new/", "organisations/new/", "services/new/", "dependencies/new/", "offerings/new/",
    "service-categories/new/", "categories/new/", "hold-reasons/new/", "custom-fields/new/", "policies/new/",
    "macros/new/", "canned-replies/new/", "levels/new/", "coverage/new/", "escalations/new/", "calendars/new/",
    "teams/1/", "services/1/", "calendars/1/", "levels/1/", "levels/1/targets/", "ola/1/", "matrix/",
    "calendars/1/days/new/", "calendars/1/holidays/?years=2026", "coverage/test/?kind=incident&priority=3",
    "levels/1/delete/",
)  # fmt: skip
LISTS = (
    "/dashboards/sla/?period=365d", "/dashboards/sla/tickets/?number=ended&period=365d", "/my-work/",
    "/dashboards/sla/?team=999",
)  # fmt: skip


def test_forms_and_lists(browsers):
    page = browsers.open("admin@example.com", "/")
    problems = []
    for path in (*(f"/settings/{form}" for form in FORMS), *LISTS):
        answer = page.goto(path)
        if answer.status != 200:
            problems.append(f"{path}: {answer.status}")
        problems += [f"{path}: {flaw}" for flaw in [*flaws(page), *sideways(page)]]
    assert not problems, "\n".join(problems)


def test_a_form_is_filled_and_sent_by_keyboard(browsers):
    page = browsers.open("admin@example.com", "/settings/organisations/new/")
    page.get_by_label("Name").focus()
    page.keyboard.type("Keyboard Ltd")
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings/organisations/")
    assert page.get_by_role("link", name="Keyboard Ltd").is_visible()


def test_an_error_takes_the_focus_and_leads_to_its_field(browsers):
    browsers.expected.append("/settings/organisations/new/")
    page = browsers.open("admin@example.com", "/settings/organisations/new/")
    page.get_by_role("button", name="Add organisation").click()
    summary = page.get_by_role("alert")
    assert summary.is_visible()
    assert page.evaluate("document.activeElement.classList.contains('error-summary')")
    summary.get_by_role("link").click()
    assert page.evaluate("document.activeElement.name") == "name"


def test_a_question_is_previewed_while_it_is_written(browsers):
    page = browsers.open("admin@example.com", "/settings/offerings/new/")
    schema = '{"type": "object", "properties": {"floor": {"type": "string", "title": "Which floor?"}}}'
    page.get_by_label("Questions (JSON Schema)").fill(schema)
    page.locator("#preview").get_by_text("Which floor?").wait_for()


def test_people_are_suggested_while_an_address_is_typed(browsers):
    page = browsers.open("admin@example.com", "/settings/services/new/")
    box = page.get_by_label("Service owner")
    box.press_sequentially("ingrid")
    page.locator("datalist option").first.wait_for(state="attached")
    assert "@" in page.locator("datalist option").first.get_attribute("value")


def test_the_dashboard_draws_its_charts_and_leads_to_tickets(browsers):
    page = browsers.open("manager@example.com", "/dashboards/sla/?period=365d")
    page.locator(".chart canvas").first.wait_for()
    assert page.evaluate("[...document.querySelectorAll('.chart canvas')].every((c) => c.width > 0)")
    page.get_by_role("link", name="Resolved in time").click()
    page.wait_for_url("**/dashboards/sla/tickets/**")
    assert page.get_by_role("row").count() > 1
    page.get_by_role("link", name="Service levels", exact=True).last.click()
    page.wait_for_url("**/dashboards/sla/**")
