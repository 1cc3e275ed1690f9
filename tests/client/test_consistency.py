"""`countersign consistency`: from the server to the file that `countersign verify` reads."""

from pathlib import Path

import pytest

from governance.proof.checks.kept_checkpoints import Consistency
from governance.selectors import ledger
from governance.selectors.keys import log_vkey
from governance.selectors.proofs import tlog_proof
from governance.services import checkpoints, people
from tests.client.conftest import Command
from tests.support.cast import Cast


def test_a_kept_checkpoint_is_held_against_a_newer_proof(
    erik: Command, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kept = checkpoints.checkpoint_make()
    (tmp_path / "kept").write_text(kept.note)
    people.project_create(actor=cast.olga, name="Years later")
    newer = checkpoints.checkpoint_make()
    (tmp_path / "entry").write_text(tlog_proof(1))
    sizes = (str(newer.size), str(kept.size))  # in whichever order
    ran = erik("consistency", *sizes)
    file = tmp_path / f"{kept.size}-{newer.size}.consistency.json"
    assert (ran.code, file.name in ran.out) == (0, True), ran.err
    Consistency.from_bytes(file.read_bytes()).verify()
    trust = ("verify", "entry", "--log-key", log_vkey(), "--checkpoint", "kept")
    assert erik(*trust).code == 1
    assert erik(*trust, "--consistency", file.name).code == 0
    told = erik("consistency", *sizes, "-o", "other.json", "--json").json
    assert (told["file"], told["new_root"]) == ("other.json", ledger.root(newer.size).hex())
    assert erik("consistency", "1", "999999").code == 2
