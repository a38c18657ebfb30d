"""The registry of ticket kinds: one entry per model that inherits the ticket base."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from django.apps import apps

from itsm.lib import house

if TYPE_CHECKING:
    from itsm.tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Kind:
    """What the kernel needs to know of a kind of ticket.

    ``phases`` maps each state to its phase; ``services`` names the module whose functions are the
    kind's verbs; ``editable`` are the fields that ``workflow.edits`` may change.
    """

    code: str
    prefix: str
    model_label: str
    label: Any
    plural: Any
    states: type
    phases: Mapping[str, str]
    services: str
    icon: str = "ticket"
    #: state -> tone override for the interface, such as ``assigned`` shown grey.
    editable: tuple[str, ...] = ()
    plain_words: Mapping[str, Any] = field(default_factory=dict)
    #: What a support level promises of the end: ``resolution`` of what is broken, ``fulfilment`` of what is ordered.
    done_metric: str = "resolution"
    #: The process settings that this kind reads, besides the team when nothing else decides; no other is asked for.
    process: tuple[str, ...] = ("reopen_days",)
    #: URL name of the kind's own page for opening one, where the desk's form does not ask enough.
    new_page: str = ""
    #: What a person does who opens one: ``reported`` it, ``ordered`` it, or ``requested`` it.
    opening: str = "reported"
    #: Its page needs more room than a conversation does.
    wide: bool = False

    @property
    def model(self) -> type[Ticket]:
        return apps.get_model(self.model_label)  # type: ignore[return-value]

    @property
    def verbs_module(self) -> ModuleType:
        return import_module(self.services)

    @property
    def phrase(self) -> str:
        """Its label within a sentence."""
        return house.phrase(self.code)

    def state_label(self, state: str) -> str:
        try:
            return str(self.states(state).label)
        except ValueError:
            return state


_kinds: dict[str, Kind] = {}
_by_prefix: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Add a kind; called from ``AppConfig.ready``. Its labels become what the organisation calls it."""
    kind = replace(
        kind, label=house.word(kind.code, kind.label), plural=house.word(kind.code, kind.plural, plural=True)
    )
    _kinds[kind.code] = kind
    _by_prefix[kind.prefix] = kind


def get(code: str) -> Kind:
    """The kind with this code; ``KeyError`` for an unknown one."""
    return _kinds[code]


def by_prefix(prefix: str) -> Kind | None:
    return _by_prefix.get(prefix.upper())


def all_kinds() -> list[Kind]:
    return list(_kinds.values())


def choices() -> list[tuple[str, str]]:
    """Code and label of every kind, for form fields; incidents, what most desks begin with, come first."""
    ordered = sorted(_kinds.values(), key=lambda kind: kind.code != "incident")
    return [(kind.code, str(kind.label)) for kind in ordered]
