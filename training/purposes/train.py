"""The "train" purpose: its gate, its inputs, and what becomes of its result."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from evals import documents as evals
from evals.checks import Signed
from evals.engine.results import QualityReportBody
from evals.purposes import baseline_of, document_input, may_launch, plan_facts, stored_faults, waivers_of
from governance import access, store
from governance.access import ENGINEER, ROLES
from governance.errors import Invalid
from governance.gates import Answer, Verdict
from governance.models import Attempt, Document, Job, User
from governance.proof.formats.permit import Input
from governance.registry import KINDS, OVERTAKEN, Gate, Purpose, register_gate, register_purpose
from governance.selectors import documents as docs
from governance.selectors import gating, policies, signoff
from governance.services.documents import check_body, freeze
from governance.services.ledger import Mutation
from training import code, dvc
from training.bodies.base_models import BaseModelBody
from training.bodies.data import DatasetBody
from training.bodies.use_cases import DecisionRecordBody, UseCaseBody
from training.gate.facts import QualityFacts
from training.gate.releases import RELEASE_CHECKS
from training.gate.runs import RUN_CHECKS, BaseFacts, DatasetFacts, RunFacts
from training.kinds import tuning as kinds
from training.purposes import results
from training.selectors import approvals, life
from training.services import releases
from training.trainers.spec import RunRecordBody, RunSpecBody

ACTION = "run.launch"


def register() -> None:
    """Register action and purpose."""
    access.register_action(ACTION, "launch a training run", {ENGINEER}, access.LAUNCH)
    register_purpose(
        Purpose(
            name="train",
            label="training run",
            entry_point="training.trainers.run:run",
            action=ACTION,
            spec_kind=kinds.RUN_SPEC,
            prepare=prepare,
            gate=gate,
            inputs=inputs,
            decisions=decisions,
            bounds=bounds,
            digest=digest,
            accept=accept,
            counted=counted,
        )
    )
    register_gate(Gate(kinds.RUN_SPEC, "training run", RUN_CHECKS))
    register_gate(Gate(evals.RESULT, "release", RELEASE_CHECKS, made=frozenset({"subject"})))
    OVERTAKEN[kinds.RELEASE] = releases.overtaken


def prepare(spec: Document) -> Mapping[str, Any]:
    """Re-hash datasets (DVC's bytes and the store's) and base model; return what was found wrong with each."""
    return {
        "datasets": {d.digest: tuple(dataset_faults(d)) for d in docs.linked(spec, "dataset")},
        "rows": {d.digest: approvals.rows_in(d) for d in docs.linked(spec, "dataset")} if counted(spec) else {},
        "base": tuple(base_faults(docs.linked_one(spec, "base_model"))),
        "code": code.faults(docs.model_body(spec, RunSpecBody).code),
    }


def dataset_faults(document: Document) -> list[str]:
    """Return how a dataset's bytes differ from its document: in DVC's repository, then in the store."""
    body: DatasetBody = docs.model_body(document, DatasetBody)
    # The project's own repository, whatever a body calls it: nobody reaches another project's data.
    own = str(document.project_id)
    return dvc.faults(own, body.commit, body.path, body.dvc_md5, body.files) or stored_faults(document)


def base_faults(base: Document | None) -> list[str]:
    """Return why a base model's bytes are not here as signed: gone, altered, or never here at all."""
    if base is not None and (hosted := docs.model_body(base, BaseModelBody).hosted) is not None:
        return [f"its weights are with {hosted.provider}: there is nothing here to load"]
    return stored_faults(base)


def gate(spec: Document, launcher: User, evidence: Mapping[str, Any], ledger_size: int, time: datetime) -> Verdict:
    """Return the verdict on a training run."""
    facts = run_facts(spec, launcher, evidence, ledger_size, time)
    return gating.ask(spec, RUN_CHECKS, facts, launcher=launcher, size=ledger_size, time=time)


def run_facts(
    spec: Document, launcher: User, evidence: Mapping[str, Any], ledger_size: int, time: datetime
) -> RunFacts:
    """Gather everything the gate of a run looks at, as of a ledger size and time."""
    body: RunSpecBody = docs.model_body(spec, RunSpecBody)
    datasets = docs.linked(spec, "dataset")
    contracts = {d.digest: docs.linked_one(d, "contract") for d in datasets}
    base, decision = docs.linked_one(spec, "base_model"), docs.linked_one(spec, "decision_record")
    use_case = docs.linked_one(decision, "use_case") if decision else None
    related = [d for d in (*datasets, *contracts.values(), base, decision, use_case) if d is not None]
    standing = signoff.in_force_many(related, ledger_size, time)

    def signed(document: Document | None) -> Signed | None:
        return Signed(str(document), standing[document.digest]) if document is not None else None

    quality = _quality(spec, datasets)
    case = docs.model_body(use_case, UseCaseBody) if use_case else None
    decided = docs.model_body(decision, DecisionRecordBody) if decision else None
    return RunFacts(
        plan=plan_facts(spec, ledger_size, time),
        datasets=tuple(
            DatasetFacts(
                signed=Signed(str(d), standing[d.digest]),
                contract=signed(contracts[d.digest]),
                faults=evidence.get("datasets", {}).get(d.digest),
                rows=docs.model_body(d, DatasetBody).rows,
            )
            for d in datasets
        ),
        quality=quality,
        base=_base(spec, base, signed(base), evidence.get("base"), case.need_until if case else "", ledger_size, time),
        use_case=signed(use_case),
        goal_metric=case.goal.metric if case else "",
        decision=signed(decision),
        chosen=decided.chosen if decided else "",
        method_agreed=decided.method if decided else "",
        method=body.method,
        baseline=_baseline(spec, base),
        code=evidence.get("code", "the code was not compared"),
        budget_seconds=body.budget.max_seconds,
        launcher=may_launch(launcher, ACTION, spec),
        approval=approvals.facts(spec, evidence.get("rows", {}), quality, ledger_size, time),
    )


def counted(spec: Document) -> list[Document]:
    """Return the standing approval that a run names: each admission uses it once."""
    return docs.linked(spec, approvals.ROLE)


def _quality(spec: Document, datasets: list[Document]) -> QualityFacts | None:
    report = docs.linked_one(spec, "quality_report")
    if report is None:
        return None
    body: QualityReportBody = docs.model_body(report, QualityReportBody)
    thresholds = docs.linked_one(spec, "thresholds")
    cases = docs.linked_one(thresholds, "evaluation_set") if thresholds else None
    mismatch = ""
    if {d.digest for d in docs.linked(report, "dataset")} != {d.digest for d in datasets}:
        mismatch = "the report is about other dataset versions"
    elif docs.linked_one(report, "evaluation_set") != cases:
        mismatch = "the report is about another evaluation set"
    failed = [f for f in body.findings if f.status == "fail"]
    return QualityFacts(
        title=str(report),
        status=body.status,
        failed=tuple(f.check for f in failed),
        leaks=tuple(f"{f.check}: {f.found}" for f in failed if f.check.startswith("leakage")),
        mismatch=mismatch,
    )


def _base(
    spec: Document,
    base: Document | None,
    signed: Signed | None,
    faults: tuple[str, ...] | None,
    need_until: str,
    ledger_size: int,
    time: datetime,
) -> BaseFacts:
    if base is None:
        return BaseFacts(None, None, "no base model", derivatives=False, commercial=False, life=None)
    body: BaseModelBody = docs.model_body(base, BaseModelBody)
    licence = body.licence
    return BaseFacts(
        signed=signed,
        faults=faults,
        licence=f"{licence.name} ({licence.id})",
        derivatives=licence.derivatives,
        commercial=licence.commercial_use,
        life=life.of(base, spec.project, need_until, ledger_size, time),
    )


def _baseline(spec: Document, base: Document | None) -> Answer:
    baseline = docs.linked_one(spec, "baseline")
    if baseline is None or base is None:
        expected = "a measured baseline of the same plan and base model"
        remedy = "Evaluate the base model under this plan and name the result."
        return Answer(False, "no baseline", expected, remedy, ROLES[ENGINEER])
    return baseline_of(baseline, docs.linked_one(spec, "thresholds"), base)


def inputs(spec: Document) -> list[Input]:
    """Return what the permit of a run binds: the spec, the base model and the rows. Never an evaluation case."""
    base = docs.linked_one(spec, "base_model")
    if base is None:
        raise Invalid("spec", "it names no base_model")
    found = [document_input("run_spec", spec), document_input("base_model", base), *base_inputs(base)]
    for number, dataset in enumerate(docs.linked(spec, "dataset"), start=1):
        files = docs.model_body(dataset, DatasetBody).files
        found += [Input(name=f"data/{number}/{f.path}", sha256=f.sha256, size=f.size, role="data") for f in files]
    return found


def base_inputs(base: Document) -> list[Input]:
    """Return a base model's files as inputs."""
    files = docs.model_body(base, BaseModelBody).files
    return [Input(name=f"base/{f.path}", sha256=f.sha256, size=f.size, role="base") for f in files]


def decisions(spec: Document) -> list[int]:
    """Return the ledger entries of every signature the run rests on."""
    related = [d for d in docs.closure([spec]).values() if KINDS[d.kind].signed]
    return sorted({s.seq for found in signoff.in_force_many(related).values() for s in found.signatures})


def bounds(spec: Document) -> dict[str, Any]:
    """Return the limits the permit states."""
    body: RunSpecBody = docs.model_body(spec, RunSpecBody)
    return {"max_seconds": body.budget.max_seconds, "max_attempts": policies.max_attempts(spec.project)}


def digest(attempt: Attempt) -> dict[str, Any]:
    """Check a received record: its shape, the permit it names, and that every file it lists was delivered intact."""
    received = results.received(attempt, RunRecordBody)
    delivered = results.delivered(attempt)
    for entry in received.files:
        if (entry.path, entry.sha256, entry.size) not in delivered:
            raise Invalid("files", f"{entry.path}: the record lists a file that was not delivered")
        store.check(entry.sha256)
    planned: RunSpecBody = docs.model_body(attempt.job.spec, RunSpecBody)
    if received.method != planned.method:
        raise Invalid("method", f"the record is of {received.method}, the run was specified as {planned.method}")
    return check_body(KINDS[kinds.RUN_RECORD], received.model_dump(mode="json"))


def accept(m: Mutation, job: Job, attempt: Attempt, digested: dict[str, Any]) -> Document:
    """Freeze the run record; the launcher counts as its contributor."""
    return freeze(
        m,
        kind=KINDS[kinds.RUN_RECORD],
        body=digested,
        references=[{"role": "run_spec", "digest": job.spec_id}, *waivers_of(attempt)],
        contributors=[job.requested_by.actor],
        by=None,
    )
