"""Having outputs measured and judged, in processes of their own: they need libraries that this one must not load."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from evals import documents as kinds
from evals.engine.results import EvaluationResultBody, Figures, Judgement, WhatIf
from evals.engine.spec import EvaluationSpecBody, ThresholdsBody
from evals.selectors import calibrations, cases, judgements
from evals.selectors import grading as rounds
from governance import access, store
from governance.errors import Invalid
from governance.models import Document, User
from governance.registry import KINDS
from governance.selectors import apart, kept
from governance.selectors import documents as docs
from governance.services.ledger import refusals_recorded

WHAT_IF = "result.what_if"


def judge(
    spec: Document, outputs: str, *, result: Document | None = None, grades: Sequence[Document] = ()
) -> Judgement:
    """Return the verdicts of the plan that `spec` names on stored outputs, by their digest.

    `grades` are those of closed rounds about `result`, which has these outputs, or about what it is compared with.

    Raises:
        Invalid: cases, outputs and plan do not fit one another.
    """
    return Judgement.model_validate_json(_run(_request(spec, outputs) | _graded(spec, result, grades)))


def _graded(spec: Document, result: Document | None, grades: Sequence[Document]) -> dict[str, Any]:
    """Return people's grades as the engine reads them, and whose results they are told apart by."""
    named = {"tuned": result} | {role: docs.linked_one(spec, role) for role in judgements.COMPARED}
    return {
        "results": {role: found.digest for role, found in named.items() if found is not None},
        "rounds": [rounds.frozen(one) for one in grades],
    }


def figures(spec: Document, outputs: str) -> Figures:
    """Return what stored outputs, by their digest, come to under the plan that `spec` names, whatever was said of them.

    Raises:
        Invalid: cases, outputs and plan do not fit one another, or the outputs are not those that `spec` recorded.
    """
    body: EvaluationSpecBody = docs.model_body(spec, EvaluationSpecBody)
    plan: ThresholdsBody = docs.model_body(_linked(spec, "thresholds"), ThresholdsBody)
    request = _cases(spec, ("evaluation_set", "rubric")) | {
        "arm": body.arm,
        "outputs": _path(outputs),
        "compared": _compared(spec),
        "wanted": [[one.slice, one.metric] for one in plan.thresholds],
    }
    if body.recorded is not None:
        recording = body.recording.model_dump(mode="json") if body.recording else None
        request |= {"recorded": _path(body.recorded.sha256), "recording": recording}
    return Figures.model_validate_json(_run(request, "measuring"))


def what_if(*, actor: User, result: Document, thresholds: Mapping[str, Any]) -> WhatIf:
    """Return what other thresholds would have said of a judged result. Changes nothing and binds nobody.

    The outputs, the baseline and everything else stay those of the result; only the thresholds are others. Those who
    must not see the cases cannot ask: each answer is one more look at them, and none is counted.

    Raises as `judged_by` does, and:
        Invalid: the thresholds are none or do not fit its plan.
    """
    spec = judged_by(actor=actor, result=result)
    body: EvaluationResultBody = docs.model_body(result, EvaluationResultBody)
    try:
        asked = ThresholdsBody.model_validate(dict(thresholds))
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        where = ".".join(str(part) for part in ("thresholds", *first["loc"]))
        raise Invalid(where, first["msg"]) from None
    request = _request(spec, body.outputs.sha256) | _graded(spec, result, judgements.grades(result))
    request |= {"what_if": asked.model_dump(mode="json")}
    return WhatIf.model_validate_json(_run(request))


def judged_by(*, actor: User, result: Document) -> Document:
    """Return the specification of a judged result, to somebody who may ask what other thresholds would have said.

    Raises:
        Invalid: the document is no judged result.
        Denied: the cases of its evaluation set are kept from the person; recorded on the ledger.
    """
    if result.kind != kinds.RESULT:
        raise Invalid("result", f"found a {result.kind}, expected an evaluation result")
    body: EvaluationResultBody = docs.model_body(result, EvaluationResultBody)
    spec = docs.linked_one(result, "spec")
    if body.verdict is None or spec is None:
        raise Invalid("result", "found a result that was measured and not judged, expected one with a verdict")
    with refusals_recorded(actor=actor, action=WHAT_IF, project=result.project, subjects=[result.digest]):
        access.require(actor, WHAT_IF, result.project)
        cases.require_visible(actor, _linked(spec, "evaluation_set"))
    return spec


def _request(spec: Document, outputs: str) -> dict[str, Any]:
    """Return what the engine is asked."""
    request = _cases(spec, ("evaluation_set", "rubric", "thresholds")) | {
        "tuned_outputs": _path(outputs),
        "baseline_outputs": None,
        **_judges(spec),
        "measures": [m for found in docs.linked(spec, "measures") for m in docs.envelope(found).body["measures"]],
    }
    return request | {f"{role}_outputs": path for role, path in _compared(spec).items()}


def _compared(spec: Document) -> dict[str, str]:
    """Return where the outputs lie that those of `spec` are compared with, by role."""
    named = {role: docs.linked_one(spec, role) for role in judgements.COMPARED}
    return {
        role: _path(docs.model_body(found, EvaluationResultBody).outputs.sha256)
        for role, found in named.items()
        if found is not None
    }


def _judges(spec: Document) -> dict[str, Any]:
    """Return what the judges are worth now: a calibration that was revoked since the launch decides nothing."""
    found = calibrations.of_spec(spec)
    return {"calibrations": found.figures, "uncalibrated": found.why}


def _cases(spec: Document, roles: Sequence[str]) -> dict[str, Any]:
    """Return the bodies of parts of the plan, and where the cases lie."""
    bodies = {role: docs.envelope(_linked(spec, role)).body for role in roles}
    files = KINDS[kinds.SET].files(bodies["evaluation_set"])
    return bodies | {"cases": {entry.path: _path(entry.sha256) for entry in files}}


def _path(digest: str) -> str:
    """Return where a stored file lies that the engine will read, once its bytes were hashed anew.

    Raises:
        Invalid: they are gone or altered.
    """
    if became := kept.lost([digest]):
        raise Invalid("files", f"what is judged is not what was delivered: its bytes {became[digest]}")
    return str(store.path_of(digest))


def _run(request: Mapping[str, Any], module: str = "judgement") -> str:
    return apart.ask(f"evals.engine.{module}", request, "result", "it cannot be accepted")


def _linked(spec: Document, role: str) -> Document:
    found = docs.linked_one(spec, role)
    if found is None:
        raise Invalid("spec", f"it names no {role}")
    return found
