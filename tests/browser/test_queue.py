"""The queue by keyboard: cursor, preview, selection, filters, bulk actions and undo; palette and search."""

from __future__ import annotations

import pytest

expect = pytest.importorskip("playwright.sync_api").expect

AGENT = "agent@example.com"


@pytest.fixture
def queue(visit):
    page = visit(AGENT, "/queue/?view=all&sort=newest")
    expect(page.locator("#queue tbody tr[data-id]").first).to_be_visible()
    return page


def test_cursor_preview_and_reading(queue):
    rows = queue.locator("#queue tbody tr[data-id]")
    queue.keyboard.press("j")
    expect(rows.nth(0)).to_have_attribute("data-cursor", "")
    queue.keyboard.press("Space")
    expect(queue.locator("#peek")).to_contain_text(rows.nth(0).get_attribute("data-id"))
    expect(rows.nth(0)).not_to_have_attribute("data-unread", "")
    queue.keyboard.press("j")
    expect(queue.locator("#peek")).to_contain_text(rows.nth(1).get_attribute("data-id"))
    queue.keyboard.press("Escape")
    expect(queue.locator("#peek")).to_be_hidden()
    number = rows.nth(1).get_attribute("data-id")
    queue.keyboard.press("Enter")
    queue.wait_for_url(f"**/tickets/{number}/")


def test_filter_menu_makes_an_address(queue):
    queue.keyboard.press("f")
    menu = queue.locator("#menu-filter")
    menu.get_by_role("menuitem", name="Priority").click()
    menu.get_by_label("P4 Low").check()
    menu.get_by_label("is not", exact=True).check()
    menu.get_by_role("button", name="Apply").click()
    queue.wait_for_url("**priority-not=4**")
    expect(queue.locator(".filter")).to_contain_text("is not P4 Low")
    expect(queue.locator("[data-prio='4']")).to_have_count(0)
    queue.get_by_label("Remove filter Priority").click()
    queue.wait_for_url("**view=all**")


def test_priority_of_the_ticked_row_and_undo(queue, browsers):
    browsers.expected = ["/queue/bulk/"]
    row = queue.locator("#queue tbody tr[data-id]:has([data-prio='4'])").first
    number = row.get_attribute("data-id")
    row.locator("input[type=checkbox]").check()
    expect(queue.locator(".bulk")).to_contain_text("1 selected")
    queue.keyboard.press("p")
    dialog = queue.locator("#bulk-dialog")
    dialog.get_by_role("button", name="Set priority").click()
    expect(dialog).to_contain_text("This field is required.")
    dialog.get_by_label("Extensive").check()
    dialog.get_by_label("Critical").check()
    dialog.get_by_role("button", name="Set priority").click()
    expect(dialog).to_be_hidden()
    changed = queue.locator(f"tr[data-id='{number}']")
    expect(changed.locator("[data-prio]")).to_have_text("P1")
    expect(queue.locator(".toast")).to_contain_text("Priority: 1 ticket done")
    queue.keyboard.press("z")
    expect(changed.locator("[data-prio]")).to_have_text("P4")


def test_refusals_stand_in_the_dialog(queue):
    queue.locator("#queue tbody input[type=checkbox]").first.check()
    queue.keyboard.press("s")
    queue.locator("#menu-bulk-status").get_by_role("menuitem", name="Close").click()
    dialog = queue.locator("#bulk-dialog")
    expect(dialog).to_contain_text("1 refused")
    expect(dialog).to_contain_text("is not possible while this is")
    dialog.get_by_role("link", name="Back to the list").click()
    expect(dialog).to_be_hidden()


def test_columns_are_chosen_and_forgotten(queue):
    queue.get_by_label("Choose columns").click()
    menu = queue.locator("#menu-filter")
    menu.get_by_label("Team", exact=True).check()
    menu.get_by_role("button", name="Apply").click()
    expect(queue.get_by_role("columnheader", name="Team")).to_be_visible()
    queue.get_by_label("Choose columns").click()
    menu.get_by_role("button", name="The usual ones").click()
    expect(queue.get_by_role("columnheader", name="Team")).to_have_count(0)


def test_palette_finds_and_goes(queue):
    number = queue.locator("#queue tbody tr[data-id]").first.get_attribute("data-id")
    queue.keyboard.press("Control+k")
    queue.keyboard.type(f"#{number.removeprefix('INC-')}")
    # While the number is being typed, the answers to its first digits list its neighbours.
    found = queue.locator("#palette-found").get_by_role("option")
    expect(found.first).to_contain_text(number)
    found.first.click()
    queue.wait_for_url(f"**/tickets/{number}/")


def test_on_a_phone_rows_are_cards(visit):
    page = visit(AGENT, "/queue/?view=all", width=390, height=844)
    expect(page.locator("#queue .meta2").first).to_be_visible()
    expect(page.locator("#queue thead")).to_be_hidden()


def test_without_script_filters_and_bulk_are_pages(visit):
    page = visit(AGENT, "/queue/?view=all", java_script_enabled=False)
    page.locator("#queue tbody input[type=checkbox]").first.check()
    page.locator(".bulk").get_by_role("button", name="Assign", exact=False).nth(1).click()
    expect(page.get_by_role("heading", name="Assign: 1 ticket")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url("**/queue/?view=all")
    page.get_by_role("link", name="Filter", exact=False).first.click()
    page.get_by_role("menuitem", name="VIP").click()
    page.get_by_label("Yes").check()
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**vip=yes**")
