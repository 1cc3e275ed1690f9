"""The one lock that every mutation of the ledger queues for."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from governance import request_memory

ADVISORY = 0x636F756E74657273  # "counters" in ASCII


@contextmanager
def ledger_lock() -> Iterator[None]:
    """Open a transaction that holds the ledger's lock until it ends.

    PostgreSQL: an advisory lock, taken first. SQLite: the transaction begins IMMEDIATE (settings), so it holds the
    only write lock from its first statement.

    What the request remembered is set aside meanwhile: under the lock everything is read anew.
    """
    with request_memory.set_aside(), transaction.atomic(durable=True):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY])
        yield
