"""The "evaluate" purpose: its gate, its inputs, and what becomes of its result."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from evals import documents as kinds
from evals.checks import CHECKS, EvaluationFacts, PlanFacts, Signed
from evals.engine.fields import MEASURED
from evals.engine.results import EvaluationResultBody
from evals.engine.spec import EvaluationSetBody, EvaluationSpecBody, ThresholdsBody
from evals.selectors import calibrations, coverage, deciding, judgements, judges, outside, plans, presets, spent
from evals.services import candidates, failures, judging
from evals.subjects import SUBJECTS, releases_in_force
from governance import access, store
from governance.access import COMPLIANCE_OFFICER, DOMAIN_EXPERT, ENGINEER, OWNER, ROLES
from governance.errors import Invalid, Refused
from governance.gates import Answer, Verdict
from governance.models import Attempt, Document, Job, User
from governance.proof.formats.permit import Input
from governance.registry import KINDS, OVERTAKEN, Gate, Purpose, register_gate, register_purpose
from governance.selectors import documents as docs
from governance.selectors import gating, policies, signoff, told
from governance.services.documents import check_body, freeze
from governance.services.ledger import Mutation

ACTION = "evaluation.start"
GRADING = frozenset({OWNER, COMPLIANCE_OFFICER, DOMAIN_EXPERT})
MAX_SECONDS = 6 * 3600


def register() -> None:
    """Register action and purpose."""
    access.register_action(ACTION, "start an evaluation", {ENGINEER, COMPLIANCE_OFFICER}, access.LAUNCH)
    access.register_action(judging.WHAT_IF, "ask what other thresholds would say", access.EVERYONE, access.READ)
    access.register_action(failures.READ, "read answers case by case", access.EVERYONE, access.READ)
    access.register_action(candidates.MARK, "mark failures as candidates", access.AUTHORS, access.WRITE)
    access.register_action("grading.open", "open and close grading rounds", GRADING, access.WRITE)
    access.register_action("grading.grade", "grade recorded outputs", access.AUTHORS, access.WRITE)
    access.register_action("result.judge", "judge a result with people's grades", GRADING, access.WRITE)
    access.register_action("judge.calibrate", "have a judge calibrated by people's grades", GRADING, access.WRITE)
    register_purpose(
        Purpose(
            name="evaluate",
            label="evaluation",
            entry_point="evals.engine.run:run",
            action=ACTION,
            spec_kind=kinds.SPEC,
            prepare=prepare,
            gate=gate,
            inputs=inputs,
            decisions=decisions,
            bounds=bounds,
            digest=digest,
            accept=accept,
        )
    )
    register_gate(Gate(kinds.SPEC, "evaluation", CHECKS))
    OVERTAKEN[kinds.CALIBRATION] = calibrations.overtaken


def prepare(spec: Document) -> Mapping[str, Any]:
    """Hash the cases, the files of what answers (a model, a recording) and of judges; return what was found wrong."""
    subject = docs.linked_one(spec, "subject")
    return {
        "cases": tuple(stored_faults(docs.linked_one(spec, "evaluation_set"))),
        "subject": (*stored_faults(spec), *(SUBJECTS[subject.kind].faults(subject) if subject else [])),
        "judges": tuple(judges.faults(docs.linked_one(spec, "rubric"))),
    }


def stored_faults(document: Document | None) -> list[str]:
    """Hash the stored files a document's manifest names; return what is wrong, in words."""
    if document is None:
        return ["there is no document"]
    faults = []
    for entry in KINDS[document.kind].files(docs.envelope(document).body):
        try:
            store.check(entry.sha256)
        except (store.BytesMissing, store.BytesCorrupt) as problem:
            faults.append(f"{entry.path}: {problem}")
    return faults


def plan_facts(spec: Document, ledger_size: int, time: datetime) -> PlanFacts:
    """Gather the facts about the plan a spec names."""
    chosen = docs.linked_in(spec, ("evaluation_set", "rubric", "thresholds"))
    thresholds = chosen["thresholds"]
    pinned = ""
    if thresholds is not None:
        for role in ("evaluation_set", "rubric"):
            of_plan = docs.linked_one(thresholds, role)
            chosen[role] = chosen[role] or of_plan
            if of_plan != chosen[role]:
                pinned = f"the thresholds pin another {KINDS[of_plan.kind].label if of_plan else role}"
    made = presets.made(thresholds) if thresholds is not None else None
    preset = made.document if made is not None else None
    asked = [d for d in (*chosen.values(), preset) if d is not None]
    standing = signoff.in_force_many(asked, ledger_size, time)
    signed = {role: Signed(str(d), standing[d.digest]) if d is not None else None for role, d in chosen.items()}
    return PlanFacts(
        evaluation_set=signed["evaluation_set"],
        rubric=signed["rubric"],
        thresholds=signed["thresholds"],
        pinned=pinned,
        undecidable=deciding.undecidable(thresholds),
        purpose=plans.purpose(chosen["evaluation_set"]),
        uncovered=coverage.uncovered(thresholds),
        preset=presets.answer(made, standing[preset.digest] if preset is not None else None),
    )


def gate(spec: Document, launcher: User, evidence: Mapping[str, Any], ledger_size: int, time: datetime) -> Verdict:
    """Return the verdict on an evaluation."""
    body: EvaluationSpecBody = docs.model_body(spec, EvaluationSpecBody)
    subject, rubric = docs.linked_one(spec, "subject"), docs.linked_one(spec, "rubric")
    calibrated = calibrations.of_spec(spec, ledger_size, time, launching=True)
    facts = EvaluationFacts(
        plan=plan_facts(spec, ledger_size, time),
        arm=body.arm,
        subject_arm=SUBJECTS[subject.kind].arm if subject else "endpoint" if body.endpoint else "recorded",
        subject=SUBJECTS[subject.kind].admissible(subject, ledger_size, time) if subject else _elsewhere(body),
        subject_faults=evidence.get("subject"),
        case_faults=evidence.get("cases"),
        baseline=_baseline(spec, body),
        last_release=_last_release(spec, body, ledger_size, time),
        measures=_measures(spec),
        launcher=may_launch(launcher, ACTION, spec),
        holdout_left=spent.answer(spec, body.arm, ledger_size),
        endpoints=outside.answer(spec, rubric),
        judges=judges.answer(rubric, subject, body.endpoint, ledger_size, time),
        calibrations=calibrations.answer(calibrated, docs.linked(spec, calibrations.ROLE)),
        judged=calibrations.decides(spec, rubric, calibrated),
        judge_faults=evidence.get("judges") if judges.models(rubric) else (),
    )
    return gating.ask(spec, CHECKS, facts, launcher=launcher, size=ledger_size, time=time)


def may_launch(launcher: User, action: str, spec: Document) -> Answer:
    """Return whether the access table lets the launcher launch."""
    allowed = access.ACTIONS[action].roles
    held = access.roles_of(launcher, spec.project)
    return Answer(
        bool(allowed & held),
        f"roles: {access.words(held) or 'none'}",
        f"one of: {access.words(allowed)}",
        "Ask the owner for the role.",
        ROLES[access.OWNER],
    )


def _elsewhere(body: EvaluationSpecBody) -> Answer:
    """Say what answers when no model of ours does: whose word that is, is said with it."""
    expected = "a model of ours, an endpoint, or a recording that says where it comes from"
    if body.endpoint is not None:
        return Answer(True, f"{body.endpoint.model} at {body.endpoint.address}, as the endpoint says", expected)
    if body.recording is not None:
        return Answer(True, f"{body.recording.system}, as {body.recording.made_by} says", expected)
    return Answer(False, "nothing that answers", expected, "Freeze a spec that names one.", ROLES[ENGINEER])


def _baseline(spec: Document, body: EvaluationSpecBody) -> Answer:
    expected = "a measured baseline of the same plan and base model"
    baseline = docs.linked_one(spec, "baseline")
    if body.arm in MEASURED:
        return Answer(
            baseline is None,
            f"the {body.arm} arm is measured, not judged",
            "nothing to compare it with",
            "Leave it out.",
            ROLES[ENGINEER],
        )
    if baseline is None:
        return Answer(
            False, "no baseline", expected, "Measure the base model first and name the result.", ROLES[ENGINEER]
        )
    subject = _linked(spec, "subject")
    return baseline_of(baseline, docs.linked_one(spec, "thresholds"), SUBJECTS[subject.kind].base(subject))


def _last_release(spec: Document, body: EvaluationSpecBody, ledger_size: int, time: datetime) -> Answer:
    """Return whether what the spec calls the last release is the release in force, and is there if it has to be."""
    expected = "the result of the release in force, on the same cases by the same rubric"
    found, thresholds = docs.linked_one(spec, "last_release"), docs.linked_one(spec, "thresholds")
    if found is None:
        plan: ThresholdsBody | None = docs.model_body(thresholds, ThresholdsBody) if thresholds else None
        asked = [t.id for t in plan.thresholds if t.reference == "last_release"] if plan else []
        if asked and body.arm == "tuned":
            words = f"no last release, which is asked for by: {', '.join(asked)}"
            return Answer(False, words, expected, "Name the result of the last release.", ROLES[ENGINEER])
        return Answer(True, "nothing is compared with it", expected)
    other = judgements.standing(found, ledger_size)
    theirs = docs.linked_one(found, "thresholds")
    wrong = [
        words
        for words, differs in (
            (f"it was not passed: {other.verdict or 'not judged'}", other.verdict != "PASS"),
            ("no consumed permit stands behind it", not accepted(found)),
            *(
                (f"it has another {role.replace('_', ' ')}", _of(theirs, role) != _of(thresholds, role))
                for role in plans.CASES_AND_RUBRIC
            ),
        )
        if differs
    ]
    if not wrong and (other_one := _not_the_last(spec, found, ledger_size, time)):
        wrong = [other_one]
    who = ROLES[ENGINEER]
    return Answer(
        not wrong, "; ".join(wrong) or str(found), expected, "Evaluate the last release under this plan.", who
    )


def _not_the_last(spec: Document, found: Document, ledger_size: int, time: datetime) -> str:
    """Return why a result is not that of the release in force, or nothing.

    Where the release was signed on this very set and rubric, only that result will do; where it was on others, the
    first that was judged of its model on these: nobody chooses among several tries. What measured it as another arm has
    no verdict and could never be named.
    """
    if spec.project is None:
        return "the specification belongs to no project"
    subject = docs.linked_one(found, "subject")
    released = releases_in_force(spec.project, ledger_size, time)
    own = next((one for one in released if one.subject == subject), None)
    if own is None:
        return f"it is of no release in force ({', '.join(str(one.release) for one in released) or 'there is none'})"
    wanted = plans.cases_and_rubric(docs.linked_one(spec, "thresholds"))
    if plans.cases_and_rubric(docs.linked_one(own.result, "thresholds")) == wanted:
        return "" if own.result == found else f"{own.release} was signed on another result: {own.result.digest}"
    earlier = [result for result in plans.results_of(own.subject, wanted, before=found) if _judged(result)]
    made_here = told.outputs(earlier)
    first = next((result for result in earlier if result.digest in made_here), None)
    return f"the first result of {own.release} on these cases is another: {first.digest}" if first else ""


def _judged(result: Document) -> bool:
    return docs.envelope(result).body["arm"] not in MEASURED


def _measures(spec: Document) -> Answer:
    """Return whether the measures from outside are the newest there are: an older version could tell a better story."""
    expected = "the newest version of each"
    named = docs.linked(spec, "measures")
    newer = Document.objects.filter(series__in=[d.series_id for d in named]).values_list("series_id", "number")
    newest = {series: max(number for other, number in newer if other == series) for series, _ in newer}
    if older := [f"{d}, of which there is v{newest[d.series_id]}" for d in named if d.number < newest[d.series_id]]:
        remedy = "Freeze a specification that names the newest."
        return Answer(False, "; ".join(older), expected, remedy, ROLES[ENGINEER])
    return Answer(True, ", ".join(map(str, named)) or "none are named", expected)


def _of(thresholds: Document | None, role: str) -> Document | None:
    return docs.linked_one(thresholds, role) if thresholds is not None else None


def baseline_of(result: Document, thresholds: Document | None, base: Document) -> Answer:
    """Return whether a result is an accepted baseline of that plan on that base model."""
    expected = "a measured baseline of the same plan and base model"
    body: EvaluationResultBody = docs.model_body(result, EvaluationResultBody)
    wrong = [
        words
        for words, differs in (
            (f"it is of the {body.arm} arm", body.arm != "base"),
            ("it was measured under another plan", docs.linked_one(result, "thresholds") != thresholds),
            ("it is of another base model", docs.linked_one(result, "subject") != base),
            ("no consumed permit stands behind it", not accepted(result)),
        )
        if differs
    ]
    if wrong:
        return Answer(False, "; ".join(wrong), expected, "Measure the base model under this plan.", ROLES[ENGINEER])
    return Answer(True, f"{result} on {body.n} cases", expected)


def accepted(document: Document) -> bool:
    """Return whether the ledger tells that a job under a consumed permit made it (other results never count)."""
    return told.output_of(document)


def inputs(spec: Document) -> list[Input]:
    """Return what the permit of an evaluation binds: documents, cases, the model or recorded answers, and judges."""
    found = [document_input("evaluation_spec", spec)]
    for role in ("rubric", "evaluation_set", "thresholds"):
        document = docs.linked_one(spec, role)
        if document is None:
            raise Invalid("spec", f"it names no {role}")
        found.append(document_input(role, document))
        if role == "rubric":
            found += judges.inputs(document)
        if role == "evaluation_set":
            found += [
                Input(name=f"cases/{e.path}", sha256=e.sha256, size=e.size, role="cases")
                for e in KINDS[document.kind].files(docs.envelope(document).body)
            ]
    found += [
        Input(name=f"recorded/{e.path}", sha256=e.sha256, size=e.size, role="recorded")
        for e in KINDS[spec.kind].files(docs.envelope(spec).body)
    ]
    subject = docs.linked_one(spec, "subject")
    return found + (SUBJECTS[subject.kind].inputs(subject) if subject else [])


def document_input(role: str, document: Document) -> Input:
    """Return a document as an input: its bytes are its name."""
    return Input(
        name=f"documents/{role}.json", sha256=document.digest, size=len(bytes(document.content)), role="document"
    )


def bounds(spec: Document) -> dict[str, Any]:
    """Return the limits of an evaluation, and the variables with the keys of the endpoints it asks."""
    limits = {"max_seconds": MAX_SECONDS, "max_attempts": policies.max_attempts(spec.project)}
    keys = outside.variables(spec)
    return limits | ({"variables": keys} if keys else {})


def decisions(spec: Document) -> list[int]:
    """Return the ledger entries of every signature the evaluation rests on."""
    related = [d for d in docs.closure([spec]).values() if KINDS[d.kind].signed]
    return sorted({s.seq for found in signoff.in_force_many(related).values() for s in found.signatures})


def digest(attempt: Attempt) -> dict[str, Any]:
    """Check a received result, measure its outputs, judge those of a tuned model, and return the body to freeze.

    Measuring and judging run in processes of their own (they need scipy); they grade every output again from its text.
    Figures that the runner sent are replaced by those measured here.
    """
    spec = attempt.job.spec
    body = dict(attempt.result["body"]) if attempt.result else {}
    if body.get("verdict") is not None or body.get("verdicts"):
        raise Invalid("result", "the runner sent verdicts; verdicts are made here")
    try:
        received = EvaluationResultBody.model_validate(body)
    except ValueError as problem:
        raise Invalid("result", str(problem)) from None
    planned: EvaluationSpecBody = docs.model_body(spec, EvaluationSpecBody)
    cases: EvaluationSetBody = docs.model_body(_linked(spec, "evaluation_set"), EvaluationSetBody)
    if (received.arm, received.n) != (planned.arm, cases.cases):
        found = f"{received.n} cases of the {received.arm} arm"
        raise Invalid("result", f"found {found}, expected {cases.cases} of the {planned.arm} arm as specified")
    sent = {entry["sha256"] for entry in (attempt.result or {}).get("files", [])}
    if received.outputs.sha256 not in sent:
        raise Invalid("outputs", "the result names outputs that were not delivered")
    body |= judging.figures(spec, received.outputs.sha256).model_dump(mode="json")
    if received.arm not in MEASURED:
        if fault := calibrations.fallen(spec):
            raise Refused(fault)
        judged = judging.judge(spec, received.outputs.sha256)
        body |= judged.model_dump(mode="json")
    return check_body(KINDS[kinds.RESULT], body)


def waivers_of(attempt: Attempt) -> list[dict[str, str]]:
    """Return the waivers that an attempt's permit rested on, as references: what was made under one names it."""
    known = told.of_job(attempt.job_id).attempt(attempt.pk)
    return [{"role": "waiver", "digest": digest} for digest in known.waivers]


def accept(m: Mutation, job: Job, attempt: Attempt, digested: dict[str, Any]) -> Document:
    """Freeze the judged result; the launcher counts as its contributor."""
    spec = job.spec
    if digested["arm"] not in MEASURED and (fault := calibrations.fallen(spec, m.size, m.time)):
        raise Refused(fault)
    references = [{"role": "spec", "digest": spec.digest}, *waivers_of(attempt)]
    for role in ("thresholds", "subject", "baseline", "last_release", "measures", calibrations.ROLE):
        references += [{"role": role, "digest": d.digest} for d in docs.linked(spec, role)]
    return freeze(
        m,
        kind=KINDS[kinds.RESULT],
        body=digested,
        references=references,
        contributors=[job.requested_by.actor],
        by=None,
    )


def _linked(spec: Document, role: str) -> Document:
    found = docs.linked_one(spec, role)
    if found is None:
        raise Invalid("spec", f"it names no {role}")
    return found
