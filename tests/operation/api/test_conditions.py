"""ETag and If-Match; Idempotency-Key; also many at once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections

from itsm.integrations.models import IdempotencyKey
from itsm.integrations.tasks import purge_keys
from itsm.lib import clock
from itsm.tickets.models import Ticket
from tests.api import Api, problem


def at_once(*calls):
    """Run the calls in threads that start together; returns what they answered."""
    answers, failures = [], []
    barrier = threading.Barrier(len(calls))

    def run(call):
        try:
            barrier.wait(10)
            answers.append(call())
        except Exception as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    return answers


# Reading


@pytest.mark.django_db
def test_what_did_not_change_is_304(agent, incident):
    api = Api(agent)
    for path in (f"incidents/{incident.number}/", "incidents/", f"incidents/{incident.number}/timeline/", "teams/"):
        first = api.get(path)
        again = api.get(path, If_None_Match=first["ETag"])
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"]), path
        assert api.get(path, If_None_Match='"other", W/"more"').status_code == 200
        assert api.get(path, If_None_Match=f'"other", {first["ETag"]}').status_code == 304
    tag = api.get(f"incidents/{incident.number}/")["ETag"]
    assert tag == f'"{incident.pk}-1"'
    api.patch(f"incidents/{incident.number}/", {"title": "Other"})
    assert api.get(f"incidents/{incident.number}/", If_None_Match=tag).status_code == 200
    answer = api.get("incidents/")
    assert "Authorization" in answer["Vary"]
    assert answer["Cache-Control"] == "private, no-cache"


# Writing


@pytest.mark.django_db
def test_a_stale_write_changes_nothing(agent, incident):
    api = Api(agent)
    path = f"incidents/{incident.number}/"
    tag = api.get(path)["ETag"]
    assert api.patch(path, {"title": "First"}, If_Match=tag).status_code == 200
    for answer in (
        api.patch(path, {"title": "Second"}, If_Match=tag),
        api.patch(path, {"title": "Second"}, If_Match='"garbage"'),
        api.patch(path, {"title": "Second"}, If_Match="nonsense"),
        api.post(f"{path}transitions/start/", If_Match=tag),
        api.post(f"{path}timeline/", {"body": "x"}, If_Match=tag),
    ):
        assert problem(answer, 412, "stale")["current"] == {"etag": f'"{incident.pk}-2"'}
    incident.refresh_from_db()
    assert (incident.title, incident.version, incident.state) == ("First", 2, "new")
    assert api.patch(path, {"title": "Third"}, If_Match="*").status_code == 200
    assert api.patch(path, {"title": "Fourth"}).status_code == 200


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_ten_writers_with_one_tag_one_wins(agent, incident):
    path = f"incidents/{incident.number}/"
    apis = [Api(agent) for _ in range(10)]
    tag = apis[0].get(path)["ETag"]
    answers = at_once(
        *(lambda api=api, n=n: api.patch(path, {"title": f"Title {n}"}, If_Match=tag) for n, api in enumerate(apis))
    )
    assert sorted(answer.status_code for answer in answers) == [200, *[412] * 9]
    (won,) = [answer.json() for answer in answers if answer.status_code == 200]
    incident.refresh_from_db()
    assert (incident.version, incident.title) == (2, won["title"])


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_many_who_take_it_at_once_one_takes_it(agent, engineer, incident):
    path = f"incidents/{incident.number}/transitions/start/"
    apis = [Api(user) for user in (agent, engineer, agent, engineer)]
    answers = at_once(*(lambda api=api: api.post(path) for api in apis))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


# Once


@pytest.mark.django_db
def test_the_same_key_gives_the_first_answer(agent):
    api = Api(agent)
    first = api.post("incidents/", {"title": "Once", "impact": 1}, Idempotency_Key="k-1")
    again = api.post("incidents/", {"title": "Once", "impact": 1}, Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert (again["ETag"], again["Location"]) == (first["ETag"], first["Location"])
    assert (again["Idempotency-Replayed"], "Idempotency-Replayed" in first) == ("true", False)
    assert Ticket.objects.count() == 1
    body = problem(api.post("incidents/", {"title": "Twice"}, Idempotency_Key="k-1"), 422)
    assert set(body["errors"]) == {"Idempotency-Key"}
    assert problem(api.post("teams/", {"title": "Once", "impact": 1}, Idempotency_Key="k-1"), 422)
    assert Ticket.objects.count() == 1


@pytest.mark.django_db
def test_keys_belong_to_their_person(agent, engineer):
    for user in (agent, engineer):
        answer = Api(user).post("incidents/", {"title": "x"}, Idempotency_Key="same")
        assert "Idempotency-Replayed" not in answer
    assert Ticket.objects.count() == 2


@pytest.mark.django_db
def test_a_failure_leaves_the_key_free(agent):
    api = Api(agent)
    problem(api.post("incidents/", {"title": ""}, Idempotency_Key="k"), 422)
    assert not IdempotencyKey.objects.exists()
    assert api.post("incidents/", {"title": "Right now"}, Idempotency_Key="k").status_code == 201


@pytest.mark.django_db
def test_steps_replies_and_files_are_repeatable_too(agent, incident):
    api = Api(agent)
    path = f"incidents/{incident.number}/"

    def file():
        return {"files": [SimpleUploadedFile("a.txt", b"one\n")]}

    for part, data, form in (
        ("transitions/start/", {}, "json"), ("timeline/", {"body": "x"}, "json"), ("attachments/", None, "multipart"),
    ):  # fmt: skip
        answers = [
            api.post(path + part, data if data is not None else file(), format=form, Idempotency_Key=part)
            for _ in range(2)
        ]
        assert [a.get("Idempotency-Replayed") for a in answers] == [None, "true"], part
        assert answers[0].content == answers[1].content
    assert (incident.timeline.filter(kind="note").count(), incident.attachments.count()) == (1, 1)
    other = {"files": [SimpleUploadedFile("a.txt", b"two\n")]}
    problem(api.post(f"{path}attachments/", other, format="multipart", Idempotency_Key="attachments/"), 422)


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x" * 201, "a\tb"])
def test_a_key_that_cannot_be_one_is_refused(agent, key):
    problem(Api(agent).post("incidents/", {"title": "x"}, Idempotency_Key=key), 400, "bad_query")
    assert not Ticket.objects.exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_twelve_at_once_one_is_done_and_all_get_its_answer(agent):
    apis = [Api(agent) for _ in range(12)]
    answers = at_once(
        *(lambda api=api: api.post("incidents/", {"title": "Alert"}, Idempotency_Key="alert-1") for api in apis)
    )
    assert [answer.status_code for answer in answers] == [201] * 12
    assert len({answer.content for answer in answers}) == 1
    assert sorted(answer.get("Idempotency-Replayed", "") for answer in answers) == ["", *["true"] * 11]
    assert Ticket.objects.count() == 1


@pytest.mark.django_db
def test_old_keys_are_forgotten(agent):
    api = Api(agent)
    with clock.moved_to(clock.now() - timedelta(hours=25)):
        api.post("incidents/", {"title": "x"}, Idempotency_Key="old")
    api.post("incidents/", {"title": "x"}, Idempotency_Key="new")
    purge_keys()
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["new"]


# A database that has no time


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_locked_database_is_503_and_says_when_to_come_back(agent, incident, monkeypatch):
    from django.db.utils import OperationalError

    from itsm.workflow import edits

    def locked(*args, **kwargs):
        raise OperationalError("database is locked")

    monkeypatch.setattr(edits, "edit", locked)
    answer = Api(agent).patch(f"incidents/{incident.number}/", {"title": "x"})
    problem(answer, 503, "busy")
    assert answer["Retry-After"] == "2"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_row_that_is_held_too_long_is_503(agent, incident):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite waits 20 seconds for its lock")
    from django.db import transaction

    api = Api(agent)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {connection.settings_dict['NAME']} SET lock_timeout = '200ms'")
    try:
        with transaction.atomic():
            Ticket.objects.select_for_update().get(pk=incident.pk)
            (answer,) = at_once(lambda: api.patch(f"incidents/{incident.number}/", {"title": "x"}))
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {connection.settings_dict['NAME']} RESET lock_timeout")
    problem(answer, 503, "busy")
    incident.refresh_from_db()
    assert incident.version == 1
