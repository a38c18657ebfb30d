"""Every page that somebody can reach from the navigation, in every width and both themes."""

from __future__ import annotations

import pytest

WIDTHS = (1440, 1024, 768, 390, 320)
#: What a page must not have, as functions of the document that return the offending elements.
FLAWS = {
    "controls without a name": """
        [...document.querySelectorAll("button, a[href], input:not([type=hidden]), select, textarea, summary")]
          .filter((e) => e.checkVisibility() && !(
            e.getAttribute("aria-label") || e.textContent.trim() || e.title
            || [...(e.labels ?? [])].some((label) => label.textContent.trim())
            || (e.getAttribute("aria-labelledby") ?? "").split(" ")
              .some((id) => document.getElementById(id)?.textContent.trim())
            || (e.type === "submit" && e.value)))""",
    "fields without a label": """
        [...document.querySelectorAll("input:not([type=hidden], [type=submit], [type=button]), select, textarea")]
          .filter((e) => e.checkVisibility() && !(
            e.labels?.length || e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || e.title))""",
    "ids that occur twice": """
        [...document.querySelectorAll("[id]")].filter((e, i, all) => all.findIndex((o) => o.id === e.id) !== i)""",
    "references to nothing": """
        [...document.querySelectorAll("[aria-labelledby], [aria-describedby], [aria-controls], label[for]")]
          .filter((e) => e.checkVisibility() && ["aria-labelledby", "aria-describedby", "aria-controls", "for"]
            .flatMap((name) => (e.getAttribute(name) ?? "").split(" ").filter(Boolean))
            .some((id) => !document.getElementById(id)))""",
    "pictures without words": """
        [...document.querySelectorAll("img:not([alt]), svg[role=img]:not([aria-label], [aria-labelledby])")]
          .filter((e) => !e.querySelector?.("title"))""",
    "positive tab order": "[...document.querySelectorAll('[tabindex]')].filter((e) => e.tabIndex > 0)",
    "tables without headings": """
        [...document.querySelectorAll("table:not([role=presentation])")]
          .filter((e) => e.rows.length && !e.querySelector("th"))""",
}
SHAPE = """() => ({
  lang: document.documentElement.lang, title: document.title.trim().length > 0,
  mains: document.querySelectorAll("main").length, h1: document.querySelectorAll("h1").length,
})"""
LINKS = """() => [...document.querySelectorAll(
    "nav a[href], .nav a[href], [popover] a[href], main a[href^='/settings/']")]
  .map((a) => new URL(a.href)).filter((u) => u.origin === location.origin && !u.hash)
  .map((u) => u.pathname + u.search)"""
#: Left out: it ends the session; it is the database admin, whose theme is not ours; it answers with JSON or a file.
SKIP = ("sort=", "group=", "/accounts/logout", "/admin/", "/api/", "/inbox/badge", "export", ".csv", "/metrics")
ROLES = ("requester", "agent", "manager", "admin", "auditor", "owner")


def flaws(page) -> list[str]:
    found = []
    for name, script in FLAWS.items():
        shown = page.evaluate(f"({script}).slice(0, 3).map((e) => e.outerHTML.slice(0, 160))")
        found += [f"{name}: {html}" for html in shown]
    shape = page.evaluate(SHAPE)
    if shape["mains"] != 1 or shape["h1"] != 1 or not shape["lang"] or not shape["title"]:
        found.append(f"shape: {shape}")
    return found


def sideways(page) -> list[str]:
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            # Charts follow the size of their frame a moment later.
            page.wait_for_timeout(500)
            wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"scrolls sideways at {width}: {wide}")
    page.set_viewport_size({"width": 1440, "height": 900})
    return found


@pytest.mark.parametrize("role", ROLES)
def test_pages_of(browsers, role):
    page = browsers.open(f"{role}@example.com", "/")
    todo, seen, problems = ["/"], set(), []
    while todo:
        path = todo.pop(0)
        if path in seen or any(part in path for part in SKIP):
            continue
        seen.add(path)
        page.goto(path)
        problems += [f"{path}: {flaw}" for flaw in [*flaws(page), *sideways(page)]]
        page.emulate_media(color_scheme="dark")
        page.emulate_media(color_scheme="light")
        # One step from the start page, and the sections of the settings: what the navigation offers.
        if path == "/" or path == "/settings/":
            todo += page.evaluate(LINKS)
    assert len(seen) > 2, seen
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/"])
def test_pages_before_signing_in(browsers, path):
    page = browsers.open("", path)
    assert [*flaws(page), *sideways(page)] == []
