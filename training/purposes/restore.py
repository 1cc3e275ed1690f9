"""The "restore" purpose: a restore drill of a base model, its gate, its inputs, and what becomes of its record.

The permit binds the drill and the base model's document, none of its files: those must come from the backup. A record
that says "failed" is accepted like any other; what it says is checked against the signed manifest here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evals.checks import Signed, in_force
from evals.purposes import document_input, may_launch
from governance import access, backups
from governance.access import ENGINEER, ROLES
from governance.errors import Invalid
from governance.gates import Answer, Check, Verdict
from governance.models import Attempt, Document, Job, User
from governance.proof.formats.permit import Input
from governance.registry import KINDS, Gate, Purpose, register_gate, register_purpose
from governance.selectors import documents as docs
from governance.selectors import gating
from governance.services.documents import check_body
from governance.services.ledger import Mutation
from training.bodies.base_models import BaseModelBody
from training.bodies.custody import RestoreRecordBody, RestoreSpecBody
from training.kinds import custody as kinds
from training.purposes import base_model, results
from training.services import custody as services

PURPOSE = "restore"


@dataclass(frozen=True)
class DrillFacts:
    """Everything the gate of a restore drill looks at."""

    base: Signed | None
    weights: Answer
    backup: Answer
    launcher: Answer


CHECKS: tuple[Check[DrillFacts], ...] = (
    Check("base_model", "base", "Base model in force", lambda f: in_force("base model", f.base)),
    Check("weights", "base", "Weights that are ours to keep", lambda f: f.weights),
    Check("backup", "run", "Backup on the operator's list", lambda f: f.backup),
    Check("launcher", "run", "Launcher may launch", lambda f: f.launcher),
)


def register() -> None:
    """Register action, gate and purpose."""
    access.register_action(services.ACTION, "have a restore drill made", kinds.DRILLERS, access.LAUNCH)
    register_purpose(
        Purpose(
            name=PURPOSE,
            label="restore drill",
            entry_point="training.custody.restore:run",
            action=services.ACTION,
            spec_kind=kinds.RESTORE_SPEC,
            prepare=lambda spec: {},
            gate=gate,
            inputs=inputs,
            decisions=base_model.decisions,
            bounds=bounds,
            digest=digest,
            accept=accept,
        )
    )
    register_gate(Gate(kinds.RESTORE_SPEC, "restore drill", CHECKS))


def gate(spec: Document, launcher: User, evidence: Mapping[str, Any], ledger_size: int, time: datetime) -> Verdict:  # noqa: ARG001
    """Return the verdict on a restore drill. Whether the backup holds the files is what the drill is to find out."""
    base = docs.linked_one(spec, "base_model")
    body: RestoreSpecBody = docs.model_body(spec, RestoreSpecBody)
    facts = DrillFacts(
        base=base_model.signed(base, ledger_size, time),
        weights=_weights(base),
        backup=_backup(body),
        launcher=may_launch(launcher, services.ACTION, spec),
    )
    return gating.ask(spec, CHECKS, facts, launcher=launcher, size=ledger_size, time=time)


def _weights(base: Document | None) -> Answer:
    expected = "a base model whose files we hold"
    body = base_model.body(base)
    if body is None or not body.files:
        remedy = "Probe a hosted model instead: there is nothing to restore."
        return Answer(False, "a hosted model: custody does not apply", expected, remedy, ROLES[ENGINEER])
    size = sum(file.size for file in body.files)
    return Answer(True, f"{len(body.files)} files of {size:,} bytes, each with its SHA-256", expected)


def _backup(body: RestoreSpecBody) -> Answer:
    expected = "a backup that the operator lists"
    remedy = "Have the operator add it to COUNTERSIGN_BACKUPS: a runner reads what is in its folder."
    fault = backups.fault(body.backup)
    return Answer(not fault, fault or body.backup, expected, remedy, "operator")


def inputs(spec: Document) -> list[Input]:
    """Return what the permit of a drill binds: the drill and the signed manifest. No file of the store."""
    return [document_input("restore_spec", spec), document_input("base_model", base_model.asked(spec))]


def bounds(spec: Document) -> dict[str, Any]:
    """Return the limits the permit states, and which backup the runner may read."""
    body: RestoreSpecBody = docs.model_body(spec, RestoreSpecBody)
    return base_model.limits(spec, body.max_seconds) | {"backups": [body.backup]}


def digest(attempt: Attempt) -> dict[str, Any]:
    """Check a received record: its shape, its permit, and that it is about this drill and exactly the signed files.

    Raises:
        Invalid: naming what it is not about.
    """
    spec = attempt.job.spec
    planned: RestoreSpecBody = docs.model_body(spec, RestoreSpecBody)
    base: BaseModelBody = docs.model_body(base_model.asked(spec), BaseModelBody)
    received = results.received(attempt, RestoreRecordBody)
    for name in ("backup", "layout", "folder"):
        if (found := getattr(received, name)) != (expected := getattr(planned, name)):
            raise Invalid(name, f"the record is of {found!r}, the drill was specified with {expected!r}")
    if [(f.path, f.size, f.sha256) for f in received.files] != [(f.path, f.size, f.sha256) for f in base.files]:
        raise Invalid("files", "the record is not about the files of the signed manifest, each once and in its order")
    if received.outcome == "passed" and [said.prompt for said in received.answers] != planned.prompts:
        raise Invalid("answers", "the record says that it passed without an answer to every prompt")
    return check_body(KINDS[kinds.RESTORE_RECORD], received.model_dump(mode="json") | {"title": planned.title})


def accept(m: Mutation, job: Job, attempt: Attempt, digested: dict[str, Any]) -> Document:
    """Freeze the record; whoever launched the drill counts as its contributor."""
    record = base_model.keep(m, job, attempt, kinds.RESTORE_RECORD, digested)
    if digested["outcome"] == "failed":
        services.tell_failed(m, job, record)
    return record
