"""One item from several sources: found by what identifies it, then created, updated or left alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.lib.errors import Denied, Invalid, Refused
from itsm.workflow import records
from transition.models import CIType, ConfigurationItem
from transition.models.configuration import matches
from transition.policies import configuration as policies
from transition.services import configuration

if TYPE_CHECKING:
    from itsm.accounts.models import User

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"


@transaction.atomic
def upsert(
    values: Mapping[str, Any], *, actor: User, source: str, state: str = "",
    services: list[Any] | None = None,
) -> tuple[ConfigurationItem, str]:  # fmt: skip
    """Write what a source knows of an item, and say what became of it.

    The item is found by the identity keys of its type, without any by type and name. Values the source does not
    give are kept, attributes are merged. A state is reached by steps. What fits two items is refused naming both.
    """
    verdict = policies.may_create(actor)
    if not verdict:
        raise Denied(verdict.reason)
    given = dict(values)
    type_: CIType | None = given.get("type")
    if type_ is None:
        raise Invalid({"type": _("This field is required.")})
    if not isinstance(given.get("attributes", {}), dict):
        raise Invalid({"attributes": _("Send an object of attribute names and values.")})
    found = find(type_, given)
    lists = {} if services is None else {"services": services}
    if found is None:
        item = records.create(ConfigurationItem, actor=actor, source=source, lists=lists, **given)
        outcome = CREATED
    else:
        given["type"] = _narrower(found, type_)
        given["attributes"] = {**found.attributes, **given.get("attributes", {})}
        item = records.edit(found, actor=actor, source=source, lists=lists, **given)
        outcome = UPDATED if item.version != found.version else UNCHANGED
    if state and item.state != state:
        item = configuration.bring_to(item, state, actor=actor, source=source)
        outcome = CREATED if outcome == CREATED else UPDATED
    return item, outcome


def find(type_: CIType, given: Mapping[str, Any]) -> ConfigurationItem | None:
    """The item these values are about, if there is one."""
    probe = ConfigurationItem(
        type=type_, name=given.get("name") or "", serial=given.get("serial") or "",
        attributes=given.get("attributes") or {},
    )  # fmt: skip
    identity = probe.identity()
    rows = ConfigurationItem.objects.select_related("type")
    ids = set(matches(identity).values())
    if not identity and probe.name:
        alike = rows.filter(type=type_, name__iexact=probe.name).exclude(state=ConfigurationItem.State.DISPOSED)
        ids = set(alike.order_by("pk").values_list("pk", flat=True)[:2])
    if len(ids) > 1:
        names = ", ".join(f"{item.number} {item}" for item in rows.filter(pk__in=ids).order_by("pk"))
        raise Refused(_("These values fit more than one item: %(names)s.") % {"names": names}, code="ambiguous")
    return rows.select_for_update(of=("self",)).filter(pk__in=ids).first()


def _narrower(item: ConfigurationItem, type_: CIType) -> CIType:
    """The more exact of two types; types that exclude each other are refused."""
    if type_ in item.type.lineage():
        return item.type
    if item.type in type_.lineage():
        return type_
    words = {"number": item.number, "own": item.type, "given": type_}
    raise Refused(_("%(number)s is of type %(own)s, not %(given)s.") % words, code="other_type")
