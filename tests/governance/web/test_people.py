"""Owners manage people, roles and projects on pages; others cannot."""

from django.urls import reverse

from governance.models import Project, RoleGrant, User
from tests.governance.web.world import PASSWORD, World


def test_enrol_grant_and_take_back(world: World, as_) -> None:
    client = as_(world.owner)
    fields = {"username": "nina", "printed_name": "Nina New", "password": PASSWORD}
    assert client.post(reverse("enrol"), fields).status_code == 302
    nina = User.objects.get(username="nina")
    role = {"user": "nina", "role": "domain_expert", "project": world.project.slug, "password": PASSWORD}
    assert client.post(reverse("grant"), role).status_code == 302
    assert client.post(reverse("grant"), role).status_code == 409
    grant = RoleGrant.objects.get(user=nina)
    assert "Nina New" in client.get(reverse("people")).content.decode()
    assert client.post(reverse("revoke-role"), {"grant": str(grant.pk)}).status_code == 302
    assert RoleGrant.objects.get(user=nina).revocation


def test_a_weak_password_is_told_beside_its_field(world: World, as_) -> None:
    fields = {"username": "nina", "printed_name": "Nina New", "password": "short"}
    response = as_(world.owner).post(reverse("enrol"), fields)
    assert response.status_code == 400
    assert "too short" in response.content.decode()
    assert "Nina New" in response.content.decode()


def test_nobody_gives_themself_a_role_and_engineers_give_none(world: World, as_) -> None:
    own = {"user": "olive", "role": "engineer", "project": world.project.slug, "password": PASSWORD}
    assert as_(world.owner).post(reverse("grant"), own).status_code == 409
    other = {"user": "otto", "role": "engineer", "project": world.project.slug, "password": PASSWORD}
    assert as_(world.engineer).post(reverse("grant"), other).status_code == 403
    assert (
        as_(world.engineer)
        .post(reverse("enrol"), {"username": "x", "printed_name": "X", "password": PASSWORD})
        .status_code
        == 403
    )
    foreign = RoleGrant.objects.get(user=world.engineer)
    assert as_(world.outsider).post(reverse("revoke-role"), {"grant": str(foreign.pk)}).status_code == 404
    assert as_(world.engineer).post(reverse("revoke-role"), {"grant": str(foreign.pk)}).status_code == 403
    assert as_(world.owner).post(reverse("revoke-role"), {"grant": "nonsense"}).status_code == 404
    assert as_(world.owner).post(reverse("grant"), own | {"user": "nobody"}).status_code == 404


def test_other_projects_people_stay_unseen(world: World, as_) -> None:
    page = as_(world.outsider).get(reverse("people")).content.decode()
    assert "Ed Engineer" not in page
    assert "Olive Owner" in page
    assert world.project.name not in page


def test_a_project_is_created_by_an_owner_alone(world: World, as_) -> None:
    url = reverse("project-new")
    assert as_(world.owner).post(url, {"name": "New"}).status_code == 302
    assert as_(world.owner).post(url, {"name": "new!"}).status_code == 400
    assert as_(world.engineer).post(url, {"name": "Another"}).status_code == 403
    assert Project.objects.filter(slug="new").count() == 1
    assert as_(world.owner).get(reverse("project", args=["new"])).status_code == 200
