"""Halden asks its people: answers over the months, the quarterly question, and what people say unasked."""

from __future__ import annotations

import itertools
import random
from datetime import datetime, timedelta
from typing import Any

from improvement.models import Feedback, Invitation, Survey
from improvement.services import answers, feedback, surveys
from itsm.lib import clock
from itsm.lib.chapters import World
from itsm.tickets.models import Ticket
from itsm.tickets.states import Channel
from itsm.workflow import records

SOURCE = "web"
#: The service people were unhappy with until something was done about it, so many days ago.
WEAK, MENDED = "VPN and remote access", 55
DAYS, MOST = 125, 100
#: How likely each score is, from 1 to 5.
USUAL = (1, 2, 3, 12, 16)
#: What was answered about the weak service, one after the other.
UNHAPPY = (2, 4, 3, 2, 4, 1, 5, 2)
COMMENTS = {
    1: ["Three days without any news.", "I had to explain it to three people.", "It came back the next morning."],
    2: ["It took far too long.", "Solved in the end, but nobody told me what to do meanwhile."],
    3: ["Fine, though I had to ask twice."],
    4: ["Good help, thank you.", "Quick once somebody looked at it."],
    5: ["Fast and friendly!", "Solved while I was still on the phone.", "Marek was great."],
}


def tell(world: World) -> None:
    """Everything people said, in the order they said it."""
    chance = random.Random(11)  # noqa: S311 - a story, not a secret
    manager = world.people["Ingrid Solberg"]
    start = world.now - timedelta(days=DAYS)
    with clock.moved_to(start):
        satisfied = records.create(
            Survey, actor=manager, source=SOURCE, title="After a solution", kind="csat",
            question="How satisfied are you with the solution?", comment_question="What could we have done better?",
            quiet_days=3,
        )  # fmt: skip
        records.perform(satisfied, "run", actor=manager, source=SOURCE)
    _ask_about_tickets(world, chance, start)
    _ask_every_quarter(world, chance)
    _unasked(world)


def _ask_about_tickets(world: World, chance: random.Random, start: datetime) -> None:
    solved = Ticket.objects.filter(resolved_at__gte=start, resolved_at__lt=world.now - timedelta(hours=3))
    mended = world.now - timedelta(days=MENDED)
    unhappy = itertools.cycle(UNHAPPY)
    for ticket in solved.select_related("requester", "service").order_by("resolved_at", "id")[:MOST]:
        resolved = ticket.resolved_at or start
        asked_at = resolved + timedelta(minutes=2)
        with clock.moved_to(asked_at):
            invitation = surveys.ask_about(ticket, tell=False)
        weak = ticket.service is not None and ticket.service.name == WEAK and resolved < mended
        if invitation is None or chance.random() > (1 if weak else 0.62):
            continue
        score = next(unhappy) if weak else chance.choices(range(1, 6), USUAL)[0]
        _answer(invitation, score, chance, min(asked_at + timedelta(hours=chance.uniform(0.2, 40)), world.now))


def _answer(invitation: Invitation, score: int, chance: random.Random, at: datetime) -> None:
    words = chance.choice(COMMENTS[score]) if chance.random() < 0.55 or score < 3 else ""
    with clock.moved_to(at):
        answers.keep(invitation, score=score, comment=words, source=SOURCE)


def _ask_every_quarter(world: World, chance: random.Random) -> None:
    manager = world.people["Ingrid Solberg"]
    for days, pull in ((95, 0), (5, 1)):
        with clock.moved_to(world.now - timedelta(days=days)):
            if not pull:
                survey = records.create(
                    Survey, actor=manager, source=SOURCE, title="Would you recommend us?", kind="nps", every_days=90,
                    question="How likely are you to recommend the service desk to a colleague?",
                    comment_question="What is the main reason?", quiet_days=1,
                )  # fmt: skip
                records.perform(survey, "run", actor=manager, source=SOURCE)
            surveys.send_waves(tell=False)
        asked = Invitation.objects.filter(survey=survey, wave=survey.wave + pull + 1, skipped="")
        for invitation in asked.select_related("survey", "person", "ticket").order_by("id"):
            if chance.random() < 0.6:
                score = min(10, chance.choices((2, 5, 6, 7, 8, 9, 10), (1, 1, 2, 3, 5, 4, 3))[0] + pull)
                with clock.moved_to(world.now - timedelta(days=days - 1, hours=chance.uniform(1, 20))):
                    answers.keep(invitation, score=score, source=SOURCE)


def _unasked(world: World) -> None:
    """An idea that was answered, a complaint that waits, praise, and an idea that became a requirement."""
    manager, people = world.people["Ingrid Solberg"], world.people

    def said(who: str, days: float, kind: str, title: str, text: str, service: str = "", **more: Any) -> Feedback:
        with clock.moved_to(world.now - timedelta(days=days)):
            return feedback.give(
                actor=people[who], source=SOURCE, kind=kind, title=title, description=text,
                service=world.services.get(service), **more,
            )  # fmt: skip

    idea = said(
        "Leila Farouk", 64, "idea", "Show how long the queue is before I call",
        "Then I would write instead of waiting on the phone.", "Telephony",
    )  # fmt: skip
    with clock.moved_to(world.now - timedelta(days=62)):
        text = "Good idea. The portal shows the waiting time since today, and the phone tells it too."
        records.perform(idea, "reply", actor=manager, source=SOURCE, data={"feedback_answer": text})
    wish = said(
        "Amara Diallo", 30, "idea", "Order a replacement scanner without calling",
        "We call for the same scanner every month. A button would do.", "Store tills",
    )  # fmt: skip
    with clock.moved_to(world.now - timedelta(days=28)):
        feedback.to_requirement(wish, actor=manager, source=SOURCE)
    said("Pavel Novák", 9, "praise", "The new scanners in packing", "No more mis-reads on the night shift.",
         "Warehouse management")  # fmt: skip
    said(
        "Henrik Sørensen", 2, "complaint", "Checkout was down on Friday evening again",
        "Second time this quarter, and we read it in the shop before we heard it from you.", "Web shop",
    )  # fmt: skip
    with clock.moved_to(world.now - timedelta(days=1)):
        agent = people["Priya Raman"]
        records.create(
            Feedback, actor=agent, source=SOURCE, kind="idea", title="Send the pick list to the tablet at night",
            description="Told on the phone: the morning shift loses ten minutes waiting for it.",
            person=people["Nadia Haddad"], channel=Channel.PHONE, service=world.services.get("Warehouse management"),
        )  # fmt: skip
