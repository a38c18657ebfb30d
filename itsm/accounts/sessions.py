"""Sessions as Django keeps them; whoever reads one learns in the same statement which version the house is in."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.db.models import IntegerField, Subquery
from django.db.models.functions import Coalesce

from itsm.lib import clock, house


class SessionStore(DatabaseSessions):  # type: ignore[misc]
    """Its name is part of how sessions are signed: with another one everybody would be signed out."""

    def _get_session_from_db(self) -> Any:
        from itsm.accounts.models import House  # noqa: PLC0415 - imported before the applications are ready

        version = Subquery(House.objects.the_one().values("version"), output_field=IntegerField())
        rows = self.model.objects.annotate(house=Coalesce(version, 0))
        found = rows.filter(session_key=self.session_key, expire_date__gt=clock.now()).first()
        if found is None:
            self._session_key = None
            house.refresh()
            return None
        house.seen(found.house)
        return found
