"""Tickets by words, on the database in use: what is found, by whom, and that the index follows every change."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from itsm.lib import clock
from itsm.search.services import candidates, search, similar
from itsm.tickets.models import Ticket, TimelineEntry
from itsm.workflow import conversation
from operation.models import Incident
from tests import factories


def numbers(hits) -> list[str]:
    return [hit.number for hit in hits]


@pytest.fixture
def mail(requester, service):
    return factories.incident(
        requester, service=service, title="Mail is down", description="Nothing arrives since the Überprüfung at nine."
    )


@pytest.fixture
def printer(requester):
    return factories.incident(requester, title="Printer on 4th floor jams", description="Paper <b>stuck</b> in tray 2")


@pytest.mark.parametrize(
    "text",
    [
        "mail",
        "MAIL",
        "ma",
        "mail down",
        "down mail",
        '"is down"',
        "uberprufung",
        "überprüfung",
        "Uberprüf",
        "nothing mail",
    ],
)
def test_found_by_words(agent, mail, printer, text):
    assert numbers(search(agent, text)) == [mail.number]


@pytest.mark.parametrize("text", ["mai down", "mail printer", '"down is"', '"mail down"', "", "   ", '"', "!!"])
def test_not_found(agent, mail, printer, text):
    assert search(agent, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "'", '"', "''", "mail'; DROP TABLE tickets_ticket; --", "mail\x00down", "a" * 10_000, "( ( (", "NOT mail",
        "mail AND OR NEAR(", "title:mail", "{title}:mail", "*", "\\", "%", "_", "mail:*", "<->", "|", "&",
        "-mail", "^mail",        "mail " * 3000, "\ud800", "🙂", "١٢٣", "ﬁ",
    ],
)  # fmt: skip
def test_hostile_input_is_only_words(agent, mail, text):
    search(agent, text)
    similar(agent, text)
    candidates(agent, text)
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize("form", ["INC-{}", "inc {}", "{}", "#{}", "INC{}", " inc-000{} "])
def test_number_comes_first(agent, mail, printer, form):
    other = factories.incident(agent, title=f"About {mail.pk} and INC-{mail.pk}")
    hits = search(agent, form.format(mail.pk))
    assert hits[0].number == mail.number
    assert hits[0].exact
    assert hits[0].url == f"/tickets/{mail.number}/"
    assert [hit.exact for hit in hits[1:]] == [False] * len(hits[1:])
    if form == "INC-{}":
        assert other.number in numbers(hits)


def test_unknown_and_huge_numbers_find_nothing(agent, mail):
    assert search(agent, "INC-99999999999999999999999") == []
    assert search(agent, f"CHG-{mail.pk}") == []


def test_outside_number_is_found(agent, mail):
    Ticket.objects.filter(pk=mail.pk).update(external_id="INC0000045")
    assert numbers(search(agent, "inc0000045")) == [mail.number]


def test_title_ranks_above_text_and_open_above_done(agent, requester):
    in_text = factories.incident(requester, title="Something", description="the vpn")
    done = factories.incident(requester, title="VPN drops")
    Incident.objects.filter(pk=done.pk).update(phase="closed", state="closed")
    opened = factories.incident(requester, title="VPN drops")
    newest_in_text = factories.incident(requester, title="Another", description="vpn vpn vpn")
    assert numbers(search(agent, "vpn")) == [opened.number, done.number, newest_in_text.number, in_text.number]


def test_kinds_open_only_and_limit(agent, mail, printer):
    assert search(agent, "mail", kinds=["problem"]) == []
    assert numbers(search(agent, "mail", kinds=["incident"])) == [mail.number]
    Incident.objects.filter(pk=mail.pk).update(phase="resolved")
    assert search(agent, "mail", open_only=True) == []
    for _n in range(4):
        factories.incident(mail.requester, title="Mail again")
    assert len(search(agent, "mail", limit=3)) == 3


# ---------- who finds what ----------


def test_only_what_one_may_see(agent, engineer, requester, colleague, outsider, auditor, mail):
    found = {
        user.name: numbers(search(user, "mail")) for user in (agent, engineer, auditor, requester, colleague, outsider)
    }
    assert found == {
        "Anna Agent": [mail.number], "Emil Engineer": [mail.number], "Aude Auditor": [mail.number],
        "Rita Requester": [mail.number], "Carl Colleague": [], "Otto Outsider": [],
    }  # fmt: skip
    assert search(outsider, mail.number) == []


def test_restricted_ticket_is_found_by_its_team_only(agent, engineer, administrator, requester, engineers, mail):
    Ticket.objects.filter(pk=mail.pk).update(restricted_to=engineers)
    for stranger in (agent, administrator):
        assert search(stranger, "mail") == []
        assert search(stranger, mail.number) == []
        assert similar(stranger, "the mail arrives nothing") == []
        assert search(stranger, "mail", kinds=["incident"]) == []
    assert numbers(search(engineer, "mail")) == [mail.number]
    assert numbers(search(requester, "mail")) == [mail.number]


def test_work_notes_are_found_by_the_desk_only(agent, requester, colleague, mail):
    conversation.note(mail, "Suspect the Kerberos keytab, see runbook", actor=agent, source="web")
    conversation.reply(mail, "We restarted the gateway", actor=agent, source="web")
    assert numbers(search(agent, "kerberos")) == [mail.number]
    assert numbers(search(agent, "gateway kerberos mail")) == [mail.number]
    assert numbers(search(requester, "gateway")) == [mail.number]
    assert search(requester, "kerberos") == []
    assert search(requester, "gateway kerberos") == []
    assert search(requester, "kerb") == []
    assert search(agent, "kerberos", public_only=True) == []
    assert similar(requester, "kerberos keytab") == []
    assert [hit.snippet for hit in search(agent, "kerberos", snippets=True)] == [
        "Suspect the Kerberos keytab, see runbook"
    ]


def test_snippets_of_the_portal_never_quote_a_note(agent, requester, mail):
    conversation.note(mail, "gateway password is hunter2", actor=agent, source="web")
    conversation.reply(mail, "the gateway is back", actor=agent, source="web")
    assert [hit.snippet for hit in search(requester, "gateway", snippets=True)] == ["the gateway is back"]


def test_many_visible_tickets_take_the_other_way(requester, mail, printer, monkeypatch):
    monkeypatch.setattr("itsm.search.services.tickets.OWN", 1)
    assert numbers(search(requester, "mail")) == [mail.number]


def test_similar_wants_two_telling_words(agent, mail, printer):
    assert numbers(similar(agent, "our mail program crashed again today")) == []
    assert numbers(similar(agent, "our mail went down")) == [mail.number]
    factories.incident(agent, title="Shared mailbox rejects messages")
    hits = similar(agent, "my shared mailbox is rejecting everything")
    assert [hit.title for hit in hits] == ["Shared mailbox rejects messages"]
    assert similar(agent, "shared mailbox", exclude=hits[0].row["id"]) == []


# ---------- the index follows ----------


def test_follows_changes_of_a_ticket(agent, mail):
    mail.title, mail.description = "Calendar is slow", "since the patch"
    mail.save()
    assert search(agent, "mail") == []
    assert numbers(search(agent, "calendar patch")) == [mail.number]
    Ticket.objects.filter(pk=mail.pk).update(title="Wiki")
    assert numbers(search(agent, "wiki")) == [mail.number]
    pk = mail.pk
    TimelineEntry.objects.filter(ticket=pk).update(audit_entry=None)
    Incident.objects.get(pk=pk).delete()
    assert search(agent, "wiki") == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM search_ticket")
        assert cursor.fetchone() == (0,)


def test_keeps_what_was_said_when_the_title_changes(agent, mail):
    conversation.reply(mail, "restarted the gateway", actor=agent, source="web")
    conversation.note(mail, "kerberos again", actor=agent, source="web")
    Ticket.objects.filter(pk=mail.pk).update(title="Wiki")
    assert numbers(search(agent, "gateway kerberos wiki")) == [mail.number]
    assert search(agent, "kerberos", public_only=True) == []


def _entry(ticket, body, *, public) -> TimelineEntry:
    return TimelineEntry(ticket_id=ticket.pk, at=clock.now(), kind="note", body=body, public=public)


def test_follows_entries_made_changed_and_removed_in_bulk(agent, requester, mail):
    TimelineEntry.objects.bulk_create([_entry(mail, "alpha beta", public=True), _entry(mail, "gamma", public=False)])
    assert numbers(search(agent, "alpha gamma")) == [mail.number]
    assert search(requester, "gamma") == []
    TimelineEntry.objects.filter(body="gamma").update(body="delta")
    assert search(agent, "gamma") == []
    assert numbers(search(agent, "delta")) == [mail.number]
    TimelineEntry.objects.filter(body="alpha beta").update(public=False)
    assert search(requester, "alpha") == []
    assert numbers(search(agent, "alpha")) == [mail.number]
    TimelineEntry.objects.filter(body="alpha beta").delete()
    assert search(agent, "alpha") == []
    assert numbers(search(agent, "delta mail")) == [mail.number]


def test_follows_tickets_made_in_bulk(agent, requester):
    Ticket.objects.bulk_create(
        [
            Ticket(
                kind="incident",
                title=f"Sensor {n} ℡ Åre",
                requester=requester,
                opened_by=requester,
                state="new",
                phase="new",
            )
            for n in range(20)
        ]
    )
    assert len(search(agent, "sensor are", limit=50)) == 20
    assert [hit.title for hit in search(agent, "sensor 7")] == ["Sensor 7 ℡ Åre"]


def test_a_huge_ticket_is_stored_and_found_by_its_beginning(agent, requester):
    words = " ".join(f"w{n:06}" for n in range(60_000))
    big = factories.incident(requester, title="Huge", description="short")
    TimelineEntry.objects.bulk_create(
        [_entry(big, words[at : at + 40_000], public=True) for at in range(0, 480_000, 40_000)]
    )
    TimelineEntry.objects.bulk_create([_entry(big, f"{'x' * 3000} end", public=False) for _n in range(3)])
    assert numbers(search(agent, "huge w000000")) == [big.number]
    Ticket.objects.filter(pk=big.pk).update(description=words)
    assert numbers(search(agent, "huge w000001")) == [big.number]


# ---------- the command ----------


def test_rebuild_search(agent, mail, printer, capsys):
    conversation.note(mail, "kerberos", actor=agent, source="web")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM search_ticket")
    assert search(agent, "mail") == []
    with pytest.raises(CommandError, match="2 tickets are not in the index"):
        call_command("rebuild_search", "--check")
    call_command("rebuild_search", "--batch", "1")
    assert capsys.readouterr().out.splitlines()[0] == "2 tickets indexed; 2 were missing, 0 entries removed."
    assert numbers(search(agent, "mail kerberos")) == [mail.number]
    assert search(agent, "kerberos", public_only=True) == []
    call_command("rebuild_search", "--check")
    assert capsys.readouterr().out == "The index is complete.\n"


def test_a_lost_trigger_comes_back_with_the_next_migration(agent, requester):
    with connection.cursor() as cursor:
        on = " ON tickets_ticket" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER search_ticket_added{on}")
    call_command("migrate", verbosity=0)
    factories.incident(requester, title="Triggers")
    assert len(search(agent, "triggers")) == 1


def test_nothing_is_left_when_the_table_is_emptied(agent):
    Ticket.objects.bulk_create(
        [Ticket(kind="incident", title="Left over", requester=agent, opened_by=agent, state="new", phase="new")]
    )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("TRUNCATE tickets_ticket CASCADE")
        else:
            cursor.execute("DELETE FROM tickets_ticket")
        cursor.execute("SELECT count(*) FROM search_ticket")
        assert cursor.fetchone() == (0,)
