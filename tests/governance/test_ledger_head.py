"""Where the ledger ends: what a process remembers of it is used only where the database still has that root."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance import events
from governance.models import LedgerEntry
from governance.proof.formats import merkle
from governance.selectors import ledger
from governance.selectors.verification import verify
from governance.services import head
from governance.services.ledger import mutation
from tests.governance import tampering

EMPTY = head.Head(merkle.Frontier(), merkle.EMPTY_ROOT, None)


def act(times: int = 1) -> None:
    for number in range(times):
        with mutation(actor=None, action="test") as m:
            m.append(events.DRAFT_EDITED, data={"draft": "0" * 8 + "-0000" * 3 + "-" + "0" * 12, "revision": number})


def statements() -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        act()
    return [query["sql"] for query in seen if "SAVEPOINT" not in query["sql"]]


@pytest.mark.postgres
def test_a_process_that_wrote_last_reads_one_statement(world) -> None:
    act()
    found = statements()
    assert sum("SELECT seq, leaf" in statement for statement in found) == 1
    assert len([s for s in found if s.startswith("SELECT")]) == 1


@pytest.mark.postgres
@pytest.mark.parametrize("others", [1, 5, head.BEHIND - 1, head.BEHIND, head.BEHIND + 40])
def test_what_others_appended_meanwhile_is_caught_up_with(world, monkeypatch, others) -> None:
    act()
    mine = head._remembered
    act(others)
    monkeypatch.setattr(head, "_remembered", mine)
    act()
    assert verify().code == 0
    assert head._remembered.tree.size == ledger.size()


@pytest.mark.parametrize("size", range(9))
def test_a_process_that_remembers_nothing_finds_the_end_at_any_size(world, monkeypatch, size) -> None:
    for _ in range(size):
        monkeypatch.setattr(head, "_remembered", EMPTY)
        act()
    assert verify().code == 0


def test_another_history_of_the_same_length_is_not_taken_for_the_remembered_one(world) -> None:
    act(3)
    with tampering.owner():
        last = tampering.leaves(ledger.size() - 2)
        other = [leaf.model_copy(update={"data": {**leaf.data, "revision": 77}}).to_bytes() for leaf in last]
        tampering.rewrite(other, last[0].seq)
    act()
    roots = merkle.MemoryTree()
    for content in LedgerEntry.objects.order_by("seq").values_list("leaf", flat=True):
        roots.append(bytes(content))
    assert ledger.root(ledger.size()) == roots.root()


@pytest.mark.attack(
    name="restore an older copy of the database while its processes run",
    caught_by="the root that a process remembers is not there, so it reads the end anew; a checkpoint kept elsewhere "
    "then shows that the end was cut off",
    unless="no checkpoint left the machine since that copy",
)
def test_a_shorter_history_is_not_continued_from_memory(world) -> None:
    act(5)
    with tampering.owner():
        size = ledger.size() - 3
        for table, column in (("ledgerevent", "entry_id"), ("ledgersubject", "entry_id"), ("ledgerentry", "seq")):
            tampering.run(f"DELETE FROM governance_{table} WHERE {column} >= %s", size)
    act()
    assert ledger.size() == size + 1
    assert verify().code == 0


@pytest.mark.parametrize("column", ["leaf", "root", "leaf_hash"])
@pytest.mark.parametrize("remembers", [True, False])
def test_nothing_is_appended_to_an_end_that_does_not_hold(world, monkeypatch, column, remembers) -> None:
    act()
    if not remembers:
        monkeypatch.setattr(head, "_remembered", EMPTY)
    size = ledger.size()
    old = head._remembered
    act()
    monkeypatch.setattr(head, "_remembered", old)
    with tampering.owner():
        tampering.run(f"UPDATE governance_ledgerentry SET {column} = %s WHERE seq = %s", bytes(32), size)
    with pytest.raises(ledger.LeafCorrupt, match=f"entry {size}"):
        act()
    assert ledger.size() == size + 1
