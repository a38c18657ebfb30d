"""Relations as the API shows and takes them, by id or by the name people know."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension

from itsm.accounts.models import Organisation, Team, User
from itsm.api.fields import Ref
from itsm.catalogue.models import Service, ServiceCategory, ServiceOffering


def viewer(context: dict[str, Any]) -> User:
    """The person a serializer answers."""
    return context["request"].user


class PersonRef(Ref):
    """A person by id, email address or ``me``; addresses are shown to the desk and to the person."""

    default_error_messages = {"missing": "There is nobody “{value}” here."}

    def __init__(self, rows: Any = None, **kwargs: Any) -> None:
        super().__init__(rows or (lambda _context: User.objects.people()), key="email", **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if data == "me":
            return viewer(self.context)
        return super().to_internal_value(data)

    def to_representation(self, value: Any) -> dict[str, Any]:
        return person(value, viewer(self.context))


def person(value: User | None, user: User) -> dict[str, Any] | None:
    """``{"id", "name"}``, with the address for those who may know it."""
    if value is None:
        return None
    shown = {"id": value.pk, "name": str(value)}
    return {**shown, "email": value.email} if user.is_desk or value.pk == user.pk else shown


def team_ref(**kwargs: Any) -> Ref:
    return Ref(lambda _context: Team.objects.filter(is_active=True), **kwargs)


def organisation_ref(**kwargs: Any) -> Ref:
    return Ref(lambda _context: Organisation.objects.all(), **kwargs)


def service_ref(**kwargs: Any) -> Ref:
    return Ref(lambda _context: Service.objects.all(), key="slug", shown=("slug",), **kwargs)


def offering_ref(**kwargs: Any) -> Ref:
    return Ref(lambda _context: ServiceOffering.objects.all(), key="slug", shown=("slug",), **kwargs)


def category_ref(**kwargs: Any) -> Ref:
    return Ref(lambda _context: ServiceCategory.objects.all(), **kwargs)


class RefSchema(OpenApiSerializerFieldExtension):
    """An object when read; an id or a name when written."""

    target_class = "itsm.api.fields.Ref"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        field = self.target
        names = field.key if field.key != "name" else "name"
        if direction == "request":
            return {"type": ["integer", "string"], "description": f"Id or {names}."}
        extra = ("email",) if isinstance(field, PersonRef) else field.shown
        return {
            "type": "object",
            "required": ["id", "name"],
            "properties": {
                "id": {"type": "integer"},
                "name": {"type": "string"},
                **{name: {"type": "string"} for name in extra},
            },
        }
