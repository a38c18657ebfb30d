"""What the documentation says of small things that many answers contain."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers


class Named(serializers.Serializer):
    """A record by id and name."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class NamedWithSlug(Named):
    """A record by id, name and slug."""

    slug = serializers.CharField()


class PersonName(Named):
    """A person; the address is shown to the desk and to the person."""

    email = serializers.EmailField(required=False)


def shape(name: str, fields: dict[str, Any]) -> type[serializers.Serializer]:
    """A component of the document; nothing is ever serialized by it."""
    return type(inline_serializer(name, fields))


def results(name: str, child: type[serializers.Serializer], **more: serializers.Field) -> Any:
    """A list that is never long enough for pages."""
    return shape(name, {"results": child(many=True), **more})


def many(child: type[serializers.Serializer]) -> Any:
    """A page of what ``child`` describes."""
    return child(many=True)
