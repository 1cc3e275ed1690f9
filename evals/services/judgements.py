"""Judging a result again once people have graded its outputs: by the same thresholds, with all grades there are."""

from evals import documents as kinds
from evals.engine.results import EvaluationResultBody
from evals.selectors import calibrations, spent
from evals.selectors import judgements as select
from evals.services import judging
from governance import events
from governance.access import COMPLIANCE_OFFICER, ROLES
from governance.errors import Conflict, Finding, Invalid, Refused
from governance.models import Document, User
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import told
from governance.services.documents import check_body, freeze
from governance.services.ledger import admit, mutation, refusals_recorded

ACTION = "result.judge"
CHECK = "people"


def judge_again(*, actor: User, result: Document) -> Document:
    """Judge a result with the grades of every closed round about it, and freeze the judgement.

    Raises:
        Denied, NotFound: as the access table says; asked before anything is read.
        Invalid: the document is no accepted, judged result.
        Refused: nothing in it waits for people, nobody has graded yet, it was judged with these very grades, a round
            about it is open, the holdout cannot bear one more verdict, or a calibration it rests on fell.
        Conflict: a round was closed while this was being reckoned.
    """
    project = result.project
    if result.kind != kinds.RESULT or project is None:
        raise Invalid("result", f"found a {result.kind}, expected an evaluation result")
    admit(actor=actor, action=ACTION, project=project, subjects=[result.digest])
    body: EvaluationResultBody = docs.model_body(result, EvaluationResultBody)
    spec = docs.linked_one(result, "spec")
    if body.verdict is None or spec is None or not told.output_of(result):
        raise Invalid("result", "found one that was not judged under a permit, expected one with a verdict")
    with refusals_recorded(actor=actor, action=ACTION, project=project, subjects=[result.digest]):
        before = select.standing(result)
        _refuse_idle(body, before)
        _refuse_unpaid(result)
        if fault := calibrations.fallen(spec):
            raise Refused(fault)
    grades = select.grades(result)
    judged = judging.judge(spec, body.outputs.sha256, result=result, grades=grades)
    kind = KINDS[kinds.JUDGEMENT]
    made = check_body(kind, judged.model_dump(mode="json"))
    digests = [one.digest for one in grades]
    references = [{"role": "result", "digest": result.digest}]
    references += [{"role": "human_grades", "digest": digest} for digest in digests]
    with mutation(actor=actor, action=ACTION, project=project, subjects=[result.digest]) as m:
        now = select.standing(result, m.size)
        if [one.digest for one in select.grades(result, m.size)] != digests or now.judgement != before.judgement:
            raise Conflict(
                found="grades or a judgement that came meanwhile",
                expected="those you saw",
                remedy="Look at the result and have it judged again.",
            )
        _refuse_idle(body, now)
        _refuse_unpaid(result, m.size)
        if fault := calibrations.fallen(spec, m.size, m.time):
            raise Refused(fault)
        document = freeze(
            m, kind=kind, body=made, references=references, contributors=[actor.actor], by=actor
        )  # fmt: skip
        m.append(
            events.JUDGED,
            subjects=[result.digest, document.digest],
            data={"judgement": document.digest, "result": result.digest, "grades": digests},
        )
    return document


def _refuse_idle(body: EvaluationResultBody, before: select.Standing) -> None:
    """Refuse to disclose a verdict that says nothing new, or that not all who were asked to grade have a part in."""
    waits = any(line.waits_for == "people" for line in body.verdicts)
    expected = "grades that no judgement has seen"
    if not waits:
        found, remedy = "a result in which nothing waits for people", "Its verdict stands as it is."
    elif before.open:
        found, remedy = select.unended(before.open), select.END
        expected = "every round about it closed or abandoned"
    elif not before.newer and before.judgement is None:
        found, remedy = "outputs that nobody has graded", "Open a grading round over them, and close it."
    elif not before.newer:
        found, remedy = "a judgement with the very grades there are", "Read that judgement."
    else:
        return
    raise Refused(Finding(CHECK, found, expected, remedy, ROLES[COMPLIANCE_OFFICER]))


def _refuse_unpaid(result: Document, ledger_size: int | None = None) -> None:
    """Refuse a further verdict on a holdout that cannot bear it: else one would judge until it pleases."""
    left = spent.again(result, ledger_size)
    if not left.passed:
        raise Refused(Finding("holdout_left", left.found, left.expected, left.remedy, left.who))
