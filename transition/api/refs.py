"""Relations to records, which people know by number."""

from __future__ import annotations

from typing import Any

from itsm.api.fields import Ref
from itsm.integrations.api.refs import viewer
from itsm.workflow.record import Record


class RecordRef(Ref):
    """A record that the caller may see, by id or number; read with its number."""

    def __init__(self, model: type[Record], **kwargs: Any) -> None:
        self.prefix = model.prefix
        manager: Any = model._default_manager
        super().__init__(lambda context: manager.visible_to(viewer(context)), key="number", shown=("number",), **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str):
            bare = data.strip().upper().removeprefix(f"{self.prefix}-")
            if not (bare.isascii() and bare.isdigit()):
                self.fail("missing", value=data[:80])
            data = bare
        return super().to_internal_value(data)
