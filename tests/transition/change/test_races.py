"""Changes and items that two people touch in the same instant: one wins, nothing is lost, nobody waits for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest

from itsm.approvals.models import Round
from itsm.lib.errors import Denied, DomainError, Refused, Stale
from itsm.tickets.models import TimelineEntry
from itsm.workflow import approvals, edits, records
from tests.races import at_once, needs_postgres, overlap
from transition.models import Change, ConfigurationItem, TicketCI
from transition.services import change_approvals, changes, configuration

pytestmark = [needs_postgres, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
DAY = timedelta(days=1)
WEB = {"source": "web"}


def fresh(change):
    return Change.objects.get(pk=change.pk)


def rounds(change):
    rows = Round.objects.filter(subject_type="ticket", subject_id=change.pk).order_by("id")
    return list(rows.values_list("state", flat=True))


def verbs(change):
    found = TimelineEntry.objects.filter(ticket=change.pk, kind="transition").order_by("id")
    return [data["verb"] for data in found.values_list("data", flat=True)]


@pytest.fixture
def start(asked, engineer, change_manager, item):
    """A change on which somebody votes, and what others do to it meanwhile. Many in a test: each empties a database."""

    class Race:
        def __init__(self):
            self.change = asked()
            self.round = change_approvals.pending(self.change)
            self.voter = self.round.seats.get().approver
            self.server = item(f"srv-{self.change.pk}")
            begin, end = self.change.planned_start + DAY, self.change.planned_end + DAY
            self.later = {"planned_start": begin, "planned_end": end}

        def vote(self, approve=True):
            return approvals.vote(self.round, actor=self.voter, approve=approve, comment="Yes or no", **WEB)

        def move(self, actor=change_manager):
            return changes.reschedule(self.change, actor=actor, **WEB, **self.later)

        def engineer_moves(self):
            return self.move(engineer)

        def link(self):
            return configuration.link_ticket(self.change, self.server, actor=engineer, **WEB)

        def withdraw(self):
            return changes.withdraw(self.change, actor=engineer, reason="Think again", **WEB)

        def cancel(self):
            return changes.cancel(self.change, actor=engineer, reason="Not needed", **WEB)

    return Race


def test_a_vote_and_a_move(start):
    # The vote first: it was about the old time, and is asked anew.
    race = start()
    voted, moved = overlap(race.vote, race.move)
    assert voted.state == "approved"
    assert not isinstance(moved, DomainError)
    change = fresh(race.change)
    assert (change.state, change.planned_start) == ("awaiting_approval", race.later["planned_start"])
    assert rounds(change) == ["approved", "pending"]
    assert verbs(change)[-3:] == ["approve", "reschedule", "ask_again"]
    # The move first: the vote is void.
    race = start()
    moved, voted = overlap(race.move, race.vote)
    assert not isinstance(moved, DomainError)
    assert isinstance(voted, Refused)
    change = fresh(race.change)
    assert (change.state, change.planned_start) == ("awaiting_approval", race.later["planned_start"])
    assert rounds(change) == ["cancelled", "pending"]
    assert "approve" not in verbs(change)
    # Whoever may not move what is approved is too late.
    race = start()
    voted, moved = overlap(race.vote, race.engineer_moves)
    assert (voted.state, type(moved)) == ("approved", Denied)
    change = fresh(race.change)
    assert (change.state, change.planned_start) == ("scheduled", race.change.planned_start)


def test_a_vote_and_another_item(start):
    race = start()
    voted, linked = overlap(race.vote, race.link)
    assert (voted.state, type(linked)) == ("approved", Refused)
    assert not TicketCI.objects.filter(ticket=race.change.pk).exists()
    assert fresh(race.change).state == "scheduled"
    race = start()
    linked, voted = overlap(race.link, race.vote)
    assert (linked.ticket_id, type(voted)) == (race.change.pk, Refused)
    assert (fresh(race.change).state, rounds(race.change)) == ("awaiting_approval", ["cancelled", "pending"])


def test_in_the_same_instant_nobody_waits_for_ever(start):
    for other in ("withdraw", "cancel", "move", "link", "engineer_moves"):
        race = start()
        voted, done = at_once(race.vote, getattr(race, other))
        assert not (isinstance(voted, DomainError) and isinstance(done, DomainError)), "one of them wins"
        change = fresh(race.change)
        if change.state == "scheduled":
            assert change.planned_start == race.change.planned_start, "nobody approved another time"
            assert rounds(change)[-1] == "approved"
        else:
            assert change.state in ("awaiting_approval", "assessing", "cancelled")
            assert (rounds(change)[-1] == "pending") is (change.state == "awaiting_approval")
    # Two votes of one person count once.
    race = start()
    answers = at_once(race.vote, lambda: race.vote(approve=False))
    assert sorted(isinstance(one, Refused) for one in answers) == [False, True]
    assert fresh(race.change).state in ("scheduled", "rejected")
    assert len([verb for verb in verbs(race.change) if verb in ("approve", "reject")]) == 1


def test_one_step_is_taken_once_and_writers_lose_nothing(raised, engineer, agent):
    for verb, given in (("submit", {}), ("cancel", {"reason": "x"})):
        change = raised()
        answers = at_once(*(
            lambda actor=actor, verb=verb, change=change, given=given: getattr(changes, verb)(
                change, actor=actor, **WEB, **given
            )
            for actor in (engineer, agent)
        ))  # fmt: skip
        assert sorted(isinstance(one, Refused) for one in answers) == [False, True]
        assert verbs(change).count(verb) == 1
    change = raised()
    overlap(
        lambda: changes.plan(change, actor=engineer, implementation_plan="Better", **WEB),
        lambda: edits.edit(change, actor=agent, title="Better title", **WEB),
    )
    found = fresh(change)
    assert (found.implementation_plan, found.title, found.version) == ("Better", "Better title", change.version + 2)


def test_items(item, keeper):
    def edit(one, **fields):
        return lambda: records.edit(one, actor=keeper, source="web", **fields)

    def stored(one):
        return ConfigurationItem.objects.get(pk=one.pk)

    # Of two who saw the same item one is told.
    server = item("srv-1")
    first, second = overlap(
        edit(server, version=server.version, location="Oslo"), edit(server, version=server.version, location="Bergen")
    )
    assert (first.location, type(second), stored(server).location) == ("Oslo", Stale, "Oslo")
    # Sources that know different things lose nothing.
    server = item("srv-2")
    overlap(edit(server, location="Oslo"), edit(server, serial="S-2"))
    found = stored(server)
    assert (found.location, found.serial, found.version) == ("Oslo", "S-2", server.version + 2)

    # A step is taken once.
    def retire():
        return records.perform(server, "retire", actor=keeper, source="web", data={"reason": "Old"})

    answers = at_once(retire, retire)
    assert sorted(isinstance(one, Refused) for one in answers) == [False, True]
    assert stored(server).version == found.version + 1
    # Two items do not become the same.
    one, other = item("srv-3"), item("srv-4")
    answers = overlap(edit(one, serial="S-1"), edit(other, serial="S-1"))
    assert sorted(isinstance(answer, DomainError) for answer in answers) == [False, True]
    assert ConfigurationItem.objects.filter(serial="S-1").count() == 1
