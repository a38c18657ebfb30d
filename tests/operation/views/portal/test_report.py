"""Reporting a problem on the portal: forms, questions, known answers, bad input."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from itsm.tickets.models import CustomField, Ticket
from operation.models import Incident
from operation.services import incidents, outages
from tests import factories
from tests.pages import enter, problems, words
from transition.services import articles

pytestmark = pytest.mark.django_db

QUESTIONS = {
    "type": "object",
    "properties": {
        "printer": {"type": "string", "title": "Which printer?", "maxLength": 20, "pattern": "^PR-"},
        "what": {"type": "string", "title": "What does it do?", "enum": ["Paper jam", "Nothing", "Stripes"]},
        "pages": {"type": "integer", "minimum": 1},
        "others": {"type": "boolean", "title": "Do others have it?"},
        "since": {"type": "string", "format": "date"},
    },
    "required": ["printer", "what"],
}


def form(**fields):
    return {
        "title": "Cannot print",
        "service": "",
        "impact": "2",
        "urgency": "1",
        "description": "Since nine.",
        **fields,
    }


@pytest.fixture
def offering(service):
    return factories.OfferingFactory(
        service=service, slug="printer", name="Printer does not work", kind="report", request_form=QUESTIONS
    )


@pytest.fixture
def client(requester):
    return enter(requester)


def test_report_becomes_an_incident_and_says_what_happens(client, requester, service):
    factories.cover(factories.support_level(first_response=60, resolution=480), service)
    files = [SimpleUploadedFile("log.txt", b"paper jam")]
    answer = client.post("/portal/report/", form(service="email", files=files))
    incident = Incident.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/portal/tickets/{incident.number}/sent/")
    assert (incident.title, incident.requester, incident.channel) == ("Cannot print", requester, "portal")
    assert (incident.impact, incident.urgency, incident.priority, incident.service) == (2, 1, 2, service)
    assert [(file.name, file.public) for file in incident.attachments.all()] == [("log.txt", True)]
    page = words(client.get(answer["Location"]))
    assert incident.number in page
    assert "Answer by" in page
    assert "Solution by" in page


def test_without_agreed_times_the_page_says_so(client):
    client.post("/portal/report/", form())
    assert "No fixed time is agreed" in words(client.get(f"/portal/tickets/{Incident.objects.get().number}/sent/"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"title": ""}, "Say in a few words what does not work."),
        ({"title": "   "}, "Say in a few words what does not work."),
        ({"title": "x" * 10_000}, "Ensure this value has at most 200 characters (it has 10000)."),
        ({"impact": "9"}, "Select a valid choice. 9 is not one of the available choices."),
        ({"urgency": ""}, "Say how much it holds you up."),
        ({"service": "nonsense"}, "Select a valid choice. That choice is not one of the available choices."),
        ({"description": "x" * 20_001}, "Ensure this value has at most 20000 characters (it has 20001)."),
        ({"title": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_bad_input_is_said_at_the_field_and_nothing_is_created(fields, message, client):
    page = client.post("/portal/report/", form(**fields))
    assert (page.status_code, problems(page), Ticket.objects.count()) == (422, [message], 0)
    text = page.content.decode()
    assert 'class="error-summary" role="alert"' in text
    assert "<title>Error:" in text
    assert "Since nine." in text or "description" in fields


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("virus.exe", b"MZ\x90", "“virus.exe”: programs are not accepted."),
        ("photo.png", b"MZ\x90 a program", "“photo.png” is a program, whatever its name says."),
        ("photo.png", b"not a picture", "“photo.png” is not what its name says."),
        ("empty.txt", b"", "The submitted file is empty."),
    ],
)
def test_disguised_files_are_refused_at_the_field(name, content, message, client):
    page = client.post("/portal/report/", form(files=[SimpleUploadedFile(name, content)]))
    assert page.status_code == 422
    assert problems(page)[0] in (message, "“empty.txt” is empty.")
    assert "Choose your files again" in words(page)
    assert Ticket.objects.count() == 0


def test_oversized_and_too_many_files(client, settings):
    settings.ATTACHMENT_MAX_BYTES, settings.ATTACHMENT_MAX_COUNT = 2_000_000, 2
    page = client.post("/portal/report/", form(files=[SimpleUploadedFile("big.txt", b"x" * 2_000_001)]))
    assert problems(page) == ["“big.txt” is larger than 2 MB."]
    page = client.post("/portal/report/", form(files=[SimpleUploadedFile(f"{n}.txt", b"x") for n in range(3)]))
    assert problems(page) == ["At most 2 files at a time."]
    assert Ticket.objects.count() == 0


def test_other_error_says_that_files_are_lost(client):
    page = client.post("/portal/report/", form(title="", files=[SimpleUploadedFile("log.txt", b"x")]))
    assert "Choose your files again" in words(page)


def test_html_and_script_stay_text(client, requester):
    client.post("/portal/report/", form(
        title="<script>alert(1)</script>", description="<img src=x onerror=alert(1)> [x](javascript:alert(1))",
    ))  # fmt: skip
    number = Incident.objects.get().number
    for path in ("/portal/", f"/portal/tickets/{number}/", f"/portal/tickets/{number}/sent/", "/portal/tickets/"):
        text = client.get(path).content.decode()
        assert "<script>alert" not in text
        assert "<img" not in text
        assert 'href="javascript' not in text


# ---------- offerings ----------


def test_questions_become_plain_fields_and_readable_answers(client, offering, service):
    page = words(client.get("/portal/offerings/printer/"))
    assert "Which printer?" in page
    assert "Do others have it?" in page
    answer = client.post("/portal/offerings/printer/", form(
        q_printer="PR-204", q_what="Paper jam", q_pages="3", q_others="True", q_since="2026-01-02",
    ))  # fmt: skip
    assert answer.status_code == 302
    incident = Incident.objects.get()
    assert (incident.offering, incident.service) == (offering, service)
    assert incident.description == (
        "**Which printer?**: PR-204\n**What does it do?**: Paper jam\n**Pages**: 3\n**Do others have it?**: Yes\n"
        "**Since**: 2026-01-02\n\nSince nine."
    )


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"q_what": "Paper jam"}, "id_q_printer"),
        ({"q_printer": "204", "q_what": "Paper jam"}, "id_q_printer"),
        ({"q_printer": "PR-" + "9" * 30, "q_what": "Paper jam"}, "id_q_printer"),
        ({"q_printer": "PR-1", "q_what": "Explodes"}, "id_q_what"),
        ({"q_printer": "PR-1", "q_what": "Paper jam", "q_pages": "0"}, "id_q_pages"),
        ({"q_printer": "PR-1", "q_what": "Paper jam", "q_since": "yesterday"}, "id_q_since"),
    ],
)
def test_wrong_answers_are_said_at_their_question(answers, field, client, offering):
    page = client.post("/portal/offerings/printer/", form(**answers))
    assert page.status_code == 422
    assert f'href="#{field}"' in page.content.decode()
    assert len(problems(page)) == 1
    assert Ticket.objects.count() == 0


def test_markdown_in_an_answer_stays_what_was_typed(client, offering):
    client.post("/portal/offerings/printer/", form(q_printer="PR-*1*", q_what="Paper jam"))
    number = Incident.objects.get().number
    assert "PR-*1*" in words(client.get(f"/portal/tickets/{number}/"))


def test_custom_fields_asked_on_the_portal(client):
    CustomField.objects.create(code="asset", label="Asset tag", required=True, on_portal=True)
    CustomField.objects.create(code="secret", label="Internal cause", required=True)
    page = client.post("/portal/report/", form())
    assert (problems(page), Ticket.objects.count()) == (["This field is required."], 0)
    assert "Internal cause" not in words(page)
    assert client.post("/portal/report/", form(c_asset="HL-1")).status_code == 302
    assert Incident.objects.get().custom == {"asset": "HL-1"}


def test_offerings_of_others_are_not_there(client, outsider, offering, service, organisation):
    factories.OfferingFactory(service=service, slug="mailbox", name="New mailbox", kind="request")
    assert client.get("/portal/offerings/mailbox/").status_code == 200
    assert "New mailbox" in words(client.get("/portal/catalogue/"))
    for one in service.offerings.all():
        one.entitled.add(organisation)
    assert client.get("/portal/offerings/printer/").status_code == 200
    stranger = enter(outsider)
    assert stranger.get("/portal/offerings/printer/").status_code == 404
    assert stranger.post("/portal/offerings/printer/", form(q_printer="PR-1", q_what="Nothing")).status_code == 404
    for path in ("/portal/", "/portal/catalogue/", "/portal/search/?q=printer", "/portal/report/"):
        assert "Printer does not work" not in words(stranger.get(path))
    assert stranger.get("/services/email/").status_code == 404
    assert Ticket.objects.count() == 0


# ---------- known answers ----------


def test_known_answers_without_script_create_nothing(client, requester, agent, service):
    draft = articles.write(
        actor=agent,
        source="web",
        title="Mail does not arrive",
        summary="Look into spam.",
        body="x",
        audience="everybody",
    )
    secret = articles.write(
        actor=agent, source="web", title="Mail relay secrets", summary="Root login.", body="x", audience="desk"
    )
    manager = factories.person("Kim", roles=("knowledge_manager",))
    for one in (draft, secret):
        articles.publish(one, actor=manager, source="web")
    outages.announce(actor=agent, source="web", services=[service], title="Mail relay is down")
    factories.incident(requester, title="Mail is slow", service=service)
    page = client.post("/portal/report/", form(title="Mail does not work", service="email", check="1"))
    shown = words(page)
    assert page.status_code == 200
    assert "Mail does not arrive" in shown
    assert "Mail relay is down" in shown
    assert "Mail is slow" in shown
    assert "Mail relay secrets" not in shown
    assert "Since nine." in page.content.decode()
    assert problems(page) == []
    assert Ticket.objects.count() == 1
    fragment = words(client.get("/portal/report/known/?title=mail&service=email"))
    assert "Mail does not arrive" in fragment
    assert "Mail relay secrets" not in fragment


def test_tickets_of_others_are_never_suggested(client, colleague, outsider, requester):
    factories.incident(colleague, title="Mail is slow for Carl")
    factories.incident(outsider, title="Mail is slow for Otto")
    assert "Mail is slow" not in words(client.get("/portal/report/known/?title=mail slow"))
    requester.sees_organisation = True
    requester.save()
    shown = words(client.get("/portal/report/known/?title=mail slow"))
    assert "Mail is slow for Carl" in shown
    assert "Otto" not in shown


def test_me_too_on_an_outage_opens_a_linked_child_once(client, incident, agent, colleague):
    outage = outages.announce_from(incident, actor=agent, source="web", title="Mail is down for many")
    other = enter(colleague)
    answer = other.post("/portal/report/me-too/", {"outage": outage.pk, "description": "Floor 2"})
    child = Incident.objects.get(requester=colleague)
    assert answer["Location"] == f"/portal/tickets/{child.number}/sent/"
    assert (child.title, child.description) == ("Mail is down for many", "Floor 2")
    assert [(link.kind, link.target_id) for link in child.links_from.all()] == [("child_of", incident.pk)]
    other.post("/portal/report/me-too/", {"outage": outage.pk})
    assert Incident.objects.filter(requester=colleague).count() == 1
    taken = incidents.start(incident, actor=agent, source="web")
    incidents.resolve(taken, actor=agent, source="web", code="fixed", note="Restarted")
    assert Incident.objects.get(requester=colleague).state == "resolved"


def test_me_too_on_an_outage_without_incident(client, agent, service, requester):
    outage = outages.announce(actor=agent, source="web", services=[service], title="Mail is down")
    for _twice in range(2):
        client.post("/portal/report/me-too/", {"outage": outage.pk})
    assert [(one.title, one.service) for one in Incident.objects.all()] == [("Mail is down", service)]
    outages.perform(outage, "end", actor=agent, source="web")
    assert client.post("/portal/report/me-too/", {"outage": outage.pk}).status_code == 409


def test_me_too_on_a_major_incident_does_not_tell_its_title(client, colleague, incident_manager, service, requester):
    major = factories.incident(colleague, title="Otto deleted the mail server", service=service)
    incidents.declare_major(major, actor=incident_manager, source="web", summary="Known")
    page = words(client.get("/portal/report/known/?title=email"))
    assert "serious problem with Email" in page
    assert "Otto" not in page
    client.post("/portal/report/me-too/", {"major": major.number})
    child = Incident.objects.get(requester=requester)
    assert (child.title, child.links_from.get().target_id) == ("Also affected: Email", major.pk)


@pytest.mark.parametrize("given", [{}, {"outage": "x"}, {"outage": "9" * 30}, {"major": "INC-1"}, {"major": "'--"}])
def test_me_too_on_nothing(given, client, incident):
    assert client.post("/portal/report/me-too/", given).status_code == 404
    assert Incident.objects.count() == 1


def test_me_too_on_an_outage_of_a_service_that_is_not_offered(outsider, agent, service, organisation):
    factories.OfferingFactory(service=service, kind="report").entitled.add(organisation)
    outage = outages.announce(actor=agent, source="web", services=[service], title="Mail is down")
    assert enter(outsider).post("/portal/report/me-too/", {"outage": outage.pk}).status_code == 404
