"""The one lock that every mutation of the ledger queues for."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

ADVISORY = 0x636F756E74657273  # "counters" in ASCII


@contextmanager
def ledger_lock() -> Iterator[None]:
    """Open a transaction that holds the ledger's lock until it ends.

    PostgreSQL: an advisory lock, taken first. SQLite: the transaction begins IMMEDIATE (settings), so it holds the
    only write lock from its first statement.
    """
    with transaction.atomic(durable=True):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY])
        yield
