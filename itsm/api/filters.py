"""Filters of lists: declared with django-filter, refused with 400 when a value makes no sense."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend, FilterSet

from itsm.api.exceptions import BadQuery

__all__ = ["Anyone", "FilterSet", "Filters", "Numbers", "Words", "YesNo"]


class Filters(DjangoFilterBackend):
    """As django-filter's own, with our kind of refusal."""

    def filter_queryset(self, request: Any, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        filterset = self.get_filterset(request, queryset, view)
        if filterset is None:
            return queryset
        for name, messages in filterset.errors.items():
            raise BadQuery(name, messages[0])
        return filterset.qs


class YesNo(django_filters.TypedChoiceFilter):
    """``true`` or ``false``; anything else is refused, not taken for "no matter"."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        choices = [("true", "true"), ("false", "false")]
        super().__init__(*args, choices=choices, coerce=lambda value: value == "true", empty_value=None, **kwargs)


class Words(django_filters.BaseInFilter, django_filters.CharFilter):
    """One word or several separated by commas: ``?state=new,assigned``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, lookup_expr="in", **kwargs)


class Numbers(django_filters.BaseInFilter, django_filters.NumberFilter):
    """One number or several separated by commas: ``?priority=1,2``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Beyond what a column holds the database refuses to compare.
        super().__init__(*args, lookup_expr="in", min_value=-(2**31), max_value=2**31 - 1, decimal_places=0, **kwargs)


class Anyone(django_filters.CharFilter):
    """A related record by id or by its own name (email, slug, number); ``none`` for nobody, ``me`` for the caller.

    ``key`` is the name's column on the related model.
    """

    def __init__(self, field_name: str, key: str = "", **kwargs: Any) -> None:
        self.key = key
        super().__init__(field_name=field_name, max_length=254, **kwargs)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value:
            return qs
        name = self.field_name
        if value == "none":
            return qs.filter(**{f"{name}__isnull": True})
        if value == "me" and self.key == "email":
            return qs.filter(**{name: self.parent.request.user.pk})
        if value.isascii() and value.isdigit():
            return qs.filter(**{name: int(value)}) if int(value) < 2**63 else qs.none()
        if not self.key:
            raise BadQuery(name, "A number.")
        # The id first: a condition on the joined table would not use the index of this one.
        related = qs.model._meta.get_field(name).related_model
        ids = list(related._default_manager.filter(**{f"{self.key}__iexact": value}).values_list("pk", flat=True)[:1])
        return qs.filter(**{f"{name}__in": ids})
