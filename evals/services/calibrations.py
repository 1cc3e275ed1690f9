"""Having a judge calibrated: held against people's grades of the same answers, and frozen to be signed."""

import json
from typing import Any

from evals import documents as kinds
from evals.engine.results import EvaluationResultBody
from evals.engine.spec import EvaluationSpecBody
from evals.selectors import calibrations as select
from evals.selectors import grading as rounds
from evals.selectors import judges
from governance import store
from governance.access import COMPLIANCE_OFFICER, ROLES
from governance.errors import Conflict, Finding, Invalid, Refused
from governance.models import Document, User
from governance.registry import KINDS
from governance.selectors import apart
from governance.selectors import documents as docs
from governance.services.documents import check_body, freeze
from governance.services.ledger import admit, mutation, refusals_recorded

ACTION = "judge.calibrate"


def calibrate(*, actor: User, grades: Document, judge: str) -> Document:
    """Hold a judge against people's grades, in a process of its own; freeze what it found.

    `grades` are those of a closed round that asked what the judge grades. Those of every other such round about the
    rubric count, too: nobody chooses which grades a calibration rests on. The figures are reckoned from outputs and
    grades, never the caller's. The document counts once it is signed.

    Raises:
        Denied, NotFound: as the access table says; asked before anything is read.
        Invalid: these are no grades of a closed round, there is no such judge, or people and judge graded nothing in
            common.
        Refused: a round that asks what the judge grades is open.
        Conflict: a round was closed while this was being reckoned.
    """
    project = grades.project
    if grades.kind != kinds.HUMAN_GRADES or project is None:
        raise Invalid("grades", f"found a {grades.kind}, expected the grades of a closed round")
    admit(actor=actor, action=ACTION, project=project, subjects=[grades.digest])
    if not rounds.confirmed(grades):
        raise Invalid("grades", "the ledger tells of no round that closed with these grades")
    rubric = docs.linked_one(grades, "rubric")
    if rubric is None:
        raise Invalid("grades", "they name no rubric")
    known = judges.asked(rubric)
    if judge not in known:
        raise Invalid("judge", f"found {judge!r}, expected one that the rubric asks: {', '.join(known) or 'none'}")
    about = select.rounds(rubric, project, judge)
    if grades not in about.grades:
        raise Invalid("grades", f"people graded none of what the judge {judge!r} grades; have them grade it")
    with refusals_recorded(actor=actor, action=ACTION, project=project, subjects=[grades.digest]):
        _refuse_open(about)
    request, failed = _request(rubric, judge, about), "the judge cannot be held against them"
    found: dict[str, Any] = json.loads(apart.ask("evals.engine.calibrating", request, "grades", failed))
    found["abandoned"] = [str(one.row.pk) for one in about.abandoned]
    kind = KINDS[kinds.CALIBRATION]
    by = grades.title if len(about.grades) == 1 else f"{len(about.grades)} rounds"
    title = f"Calibration of {judge}, by {by}"[:300]
    body = check_body(kind, {"title": title, "judge": judge, "how": known[judge].model_dump(mode="json"), **found})
    references = [{"role": select.GRADES, "digest": one.digest} for one in about.grades]
    references.append({"role": "rubric", "digest": rubric.digest})
    with mutation(actor=actor, action=ACTION, project=project, subjects=[grades.digest, rubric.digest]) as m:
        now = select.rounds(rubric, project, judge, m.size)
        _refuse_open(now)
        if (now.grades, len(now.abandoned)) != (about.grades, len(about.abandoned)):
            raise Conflict(
                found="rounds that ended meanwhile",
                expected="those you saw",
                remedy="Look at the rounds and have the judge calibrated again.",
            )
        return freeze(m, kind=kind, body=body, references=references, contributors=[actor.actor], by=actor)


def _refuse_open(about: select.Rounds) -> None:
    """Refuse while a round is open: whoever dislikes its grades could else leave it open for ever."""
    if about.open:
        told = f"open grading rounds: {', '.join(str(one.row.pk) for one in about.open)}"
        remedy = "Close the round, or abandon it and say why; its grades would count."
        raise Refused(Finding(rounds.CHECK, told, select.ALL_ROUNDS, remedy, ROLES[COMPLIANCE_OFFICER]))


def _request(rubric: Document, judge: str, about: select.Rounds) -> dict[str, Any]:
    sets = {one.body.evaluation_set: one.evaluation_set for one in about.closed}
    return {
        "rubric": docs.envelope(rubric).body,
        "judge": judge,
        "sets": [_graded(cases, about) for _, cases in sorted(sets.items())],
    }


def _graded(cases: Document, about: select.Rounds) -> dict[str, Any]:
    """Return a set with the answers to it that people graded, each result once, and with their grades."""
    body = docs.envelope(cases).body
    files = KINDS[kinds.SET].files(body)
    for entry in files:
        store.check(entry.sha256)
    mine = [one for one in about.closed if one.body.evaluation_set == cases.digest]
    results = {result.digest: result for one in mine for result in one.results}
    return {
        "evaluation_set": body,
        "cases": {entry.path: str(store.path_of(entry.sha256)) for entry in files},
        "results": [_answers(result) for _, result in sorted(results.items())],
        "rounds": [rounds.frozen(one.closed.document) for one in mine if one.closed is not None],
    }


def _answers(result: Document) -> dict[str, Any]:
    body: EvaluationResultBody = docs.model_body(result, EvaluationResultBody)
    spec = docs.linked_one(result, "spec")
    asked: EvaluationSpecBody | None = docs.model_body(spec, EvaluationSpecBody) if spec is not None else None
    store.check(body.outputs.sha256)
    return {
        "result": result.digest,
        "arm": body.arm,
        "outputs": str(store.path_of(body.outputs.sha256)),
        "recorded": asked is not None and asked.recorded is not None,
    }
