"""What can go wrong when somebody asks for a change, in the words of the domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class DomainError(Exception):
    """The base of every refusal. ``reasons`` are finished sentences for the person who asked.

    ``links`` leads from a reason to where it is dealt with.
    """

    status = 400
    code = "invalid"

    def __init__(
        self, message: object, *, reasons: Sequence[str] = (), links: Mapping[str, str] | None = None, code: str = ""
    ) -> None:
        self.message = str(message)
        self.reasons = list(reasons) or [self.message]
        self.links = dict(links or {})
        if code:
            self.code = code
        super().__init__(self.message)


class Refused(DomainError):
    """The world says no: the step does not exist from this state, or a guard holds it (409)."""

    status = 409
    code = "refused"


class Denied(DomainError):
    """You may not (403)."""

    status = 403
    code = "denied"


class Stale(DomainError):
    """Somebody changed the record since it was read (412 in the API, 409 on a page)."""

    status = 412
    code = "stale"

    def __init__(self, message: object, *, current: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.current = dict(current or {})


class Invalid(DomainError):
    """Input that breaks a rule; ``fields`` maps a field's name to its messages (422)."""

    status = 422
    code = "invalid"

    def __init__(self, fields: Mapping[str, Sequence[object] | object]) -> None:
        self.fields: dict[str, list[str]] = {
            name: [str(m) for m in messages] if isinstance(messages, list | tuple) else [str(messages)]
            for name, messages in fields.items()
        }
        super().__init__(next(iter(self.fields.values()))[0] if self.fields else "Invalid input.")
