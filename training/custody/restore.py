"""Entry point of the purpose "restore": fetch a base model from its backup, hash it, load it, ask it.

The files come from the backup and from nowhere else: the permit names none of the store's. What they must be is what
the base model's document says, which the runner has hashed. A drill that fails has a result, too.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

from evals.engine.answers import Answer
from evals.engine.backends.base import Key, Request
from evals.engine.permitted import document, referred
from evals.engine.run import SETTINGS, environment
from evals.engine.spec import Decoding
from governance.proof.formats import canonical
from governance.proof.formats.manifest import FileEntry
from governance.runner.protocol import Outcome, Reporter, RunFailed, backup_variable
from training.bodies.base_models import BaseModelBody
from training.bodies.custody import LONGEST_ANSWER, Found, RestoredFile, RestoreRecordBody, RestoreSpecBody, Said

if TYPE_CHECKING:
    from governance.proof.formats.permit import Permit

CHUNK = 1 << 20
FETCHED, LOADED = 0.7, 0.9
"""shares of the whole that a drill counts as done when every file is there, and when the model is loaded"""
MOST = 4000
"""characters of a finding"""
NAMED = 5
"""files whose faults a finding names; the record lists all"""
FAULTS: dict[str, str] = {
    "altered": "is not what was signed",
    "missing": "is missing",
    "outside": "leads out of the backup",
    "unreadable": "cannot be read",
}


def run(work: Path, permit: "Permit", report: Reporter) -> Outcome:
    """Make the permitted drill and return what it found, a `RestoreRecordBody`.

    Reads `inputs/documents/{restore_spec,base_model}.json`, and the folder that the variable of the backup names. The
    restored files lie in `restored` while it lasts, and are deleted.

    Raises:
        RunFailed: the documents are not the permitted ones, the operator lists no such backup, the permitted time is
            over, or the attempt was stopped.
    """
    started = time.monotonic()
    os.environ.update(SETTINGS)
    envelope, spec = document(work / "inputs", "restore_spec", RestoreSpecBody, "training")
    if envelope.digest != permit.spec:
        raise RunFailed(f"found the restore drill {envelope.digest}, expected {permit.spec} as permitted")
    base_envelope, base = document(work / "inputs", "base_model", BaseModelBody, "training")
    referred(envelope, "base_model", base_envelope)
    backup = os.environ.get(backup_variable(spec.backup))
    if not backup:
        raise RunFailed(f"this runner was given no backup {spec.backup!r}: the operator's list has none")
    watch = Watch(report, started + min(spec.max_seconds, permit.bounds.get("max_seconds", spec.max_seconds)))
    restored = work / "restored"
    try:
        files = fetch(spec, base.files, Path(backup), restored, watch)
        to_fetch = time.monotonic() - started
        finding = fault_of(files)
        tried = Tried(finding=finding) if finding else try_out(spec, restored, watch)
    finally:
        shutil.rmtree(restored, ignore_errors=True)
    described = {**environment(), **tried.environment}
    record = RestoreRecordBody(
        title=spec.title,
        outcome="failed" if tried.finding else "passed",
        finding=tried.finding,
        backup=spec.backup,
        layout=spec.layout,
        folder=spec.folder,
        files=files,
        loaded=tried.loaded,
        answers=tried.answers,
        seconds_to_fetch=f"{to_fetch:.3f}",
        seconds_to_load=f"{tried.seconds_to_load:.3f}",
        seconds_to_answer=f"{tried.seconds_to_answer:.3f}",
        peak_rss_mb=max(1, int(described["peak_rss_mb"])),
        environment=described,
        permit=canonical.sha256(canonical.dumps(permit.model_dump())),
    )
    return Outcome(record.model_dump(mode="json"))


class Ended(RunFailed):
    """The drill may not go on: it has found nothing."""


@dataclass
class Watch:
    """Tells how far the drill is, and ends it when it may not go on; `deadline` is in the time of `time.monotonic`."""

    report: Reporter
    deadline: float

    def tell(self, done: float, message: str) -> None:
        """Say how far it is, as a share. Ended: it was stopped, or its time is over."""
        self.report.progress(done, message)
        if self.report.stopping():
            raise Ended("stopped")
        if time.monotonic() > self.deadline:
            raise Ended("the permitted time is over; allow more in the next drill")

    def of(self, path: str, before: int, total: int) -> Callable[[int], None]:
        """Return what tells how many bytes of a file are there, `before` of `total` being there already."""
        return lambda size: self.tell(FETCHED * (before + size) / total, f"fetching {path}: {size:,} bytes")


@dataclass(frozen=True)
class Tried:
    """How the restored model did: `finding` says what did not hold, "" when everything did. Seconds each."""

    finding: str
    loaded: bool = False
    answers: list[Said] = field(default_factory=list)
    seconds_to_load: float = 0.0
    seconds_to_answer: float = 0.0
    environment: Mapping[str, str] = field(default_factory=dict)


def fetch(
    spec: RestoreSpecBody, manifest: Sequence[FileEntry], backup: Path, restored: Path, watch: Watch
) -> list[RestoredFile]:
    """Copy every file of the manifest out of the backup into `restored`, hashing while copying; say what was found.

    A file whose bytes are not those of the manifest does not stay.

    Raises:
        Ended: as `Watch.tell`. OSError: our own disk failed, which says nothing of the backup.
    """
    total, done = sum(entry.size for entry in manifest) or 1, 0
    found = []
    for entry in manifest:
        tell = watch.of(entry.path, done, total)
        tell(0)
        target = restored / entry.path
        target.parent.mkdir(parents=True, exist_ok=True)
        one = _fetched(_place(spec, backup, entry), backup, entry, target, tell)
        if one.found != "intact":
            target.unlink(missing_ok=True)
        found.append(one)
        done += entry.size
    return found


def _place(spec: RestoreSpecBody, backup: Path, entry: FileEntry) -> Path:
    """Return where a file of the manifest lies in the backup, by the backup's layout."""
    folder = backup / spec.folder if spec.folder else backup
    if spec.layout == "names":
        return folder / entry.path
    name = entry.sha256.removeprefix("sha256:")
    return folder / name[:2] / name


def _fetched(source: Path, backup: Path, entry: FileEntry, target: Path, tell: Callable[[int], None]) -> RestoredFile:
    opened = _opened(source, backup, entry)
    if isinstance(opened, BufferedReader):
        with opened:
            found, size, named = _copied(opened, target, entry, tell)
    else:
        (found, size), named = opened, None
    return RestoredFile(
        path=entry.path, size=entry.size, sha256=entry.sha256, found=found, found_size=size, found_sha256=named
    )


def _opened(source: Path, backup: Path, entry: FileEntry) -> BufferedReader | tuple[Found, int | None]:
    """Return a file of the backup opened, or what is wrong with it, with its size if that says it."""
    try:
        real = source.resolve(strict=True)
        if not real.is_relative_to(backup.resolve(strict=True)):
            return "outside", None
        if not real.is_file():  # a pipe would keep the drill waiting for ever
            return "unreadable", None
        if (size := real.stat().st_size) != entry.size:
            return "altered", size
        return real.open("rb")
    except (FileNotFoundError, NotADirectoryError):
        return "missing", None
    except (OSError, RuntimeError):  # no permission, a broken disk, links in a circle
        return "unreadable", None


def _copied(
    file: BufferedReader, target: Path, entry: FileEntry, tell: Callable[[int], None]
) -> tuple[Found, int | None, str | None]:
    """Copy an open file; return what it is, its size and its digest, as far as they are known.

    It is read one byte beyond what the manifest names at most: one that grows meanwhile is another file.
    """
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as copy:
        while True:
            try:
                chunk = file.read(min(CHUNK, entry.size + 1 - size))
            except OSError:
                return "unreadable", None, None
            size += len(chunk)
            if size > entry.size:
                return "altered", size, None
            if not chunk:
                named = f"sha256:{digest.hexdigest()}"
                return "intact" if (size, named) == (entry.size, entry.sha256) else "altered", size, named
            digest.update(chunk)
            copy.write(chunk)
            tell(size)


def fault_of(files: Sequence[RestoredFile]) -> str:
    """Return what is wrong with the fetched files in words, "" when all are intact."""
    wrong = [f"{file.path} {FAULTS[file.found]}" for file in files if file.found != "intact"]
    if not wrong:
        return ""
    more = f"; and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
    return f"{len(wrong)} of {len(files)} files: {'; '.join(wrong[:NAMED])}{more}"


def try_out(spec: RestoreSpecBody, restored: Path, watch: Watch) -> Tried:
    """Load the restored model and ask it every prompt. Whatever that raises is what the drill found.

    Raises:
        Ended: as `Watch.tell`.
    """
    from evals.engine.backends.loading import quieten
    from evals.engine.backends.local_model import LocalModel

    quieten()
    watch.tell(FETCHED, "loading the restored model")
    decoding = Decoding(max_new_tokens=spec.max_new_tokens, do_sample=False, batch_size=1, precision=spec.precision)
    began = time.monotonic()
    try:
        model = LocalModel.load(restored, None, decoding)
    except Exception as problem:  # noqa: BLE001  (a loader that breaks restores nothing, however it breaks)
        return Tried(finding=f"every file is intact, but the model cannot be loaded: {_why(problem, restored)}"[:MOST])
    to_load = time.monotonic() - began
    watch.tell(LOADED, "asking the restored model")
    answers: dict[Key, Answer] = {}
    requests = [
        Request(f"prompt-{number}", 1, [{"role": "user", "content": prompt}])
        for number, prompt in enumerate(spec.prompts, start=1)
    ]

    def take(batch: Mapping[Key, Answer]) -> None:
        answers.update(batch)
        watch.tell(LOADED + (1 - LOADED) * len(answers) / len(requests), f"{len(answers)} answers")

    finding = ""
    began = time.monotonic()
    try:
        model.answer(requests, decoding, take)
    except Ended:
        raise
    except Exception as problem:  # noqa: BLE001  (as above)
        why = _why(problem, restored)
        finding = f"every file is intact and the model was loaded, but it cannot answer: {why}"[:MOST]
    to_answer = time.monotonic() - began
    said = [
        Said(prompt=prompt, text=answer.text[:LONGEST_ANSWER], tokens=answer.tokens)
        for prompt, request in zip(spec.prompts, requests, strict=True)
        if (answer := answers.get(request.key)) is not None
    ]
    if not finding and (silent := sum(not one.tokens for one in said)):
        finding = f"every file is intact and the model was loaded, but it answered nothing to {silent} prompts"
    return Tried(finding, True, said, to_load, to_answer, model.environment())


def _why(problem: Exception, restored: Path) -> str:
    """Return a problem in words, without the folder that the runner works in."""
    told = str(problem) if isinstance(problem, RunFailed) else f"{type(problem).__name__}: {problem}"
    return told.replace(f"{restored}{os.sep}", "").replace(str(restored), "the restored files")
