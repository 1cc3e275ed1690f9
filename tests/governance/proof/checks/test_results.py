"""What runs delivered: what the ledger received, one result for each document made, and no file from elsewhere."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from governance.proof.checks.results import result_lines
from governance.proof.formats.canonical import dumps, sha256
from governance.proof.formats.envelope import Envelope, Link
from governance.proof.formats.leaf import (
    ATTEMPT_RECEIVED,
    JOB_ADMITTED,
    JOB_ENDED,
    PERMIT_CONSUMED,
    PERMIT_ISSUED,
    Leaf,
)

TIME = "2026-03-01T09:00:00.000000Z"
PERMIT = "the envelope of a permit"
ADAPTER, OTHER, GIVEN = (sha256(name) for name in (b"adapter", b"other", b"weights"))


def entry(path: str, digest: str) -> dict[str, Any]:
    return {"path": path, "size": 7, "sha256": digest}


def uuid(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012d}"


def document(body: dict[str, Any], *references: str) -> Envelope:
    return Envelope(
        schema_name="training.run_record/1", project="shelf", series=uuid(9), number=1, previous=None, contributors=[],
        salt="0" * 32, references=[Link(role="base", digest=digest) for digest in references], body=body,
    )  # fmt: skip


class Run:
    """One run that made a record of an adapter, told of the base model that it was given."""

    def __init__(self) -> None:
        self.result = dumps({"body": {"method": "lora"}, "files": [entry("adapter", ADAPTER)]}).decode()
        base = document({"files": [entry("weights", GIVEN)]})
        record = document({"files": [entry("adapter", ADAPTER), entry("weights", GIVEN)]}, base.digest)
        self.made, self.documents = record.digest, {one.digest: one for one in (base, record)}
        self.leaves: dict[int, Leaf] = {}
        self.state = "succeeded"

    def lines(self, *results: str, given: bool = True, jobs: int = 1) -> list[tuple[bool | None, str]]:
        story: list[tuple[str, dict[str, Any]]] = []
        for job in range(1, jobs + 1):
            ids = {"job": uuid(job), "attempt": uuid(100 + job)}
            story += [
                (JOB_ADMITTED, {"job": uuid(job), "spec": sha256(b"spec"), "purpose": "train"}),
                (PERMIT_ISSUED, ids | {"permit": sha256(PERMIT.encode()), "number": 1}),
                (PERMIT_CONSUMED, ids | {"nonce": sha256(b"nonce")}),
                (ATTEMPT_RECEIVED, ids | {"result": sha256(self.result.encode())}),
                (JOB_ENDED, {"job": uuid(job), "state": self.state, "output": self.made}),
            ]
        leaves = {
            seq: Leaf(seq=seq, time=TIME, event=event, actor="worker", project=None, subjects=[], data=data)
            for seq, (event, data) in enumerate(story)
        }
        evidence: Any = SimpleNamespace(permits=[PERMIT], results=list(results) if given else None)
        return [(line.ok, line.detail) for line in result_lines(evidence, self.documents, leaves)]


def smuggled(run: Run) -> tuple[str, ...]:
    """A record that names an adapter which nobody delivered."""
    record = document({"files": [entry("adapter", OTHER)]})
    run.made, run.documents = record.digest, {record.digest: record}
    return (run.result,)


def failed(run: Run) -> tuple[str, ...]:
    run.state = "failed"
    return (run.result,)


def altered(run: Run) -> tuple[str, ...]:
    return (run.result.replace("lora", "full"),)


def unreadable(run: Run) -> tuple[str, ...]:
    run.result = "{}"
    return (run.result,)


def test_a_result_that_was_received_holds_and_old_evidence_has_none() -> None:
    run = Run()
    [(ok, detail)] = run.lines(run.result)
    assert (ok, detail) == (True, "1 result is what the ledger says was received from runs")
    assert run.lines(run.result, jobs=2) == [(ok, detail)], "two runs can deliver the same bytes, which are given once"
    assert run.lines(given=False) == [], "from before results were given"
    run.documents = {}
    assert run.lines() == [], "nothing in the evidence was made of it"


@pytest.mark.attack(
    name="swap what a run delivered, leave it out, or name a file in its record that it never delivered",
    caught_by="countersign verify: results are in the evidence, their digests on the ledger since they were received",
    unless="the runner itself lied, or a file is one that the record’s own references list",
)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda run: (), "was made, is missing"),
        (lambda run: (run.result, run.result), "twice, or one of which no document"),
        (altered, "one of which no document"),
        (failed, "one of which no document"),
        (unreadable, "cannot be read"),
        (smuggled, f"lists the file {OTHER}, which its run did not deliver"),
    ],
)
def test_another_result_is_refused(change: Callable[[Run], tuple[str, ...]], words: str) -> None:
    run = Run()
    given = change(run)
    assert any(ok is False and words in detail for ok, detail in run.lines(*given)), run.lines(*given)
