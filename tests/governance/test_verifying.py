"""A file that somebody brought, verified in a process of its own: what is said, and that it can do no harm."""

import os
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from governance.errors import Invalid, Unavailable
from governance.proof.given import Given, as_dict, verified
from governance.selectors import verifying
from tests.governance.proof.checks.test_kept_checkpoints import proof
from tests.governance.proof.world import World


@pytest.fixture(autouse=True)
def state(settings: Any, tmp_path: Path) -> Path:
    settings.COUNTERSIGN_VAR = tmp_path / "var"
    return tmp_path / "var"


def upload(content: bytes, name: str = "report.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_the_answer_is_that_of_the_command(tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With everything that can be brought along; nothing of it is left behind."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "spool"))
    (tmp_path / "spool").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    world = World()
    report = world.report(world.evidence())
    size = world.tree.size
    kept, between = world.note(2), proof(world.tree, 2, size).model_dump_json()
    (tmp_path / "report.pdf").write_bytes(report)
    (tmp_path / "kept").write_text(kept)
    (tmp_path / "proof").write_text(between)
    given = Given(world.fingerprint, checkpoints=[tmp_path / "kept"], consistency=[tmp_path / "proof"])
    found = verifying.outcome(
        {
            "file": upload(report), "root": world.fingerprint, "log_key": "", "quorum": None, "witnesses": [],
            "checkpoints": [upload(kept.encode(), "kept")], "consistency": [upload(between.encode(), "proof")],
        }
    )  # fmt: skip
    assert found.pop("left_out") == 0
    said = as_dict(verified(tmp_path / "report.pdf", given))
    assert (found.pop("checks"), said["code"]) == (said.pop("checks"), 0)
    assert found == said
    assert not list((tmp_path / "spool").iterdir())
    assert sum(file.stat().st_size for file in state.rglob("*") if file.is_file()) == 0


def bomb() -> bytes:
    """A PDF of some kilobytes whose attachment, unpacked twice, is more than a gigabyte of zeros, over and over."""
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packing.compress(bytes(1 << 24)) + packing.flush(zlib.Z_FULL_FLUSH)
    packed = zlib.compress(b"\x78\x9c" + block * 100, 9)
    saved = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.attachments["evidence.json"] = b"x"
        for found in pdf.objects:
            if isinstance(found, pikepdf.Stream) and found.get("/Type") == "/EmbeddedFile":
                filters = pikepdf.Array([pikepdf.Name.FlateDecode, pikepdf.Name.FlateDecode])
                found.write(packed, filter=filters)
        pdf.save(saved, compress_streams=False)
    return saved.getvalue() + b"%/ByteRange\n"


@pytest.mark.attack(
    name="have a file verified that unpacks to gigabytes, or that is too large, or many at once",
    caught_by="a process with limits of memory and time reads it, sizes are bounded, and two are read at once",
    unless="a library can be made to run somebody's code inside that process; it holds no key and writes no file",
)
def test_a_hostile_file_costs_its_own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    small = bomb()
    assert len(small) < 50_000
    root = f"sha256:{'0' * 64}"
    found = verifying.outcome({"file": upload(small), "root": root})
    assert (found["code"], [line["name"] for line in found["checks"]]) == (1, ["file"])
    monkeypatch.setattr(verifying, "MOST_BYTES", 100)
    with pytest.raises(Invalid, match="found 120 bytes, expected at most 100"):
        verifying.outcome({"file": upload(bytes(60)), "keyrings": upload(bytes(60)), "root": root})
    with verifying._slot(), verifying._slot(), pytest.raises(Unavailable, match="others are having files verified"):
        verifying.outcome({"file": upload(b"x"), "root": root})


def test_the_process_gets_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither settings nor secrets: the environment is where they stand."""
    asked: list[Any] = []

    def run(command: list[str], **options: Any) -> Any:
        asked.append(options["env"])
        raise OSError("not started")

    monkeypatch.setattr("governance.selectors.apart.subprocess.run", run)
    with pytest.raises(OSError, match="not started"):
        verifying.outcome({"file": upload(b"x"), "root": ""})
    assert asked == [{}]
    assert os.environ


def test_what_to_take_away_is_told_anew_when_it_changes(state: Path) -> None:
    assert verifying.verifier() is None
    file = state / "verifier" / verifying.VERIFIER
    file.parent.mkdir(parents=True)
    digests = set()
    for name in ("a", "b"):
        with zipfile.ZipFile(file, "w") as written:
            wheel = "pikepdf-10.17.0-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl"
            written.writestr(f".deps/{wheel}/pikepdf/__init__.py", name)
        found = verifying.verifier()
        assert found is not None
        assert found.runs_on == "Python 3.11 on Linux (x86_64)"
        digests.add(found.sha256)
    assert len(digests) == 2
    other = file.with_name("countersign-verify-macos-arm64.pyz")
    with zipfile.ZipFile(other, "w") as written:
        for minor in (11, 12):
            wheel = f"pikepdf-10.17.0-cp3{minor}-cp3{minor}-macosx_15_0_arm64.whl"
            written.writestr(f".deps/{wheel}/pikepdf/__init__.py", "")
    [found] = verifying.others()
    assert (found.system, found.runs_on) == ("macos-arm64", "Python 3.11, 3.12 on macOS (arm64)")
    assert verifying.verifier("macos-arm64") == found
    assert [verifying.verifier(name) for name in ("linux", "../../db", "a/b")] == [None, None, None]
