"""People, projects and roles: who may, what a revoked or forged role is worth, and that it is all on the ledger."""

import uuid

import pytest

from governance import access, events
from governance.access import AUDITOR, COMPLIANCE_OFFICER, ENGINEER, OWNER
from governance.errors import Conflict, Denied, Invalid, NotFound, Refused
from governance.models import LedgerOpening, Notice, Project, RoleGrant, RoleRevocation, User
from governance.selectors import ledger
from governance.selectors import people as select
from governance.selectors.signoff import in_force
from governance.services import people
from governance.services.reauthentication import Proof
from tests.governance import tampering
from tests.governance.cast import PASSWORD


def newest():
    return ledger.leaf(ledger.size() - 1)


def test_enrolling_is_on_the_ledger_without_the_name(world) -> None:
    user = world.enrol("grace_hopper")
    leaf = newest()
    assert (leaf.event, leaf.actor, leaf.subjects) == (
        events.PERSON_ENROLLED, world.owner.actor, [f"user:{user.actor}"],
    )  # fmt: skip
    assert b"race" not in leaf.to_bytes()
    assert LedgerOpening.objects.get(entry=leaf.seq).private == {"printed_name": "Grace Hopper"}
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": "  "}, "username"),
        ({"username": "OWNER"}, "username"),
        ({"printed_name": " "}, "printed_name"),
        ({"password": "short"}, "password"),
        ({"password": "password1234"}, "password"),
        ({"password": "newcomer12345"}, "password"),
    ],
)
def test_who_cannot_be_enrolled(world, change, field) -> None:
    size = ledger.size()
    values = {"username": "newcomer", "printed_name": "New Comer", "password": PASSWORD} | change
    if field == "password" and "newcomer" in values["password"]:
        values["password"] = "newcomer1234"
    with pytest.raises(Invalid) as problem:
        people.person_enrol(actor=world.owner, **values)
    assert problem.value.field == field
    assert ledger.size() == size


def test_an_address_is_changed_by_owners_and_stands_in_no_leaf(world) -> None:
    change = {"user": world.engineer, "email": "engineer@example.test"}
    with pytest.raises(Denied):
        people.address_change(actor=world.officer, proof=Proof(PASSWORD), **change)
    with pytest.raises(Refused):
        people.address_change(actor=world.owner, proof=Proof("not the password"), **change)
    people.address_change(actor=world.owner, proof=Proof(PASSWORD), **change)
    assert User.objects.get(pk=world.engineer.pk).email == "engineer@example.test"
    leaf = newest()
    assert (leaf.event, leaf.subjects) == (events.ADDRESS_CHANGED, [f"user:{world.engineer.actor}"])
    assert b"example" not in leaf.to_bytes()
    assert LedgerOpening.objects.get(entry=leaf.seq).private == {"before": "", "now": "engineer@example.test"}
    assert Notice.objects.filter(to=world.engineer, subject="E-mail address changed").exists()
    with pytest.raises(Conflict):
        people.address_change(actor=world.owner, proof=Proof(PASSWORD), **change)
    with pytest.raises(Invalid, match="somebody else has this address"):
        people.address_change(
            actor=world.owner, user=world.officer, email="Engineer@example.test", proof=Proof(PASSWORD)
        )
    people.address_change(actor=world.owner, user=world.engineer, email="", proof=Proof(PASSWORD))
    assert User.objects.get(pk=world.engineer.pk).email == ""
    User.objects.filter(pk=world.engineer.pk).update(is_active=False)
    with pytest.raises(Invalid, match="not active"):
        people.address_change(actor=world.owner, proof=Proof(PASSWORD), **change)


def test_only_owners_enrol_create_projects_and_grant(world) -> None:
    for name in ("officer", "engineer", "auditor", "stranger"):
        user = world.people[name]
        with pytest.raises(Denied):
            people.person_enrol(actor=user, username=f"by_{name}", printed_name="X", password=PASSWORD)
        with pytest.raises(Denied):
            people.project_create(actor=user, name=f"By {name}")
        with pytest.raises(Refused):
            people.role_grant(actor=user, user=world.data_owner, role=OWNER, project=None, proof=Proof(PASSWORD))
        assert newest().event == events.REFUSAL_ACCESS
    assert not User.objects.filter(username__startswith="by_").exists()
    assert Project.objects.count() == 2


def test_nobody_grants_themself_a_role(world) -> None:
    for project in (None, world.project):
        with pytest.raises(Refused, match="granted to oneself"):
            people.role_grant(
                actor=world.owner, user=world.owner, role=ENGINEER, project=project, proof=Proof(PASSWORD)
            )
        assert newest().event == events.REFUSAL_RULE
        assert newest().subjects == [f"user:{world.owner.actor}"]
    assert access.roles_of(world.owner, world.project) == {OWNER}


def test_an_owner_of_a_project_rules_there_only(world) -> None:
    boss = world.enrol("boss", OWNER, world.project)
    people.role_grant(actor=boss, user=world.stranger, role=AUDITOR, project=world.project, proof=Proof(PASSWORD))
    with pytest.raises(Denied):
        people.role_grant(actor=boss, user=world.stranger, role=OWNER, project=None, proof=Proof(PASSWORD))
    with pytest.raises(NotFound):
        people.role_grant(
            actor=boss, user=world.stranger, role=OWNER, project=world.projects["other"], proof=Proof(PASSWORD)
        )


def test_a_role_in_the_organisation_counts_in_every_project(world) -> None:
    assert access.roles_of(world.officer, world.project) == {COMPLIANCE_OFFICER}
    assert access.roles_of(world.officer, world.projects["other"]) == {COMPLIANCE_OFFICER}
    assert access.roles_of(world.engineer, None) == frozenset()
    assert set(select.projects_of(world.officer)) == set(world.projects.values())
    assert set(select.projects_of(world.engineer)) == {world.project}
    assert set(select.projects_of(world.enrol("nobody"))) == set()


def test_a_revoked_role_is_gone_at_once_and_can_be_given_again(world) -> None:
    grant = RoleGrant.objects.get(user=world.engineer)
    people.role_revoke(actor=world.owner, grant_id=str(grant.pk))
    assert newest().data == {"grant": str(grant.pk), "role": ENGINEER, "project": str(world.project.pk)}
    assert access.roles_of(world.engineer, world.project) == frozenset()
    assert not select.is_member(world.engineer)
    assert set(select.projects_of(world.engineer)) == set()
    with pytest.raises(Conflict):
        people.role_revoke(actor=world.owner, grant_id=str(grant.pk))
    with pytest.raises(NotFound):
        world.note()
    people.role_grant(
        actor=world.owner, user=world.engineer, role=ENGINEER, project=world.project, proof=Proof(PASSWORD)
    )
    world.note()


def test_the_same_role_twice_and_roles_nobody_knows(world) -> None:
    with pytest.raises(Conflict):
        people.role_grant(
            actor=world.owner, user=world.engineer, role=ENGINEER, project=world.project, proof=Proof(PASSWORD)
        )
    with pytest.raises(Invalid):
        people.role_grant(actor=world.owner, user=world.engineer, role="superuser", project=None, proof=Proof(PASSWORD))
    with pytest.raises(NotFound):
        people.role_revoke(actor=world.owner, grant_id=str(uuid.uuid4()))


def test_somebody_who_left_has_no_roles(world) -> None:
    User.objects.filter(pk=world.officer.pk).update(is_active=False)
    world.officer.refresh_from_db()
    assert access.roles_of(world.officer, None) == frozenset()
    assert not select.is_member(world.officer)
    with pytest.raises(Denied):
        people.role_grant(actor=world.officer, user=world.engineer, role=AUDITOR, project=None, proof=Proof(PASSWORD))


@pytest.mark.parametrize("claim", ["beyond", "another", "own"])
def test_a_grant_written_by_sql_gives_nothing(world, claim) -> None:
    """Neither an act nor even a look: the leaf it names says something else, or does not exist."""
    nobody = world.enrol("nobody")
    seqs = {"beyond": ledger.size() + 9, "another": 0, "own": ledger.size() - 1}
    RoleGrant(user=nobody, role=OWNER, project=None, seq=seqs[claim]).save()
    assert access.roles_of(nobody, None) == frozenset()
    assert not access.can(nobody, "role.grant", None)
    assert not select.is_member(nobody)
    assert set(select.projects_of(nobody)) == set()
    with pytest.raises(Denied):
        people.project_create(actor=nobody, name="Mine")


def test_a_copied_grant_row_gives_the_copyist_nothing(world) -> None:
    """Even with the identifier of a true grant in it: the leaf names another person."""
    true = RoleGrant.objects.get(user=world.owner_two)
    forged = RoleGrant(user=world.stranger, role=true.role, project=None, seq=ledger.size() + 1)
    forged.save()
    assert access.roles_of(world.stranger, None) == frozenset()


@pytest.mark.postgres
@pytest.mark.attack(
    name="delete the row that takes a role back, or let it name a later entry",
    caught_by="a role is gone when a row or a ledger entry says so; verify_ledger finds the row",
    unless="the entry goes too, or both of its rows in the index do: verify_ledger finds either",
)
@pytest.mark.parametrize(
    "act", ["DELETE FROM governance_rolerevocation", "UPDATE governance_rolerevocation SET seq = seq + 9"]
)
def test_a_role_taken_back_stays_gone_whatever_its_row_says(world, act) -> None:
    grant = RoleGrant.objects.get(user=world.engineer)
    people.role_revoke(actor=world.owner, grant_id=str(grant.pk))
    seq = grant.revocation.seq
    with tampering.owner():
        assert tampering.run(act) == 1
    assert access.roles_of(world.engineer, world.project) == frozenset()
    assert not select.is_member(world.engineer)
    with pytest.raises(NotFound):
        world.note()
    [held] = select.roles_at([world.engineer], world.project)[world.engineer.pk]
    assert (select.held_at(held, seq - 1), select.held_at(held, seq)) == (True, False)


def test_superuser_status_is_no_role(world) -> None:
    User.objects.filter(pk=world.stranger.pk).update(is_superuser=True, is_staff=True)
    world.stranger.refresh_from_db()
    assert access.roles_of(world.stranger, world.project) == frozenset()
    with pytest.raises(NotFound):
        world.note(by=world.stranger)


def test_projects_have_names_of_their_own(world) -> None:
    with pytest.raises(Invalid):
        people.project_create(actor=world.owner, name="Main project")
    with pytest.raises(Invalid):
        people.project_create(actor=world.owner, name="!!!")
    made = people.project_create(actor=world.owner, name="Third", slug="third-one")
    assert newest().data == {"project": str(made.pk)}
    assert newest().subjects == [f"project:{made.pk}"]


def test_revocations_reach_back_no_further_than_themselves(world) -> None:
    note = world.note()
    world.agree(note)
    grant = RoleGrant.objects.get(user=world.officer)
    people.role_revoke(actor=world.owner_two, grant_id=str(grant.pk))
    assert in_force(note).ok
    assert RoleRevocation.objects.count() == 1
