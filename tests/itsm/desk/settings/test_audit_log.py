import csv
from datetime import timedelta

import pytest
from django.db import connection

from itsm.accounts.models import Organisation
from itsm.audit import services as audit
from itsm.audit.models import Checkpoint, Entry
from itsm.lib import clock
from itsm.tickets.models import Ticket
from tests import factories

pytestmark = pytest.mark.django_db
LOG = "/settings/audit/"


@pytest.fixture
def reader(client, auditor):
    client.force_login(auditor)
    return client


@pytest.fixture
def changed(administrator, organisation):
    """A change of an organisation's parent, and one forty days old."""
    above = Organisation.objects.create(name="Above")
    audit.record(organisation, "changed", actor=administrator, source="web", changes={"parent_id": [None, above.pk]})
    with clock.moved_to(clock.now() - timedelta(days=40)):
        audit.record(above, "created", actor=None, source="system", changes={"name": [None, "Above"]})
    return organisation


def lines(client, query=""):
    return client.get(f"{LOG}{query}").context["lines"]


def test_entries_are_told_in_words(reader, changed):
    (line,) = lines(reader)
    assert (line.action, line.kind, line.entry.object_label) == ("changed", "Organisation", "Halden")
    assert line.changes == [("Part of", "", "Above")]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?period=all", 2), ("?period=week", 1), ("?record=Hald", 1), ("?record=nowhere", 0),
        ("?type=accounts.organisation&period=year", 2), ("?type=ticket&period=all", 0),
        ("?action=created&period=all", 1),
        ("?actor=Ada Administrator&period=all", 1), ("?since=2000-01-01&until=2000-01-02", 0), ("?since=2000-01-01", 2),
    ],
)  # fmt: skip
def test_filters(reader, changed, query, found):
    assert len(lines(reader, query)) == found


def test_one_record_shows_its_whole_history_whatever_the_period(reader, changed):
    above = Organisation.objects.get(name="Above")
    assert len(lines(reader, f"?type=accounts.organisation&record={above.pk}&period=day")) == 1


@pytest.mark.parametrize("query", ["?since=soon", "?type=king", "?actor=nobody", "?since=2026-02-01&until=2026-01-01"])
def test_a_filter_that_makes_no_sense_shows_nothing_and_says_so(reader, changed, query):
    response = reader.get(f"{LOG}{query}")
    assert response.status_code == 422
    assert response.context["form"].errors
    assert list(response.context["lines"]) == []
    assert reader.get(f"{LOG}export/{query}").status_code == 409


def test_a_restricted_ticket_tells_only_that_something_happened(reader, requester, service):
    team = factories.TeamFactory(name="Security", is_restricted=True)
    ticket = factories.incident(requester, service=service, title="Stolen laptop")
    Ticket.objects.filter(pk=ticket.pk).update(restricted_to=team)
    (line,) = lines(reader, f"?record={ticket.number}")
    assert line.hidden
    page = reader.get(LOG).content.decode()
    assert "Stolen laptop" not in page
    assert "Restricted ticket" in page
    export = b"".join(reader.get(f"{LOG}export/").streaming_content).decode()
    assert "Stolen laptop" not in export
    assert "restricted" in export


def test_pages_do_not_overlap_and_cost_the_same(reader, administrator, django_assert_max_num_queries):
    with clock.moved_to(clock.now() - timedelta(hours=1)):
        for number in range(60):
            row = Organisation.objects.create(name=f"O{number}")
            audit.record(row, "created", actor=administrator, source="web", changes={"parent_id": [None, row.pk]})
    with django_assert_max_num_queries(15):
        first = reader.get(LOG).context
    second = reader.get(f"{LOG}?cursor={first['page'].next}").context
    ids = [line.entry.pk for line in (*first["lines"], *second["lines"])]
    assert len(ids) == len(set(ids)) == 60
    assert ids == sorted(ids, reverse=True)


def test_the_export_is_a_safe_table(reader, administrator):
    row = Organisation.objects.create(name='=HYPERLINK("http://evil")')
    audit.record(row, "created", actor=administrator, source="web", changes={"name": [None, row.name]})
    response = reader.get(f"{LOG}export/")
    text = b"".join(response.streaming_content).decode()
    table = list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))
    assert response["Content-Type"].startswith("text/csv")
    assert table[0]["label"].startswith("'=HYPERLINK")
    assert table[0]["actor"] == "Ada Administrator"
    assert table[0]["hash"] == Entry.objects.get().hash


def test_the_log_proves_itself_until_somebody_tampers(reader, changed):
    page = reader.post(f"{LOG}verify/")
    assert "2 entries checked, no fault" in page.content.decode()
    entry = Entry.objects.order_by("id").first()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        else:
            cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE audit_entry SET object_label = 'Other' WHERE id = %s", [entry.pk])
    page = reader.post(f"{LOG}verify/").content.decode()
    assert f"Entry {entry.pk}: content does not match its hash" in page


def test_the_last_checkpoint_is_shown(reader, changed):
    assert "Nothing is sealed yet" in reader.get(LOG).content.decode()
    with clock.moved_to(clock.now() + timedelta(hours=1)):
        audit.seal()
    assert Checkpoint.objects.get().hash in reader.get(LOG).content.decode()


def test_the_history_of_a_record_is_one_click_away(admin, changed):
    page = admin.get(f"/settings/organisations/{changed.pk}/")
    url = page.context["history_url"]
    assert [line.entry.object_id for line in admin.get(url).context["lines"]] == [changed.pk]
