"""The "probe" purpose: fixed questions to a hosted base model, its gate, its inputs, and what becomes of the answers.

The answers are what a runner delivers; their distribution and its difference from the reference are made here, from the
files themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evals.checks import Signed, in_force
from evals.purposes import accepted, document_input, may_launch
from governance import access, endpoints, store
from governance.access import ENGINEER, ROLES
from governance.errors import Invalid
from governance.gates import Answer, Check, Verdict
from governance.models import Attempt, Document, Job, User
from governance.registry import KINDS, Gate, Purpose, register_gate, register_purpose
from governance.selectors import documents as docs
from governance.selectors import gating
from governance.services.documents import check_body
from governance.services.ledger import Mutation
from training.bodies.custody import ProbeAnswersBody, ProbeSpecBody
from training.kinds import custody as kinds
from training.purposes import base_model, results
from training.selectors import probes
from training.services import probes as services

PURPOSE = "probe"


@dataclass(frozen=True)
class ProbeFacts:
    """Everything the gate of a probe looks at."""

    base: Signed | None
    identity: Answer
    endpoint: Answer
    reference: Answer
    launcher: Answer


@dataclass(frozen=True)
class Digested:
    """A result ready to freeze, and the digest of what it was compared with."""

    body: dict[str, Any]
    reference: str | None


CHECKS: tuple[Check[ProbeFacts], ...] = (
    Check("base_model", "base", "Base model in force", lambda f: in_force("base model", f.base)),
    Check("hosted_model", "base", "The hosted model itself is asked", lambda f: f.identity),
    Check("reference", "run", "Reference made under a permit", lambda f: f.reference),
    Check("endpoints", "run", "Endpoint on the operator's list", lambda f: f.endpoint),
    Check("launcher", "run", "Launcher may launch", lambda f: f.launcher),
)


def register() -> None:
    """Register action, gate and purpose."""
    access.register_action(services.ACTION, "have a hosted model probed", kinds.PROBERS, access.LAUNCH)
    register_purpose(
        Purpose(
            name=PURPOSE,
            label="probe",
            entry_point="training.custody.probe:run",
            action=services.ACTION,
            spec_kind=kinds.PROBE_SPEC,
            prepare=lambda spec: {},
            gate=gate,
            inputs=lambda spec: [document_input("probe_spec", spec)],
            decisions=base_model.decisions,
            bounds=bounds,
            digest=digest,
            accept=accept,
            repeats=True,
        )
    )
    register_gate(Gate(kinds.PROBE_SPEC, "probe", CHECKS))


def gate(spec: Document, launcher: User, evidence: Mapping[str, Any], ledger_size: int, time: datetime) -> Verdict:  # noqa: ARG001
    """Return the verdict on a probe."""
    base = docs.linked_one(spec, "base_model")
    body: ProbeSpecBody = docs.model_body(spec, ProbeSpecBody)
    facts = ProbeFacts(
        base=base_model.signed(base, ledger_size, time),
        identity=_identity(base, body),
        endpoint=_endpoint(body),
        reference=_reference(spec),
        launcher=may_launch(launcher, services.ACTION, spec),
    )
    return gating.ask(spec, CHECKS, facts, launcher=launcher, size=ledger_size, time=time)


def _identity(base: Document | None, body: ProbeSpecBody) -> Answer:
    """Return whether what is asked goes by a name of the base model: another model's answers would tell nothing."""
    found = base_model.body(base)
    names = probes.names(found) if found else ()
    if not names:
        expected = "a base model that somebody hosts"
        remedy = "Make a restore drill instead: its files tell whether it is the same."
        return Answer(False, "a base model of which we hold the files", expected, remedy, ROLES[ENGINEER])
    return Answer(
        body.endpoint.model in names,
        f"{body.endpoint.model} at {body.endpoint.address}",
        f"a name of the base model: {', '.join(names)}",
        "Ask for it by its provider's name, or put the name on record in the next version of the base model.",
        ROLES[ENGINEER],
    )


def _endpoint(body: ProbeSpecBody) -> Answer:
    fault = endpoints.fault(body.endpoint.address, body.endpoint.key_from)
    remedy = "Have the operator add it to COUNTERSIGN_ENDPOINTS."
    return Answer(
        not fault, fault or body.endpoint.address, "an endpoint that the operator lists, with its own key", remedy,
        "operator",
    )  # fmt: skip


def _reference(spec: Document) -> Answer:
    expected = "none named, or a result of this base model under a consumed permit"
    remedy = "Freeze the next version of the probe with another reference, or none."
    found = docs.linked_one(spec, "reference")
    if found is None:
        return Answer(True, "none is named: the first result that was asked the same is taken", expected)
    theirs, ours = docs.linked_one(found, "base_model"), docs.linked_one(spec, "base_model")
    same = theirs is not None and ours is not None and theirs.series_id == ours.series_id
    if same and accepted(found):
        return Answer(True, str(found), expected)
    wrong = "it is of another base model" if not same else "no consumed permit stands behind it"
    return Answer(False, f"{found}: {wrong}", expected, remedy, ROLES[ENGINEER])


def bounds(spec: Document) -> dict[str, Any]:
    """Return the limits, and the variable with the endpoint's key."""
    body: ProbeSpecBody = docs.model_body(spec, ProbeSpecBody)
    limits = base_model.limits(spec, body.max_seconds)
    return limits | ({"variables": [body.endpoint.key_from]} if body.endpoint.key_from else {})


def digest(attempt: Attempt) -> Digested:
    """Check what was received, count the answers and compare them with the reference's; return the body to freeze.

    Raises:
        Invalid: the permit is another's, a file was not delivered, or an answer is missing or nobody asked for it.
    """
    received = results.received(attempt, ProbeAnswersBody)
    answers = received.answers
    if (answers.path, answers.sha256, answers.size) not in results.delivered(attempt):
        raise Invalid("answers", "the result names answers that were not delivered")
    store.check(answers.sha256)
    body: ProbeSpecBody = docs.model_body(attempt.job.spec, ProbeSpecBody)
    if received.asked != len(body.prompts) * body.repeats or received.answered != received.asked:
        raise Invalid("answered", f"found {received.answered} answers, expected {body.repeats} to each prompt")
    reference = probes.reference(attempt.job.spec)
    made = services.compare(body, received, reference)
    found = received.model_dump(mode="json") | made
    return Digested(check_body(KINDS[kinds.PROBE_RESULT], found), reference.result.digest if reference else None)


def accept(m: Mutation, job: Job, attempt: Attempt, digested: Digested) -> Document:
    """Freeze the result; whoever had it launched counts as its contributor."""
    compared = [{"role": "reference", "digest": digested.reference}] if digested.reference is not None else []
    result = base_model.keep(m, job, attempt, kinds.PROBE_RESULT, digested.body, *compared)
    if digested.body["changed"]:
        services.tell_changed(m, job, result)
    return result
