"""What is remembered within a request, and for no longer than it is true."""

import contextvars
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from governance import access
from governance.access import AUDITOR, ENGINEER, OWNER
from governance.errors import Conflict, Denied, NotFound
from governance.models import LedgerSubject, RoleGrant, RoleRevocation, User
from governance.request_memory import answering, during_request, forget, remembered, remembered_each, under_lock
from governance.selectors import ledger
from governance.selectors import people as select
from governance.services import people
from governance.services.locked import Locked, ledger_lock
from governance.services.reauthentication import Proof
from tests.governance.cast import PASSWORD, World


@pytest.fixture
def numbers() -> Iterator[int]:
    return iter(range(100))


def test_outside_a_request_everything_is_read(numbers) -> None:
    assert [remembered("a", lambda: next(numbers)) for _ in range(3)] == [0, 1, 2]


def test_within_a_request_each_key_is_read_once(numbers) -> None:
    with during_request():
        assert [remembered(key, lambda: next(numbers)) for key in "aabba"] == [0, 0, 1, 1, 0]
    with during_request():
        assert remembered("a", lambda: next(numbers)) == 2
    assert remembered("a", lambda: next(numbers)) == 3


def test_what_could_not_be_read_is_not_remembered() -> None:
    with during_request():
        with pytest.raises(ZeroDivisionError):
            remembered("a", lambda: 1 // 0)
        assert remembered("a", lambda: 1) == 1


def test_under_the_lock_all_is_read_anew_and_nothing_of_it_is_left(numbers) -> None:
    with during_request():
        assert remembered("a", lambda: next(numbers)) == 0
        with under_lock():
            assert [remembered("a", lambda: next(numbers)) for _ in range(2)] == [1, 1]
            forget()
            assert [remembered("a", lambda: next(numbers)) for _ in range(2)] == [2, 2]
        assert [remembered("a", lambda: next(numbers)) for _ in range(2)] == [3, 3]
        with suppress(RuntimeError), under_lock():
            raise RuntimeError
        assert remembered("a", lambda: next(numbers)) == 4


def _revocation(world: World) -> RoleRevocation:
    return RoleRevocation(grant=RoleGrant.objects.get(user=world.engineer), seq=ledger.size() + 5)


def _undone(world: World, _: Locked) -> None:
    """An inner block that is undone takes back what was read in it, too."""
    with suppress(RuntimeError), transaction.atomic():
        _revocation(world).save()
        assert not access.can(world.engineer, "document.draft", world.project)
        raise RuntimeError


def _inserted(world: World, held: Locked) -> None:
    held.insert((LedgerSubject, ("entry", "subject"), [(ledger.size() - 1, "note:1")]))


WRITES: dict[str, Callable[[World, Locked], object]] = {
    "a row": lambda world, _: _revocation(world).save(),
    "rows": lambda world, _: RoleRevocation.objects.bulk_create([_revocation(world)]),
    "a changed row": lambda world, _: User.objects.filter(pk=world.engineer.pk).update(is_active=True),
    "a row in an inner block that is undone": _undone,
    "rows that travel with the next statement": _inserted,
}


@pytest.mark.postgres
@pytest.mark.parametrize("write", WRITES)
def test_under_the_lock_each_thing_is_read_once_until_something_is_written(world, numbers, write: str) -> None:
    with ledger_lock() as held:
        assert [remembered("a", lambda: next(numbers)) for _ in range(2)] == [0, 0]
        assert access.can(world.engineer, "document.draft", world.project)
        assert User.objects.filter(is_active=True).exists()
        assert remembered("a", lambda: next(numbers)) == 0, "a reading is no writing"
        WRITES[write](world, held)
        assert remembered("a", lambda: next(numbers)) == 1
        taken = write in ("a row", "rows")
        assert access.can(world.engineer, "document.draft", world.project) != taken


def test_a_mutation_that_lasts_is_no_answer_to_keep_beginnings_for(world) -> None:
    with during_request():
        assert answering()
        with ledger_lock():
            assert not answering()
        assert answering()


def test_requests_side_by_side_share_nothing(numbers) -> None:
    with during_request():
        assert remembered("a", lambda: next(numbers)) == 0
        assert contextvars.Context().run(remembered, "a", lambda: next(numbers)) == 1


def test_every_look_at_somebodys_roles_costs_one_reading(world) -> None:
    with during_request(), CaptureQueriesContext(connection) as captured:
        for _ in range(3):
            assert access.roles_of(world.engineer, world.project) == {ENGINEER}
            assert access.roles_of(world.engineer, world.projects["other"]) == frozenset()
            assert access.roles_of(world.engineer, None) == frozenset()
            assert select.is_member(world.engineer)
            select.projects_of(world.engineer)
    assert len(captured) == 2


def test_what_is_remembered_of_one_person_is_not_said_of_another(world) -> None:
    with during_request():
        assert access.roles_of(world.owner, None) == {OWNER}
        assert access.roles_of(world.stranger, None) == frozenset()
        assert [g.user_id for g in select.confirmed_grants([world.owner], None)] == [world.owner.pk]
        assert select.confirmed_grants([world.engineer], None) == []
        assert len(select.confirmed_grants([world.engineer], world.project)) == 1
        select.confirmed_grants([world.owner], None).clear()
        assert len(select.confirmed_grants([world.owner], None)) == 1


def test_a_grant_is_seen_by_the_next_check_of_the_same_request(world) -> None:
    with during_request():
        assert AUDITOR not in access.roles_of(world.engineer, world.project)
        people.role_grant(
            actor=world.owner, user=world.engineer, role=AUDITOR, project=world.project, proof=Proof(PASSWORD)
        )
        assert AUDITOR in access.roles_of(world.engineer, world.project)


def test_a_revocation_is_seen_by_the_next_check_of_the_same_request(world) -> None:
    grant = RoleGrant.objects.get(user=world.engineer)
    with during_request():
        assert access.can(world.engineer, "document.draft", world.project)
        people.role_revoke(actor=world.owner, grant_id=str(grant.pk))
        assert not access.can(world.engineer, "document.draft", world.project)
        assert not select.is_member(world.engineer)
        with pytest.raises(NotFound):
            world.note(by=world.engineer)


def test_a_mutation_decides_on_what_is_true_under_the_lock(world) -> None:
    """Somebody else takes the role back while this request still remembers it."""
    grant = RoleGrant.objects.get(user=world.owner_two)
    with during_request():
        assert access.can(world.owner_two, "project.create", None)
        RoleRevocation(grant=grant, seq=ledger.size() + 5).save()
        with pytest.raises(Denied):
            people.project_create(actor=world.owner_two, name="Late")
        assert not access.can(world.owner_two, "project.create", None)


def test_a_refused_mutation_leaves_nothing_remembered(world) -> None:
    with during_request():
        with pytest.raises(Conflict):
            people.role_grant(
                actor=world.owner, user=world.engineer, role=ENGINEER, project=world.project, proof=Proof(PASSWORD)
            )
        people.role_revoke(actor=world.owner, grant_id=str(RoleGrant.objects.get(user=world.engineer).pk))
        assert access.roles_of(world.engineer, world.project) == frozenset()


def test_of_several_only_those_are_read_that_were_not() -> None:
    read: list[list[int]] = []

    def double(wanted: list[int]) -> dict[int, int]:
        read.append(wanted)
        return {one: 2 * one for one in wanted}

    with during_request():
        assert remembered_each("doubles", [1, 2], double) == {1: 2, 2: 4}
        assert remembered_each("doubles", [2, 3], double) == {2: 4, 3: 6}
    assert remembered_each("doubles", [2], double) == {2: 4}
    assert read == [[1, 2], [3], [2]], "and outside a request nothing is remembered"
