"""The life of an incident with scripts: three people in three browsers, by mouse and by keyboard."""

from __future__ import annotations

import re

import pytest

expect = pytest.importorskip("playwright.sync_api").expect

REQUESTER, AGENT, ENGINEER = "requester@example.com", "agent@example.com", "engineer@example.com"


def report(page, title: str, service: str = "Printing") -> str:
    """Report a problem on the portal as somebody would; returns its number."""
    page.get_by_role("link", name="Report a problem").first.click()
    page.get_by_label("What is the problem?").fill(title)
    page.get_by_label("Which service is it about?").select_option(label=service)
    page.get_by_label("My team, or several people").check()
    page.get_by_role("button", name="Send report").click()
    page.wait_for_url("**/sent/")
    return re.search(r"INC-\d+", page.url)[0]


def settled(page) -> None:
    """Until htmx has put in place, and wired up, what came with its last answer."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


@pytest.fixture
def ticket(visit):
    """A fresh report of the requester."""

    def make(title: str) -> str:
        page = visit(REQUESTER, "/portal/")
        number = report(page, title)
        page.context.close()
        return number

    return make


def test_three_people_and_one_incident(visit):
    rita = visit(REQUESTER, "/portal/")
    agent = visit(AGENT, "/queue/?view=all&sort=newest")
    fresh = agent.locator("#queue-fresh")
    expect(fresh).to_have_text("")
    number = report(rita, "Printer on floor 2 prints blank pages")

    # It arrives without reloading.
    expect(fresh).to_contain_text("1 new", timeout=40_000)
    fresh.get_by_role("link").click()
    row = agent.locator(f"tr[data-id='{number}']")
    expect(row).to_be_visible()
    row.get_by_role("link", name="Printer on floor 2").click()
    agent.wait_for_url(f"**/tickets/{number}/")

    # Taken by a key; the page changes in place.
    agent.keyboard.press("i")
    expect(agent.locator("#ticket-facts")).to_contain_text("In progress")
    expect(agent.locator("#s-clocks")).to_contain_text("First response")
    agent.keyboard.press("r")
    agent.keyboard.type("We look into it.")
    agent.keyboard.press("Control+Enter")
    expect(agent.locator("#timeline")).to_contain_text("We look into it.")
    expect(agent.locator("#msg")).to_have_value("")
    settled(agent)

    # On hold: the clock pauses, the requester is asked.
    agent.keyboard.press("Escape")
    agent.locator("h1").click()
    agent.keyboard.press("h")
    dialog = agent.locator("#dialog")
    dialog.get_by_label("Waiting for").select_option(label="Requester")
    dialog.get_by_label("Comment").fill("Does it happen with every document?")
    dialog.get_by_role("button", name="Put on hold").click()
    expect(dialog).to_be_hidden()
    expect(agent.locator("#ticket-facts")).to_contain_text("On hold")
    expect(agent.locator("#s-clocks")).to_contain_text("Paused")

    rita.goto(f"/portal/tickets/{number}/")
    rita.get_by_label("Your message").or_(rita.locator("textarea[name=reply-body]")).first.fill("Only with photos.")
    rita.get_by_role("button", name="Send", exact=True).click()
    expect(rita.locator("#live")).to_contain_text("Only with photos.")

    # The agent's page notices by itself.
    expect(agent.locator("#timeline")).to_contain_text("Only with photos.", timeout=40_000)
    expect(agent.locator("#ticket-facts")).to_contain_text("In progress")

    agent.get_by_role("button", name="More actions").click()
    agent.get_by_role("menuitem", name="Escalate").click()
    dialog.get_by_label("Reason").fill("Needs somebody with a new drum")
    dialog.get_by_label("Team").select_option(label="Workplace engineering")
    dialog.get_by_role("button", name="Escalate").click()
    expect(agent.locator("#s-properties")).to_contain_text("Workplace engineering")

    engineer = visit(ENGINEER, f"/tickets/{number}/")
    engineer.keyboard.press("i")
    expect(engineer.locator("#ticket-facts")).to_contain_text("In progress")
    settled(engineer)
    engineer.keyboard.press("e")
    solve = engineer.locator("#dialog")
    solve.get_by_label("How was it solved?").select_option(label="Fixed")
    solve.get_by_label("Note for the requester").fill("New drum")
    solve.get_by_role("button", name="Resolve").click()
    expect(engineer.locator("#ticket-facts")).to_contain_text("Resolved")

    rita.goto(f"/portal/tickets/{number}/")
    rita.get_by_role("button", name="Yes, it works").click()
    expect(rita.locator("#live")).to_contain_text("Done")
    engineer.goto(f"/tickets/{number}/sla/")
    expect(engineer.locator("main")).to_contain_text("Resolution")


def test_the_queue_by_keyboard(visit, ticket):
    number = ticket("Paper jam in the copy room")
    page = visit(AGENT, "/queue/?view=all&sort=newest")
    row = page.locator(f"tr[data-id='{number}']")
    expect(row).to_be_visible()
    chosen = "[...document.querySelectorAll('#queue tr[aria-selected=true]')].map((row) => row.dataset.id)"
    under = "document.querySelector('#queue tr[data-cursor]')?.dataset.id"
    page.keyboard.press("j")
    assert page.evaluate(under) == number, "the newest is first"
    page.keyboard.press("Space")
    expect(page.locator("#peek h2")).to_have_text("Paper jam in the copy room")
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert len(page.evaluate(chosen)) == 2
    expect(page.locator(".bulk .n b")).to_have_text("2")
    page.keyboard.press("Escape")
    assert page.evaluate(chosen) == []
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tickets/{number}/")
    page.go_back()
    page.keyboard.press("Control+k")
    page.keyboard.type(number)
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text(number)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tickets/{number}/")


def test_bulk_assignment_can_be_taken_back(visit, ticket):
    number = ticket("Two trays are missing")
    page = visit(AGENT, "/queue/?view=all&sort=newest")
    page.keyboard.press("j")
    page.keyboard.press("a")
    dialog = page.locator("#bulk-dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Team").select_option(label="Network and cloud")
    dialog.locator("button.primary").click()
    expect(page.locator(".toast").last).to_be_visible()
    page.locator(".toast [data-undo]").last.click()
    expect(page.locator(".toast").last).to_contain_text("put back")
    page.goto(f"/tickets/{number}/")
    expect(page.locator("#s-properties")).not_to_contain_text("Network and cloud")


def test_a_title_is_edited_in_its_place_and_taken_back(visit, ticket):
    number = ticket("Tonr is low")
    page = visit(AGENT, f"/tickets/{number}/")
    page.get_by_role("link", name="Change the title").click()
    field = page.locator("#place-title input[name=title]")
    field.fill("Toner is low")
    field.press("Enter")
    expect(page.locator("h1")).to_have_text("Toner is low")
    expect(page.locator(".toast")).to_contain_text("saved")
    page.locator("h1").click()
    page.keyboard.press("z")
    expect(page.locator("h1")).to_have_text("Tonr is low")


def test_two_agents_see_each_other_and_lose_nothing(visit, ticket, browsers):
    number = ticket("Scanner sends to the wrong folder")
    browsers.expected.append("/edit/title/")
    one, other = visit(AGENT, f"/tickets/{number}/"), visit(ENGINEER, f"/tickets/{number}/")
    expect(one.locator("#presence, .presence").first).to_contain_text("Samuel", timeout=40_000)
    for page, title in ((one, "Scanner: wrong folder"), (other, "Scanner: folder of the old team")):
        page.get_by_role("link", name="Change the title").click()
        page.locator("#place-title input[name=title]").fill(title)
    one.locator("#place-title input[name=title]").press("Enter")
    expect(one.locator("h1")).to_have_text("Scanner: wrong folder")
    # News of the colleague's title come in while the other still types: nothing is taken away.
    with other.expect_response(lambda answer: "/pulse/" in answer.url):
        other.evaluate("htmx.trigger('#pulse', 'refresh')")
    expect(other.locator("#place-title input[name=title]")).to_have_value("Scanner: folder of the old team")
    other.locator("#place-title input[name=title]").press("Enter")
    expect(other.locator("#place-title")).to_contain_text("Scanner: wrong folder")
    other.get_by_role("button", name="Use mine").click()
    expect(other.locator("h1")).to_have_text("Scanner: folder of the old team")


def test_a_live_clock_counts_down(visit, ticket):
    number = ticket("Stapler of the big printer is empty")
    page = visit(AGENT, f"/tickets/{number}/")
    chip = page.locator("#s-clocks .sla[data-due]").first
    before = chip.inner_text()
    page.clock.install()
    page.reload()
    page.clock.fast_forward("30:00")
    expect(page.locator("#s-clocks .sla[data-due]").first).not_to_have_text(before)
