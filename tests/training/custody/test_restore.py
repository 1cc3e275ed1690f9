"""What a drill finds in a backup: flipped bytes, missing files, links that lead out, files that are none."""

import io
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from governance.proof.formats.canonical import sha256
from governance.proof.formats.envelope import Envelope, Link
from governance.proof.formats.manifest import FileEntry
from governance.proof.formats.permit import Input, Permit
from governance.runner.protocol import RunFailed
from tests.support import papers
from tests.training.custody import samples
from tests.training.trainers import work as trainers
from training.bodies.custody import RestoreRecordBody, RestoreSpecBody
from training.custody import restore

pytestmark = pytest.mark.ml


class Recorder:
    def __init__(self, stop_after: int = 10**6) -> None:
        self.shares: list[float] = []
        self.stop_after = stop_after

    def progress(self, done: float, message: str, **figures: float | int | str) -> None:
        self.shares.append(done)

    def log(self, line: str) -> None:
        raise AssertionError(line)

    def stopping(self) -> bool:
        return len(self.shares) > self.stop_after


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "vault"
    folder.mkdir()
    monkeypatch.setenv("COUNTERSIGN_BACKUP_VAULT", str(folder))
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from training.trainers.tiny import make_tiny

    folder = tmp_path_factory.mktemp("model")
    make_tiny(folder / "tiny", trainers.texts())
    return folder / "tiny"


def manifest(files: Path) -> list[dict[str, Any]]:
    return [
        {"path": path.name, "size": path.stat().st_size, "sha256": sha256(path.read_bytes())}
        for path in sorted(files.iterdir())
    ]


def permitted(work: Path, files: list[dict[str, Any]], **changes: Any) -> Permit:
    """Put the documents where the runner puts them, and return the permit."""
    folder = work / "inputs" / "documents"
    folder.mkdir(parents=True)
    base = Envelope.from_bytes(trainers.envelope("training.base_model", papers.base_model(files[0]) | {"files": files}))
    spec = Envelope.from_bytes(trainers.envelope("training.restore_spec", samples.restore_spec(**changes)))
    spec = spec.model_copy(update={"references": [Link(role="base_model", digest=base.digest)]})
    for role, found in (("restore_spec", spec), ("base_model", base)):
        (folder / f"{role}.json").write_bytes(found.to_bytes())
    inputs = [Input(name="documents/restore_spec.json", sha256=spec.digest, size=1, role="document")]
    number = trainers.UUID.format
    return Permit(
        id=number(3), purpose="restore", entry_point="training.custody.restore:run", job=number(4), attempt=number(5),
        number=1, project=number(1), spec=spec.digest, inputs=inputs, decisions=[], code={}, audience="local",
        secret_sha256=sha256(b"secret"), issued_at="2026-11-22T02:00:00Z", expires_at="2026-11-22T03:00:00Z",
        checkpoint="note", bounds={"max_seconds": 300, "backups": ["vault"]},
    )  # fmt: skip


def drilled(work: Path, files: list[dict[str, Any]], **changes: Any) -> RestoreRecordBody:
    work.mkdir(exist_ok=True)
    outcome = restore.run(work, permitted(work, files, **changes), Recorder())
    assert outcome.files == []
    assert not (work / "restored").exists(), "the restored weights do not stay"
    return RestoreRecordBody.model_validate(outcome.body)


def test_a_whole_backup_is_restored_loaded_and_asked(tmp_path: Path, vault: Path, model: Path) -> None:
    shutil.copytree(model, vault / "models" / "tiny")
    found = drilled(tmp_path / "work", manifest(model), folder="models/tiny", prompts=["acute", "fracture"])
    assert (found.outcome, found.finding, found.loaded) == ("passed", "", True)
    assert [said.prompt for said in found.answers] == ["acute", "fracture"]
    assert all(said.tokens > 0 for said in found.answers)
    assert float(found.seconds_to_load) > 0


def test_a_copy_of_the_store_is_a_backup_too(tmp_path: Path, vault: Path, model: Path) -> None:
    for path in model.iterdir():
        name = sha256(path.read_bytes()).removeprefix("sha256:")
        (vault / "store" / name[:2]).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, vault / "store" / name[:2] / name)
    assert drilled(tmp_path / "work", manifest(model), layout="store", folder="store").outcome == "passed"


@pytest.mark.attack(
    name="let a drill pass on a backup in which one byte of the weights was flipped",
    caught_by="every file is hashed while it is copied out of the backup, and held against the signed manifest",
    unless="SHA-256 is broken",
)
def test_a_flipped_byte(tmp_path: Path, vault: Path, model: Path) -> None:
    shutil.copytree(model, vault, dirs_exist_ok=True)
    weights = vault / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    found = drilled(tmp_path / "work", manifest(model))
    assert (found.outcome, found.loaded, found.answers) == ("failed", False, [])
    assert found.finding == f"1 of {len(found.files)} files: model.safetensors is not what was signed"
    wrong = [file for file in found.files if file.found != "intact"]
    assert [(file.path, file.found_size, file.found_sha256) for file in wrong] == [
        ("model.safetensors", len(content), sha256(bytes(content)))
    ]


def test_what_is_missing_longer_or_no_file_at_all(tmp_path: Path, vault: Path, model: Path) -> None:
    shutil.copytree(model, vault, dirs_exist_ok=True)
    (vault / "config.json").unlink()
    with (vault / "tokenizer.json").open("ab") as file:
        file.write(b" ")
    (vault / "generation_config.json").unlink()
    os.mkfifo(vault / "generation_config.json")
    found = drilled(tmp_path / "work", manifest(model))
    told = {file.path: file.found for file in found.files if file.found != "intact"}
    assert told == {"config.json": "missing", "tokenizer.json": "altered", "generation_config.json": "unreadable"}
    assert found.outcome == "failed"


@pytest.mark.attack(
    name="let a drill read files from outside the backup through a link in it",
    caught_by="every file is resolved, and must lie inside the folder that the operator listed",
    unless="somebody swaps the file between the look and the opening; its bytes are hashed all the same",
)
def test_a_link_that_leads_out(tmp_path: Path, vault: Path, model: Path) -> None:
    shutil.copytree(model, vault, dirs_exist_ok=True)
    (vault / "config.json").unlink()
    (vault / "config.json").symlink_to(model / "config.json")
    found = drilled(tmp_path / "work", manifest(model))
    assert {file.path: file.found for file in found.files if file.found != "intact"} == {"config.json": "outside"}


def test_a_folder_that_is_not_there_is_a_finding(tmp_path: Path, vault: Path, model: Path) -> None:
    found = drilled(tmp_path / "work", manifest(model), folder="nowhere")
    assert {file.found for file in found.files} == {"missing"}
    assert "and" in found.finding


def test_intact_files_that_are_no_model(tmp_path: Path, vault: Path) -> None:
    (vault / "weights.bin").write_bytes(b"not a model")
    entry = {"path": "weights.bin", "size": 11, "sha256": sha256(b"not a model")}
    found = drilled(tmp_path / "work", [entry])
    assert (found.outcome, found.files[0].found, found.loaded) == ("failed", "intact", False)
    assert "cannot be loaded" in found.finding


def test_a_prompt_that_the_model_cannot_be_asked(tmp_path: Path, vault: Path, model: Path) -> None:
    shutil.copytree(model, vault, dirs_exist_ok=True)
    found = drilled(tmp_path / "work", manifest(model), prompts=["<|im_end|>"])
    assert (found.outcome, found.loaded) == ("failed", True)
    assert "it cannot answer" in found.finding


@pytest.mark.attack(
    name="point a drill at a folder that the operator does not list",
    caught_by="a specification holds a name; the folder comes from the operator's list, through a signed permit",
    unless="the operator lists it",
)
def test_a_backup_that_the_runner_was_not_given(tmp_path: Path, vault: Path, model: Path) -> None:
    (tmp_path / "work").mkdir()
    permit = permitted(tmp_path / "work", manifest(model), backup="other")
    with pytest.raises(RunFailed, match="no backup 'other'"):
        restore.run(tmp_path / "work", permit, Recorder())


def test_another_drill_than_the_permitted_one(tmp_path: Path, vault: Path, model: Path) -> None:
    (tmp_path / "work").mkdir()
    permit = permitted(tmp_path / "work", manifest(model)).model_copy(update={"spec": sha256(b"another")})
    with pytest.raises(RunFailed, match="as permitted"):
        restore.run(tmp_path / "work", permit, Recorder())


def test_stopped_or_out_of_time_it_finds_nothing(tmp_path: Path, vault: Path, model: Path) -> None:
    shutil.copytree(model, vault, dirs_exist_ok=True)
    entries = [FileEntry.model_validate(one) for one in manifest(model)]
    spec = RestoreSpecBody.model_validate(samples.restore_spec())
    with pytest.raises(RunFailed, match="stopped"):
        restore.fetch(spec, entries, vault, tmp_path / "restored", restore.Watch(Recorder(2), 10**12))
    with pytest.raises(RunFailed, match="permitted time is over"):
        restore.fetch(spec, entries, vault, tmp_path / "again", restore.Watch(Recorder(), 0.0))


@pytest.mark.attack(
    name="have a failed restore drill leave no record, by weights that break the loader instead of being refused by it",
    caught_by="whatever loading or answering raises is the drill's finding",
    unless="the runner itself is killed; such drills stand on the custody page as ended without a record",
)
def test_a_model_that_breaks_the_loader_is_a_finding(
    tmp_path: Path, vault: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(model, vault, dirs_exist_ok=True)
    (vault / "config.json").write_text("[]")
    found = drilled(tmp_path / "work", manifest(vault))
    assert (found.outcome, found.loaded) == ("failed", False)
    assert "cannot be loaded" in found.finding
    assert str(tmp_path) not in found.finding, "where the runner works is nobody's business"

    def broken(*_: Any) -> None:
        raise IndexError("index out of range in self")

    shutil.copy(model / "config.json", vault / "config.json")
    monkeypatch.setattr("evals.engine.backends.local_model.LocalModel.answer", broken)
    found = drilled(tmp_path / "again", manifest(vault))
    assert (found.outcome, found.loaded, found.answers) == ("failed", True, [])
    assert "it cannot answer: IndexError: index out of range" in found.finding


@pytest.mark.attack(
    name="have a drill pass on weights of which some are missing, so that the library draws them at random",
    caught_by="the loader refuses a model that not all of its weights were read of",
    unless="none known",
)
def test_weights_that_are_not_all_there(tmp_path: Path, vault: Path, model: Path) -> None:
    from safetensors.torch import load_file, save_file

    from training.trainers import models

    shutil.copytree(model, vault, dirs_exist_ok=True)
    weights = load_file(vault / "model.safetensors")
    gone = next(name for name in sorted(weights) if "layers.0" in name)
    save_file({n: w for n, w in weights.items() if n != gone}, vault / "model.safetensors", {"format": "pt"})
    found = drilled(tmp_path / "work", manifest(vault))
    assert (found.outcome, found.loaded) == ("failed", False)
    assert gone in found.finding
    with pytest.raises(RunFailed, match=f"lack 1 of its weights, such as {gone}"):
        models.load_model(vault)


@pytest.mark.attack(
    name="fill the runner's disk with a file of the backup that grows while it is read",
    caught_by="no byte is read beyond those that the manifest names, but the one that shows there are more",
    unless="none known",
)
def test_a_file_without_an_end(tmp_path: Path) -> None:
    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, into: Any) -> int:
            into[:] = bytes(len(into))
            return len(into)

    entry = FileEntry(path="w", size=3 * restore.CHUNK, sha256=samples.digest("w"))
    watch = restore.Watch(Recorder(20), 10**12)
    tell = watch.of(entry.path, 0, entry.size)
    found = restore._copied(io.BufferedReader(Endless()), tmp_path / "w", entry, tell)
    assert found == ("altered", entry.size + 1, None)
    assert (tmp_path / "w").stat().st_size <= entry.size


def test_how_far_it_is_never_goes_back(tmp_path: Path, vault: Path) -> None:
    files = []
    for name in "ab":
        content = os.urandom(3 * restore.CHUNK)
        (vault / name).write_bytes(content)
        files.append({"path": name, "size": len(content), "sha256": sha256(content)})
    (tmp_path / "work").mkdir()
    line = Recorder()
    restore.run(tmp_path / "work", permitted(tmp_path / "work", files), line)
    assert line.shares == sorted(line.shares)
    assert len(set(line.shares)) > 6
