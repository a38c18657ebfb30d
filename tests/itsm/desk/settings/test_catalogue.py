import json

import pytest

from itsm.catalogue import guards
from itsm.catalogue.models import Service, ServiceDependency, ServiceOffering
from tests import factories

pytestmark = pytest.mark.django_db

SCHEMA = {
    "type": "object",
    "properties": {"till": {"type": "string", "title": "Which till?"}, "since": {"type": "string", "format": "date"}},
    "required": ["till"],
}


# ---------- services ----------


def test_a_service_is_made_with_a_short_name_of_its_own(admin, agent, entries):
    data = {"name": "Card payments", "kind": "business", "criticality": "1", "owner": agent.email}
    assert admin.post("/settings/services/new/", data).status_code == 302
    made = Service.objects.get(slug="card-payments")
    assert (made.status, made.owner, made.version) == ("proposed", agent, 1)
    assert entries(made)[0][0] == "created"
    response = admin.post("/settings/services/new/", data)
    assert response.status_code == 422
    assert {"name", "slug"} <= set(response.context["form"].errors)


def test_editing_a_service_raises_its_version_and_leaves_its_status(admin, filled, service, entries):
    url = f"/settings/services/{service.pk}/"
    assert admin.post(url, filled(admin, url, criticality="1", status="retired")).status_code == 302
    service.refresh_from_db()
    assert (service.criticality, service.status, service.version) == (1, "live", 2)
    assert entries(service)[-1][1]["criticality"] == [3, 1]


def test_the_status_changes_by_steps_through_the_one_door(admin, entries, agent, monkeypatch):
    monkeypatch.setattr(guards, "_guards", {})
    service = Service.objects.create(name="New", slug="new")
    page = admin.get(f"/settings/services/{service.pk}/").content.decode()
    assert "Charter" in page
    assert admin.post(f"/settings/services/{service.pk}/step/charter/").status_code == 302
    service.refresh_from_db()
    assert service.status == "chartered"
    assert [action for action, _changes in entries(service)] == ["service.charter"]


def test_a_step_that_is_held_says_why(admin):
    service = Service.objects.create(name="New", slug="new", status="chartered")
    page = admin.get(f"/settings/services/{service.pk}/").content.decode()
    assert "has no owner yet" in page
    assert admin.post(f"/settings/services/{service.pk}/step/start_design/").status_code == 409
    assert admin.post(f"/settings/services/{service.pk}/step/go_live/").status_code == 409
    assert admin.post(f"/settings/services/{service.pk}/step/nonsense/").status_code == 404
    service.refresh_from_db()
    assert service.status == "chartered"


def test_a_step_with_a_question_asks_it(admin):
    service = Service.objects.create(name="New", slug="new")
    url = f"/settings/services/{service.pk}/step/reject/"
    assert "Reason" in admin.get(url).content.decode()
    assert admin.post(url, {"reason": ""}).status_code == 422
    assert admin.post(url, {"reason": "Too dear"}).status_code == 302
    service.refresh_from_db()
    assert service.status == "rejected"


# ---------- dependencies ----------


def test_a_circle_of_dependencies_is_refused_and_named(admin):
    a, b, c = (factories.ServiceFactory(name=name) for name in "ABC")
    for source, target in ((a, b), (b, c)):
        url = "/settings/dependencies/new/"
        assert admin.post(url, {"service": source.pk, "depends_on": target.pk}).status_code == 302
    response = admin.post("/settings/dependencies/new/", {"service": c.pk, "depends_on": a.pk})
    assert "A → B → C" in str(response.context["form"].errors["depends_on"])
    response = admin.post("/settings/dependencies/new/", {"service": a.pk, "depends_on": a.pk})
    assert "itself" in str(response.context["form"].errors["depends_on"])
    response = admin.post("/settings/dependencies/new/", {"service": a.pk, "depends_on": b.pk})
    assert response.status_code == 422
    assert ServiceDependency.objects.count() == 2


def test_turning_a_dependency_around_is_no_circle_with_itself(admin, filled):
    a, b = factories.ServiceFactory(), factories.ServiceFactory()
    row = ServiceDependency.objects.create(service=a, depends_on=b)
    url = f"/settings/dependencies/{row.pk}/"
    assert admin.post(url, filled(admin, url, service=b.pk, depends_on=a.pk)).status_code == 302


# ---------- offerings ----------


def asked(offering):
    """The form as it was written: the order of the questions is kept beside it."""
    return {name: value for name, value in offering.request_form.items() if name != "x-order"}


@pytest.fixture
def offering(service):
    return factories.OfferingFactory(service=service, name="Till", request_form=SCHEMA)


def test_the_form_of_an_offering_is_saved_and_previewed(admin, filled, offering, entries):
    url = f"/settings/offerings/{offering.pk}/"
    page = admin.get(url)
    assert "Which till?" in page.content.decode()
    changed = SCHEMA | {"required": []}
    assert admin.post(url, filled(admin, url, request_form=json.dumps(changed))).status_code == 302
    offering.refresh_from_db()
    assert asked(offering) == changed
    assert list(entries(offering)[-1][1]) == ["request_form"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Line 1, column 2: this is not JSON"),
        ("[]", "type “object”"),
        ('{"type": "object", "properties": {"a": {"type": "array"}}}', "must be one of"),
        ('{"type": "object", "properties": {}, "required": ["b"]}', "Required but not asked: b"),
        ('{"type": "object", "properties": {"a": {"type": "string", "maxLength": "x"}}}', "Not a valid JSON Schema"),
        ("[" * 50_000, "nested too deeply"),
    ],
)
def test_a_broken_schema_is_explained_at_the_field(admin, filled, offering, text, said):
    url = f"/settings/offerings/{offering.pk}/"
    response = admin.post(url, filled(admin, url, request_form=text))
    assert response.status_code == 422
    assert said in " ".join(response.context["form"].errors["request_form"])
    offering.refresh_from_db()
    assert asked(offering) == SCHEMA
    preview = admin.post("/settings/offerings/preview/", {"request_form": text}).content.decode()
    assert "error" in preview


def question(**more):
    data = {"question-label": "Which floor?", "question-kind": "choice", "question-options": "1\n2\n2",
            "question-must": "on", "add_question": "1"}  # fmt: skip
    return data | more


def test_a_question_is_added_without_saving_and_without_losing_what_was_typed(admin, filled, offering):
    url = f"/settings/offerings/{offering.pk}/"
    response = admin.post(url, filled(admin, url, name="Renamed", **question()))
    assert response.status_code == 200
    form = response.context["form"]
    made = json.loads(form["request_form"].value())
    assert made["properties"]["which_floor"] == {"title": "Which floor?", "type": "string", "enum": ["1", "2"]}
    assert made["required"] == ["till", "which_floor"]
    assert form["name"].value() == "Renamed"
    assert "Which floor?" in response.content.decode()
    offering.refresh_from_db()
    assert (offering.name, asked(offering)) == ("Till", SCHEMA)


def test_the_first_question_of_a_new_offering_raises_no_errors_elsewhere(admin):
    response = admin.post("/settings/offerings/new/", question(**{"question-kind": "long_text"}))
    assert response.status_code == 200
    assert not response.context["form"].errors
    made = json.loads(response.context["form"]["request_form"].value())
    assert made["properties"]["which_floor"]["format"] == "textarea"


def test_two_questions_of_one_name_stay_two(admin):
    first = admin.post("/settings/offerings/new/", question())
    text = first.context["form"]["request_form"].value()
    second = admin.post("/settings/offerings/new/", question(request_form=text))
    assert list(json.loads(second.context["form"]["request_form"].value())["properties"]) == [
        "which_floor", "which_floor_2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field"), [({"question-options": "one"}, "options"), ({"question-label": ""}, "label")]
)
def test_half_a_question_is_not_added(admin, change, field):
    response = admin.post("/settings/offerings/new/", question(**change))
    assert field in response.context["question"].errors
    assert not response.context["form"]["request_form"].value()


def test_a_question_is_not_added_to_broken_json(admin):
    response = admin.post("/settings/offerings/new/", question(request_form="{"))
    assert "order first" in str(response.context["question"].non_field_errors())
    assert response.context["form"]["request_form"].value() == "{"


def test_entitlements_are_audited(admin, filled, offering, organisation, entries):
    url = f"/settings/offerings/{offering.pk}/"
    assert admin.post(url, filled(admin, url, entitled=[organisation.pk])).status_code == 302
    assert entries(offering)[-1][1] == {"entitled": [[], [organisation.pk]]}


def test_the_portal_asks_the_question_that_was_added(admin, client, filled, offering, requester):
    url = f"/settings/offerings/{offering.pk}/"
    text = admin.post(url, filled(admin, url, **question())).context["form"]["request_form"].value()
    assert admin.post(url, filled(admin, url, request_form=text)).status_code == 302
    assert "which_floor" in ServiceOffering.objects.get().request_form["properties"]
