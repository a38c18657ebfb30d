"""The explanation of access is the queryset: the same people see the same tickets."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from itsm.accounts.models import User
from itsm.tickets.models import Ticket, Watcher
from itsm.tickets.services.access import explain
from itsm.workflow import edits
from tests import factories


@pytest.fixture
def world(
    db, organisation, desk, engineers, requester, colleague, outsider, agent, engineer, auditor, incident_manager
):
    """Every kind of person against every kind of ticket."""
    secret = factories.TeamFactory(name="Security", is_restricted=True)
    officer = factories.person("Sue Secret", roles=("security_officer",), teams=(secret,))
    factories.person("Alan Agent", roles=("agent",), teams=(secret,))
    factories.person("Owen Owner", roles=("service_owner",), teams=(engineers,))
    boss = factories.person("Bea Boss", organisation=organisation, sees_organisation=True)
    factories.person("Gone Girl", roles=("agent",), is_active=False)
    owned = factories.ServiceFactory(owner=User.objects.get(name="Owen Owner"))
    plain = factories.incident(requester)
    factories.incident(outsider, service=owned)
    factories.incident(requester, service=owned, team=secret)
    factories.incident(outsider, team=engineers)
    factories.incident(boss, team=secret)
    moved = factories.incident(colleague, team=secret)
    edits.edit(moved, actor=agent, source="web", team=engineers)
    Watcher.objects.create(ticket=Ticket.objects.get(pk=plain.pk), user=outsider)
    Watcher.objects.create(ticket=Ticket.objects.get(pk=moved.pk), user=officer)
    return None


def test_explanation_is_the_queryset(world, django_assert_max_num_queries):
    seen = set()
    for user in User.objects.all():
        visible = set(Ticket.objects.visible_to(user).values_list("pk", flat=True))
        for ticket in Ticket.objects.select_related("team", "restricted_to", "service", "organisation"):
            with django_assert_max_num_queries(4):
                found = explain(user, ticket)
            assert found.visible == (ticket.pk in visible), (user, ticket, found)
            assert found.reasons
            assert all("%(" not in reason for reason in found.reasons)
            seen |= set(found.rules)
    assert seen == {
        "system", "role", "requester", "named", "restricted_team", "team", "organisation", "service_owner",
    }  # fmt: skip


def test_member_of_the_next_team_does_not_see_what_stays_restricted(world, engineers):
    member = factories.person("Nina New", roles=("service_owner",), teams=(engineers,))
    moved = Ticket.objects.get(team=engineers, restricted_to__isnull=False)
    assert not Ticket.objects.visible_to(member).filter(pk=moved.pk).exists()


def test_command_explains(incident, agent, outsider):
    out = StringIO()
    call_command("check_permissions", agent.email.upper(), incident.number, stdout=out)
    assert out.getvalue() == (
        f"Anna Agent <{agent.email}> sees {incident.number}:\n"
        "  - The role Agent sees every ticket that is not restricted.\n"
    )
    out = StringIO()
    call_command("check_permissions", outsider.email, incident.number.lower(), stdout=out)
    assert "does not see" in out.getvalue()
    assert "is not the requester" in out.getvalue()


@pytest.mark.parametrize(("who", "number"), [("nobody@example.com", "INC-1"), ("agent", "INC-0"), ("agent", "rubbish")])
def test_command_refuses_what_does_not_exist(agent, who, number):
    with pytest.raises(CommandError):
        call_command("check_permissions", agent.email if who == "agent" else who, number)
