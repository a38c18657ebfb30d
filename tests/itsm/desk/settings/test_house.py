import struct
import zlib

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from itsm.accounts.models import House, Logo
from itsm.accounts.roles import Role
from itsm.audit.models import Entry
from itsm.lib import house
from itsm.notifications.services import delivery, fan_out
from itsm.ui import shades
from itsm.workflow import conversation
from tests import factories
from tests.api import Api
from tests.pages import enter, problems, words

pytestmark = pytest.mark.django_db
BRANDING, TERMS = "/settings/branding/", "/settings/terms/"


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width=2, height=2) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + b"\x20\x40\x80" * 2 for _row in range(2)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path fill="#123456" d="M0 0h9v9z"/></svg>'


def upload(data: bytes, name="logo.png"):
    return SimpleUploadedFile(name, data)


# ---------- terms ----------


def test_a_kind_is_called_what_the_organisation_calls_it_everywhere(admin, filled, agent, requester, service):
    ticket = factories.incident(requester, service=service, title="No sound")
    sent = filled(admin, TERMS, one_incident="Störung", many_incident="Störungen", one_goal="Ziel", many_goal="Ziele")
    assert admin.post(TERMS, sent).status_code == 302
    browser = enter(agent)
    queue = words(browser.get("/queue/?kind=incident"))
    assert "Störungen" in queue
    assert "Incidents" not in queue
    assert "New Störung" in words(browser.get("/tickets/new/incident/"))
    assert "Störungen" in words(browser.get(f"/tickets/{ticket.number}/"))
    assert "Störung" in words(browser.get("/search/?q=sound"))
    assert "Ziele" in words(enter(factories.person("P", roles=("portfolio_manager",))).get("/strategy/goals/"))
    api = Api(agent)
    shown = api.get(f"incidents/{ticket.number}/").json()
    assert (shown["kind"], shown["kind_label"], shown["number"]) == ("incident", "Störung", f"INC-{ticket.pk}")
    assert api.get("tickets/").json()["results"][0]["kind_label"] == "Störung"


def test_terms_speak_in_mails(admin, filled, agent, requester, service):
    from itsm.notifications.models import NotificationTemplate

    admin.post(TERMS, filled(admin, TERMS, one_incident="Störung", many_incident="Störungen"))
    NotificationTemplate.objects.create(topic="reply", subject="{ticket.kind} {ticket.number}", body="Text")
    house.forget()
    ticket = factories.incident(requester, service=service, assignee=agent)
    conversation.reply(ticket, "Done", actor=agent, source="web")
    fan_out.run()
    delivery.run()
    assert f"Störung {ticket.number}" in [one.subject for one in mail.outbox]


def test_one_word_alone_and_a_word_twice_are_refused_at_their_field(admin, filled):
    sent = filled(admin, TERMS, one_incident="Ticket", one_problem="change", many_problem="Causes")
    response = admin.post(TERMS, sent)
    assert response.status_code == 422
    assert response.context["form"].errors == {
        "many_incident": ["Give both words, or none."],
        "one_problem": ["“change” is what another kind of ticket is called."],
    }
    assert not House.objects.exists()


@pytest.mark.parametrize("bad", ["x" * 41, "two\nlines", "hid\u200bden"])
def test_a_word_that_breaks_a_heading_is_refused(admin, filled, bad):
    response = admin.post(TERMS, filled(admin, TERMS, one_incident=bad, many_incident="Many"))
    assert response.status_code == 422
    assert next(iter(response.context["form"].errors)) == "one_incident"


def test_terms_are_recorded_and_taken_back(admin, filled, administrator):
    admin.post(TERMS, filled(admin, TERMS, one_change="Umbau", many_change="Umbauten"))
    assert "Umbauten" in words(admin.get("/changes/"))
    admin.post("/settings/terms/reset/")
    assert "Umbauten" not in words(admin.get("/changes/"))
    changes = [entry.changes for entry in Entry.objects.filter(object_type="accounts.house").order_by("id")]
    assert changes == [{"terms.change": ["", "Umbau / Umbauten"]}, {"terms.change": ["Umbau / Umbauten", ""]}]


def test_the_page_says_that_numbers_stay(admin):
    shown = words(admin.get(TERMS))
    assert "an incident is INC-1042 whatever it is called" in shown
    assert "INC-" in shown


def test_a_stale_page_of_terms_is_refused_once(admin, filled):
    mine = filled(admin, TERMS, one_change="A", many_change="As")
    admin.post(TERMS, filled(admin, TERMS, one_change="B", many_change="Bs"))
    assert admin.post(TERMS, mine).status_code == 409
    assert House.objects.get().terms == {"change": ["B", "Bs"]}


# ---------- branding ----------


def save(client, filled, **changes):
    answer = client.post(BRANDING, filled(client, BRANDING, **changes))
    # What happens on commit, which a test never reaches.
    house.forget()
    return answer


def test_the_name_is_in_title_navigation_portal_and_sign_in(admin, filled, agent, requester):
    assert save(admin, filled, product_name="Halden Help").status_code == 302
    for page in (enter(agent).get("/queue/"), enter(requester).get("/portal/"), Client().get("/accounts/login/")):
        assert " · Halden Help</title>" in page.content.decode()
        assert "Halden Help" in words(page)


def test_greeting_and_links_reach_the_portal(admin, filled, requester):
    save(
        admin, filled, greeting="Moin {name}!", help_url="help.example.com/x", privacy_url="https://example.com/privacy"
    )
    page = enter(requester).get("/portal/").content.decode()
    assert "Moin Rita!" in page
    assert 'href="https://help.example.com/x"' in page
    assert 'href="https://example.com/privacy"' in Client().get("/accounts/login/").content.decode()


def test_mails_carry_sender_footer_and_privacy(admin, filled, agent, requester, service):
    save(
        admin, filled, product_name="Halden Help", sender_name="Halden IT", mail_footer="Halden AS\nOslo",
        privacy_url="https://example.com/privacy",
    )  # fmt: skip
    ticket = factories.incident(requester, service=service, assignee=agent)
    conversation.reply(ticket, "Done", actor=agent, source="web")
    fan_out.run()
    delivery.run()
    sent = mail.outbox[-1]
    assert sent.from_email == '"Halden IT" <servicedesk@127.0.0.1>'
    assert "Halden Help" in sent.body
    assert "Halden AS\nOslo" in sent.body
    assert "https://example.com/privacy" in sent.body
    assert "Halden AS<br>Oslo" in sent.alternatives[0][0]


def test_a_mail_to_choose_a_password_is_the_organisations(admin, filled, requester):
    save(admin, filled, product_name="Halden Help", sender_name="Halden IT")
    admin.post(f"/settings/people/{requester.pk}/invite/")
    assert [(one.subject, one.from_email) for one in mail.outbox] == [
        ("[Halden Help] Your account for Halden Help", '"Halden IT" <servicedesk@127.0.0.1>')
    ]


def test_the_accent_is_a_style_sheet_that_changes_its_address(admin, filled, agent):
    plain = enter(agent).get("/queue/").content.decode()
    assert "/brand/" not in plain
    save(admin, filled, accent="#E2001A")
    page = enter(agent).get("/queue/").content.decode()
    assert 'href="/brand/1.css"' in page
    sheet = Client().get("/brand/1.css")
    assert sheet["Content-Type"].startswith("text/css")
    assert "immutable" in sheet["Cache-Control"]
    assert "--accent:light-dark(#e2001a,#e2001a)" in sheet.content.decode()
    assert Client().get("/brand/7.css")["Cache-Control"] == "no-cache"
    assert b'fill="#e2001a"' in Client().get("/brand/1.svg").content


@pytest.mark.parametrize("colour", ["#ffff00", "#000000", "#ffffff", "#00ff00", "#0000ff", "#777777", "#e2001a"])
def test_shades_of_any_colour_can_be_read(colour):
    made = shades.of(colour)
    for look, grounds in enumerate((shades.LIGHT, shades.DARK)):
        assert shades.contrast(made.accent[look], shades.WHITE) >= 4.5
        assert shades.contrast(made.hover[look], shades.WHITE) >= 4.5
        for ground in (*grounds, made.soft[look], made.selected[look]):
            assert shades.contrast(made.text[look], ground) >= 4.5
        assert all(shades.contrast(made.focus[look], ground) >= 3 for ground in grounds)


def test_contrast_is_what_wcag_says():
    assert round(shades.contrast("#ffffff", "#000000"), 2) == 21
    assert round(shades.contrast("#777777", "#ffffff"), 2) == 4.48


def test_the_preview_names_the_ratio_and_stores_nothing(admin, filled):
    response = admin.post(BRANDING, filled(admin, BRANDING, accent="#ffff00", preview="1"))
    assert response.status_code == 200
    shown = words(response)
    assert "#ffff00 has a contrast of 1.07 to 1 with white" in shown
    assert "adjusted" in shown
    assert 'href="/brand/preview.css?accent=ffff00"' in response.content.decode()
    assert ".brand-preview{--accent:" in Client().get("/brand/preview.css?accent=ffff00").content.decode()
    assert Client().get("/brand/preview.css?accent=};x").status_code == 404
    assert not House.objects.exists()


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("accent", "red"), ("accent", "#12345"), ("help_url", "javascript:alert(1)"), ("privacy_url", "ftp://x.example"),
        ("product_name", "x" * 61), ("product_name", "a\nb"), ("sender_name", "a\r\nBcc: x@example.com"),
        ("currency", "EURO"), ("currency", ""), ("mail_footer", "x" * 1001),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_at_its_field(admin, filled, field, bad):
    response = save(admin, filled, **{field: bad})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not House.objects.exists()


# ---------- the logo ----------


@pytest.mark.parametrize(("data", "kind"), [(png(), "image/png"), (SVG, "image/svg+xml")], ids=["png", "svg"])
def test_a_logo_is_shown_and_can_do_nothing_by_itself(admin, filled, data, kind):
    assert save(admin, filled, logo_file=upload(data)).status_code == 302
    page = Client().get("/accounts/login/").content.decode()
    address = page.split('<img class="logo big-logo" src="')[1].split('"')[0]
    assert f'<link rel="icon" href="{address}">' in page
    shown = Client().get(address)
    assert (shown.content, shown["Content-Type"]) == (data, kind)
    assert shown["Content-Security-Policy"].startswith("default-src 'none'")
    assert "sandbox" in shown["Content-Security-Policy"]
    assert shown["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"GIF89a", "This is neither a PNG nor an SVG file."),
        (png()[:-1], "The PNG file is damaged."),
        (png() + b"<script>", "The PNG file is damaged."),
        (png(2000, 2), "The picture has 2000 × 2 pixels; 1024 each way is the most."),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 300_000, "The file has 300 kB; 200 kB is the most."),
        (SVG.replace(b"<path", b"<script/><path"), "This SVG file is refused because it holds more than shapes"),
        (SVG.replace(b"<path", b'<path onload="x()"'), "This SVG file is refused because it holds more than shapes"),
        (SVG.replace(b"<path", b'<use href="https://x.example/#a"/><path'), "This SVG file is refused"),
        (SVG.replace(b"#123456", b"url(https://x.example/a)"), "This SVG file is refused"),
        (SVG.replace(b"<path", b"<foreignObject/><path"), "This SVG file is refused"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG, "This SVG file is refused"),
        (SVG[:-3], "The SVG file is damaged"),
        (b"<html><body/></html>", "This is neither a PNG nor an SVG file."),
    ],
    ids=("gif", "cut", "tail", "wide", "large", "script", "handler", "link", "load", "foreign", "dtd", "open", "html"),
)
def test_a_file_that_is_no_safe_picture_is_refused_with_the_reason(admin, filled, data, said):
    response = save(admin, filled, logo_file=upload(data))
    assert response.status_code == 422
    assert [one.startswith(said) for one in problems(response)] == [True]
    assert not Logo.objects.exists()


def test_a_logo_is_replaced_and_taken_away(admin, filled):
    save(admin, filled, logo_file=upload(png()))
    save(admin, filled, logo_file=upload(SVG))
    assert [one.content_type for one in Logo.objects.all()] == ["image/svg+xml"]
    save(admin, filled, drop_logo="on")
    assert not Logo.objects.exists()
    assert 'class="logo' not in Client().get("/accounts/login/").content.decode()


# ---------- whose it is, and how it spreads ----------


@pytest.mark.parametrize("url", [BRANDING, TERMS, "/settings/branding/reset/", "/settings/terms/reset/"])
def test_only_administrators_change_it(client, url, requester, agent, auditor):
    manager = factories.person("M", roles=(Role.SERVICE_LEVEL_MANAGER,))
    for person in (requester, agent, auditor, manager):
        client.force_login(person)
        assert client.post(url, {"product_name": "Mine", "currency": "EUR"}).status_code == 403
    assert not House.objects.exists()


def test_branding_is_recorded_field_by_field_and_reset(admin, filled, entries):
    save(admin, filled, product_name="One", accent="#123456")
    save(admin, filled, product_name="Two")
    admin.post("/settings/branding/reset/")
    row = House.objects.get()
    assert entries(row) == [
        ("created", {"product_name": ["", "One"], "accent": ["", "#123456"]}),
        ("changed", {"product_name": ["One", "Two"]}),
        ("changed", {"product_name": ["Two", ""], "accent": ["#123456", ""]}),
    ]
    assert row.version == 3
    assert " · Service desk</title>" in admin.get("/settings/branding/").content.decode()


def test_saving_the_same_again_records_nothing(admin, filled):
    save(admin, filled, product_name="One")
    save(admin, filled)
    assert House.objects.get().version == 1


def test_a_process_that_was_told_nothing_learns_with_the_next_session(admin, filled, agent, django_assert_num_queries):
    save(admin, filled, product_name="New name")
    browser = enter(agent)
    browser.get("/queue/")
    # As another process: it holds what was true before.
    house.hold(house.House())
    assert " · New name</title>" in browser.get("/queue/").content.decode()


def test_knowing_the_house_costs_no_query(admin, filled, agent):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    browser = enter(agent)

    def count() -> int:
        browser.get("/queue/")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            browser.get("/queue/")
        return len(asked)

    before = count()
    save(admin, filled, product_name="New name", accent="#123456", logo_file=upload(png()))
    assert count() == before


def test_who_reads_no_session_looks_again_after_a_while(admin, filled, monkeypatch):
    save(admin, filled, product_name="New name")
    house.hold(house.House())
    monkeypatch.setattr(house, "_looked_at", house._looked_at - house.MAX_AGE - 1)
    assert " · New name</title>" in Client().get("/accounts/login/").content.decode()


# ---------- the currency of the house ----------


def test_the_currency_is_what_amounts_are_shown_and_begun_in(admin, filled):
    assert save(admin, filled, currency="chf").status_code == 302
    finance = enter(factories.person("Finn", roles=("finance_manager",)))
    form = finance.get("/strategy/cost-items/new/").context["form"]
    assert form["currency"].value() == "CHF"
    sent = {
        "title": "Licence", "service": factories.ServiceFactory().pk, "kind": "software", "expenditure": "opex",
        "recurrence": "monthly", "amount": "1234.50", "currency": "CHF", "rate": "2", "starts_on": "2026-03-01",
        "spread_months": "1",
    }  # fmt: skip
    assert problems(finance.post("/strategy/cost-items/new/", sent)) == ["The books are in CHF: its rate is 1."]
    page = words(finance.post("/strategy/cost-items/new/", sent | {"rate": "1"}, follow=True))
    assert "CHF\u00a01,234.50" in page or "CHF 1,234.50" in page
    other = words(finance.post("/strategy/cost-items/new/", sent | {"currency": "EUR", "rate": "0.9"}, follow=True))
    assert "€1,234.50" in other
    assert "In CHF CHF 1,111.05" in " ".join(other.split())


def test_the_currency_stays_while_amounts_are_stored_in_it(admin, filled, administrator, agent):
    agent.hourly_rate = 60
    agent.save()
    response = save(admin, filled, currency="USD", product_name="Halden Help")
    assert response.status_code == 422
    assert problems(response) == [
        "The currency stays: amounts are stored in it and would not be converted. There are: hourly rates (1)."
    ]
    assert not House.objects.exists()
    agent.hourly_rate = None
    agent.save()
    assert save(admin, filled, currency="USD").status_code == 302
    assert House.objects.get().currency == "USD"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("EUS", "There is no currency of this code."),
        ("KWD", "Amounts are kept to the hundredth; this currency has thousandths."),
    ],
)
def test_a_currency_that_cannot_be_kept_is_refused(admin, filled, code, said):
    assert problems(save(admin, filled, currency=code)) == [said]
