"""The runbooks of docs/operations.md about keys, step by step, with the commands that they name."""

import io
import shutil
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from typer.testing import CliRunner

from client.main import app
from governance import keyfiles
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.models import LedgerEntry
from governance.proof.answers.inforce import Standing
from governance.proof.formats.fields import rfc3339
from governance.proof.formats.keyring import Keyring
from governance.proof.formats.keys import public_key
from governance.selectors import keys as select
from governance.selectors import ledger
from governance.selectors import signoff as standings
from governance.selectors.statements import fallen
from governance.services import installation
from tests.governance.cast import PASSWORD, World


def manage(*command: str) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out, stderr=out)
    return out.getvalue()


def verified(fingerprint: str) -> bool:
    with pytest.raises(SystemExit) as left:
        manage("verify_ledger", "--root", fingerprint)
    return left.value.code == 0


@pytest.fixture
def medium(world: World, tmp_path: Path) -> Path:
    """Taking the root key off the machine, step 1; returns where it lies now."""
    folder = tmp_path / "media" / "first"
    for copy in (folder, tmp_path / "media" / "second"):
        copy.mkdir(parents=True)
        shutil.copy(keyfiles.path_of("root"), copy / "root.pem")
    keyfiles.path_of("root").unlink()
    return folder / "root.pem"


def test_taking_the_root_key_off_the_machine(world: World, medium: Path, monkeypatch) -> None:
    with pytest.raises(CommandError, match="this needs the root key"):
        manage("rotate_key", "log")
    monkeypatch.setenv("COUNTERSIGN_KEY_ROOT", f"file:{medium}")
    manage("rotate_key", "log")
    monkeypatch.delenv("COUNTERSIGN_KEY_ROOT")
    medium.unlink()
    world.agree(world.note())  # nothing else needs it
    assert verified(world.fingerprint)


@pytest.mark.usefixtures("db", "state")
def test_a_root_key_that_never_lies_on_the_machine(monkeypatch, tmp_path) -> None:
    medium = tmp_path / "medium" / "root.pem"
    monkeypatch.setenv("COUNTERSIGN_KEY_ROOT", f"file:{medium}")
    owner, officer = (installation.Person(name, name.title(), PASSWORD) for name in ("ann", "ben"))
    fingerprint = installation.set_up(organisation="Example", owner=owner, officer=officer, demo=False)
    assert medium.stat().st_mode & 0o777 == 0o600
    assert not keyfiles.path_of("root").exists()
    assert LedgerEntry.objects.exists()
    assert verified(fingerprint)


@pytest.mark.parametrize("purpose", ["attestation", "log", "permit", "seal"])
def test_changing_a_key(world: World, medium: Path, monkeypatch, purpose) -> None:
    before = world.note("Before")
    world.agree(before)
    monkeypatch.setenv("COUNTERSIGN_KEY_ROOT", f"file:{medium}")
    said = manage("rotate_key", purpose)
    assert "Take the root key away again." in said
    retired = list((keyfiles.folder() / keyfiles.RETIRED).glob(f"{purpose}-*.pem"))
    assert len(retired) == 1
    assert str(retired[0]) in said
    retired[0].unlink()
    monkeypatch.delenv("COUNTERSIGN_KEY_ROOT")
    after = world.note("After")
    world.agree(after)
    assert all(found.ok for found in standings.in_force_many([before, after]).values())
    assert verified(world.fingerprint)


def test_changing_the_root_key(world: World, medium: Path, monkeypatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_KEY_ROOT", f"file:{medium}")
    said = manage("rotate_key", "root")
    new = select.keyring().root.key
    assert f"root fingerprint: {new.fingerprint}" in said
    assert public_key(keyfiles.signer("root")) == new  # on the same medium
    assert not keyfiles.path_of("root").exists()
    for fingerprint in (world.fingerprint, new.fingerprint):
        assert verified(fingerprint)


def test_a_key_was_stolen(world: World, medium: Path, monkeypatch, tmp_path) -> None:
    early, late = world.note("Early"), world.note("Late")
    world.agree(early)
    signature = world.agree(late).signatures.order_by("seq")[0]
    stolen = select.keyring().in_use("attestation")
    assert stolen is not None
    since = rfc3339(ledger.time_of(signature.seq + 1))
    monkeypatch.setenv("COUNTERSIGN_KEY_ROOT", f"file:{medium}")
    manage("declare_compromise", "attestation", "--key", stolen.keyid, "--since", since, "--reason", "Stolen")
    with pytest.raises(keyfiles.NoKey):
        keyfiles.signer("attestation")
    manage("rotate_key", "attestation")
    monkeypatch.delenv("COUNTERSIGN_KEY_ROOT")
    assert [one.signature.request_id for one in fallen()] == [signature.request_id] * 2
    again = world.ask(late)
    world.sign(again, world.owner, OWNER)
    world.sign(again, world.officer, COMPLIANCE_OFFICER)
    assert {d.standing for d in standings.in_force_many([early, late]).values()} == {Standing.IN_FORCE}
    assert verified(world.fingerprint)
    # Whoever verifies elsewhere gets the new keyrings.
    saved = tmp_path / "keyrings.jsonl"
    saved.write_bytes(b"\n".join(select.envelopes()) + b"\n")
    assert Keyring.open_chain(saved.read_bytes().splitlines(), world.fingerprint)[-1].compromised[0] == (
        select.keyring().entry(stolen.keyid)
    )
    assert "--keyrings" in CliRunner().invoke(app, ["verify", "--help"]).stdout
