"""One attempt from permit to result: verify, consume, fetch and re-hash, work, report back."""

import hashlib
import importlib
import json
import math
import os
import secrets
import shutil
import sys
import threading
import time
import traceback
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from governance.proof.formats.keyring import Keyring
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.permit import Permit, PermitError, open_permit, open_receipt
from governance.runner.control import TRIES, ControlPlane, Interrupted, Lost, NotAllowed, OutOfReach, pause
from governance.runner.protocol import Outcome, RunFailed, blotted

DONE, REFUSED, FAILED, LOST, UNREACHED = 0, 3, 4, 5, 6
BEAT = 2.0
GRACE = 30.0
READ_ONLY = 0o400


class BadInput(Exception):
    """An input's bytes are not those the permit names."""


class Line:
    """The entry point's reporter: keeps the newest progress and log lines; a thread sends them and keeps the lease."""

    def __init__(self, control: ControlPlane, keys: Mapping[str, str]) -> None:
        """Take the connection, and the keys (by variable) that nothing said here may hold."""
        self._control = control
        self._keys = keys
        self._kept = time.monotonic()  # when the lease was last known to be ours
        self._lock = threading.Lock()
        self._progress: dict[str, Any] | None = None
        self._lines: list[str] = []
        self._stop = threading.Event()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> "Line":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(timeout=70)

    def progress(self, done: float, message: str, **figures: float | int | str) -> None:
        """Keep the newest progress; see `runner.protocol.Reporter`."""
        with self._lock:
            self._progress = {
                "done": round(float(done), 4) if math.isfinite(done) else 0.0,
                "message": blotted(message, self._keys),
                "figures": {name: self._sendable(value) for name, value in figures.items()},
            }

    def _sendable(self, value: float | int | str) -> float | int | str:
        """Return a figure as JSON can carry it, without keys: a loss that is not a number is sent as the word."""
        if isinstance(value, str):
            return blotted(value, self._keys)
        return str(value) if isinstance(value, float) and not math.isfinite(value) else value

    def log(self, line: str) -> None:
        """Keep a log line; see `runner.protocol.Reporter`."""
        line = blotted(line, self._keys)
        with self._lock:
            self._lines.append(line)
        _print(line)

    def stopping(self) -> bool:
        """Return whether to finish now; see `runner.protocol.Reporter`."""
        return self._stop.is_set()

    def talk(self, said: dict[str, Any]) -> dict[str, Any]:
        """Say something and wait for the answer; see `runner.protocol.Talker`."""
        return self._control.talk(said)

    def flush(self) -> None:
        """Send what has not been sent."""
        with self._lock:
            progress, lines = self._progress, self._lines
            self._progress, self._lines = None, []
        asked = time.monotonic()
        if self._control.heartbeat(progress, lines):
            self._stop.set()
        self._kept = asked

    def _beat(self) -> None:
        while not self._end.wait(BEAT):
            try:
                self.flush()
            except (Lost, NotAllowed, OutOfReach) as problem:
                if not isinstance(problem, Lost) and time.monotonic() < self._kept + self._control.lease_seconds:
                    continue  # the control plane may be starting anew; the lease is still ours
                _print(f"stopping: {problem}")
                self._stop.set()
                if not self._end.wait(GRACE):
                    os._exit(LOST)  # the entry point did not heed `stopping`; nothing it makes could be accepted
                return
            if self._stop.is_set() and not self._end.wait(GRACE):
                os._exit(LOST)


def run_attempt(*, permit_file: Path, trust_file: Path, control: str, audience: str, work: Path, secret: str) -> int:
    """Run the attempt the permit allows and return the exit code (see `__main__`).

    Nothing of the work plane's libraries is imported before the permit is verified and consumed and every input is
    hashed into the private directory `work`.
    """
    try:
        trust = json.loads(trust_file.read_text())
        keyring = Keyring.open_chain([b64decode(each) for each in trust["keyrings"]], trust["root_fingerprint"])[-1]
        envelope = permit_file.read_bytes()
        permit = open_permit(
            envelope, keyring.unspoilt("permit"), audience=audience, secret=secret, now=datetime.now(UTC)
        )
    except (OSError, ValueError, KeyError, SignatureError, PermitError) as problem:
        return _say(REFUSED, f"no permit, no run: {problem}")
    nonce = secrets.token_urlsafe(24)
    plane = ControlPlane(control)
    try:
        receipt, _ = plane.consume(envelope, secret, nonce)
        open_receipt(receipt, keyring.unspoilt("attestation"), permit=permit.id, nonce=nonce)
    except (NotAllowed, Lost, PermitError) as problem:
        return _say(REFUSED, f"the permit was not accepted: {problem}")
    except OutOfReach as problem:
        return _say(UNREACHED, str(problem))
    return _work(plane, permit, work)


def _work(plane: ControlPlane, permit: Permit, work: Path) -> int:
    keys = {name: os.environ[name] for name in permit.variables if name in os.environ}
    try:
        with Line(plane, keys) as line:
            try:
                fetch(plane.fetch, permit, work, line)
                outcome = entry_point(permit.entry_point)(work, permit, line)
                if line.stopping():
                    return _say(LOST, "stopped before the result was delivered")
                line.progress(1.0, "delivering the result")
                files = _deliver(plane, outcome)
                line.flush()
                plane.result(outcome.body, files)
            except (RunFailed, BadInput, ImportError, AttributeError) as problem:
                again = isinstance(problem, RunFailed) and problem.again
                return _fail(plane, blotted(f"{problem}", keys), again=again)
            except NotAllowed as problem:
                if problem.status >= 500:
                    raise
                return _fail(plane, f"the control plane did not take it: {problem}")
            except (Lost, OutOfReach):
                raise
            except Exception as problem:  # noqa: BLE001  (any fault of the work is told, with its traceback)
                line.log(traceback.format_exc())
                line.flush()
                return _fail(plane, blotted(f"{type(problem).__name__}: {problem}", keys))
    except Lost as problem:
        return _say(LOST, f"the attempt is over: {problem}")
    except (NotAllowed, OutOfReach) as problem:
        return _say(UNREACHED, str(problem))
    finally:
        shutil.rmtree(work / "inputs", ignore_errors=True)
    return DONE


def fetch(source: Callable[[str], Iterator[bytes]], permit: Permit, work: Path, line: Line) -> None:
    """Copy every input into `work`/inputs, hashing while copying; the work uses this copy and no other.

    Raises:
        BadInput: the bytes that came are not those the permit names.
    """
    folder = work / "inputs"
    total = sum(item.size for item in permit.inputs) or 1
    done = 0
    for item in permit.inputs:
        target = folder / item.name
        target.parent.mkdir(parents=True, exist_ok=True)

        def tell(size: int, name: str = item.name, before: int = done) -> None:
            line.progress(0.05 * (before + size) / total, f"fetching {name}")
            if line.stopping():
                raise Lost("stopped while fetching")

        found, size = _copy(source, item.name, target, tell)
        if (found, size) != (item.sha256, item.size):
            target.unlink()
            raise BadInput(f"{item.name}: found {size} bytes of {found}, the permit names {item.size} of {item.sha256}")
        target.chmod(READ_ONLY)
        done += size


def _copy(
    source: Callable[[str], Iterator[bytes]], name: str, target: Path, tell: Callable[[int], None]
) -> tuple[str, int]:
    """Copy one input, from its beginning whenever the transfer breaks off; return the digest and size of the copy."""
    for attempt in range(TRIES):
        digest, size = hashlib.sha256(), 0
        try:
            with target.open("wb") as file:
                for chunk in source(name):
                    digest.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
                    tell(size)
        except Interrupted as problem:
            pause(attempt, problem)
            continue
        return f"sha256:{digest.hexdigest()}", size
    raise OutOfReach(f"{name} could not be fetched")


def entry_point(name: str) -> Callable[..., Outcome]:
    """Import and return the function that a (verified) permit names as "module:function"."""
    module, _, function = name.partition(":")
    found: Callable[..., Outcome] = getattr(importlib.import_module(module), function)
    return found


def _deliver(plane: ControlPlane, outcome: Outcome) -> list[dict[str, Any]]:
    files = []
    for output in outcome.files:
        with output.path.open("rb") as file:
            digest = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
        plane.upload(output.path, digest)
        files.append({"path": output.name, "size": output.path.stat().st_size, "sha256": digest})
    return files


def _fail(plane: ControlPlane, reason: str, *, again: bool = False) -> int:
    try:
        plane.failed(reason, again=again)
    except (Lost, NotAllowed, OutOfReach) as problem:
        _print(f"could not tell the control plane: {problem}")
    return _say(FAILED, reason)


def _say(code: int, text: str) -> int:
    _print(text)
    return code


def _print(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
