"""Nothing of a ticket reaches whoever may not see it: every list, detail and part, as every kind of stranger."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile

from itsm.approvals import services as approvals
from itsm.sla.models import Clock
from itsm.tickets.models import Attachment, TicketLink
from itsm.tickets.services import timeline
from itsm.workflow import conversation, work
from operation.services import outages
from tests import factories
from tests.api import Api, problem

pytestmark = pytest.mark.django_db
SECRET = "Dismissal of"


@pytest.fixture
def restricted(requester, agent, engineers, engineer, service):
    """An incident of the engineers alone, with everything on it that a ticket can have."""
    factories.cover(factories.support_level(first_response=60, resolution=480), service)
    made = factories.incident(requester, title=f"{SECRET} Mallory", description=SECRET, service=service)
    conversation.note(made, f"{SECRET} note", actor=engineer, source="web")
    work.add_task(made, f"{SECRET} task", actor=engineer, source="web")
    work.log_work(made, 5, actor=engineer, source="web", note=SECRET)
    entry = timeline.write(made, "attachment", actor=engineer, source="web")
    Attachment.objects.create(
        ticket_id=made.pk, entry=entry, name=f"{SECRET}.txt", size=1, content_type="text/plain", sha256="0" * 64,
        public=False, added_by=engineer, file=ContentFile(b"x", name="x"),
    )  # fmt: skip
    approvals.open_round(made, [engineer], actor=engineer, source="web", label=f"{SECRET} approval", verb="resolve")
    other = factories.incident(requester, title="Known to all", service=service)
    TicketLink.objects.create(source_id=other.pk, target_id=made.pk, kind="related_to", created_by=engineer)
    made.refresh_from_db()
    made.team = made.restricted_to = engineers
    made.save()
    return made


PARTS = [
    "", "transitions/", "timeline/", "attachments/", "links/", "worklogs/", "tasks/", "watchers/", "sla/", "audit/",
]  # fmt: skip
LISTS = [
    "incidents/", "tickets/", "incidents/?q=Dismissal", "tickets/?q=Dismissal", "sla-clocks/", "approvals/", "events/",
    "incidents/?is_major=false&ordering=-title", "tickets/?page_size=200",
]  # fmt: skip


@pytest.mark.parametrize("who", ["agent", "outsider", "colleague", "incident_manager", "administrator", "auditor"])
def test_strangers_find_nothing_of_a_restricted_ticket(who, request, restricted):
    api = Api(request.getfixturevalue(who))
    file = restricted.attachments.get()
    task = restricted.tasks.get()
    for name in (restricted.number, str(restricted.pk)):
        for collection in ("incidents", "tickets"):
            for part in (*PARTS, f"attachments/{file.pk}/"):
                response = api.get(f"{collection}/{name}/{part}")
                problem(response, 404, "not_found")
                assert SECRET not in response.content.decode()
    path = f"incidents/{restricted.number}/"
    before = restricted.version
    for response in (
        api.patch(path, {"title": "Mine now"}),
        api.post(f"{path}transitions/start/"),
        api.post(f"{path}timeline/", {"body": "x"}),
        api.post(f"{path}links/", {"kind": "related_to", "target": restricted.number}),
        api.post(f"{path}worklogs/", {"minutes": 1}),
        api.post(f"{path}tasks/", {"title": "x"}),
        api.post(f"{path}watchers/", {"user": "me"}),
        api.patch(f"{path}tasks/{task.pk}/", {"state": "done"}),
        api.delete(f"{path}watchers/1/"),
    ):
        problem(response, 404, "not_found")
    restricted.refresh_from_db()
    assert (restricted.version, restricted.title) == (before, f"{SECRET} Mallory")
    for path in LISTS:
        response = api.get(path)
        assert response.status_code == 200, (path, response.content)
        assert SECRET not in response.content.decode(), path
        assert restricted.number not in response.content.decode(), path
    assert Clock.objects.filter(ticket=restricted.pk).exists()


def test_the_other_side_of_a_link_stays_unmentioned(agent, engineer, restricted):
    other = restricted.links_to.get().source
    assert Api(agent).get(f"incidents/{other.number}/links/").json() == {"results": []}
    link = restricted.links_to.get()
    problem(Api(agent).delete(f"incidents/{other.number}/links/{link.pk}/"), 404)
    assert len(Api(engineer).get(f"incidents/{other.number}/links/").json()["results"]) == 1
    named = Api(agent).post(f"incidents/{other.number}/links/", {"kind": "related_to", "target": restricted.number})
    missing = Api(agent).post(f"incidents/{other.number}/links/", {"kind": "related_to", "target": "INC-999999"})
    assert set(problem(named, 422)["errors"]) == {"target"}
    assert problem(named, 422)["detail"].replace(restricted.number, "INC-999999") == problem(missing, 422)["detail"]


def test_an_outage_does_not_name_a_restricted_incident_to_strangers(agent, restricted, service):
    answer = Api(agent).post("outages/", {"title": "x", "services": ["email"], "incident": restricted.number})
    assert set(problem(answer, 422)["errors"]) == {"incident"}


def test_the_team_sees_all_of_it(engineer, restricted):
    api = Api(engineer)
    for collection in ("incidents", "tickets"):
        for part in PARTS:
            assert api.get(f"{collection}/{restricted.number}/{part}").status_code == 200, part
    assert len(api.get("approvals/?awaiting=me").json()["results"]) == 1
    assert api.get("incidents/?q=Dismissal").json()["results"][0]["number"] == restricted.number


def test_requesters_read_their_ticket_without_what_is_inside(requester, engineer, restricted):
    api = Api(requester)
    path = f"incidents/{restricted.number}/"
    seen = api.get(path).json()
    assert not {"priority_reason", "is_vip", "restricted_to", "transfer_count"} & set(seen)
    assert seen["opened_by"] == {"id": requester.pk, "name": "Rita Requester", "email": requester.email}
    entries = api.get(f"{path}timeline/").json()["results"]
    assert [(entry["kind"], set(entry["data"])) for entry in entries] == [("transition", {"verb", "state", "channel"})]
    assert api.get(f"{path}attachments/").json()["results"] == []
    problem(api.get(f"{path}attachments/{restricted.attachments.get().pk}/"), 404)
    for part in ("tasks/", "worklogs/", "audit/"):
        problem(api.get(path + part), 403)
    for part in ("tasks/", "worklogs/"):
        problem(api.post(path + part, {"title": "x", "minutes": 1}), 403)
    problem(api.post(f"{path}timeline/", {"kind": "note", "body": "x"}), 403, "denied")
    problem(api.patch(path, {"title": "x"}), 403, "denied")
    assert {clock["metric"] for clock in api.get(f"{path}sla/").json()["results"]} <= {
        "first_response", "resolution", "update",
    }  # fmt: skip
    assert "note" not in {event["type"].partition(".")[2] for event in api.get("events/").json()["results"]}


def test_an_agent_reads_his_own_restricted_ticket_as_a_requester(agent, engineer, engineers, service):
    made = factories.incident(agent, title="About me", service=service)
    conversation.note(made, "Careful", actor=engineer, source="web")
    made.refresh_from_db()
    made.restricted_to = engineers
    made.save()
    api = Api(agent)
    assert "Careful" not in api.get(f"incidents/{made.number}/timeline/").content.decode()
    problem(api.get(f"incidents/{made.number}/worklogs/"), 403)
    assert "Careful" in Api(engineer).get(f"incidents/{made.number}/timeline/").content.decode()


@pytest.mark.parametrize("who", ["outsider", "colleague"])
def test_strangers_find_nothing_of_an_ordinary_ticket(who, request, incident):
    api = Api(request.getfixturevalue(who))
    for part in PARTS:
        problem(api.get(f"incidents/{incident.number}/{part}"), 404)
    for path in LISTS:
        assert incident.number not in api.get(path).content.decode()


def test_the_prefix_has_to_be_the_tickets_own(agent, incident):
    api = Api(agent)
    assert api.get(f"incidents/inc-{incident.pk}/").status_code == 200
    assert api.get(f"incidents/{incident.pk}/").status_code == 200
    for name in (f"REQ-{incident.pk}", f"PRB-{incident.pk}", "INC-0", "INC-", "x", f"INC-{2**70}", "%00", "INC-1%2f"):
        problem(api.get(f"incidents/{name}/"), 404)


# Reference data and people


def test_requesters_see_of_people_only_themselves(requester, agent, colleague, organisation, outsider):
    api = Api(requester)
    assert [row["email"] for row in api.get("users/").json()["results"]] == [requester.email]
    problem(api.get(f"users/{colleague.pk}/"), 404)
    problem(api.get(f"users/{agent.email}/"), 404)
    assert [row["name"] for row in api.get("organisations/").json()["results"]] == ["Halden"]
    problem(api.get(f"organisations/{outsider.organisation_id}/"), 404)
    for path in (
        "teams/",
        "hold-reasons/",
        "canned-replies/",
        "calendars/",
        "support-levels/",
        "targets/",
        "coverage/",
    ):
        problem(api.get(path), 403, "denied")


def test_addresses_of_others_are_for_the_desk(requester, agent, incident):
    from operation.services import incidents

    incidents.start(incident, actor=agent, source="web")
    mine = Api(requester).get(f"incidents/{incident.number}/").json()
    assert (mine["assignee"], "email" in mine["requester"]) == ({"id": agent.pk, "name": "Anna Agent"}, True)
    row = Api(requester).get("incidents/").json()["results"][0]
    assert row["assignee"] == {"id": agent.pk, "name": "Anna Agent"}
    assert Api(agent).get("incidents/").json()["results"][0]["requester"]["email"] == requester.email


def test_requesters_name_only_their_own_people(requester, colleague, outsider, incident):
    api = Api(requester)
    path = f"incidents/{incident.number}/watchers/"
    assert api.post(path, {"user": colleague.email}).status_code == 201
    named, missing = api.post(path, {"user": outsider.email}), api.post(path, {"user": "nobody@example.com"})
    assert set(problem(named, 422)["errors"]) == set(problem(missing, 422)["errors"]) == {"user"}
    assert outsider.name not in named.content.decode()
    assert api.get(path).json()["results"][0]["user"] == {"id": colleague.pk, "name": "Carl Colleague"}


def test_requesters_see_services_and_outages_of_their_portal(requester, agent, service):
    hidden = factories.ServiceFactory(name="Secret service", status="proposed")
    outages.announce(actor=agent, source="web", services=[hidden], title="Hidden outage")
    outages.announce(actor=agent, source="web", services=[service], title="Mail is slow")
    api = Api(requester)
    assert [row["name"] for row in api.get("services/").json()["results"]] == ["Email"]
    problem(api.get(f"services/{hidden.slug}/"), 404)
    shown = api.get("outages/").json()["results"]
    assert [(row["title"], "created_by" in row) for row in shown] == [("Mail is slow", False)]
    assert set(problem(api.post("incidents/", {"title": "x", "service": hidden.slug}), 422)["errors"]) == {"service"}
    problem(api.post("outages/", {"title": "x", "services": ["email"]}), 403)


def test_addresses_and_names_cannot_be_tried_out(requester, agent, incident, service):
    """What exists and what does not answer alike to somebody who may name neither."""
    api = Api(requester)
    hidden = factories.ServiceFactory(slug="hidden", status="proposed")
    for path, key, exists in (
        ("incidents/", "assignee", agent.email),
        ("incidents/", "team", "Service desk"),
        ("incidents/", "service", hidden.slug),
        (f"incidents/{incident.number}/transitions/assign/", "assignee", agent.email),
        (f"incidents/{incident.number}/transitions/assign/", "team", "Service desk"),
        (f"incidents/{incident.number}/watchers/", "user", agent.email),
        ("outages/", "services", [hidden.slug]),
        ("articles/", "service", hidden.slug),
    ):
        missing = ["zzz"] if isinstance(exists, list) else ("nobody@example.com" if "@" in exists else "zzz")
        answers = [api.post(path, {"title": "x", key: value}) for value in (exists, missing)]
        assert answers[0].status_code == answers[1].status_code in (403, 422), (path, key)
        texts = [
            answer.content.decode().replace(str(value).strip("[']"), "") for answer, value in zip(
                answers, (exists, missing), strict=True
            )
        ]  # fmt: skip
        shorn = [text[: text.find('"request_id"')] for text in texts]
        assert shorn[0] == shorn[1], (path, key)


def test_options_are_not_described_twice(agent):
    problem(Api(agent).http.options("/api/v1/incidents/"), 405)
