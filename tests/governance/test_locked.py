"""The lock on PostgreSQL: what travels together is carried out as if each had gone alone."""

import threading
from contextlib import suppress
from typing import Any
from unittest.mock import patch

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Max, QuerySet

from governance import events
from governance.models import LedgerEntry, LedgerEvent, Organisation, Project
from governance.selectors import ledger
from governance.selectors.verification import verify
from governance.services.ledger import Mutation, mutation
from governance.services.locked import ADVISORY, FLUSH, LOCK, Question, ledger_lock

postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="what travels together on PostgreSQL")


def append(m: Mutation) -> int:
    return m.append(events.DRAFT_EDITED, data={"draft": DRAFT, "revision": 1})


DRAFT = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def sent(committed_world, monkeypatch) -> list[str]:
    """The statements as they go to the server; those that travel together are one."""
    with mutation(actor=None, action="test") as m:  # a process remembers where its ledger's head was: this one's
        append(m)
    found: list[str] = []
    execute: Any = getattr(CursorWrapper, "_execute")  # noqa: B009  (its types leave it out)

    def told(self, sql, params, *ignored):
        found.append(sql)
        return execute(self, sql, params, *ignored)

    monkeypatch.setattr(CursorWrapper, "_execute", told)
    return found


@pytest.mark.postgres
@postgresql
def test_a_mutation_takes_no_more_trips_than_one_row_and_a_plain_audit_row_however_many_it_inserts(sent) -> None:
    with mutation(actor=None, action="test") as m:
        Organisation.objects.create(name="Another")
        Organisation.objects.create(name="And another")
        append(m)
        append(m)
    assert len(sent) == 2
    assert sent[0].startswith(f"BEGIN; {LOCK}")
    assert sent[0].count('INSERT INTO "governance_organisation"') == 2
    assert sent[1].startswith('INSERT INTO "governance_ledgerentry"')
    assert sent[1].count('INSERT INTO "governance_ledgerentry"') == 2
    assert sent[1].endswith(f"; SET LOCAL synchronous_commit = off; COMMIT; {FLUSH}")


@pytest.mark.postgres
def test_rows_that_wait_are_there_for_whatever_comes_next(committed_world) -> None:
    with mutation(actor=None, action="test") as m:
        made = Organisation.objects.create(name="100 % new; it's so")
        assert Organisation.objects.get(pk=made.pk).name == "100 % new; it's so"
        other = Organisation.objects.create(name="Old")
        assert Organisation.objects.filter(pk=other.pk).update(name="New") == 1
        last = Organisation.objects.create(name="Last")
        assert {one.pk for one in Organisation.objects.iterator()} >= {made.pk, other.pk, last.pk}
        gone = Organisation.objects.create(name="Gone")
        assert gone.delete()[0] == 1
        append(m)
    left = Organisation.objects.filter(pk__in=[made.pk, other.pk, last.pk, gone.pk])
    assert {one.name for one in left} == {"100 % new; it's so", "New", "Last"}
    assert verify().code == 0


@pytest.mark.postgres
def test_what_is_there_already_is_found_and_not_made_again(committed_world) -> None:
    """Django looks again when the row that it makes turns out to be there: it must hear of that in time."""
    taken, real = committed_world.project, Project.objects.get_or_create
    with mutation(actor=None, action="test") as m:
        with patch.object(QuerySet, "get", side_effect=[Project.DoesNotExist, taken]) as asked:
            assert real(slug=taken.slug, defaults={"name": "Twice"}) == (taken, False)
        assert asked.call_count == 2
        append(m)
    assert verify().code == 0


@pytest.mark.postgres
@postgresql
def test_nothing_is_sent_before_the_lock_whatever_comes_first(sent) -> None:
    def look(m: Mutation) -> object:
        return m.time

    firsts = (
        look,
        append,
        lambda m: Project.objects.count(),
        lambda m: list(Project.objects.iterator()),
        lambda m: Project.objects.aggregate(Max("name")),
        lambda m: Organisation.objects.bulk_create([Organisation(name="x"), Organisation(name="y")]),
        lambda m: connection.cursor().executemany("SELECT %s", [(1,), (2,)]),
    )
    for first in firsts:
        sent.clear()
        with mutation(actor=None, action="test") as m:
            first(m)
            append(m)
        assert sent[0].startswith(f"BEGIN; {LOCK}"), sent
        assert sum(LOCK in statement for statement in sent) == 1


@pytest.mark.postgres
def test_what_comes_first_gets_its_own_answer(committed_world) -> None:
    with mutation(actor=None, action="test") as m:
        assert Project.objects.filter(slug=committed_world.project.slug).count() == 1
        append(m)
    with mutation(actor=None, action="test") as m:
        assert Project.objects.filter(name="nobody's").update(name="x") == 0
        append(m)
    with mutation(actor=None, action="test") as m:
        assert Project.objects.get(pk=committed_world.project.pk).name == committed_world.project.name
        append(m)
    with mutation(actor=None, action="test") as m:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 40 + %s", [2])
            assert cursor.fetchall() == [(42,)]
        append(m)
    assert verify().code == 0


@pytest.mark.postgres
def test_a_leaf_can_be_read_in_the_mutation_that_appended_it(committed_world) -> None:
    with mutation(actor=None, action="test") as m:
        seq = append(m)
        assert ledger.leaf(seq).event == events.DRAFT_EDITED
        assert LedgerEvent.objects.get(entry=seq).event == events.DRAFT_EDITED
        later = append(m)
        assert LedgerEntry.objects.filter(seq__gte=seq).count() == 2
    assert (ledger.size(), later) == (seq + 2, seq + 1)
    assert verify().code == 0


@pytest.mark.postgres
@pytest.mark.parametrize("appends_first", [False, True])
def test_a_row_that_may_not_be_undoes_everything(committed_world, appends_first) -> None:
    size = ledger.size()

    def twice() -> None:
        with mutation(actor=None, action="test") as m:
            if appends_first:
                append(m)
            Project.objects.create(name="Twice", slug=committed_world.project.slug)
            if not appends_first:
                append(m)

    with pytest.raises(IntegrityError):
        twice()
    assert ledger.size() == size
    with mutation(actor=None, action="test") as m:
        append(m)
    assert ledger.size() == size + 1


@pytest.mark.postgres
@postgresql
@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize(("statement", "values"), [("no statement", []), ("SELECT %s", ["\0"])])
def test_rows_that_never_left_are_not_missing_from_a_commit(committed_world, begun, statement, values) -> None:
    """Whoever goes on after an error gets nothing committed: no rows without a leaf, no leaf without its rows."""
    size = ledger.size()

    def goes_on() -> None:
        with mutation(actor=None, action="test") as m:
            assert not begun or m.size
            Organisation.objects.create(name="Never there")
            with suppress(DatabaseError, ValueError), connection.cursor() as cursor:
                cursor.execute(statement, values)
            append(m)

    with pytest.raises(DatabaseError):
        goes_on()
    assert ledger.size() == size
    assert not Organisation.objects.filter(name="Never there").exists()
    with mutation(actor=None, action="test") as m:
        append(m)
    assert verify().code == 0


@pytest.mark.postgres
def test_an_inner_block_that_fails_undoes_itself_alone(committed_world) -> None:
    with mutation(actor=None, action="test") as m:
        append(m)
        with pytest.raises(IntegrityError), transaction.atomic():
            Project.objects.create(name="Twice", slug=committed_world.project.slug)
        append(m)
    assert verify().code == 0


@pytest.mark.postgres
def test_hooks_of_the_commit_run_after_it(committed_world) -> None:
    seen: list[int] = []
    size = ledger.size()
    with mutation(actor=None, action="test") as m:
        transaction.on_commit(lambda: seen.append(ledger.size()))
        append(m)
    assert seen == [size + 1]
    assert connection.get_autocommit()
    assert not connection.in_atomic_block


@pytest.mark.postgres
def test_what_is_read_first_sees_all_that_came_before_the_lock(committed_world) -> None:
    """Somebody commits while this waits for the lock: it must continue from there, not from what it saw before."""
    size, inside, go = ledger.size(), threading.Event(), threading.Event()

    def other() -> None:
        with mutation(actor=None, action="test") as m:
            append(m)
            Project.objects.count()
            inside.set()
            go.wait(10)
        connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(10)
    threading.Timer(0.3, go.set).start()
    with mutation(actor=None, action="test") as m:
        assert append(m) == size + 1
    thread.join()
    assert verify().code == 0


@pytest.mark.postgres
@postgresql
@pytest.mark.parametrize("fails", [False, True])
def test_the_lock_is_free_again_and_the_settings_are_as_before(committed_world, fails) -> None:
    with suppress(ZeroDivisionError), mutation(actor=None, action="test") as m:
        append(m)
        assert not fails or 1 / 0
    assert connection.get_autocommit()
    assert connection.connection.autocommit
    assert connection.connection.info.transaction_status.name == "IDLE"
    with connection.cursor() as cursor:
        # Of this database: another test process holds the lock of its own on the same server.
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
            "WHERE locktype = 'advisory' AND datname = current_database()"
        )
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT source FROM pg_settings WHERE name = 'synchronous_commit'")
        assert cursor.fetchone() != ("session",)


@pytest.mark.postgres
def test_the_question_is_answered_even_when_nothing_else_is_asked(committed_world) -> None:
    with ledger_lock(Question("SELECT %s + %s", (40, 2))) as held:
        assert held.rows == [(42,)]
        assert held.rows == [(42,)]
    assert ADVISORY.bit_length() <= 63
