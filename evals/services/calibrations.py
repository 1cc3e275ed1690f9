"""Having a judge calibrated: held against people's grades of the same answers, and frozen to be signed."""

import json
from typing import Any

from evals import documents as kinds
from evals.engine.results import EvaluationResultBody
from evals.selectors import apart, judges
from evals.selectors import grading as rounds
from governance import store
from governance.errors import Invalid
from governance.models import Document, User
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.services.documents import check_body, freeze
from governance.services.ledger import admit, mutation

ACTION = "judge.calibrate"


def calibrate(*, actor: User, grades: Document, judge: str) -> Document:
    """Hold a judge of the rubric against the grades of a closed round, in a process of its own; freeze what it found.

    The figures are reckoned from outputs and grades, never the caller's. The document counts once it is signed.

    Raises:
        Denied, NotFound: as the access table says; asked before anything is read.
        Invalid: these are no grades of a closed round, there is no such judge, or people and judge graded nothing in
            common.
    """
    project = grades.project
    if grades.kind != kinds.HUMAN_GRADES or project is None:
        raise Invalid("grades", f"found a {grades.kind}, expected the grades of a closed round")
    admit(actor=actor, action=ACTION, project=project, subjects=[grades.digest])
    if not rounds.confirmed(grades):
        raise Invalid("grades", "the ledger tells of no round that closed with these grades")
    rubric, cases = docs.linked_one(grades, "rubric"), docs.linked_one(grades, "evaluation_set")
    if rubric is None or cases is None:
        raise Invalid("grades", "they name no rubric or no evaluation set")
    known = judges.asked(rubric)
    if judge not in known:
        raise Invalid("judge", f"found {judge!r}, expected one that the rubric asks: {', '.join(known) or 'none'}")
    request, failed = _request(grades, rubric, cases, judge), "the judge cannot be held against them"
    found: dict[str, Any] = json.loads(apart.ask("evals.engine.calibrating", request, "grades", failed))
    kind = KINDS[kinds.CALIBRATION]
    title = f"Calibration of {judge}, by {grades.title}"[:300]
    body = check_body(kind, {"title": title, "judge": judge, "how": known[judge].model_dump(mode="json"), **found})
    references = [{"role": "human_grades", "digest": grades.digest}, {"role": "rubric", "digest": rubric.digest}]
    with mutation(actor=actor, action=ACTION, project=project, subjects=[grades.digest, rubric.digest]) as m:
        return freeze(m, kind=kind, body=body, references=references, contributors=[actor.actor], by=actor)


def _request(grades: Document, rubric: Document, cases: Document, judge: str) -> dict[str, Any]:
    bodies = {"evaluation_set": docs.envelope(cases).body, "rubric": docs.envelope(rubric).body}
    files = KINDS[kinds.SET].files(bodies["evaluation_set"])
    for entry in files:
        store.check(entry.sha256)
    results = []
    for result in docs.linked(grades, "result"):
        body: EvaluationResultBody = docs.model_body(result, EvaluationResultBody)
        store.check(body.outputs.sha256)
        place = str(store.path_of(body.outputs.sha256))
        results.append({"result": result.digest, "arm": body.arm, "outputs": place})
    return bodies | {
        "cases": {e.path: str(store.path_of(e.sha256)) for e in files},
        "results": results,
        "round": rounds.frozen(grades),
        "judge": judge,
    }
