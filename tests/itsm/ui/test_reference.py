import pytest
from django.urls import path

from itsm.accounts.models import Organisation, Team
from itsm.ui.pages import Column, DeletePage, FormPage, ListPage

RECORDED = []


class Names:
    list_url, create_url, edit_url, delete_url = "orgs", "org-create", "org-edit", "org-delete"
    model = Organisation


class OrganisationList(Names, ListPage):
    columns = (Column("name", "Name"), Column("is_active", "Active", opt=True), Column("parent", "Part of"))
    search_fields = ("name", "cost_centre_code")
    order = ("name",)
    page_size = 2


class OrganisationForm(Names, FormPage):
    fields = ("name", "parent", "is_active")

    def on_saved(self, obj, before, actor):
        RECORDED.append((obj.name, before and before["name"], actor.name))


class OrganisationDelete(Names, DeletePage):
    def on_deleted(self, obj, before, actor):
        RECORDED.append((before["name"], "deleted", actor.name))


urlpatterns = [
    path("orgs/", OrganisationList.as_view(), name="orgs"),
    path("orgs/new/", OrganisationForm.as_view(), name="org-create"),
    path("orgs/<int:pk>/", OrganisationForm.as_view(), name="org-edit"),
    path("orgs/<int:pk>/delete/", OrganisationDelete.as_view(), name="org-delete"),
]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__), pytest.mark.usefixtures("registries")]


@pytest.fixture
def admin(client, person):
    RECORDED.clear()
    client.force_login(person("administrator", name="Ada Admin"))
    return client


@pytest.mark.parametrize("address", ["/orgs/", "/orgs/new/"])
def test_others_may_not(client, agent, address):
    client.force_login(agent)
    assert client.get(address).status_code == 403


def test_list_pages_searches_and_escapes(admin):
    for name in ("Beta", "Alpha <b>", "Gamma"):
        Organisation.objects.create(name=name)
    html = admin.get("/orgs/").content.decode()
    assert "Alpha &lt;b&gt;" in html
    assert "Gamma" not in html
    assert "1–2 of 3" in html
    assert "Gamma" in admin.get("/orgs/?q=amma").content.decode()
    fragment = admin.get("/orgs/?q=zzz", headers={"HX-Request": "true", "HX-Target": "rows"}).content.decode()
    assert "<html" not in fragment
    assert "Nothing contains “zzz”." in fragment


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count(admin, count, django_assert_max_num_queries):
    for n in range(count):
        Organisation.objects.create(name=f"Org {n}")
    with django_assert_max_num_queries(6):
        admin.get("/orgs/")


def test_create_edit_and_what_is_recorded(admin):
    response = admin.post("/orgs/new/", {"name": "Alpha", "is_active": "on"})
    assert (response.status_code, response.url) == (302, "/orgs/")
    alpha = Organisation.objects.get()
    admin.post(f"/orgs/{alpha.pk}/", {"name": "Beta", "is_active": "on"})
    assert RECORDED == [("Alpha", None, "Ada Admin"), ("Beta", "Alpha", "Ada Admin")]
    assert "Beta saved" in admin.get("/orgs/").content.decode()


def test_error_at_the_field_is_422_and_nothing_is_recorded(admin):
    response = admin.post("/orgs/new/", {"name": ""}, headers={"HX-Request": "true"})
    assert response.status_code == 422
    assert 'id="id_name_error"' in response.content.decode()
    assert "<html" not in response.content.decode()
    assert (RECORDED, Organisation.objects.count()) == ([], 0)


def test_delete_asks_then_deletes(admin):
    alpha = Organisation.objects.create(name="Alpha")
    assert "deleted for good" in admin.get(f"/orgs/{alpha.pk}/delete/").content.decode()
    assert admin.post(f"/orgs/{alpha.pk}/delete/").url == "/orgs/"
    assert (RECORDED, Organisation.objects.count()) == ([("Alpha", "deleted", "Ada Admin")], 0)


def test_delete_of_something_in_use_explains_and_offers_to_switch_it_off(admin, person):
    alpha = Organisation.objects.create(name="Alpha")
    person(name="Bo Berg", organisation=alpha)
    person(name="Cy Clay", organisation=alpha)
    for response in (admin.get(f"/orgs/{alpha.pk}/delete/"), admin.post(f"/orgs/{alpha.pk}/delete/")):
        html = response.content.decode()
        assert "Used by 2 people" in html
        assert "Switch it off" in html
        assert '<button class="btn danger"' not in html
    assert response.status_code == 409
    assert (RECORDED, Organisation.objects.count()) == ([], 1)


def test_what_would_be_deleted_along_is_counted(agent):
    from itsm.ui.reference import uses

    team = Team.objects.create(name="First line")
    team.memberships.create(user=agent)
    held, lost = uses(team, agent)
    assert ([u.label for u in held], [(u.count.value, u.label) for u in lost]) == ([], [(1, "membership")])
