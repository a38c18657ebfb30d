import pytest

from itsm.ui import nav, panels

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.itsm.ui.gallery"), pytest.mark.usefixtures("registries")]


def labels(user, path="/"):
    return {group.key: [str(item.entry.label) for item in group.items] for group in nav.shell(user, path)}


def test_people_see_the_groups_of_their_roles(person, agent):
    for group in ("top", "desk", "change", "govern", "bottom"):
        nav.register(group, group.title(), "gallery-queue", "siren")
    assert labels(agent) == {"top": ["Top"], "desk": ["Desk"], "change": ["Change"], "bottom": ["Bottom"]}
    assert "govern" in labels(person("auditor"))


def test_at_most_four_groups_and_sixteen_entries(person):
    user = person("agent", "change_manager", "auditor", "portfolio_manager")
    assert len(nav.groups_of(user)) == 4
    for n in range(30):
        nav._entries[("desk", f"x{n}")] = nav.Entry("desk", f"E{n}", "gallery-queue", "siren")
    assert sum(len(g.items) for g in nav.shell(user)) == 16


def test_a_long_group_loses_entries_not_the_groups_after_it(person):
    user = person("agent", "auditor")
    for n in range(30):
        nav._entries[("desk", f"x{n}")] = nav.Entry("desk", f"E{n}", "gallery-queue", "siren", order=n)
    for group in ("govern", "bottom"):
        nav.register(group, group.title(), "gallery-record", "siren")
    shown = labels(user)
    assert (len(shown["desk"]), shown["govern"], shown["bottom"]) == (15, ["Govern"], ["Bottom"])
    assert shown["desk"][:2] == ["E0", "E1"]


def test_what_each_role_uses_most_comes_first(person):
    assert nav.groups_of(person("agent", "service_level_manager", "auditor"))[:3] == ["desk", "services", "govern"]


def test_roles_of_an_entry_and_missing_pages_hide_it(agent):
    nav.register("desk", "Open", "gallery-queue", "siren")
    nav.register("desk", "Managers", "gallery-record", "siren", roles=["incident_manager"])
    nav.register("desk", "Not installed", "no-such-page", "siren")
    assert labels(agent) == {"desk": ["Open"]}
    assert [e.label for e in nav.everything(agent)] == ["Open"]


def test_order_and_replacement(agent):
    nav.register("desk", "Second", "gallery-queue", "siren", order=2)
    nav.register("desk", "First", "gallery-record", "siren", order=1)
    nav.register("desk", "Second again", "gallery-queue", "siren", order=2)
    assert labels(agent) == {"desk": ["First", "Second again"]}
    with pytest.raises(ValueError, match="Unknown navigation group"):
        nav.register("nowhere", "x", "x", "x")


def test_current_is_the_longest_address_that_fits(agent):
    nav.register("top", "Home", "gallery-queue", "siren")
    nav.register("desk", "Record", "gallery-record", "siren")
    marked = [i.entry.label for g in nav.shell(agent, "/record/INC-1/") for i in g.items if i.current]
    assert marked == ["Record"]
    assert not [i for g in nav.shell(agent, "/recordings/") for i in g.items if i.current]


def test_counts_are_cached_coloured_only_when_waiting_and_never_fatal(agent, django_assert_num_queries):
    calls = []

    def three(user):
        calls.append(user)
        return 3

    def fails(user):
        raise RuntimeError

    nav.register("top", "Inbox", "gallery-queue", "inbox", count=three, tone="red")
    nav.register("top", "None", "gallery-record", "inbox", count=lambda user: 0, tone="red")
    nav.register("top", "Broken", "gallery-parts", "inbox", count=fails)
    for _again in range(2):
        items = nav.shell(agent)[0].items
    assert {i.entry.label: (i.count, i.tone) for i in items} == {
        "Inbox": (3, "red"),
        "None": (0, ""),
        "Broken": (None, ""),
    }
    assert calls == [agent]
    nav.forget_counts(agent)
    nav.shell(agent)
    assert len(calls) == 2


def test_create_commands_and_settings_by_role(agent, requester):
    panels.register_create("incident", "Incident", "gallery-form", icon="siren", key="I", roles=["agent"])
    panels.register_create("gone", "Gone", "no-such-page", icon="siren", key="g")
    panels.register_command("say", "Say", "gallery-parts")
    panels.register_settings("teams", "Teams", "gallery-parts")
    assert [(link.label, link.key, link.url) for link in panels.create_menu(agent)] == [("Incident", "i", "/form/")]
    assert panels.create_menu(requester) == []
    assert [link.label for link in panels.commands(agent)] == ["Say"]
    assert panels.settings_sections(agent) == []


def test_panels_draw_in_order_skip_nothing_and_survive_failure(rf, agent):
    def fails(request, subject):
        raise RuntimeError

    panels.register("home", "b", "ui/_notice.html", lambda request, subject: {"title": f"B {subject}<"}, order=2)
    panels.register("home", "a", "ui/_notice.html", lambda request, subject: {"title": "A"}, order=1)
    panels.register("home", "hidden", "ui/_notice.html", lambda request, subject: None)
    panels.register("home", "broken", "ui/_notice.html", fails)
    panels.register("home", "managers", "ui/_notice.html", lambda request, subject: {"title": "M"}, roles=["auditor"])
    request = rf.get("/")
    request.user = agent
    html = panels.draw("home", request, "X")
    assert html.index(">A<") < html.index(">B X&lt;<")
    assert ">M<" not in html
    with pytest.raises(ValueError, match="Unknown place"):
        panels.register("nowhere", "x", "x", fails)


def test_lists_of_one_page_are_entries_of_their_own():
    incidents = nav.Entry("desk", "Incidents", "ui:theme", "siren", query="kind=incident")
    requests = nav.Entry("desk", "Requests", "ui:theme", "inbox", query="kind=request")
    queue = nav.Entry("desk", "Queue", "ui:theme", "list")
    items = [nav.Item(e, e.url) for e in (incidents, requests, queue)]

    def current(path: str) -> list[str]:
        for item in items:
            item.current = False
        nav._mark_current(items, path)
        return [item.entry.label for item in items if item.current]

    assert incidents.url == "/ui/theme/?kind=incident"
    assert current("/ui/theme/?kind=incident&view=mine") == ["Incidents"]
    assert current("/ui/theme/?kind=request") == ["Requests"]
    assert current("/ui/theme/?view=mine") == ["Queue"]
    assert current("/ui/theme/deeper/?kind=incident") == ["Queue"]
