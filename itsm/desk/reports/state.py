"""Where somebody is in the queue: view, filters, order, grouping, columns. The address says all of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from itsm.desk.models import SavedView, ViewPreference
from itsm.desk.reports.filters import Filters
from itsm.desk.reports.layout import GROUPS, Column, Sort, columns_for, sort_for
from itsm.desk.reports.standard_views import STANDARD, StandardView, usual_view
from itsm.tickets import kinds

if TYPE_CHECKING:
    from django.http.request import QueryDict  # noqa: TID251 - a dictionary of lists

    from itsm.accounts.models import User

PAGE_SIZES = (25, 50, 100, 200)


@dataclass(frozen=True, slots=True)
class View:
    """A standard or a saved view, as a tab."""

    code: str
    label: str
    filters: dict[str, list[str]]
    sort: str = ""
    group_by: str = ""
    columns: tuple[str, ...] = ()
    saved: SavedView | None = None
    pinned: bool = True
    position: int = 0


def views_of(user: User) -> list[View]:
    """All views of a person in their own order: two queries."""
    preferences = {p.view: p for p in ViewPreference.objects.filter(user=user)}
    found = [_standard(view, position) for position, view in enumerate(STANDARD.values())]
    found += [_saved(view, 100 + at) for at, view in enumerate(SavedView.objects.usable_by(user))]
    own = [_preferred(view, preferences.get(view.code)) for view in found]
    return sorted(own, key=lambda view: view.position)


def _standard(view: StandardView, position: int) -> View:
    return View(view.code, str(view.label), view.filters, view.sort, position=position)


def _saved(view: SavedView, position: int) -> View:
    return View(
        str(view.pk),
        view.name,
        view.filters,
        view.sort,
        view.group_by,
        tuple(view.columns),
        view,
        view.is_pinned,
        position,
    )


def _preferred(view: View, preference: ViewPreference | None) -> View:
    if preference is None:
        return view
    return replace(
        view,
        columns=tuple(preference.columns) or view.columns,
        pinned=view.pinned if preference.is_pinned is None else preference.is_pinned,
        position=view.position if preference.position is None else preference.position,
    )


@dataclass(frozen=True)
class QueueState:
    """One list as one person sees it."""

    user: User
    views: list[View]
    view: View | None
    filters: Filters
    #: The filters are in the address, not taken from the view.
    explicit: bool
    sort: Sort
    group_by: str
    columns: list[Column]
    size: int

    @classmethod
    def read(cls, user: User, params: QueryDict) -> QueueState:
        """What the address says. ``kind`` narrows any view; any other filter takes the place of the view's own."""
        views = views_of(user)
        asked = Filters.parse(params)
        explicit = bool(asked.without("kind"))
        code = params.get("view", "")
        view = next((v for v in views if v.code == code), None)
        unknown = [_("View: %s") % code[:20]] if code and view is None else []
        if view is None and not explicit:
            usual = usual_view(user, of_kind=asked.has("kind"))
            view = next(v for v in views if v.code == usual)
        filters = asked
        if view is not None and not explicit:
            filters = Filters.parse(view.filters)
            if asked.has("kind"):
                narrowed = tuple(a for a in asked if a.field.name == "kind")
                filters = Filters((*narrowed, *filters.without("kind").applied))
        filters = Filters(filters.applied, (*asked.problems, *unknown))
        group_by = params.get("group") if params.get("group") in (*GROUPS, "none") else (view.group_by if view else "")
        size = params.get("size", "")
        return cls(
            user=user,
            views=views,
            view=view,
            filters=filters,
            explicit=explicit,
            sort=sort_for(filters, params.get("sort", ""), view.sort if view else ""),
            group_by=group_by if group_by in GROUPS else "",
            columns=columns_for(view.columns if view else ()),
            size=int(size) if size.isascii() and size.isdigit() and int(size) in PAGE_SIZES else 50,
        )

    # ---------- addresses ----------

    @property
    def kinds(self) -> tuple[str, ...]:
        return self.filters.get("kind")

    def params(
        self, *, filters: Filters | None = None, sort: str | None = None, group: str | None = None, **more: Any
    ) -> list[tuple[str, str]]:
        """The parameters of this list, with something changed."""
        own = self.filters if filters is None else filters
        changed = filters is not None or self.explicit
        pairs: list[tuple[str, str]] = []
        if self.view is not None and not (changed and not own.without("kind")):
            pairs.append(("view", self.view.code))
        elif changed and not own.without("kind"):
            # Without any filter left it would be the usual view again: everything open is what is meant.
            pairs.append(("view", "all"))
        for name, values in own.to_params().items():
            if changed or name == "kind":
                pairs += [(name, value) for value in values]
        usual_sort = sort_for(own, self.view.sort if self.view else "").code
        chosen = self.sort.code if sort is None else sort
        if chosen != usual_sort:
            pairs.append(("sort", chosen))
        grouped = self.group_by if group is None else group
        if grouped != (self.view.group_by if self.view else ""):
            pairs.append(("group", grouped or "none"))
        if self.size != 50:
            pairs.append(("size", str(self.size)))
        return pairs + [(name, str(value)) for name, value in more.items() if value]

    def query(self, **changes: Any) -> str:
        """The same as a query string, without the question mark."""
        return urlencode(self.params(**changes))

    def view_query(self, view: View) -> str:
        """The address of another view; the kind is kept."""
        pairs = [("view", view.code)]
        if "kind" not in view.filters:
            pairs += [("kind", value) for value in self.kinds]
        return urlencode(pairs)

    @property
    def is_changed(self) -> bool:
        """The list differs from the view it came from, so saving makes sense."""
        if self.view is None:
            return True
        return (
            (self.explicit and self.filters.to_params() != Filters.parse(self.view.filters).to_params())
            or self.group_by != self.view.group_by
            or self.sort.code != sort_for(self.filters, self.view.sort).code
        )

    @property
    def title(self) -> str:
        """The heading: the kind when there is one, else what the list is about."""
        if len(self.kinds) == 1:
            return str(kinds.get(self.kinds[0]).plural)
        if self.view is not None and self.view.code == "mine" and not self.explicit:
            return _("My work")
        return self.view.label if self.view is not None and self.view.saved and not self.explicit else _("Queue")


def pinned(views: Iterable[View]) -> list[View]:
    return [view for view in views if view.pinned]
