"""`docs/tools/verify-inclusion.sh`: an independent check of a proof, by a shell and openssl alone."""

import base64
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.proof.checks.proof_file import verify_proof
from governance.proof.formats import merkle
from governance.proof.formats.checkpoint import Checkpoint, sign_checkpoint
from governance.proof.formats.cosignature import Cosigner, generate_key
from governance.proof.formats.note import Note
from governance.proof.formats.tlog_proof import TlogProof
from tests.support.deployment import REPOSITORY
from tests.support.witnesses import Log

SCRIPT = REPOSITORY / "docs" / "tools" / "verify-inclusion.sh"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with openssl and the standard tools, and nothing else: no Python, nothing of ours."""
    folder = tmp_path_factory.mktemp("bin")
    tools = "sh openssl sed grep od dd tr wc cat mv rm mktemp"
    for tool in tools.split():
        found = shutil.which(tool)
        assert found is not None, f"{tool} is missing"
        (folder / tool).symlink_to(found)
    return str(folder)


def proof(log: Log, index: int, note: str | None = None) -> TlogProof:
    found = merkle.inclusion_proof(index, log.tree.size, log.tree.read)
    return TlogProof(index, tuple(found), note or log.note(), b"event %d" % index)


def check(path: str, folder: Path, content: bytes, key: str) -> tuple[int, str]:
    file = folder / "entry.tlog-proof"
    file.write_bytes(content)
    ran = subprocess.run(
        ["sh", SCRIPT, file, key], env={"PATH": path, "TMPDIR": str(folder)}, capture_output=True, text=True
    )
    return ran.returncode, ran.stdout + ran.stderr


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_good_proofs_hold(path: str, tmp_path: Path, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 40))
    log, index = Log(leaves=size), data.draw(st.integers(0, size - 1))
    code, said = check(path, tmp_path, proof(log, index).to_text().encode(), log.vkey.text())
    assert code == 0, said
    assert f"entry {index} is in the ledger of {log.origin} as signed at {size} entries" in said
    assert f"event {index}" in said


def test_cosigned_checkpoints_hold_too(path: str, tmp_path: Path) -> None:
    log = Log(leaves=9)
    head = Checkpoint.from_text(Note.parse(log.note()).text)
    lines = [
        Cosigner.from_pem(name, generate_key(quantum_safe=safe)).cosign(head, 1_700_000_000)
        for name, safe in (("witness.test", False), (log.origin, True))
    ]
    note = Note.parse(log.note()).with_lines(lines).to_text()
    assert check(path, tmp_path, proof(log, 4, note).to_text().encode(), log.vkey.text())[0] == 0


def test_flipped_bytes_are_found(path: str, tmp_path: Path) -> None:
    """A byte in each line and each part of a line; our own verifier says the same of all."""
    log = Log(leaves=11)
    content, key = proof(log, 5).to_text().encode(), log.vkey.text()
    assert check(path, tmp_path, content, key)[0] == 0
    for at in range(3, len(content), 23):
        bad = bytearray(content)
        bad[at] ^= 1
        code, said = check(path, tmp_path, bytes(bad), key)
        assert code in (1, 2), (at, said)
        assert verify_proof(bytes(bad), key).code != 0


@pytest.mark.attack(
    name="pass off an entry, a tree or a checkpoint that do not belong together",
    caught_by="a shell script with openssl alone follows the proof and checks the signature",
    unless="the reader takes the log key from the file",
)
def test_what_does_not_belong_together(path: str, tmp_path: Path) -> None:
    log, key = Log(leaves=11), Log().vkey.text()
    good = proof(log, 5)
    vkey = log.vkey.text()
    other = sign_checkpoint(Checkpoint("other.test", 11, log.tree.root()), log.origin, log.key.signer)
    bad = {
        "another entry": TlogProof(5, good.path, good.checkpoint, b"event 6"),
        "another index": TlogProof(4, good.path, good.checkpoint, good.leaf),
        "an index outside": TlogProof(11, good.path, good.checkpoint, good.leaf),
        "too few hashes": TlogProof(5, good.path[:-1], good.checkpoint, good.leaf),
        "too many hashes": TlogProof(5, (*good.path, bytes(32)), good.checkpoint, good.leaf),
        "another tree": TlogProof(5, good.path, Log(leaves=12, key=log.key).note(), good.leaf),
        "another log": TlogProof(5, good.path, other, good.leaf),
    }
    for what, one in bad.items():
        code, said = check(path, tmp_path, one.to_text().encode(), vkey)
        assert (code, "does not hold" in said) == (1, True), (what, said)
    assert check(path, tmp_path, good.to_text().encode(), key)[0] == 1
    for key in ("", "nonsense", vkey[:-4], vkey.replace("+", "+0", 1)):
        assert check(path, tmp_path, good.to_text().encode(), key)[0] == 2
    for text in (b"", b"nonsense\n", base64.b64encode(os.urandom(90))):
        assert check(path, tmp_path, text, vkey)[0] == 2
