"""A ledger verified by several processes, and from a checkpoint on."""

from pathlib import Path

import pytest

from governance import events
from governance.models import Checkpoint, LedgerEntry
from governance.selectors import ledger
from governance.selectors.verification import NothingToVerify, verify
from governance.services import checkpoints
from governance.services.ledger import mutation
from tests.governance import tampering
from tests.governance.test_verify_ledger import command


@pytest.fixture
def small(monkeypatch) -> None:
    """Segments of seven entries, so that the ledgers of tests have several."""
    monkeypatch.setattr("governance.selectors.verification.segments.SEGMENT", 7)
    monkeypatch.setattr("governance.selectors.verification.chunk.CHUNK", 4)


def act(times: int = 1) -> None:
    for number in range(times):
        with mutation(actor=None, action="test") as m:
            m.append(events.DRAFT_EDITED, data={"draft": "0" * 8 + "-0000" * 3 + "-" + "0" * 12, "revision": number})


def told(**options) -> list[str]:
    return [f"{check.name}: {p}" for check in verify(**options).checks for p in check.problems]


@pytest.mark.postgres
@pytest.mark.parametrize("processes", [1, 2])
def test_segments_say_what_the_whole_says(committed_world, small, processes) -> None:
    base = committed_world.note("Base")
    committed_world.agree(base)
    act(20)
    done: list[tuple[int, int]] = []
    outcome = verify(processes=processes, progress=lambda at, size: done.append((at, size)))
    assert (outcome.code, outcome.size) == (0, ledger.size())
    by_name = {check.name: check for check in outcome.checks}
    assert by_name["tree"].looked_at == by_name["sign-offs"].looked_at == ledger.size()
    assert by_name["sign-offs"].seen == 4  # two for the policy, two for the base
    assert done[-1] == (ledger.size(), ledger.size())
    with tampering.owner():
        tampering.run("UPDATE governance_ledgerentry SET leaf = %s WHERE seq = 3", b"{}")
        tampering.run("DELETE FROM governance_ledgerevent WHERE entry_id = 20")
    problems = told(processes=processes)
    assert any("entry 3: the leaf's bytes were altered" in problem for problem in problems)
    assert any("entry 20: it has no row in the event index" in problem for problem in problems)


@pytest.mark.parametrize("seq", range(6, 22, 5))
@pytest.mark.parametrize("column", ["nodes", "root", "leaf_hash"])
def test_a_false_hash_is_found_wherever_a_segment_begins(world, small, seq, column) -> None:
    act(12)
    with tampering.owner():
        kept = bytearray(LedgerEntry.objects.values_list(column, flat=True).get(seq=seq))
        kept[:1] = b"" if not kept else bytes([kept[0] ^ 1])
        tampering.run(f"UPDATE governance_ledgerentry SET {column} = %s WHERE seq = %s", bytes(kept) or b"x" * 32, seq)
    assert any(f"entry {seq}:" in problem for problem in told()), told()


def test_an_entry_that_is_gone_is_missed_wherever_a_segment_begins(world, small) -> None:
    act(12)
    for gone in (seq for seq in range(1, ledger.size() - 1) if seq % 7 in (6, 0, 1)):  # segments begin at sevens
        with tampering.owner():
            [row] = LedgerEntry.objects.filter(seq=gone).values("seq", "leaf", "leaf_hash", "nodes", "root")
            tampering.run("DELETE FROM governance_ledgerentry WHERE seq = %s", gone)
            assert any(f"entry {gone}: it is missing" in problem for problem in told()), gone
            LedgerEntry(**row).save()
    assert told() == []


# -- from a checkpoint on ----------------------------------------------------------------------------------------------


@pytest.fixture
def kept(world, tmp_path: Path) -> Path:
    """A checkpoint as the operator keeps it elsewhere; a few entries were appended since."""
    made = checkpoints.checkpoint_make()
    file = tmp_path / "kept.checkpoint"
    file.write_text(made.note)
    act(9)
    return file


def test_only_what_came_after_is_read(kept: Path) -> None:
    outcome = verify(since=kept)
    head = Checkpoint.objects.get()
    assert (outcome.code, outcome.since, outcome.size) == (0, head.size, ledger.size())
    by_name = {check.name: check for check in outcome.checks}
    assert by_name["tree"].looked_at == 9
    assert by_name["entries before"].looked_at == head.size
    assert "not read again" in by_name["entries before"].detail


def test_what_was_changed_after_is_found(kept: Path) -> None:
    size = ledger.size()
    with tampering.owner():
        tampering.run("UPDATE governance_ledgerentry SET leaf = %s WHERE seq = %s", b"{}", size - 2)
    assert any(f"tree: entry {size - 2}" in problem for problem in told(since=kept))


def test_a_history_rewritten_before_it_is_found_by_its_root(kept: Path) -> None:
    with tampering.owner():
        leaves = tampering.leaves()
        changed = [leaves[4].model_copy(update={"actor": "nobody"}), *leaves[5:]]
        tampering.rewrite([leaf.to_bytes() for leaf in changed], 4)
    problems = told(since=kept)
    assert any(problem.startswith("entries before:") and "expected" in problem for problem in problems), problems


def test_an_end_cut_off_below_it_is_found(kept: Path) -> None:
    with tampering.owner():
        for table, column in (
            ("ledgerevent", "entry_id"),
            ("ledgersubject", "entry_id"),
            ("ledgeropening", "entry_id"),
        ):
            tampering.run(f"DELETE FROM governance_{table} WHERE {column} > 5")
        tampering.run("DELETE FROM governance_ledgerentry WHERE seq > 5")
    assert any("cut off" in problem for problem in told(since=kept) if problem.startswith("entries before"))


def test_a_stored_hash_that_is_gone_is_told(kept: Path) -> None:
    with tampering.owner():
        tampering.run("DELETE FROM governance_ledgerentry WHERE seq = 15")
    assert any(problem.startswith("entries before:") and "entry 15" in problem for problem in told(since=kept))


def test_an_old_leaf_altered_under_its_hash_is_what_only_the_whole_finds(kept: Path) -> None:
    """What an incremental verification cannot claim, and says so."""
    with tampering.owner():
        tampering.run("UPDATE governance_ledgerentry SET leaf = %s WHERE seq = 7", b"{}")
    assert told(since=kept) == []
    assert any("entry 7" in problem for problem in told())


@pytest.mark.parametrize("text", ["", "nonsense", "countersign.test/log\n5\n\n"])
def test_what_is_no_checkpoint_begins_nothing(world, tmp_path: Path, text: str) -> None:
    file = tmp_path / "kept"
    file.write_text(text)
    with pytest.raises(NothingToVerify, match="no checkpoint to begin from"):
        verify(since=file)
    with pytest.raises(NothingToVerify, match="no checkpoint to begin from"):
        verify(since=tmp_path / "missing")


def test_the_command_begins_at_a_checkpoint(kept: Path) -> None:
    code, out, _ = command("--since", str(kept), "--processes", "1")
    assert code == 0
    assert "entries before" in out
    assert f"entries {Checkpoint.objects.get().size} to {ledger.size()}" in out
    code, _, err = command("--since", str(kept.with_name("missing")))
    assert code == 2
    assert "could not check" in err
