"""`countersign verify`: offline, three exit codes, and it says what it does not prove."""

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from governance.proof.formats import merkle
from governance.proof.formats.checkpoint import Checkpoint
from governance.proof.formats.checkpoint import log_key as vkey_of
from governance.proof.formats.cosignature import Cosigner, generate_key
from governance.proof.formats.note import Note
from governance.proof.formats.tlog_proof import TlogProof
from tests.client.conftest import Command
from tests.governance.proof.checks.test_kept_checkpoints import proof
from tests.governance.proof.formats.test_time_stamp import carrying
from tests.governance.proof.world import ORIGIN, World, make_key
from tests.support.authority import Authority
from tests.support.deployment import REPOSITORY


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def report(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.pdf"
    file.write_bytes(world.report(world.evidence()))
    return file


def test_a_report_that_holds(countersign: Command, world: World, report: Path) -> None:
    ran = countersign("verify", str(report), "--root", world.fingerprint)
    assert ran.code == 0, ran.out
    assert f"{report}: HOLDS" in ran.out
    assert "Does not hold" not in ran.out
    assert "This does not prove" in ran.out
    assert "Not shown by the file" in ran.out


def test_an_old_report_presented_as_the_newest(countersign: Command, world: World, report: Path) -> None:
    for least, code in ((6, 0), (7, 1)):
        ran = countersign("verify", str(report), "--root", world.fingerprint, "--as-of", str(least))
        assert (ran.code, "expected 7 or more: ask for a newer" in ran.out) == (code, code == 1), ran.out


def test_a_file_that_takes_too_much_memory(
    countersign: Command, world: World, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a reader's machine has: it is said, and the limit is gone again afterwards."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    monkeypatch.setattr("client.verify.verified", lambda *_: bytearray(8 * 1024**3))
    ran = countersign("verify", str(report), "--root", world.fingerprint)
    assert (ran.code, "bytes of memory to read" in ran.out) == (2, True)
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_one_flipped_byte(countersign: Command, world: World, report: Path, tmp_path: Path) -> None:
    data = bytearray(report.read_bytes())
    data[len(data) // 2] ^= 1
    bad = tmp_path / "bad.pdf"
    bad.write_bytes(data)
    ran = countersign("verify", str(bad), "--root", world.fingerprint)
    assert ran.code == 1
    assert "DOES NOT HOLD" in ran.out
    told = countersign("verify", str(bad), "--root", world.fingerprint, "--json").json
    assert told["code"] == 1
    assert [check["name"] for check in told["checks"] if check["ok"] is False]


def test_another_organisations_fingerprint(countersign: Command, report: Path) -> None:
    assert countersign("verify", str(report), "--root", "sha256:" + "0" * 64).code == 1


def test_what_could_not_be_checked(countersign: Command, world: World, report: Path, tmp_path: Path) -> None:
    assert countersign("verify", str(report)).code == 2
    assert countersign("verify", str(report), "--root", "nonsense").code == 2
    assert countersign("verify", str(tmp_path / "absent.pdf"), "--root", world.fingerprint).code == 2
    assert countersign("verify", str(tmp_path), "--root", world.fingerprint).code == 2
    text = tmp_path / "text.pdf"
    text.write_text("no PDF")
    ran = countersign("verify", str(text), "--root", world.fingerprint, "--json")
    assert (ran.code, ran.json["verdict"]) == (2, "could not be checked")


def test_it_needs_neither_django_nor_a_configuration(world: World, report: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from client.main import app\n"
        "try: app()\n"
        "except SystemExit as end: print(end.code, 'django' in sys.modules, 'httpx' in sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, "verify", str(report), "--root", world.fingerprint, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, env={"HOME": str(tmp_path)})
    assert json.loads(done.stdout)["code"] == 0
    assert done.stderr.split() == ["0", "False", "False"]


@pytest.fixture(scope="module")
def witnesses() -> list[Cosigner]:
    return [Cosigner.from_pem(f"witness.test/w{n}", generate_key()) for n in (1, 2)]


@pytest.fixture(scope="module")
def witnessed(tmp_path_factory: pytest.TempPathFactory, witnesses: list[Cosigner]) -> tuple[World, Path, Path]:
    """A world, a report and the proof of an entry, all cosigned by the first witness."""

    def note(world: World) -> str:
        made = Note.parse(world.note())
        return made.with_lines([witnesses[0].cosign(Checkpoint.from_text(made.text), 1_700_000_000)]).to_text()

    def change(world: World, fields: dict[str, Any]) -> None:
        fields["checkpoint"] = note(world)

    world, folder = World(), tmp_path_factory.mktemp("witnessed")
    (folder / "report.pdf").write_bytes(world.report(world.evidence(change)))
    path = tuple(merkle.inclusion_proof(1, world.tree.size, world.tree.read))
    (folder / "entry-1.tlog-proof").write_text(TlogProof(1, path, note(world), world.leaves[1]).to_text())
    return world, folder / "report.pdf", folder / "entry-1.tlog-proof"


def test_witnesses_that_the_reader_relies_on(
    countersign: Command, witnessed: tuple[World, Path, Path], witnesses: list[Cosigner]
) -> None:
    world, report, proof = witnessed
    one, two = (witness.key.text() for witness in witnesses)
    log_key = vkey_of(ORIGIN, world.keys["log"].public).text()
    for file, trust in ((report, ("--root", world.fingerprint)), (proof, ("--log-key", log_key))):
        for asked, code in (
            ((), 0),
            (("--witness", one), 0),
            (("--witness", two), 1),
            (("--witness", one, "--witness", two), 1),
            (("--witness", one, "--witness", two, "--quorum", "1"), 0),
            (("--witness", one, "--quorum", "2"), 2),
            (("--witness", "nonsense"), 2),
            (("--quorum", "1"), 2),
        ):
            ran = countersign("verify", str(file), *trust, *asked)
            assert ran.code == code, (file, asked, ran.out)
        assert "nobody vouched" in countersign("verify", str(file), *trust).out
        assert "witness.test/w1 at 2023-11-14" in countersign("verify", str(file), *trust, "--witness", one).out


def test_a_proof_needs_the_logs_key(countersign: Command, witnessed: tuple[World, Path, Path]) -> None:
    world, _, proof = witnessed
    assert countersign("verify", str(proof)).code == 2
    assert countersign("verify", str(proof), "--root", world.fingerprint).code == 2
    other = vkey_of(ORIGIN, make_key().public).text()
    assert countersign("verify", str(proof), "--log-key", other).code == 1


def test_a_time_stamp_is_checked_with_the_certificate_that_the_reader_gives(
    countersign: Command, tmp_path: Path
) -> None:
    authority, world = Authority(tmp_path / "tsa"), World()
    try:
        report = tmp_path / "report.pdf"
        report.write_bytes(world.report(world.evidence(carrying(authority))))
    finally:
        authority.stop()
    ran = countersign("verify", str(report), "--root", world.fingerprint)
    assert (ran.code, "no certificate was given" in ran.out) == (0, True)
    trusted = ("--root", world.fingerprint, "--tsa-certificate")
    ran = countersign("verify", str(report), *trusted, str(authority.root))
    assert (ran.code, "by Test time stamps at 20" in ran.out) == (0, True)
    for bad in (report, tmp_path / "absent"):
        ran = countersign("verify", str(report), *trusted, str(bad))
        assert (ran.code, "what was given" in ran.out) == (2, True)


def test_a_checkpoint_or_a_report_that_was_kept(countersign: Command, tmp_path: Path) -> None:
    """Years later: the newer report is held against the older one, with the proof that the server gives."""

    def grown(world: World, fields: dict[str, Any]) -> None:
        for _ in range(4):
            world.append("test:history:went_on")
        fields["report"] = fields["report"].model_copy(update={"ledger_size": world.tree.size})
        fields["checkpoint"], fields["leaves"] = world.note(), [world.proved(n) for n in range(6)]

    world = World()
    older, newer, entry, kept, forged = (tmp_path / name for name in ("old.pdf", "new.pdf", "proof", "kept", "forged"))
    before = World(keys=world.keys)
    older.write_bytes(before.report(before.evidence()))
    newer.write_bytes(world.report(world.evidence(grown)))
    kept.write_text(world.note(2))
    small, size = before.tree.size, world.tree.size
    path = tuple(merkle.inclusion_proof(1, size, world.tree.read))
    entry.write_text(TlogProof(1, path, world.note(), world.leaves[1]).to_text())
    other = World(keys=world.keys)
    for _ in range(3):
        other.append("test:other:history")
    forged.write_text(other.note(2))
    log_key = vkey_of(ORIGIN, world.keys["log"].public).text()
    given: list[str] = []
    for old in (2, small):
        file = tmp_path / f"{old}.json"
        file.write_text(proof(world.tree, old, size).model_dump_json())
        given += ["--consistency", str(file)]
    for file, trust in ((newer, ("--root", world.fingerprint)), (entry, ("--log-key", log_key))):
        for mine, code in ((kept, 0), (older, 0), (forged, 3)):
            ran = countersign("verify", str(file), *trust, "--checkpoint", str(mine), *given)
            assert (ran.code, "THE LOG SIGNED TWO HISTORIES" in ran.out) == (code, mine is forged), ran.out
        ran = countersign("verify", str(file), *trust, "--checkpoint", str(kept))
        assert (ran.code, f"countersign consistency 2 {size}" in ran.out) == (1, True)
        for mine in (kept, forged):
            both = ("--checkpoint", str(mine), "--checkpoint", str(older), *given)
            assert countersign("verify", str(file), *trust, *both).code == (0 if mine is kept else 3)
        for wrong in (("--checkpoint", str(tmp_path / "absent")), ("--consistency", str(kept))):
            assert countersign("verify", str(file), *trust, *wrong).code == 2
