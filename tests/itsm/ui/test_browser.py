# ruff: noqa: E501
"""The frame in a real browser: policy, keyboard, palette, toasts, drafts, phone, no script."""

import os
import shutil

import pytest
from django.conf import settings
from django.contrib.staticfiles.testing import StaticLiveServerTestCase

from tests.itsm.ui import gallery

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.urls("tests.itsm.ui.gallery"),
    pytest.mark.usefixtures("registries"),
    pytest.mark.skipif(not CHROMIUM, reason="needs chromium"),
]
PATHS = (
    "/",
    "/record/",
    "/dashboard/",
    "/parts/",
    "/form/?desk=1&errors=1",
    "/form/",
    "/form/?errors=1",
    "/accounts/login/",
)


@pytest.fixture
def site(request):
    """A live server that serves static files from where they are installed."""

    class Server(StaticLiveServerTestCase):
        pass

    Server.setUpClass()
    yield Server.live_server_url
    Server.tearDownClass()


@pytest.fixture
def visit(chromium, site, client, agent, requester):
    """Open a page as a person; every violation of the policy and every error of a script fails the test."""
    gallery.fill()
    contexts, problems = [], []

    def open_page(path, *, who=agent, width=1280, height=800, **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        if who is not None:
            client.force_login(who)
            context.add_cookies(
                [
                    {
                        "name": settings.SESSION_COOKIE_NAME,
                        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                        "url": site,
                    }
                ]
            )
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"{path}: {error}"))
        page.on(
            "console", lambda m: problems.append(f"{path}: {m.text}") if "Content Security Policy" in m.text else None
        )
        page.goto(site + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark"), (320, "light")])
def test_pages_keep_the_policy_and_fit_the_screen(visit, requester, path, width, scheme):
    who = None if "login" in path else requester if path.startswith("/form/") and "desk" not in path else "agent"
    page = visit(path, width=width, color_scheme=scheme, **({} if who == "agent" else {"who": who}))
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, a, input:not([type=hidden]), select, textarea')].filter(e => e.checkVisibility() &&"
        " !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length || e.title)).map(e => e.outerHTML)"
    )
    assert unnamed == []
    assert (
        page.evaluate(
            "(() => { const seen = [...document.querySelectorAll('[id]')].map(e => e.id); return seen.filter((id, i) => seen.indexOf(id) !== i) })()"
        )
        == []
    )


def test_list_by_keyboard(visit):
    page = visit("/")
    chosen = "[...document.querySelectorAll('.queue tr[aria-selected=true]')].map(r => r.dataset.id)"
    for key in ("j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    assert page.evaluate(chosen) == ["INC-20431", "INC-20440", "INC-20426"]
    assert page.locator(".bulk .n b").inner_text() == "3"
    page.keyboard.press("k")
    page.keyboard.press("Space")
    page.wait_for_selector("#peek-body h2")
    assert page.locator("tr[data-cursor]").get_attribute("data-id") == "INC-20440"
    page.keyboard.press("Escape")
    assert page.locator("#peek").is_hidden()
    page.keyboard.press("Escape")
    assert page.evaluate(chosen) == []
    page.keyboard.press("Enter")
    page.wait_for_url("**/record/")


def test_palette_goes_searches_and_runs_actions_of_the_page(visit):
    page = visit("/record/")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette-found [role=option]")
    assert "Resolve" in page.locator("#palette-actions").inner_text()
    page.keyboard.type("dashb")
    page.wait_for_function(
        "document.querySelector('#palette [aria-selected=true]')?.textContent.includes('Dashboards')"
    )
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard/")
    page.wait_for_function("window.Chart && Object.keys(Chart.instances).length === 3")


def test_sequences_help_and_typing(visit):
    page = visit("/record/")
    page.locator("#msg").fill("g")
    page.locator("#msg").press("d")
    assert page.url.endswith("/record/")
    page.locator("h1").click()
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/dashboard/")
    page.keyboard.press("c")
    page.keyboard.press("i")
    page.wait_for_url("**/form/")


def test_single_keys_can_be_switched_off(visit, person):
    page = visit("/record/", who=person("agent", name="Quiet Keys", single_keys=False))
    for key in ("g", "d", "e", "?"):
        page.keyboard.press(key)
    page.wait_for_timeout(200)
    assert page.url.endswith("/record/")
    assert page.locator("#keys").is_hidden()


def test_toast_with_undo_and_refusal_and_failure(visit):
    page = visit("/said/")
    page.wait_for_selector(".toast [data-undo]")
    page.keyboard.press("z")
    page.wait_for_selector(".toast:has-text('Undone')")
    page.goto(page.url + "parts/")
    page.click("text=Refuse")
    page.wait_for_selector(".toast[data-stay]:has-text('INC-3 is still open.')")
    page.click("text=Break")
    page.wait_for_selector(".toast:has-text('Something went wrong')")


def test_draft_survives_a_reload(visit):
    page = visit("/record/")
    page.keyboard.press("n")
    assert page.locator("input[name=kind]").input_value() == "internal"
    page.keyboard.type("Half a note")
    page.reload()
    assert page.locator("#msg").input_value() == "Half a note"
    page.locator("#msg").press("Control+Enter")
    page.wait_for_selector("h1:has-text('Incidents')")
    page.goto(page.url + "record/")
    assert page.locator("#msg").input_value() == ""


def test_theme_switch_is_kept(visit, agent):
    page = visit("/", color_scheme="light")
    with page.expect_response("**/ui/theme/"):
        page.click("[data-theme-form] button")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_phone_has_tabs_and_a_drawer(visit):
    page = visit("/", width=390, height=844)
    assert page.locator(".tabbar").is_visible()
    page.click("[data-nav-toggle]")
    page.wait_for_selector(".nav-open .nav a:has-text('Dashboards')", state="visible")
    page.keyboard.press("Escape")
    page.wait_for_selector(".nav", state="hidden")


def test_without_script_menu_theme_and_forms_work(visit):
    page = visit("/", width=390, height=844, java_script_enabled=False)
    page.click(".tabbar a[href='#nav']")
    page.wait_for_selector(".nav a:has-text('Dashboards')", state="visible")
    page.click(".nav [data-theme-form] button")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.locator(".js-only").first.is_hidden()
