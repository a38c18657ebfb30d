import pytest

from itsm.automation.models import AutomationRule, RuleRun
from itsm.automation.tasks import run_rules
from itsm.tickets.models import Macro
from tests import factories

pytestmark = pytest.mark.django_db
URL = "/settings/automation/"


@pytest.fixture
def macro():
    return Macro.objects.create(name="Seen", kind="incident", note="Seen")


def test_a_rule_is_made_runs_and_shows_what_it_did(admin, filled, macro, service, requester, desk, entries):
    data = {
        "name": "Greet", "when": "incident:open", "position": "0", "is_active": "on", "services": [service.pk],
        "priorities": ["3"], "channels": ["portal"], "words": "mail\nVPN", "macro": macro.pk, "tell": desk.pk,
    }  # fmt: skip
    assert admin.post(f"{URL}new/", data).status_code == 302
    rule = AutomationRule.objects.get()
    assert (rule.kind, rule.event, rule.priorities, rule.channels) == ("incident", "open", [3], ["portal"])
    assert (rule.words, list(rule.services.all())) == (["mail", "VPN"], [service])
    assert entries(rule)[0][0] == "created"
    made = factories.incident(requester, service=service, title="No mail", impact=2, urgency=2)
    run_rules()
    page = admin.get(f"{URL}{rule.pk}/").content.decode()
    assert made.number in page
    assert "Done" in page
    listed = admin.get(URL).content.decode()
    assert "Greet" in listed
    assert "It is opened" in listed
    again = filled(admin, f"{URL}{rule.pk}/")
    assert admin.post(f"{URL}{rule.pk}/", again).status_code == 302
    assert len(entries(rule)) == 1, "saved as it was: nothing changed"
    assert admin.post(f"{URL}{rule.pk}/delete/").status_code == 302
    assert not RuleRun.objects.exists()


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": ""}),
        ("name", {"name": "x" * 81}),
        ("name", {"name": "Taken"}),
        ("when", {"when": ""}),
        ("when", {"when": "incident:explode"}),
        ("when", {"when": "nothing:open"}),
        ("macro", {"macro": "999999"}),
        ("macro", {"macro": "other"}),
        ("priorities", {"priorities": ["9"]}),
        ("channels", {"channels": ["pigeon"]}),
        ("position", {"position": "-1"}),
        ("__all__", {"macro": ""}),
    ],
)
def test_bad_rules_change_nothing(admin, macro, field, changes):
    AutomationRule.objects.create(name="Taken", kind="incident", event="open", macro=macro)
    if changes.get("macro") == "other":
        changes = {"macro": Macro.objects.create(name="Other", kind="request", note="x").pk}
    data = {"name": "New", "when": "incident:open", "position": "0", "macro": macro.pk} | changes
    answer = admin.post(f"{URL}new/", data)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert AutomationRule.objects.count() == 1
