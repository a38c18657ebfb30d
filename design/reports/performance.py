"""The design of a service as a picture: what it needs, column by column, with what each part delivers."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from design.models.delivered import Statement, with_unit
from itsm.catalogue.models import Service
from itsm.desk.reports.services import LEFT, MIDDLE, ROW, TOP, curve, shortened

STEP = MIDDLE - LEFT
WIDTH = 206
#: Boxes in a picture; larger designs are read in the table.
MOST_BOXES = 60


@dataclass(frozen=True, slots=True)
class Box:
    """A component as it is drawn."""

    service: Service
    x: int
    y: int
    tone: str
    sub: str
    is_self: bool

    @property
    def text(self) -> str:
        return shortened(self.service.name, 26)


@dataclass(frozen=True, slots=True)
class Picture:
    width: int
    height: int
    boxes: list[Box] = field(default_factory=list)
    #: Path, and whether others stand in for what it leads to.
    edges: list[tuple[str, bool]] = field(default_factory=list)


def picture(found: Statement, service: Service) -> Picture | None:
    """Each component right of everything that needs it; nothing when it needs nothing, or too much to be seen."""
    if found.result is None or found.parts is None or found.services is None or found.targets is None:
        return None
    order = list(reversed(found.result.order))
    if not 1 < len(order) <= MOST_BOXES:
        return None
    depth = dict.fromkeys(order, 0)
    for key in order:
        for group in found.parts[key].groups:
            for member in group.members:
                depth[member] = max(depth[member], depth[key] + 1)
    columns: dict[int, list[int]] = {}
    for key in order:
        columns.setdefault(depth[key], []).append(key)
    rows = max(len(keys) for keys in columns.values())
    places: dict[int, tuple[int, int]] = {}
    for column, keys in columns.items():
        start = TOP + (rows - len(keys)) * ROW // 2
        places |= {key: (LEFT + column * STEP, start + place * ROW) for place, key in enumerate(keys)}
    drawn = Picture(max(800, LEFT + (len(columns) - 1) * STEP + WIDTH + LEFT), TOP + rows * ROW)
    for key in order:
        x, y = places[key]
        target = found.targets.get(key)
        own = target.own_availability if target else None
        tone = "grey" if own is None else "amber" if key == found.result.weakest else "green"
        sub = with_unit(own, "%") if own is not None else _("not known")
        for group in found.parts[key].groups:
            spare = group.required < len(group.members)
            for member in group.members:
                to = places[member]
                drawn.edges.append((curve(x + WIDTH, y, to[0], to[1]), spare))
            if spare:
                sub += ", " + _("%(k)d of %(n)d") % {"k": group.required, "n": len(group.members)}
        drawn.boxes.append(Box(found.services[key], x, y, tone, shortened(sub, 32), key == service.pk))
    return drawn
