"""By hand, in this process: what worker and runner do. And an executor that only pretends."""

import base64
import json
from pathlib import Path
from typing import Any

from django.test import Client

from governance import store
from governance.jobs.executors import Observation, Seen
from governance.jobs.reconciler import Reconciler
from governance.models import Attempt, Job
from governance.proof.formats.canonical import sha256
from governance.proof.formats.dsse import peek
from governance.proof.formats.permit import Permit
from governance.runner.session import entry_point
from governance.services import attempts, permits

NONCE = "n" * 32
MADE = b"made by hand"


class Pretended:
    """An executor that starts nothing: the test says what is to be seen."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}
        self.seen: dict[str, Observation] = {}
        self.stopped: set[str] = set()
        self.forgotten: set[str] = set()

    def submit(self, attempt: Attempt, secret: str) -> None:
        self.secrets.setdefault(str(attempt.pk), secret)
        self.seen.setdefault(str(attempt.pk), Observation(Seen.ALIVE))

    def observe(self, attempt: Attempt) -> Observation:
        return self.seen.get(str(attempt.pk), Observation(Seen.ABSENT))

    def stop(self, attempt: Attempt) -> None:
        self.stopped.add(str(attempt.pk))
        self.seen[str(attempt.pk)] = Observation(Seen.EXITED, -15)

    def logs(self, attempt: Attempt, offset: int) -> str:
        return "last line"

    def list_owned(self) -> list[str]:
        return sorted(self.secrets.keys() - self.forgotten)

    def forget(self, attempt: Attempt) -> None:
        self.forgotten.add(str(attempt.pk))


def worker(place: Any = None) -> Reconciler:
    def receipts_alone(report: Any) -> None:
        assert report.signature_id is not None, f"nobody asked for {report}"

    return Reconciler(receipts_alone, place or Pretended())


def fresh(row: Any) -> Any:
    """Read a job or attempt anew, with all that services look at."""
    if isinstance(row, Job):
        return Job.objects.select_related("spec__project", "project", "requested_by").get(pk=row.pk)
    rows = Attempt.objects.select_related("job__spec__project", "job__project", "job__requested_by")
    return rows.get(pk=row.pk)


def issued(job: Job) -> tuple[Attempt, str]:
    found = permits.issue(job=fresh(job))
    assert found is not None, fresh(job).reason
    return found


def consumed(job: Job, nonce: str = NONCE) -> tuple[Attempt, str]:
    """Return the attempt under a consumed permit, and its runner's token."""
    attempt, secret = issued(job)
    _, token = permits.consume(permit=bytes(attempt.permit), secret=secret, nonce=nonce)
    return fresh(attempt), token


def delivered(token: str, content: bytes = MADE) -> dict[str, Any]:
    """Upload a file as the runner with this token would, and return the result that names it."""
    entry = attempts.keep_upload(attempt=attempts.by_token(token), digest=sha256(content), chunks=[content])
    return {
        "body": {"title": "Made"},
        "files": [{"path": "made.txt", "size": entry.size, "sha256": entry.sha256}],
    }


def received(job: Job) -> Attempt:
    attempt, token = consumed(job)
    attempts.receive(attempt=attempts.by_token(token), result=delivered(token))
    found: Attempt = fresh(attempt)
    return found


def finished(job: Job) -> Attempt:
    attempt = received(job)
    assert attempts.accept(attempt=attempt) is not None
    found: Attempt = fresh(attempt)
    return found


class Runner:
    """A runner's calls to the control API, through Django's own handler."""

    def __init__(self, token: str = "") -> None:
        self._client = Client(headers={"Authorization": f"Bearer {token}"} if token else {})

    def consume(self, permit: bytes, secret: str, nonce: str = NONCE) -> Any:
        body = {"permit": base64.b64encode(permit).decode(), "secret": secret, "nonce": nonce}
        return self.post("consume", body)

    def post(self, path: str, body: Any) -> Any:
        return self._client.post(f"/control/v1/{path}", json.dumps(body), content_type="application/json")

    def put(self, digest: str, content: bytes) -> Any:
        return self._client.put(f"/control/v1/uploads/{digest}", content, content_type="application/octet-stream")

    def get(self, name: str) -> Any:
        return self._client.get(f"/control/v1/inputs/{name}")


def stored(content: bytes, path: str = "work.txt") -> dict[str, Any]:
    entry = store.put([content])
    return {"path": path, "size": entry.size, "sha256": entry.sha256}


class Watching:
    """A runner's line to the control plane that only remembers what it was told."""

    def __init__(self) -> None:
        self.shares: list[float] = []

    def progress(self, done: float, message: str, **figures: float | int | str) -> None:
        self.shares.append(done)

    def log(self, line: str) -> None:
        pass

    def stopping(self) -> bool:
        return False


def worked(job: Job, work: Path) -> Attempt:
    """Do the real work of a job in this process, from permit to received result; `work` is an empty directory."""
    attempt, token = consumed(job)
    permit, runner = Permit.model_validate_json(peek(bytes(attempt.permit)).payload), Runner(token)
    for item in permit.inputs:
        target = work / "inputs" / item.name
        target.parent.mkdir(parents=True, exist_ok=True)
        response = runner.get(item.name)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        assert sha256(content) == item.sha256, item.name
        target.write_bytes(content)
    outcome = entry_point(permit.entry_point)(work, permit, Watching())
    files = []
    for file in outcome.files:
        content = file.path.read_bytes()
        assert runner.put(sha256(content), content).status_code == 200
        files.append({"path": file.name, "size": len(content), "sha256": sha256(content)})
    attempts.receive(attempt=attempts.by_token(token), result={"body": outcome.body, "files": files})
    found: Attempt = fresh(attempt)
    return found
