"""Who does what in the story of one service, and their hands: pages, fields and buttons by their words."""

from __future__ import annotations

import re
from typing import Any

import pytest

expect = pytest.importorskip("playwright.sync_api").expect

CUSTOMER, AGENT, ENGINEER, MANAGER, CHANGE, OWNER, FINANCE, ASSETS, ADMIN = (
    f"{name}@example.com"
    for name in ("requester", "agent", "engineer", "manager", "change", "owner", "finance", "assets", "admin")
)

#: Milliseconds: how long somebody waits for a page on a busy machine.
PATIENCE = 15_000


class Person:
    """Somebody signed in at one page, who reads it and works on it by words, never by addresses of forms."""

    def __init__(self, page: Any) -> None:
        self.page = page

    @property
    def main(self) -> Any:
        return self.page.locator("main")

    def go(self, path: str) -> Person:
        self.page.goto(path, wait_until="domcontentloaded")
        return self

    def sees(self, *words: str | re.Pattern[str], within: str = "main") -> Person:
        for word in words:
            expect(self.page.locator(within).first).to_contain_text(word, timeout=PATIENCE)
        return self

    def sees_not(self, *words: str) -> Person:
        for word in words:
            expect(self.main).not_to_contain_text(word, timeout=PATIENCE)
        return self

    def fill(self, **fields: Any) -> Person:
        """``fill(title="…")``: fields by their names; lists choose several, ``True`` ticks a box."""
        for name, value in fields.items():
            field = f":is(input, select, textarea)[name='{name}']"
            found = self.page.locator(f"main {field}, dialog[open] {field}")
            kind = found.first.evaluate("e => e.tagName === 'INPUT' ? e.type : e.tagName")
            if kind == "SELECT":
                self._choose(found.first, value)
            elif kind == "radio":
                self._tick(found, value)
            elif kind == "checkbox":
                for one in value if isinstance(value, list) else [value]:
                    box = found.first if isinstance(one, bool) else self._of(found, one)
                    box.set_checked(one is not False)
            else:
                found.first.fill(str(value))
        return self

    def tick(self, *labels: str) -> Person:
        for label in labels:
            self.main.get_by_label(label, exact=True).first.check()
        return self

    def _choose(self, select: Any, value: Any) -> None:
        labels = [label.strip() for label in select.locator("option").all_text_contents()]
        wanted = value if isinstance(value, list) else [value]
        chosen = []
        for one in wanted:
            near = [label for label in labels if one == label] or [label for label in labels if one in label]
            assert near, f"{one!r} is none of {labels} on {self.page.url}"
            chosen.append(labels.index(near[0]))
        select.select_option(index=chosen)

    def _of(self, boxes: Any, label: str) -> Any:
        for at in range(boxes.count()):
            box = boxes.nth(at)
            words = box.evaluate("e => [...e.labels].map(l => l.textContent).join(' ')")
            if label in words or box.get_attribute("value") == label:
                return box
        raise AssertionError(f"{label!r} is no choice on {self.page.url}")

    def _tick(self, boxes: Any, value: str) -> None:
        self._of(boxes, value).check()

    def press(self, words: str, *, exact: bool = True, nth: int = 0) -> Person:
        """The button or link of these words in the page's middle or its open dialog."""
        here = self.page.locator("main, dialog[open]")
        button, link = (here.get_by_role(role, name=words, exact=exact) for role in ("button", "link"))
        expect(button.or_(link).first, f"“{words}” on {self.page.url}").to_be_visible(timeout=PATIENCE)
        (button if button.count() else link).nth(nth).click()
        return self

    def take(self, step: str, *, asks: bool = False, **fields: Any) -> Person:
        """A step of a ticket: a button of its head or an entry of its menu, with the questions of its dialog."""
        words = re.compile(rf"^{re.escape(step)}\b")
        head = self.page.locator("main .actions")
        button = head.get_by_role("button", name=words).or_(head.get_by_role("link", name=words)).first
        more = self.page.get_by_role("button", name="More actions")
        expect(button.or_(more).first).to_be_visible(timeout=PATIENCE)
        if button.is_visible():
            button.click()
        else:
            more.click()
            self.page.get_by_role("menuitem", name=words).first.click()
        if asks or fields:
            dialog = self.page.locator("#dialog")
            expect(dialog).to_be_visible(timeout=PATIENCE)
            self.fill(**fields)
            dialog.get_by_role("button", name=step).first.click()
            expect(dialog).to_be_hidden(timeout=PATIENCE)
        expect(self.page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0, timeout=PATIENCE)
        return self

    def follow(self, words: str) -> Person:
        self.page.locator("main").get_by_role("link", name=words).first.click()
        return self

    def add(self, part: str, **fields: Any) -> Person:
        """A row of the record at hand: ``Add acceptance criterion`` and its form."""
        self.press(f"Add {part}").fill(**fields).press("Save")
        return self.sees_no_error()

    def sees_no_error(self) -> Person:
        errors = self.page.locator(".error-summary, .errorlist, [data-tone=red][role=alert]")
        assert errors.count() == 0, f"{self.page.url}: {errors.first.inner_text()}"
        return self

    @property
    def number(self) -> str:
        """Of the record whose page this is."""
        found = re.search(r"/([A-Z]{2,4}-\d+)/", self.page.url)
        assert found, f"no record's page: {self.page.url}"
        return found[1]

    @property
    def address(self) -> str:
        """Of the page at hand, with what it was asked for."""
        return re.sub(r"^https?://[^/]+", "", self.page.url)

    @property
    def path(self) -> str:
        return re.sub(r"^https?://[^/]+", "", self.page.url).split("#")[0]
