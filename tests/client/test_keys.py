"""`countersign keys`, and `countersign verify` with the keyrings it saves."""

from pathlib import Path

from governance.proof.formats.keyring import Keyring
from governance.selectors import keys as select
from governance.services import keys
from tests.client.conftest import Command, Server
from tests.governance.proof.world import World
from tests.support.cast import PASSWORD, Cast


def test_the_keys_and_a_file_of_all_keyrings(cast: Cast, server: Server, countersign: Command, tmp_path: Path) -> None:
    keys.rotate(purpose="log")
    ran = countersign("login", server.url, "--username", "ada", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert ran.code == 0, ran.err
    saved = tmp_path / "keyrings.jsonl"
    ran = countersign("keys", "--save", str(saved))
    assert ran.code == 0, ran.err
    assert "retired" in ran.out
    assert Keyring.open_chain(saved.read_bytes().splitlines(), cast.fingerprint)[-1] == select.keyring()
    assert countersign("keys", "--json").json["number"] == 2


def test_others_are_told_that_they_may_not(erik: Command) -> None:
    assert erik("keys").code == 4


def test_verifying_with_newer_keyrings(countersign: Command, tmp_path: Path) -> None:
    world = World()
    report, saved = tmp_path / "report.pdf", tmp_path / "keyrings.jsonl"
    report.write_bytes(world.report(world.evidence()))
    first = world.keyring()
    saved.write_bytes(first.sign(world.keys["root"].signer) + b"\n")
    assert countersign("verify", str(report), "--root", world.fingerprint, "--keyrings", str(saved)).code == 0
    fallen = [
        e.model_copy(update={"compromised_since": 0, "until": 9}) for e in first.keys if e.purpose == "attestation"
    ]
    others = [e for e in first.keys if e.purpose != "attestation"]
    from governance.proof.formats.canonical import sha256

    newer = world.keyring(number=2, previous=sha256(saved.read_bytes().strip()), keys=[*others, *fallen])
    saved.write_bytes(saved.read_bytes() + newer.sign(world.keys["root"].signer) + b"\n")
    ran = countersign("verify", str(report), "--root", world.fingerprint, "--keyrings", str(saved))
    assert ran.code == 1
    assert "declared compromised since ledger size 0" in ran.out
    absent = countersign("verify", str(report), "--root", world.fingerprint, "--keyrings", str(tmp_path / "none"))
    assert absent.code == 2
