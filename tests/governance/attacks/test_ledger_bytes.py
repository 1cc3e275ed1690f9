"""The database's owner changes the ledger itself: bytes, rows, order, length, everything at once."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from governance import events
from governance.models import LedgerEntry, LedgerEvent, LedgerOpening, LedgerSubject
from governance.selectors import ledger
from governance.selectors.verification import tree, verify
from governance.selectors.verification.chunk import Auditor, chunks
from governance.services import checkpoints, signoff
from tests.governance import tampering

pytestmark = pytest.mark.postgres
BYTES = pytest.mark.attack(
    name="flip any byte of a ledger row",
    caught_by="verify_ledger computes every hash anew from the leaves and compares the index with them",
    unless="SHA-256 breaks",
)


def problems(*checkpoints: Path) -> list[str]:
    return [
        str(p) for check in verify(checkpoints=checkpoints).checks for p in check.problems if check.name != "triggers"
    ]


def found_by(auditor: Auditor) -> bool:
    """Return whether this part of the verification alone finds anything."""
    size = ledger.size()
    found = [*auditor.begin(0)]
    for chunk in chunks(0, size):
        found += auditor.chunk(chunk)
    return bool([*found, *auditor.end(size), *auditor.finish(size)])


@pytest.fixture
def told(world):
    """A ledger with something of everything, the triggers gone; returns the world."""
    note = world.note("Base")
    world.agree(note)
    signoff.reject(actor=world.owner, request=world.ask(world.note("Other")), reason="Not yet")
    assert problems() == []
    tampering.drop_triggers()
    return world


def sample() -> list[int]:
    """An entry with a private part, one that completed several subtrees, and the last one."""
    return [LedgerOpening.objects.latest("entry").entry_id, 15, ledger.size() - 1]


def put(table: str, column: str, key: str, seq: int, value: object) -> None:
    tampering.run(f"UPDATE governance_{table} SET {column} = %s WHERE {key} = %s", value, seq)


@BYTES
@pytest.mark.parametrize("column", ["leaf", "leaf_hash", "nodes", "root"])
def test_any_byte_of_an_entry(told, column) -> None:
    unfound = []
    for seq in sample():
        right = bytes(LedgerEntry.objects.values_list(column, flat=True).get(seq=seq))
        for at in range(len(right)):
            put("ledgerentry", column, "seq", seq, right[:at] + bytes([right[at] ^ (1 << at % 8)]) + right[at + 1 :])
            if not found_by(tree.Tree()):
                unfound.append((seq, at))
        put("ledgerentry", column, "seq", seq, right)
    assert unfound == []
    assert problems() == []


@BYTES
@pytest.mark.parametrize(
    ("model", "column"), [(LedgerEvent, "event"), (LedgerEvent, "actor"), (LedgerSubject, "subject")]
)
def test_any_letter_of_the_index(told, model, column) -> None:
    table, unfound = model._meta.db_table.removeprefix("governance_"), []
    for seq in [row.entry_id for row in model.objects.order_by("entry")[:3]]:
        right = model.objects.values_list(column, flat=True).get(entry=seq)
        for at, letter in enumerate(right):
            put(table, column, "entry_id", seq, right[:at] + chr(ord(letter) ^ 1) + right[at + 1 :])
            if not found_by(tree.Lookups()):
                unfound.append((seq, at))
        put(table, column, "entry_id", seq, right)
    assert unfound == []


@BYTES
@pytest.mark.parametrize("by", [{"microseconds": 1}, {"seconds": 1}, {"hours": -1}, {"days": 1}, {"days": -366}])
def test_the_index_time_moved_by_however_much(told, by) -> None:
    right = LedgerEvent.objects.get(entry=5).at
    put("ledgerevent", "at", "entry_id", 5, connection.ops.adapt_datetimefield_value(right + timedelta(**by)))
    assert found_by(tree.Lookups())
    put("ledgerevent", "at", "entry_id", 5, connection.ops.adapt_datetimefield_value(right))
    assert problems() == []


@pytest.mark.attack(
    name="alter what a leaf only commits to: a reason, a name, a salt",
    caught_by="the leaf's salted commitment, which verify_ledger opens",
    unless="it is erased as a whole, which is counted and is everybody's right",
)
def test_any_byte_of_a_private_part(told) -> None:
    opening = LedgerOpening.objects.latest("entry")
    salt = bytes(opening.salt)
    for at in range(len(salt)):
        put("ledgeropening", "salt", "entry_id", opening.pk, salt[:at] + bytes([salt[at] ^ 1]) + salt[at + 1 :])
        assert found_by(tree.PrivateParts())
    put("ledgeropening", "salt", "entry_id", opening.pk, salt)
    assert not found_by(tree.PrivateParts())
    put("ledgeropening", "private", "entry_id", opening.pk, '{"reason": "Fine"}')
    assert found_by(tree.PrivateParts())


@pytest.mark.attack(
    name="delete any one ledger entry, with its rows in the index",
    caught_by="entries count from 0 without a gap, and the later roots rest on each of them",
    unless="it is the last one: then only a checkpoint kept elsewhere tells, or the row the entry is about",
)
def test_any_entry_deleted(told) -> None:
    unfound = []
    for seq in range(ledger.size() - 1):
        [row] = LedgerEntry.objects.filter(seq=seq).values("seq", "leaf", "leaf_hash", "nodes", "root")
        tampering.run("DELETE FROM governance_ledgerentry WHERE seq = %s", seq)
        if not found_by(tree.Tree()):
            unfound.append(seq)
        LedgerEntry(**row).save()
    assert unfound == []


@pytest.mark.attack(
    name="swap two ledger entries",
    caught_by="each leaf says its own number, and the roots between them no longer follow",
    unless="SHA-256 breaks",
)
@pytest.mark.parametrize("columns", [("leaf",), ("leaf", "leaf_hash")])
def test_two_entries_swapped(told, columns) -> None:
    rows = {row["seq"]: row for row in LedgerEntry.objects.filter(seq__in=(9, 12)).values("seq", *columns)}
    for seq, other in ((9, 12), (12, 9)):
        for column in columns:
            put("ledgerentry", column, "seq", seq, bytes(rows[other][column]))
    assert any("entry 9:" in problem for problem in problems())


@pytest.mark.attack(
    name="append a copy of an old ledger entry, every hash made anew",
    caught_by="the copy says the number of the original; with its own number, no row of its kind claims it",
    unless="the row is copied too, which its unique keys and its signature do not allow",
)
@pytest.mark.parametrize("renumbered", [False, True])
def test_an_entry_twice(told, renumbered) -> None:
    size = ledger.size()
    original = next(leaf for leaf in tampering.leaves() if leaf.event == events.DOCUMENT_SIGNED)
    copy = original.model_copy(update={"seq": size, "time": tampering.leaves()[-1].time} if renumbered else {})
    tampering.rewrite([copy.to_bytes()], size)
    place = f"entry {size}: the ledger says {events.DOCUMENT_SIGNED}" if renumbered else f"entry {size}: its leaf says"
    assert any(problem.startswith(place) for problem in problems()), problems()


@pytest.fixture
def kept(told, tmp_path) -> Path:
    """A checkpoint as somebody keeps it elsewhere."""
    file: Path = tmp_path / "kept.checkpoint"
    file.write_text(checkpoints.checkpoint_make().note)
    tampering.run("DELETE FROM governance_checkpoint")  # the owner's own machine is the owner's
    return file


@pytest.mark.attack(
    name="cut off the end of the ledger, and tidily all that belongs to it",
    caught_by="a signed checkpoint that left the machine says how long the ledger was",
    unless="no checkpoint left since; what came after the last one is gone without a trace",
)
def test_the_end_cut_off(told, kept) -> None:
    size = LedgerEvent.objects.filter(event=events.REQUEST_REJECTED).latest("entry").entry_id
    for table, column in (
        ("rejection", "seq"),
        ("ledgerevent", "entry_id"),
        ("ledgersubject", "entry_id"),
        ("ledgeropening", "entry_id"),
        ("ledgerentry", "seq"),
    ):
        tampering.run(f"DELETE FROM governance_{table} WHERE {column} >= %s", size)
    assert problems() == []  # the database alone does not know
    assert any("its end was cut off" in problem for problem in problems(kept))


@pytest.mark.attack(
    name="rewrite everything from one entry on, every hash made anew, and the rows and index to match",
    caught_by="a signed checkpoint that left the machine has another root",
    unless="no checkpoint left since that entry; with the log key a false one can be signed, which a witness refuses",
)
def test_everything_rewritten(told, kept) -> None:
    leaves = tampering.leaves()
    rejected = LedgerEvent.objects.get(event=events.REQUEST_REJECTED)
    leaf = leaves[rejected.entry_id]
    forged = leaf.model_copy(update={"actor": told.officer.actor})
    tampering.run("UPDATE governance_rejection SET by_id = %s WHERE seq = %s", told.officer.pk, leaf.seq)
    put("ledgerevent", "actor", "entry_id", leaf.seq, told.officer.actor)
    tampering.rewrite([one.to_bytes() for one in [forged, *leaves[leaf.seq + 1 :]]], leaf.seq)
    assert problems() == []  # the database alone does not know
    assert any("history was rewritten" in problem for problem in problems(kept))
