"""What everybody in the demo does again and again: freeze, sign, wait for a job, fetch and check a report."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings

from demo.console import Console
from governance import store
from governance.job_states import JobState
from governance.management.servers import Servers
from governance.models import Document, Job, Project, Report, User
from governance.selectors import presentation
from governance.services import documents, signing
from governance.services import signoff as asking

PASSWORD = "countersign-demo"  # noqa: S105  (the demo's, printed in the README; production refuses demo keys)
APPROVE = "I have read this and approve it for use."
JOB_SECONDS = 3600


class Hands:
    """The people of the demo and where they work; each step adds to it."""

    people: dict[str, User]
    project: Project
    servers: Servers
    fingerprint: str

    def __init__(self, console: Console, var: Path) -> None:
        self.console = console
        self.var = var
        self.cache = var / "cache"
        self.out = var / "demo"
        self.files: list[dict[str, str]] = []

    def submit(self, who: str, kind: str, body: dict[str, Any], *, project: Any = "own", **links: Document) -> Document:
        """Freeze a document of the project, or (project None) of the shelf."""
        return documents.document_submit(
            actor=self.people[who],
            project=self.project if project == "own" else project,
            kind=kind,
            body=body,
            references=[{"role": role, "digest": target.digest} for role, target in links.items()],
        )

    def sign(self, wanted: list[Document], *, signers: list[tuple[str, str]], requester: str = "engineer") -> None:
        """Ask for signatures and put them."""
        request = asking.request_open(actor=self.people[requester], documents=wanted)
        for who, role in signers:
            self.put_signature(who, role, request)

    def put_signature(self, who: str, role: str, request: Any) -> None:
        """Sign a request as somebody, in a role."""
        signing.sign(
            actor=self.people[who],
            request=request,
            role=role,
            meaning=APPROVE,
            reason="Read for the demo; it says what it should.",
            password=PASSWORD,
            opened=[d.digest for d in presentation.subjects(request)],
        )

    def finish(self, job: Job) -> Document:
        """Watch a job to its end and return what it made."""
        deadline = time.monotonic() + JOB_SECONDS
        while True:
            job.refresh_from_db()
            attempt = job.attempts.first()
            if attempt is not None and attempt.progress:
                self.console.progress(attempt.progress.get("done") or 0.0, attempt.progress.get("message") or "")
            if not JobState(job.state).live:
                break
            if time.monotonic() > deadline or not self.servers.alive():
                raise RuntimeError(f"{job} did not end; see {self.out}")
            time.sleep(0.25)
        self.console.end_progress()
        if job.output is None:
            log = attempt.log[-3000:] if attempt else ""
            raise RuntimeError(f"{job} ended as {job.state}: {job.reason}\n{log}")
        return job.output

    def sealed(self, report: Report, name: str) -> Path:
        """Take a report as `name`, check it off line, and return where it is."""
        target = self.taken(report, name)
        code, said = self.verify(target)
        self.console.note(f"{target.name}: countersign verify says {code} ({said})")
        if code:
            raise AssertionError(f"{target} does not verify: {said}")
        return target

    def taken(self, report: Report, name: str) -> Path:
        """Wait for a report, keep it as `name` in the demo's folder, and return where it is."""
        deadline = time.monotonic() + JOB_SECONDS
        while report.state == Report.State.REQUESTED:
            if time.monotonic() > deadline or not self.servers.alive():
                raise RuntimeError(f"the report was not built; see {self.out}")
            time.sleep(0.2)
            report.refresh_from_db()
        if report.state != Report.State.READY:
            raise RuntimeError(f"the report failed: {report.error}")
        target = self.out / name
        target.write_bytes(store.read(report.file_sha256))
        self.files.append({"file": str(target.relative_to(self.var.parent)), "sha256": report.file_sha256})
        return target

    def verify(self, file: Path) -> tuple[int, str]:
        """Run the offline verifier as an auditor would: another process, the file, and the fingerprint."""
        done = subprocess.run(
            [sys.executable, "-m", "client.main", "verify", str(file), "--root", self.fingerprint, "--json"],
            capture_output=True,
            text=True,
            cwd=settings.BASE_DIR,
            check=False,
        )
        lines = json.loads(done.stdout)["checks"] if done.stdout.startswith("{") else []
        wrong = [f"{c['name']}: {c['detail']}" for c in lines if c["ok"] is False]
        return done.returncode, "; ".join(wrong) or f"{sum(c['ok'] is True for c in lines)} checks hold"
