"""The frame through the client: pages, fragments, refusals, toasts, sign-in."""

import json

import pytest
from django.test import Client

from itsm.ui import htmx
from tests.itsm.ui import gallery

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.itsm.ui.gallery"), pytest.mark.usefixtures("registries")]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(client, agent):
    gallery.fill()
    client.force_login(agent)
    return client


@pytest.mark.parametrize("path", ["/", "/record/", "/dashboard/", "/parts/", "/form/?desk=1", "/form/?desk=1&errors=1"])
def test_staff_pages(desk, path):
    html = desk.get(path).content.decode()
    assert html.count("<h1") == 1
    assert html.count("<main") == 1
    for landmark in (
        'href="#main"',
        'id="palette"',
        'id="keys"',
        'id="toasts"',
        'aria-label="Main"',
        'data-go="d"',
        'data-create="i"',
    ):
        assert landmark in html


def test_portal_page(client, requester):
    gallery.fill()
    client.force_login(requester)
    html = client.get("/form/").content.decode()
    assert 'data-ui="portal"' in html
    assert 'aria-current="page">Home' in html
    assert 'id="palette"' not in html
    assert 'type="date"' in html
    assert 'aria-describedby="id_asset_helptext"' in html


def test_form_errors_are_wired(client, requester):
    client.force_login(requester)
    html = client.get("/form/?errors=1").content.decode()
    assert "<title>Error: Request a new laptop" in html
    assert '<a href="#id_asset">Asset tag of your current laptop: This field is required.</a>' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_asset_helptext id_asset_error"' in html


def test_preferences_reach_the_document(client, person):
    client.force_login(person("agent", theme="dark", density="compact", single_keys=False))
    head = client.get("/").content.decode()[:400]
    assert 'data-theme="dark" data-density="compact" data-single-keys="off"' in head


def test_the_frame_costs_few_queries(desk, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        desk.get("/")


def test_hostile_names_stay_text(client, person):
    client.force_login(person("agent", name="<script>alert(1)</script> X"))
    assert "<script>alert" not in client.get("/").content.decode()


def test_refusal_is_a_page_for_browsers_and_a_toast_for_htmx(desk):
    page = desk.post("/refuse/", {"text": "A long reply that nobody wants to write twice.", "password1": "x" * 40})
    assert page.status_code == 409
    assert "INC-3 is still open." in page.content.decode()
    assert "A long reply that nobody wants" in page.content.decode()
    assert "x" * 40 not in page.content.decode()
    toast = desk.get("/refuse/", headers=HTMX)
    assert (toast.status_code, toast["HX-Retarget"], toast["HX-Reswap"]) == (409, "#toasts", "beforeend")
    assert "<html" not in toast.content.decode()


def test_stale_is_409_and_shows_what_is_stored(desk):
    page = desk.get("/stale/")
    assert page.status_code == 409
    assert "<dt>Priority</dt><dd>P2</dd>" in page.content.decode()


def test_missing_page(desk):
    assert desk.get("/nothing/").status_code == 404
    assert "Search" in desk.get("/nothing/").content.decode()
    assert "toast" in desk.get("/nothing/", headers=HTMX).content.decode()


def test_server_error_never_asks_the_database(agent, django_assert_num_queries):
    client = Client(raise_request_exception=False)
    client.force_login(agent)
    response = client.get("/broken/")
    assert response.status_code == 500
    assert "Something broke on our side" in response.content.decode()
    from django.test import RequestFactory

    from itsm.ui.errors import server_error

    with django_assert_num_queries(0):
        assert server_error(RequestFactory().get("/")).status_code == 500
    assert client.get("/broken/", headers=HTMX).content == b""


def test_csrf_failure_is_explained_and_keeps_the_text(agent):
    client = Client(enforce_csrf_checks=True)
    client.force_login(agent)
    response = client.post("/said/", {"text": "Twenty characters and more."})
    assert response.status_code == 403
    assert "This form is too old" in response.content.decode()
    assert "Twenty characters and more." in response.content.decode()


def test_toast_for_htmx_travels_in_a_header_unless_the_page_changes(desk):
    response = desk.post("/undo/", headers=HTMX)
    assert response["HX-Refresh"] == "true"
    assert "HX-Trigger" not in response
    assert "Undone" in desk.get("/").content.decode()


def test_toast_on_the_next_page_offers_undo(desk):
    html = desk.get("/said/", follow=True).content.decode()
    assert "INC-20429 assigned to you" in html
    assert '<form method="post" action="/undo/">' in html


def test_toast_undo_never_leads_to_another_site():
    from itsm.ui.toasts import toast_parts

    class Message:
        level_tag, extra_tags = "success", "tone=green undo=//evil.example/"

        def __str__(self):
            return "Done"

    assert toast_parts(Message()) == ("Done", "green", "")


def test_ended_session_sends_htmx_to_the_sign_in_page(rf):
    from django.http import HttpResponseRedirect

    from itsm.ui.middleware import UiMiddleware

    request = rf.get("/x/", headers={**HTMX, "HX-Current-URL": "http://testserver/a/?b=1"})
    answer = UiMiddleware(lambda r: HttpResponseRedirect("/accounts/login/?next=/x/"))(request)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/accounts/login/?next=/a/%3Fb%3D1")


def test_htmx_helpers(rf):
    assert htmx.is_htmx(rf.get("/", headers=HTMX))
    assert not htmx.is_htmx(rf.get("/", headers={**HTMX, "HX-Boosted": "true"}))
    assert not htmx.is_htmx(rf.get("/", headers={**HTMX, "HX-History-Restore-Request": "true"}))
    response = htmx.redirect(rf.get("/", headers=HTMX), "/there/")
    assert (response.status_code, response["HX-Redirect"]) == (204, "/there/")
    assert htmx.redirect(rf.get("/"), "/there/").url == "/there/"
    htmx.trigger(htmx.trigger(response, "toast", {"text": "Ä"}), "saved")
    assert json.loads(response["HX-Trigger"]) == {"toast": {"text": "Ä"}, "saved": {}}
    assert htmx.oob("<b>", "x") == '<div hx-swap-oob="innerHTML:#x">&lt;b&gt;</div>'
    assert htmx.stop_polling(response).status_code == 286
    assert "HX-Request" in htmx.vary(response)["Vary"]


def test_theme_is_kept_and_the_way_back_stays_on_the_site(desk, agent):
    response = desk.post("/ui/theme/", {"theme": "dark", "next": "https://evil.example/"})
    agent.refresh_from_db()
    assert (agent.theme, response.url) == ("dark", "/")
    assert desk.post("/ui/theme/", {"theme": "x"}, headers=HTMX).status_code == 204
    agent.refresh_from_db()
    assert agent.theme == "dark"
    assert desk.get("/ui/theme/").status_code == 405
    assert Client().post("/ui/theme/", {"theme": "dark"}).status_code == 302


def test_links_keep_filters_and_drop_the_cursor(rf):
    from itsm.ui.links import url_with

    request = rf.get("/?state=new&state=open&cursor=abc&q=a%26b")
    assert url_with(request, sort="due") == "?state=new&state=open&q=a%26b&sort=due"
    assert url_with(request, cursor="d") == "?state=new&state=open&cursor=d&q=a%26b"
    assert url_with(request, state=None, q="") == "?"
    assert url_with(request, state=["x"]) == "?state=x&q=a%26b"


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/"])
def test_pages_before_sign_in(client, path):
    html = client.get(path).content.decode()
    assert 'class="signin alone"' in html
    assert html.count("<h1") == 1


def test_status_beside_the_sign_in(client):
    from itsm.ui import panels

    panels.register("signin", "status", "ui/_notice.html", lambda request, subject: {"title": "Card payments fail"})
    html = client.get("/accounts/login/").content.decode()
    assert "Card payments fail" in html
    assert 'class="signin"' in html


def test_wrong_password_is_said_once(client, db):
    html = client.post("/accounts/login/", {"login": "a@example.com", "password": "x"}).content.decode()
    assert html.count('role="alert"') == 1
    assert "<title>Error: Sign in" in html


@pytest.mark.parametrize("path", ["/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/"])
@pytest.mark.parametrize("roles", [["agent"], []])
def test_account_pages_in_both_shells(client, person, path, roles):
    client.force_login(person(*roles, password="x-Pass-9"))
    html = client.get(path).content.decode()
    assert ('id="palette"' in html) == bool(roles)
    assert html.count("<h1") == 1


def test_jinja_rows_use_the_same_components():
    from itsm.ui import components
    from itsm.ui.jinja import environment

    env = environment()
    assert env.from_string("{{ prio(1) }}{{ name }}").render(name="<b>") == components.prio(1) + "&lt;b&gt;"
    assert (
        env.from_string("{{ url('gallery-form') }}{{ _('Paused') }}{{ sla('paused') }}")
        .render()
        .startswith("/form/Paused<span")
    )
