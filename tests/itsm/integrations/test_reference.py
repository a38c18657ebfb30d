"""Reference data: read by whom it concerns, written by its roles, audited, refused while it is in use."""

from __future__ import annotations

import pytest

from itsm.accounts.models import Team, User
from itsm.audit.models import Entry
from itsm.catalogue.models import Service
from itsm.sla.models import CalendarVersion, Recalculation, SupportLevel, Target, WorkCalendar
from itsm.tickets.models import TicketCategory
from tests import factories
from tests.api import Api, problem

pytestmark = pytest.mark.django_db

#: Collection -> what makes a row, a change, and the value to look for after it.
ROWS = {
    "organisations": ({"name": "Nova", "cost_centre_code": "C1"}, {"name": "Nova Ltd"}),
    "teams": ({"name": "Network", "tier": "second"}, {"description": "Cables"}),
    "users": ({"email": "New.Person@Example.com", "name": "New Person"}, {"job_title": "Clerk"}),
    "services": ({"name": "Chat", "slug": "chat"}, {"criticality": 1}),
    "offerings": ({"service": "email", "name": "Mailbox", "slug": "mailbox"}, {"price": "12.50"}),
    "categories": ({"name": "Hardware"}, {"is_active": False}),
    "hold-reasons": ({"code": "parts", "label": "Parts"}, {"label": "Spare parts"}),
    "custom-fields": ({"code": "room", "label": "Room"}, {"hint": "Such as 4.11"}),
    "canned-replies": ({"name": "Hello", "body": "Hello {requester}"}, {"body": "Hi"}),
    "calendars": ({"name": "Late", "weekly": {"0": [["12:00", "20:00"]]}}, {"timezone": "Europe/Berlin"}),
    "support-levels": ({"name": "Gold", "pause_reasons": ["requester"]}, {"rank": 1}),
    "coverage": ({"service": "email"}, {"valid_from": "2030-01-01"}),
}


@pytest.mark.parametrize("collection", ROWS)
def test_a_row_is_made_read_changed_and_deleted(administrator, service, collection):
    api = Api(administrator)
    data, change = ROWS[collection]
    made = api.post(f"{collection}/", data)
    assert made.status_code == 201, made.content
    path = made["Location"]
    read = api.get(path)
    assert (read.json(), read["ETag"]) == (made.json(), made["ETag"])
    assert read.json()["id"] in [row["id"] for row in api.get(f"{collection}/?page_size=200").json()["results"]]
    changed = api.patch(path, change, If_Match=read["ETag"])
    assert changed.status_code == 200, changed.content
    assert changed.json().items() >= change.items()
    assert changed["ETag"] != read["ETag"]
    problem(api.patch(path, change, If_Match=read["ETag"]), 412, "stale")
    assert api.get(path, If_None_Match=changed["ETag"]).status_code == 304
    entries = Entry.objects.filter(object_id=made.json()["id"]).exclude(object_type="integrations.apitoken")
    assert entries.values_list("action", "source", "actor")[0] == ("created", "api", administrator.pk)
    assert "changed" in entries.values_list("action", flat=True)
    gone = api.delete(path)
    if collection in ("users", "calendars"):
        # History names people; a calendar keeps the editions that clocks were read by.
        problem(gone, 405 if collection == "users" else 409)
    else:
        assert gone.status_code == 204, gone.content
        problem(api.get(path), 404)
        assert entries.filter(action="deleted").exists()


@pytest.mark.parametrize("collection", [*ROWS, "targets"])
@pytest.mark.parametrize("who", ["agent", "requester", "auditor"])
def test_nobody_else_writes(request, administrator, service, collection, who):
    api = Api(request.getfixturevalue(who))
    data, change = ROWS.get(collection, ({}, {}))
    before = Entry.objects.count()
    problem(api.post(f"{collection}/", data), 403, "denied")
    if collection != "targets":
        path = Api(administrator).post(f"{collection}/", data)["Location"]
        before = Entry.objects.count()
        for response in (api.patch(path, change), api.delete(path)):
            # Who may not even read it gets 404; people are never deleted.
            assert response.status_code in (403, 404, 405), response.content
    assert Entry.objects.count() == before


@pytest.mark.parametrize("collection", ROWS)
def test_unknown_and_read_only_fields_are_refused(administrator, service, collection):
    data, _change = ROWS[collection]
    body = problem(Api(administrator).post(f"{collection}/", {**data, "id": 7, "colour": "red"}), 422)
    assert set(body["errors"]) == {"id", "colour"}


@pytest.mark.parametrize(
    ("collection", "data", "fields"),
    [
        ("organisations", {"name": "Halden"}, {"name"}),
        ("organisations", {"name": ""}, {"name"}),
        ("organisations", {"name": "x" * 121}, {"name"}),
        ("organisations", {"name": "New", "parent": "Nowhere"}, {"parent"}),
        ("teams", {"name": "New", "tier": "ninth"}, {"tier"}),
        ("teams", {"name": "New", "members": [{"user": "nobody@example.com"}]}, {"members.0.user"}),
        ("teams", {"name": "New", "members": [{"user": "me"}, {"user": "me"}]}, {"members"}),
        ("users", {"email": "not an address", "name": "x"}, {"email"}),
        ("users", {"email": "a@example.com", "name": "x", "roles": ["king"]}, {"roles.0"}),
        ("users", {"email": "a@example.com", "name": "x", "timezone": "Moon/Base"}, {"timezone"}),
        ("users", {"email": "a@example.com", "name": "x", "is_superuser": True}, {"is_superuser"}),
        ("users", {"email": "a@example.com", "name": "x", "password": "secret"}, {"password"}),
        ("services", {"name": "x", "slug": "a b"}, {"slug"}),
        ("services", {"name": "x", "slug": "x", "criticality": 9}, {"criticality"}),
        ("services", {"name": "x", "slug": "x", "status": "live"}, {"status"}),
        ("offerings", {"service": "email", "name": "x", "slug": "x", "price": -1}, {"non_field_errors"}),
        ("offerings", {"service": "email", "name": "x", "slug": "x", "request_form": {"type": "x"}}, {"request_form"}),
        ("categories", {"name": "x", "kind": "dragon"}, {"kind"}),
        ("hold-reasons", {"code": "Bad Code", "label": "x"}, {"code"}),
        ("custom-fields", {"code": "x", "label": "x", "type": "choice"}, {"choices"}),
        ("calendars", {"name": "x", "weekly": {}}, {"weekly"}),
        ("calendars", {"name": "x", "weekly": {"0": [["18:00", "25:00"]]}}, {"weekly"}),
        ("calendars", {"name": "x", "weekly": {"0": [["09:00", "17:00"]]}, "days": [{"date": "x"}]}, {"days.0.date"}),
        ("support-levels", {"name": "x", "pause_reasons": ["weather"]}, {"pause_reasons"}),
        ("coverage", {"valid_from": "2030-01-02", "valid_to": "2030-01-01"}, {"non_field_errors"}),
        ("targets", {"metric": "resolution", "minutes": 60}, {"support_level"}),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(administrator, service, collection, data, fields):
    before = Entry.objects.count()
    api = Api(administrator)
    body = problem(api.post(f"{collection}/", data), 422)
    assert set(body["errors"]) == fields
    assert Entry.objects.count() == before + 1, "only the token"


def test_what_is_in_use_is_not_deleted(administrator, incident, service, desk):
    api = Api(administrator)
    body = problem(api.delete(f"services/{service.slug}/"), 409, "in_use")
    assert body["reasons"] == ["1 ticket"]
    assert {"1 ticket", "1 service"} <= set(problem(api.delete(f"teams/{desk.pk}/"), 409)["reasons"])
    assert Service.objects.filter(pk=service.pk).exists()
    assert Team.objects.filter(pk=desk.pk).exists()


def test_no_row_becomes_its_own_ancestor(administrator):
    api = Api(administrator)
    top = api.post("categories/", {"name": "Top"})
    middle = api.post("categories/", {"name": "Middle", "parent": "Top"})
    bottom = api.post("categories/", {"name": "Bottom", "parent": middle.json()["id"]}).json()
    assert bottom["parent"] == {"id": middle.json()["id"], "name": "Middle"}
    for parent in (bottom["id"], top.json()["id"], middle.json()):
        assert set(problem(api.patch(top["Location"], {"parent": parent}), 422)["errors"]) == {"parent"}
    assert TicketCategory.objects.get(name="Top").parent is None


def test_what_was_read_may_be_sent_back(administrator, service):
    api = Api(administrator)
    made = api.post("offerings/", {"service": "email", "name": "Mailbox", "slug": "mailbox", "entitled": ["Halden"]})
    body = made.json()
    sent = {name: value for name, value in body.items() if name not in ("id",)}
    assert api.patch(made["Location"], sent).json() == body


# People


def test_people_are_made_without_a_password_and_known_by_address(administrator, organisation, desk):
    api = Api(administrator)
    made = api.post(
        "users/",
        {"email": "New.Person@Example.com", "name": "New Person", "organisation": "Halden", "roles": ["agent"],
         "manager": administrator.email},
    )  # fmt: skip
    assert made.status_code == 201, made.content
    user = User.objects.get(email="new.person@example.com")
    assert (user.has_usable_password(), user.roles, user.manager) == (False, {"agent"}, administrator)
    assert api.get("users/NEW.person@example.com/").json()["roles"] == ["agent"]
    taken = problem(api.post("users/", {"email": "new.person@EXAMPLE.com", "name": "x"}), 422)
    assert set(taken["errors"]) == {"email"}
    changed = api.patch(f"users/{user.pk}/", {"roles": ["agent", "knowledge_manager"], "is_active": False}).json()
    assert (changed["roles"], changed["is_active"]) == (["agent", "knowledge_manager"], False)
    entry = Entry.objects.filter(object_type="accounts.user", object_id=user.pk).last()
    assert entry.changes["roles"] == [["agent"], ["agent", "knowledge_manager"]]


def test_nobody_switches_themselves_off(administrator):
    body = problem(Api(administrator).patch("users/me/", {"is_active": False}), 422)
    assert set(body["errors"]) == {"is_active"}


def test_members_of_a_team_are_replaced(administrator, agent, engineer, desk):
    api = Api(administrator)
    members = [{"user": engineer.email, "is_lead": True}, {"user": agent.pk, "takes_work": False}]
    body = api.patch(f"teams/{desk.pk}/", {"members": members}).json()
    assert [(m["user"]["id"], m["is_lead"], m["takes_work"]) for m in body["members"]] == [
        (agent.pk, False, False), (engineer.pk, True, True),
    ]  # fmt: skip
    assert api.patch(f"teams/{desk.pk}/", {"members": []}).json()["members"] == []
    assert [row["name"] for row in api.get(f"teams/?member={engineer.email}").json()["results"]] == ["Engineers"]


@pytest.mark.parametrize("path", ["users/", "teams/", "organisations/", "services/", "offerings/", "approvals/"])
def test_lists_cost_the_same_at_one_and_at_three(administrator, desk, path, django_assert_max_num_queries):
    api = Api(administrator)

    def more():
        factories.person(roles=("agent",), teams=(desk,), organisation=factories.OrganisationFactory())
        factories.TeamFactory()
        made = factories.ServiceFactory(support_team=desk, owner=administrator)
        factories.OfferingFactory(service=made)

    more()
    api.get(path)
    with django_assert_max_num_queries(12) as one:
        api.get(path)
    more()
    more()
    with django_assert_max_num_queries(len(one)):
        api.get(path)


# Services


def test_owners_describe_their_service_and_move_it(agent, service):
    Service.objects.filter(pk=service.pk).update(owner=agent, status="chartered")
    api = Api(agent)
    changed = api.patch("services/email/", {"description": "Mail for all", "depends_on": []})
    assert (changed.json()["description"], changed.json()["version"]) == ("Mail for all", 2)
    problem(api.delete("services/email/"), 403)
    steps = {step["name"]: step for step in api.get("services/email/transitions/").json()["results"]}
    assert steps["start_design"]["allowed"] is True
    assert steps["charter"]["allowed"] is False
    moved = api.post("services/email/transitions/start_design/", If_Match=changed["ETag"])
    assert (moved.status_code, moved.json()["status"]) == (200, "in_design")
    problem(api.post("services/email/transitions/start_design/", If_Match=changed["ETag"]), 412)
    problem(api.post("services/email/transitions/start_design/"), 409, "no_transition")


def test_a_service_does_not_need_itself(administrator, service):
    body = problem(Api(administrator).patch("services/email/", {"depends_on": ["email"]}), 422)
    assert set(body["errors"]) == {"depends_on"}


# Service levels


def test_a_changed_calendar_is_a_new_edition_and_open_tickets_follow(administrator, requester, service):
    factories.cover(factories.support_level(hours=factories.calendar(), resolution=480), service)
    factories.incident(requester, service=service)
    api = Api(administrator)
    pk = WorkCalendar.objects.get().pk
    days = [{"date": "2030-12-24", "name": "Christmas Eve"}, {"date": "2030-12-31", "spans": [["09:00", "12:00"]]}]
    body = api.patch(f"calendars/{pk}/", {"days": days}).json()
    assert [(day["date"], day["spans"]) for day in body["days"]] == [
        ("2030-12-24", []), ("2030-12-31", [["09:00", "12:00"]]),
    ]  # fmt: skip
    edition = CalendarVersion.objects.filter(calendar=pk).first()
    assert (edition.number, edition.spec["holidays"]) == (2, ["2030-12-24"])
    assert Recalculation.objects.count() == 1
    api.patch(f"calendars/{pk}/", {"name": "Renamed"})
    assert CalendarVersion.objects.filter(calendar=pk).count() == 2


def test_a_target_is_superseded_not_changed(administrator, requester, service):
    factories.cover(factories.support_level(resolution=480), service)
    made = factories.incident(requester, service=service)
    api = Api(administrator)
    (old,) = api.get("targets/?support_level=Gold").json()["results"]
    new = api.patch(f"targets/{old['id']}/", {"minutes": 240})
    assert (new.status_code, new.json()["minutes"]) == (200, 240)
    assert new.json()["id"] != old["id"]
    assert [row["minutes"] for row in api.get("targets/").json()["results"]] == [240]
    assert api.get(f"targets/{old['id']}/").json()["superseded_at"] is not None
    assert made.clocks.get().target_id == old["id"], "until the recalculation"
    assert Recalculation.objects.count() == 1
    for priority, minutes in ((1, 60), (None, 300)):
        response = api.post(
            "targets/", {"support_level": "Gold", "metric": "resolution", "priority": priority, "minutes": minutes}
        )
        assert response.status_code == 201, response.content
    assert sorted(row["minutes"] for row in api.get("targets/").json()["results"]) == [60, 300]
    assert api.delete(f"targets/{response.json()['id']}/").status_code == 204
    assert [row["minutes"] for row in api.get("targets/").json()["results"]] == [60]
    assert Target.objects.count() == 4


def test_coverage_and_levels_ask_open_tickets_to_follow(administrator, requester, service):
    factories.cover(factories.support_level(resolution=480), service)
    factories.incident(requester, service=service)
    level = SupportLevel.objects.get()
    api = Api(administrator)
    assert api.patch(f"support-levels/{level.pk}/", {"pause_reasons": []}).status_code == 200
    assert Recalculation.objects.count() == 1
    assert api.patch(f"support-levels/{level.pk}/", {"description": "For the best"}).status_code == 200
    assert Recalculation.objects.count() == 1
    made = api.post("coverage/", {"organisation": "Halden", "support_level": "Gold"})
    assert made.status_code == 201
    assert Recalculation.objects.count() == 2


def test_clocks_of_a_ticket_are_listed(agent, requester, service):
    factories.cover(factories.support_level(first_response=60, resolution=480), service)
    made = factories.incident(requester, service=service)
    body = Api(agent).get(f"sla-clocks/?ticket={made.number}&state=running&running=true").json()["results"]
    assert [(clock["ticket"], clock["metric"]) for clock in body] == [
        (made.number, "first_response"), (made.number, "resolution"),
    ]  # fmt: skip
    assert len(Api(requester).get("sla-clocks/?metric=resolution").json()["results"]) == 1


# Approvals


def test_voting(agent, engineer, requester, incident):
    from itsm.approvals import services as approvals

    round_ = approvals.open_round(
        incident, [engineer], actor=agent, source="web", label="INC-1 Mail is down", verb="resolve", question="Go?"
    )
    voter, asker = Api(engineer), Api(agent)
    (waiting,) = voter.get("approvals/?awaiting=me").json()["results"]
    assert (waiting["awaits_me"], waiting["subject"]["label"]) == (True, "INC-1 Mail is down")
    assert asker.get("approvals/?awaiting=me").json()["results"] == []
    assert asker.get(f"approvals/?ticket={incident.number}&state=pending").json()["results"][0]["awaits_me"] is False
    path = f"approvals/{round_.pk}/vote/"
    problem(asker.post(path, {"vote": "approve"}), 403, "denied")
    problem(Api(requester).post(path, {"vote": "approve"}), 404)
    assert set(problem(voter.post(path, {"vote": "maybe"}), 422)["errors"]) == {"vote"}
    problem(voter.post(path, {"vote": "reject"}), 409, "comment_required")
    done = voter.post(path, {"vote": "approve", "comment": "Fine"})
    assert (done.json()["state"], done.json()["seats"][0]["vote"]) == ("approved", "approve")
    problem(voter.post(path, {"vote": "approve"}), 409)
    assert Api(engineer, "approvals:read").post(path, {"vote": "approve"}).status_code == 403


# Articles and outages


def test_an_article_from_draft_to_reader(agent, requester, outsider):
    manager = factories.person("Kim", roles=("knowledge_manager",))
    writer, publisher, reader = Api(agent), Api(manager), Api(requester)
    made = writer.post(
        "articles/", {"title": "Empty the mail queue", "summary": "When mails wait.", "body": "1. Log in"}
    )
    assert made.status_code == 201, made.content
    path = f"articles/{made.json()['number']}/"
    problem(reader.get(path), 404)
    problem(reader.post("articles/", {"title": "x"}), 403)
    problem(writer.post(f"{path}transitions/publish/"), 403)
    assert publisher.post(f"{path}transitions/publish/", {"change_note": "First"}).json()["state"] == "published"
    writer.post(f"{path}transitions/revise/")
    tag = writer.get(path)["ETag"]
    assert writer.patch(path, {"body": "2. Unfinished"}, If_Match=tag).json()["body"] == "2. Unfinished"
    problem(writer.patch(path, {"body": "x"}, If_Match=tag), 412)
    seen = reader.get(path).json()
    assert (seen["body"], "owner" in seen) == ("1. Log in", False)
    listed = reader.get("articles/?q=queue").json()["results"]
    assert [("body" in row, row["number"]) for row in listed] == [(False, seen["number"])]
    assert reader.post(f"{path}feedback/", {"helpful": True}).status_code == 204
    assert reader.get(path).json()["helpful_count"] == 1
    problem(reader.get("articles/KB-999/"), 404)
    problem(reader.get("articles/INC-1/"), 404)


def test_an_outage_is_announced_changed_and_ended(agent, service, incident):
    api = Api(agent)
    made = api.post(
        "outages/", {"title": "Mail is slow", "kind": "degradation", "services": ["email"], "incident": incident.number}
    )
    assert made.status_code == 201, made.content
    path = f"outages/{made.json()['id']}/"
    assert (made.json()["state"], made.json()["incident"]["name"]) == ("active", incident.number)
    problem(api.patch(path, {"services": []}), 422)
    changed = api.patch(path, {"message": "We are on it"}, If_Match=made["ETag"])
    assert changed.json()["message"] == "We are on it"
    problem(api.patch(path, {"message": "x"}, If_Match=made["ETag"]), 412)
    assert [row["id"] for row in api.get("outages/?current=true&service=email").json()["results"]] == [
        made.json()["id"]
    ]
    assert api.post(f"{path}transitions/end/").json()["state"] == "ended"
    problem(api.patch(path, {"message": "x"}), 409)
    problem(api.post(f"{path}transitions/begin/"), 409)
    problem(api.delete(path), 405)
