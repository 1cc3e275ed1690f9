"""What is derived can be thrown away: it comes back the same from documents and leaves."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from governance.models import LedgerEntry, LedgerEvent, LedgerSubject, Reference, Series
from governance.proof.formats import merkle
from governance.proof.formats.fields import base64_bytes
from governance.selectors import ledger
from governance.selectors.ledger import LeafCorrupt
from governance.selectors.verification import verify
from governance.services import indexes
from tests.governance import tampering

pytestmark = pytest.mark.postgres
INDEXES = {
    LedgerEvent: ("entry_id", "event", "actor", "project", "at"),
    LedgerSubject: ("entry_id", "subject"),
    Series: ("id", "kind", "project_id", "title"),
    Reference: ("source_id", "role", "target_id"),
}


def contents() -> dict[str, list[tuple]]:
    return {
        model.__name__: sorted((tuple(row) for row in model._default_manager.values_list(*columns)), key=str)
        for model, columns in INDEXES.items()
    }


@pytest.fixture
def filled(world):
    first = world.note("First")
    world.note("Second", base=first, references=[{"role": "about", "digest": first.digest}])
    world.note("Other", references=[{"role": "about", "digest": first.digest}])
    world.agree(first)
    return world


def test_rebuilding_what_is_there_changes_nothing(filled) -> None:
    before = contents()
    made = indexes.rebuild()
    assert contents() == before
    assert made.events == ledger.size()
    assert made.references == 2
    assert made.series == Series.objects.count()


def test_all_dropped_and_rebuilt(filled) -> None:
    before, size = contents(), ledger.size()
    if connection.vendor == "postgresql":
        tampering.run("SET session_replication_role = replica")
    for model in (LedgerSubject, LedgerEvent, Reference, Series):
        tampering.run(f"DELETE FROM {model._meta.db_table}")
    if connection.vendor == "postgresql":
        tampering.run("SET session_replication_role = DEFAULT")
    assert set(contents()) == set(before)
    assert not any(contents().values())
    out = io.StringIO()
    call_command("rebuild_indexes", stdout=out)
    assert contents() == before
    assert f"{size} events" in out.getvalue()
    assert ledger.size() == size
    assert verify().code == 0


def test_rows_that_do_not_belong_go_and_wrong_ones_are_put_right(filled) -> None:
    before = contents()
    Series.objects.create(kind="test.note", title="Nobody's")
    Series.objects.filter(title="Other").update(title="Renamed", kind="governance.policy")
    LedgerEvent.objects.filter(entry=4).update(actor="nobody")
    LedgerSubject.objects.create(entry_id=4, subject="job:forged")
    indexes.rebuild()
    assert contents() == before


def test_in_several_batches_it_is_the_same(filled, monkeypatch) -> None:
    monkeypatch.setattr(indexes, "BATCH", 3)
    before = contents()
    indexes.rebuild()
    assert contents() == before


def test_from_an_altered_leaf_or_document_nothing_is_derived(filled) -> None:
    before = contents()
    with tampering.owner():
        tampering.run("UPDATE governance_document SET number = 9 WHERE title = 'Other'")
    with pytest.raises(CommandError, match="was altered"):
        call_command("rebuild_indexes")
    with tampering.owner():
        tampering.run("UPDATE governance_ledgerentry SET leaf = %s WHERE seq = 3", b"{}")
    with pytest.raises(LeafCorrupt):
        indexes.rebuild()
    assert contents() == before


def test_the_leaf_file_leads_to_the_root(filled, tmp_path) -> None:
    target, err = tmp_path / "leaves.jsonl", io.StringIO()
    call_command("export_leaves", str(target), stderr=err)
    tree = merkle.MemoryTree()
    for line in target.read_text().splitlines():
        tree.append(base64_bytes(json.loads(line)))
    assert (tree.size, tree.root()) == (ledger.size(), ledger.root(ledger.size()))
    assert tree.root().hex() in err.getvalue()
    out = io.StringIO()
    call_command("export_leaves", "--size", "5", stdout=out)
    assert out.getvalue().splitlines() == target.read_text().splitlines()[:5]


def test_a_leaf_file_is_whole_or_not_there(filled, tmp_path) -> None:
    target = tmp_path / "leaves.jsonl"
    with pytest.raises(CommandError, match="expected 0 to"):
        call_command("export_leaves", str(target), "--size", "100000")
    with tampering.owner():
        tampering.run("UPDATE governance_ledgerentry SET leaf = %s WHERE seq = 3", b"{}")
    with pytest.raises(CommandError, match="entry 3 is missing or altered"):
        call_command("export_leaves", str(target))
    assert list(tmp_path.glob("*leaves*")) == []
    assert LedgerEntry.objects.exists()
