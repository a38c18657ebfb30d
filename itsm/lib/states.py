"""The field that holds where a record is in its life."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_fsm as fsm


class StateField(fsm.FSMField):
    """The field of a state machine; migrations know it as the column it is.

    A state machine in the historical models of migrations would do nothing but cost: each of its fields looks at every
    model that is prepared afterwards, which makes the time of all migrations grow with the square of their number.
    """

    def deconstruct(self) -> tuple[str, str, Any, dict[str, Any]]:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    if TYPE_CHECKING:

        def __get__(self, instance: Any, owner: Any = None) -> Any: ...
