"""The database's owner: drops the triggers, then changes what they like. Nothing in here could be done through us."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import IntegrityError, connection, transaction

from governance import triggers
from governance.models import LedgerEntry
from governance.proof.formats import merkle
from governance.proof.formats.leaf import Leaf


def run(statement: str, *values: Any) -> int:
    """Run one statement; return how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return int(cursor.rowcount)


def drop_triggers() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'countersign%%' ESCAPE '!'",
                [],
            )
            names = [f"{name} ON {table}" for name, table in cursor.fetchall()]
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            names = [name for (name,) in cursor.fetchall()]
        for name in names:
            cursor.execute(f"DROP TRIGGER {name}")


@contextmanager
def owner() -> Iterator[None]:
    """Drop the triggers for a while, and lay them again to hide it."""
    drop_triggers()
    yield
    if connection.vendor == "postgresql":
        # What was deferred is judged before a table can be altered; what the owner broke on purpose stays deferred.
        with suppress(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    triggers.install()


def rewrite(entries: list[bytes], start: int) -> None:
    """Replace the ledger from entry `start` on by these leaves, every hash made anew, as a careful forger would."""
    tree = merkle.MemoryTree()
    kept = list(LedgerEntry.objects.filter(seq__lt=start).order_by("seq").values_list("leaf", flat=True))
    for leaf in kept:
        tree.append(bytes(leaf))
    run("DELETE FROM governance_ledgerentry WHERE seq >= %s", start)
    for leaf in entries:
        digest = merkle.leaf_hash(leaf)
        nodes = merkle.completed(tree.size, digest, tree.read)
        seq = tree.append(leaf)
        LedgerEntry(seq=seq, leaf=leaf, leaf_hash=digest, nodes=b"".join(nodes), root=tree.root()).save()


def leaves(start: int = 0) -> list[Leaf]:
    rows = LedgerEntry.objects.filter(seq__gte=start).order_by("seq").values_list("leaf", flat=True)
    return [Leaf.from_bytes(bytes(row)) for row in rows]
