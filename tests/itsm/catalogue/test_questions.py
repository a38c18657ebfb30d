"""JSON Schema as plain form fields, and answers back again."""

from datetime import date
from decimal import Decimal

import pytest
from django import forms

from itsm.catalogue import questions
from itsm.catalogue.health import Health
from tests import factories

SCHEMA = {
    "type": "object",
    "properties": {
        "size": {"type": "string", "oneOf": [{"const": "s", "title": "Small"}, {"const": "l", "title": "Large"}]},
        "room": {"type": "string", "enum": ["A", "B", "C", "D", "E", "F"]},
        "count": {"type": "integer", "enum": [1, 2]},
        "weight": {"type": "number", "minimum": 0.5},
        "loud": {"type": "boolean"},
        "on": {"type": "string", "format": "date"},
        "text": {"type": "string", "format": "textarea", "maxLength": 9},
    },
    "required": ["size"],
}


def test_fields_fit_their_questions():
    fields = questions.fields(SCHEMA)
    assert list(fields) == ["q_size", "q_room", "q_count", "q_weight", "q_loud", "q_on", "q_text"]
    assert [fields["q_size"].required, fields["q_loud"].required] == [True, False]
    assert isinstance(fields["q_size"].widget, forms.RadioSelect)
    assert not isinstance(fields["q_room"].widget, forms.RadioSelect)
    assert fields["q_text"].max_length == 9
    assert questions.fields({}) == questions.fields(None) == {}


def test_answers_are_json_and_words():
    cleaned = {
        "q_size": "l", "q_room": None, "q_count": 2, "q_weight": Decimal("1.5"), "q_loud": False,
        "q_on": date(2026, 1, 2), "q_text": "",
    }  # fmt: skip
    given = questions.answers(SCHEMA, cleaned)
    assert given == {"size": "l", "count": 2, "weight": 1.5, "loud": False, "on": "2026-01-02"}
    assert questions.problems(SCHEMA, given) == {}
    assert questions.in_words(SCHEMA, given) == [
        ("Size", "Large"), ("Count", "2"), ("Weight", "1.5"), ("Loud", "No"), ("On", "2026-01-02"),
    ]  # fmt: skip


def test_problems_name_the_field():
    assert list(questions.problems(SCHEMA, {"size": "x", "weight": 0.1})) == ["q_size", "q_weight"]
    assert list(questions.problems(SCHEMA, {})) == ["q_size"]
    assert list(questions.problems(SCHEMA, {"size": "s", "strange": 1})) == ["__all__"]


@pytest.mark.parametrize(("raw", "value"), [("True", True), ("False", False)])
def test_yes_and_no_are_both_answers(raw, value):
    field = questions.fields({"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]})["q_a"]
    assert field.clean(raw) is value


def test_worse_is_higher():
    assert max(Health.UP, Health.DOWN, Health.DEGRADED).word == "down"


def test_order_of_the_questions_survives_the_database(db):
    """PostgreSQL sorts the keys of an object by their length."""
    asked = {name: {"type": "string"} for name in ("zebra", "a", "middle", "bb")}
    offering = factories.OfferingFactory(request_form={"type": "object", "properties": asked})
    offering.refresh_from_db()
    assert list(questions.fields(offering.request_form)) == ["q_zebra", "q_a", "q_middle", "q_bb"]
    offering.request_form["properties"]["new"] = {"type": "string"}
    del offering.request_form["properties"]["a"]
    offering.save()
    offering.refresh_from_db()
    assert list(questions.fields(offering.request_form)) == ["q_zebra", "q_middle", "q_bb", "q_new"]
    offering.full_clean()
