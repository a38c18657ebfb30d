"""The same pages over a log that was lived elsewhere: import, work, search, explain; import again."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command

from itsm.tickets.models import Ticket
from tests.source import ROOT

pytestmark = pytest.mark.django_db

#: Two cases as ServiceNow exports them, one update a line; the second is still open.
LOG = """\
number,incident_state,opened_at,sys_updated_at,sys_updated_by,caller_id,contact_type,location,category,subcategory,\
u_symptom,impact,urgency,priority,assignment_group,assigned_to,closed_code,resolved_at,closed_at
INC0000045,New,29/2/2016 01:16,29/2/2016 01:23,Updated by 21,Caller 2403,Phone,Oslo,Category 55,Subcategory 170,\
Symptom 72,2 - Medium,2 - Medium,3 - Moderate,Group 56,?,code 5,29/2/2016 11:29,5/3/2016 12:00
INC0000045,Active,29/2/2016 01:16,29/2/2016 08:53,Updated by 332,Caller 2403,Phone,Oslo,Category 55,\
Subcategory 170,Symptom 72,2 - Medium,2 - Medium,3 - Moderate,Group 56,Resolver 89,code 5,29/2/2016 11:29,5/3/2016 12:00
INC0000045,Awaiting User Info,29/2/2016 01:16,29/2/2016 09:53,Updated by 332,Caller 2403,Phone,Oslo,Category 55,\
Subcategory 170,Symptom 72,2 - Medium,2 - Medium,3 - Moderate,Group 56,Resolver 89,code 5,29/2/2016 11:29,5/3/2016 12:00
INC0000045,Active,29/2/2016 01:16,29/2/2016 10:53,Updated by 332,Caller 2403,Phone,Oslo,Category 55,\
Subcategory 170,Symptom 72,2 - Medium,2 - Medium,3 - Moderate,Group 70,Resolver 12,code 5,29/2/2016 11:29,5/3/2016 12:00
INC0000045,Resolved,29/2/2016 01:16,29/2/2016 11:29,Updated by 332,Caller 2403,Phone,Oslo,Category 55,\
Subcategory 170,Symptom 72,2 - Medium,2 - Medium,3 - Moderate,Group 70,Resolver 12,code 5,29/2/2016 11:29,5/3/2016 12:00
INC0000045,Closed,29/2/2016 01:16,5/3/2016 12:00,Updated by 908,Caller 2403,Phone,Oslo,Category 55,\
Subcategory 170,Symptom 72,2 - Medium,2 - Medium,3 - Moderate,Group 70,Resolver 12,code 5,29/2/2016 11:29,5/3/2016 12:00
INC0000062,Active,29/2/2016 07:26,29/2/2016 15:52,Updated by 44,Caller 4416,Email,Bergen,Category 20,Subcategory 125,\
Symptom 471,1 - High,1 - High,1 - Critical,Group 24,?,code 10,?,?
"""


def imported(tmp_path) -> str:
    file = tmp_path / "log.csv"
    file.write_text(LOG)
    out = io.StringIO()
    mapping = ROOT / "docs" / "mappings" / "servicenow_incidents.yaml"
    call_command("import_tickets", str(file), "--mapping", str(mapping), stdout=out)
    return out.getvalue()


def test_an_imported_log_is_worked_like_any_other(sit, agent, tmp_path):
    assert "2 created" in imported(tmp_path)
    old = Ticket.objects.get(external_id="servicenow:INC0000045")
    running = Ticket.objects.get(external_id="servicenow:INC0000062")
    assert (old.state, old.transfer_count, running.state, running.priority) == ("closed", 1, "in_progress", 1)

    anna = sit(agent).go("/queue/?view=all").sees(running.number).sees_not(old.number)
    anna.follow(running.title).press("Send", within="/message/", body="Does it still happen?", kind="reply")
    anna.go("/search/?q=symptom+72").sees(old.number)
    anna.go(f"/tickets/{old.number}/").sees("Group 70", "Resolver 12", "Caller 2403")
    anna.go(f"/tickets/{old.number}/sla/").sees("Resolution", "Counted")
    # 01:16 to 11:29 without the hour that waited for the caller.
    assert old.clocks.get(metric="resolution").elapsed_seconds == (10 * 60 + 13 - 60) * 60

    again = imported(tmp_path)
    assert "0 created, 0 updated" in again, again
    call_command("rebuild_sla", "--check", stdout=io.StringIO())
