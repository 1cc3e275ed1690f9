"""What a plan can decide: the one answer that pages, signers, reports and gates are given."""

from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from evals import samples
from evals.engine.cases import CasesInvalid, label_of
from evals.engine.deciders import caveat
from evals.engine.planning.foretold import Foretold, Planned, foretell
from evals.engine.spec import Case, EvaluationSetBody, RubricBody, ThresholdsBody
from governance import store
from governance.models import Document
from governance.proof.sections.besides import UNREADABLE
from governance.selectors import documents as docs


def foretold(thresholds: Document) -> list[Foretold]:
    """Return what each threshold of a plan can show with the cases it is signed for.

    Nothing where there are no cases to read. Reckoned once for each document, since its cases are fixed with it.
    """
    try:
        return list(_foretold(thresholds))
    except (store.BytesMissing, store.BytesCorrupt, CasesInvalid):
        return []


def undecidable(thresholds: Document | None) -> dict[str, str]:
    """Return the thresholds that the cases of their slice cannot decide, with the reason.

    Those that are signed all the same, with a reason in the document, are left out.
    """
    if thresholds is None:
        return {}
    body: ThresholdsBody = docs.model_body(thresholds, ThresholdsBody)
    found = {one.threshold.id: "" if one.decidable else one.found.reason for one in foretold(thresholds)}
    asked = (one.id for one in body.thresholds if one.id not in body.exceptions)
    return {name: why for name in asked if (why := found.get(name, UNREADABLE))}


def preview(body: ThresholdsBody, cases: Document, rubric: Document) -> list[Foretold]:
    """Return what thresholds that are still a draft can show; nothing where there are no cases to read."""
    try:
        return _reckoned(body, cases, rubric)
    except (store.BytesMissing, store.BytesCorrupt, CasesInvalid):
        return []


@lru_cache(maxsize=256)
def _foretold(thresholds: Document) -> tuple[Foretold, ...]:
    links = {role: docs.linked_one(thresholds, role) for role in ("evaluation_set", "rubric")}
    cases, rubric = links["evaluation_set"], links["rubric"]
    if cases is None or rubric is None:
        return ()
    return tuple(_reckoned(docs.model_body(thresholds, ThresholdsBody), cases, rubric))


def _reckoned(body: ThresholdsBody, cases: Document, rubric: Document) -> list[Foretold]:
    grading: RubricBody = docs.model_body(rubric, RubricBody)
    asked: EvaluationSetBody = docs.model_body(cases, EvaluationSetBody)
    for entry in asked.files:
        store.check(entry.sha256)
    found = foretell(body, (_planned(case, grading) for case in samples.stored_cases(asked)))
    return [replace(one, words=f"{one.words} {caveat(one.threshold, grading)}".strip()) for one in found]


def _planned(case: Case, rubric: RubricBody) -> Planned:
    labelled = rubric.criteria_of("label")
    label = None
    if labelled and case.target is not None:
        try:
            label = label_of(case.target, rubric.output, labelled[0].parameters)
        except ValueError:
            label = None
    return Planned(frozenset(case.slices), case.cluster, Decimal(case.weight), case.expects, label)
