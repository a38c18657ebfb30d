"""The story's memory: which service it is about, what was made, and who sits at which browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.browser.lifecycle.people import Person


@dataclass
class Story:
    """One service from the first word of a customer to the review of its first month."""

    visit: Callable[..., Any]
    name: str
    #: Numbers of what was made, by what it is in the story: ``story["case"]``.
    made: dict[str, str] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)

    def __getitem__(self, what: str) -> str:
        return self.made[what]

    def __setitem__(self, what: str, number: str) -> None:
        self.made[what] = number

    def of(self, email: str, path: str = "/") -> Person:
        """The person, at this page; everybody keeps one browser for the whole story, and leaves the desk meanwhile.

        Open pages ask for news; nine of them would keep the server busy with people who look away.
        """
        for other, person in self.people.items():
            if other != email and person.page.url != "about:blank":
                person.page.goto("about:blank")
        if email in self.people:
            return self.people[email].go(path)
        self.people[email] = Person(self.visit(email, path))
        return self.people[email]

    def at_service(self, email: str, tab: str = "") -> Person:
        """The person, at the overview of the service or at what one lifecycle stage knows of it."""
        return self.of(email, f"/services/{self['service']}/" + (f"?tab={tab}" if tab else ""))
