"""The "assess" purpose: quality checks of datasets against evaluation cases, their gate, their inputs, their report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evals import documents as kinds
from evals.checks import bytes_match
from evals.engine.results import LEAKAGE, QualityReportBody
from evals.purposes import document_input, may_launch, stored_faults, waivers_of
from governance import access, store
from governance.access import COMPLIANCE_OFFICER, DATA_OWNER, ROLES
from governance.errors import Invalid
from governance.gates import Answer, Check, Verdict
from governance.models import Attempt, Document, Job, User
from governance.proof.formats.permit import Input
from governance.proof.sections.data import REPRESENTATIVE
from governance.registry import KINDS, Gate, Purpose, register_gate, register_purpose
from governance.selectors import documents as docs
from governance.selectors import gating, policies
from governance.services.documents import check_body, freeze
from governance.services.ledger import Mutation

PURPOSE = "assess"
ACTION = "quality.assess"
MAX_SECONDS = 6 * 3600
FOLDERS: Mapping[str, str] = {"dataset": "data", "evaluation_set": "cases", "production_sample": "sample"}
"""Where the checks find the files of what a specification names, by its role."""
ABOUT = ("dataset", "evaluation_set", "rubric", "production_sample")
"""What a report refers to, as its specification did."""


@dataclass(frozen=True)
class AssessmentFacts:
    """Everything the gate of a quality check looks at: nothing has to be signed, what is checked has to be there."""

    row_faults: tuple[str, ...] | None
    case_faults: tuple[str, ...] | None
    sample_faults: tuple[str, ...] | None
    launcher: Answer


CHECKS: tuple[Check[AssessmentFacts], ...] = (
    Check(
        "row_bytes",
        "data",
        "Rows as registered",
        lambda f: bytes_match("the datasets", f.row_faults, ROLES[DATA_OWNER]),
    ),
    Check(
        "case_bytes",
        "data",
        "Cases as frozen",
        lambda f: bytes_match("the cases", f.case_faults, ROLES[COMPLIANCE_OFFICER]),
    ),
    Check(
        "sample_bytes",
        "data",
        "Production sample as frozen",
        lambda f: bytes_match("the production sample", f.sample_faults, ROLES[DATA_OWNER]),
    ),
    Check("launcher", "run", "Launcher may launch", lambda f: f.launcher),
)


def register() -> None:
    """Register action, gate and purpose."""
    access.register_action(ACTION, "have the quality checks run", access.AUTHORS, access.WRITE)
    register_purpose(
        Purpose(
            name=PURPOSE,
            label="quality check",
            entry_point="evals.quality.run:run",
            action=ACTION,
            spec_kind=kinds.QUALITY_SPEC,
            prepare=prepare,
            gate=gate,
            inputs=inputs,
            decisions=lambda spec: [],
            bounds=lambda spec: {"max_seconds": MAX_SECONDS, "max_attempts": policies.max_attempts(spec.project)},
            digest=digest,
            accept=accept,
        )
    )
    register_gate(Gate(kinds.QUALITY_SPEC, "quality check", CHECKS))


def prepare(spec: Document) -> Mapping[str, Any]:
    """Hash the files; return what was found wrong with each kind of them."""
    return {role: tuple(f for d in docs.linked(spec, role) for f in stored_faults(d)) for role in FOLDERS}


def gate(spec: Document, launcher: User, evidence: Mapping[str, Any], ledger_size: int, time: datetime) -> Verdict:
    """Return the verdict on a quality check."""
    facts = AssessmentFacts(
        row_faults=evidence.get("dataset"),
        case_faults=evidence.get("evaluation_set"),
        sample_faults=evidence.get("production_sample"),
        launcher=may_launch(launcher, ACTION, spec),
    )
    return gating.ask(spec, CHECKS, facts, launcher=launcher, size=ledger_size, time=time)


def inputs(spec: Document) -> list[Input]:
    """Return what the permit of a quality check binds: the documents, and the files of rows and cases."""
    found = [document_input("quality_spec", spec)]
    for role in ("evaluation_set", "rubric"):
        found += [document_input(role, document) for document in docs.linked(spec, role)]
    for role, folder in FOLDERS.items():
        for number, document in enumerate(docs.linked(spec, role), start=1):
            found += [
                Input(name=f"{folder}/{number}/{e.path}", sha256=e.sha256, size=e.size, role=folder)
                for e in KINDS[document.kind].files(docs.envelope(document).body)
            ]
    return found


def digest(attempt: Attempt) -> dict[str, Any]:
    """Check a received report and return the body to freeze.

    Raises:
        Invalid: it is no report, counts other rows, cases or prompts than were to be looked at, leaves leakage out, or
            its file is not there.
    """
    spec = attempt.job.spec
    try:
        received = QualityReportBody.model_validate(dict(attempt.result["body"]) if attempt.result else {})
    except ValueError as problem:
        raise Invalid("result", str(problem)) from None
    for field, found, role, member in (
        ("rows", received.rows, "dataset", "rows"),
        ("cases", received.cases, "evaluation_set", "cases"),
        ("observed", received.observed or 0, "production_sample", "rows"),
    ):
        if found != (expected := _counted(spec, role, member)):
            raise Invalid(field, f"found that {found} were looked at, expected {expected} as the {role} says")
    asked = LEAKAGE | (REPRESENTATIVE if docs.linked(spec, "production_sample") else frozenset())
    if missing := asked - {finding.check for finding in received.findings}:
        raise Invalid("findings", f"found none of {', '.join(sorted(missing))}, which were asked for")
    if received.listed is not None:
        sent = {entry["sha256"] for entry in (attempt.result or {}).get("files", [])}
        if received.listed.sha256 not in sent:
            raise Invalid("listed", "the report names a file that was not delivered")
        store.check(received.listed.sha256)
    title = docs.envelope(spec).body["title"]
    return check_body(KINDS[kinds.QUALITY], received.model_dump(mode="json") | {"title": title})


def _counted(spec: Document, role: str, member: str) -> int:
    """Return how many of something the documents of a role say that they hold."""
    return sum(docs.envelope(document).body[member] for document in docs.linked(spec, role))


def accept(m: Mutation, job: Job, attempt: Attempt, digested: dict[str, Any]) -> Document:
    """Freeze the report; whoever asked for it counts as its contributor."""
    references = [{"role": "spec", "digest": job.spec.digest}, *waivers_of(attempt)]
    for role in ABOUT:
        references += [{"role": role, "digest": d.digest} for d in docs.linked(job.spec, role)]
    return freeze(
        m,
        kind=KINDS[kinds.QUALITY],
        body=digested,
        references=references,
        contributors=[job.requested_by.actor],
        by=None,
    )
