"""Incidents on the command line: recorded, asked, a file traced, a release marked, changes told."""

import hashlib
from pathlib import Path

from client.failure import FAILED, NOT_ALLOWED, OK, USAGE
from governance.services import documents
from tests.client.conftest import Command
from tests.support.cast import Cast, base_model_body
from tests.training.continuity import row
from training.services import deployments


def test_what_ran_is_recorded_and_asked(erik: Command, cast: Cast, tmp_path: Path) -> None:
    body = base_model_body()
    base = documents.document_submit(actor=cast.olga, project=None, kind="training.base_model", body=body)
    deployments.register(actor=cast.erik, project=cast.triage, row=row(service="Queue", base_model=base.digest))
    asked = erik("incident", "queue", "--at", "2026-02-01T00:00:00Z")
    assert asked.code == OK, asked.err
    assert f"{base.title} v1 ran in Queue (production) at 2026-02-01 00:00:00 UTC." in asked.out
    assert "Which training set: not known, because it serves a base model as it is" in asked.out
    said = ("--at", "2026-03-01T00:00:00Z", "--reason", "A trial.", "--stated", "something bought")
    recorded = erik("deployments", "record", "triage", "queue", "deployed", *said)
    assert recorded.code == OK, recorded.err
    assert erik("incident", "queue", "--at", "2026-02-01T00:00:00Z", "--project", "triage").code == OK
    now = erik("incident", "queue", "--json")
    assert (now.code, now.json["models"][0]["proven"]) == (FAILED, False)
    assert now.json["events"][0]["digest"] == recorded.out.strip()
    assert erik("incident", "queue", "--at", "2026-01-01T00:00:00Z").code == FAILED
    back = ("--at", "2026-04-01T00:00:00Z", "--reason", "It was worse.", "--now", base.digest)
    assert erik("deployments", "record", "triage", "queue", "rolled back", *back).code == OK
    again = erik("deployments", "record", "triage", "queue", "rolled back", *back)
    assert again.code != OK
    assert "on record already" in again.err
    assert erik("incident", "queue").code == OK
    assert erik("incident", "nowhere").code == NOT_ALLOWED
    other = erik("incident", "queue", "--environment", "staging")
    assert (other.code, "it is registered in production" in other.err) == (NOT_ALLOWED, True)
    assert erik("deployments", "record", "triage", "nowhere", "stopped", *said[:4]).code == NOT_ALLOWED
    assert erik("incident").code == USAGE
    assert erik("unsafe", base.digest, "--reason", "x").code == USAGE
    changed = erik("changes", "triage", "--since", "2026-01-01T00:00:00Z", "--until", "2026-11-26T00:00:00Z")
    assert changed.code == OK, changed.err
    file = tmp_path / "weights.bin"
    file.write_bytes(b"nobody's weights")
    assert erik("incident", "--file", str(file)).code == FAILED
    assert hashlib.sha256(file.read_bytes()).hexdigest() in erik("incident", "--file", str(file)).out
    found = erik("incident", "--file", body["files"][0]["sha256"])
    assert (found.code, "ran in Queue (production)" in found.out) == (OK, True), found.err
    assert erik("incident", "--file", str(tmp_path / "gone")).code == USAGE
