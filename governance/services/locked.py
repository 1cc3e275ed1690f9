"""The one lock that every mutation of the ledger queues for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

from governance import request_memory
from governance.services.rows import Insertion, insertion

ADVISORY = 0x636F756E74657273  # "counters" in ASCII
LOCK = f"SELECT pg_advisory_xact_lock({ADVISORY})"
# A transaction of its own: its commit waits until the disk has the log up to there, whoever wrote it.
FLUSH = "SELECT pg_logical_emit_message(true, 'countersign', '')"
LAST = f"SET LOCAL synchronous_commit = off; COMMIT; {FLUSH}"

Rows = list[tuple[Any, ...]]


class Question(NamedTuple):
    """A statement that reads under the lock, and its whole numbers."""

    statement: str
    numbers: tuple[int, ...] = ()


NOTHING = Question("SELECT 1 WHERE false")
UNREAD = (NOTHING.statement, LAST)


class Locked:
    """A transaction that holds the lock, opened by `ledger_lock`; on SQLite nothing in here waits for anything.

    On PostgreSQL a trip to the server costs more than what it asks for, and everybody else waits meanwhile. So lock and
    `first` travel with the transaction's first statement that is waited for, and what returns nothing (rows that are
    inserted) travels before the next such one, or with the commit. The server carries out one after the other: to
    whoever reads, it is as if each had gone alone. What the server says against an insertion is raised by the
    statement that it travelled with.
    """

    def __init__(
        self, first: Question, connection: BaseDatabaseWrapper, cursor: CursorWrapper, before: Sequence[str] = ()
    ) -> None:
        """`before` is what PostgreSQL carries out before it gives the lock."""
        self._first = first
        self._before = before
        self._connection = connection
        self._cursor = cursor  # one for all: making it takes time, too
        self._rows: Rows | None = None
        self._waiting: list[Insertion] = []
        self._inserted = False
        self._vendor = connection.vendor

    @property
    def rows(self) -> Rows:
        """What `first` read when the lock was held."""
        if self._rows is None:
            if self._vendor == "postgresql":
                self._cursor.execute(*NOTHING)  # with which lock and `first` travel
            else:
                self._cursor.execute(*self._first)
                self._rows = list(self._cursor.fetchall())
        return self._rows or []

    def insert(self, *tables: tuple[type[Model], tuple[str, ...], Sequence[Sequence[Any]]]) -> None:
        """Insert rows before anything else is read or written: of each table the model, fields, and rows of values."""
        made = [insertion(self._vendor, model, names, *rows) for model, names, rows in tables if rows]
        self._inserted = True
        request_memory.forget()
        if self._vendor == "postgresql":
            self._waiting += made
            return
        for statement, values in made:
            self._cursor.execute(statement, values)

    def finish(self) -> None:
        """Write what waits."""
        if self._waiting:
            self._cursor.execute(*NOTHING)

    def commit(self) -> None:
        """Write the rows that wait and end the transaction, so that the lock is free before the disk has the commit.

        The statement after the commit waits for the disk, so that writers who queue share one flush, and none returns
        before the disk has what it wrote. The log on disk is always a prefix of what was committed: a crash of the
        server takes from its end what nobody was told of yet.
        """
        if self._inserted and self._vendor == "postgresql" and not self._connection.needs_rollback:
            self._cursor.execute(LAST)

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Carry out a statement of the transaction on PostgreSQL (an execute wrapper of Django's connection)."""
        cursor = context["cursor"]
        # Many at once, cursors of the server and values by name go by themselves.
        if many or hasattr(cursor.cursor, "name") or isinstance(params, Mapping) or (params is None and "%" in sql):
            self.rows  # noqa: B018
            self.finish()
            return execute(sql, params, many, context)
        if sql.startswith("INSERT INTO ") and " RETURNING " not in sql:
            self._waiting.append(Insertion(sql, list(params or ())))
            return None
        waiting, self._waiting = self._waiting, []
        values = [*(value for one in waiting for value in one.values), *(params or ())]
        statements = [one.statement for one in waiting]
        if sql != NOTHING.statement or not waiting:
            statements.append(sql)
        try:
            if self._rows is not None:
                result = execute("; ".join(statements), values if waiting else params, many, context)
                _to_last(cursor, sql, len(waiting))
                return result
            # The driver takes apart the text of a statement once: its numbers stay out of the text.
            text = "; ".join([*self._before, LOCK, self._first.statement, *statements])
            result = execute(text, [*self._first.numbers, *values], many, context)
        except Exception:
            self._refuse_the_rest()
            raise
        for _ in (*self._before, LOCK):
            cursor.nextset()
        self._rows = list(cursor.fetchall())
        _to_last(cursor, sql, len(waiting) + 1)
        return result

    def _refuse_the_rest(self) -> None:
        """Let nothing be committed after an error, unless an inner block undoes what came before it.

        The server sees to that where it said no. What never reached it (a value that the driver cannot write, a text
        that is no statement) leaves the transaction as it was, or not even begun, without the rows that waited.
        """
        if self._connection.connection.info.transaction_status.name != "INERROR":
            self._connection.needs_rollback = True


def _to_last(cursor: Any, sql: str, ahead: int) -> None:
    """Go on to the answer of the last statement, if anybody will read it."""
    if sql not in UNREAD:
        for _ in range(ahead):
            cursor.nextset()


@contextmanager
def ledger_lock(first: Question = NOTHING) -> Iterator[Locked]:
    """Open a transaction that holds the ledger's lock until it ends, and reads `first` as soon as it is held.

    PostgreSQL: an advisory lock, taken before the transaction's first statement. `first`, as a statement of its own,
    sees all that was committed before the lock was given. SQLite: the transaction begins IMMEDIATE (settings), so it
    holds the only write lock from its first statement.

    What the request remembered is set aside meanwhile: under the lock everything is read anew, and again after a write.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    outermost = not connection.in_atomic_block
    with (
        request_memory.under_lock(),
        connection.execute_wrapper(_forget_when_writing),
        transaction.atomic(durable=True),
        queued(first, begun=not outermost) as held,
    ):
        yield held
        if outermost:
            held.commit()


def _forget_when_writing(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Carry out a statement, and forget what was read before if it may have changed that (an execute wrapper)."""
    if not sql.startswith("SELECT "):
        request_memory.forget()
    return execute(sql, params, many, context)


@contextmanager
def queued(first: Question = NOTHING, *, begun: bool = True) -> Iterator[Locked]:
    """Let the transaction that is open hold the lock; what waits at the end is written.

    One that only Django knows of so far is not `begun`: on PostgreSQL its beginning travels with the lock.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            yield Locked(first, connection, cursor)
            return
        if not begun:
            # The driver would begin it in a trip of its own, unless told that nobody wants one.
            connection.connection.autocommit = True
        held = Locked(first, connection, cursor, before=[] if begun else ["BEGIN"])
        with connection.execute_wrapper(held):
            yield held
            held.finish()
