"""The ledger by API: proofs that a client checks for itself."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance import keyfiles
from governance.jobs.courier import Courier
from governance.proof.checks.elsewhere import Elsewhere
from governance.proof.checks.proof_file import verify_proof
from governance.proof.checks.witnesses import WitnessPolicy
from governance.proof.formats import merkle
from governance.proof.formats.add_checkpoint import AddCheckpoint
from governance.proof.formats.checkpoint import Checkpoint as TreeHead
from governance.proof.formats.checkpoint import open_checkpoint, sign_checkpoint
from governance.proof.formats.leaf import Leaf, commit
from governance.proof.formats.merkle import MemoryTree
from governance.proof.formats.note import Note, VerifierKey
from governance.selectors.keys import keyring, log_vkey
from governance.services import checkpoints
from tests.governance.api.conftest import Door
from tests.support.cast import Cast, rubric
from tests.support.witnesses import Running


def test_an_entry_proves_itself_in_the_head(cast: Cast, api: Door) -> None:
    carl = api("carl")  # what an auditor reads is an entry, which would move the head
    head = carl.get("ledger")
    assert head["root_fingerprint"] == cast.fingerprint
    for seq in (0, 1, head["size"] // 2, head["size"] - 1):
        entry = carl.get(f"ledger/entries/{seq}")
        content = base64.b64decode(entry["content"])
        assert Leaf.from_bytes(content).model_dump(mode="json") == entry["leaf"]
        proof = [bytes.fromhex(node) for node in entry["proof"]]
        merkle.verify_inclusion(seq, head["size"], merkle.leaf_hash(content), proof, bytes.fromhex(head["root"]))
        if entry["leaf"]["commitment"]:
            opening = entry["opening"]
            assert commit(bytes.fromhex(opening["salt"]), opening["private"]) == entry["leaf"]["commitment"]


@pytest.mark.parametrize("old", [0, 1, 5, 8])
def test_the_ledger_only_ever_grew(cast: Cast, api: Door, old: int) -> None:
    found = api("erik").get("ledger/consistency", old=old)
    proof = [bytes.fromhex(node) for node in found["proof"]]
    roots = bytes.fromhex(found["old_root"]), bytes.fromhex(found["new_root"])
    merkle.verify_consistency(old, found["new"], *roots, proof)


def test_the_leaf_file_rebuilds_the_whole_tree(cast: Cast, api: Door) -> None:
    carl = api("carl")
    lines = carl.get("ledger/leaves").splitlines()
    tree = MemoryTree()
    for line in lines:
        tree.append(line)
    head = carl.get("ledger")
    assert (tree.size, tree.root().hex()) == (head["size"], head["root"])
    api("erik").get("ledger/leaves", expect=403)


def test_a_checkpoint_is_signed_by_the_log_key(cast: Cast, api: Door) -> None:
    erik = api("erik")
    erik.get("ledger/checkpoint", expect=404)
    checkpoints.checkpoint_make()
    found = erik.get("ledger/checkpoint")
    opened = open_checkpoint(found["note"], keyring().origin, keyring().for_purpose("log"))
    assert (opened.size, f"sha256:{opened.root.hex()}") == (found["size"], found["root"])


def test_people_of_one_project_do_not_see_anothers_entries(cast: Cast, api: Door) -> None:
    hidden = rubric(cast)
    mallory = api("mallory")
    mallory.get(f"ledger/entries/{hidden.seq}", expect=404)
    assert mallory.get("ledger/entries", subject=hidden.digest)["count"] == 0
    assert mallory.get("ledger/entries", project="triage")["count"] == 0
    seen = {row["leaf"]["project"] for row in mallory.get("ledger/entries", limit=200)["results"]}
    assert seen <= {None, str(cast.other.id)}
    erik = api("erik")
    assert erik.get("ledger/entries", subject=hidden.digest)["results"][0]["seq"] == hidden.seq
    assert erik.get(f"ledger/entries/{hidden.seq}")["opening"] is None


def test_names_are_opened_to_those_who_read_the_ledger_alone(cast: Cast, api: Door) -> None:
    entries = api("ada").get("ledger/entries", event="access:person:enrolled")["results"]
    seq = entries[0]["seq"]
    assert "Mallory" not in json.dumps(entries)
    assert api("ada").get(f"ledger/entries/{seq}")["opening"]["private"] == {"printed_name": "Mallory Engineer"}
    assert api("erik").get(f"ledger/entries/{seq}")["opening"] is None


def test_sizes_outside_the_ledger(cast: Cast, api: Door) -> None:
    ada = api("ada")
    assert ada.get("ledger/entries/3", size=3, expect=400)["field"] == "size"
    assert ada.get("ledger/entries/3", size=10**9, expect=400)["field"] == "size"
    assert ada.get("ledger/consistency", old=5, new=3, expect=400)["field"] == "new"
    assert ada.get("ledger/consistency", expect=400)["field"] == "old"
    ada.get("ledger/entries/999999", expect=404)
    for bad in ("-1", "x", "9" * 40, "1e3", "%00"):
        assert ada.client.get(f"/api/v1/ledger/entries/{bad}").status_code in (400, 404)


@pytest.fixture
def witness(cast: Cast, settings, tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "witness", VerifierKey.from_text(log_vkey()))
    settings.COUNTERSIGN_WITNESSES = [f"{running.key.text()} {running.url}"]
    yield running
    running.stop()


def test_the_checkpoint_carries_what_witnesses_signed(cast: Cast, api: Door, witness: Running) -> None:
    checkpoints.checkpoint_make()
    Courier().step()
    found = api("erik").get("ledger/checkpoint")
    head = open_checkpoint(found["note"], keyring().origin, keyring().for_purpose("log"))
    assert WitnessPolicy.of([witness.key.text()]).judge(found["note"], head).witnessed
    told = api("erik").get("ledger/witnesses")
    assert (told["size"], told["quorum"], told["log_key"]) == (found["size"], 1, log_vkey())
    assert [(one["name"], one["size"], one["trouble"]) for one in told["witnesses"]] == [
        (witness.key.name, found["size"], "")
    ]
    assert told["contradictions"] == []
    api(None).get("ledger/witnesses", expect=401)


def test_without_witnesses_nothing_is_claimed(cast: Cast, api: Door) -> None:
    told = api("erik").get("ledger/witnesses")
    assert (told["size"], told["quorum"], told["witnesses"]) == (None, 0, [])


def test_a_contradiction_is_told(cast: Cast, api: Door, witness: Running) -> None:
    origin = keyring().origin
    forged = sign_checkpoint(TreeHead(origin, 3, bytes(32)), origin, keyfiles.signer("log"))
    assert witness.submit(AddCheckpoint(0, (), forged)).status_code == 200
    checkpoints.checkpoint_make()
    Courier().step()
    [found] = api("erik").get("ledger/witnesses")["contradictions"]
    assert (found["name"], found["size"]) == (witness.key.name, 3)
    assert Note.parse(found["note"]).text == Note.parse(forged).text


def test_a_proof_that_an_outsider_checks_with_the_log_key_alone(cast: Cast, api: Door, witness: Running) -> None:
    ada = api("ada")
    ada.get("ledger/entries/1/proof", expect=404)  # no checkpoint yet
    checkpoints.checkpoint_make()
    Courier().step()
    policy = WitnessPolicy.of([witness.key.text()])
    for seq in (0, 1, 7):
        assert verify_proof(ada.get(f"ledger/entries/{seq}/proof"), log_vkey(), Elsewhere(witnesses=policy)).code == 0
    newer = rubric(cast)
    ada.get(f"ledger/entries/{newer.seq}/proof", expect=404)
    checkpoints.checkpoint_make()
    assert verify_proof(ada.get(f"ledger/entries/{newer.seq}/proof"), log_vkey()).code == 0
    # An entry that a witnessed checkpoint covers is proved in that one, though a newer checkpoint is there.
    assert verify_proof(ada.get("ledger/entries/1/proof"), log_vkey(), Elsewhere(witnesses=policy)).code == 0
    api("mallory").get(f"ledger/entries/{newer.seq}/proof", expect=404)
    ada.get("ledger/entries/99999/proof", expect=404)
