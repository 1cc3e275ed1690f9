"""Runners as subprocesses of this machine, each in its own session, private directory and bare environment.

A key for an endpoint outside goes only to a runner whose permit names its variable, and only if the operator lists it;
so does the folder of a backup.

A runner outlives the worker: its directory (pid and start time, exit code, output) is how any worker finds it again.
"""

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from governance import backups, endpoints
from governance.job_states import JobState
from governance.jobs.executors import Observation, Seen
from governance.models import Attempt
from governance.proof.formats.permit import Permit, PermitError, read_permit
from governance.runner.protocol import blotted
from governance.selectors.keys import envelopes, keyring, root_fingerprint
from governance.services.permits import audience

PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "OMP_NUM_THREADS", "VIRTUAL_ENV")
STOP_SECONDS = 10.0
JOURNAL = "journal"
"""In the work directory: what an interrupted attempt had done. The next attempt's work says whether it may go on."""
_children: dict[str, "subprocess.Popen[bytes]"] = {}


class LocalExecutor:
    """Runs attempts on this machine."""

    def submit(self, attempt: Attempt, secret: str) -> None:
        """Start `python -m governance.runner`; the secret goes through its standard input, never to disk."""
        folder = self._folder(attempt)
        if folder.exists():
            return
        folder.mkdir(parents=True, mode=0o700)
        for name in ("work", "tmp"):
            (folder / name).mkdir()
        self._hand_on(attempt)
        (folder / "permit").write_bytes(bytes(attempt.permit))
        keyrings = [base64.b64encode(envelope).decode() for envelope in envelopes()]
        trust = {"root_fingerprint": root_fingerprint(), "keyrings": keyrings}
        (folder / "trust").write_text(json.dumps(trust))
        command = [sys.executable, "-m", "governance.runner", "--control", settings.COUNTERSIGN_URL]
        for option in ("permit", "trust", "work"):
            command += [f"--{option}", str(folder / option)]
        command += ["--audience", audience()]
        # The shell writes the runner's exit code where a later worker finds it, whatever becomes of this one.
        script = '"$@"; code=$?; echo $code > "$0.new" && mv "$0.new" "$0"; exit $code'
        with (folder / "output").open("wb") as output:
            child = subprocess.Popen(
                ["/bin/sh", "-c", script, str(folder / "exit"), *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=settings.BASE_DIR,
                env={**self._environment(folder), **self._folders(attempt), **self._given(attempt)},
                start_new_session=True,
            )
        _reap()
        _children[str(attempt.pk)] = child
        (folder / "pid").write_text(f"{child.pid} {_started(child.pid)}")
        with suppress(BrokenPipeError):
            if child.stdin is not None:
                child.stdin.write(f"{secret}\n".encode())
                child.stdin.close()

    def observe(self, attempt: Attempt) -> Observation:
        """Look at the exit file, then at the process with the remembered pid and start time."""
        folder = self._folder(attempt)
        if not folder.exists():
            return Observation(Seen.ABSENT)
        child = _children.get(str(attempt.pk))
        if child is not None:
            child.poll()
        with suppress(FileNotFoundError, ValueError):
            return Observation(Seen.EXITED, int((folder / "exit").read_text()))
        try:
            pid, started = (folder / "pid").read_text().split()
        except (FileNotFoundError, ValueError):
            return Observation(Seen.PENDING)
        return Observation(Seen.ALIVE if _started(int(pid)) == started else Seen.VANISHED)

    def stop(self, attempt: Attempt) -> None:
        """Send SIGTERM to the runner's own process group, then SIGKILL to whatever of it is left."""
        try:
            pid, started = (self._folder(attempt) / "pid").read_text().split()
        except (FileNotFoundError, ValueError):
            return
        group = int(pid)
        if _started(group) != started:
            return  # the leader has gone: the number may be another group's by now
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(group, number)
            until = time.monotonic() + STOP_SECONDS
            while time.monotonic() < until and self._lives(attempt, group):
                time.sleep(0.05)

    def _lives(self, attempt: Attempt, group: int) -> bool:
        """Return whether a process of the group is left (the leader may go first), reaping our own child."""
        child = _children.get(str(attempt.pk))
        if child is not None:
            child.poll()
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        return any(_group(pid) == group for pid in _processes())

    def logs(self, attempt: Attempt, offset: int) -> str:
        """Return the runner's output from `offset` bytes on, with the keys it was given blotted out."""
        with suppress(FileNotFoundError), (self._folder(attempt) / "output").open("rb") as file:
            file.seek(offset)
            return blotted(file.read().decode(errors="replace"), self._given(attempt))
        return ""

    def list_owned(self) -> list[str]:
        """Return the attempts whose private files are here."""
        return sorted(p.parent.name for p in _root().glob("*/work") if _is_uuid(p.parent.name))

    def forget(self, attempt: Attempt) -> None:
        """Delete permit, inputs, outputs and scratch files of an ended attempt; what it printed stays.

        So does its journal, while another attempt of its job is to come.
        """
        folder = self._folder(attempt)
        for name in ("permit", "trust"):
            (folder / name).unlink(missing_ok=True)
        shutil.rmtree(folder / "tmp", ignore_errors=True)
        work = folder / "work"
        kept = JobState(attempt.job.state).live and (work / JOURNAL).is_dir()
        for path in work.iterdir() if kept else (work,):
            if not kept or path.name != JOURNAL:
                shutil.rmtree(path, ignore_errors=True)
        _reap()

    def _hand_on(self, attempt: Attempt) -> None:
        """Move the journal of the newest earlier attempt of the job that left one into the attempt's directory."""
        for earlier in attempt.job.attempts.filter(number__lt=attempt.number).order_by("-number"):
            left = self._folder(earlier) / "work" / JOURNAL
            if left.is_dir():
                left.rename(self._folder(attempt) / "work" / JOURNAL)
                return

    def _given(self, attempt: Attempt) -> Mapping[str, str]:
        """Return the keys that the attempt's permit names; none when no permit key of ours signed it."""
        permit = self._permit(attempt)
        return endpoints.values(permit.variables) if permit else {}

    def _folders(self, attempt: Attempt) -> Mapping[str, str]:
        """Return the folders of the backups that the attempt's permit names; none when no permit key of ours did."""
        permit = self._permit(attempt)
        return backups.values(permit.backups) if permit else {}

    def _permit(self, attempt: Attempt) -> Permit | None:
        try:
            return read_permit(bytes(attempt.permit), keyring().for_purpose("permit"))
        except PermitError:
            return None  # the runner says what is wrong with it

    def _folder(self, attempt: Attempt) -> Path:
        return _root() / str(attempt.pk)

    def _environment(self, folder: Path) -> dict[str, str]:
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        return kept | {
            "PYTHONPATH": str(settings.BASE_DIR),
            "PYTHONHASHSEED": "0",
            "PYTHONUNBUFFERED": "1",
            "HF_HUB_OFFLINE": "1",
            "HF_DATASETS_OFFLINE": "1",
            "HF_HOME": str(folder / "tmp" / "hf"),
            "TOKENIZERS_PARALLELISM": "false",
            # Threads that wait sleep soon: runners share the machine with the pages; read once, when OpenMP starts.
            "GOMP_SPINCOUNT": "1000",
            "TMPDIR": str(folder / "tmp"),
        }


def _reap() -> None:
    """Let go of children that have left; one that delivered may still be leaving, and a later call looks again."""
    for key, child in list(_children.items()):
        if child.poll() is not None:
            del _children[key]


def _processes() -> list[int]:
    return [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit()]


def _group(pid: int) -> int | None:
    """Return the process group of a process that still runs (proc(5), field 5), None when it is gone or a zombie."""
    fields = _stat(pid)
    return None if not fields or fields[0] == "Z" else int(fields[2])


def _is_uuid(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False


def _root() -> Path:
    return Path(settings.COUNTERSIGN_VAR) / "attempts"


def _started(pid: int) -> str:
    """Return the process's start time in clock ticks (proc(5), field 22), or "" when it is gone or a zombie."""
    fields = _stat(pid)
    return "" if not fields or fields[0] == "Z" else fields[19]


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the third on, or none when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
