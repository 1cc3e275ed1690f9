"""The ledger by API: proofs that a client checks for itself."""

import base64
import json

import pytest

from governance.proof import merkle
from governance.proof.checkpoint import open_checkpoint
from governance.proof.leaf import Leaf, commit
from governance.proof.merkle import MemoryTree
from governance.selectors.keys import keyring
from governance.services import checkpoints
from tests.governance.api.conftest import Door
from tests.support.cast import Cast, rubric


def test_an_entry_proves_itself_in_the_head(cast: Cast, api: Door) -> None:
    ada = api("ada")
    head = ada.get("ledger")
    assert head["root_fingerprint"] == cast.fingerprint
    for seq in (0, 1, head["size"] // 2, head["size"] - 1):
        entry = ada.get(f"ledger/entries/{seq}")
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
    lines = api("ada").get("ledger/leaves").splitlines()
    tree = MemoryTree()
    for line in lines:
        tree.append(line)
    head = api("ada").get("ledger")
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
