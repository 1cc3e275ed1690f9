"""Reads about the parts of evaluation plans."""

from evals.engine.spec import EvaluationSetBody
from governance.models import Document
from governance.selectors import documents as docs


def purpose(evaluation_set: Document | None) -> str:
    """Return whether a set is a "holdout" or a "development" set; "" when there is none."""
    if evaluation_set is None:
        return ""
    body: EvaluationSetBody = docs.model_body(evaluation_set, EvaluationSetBody)
    return body.purpose


CASES_AND_RUBRIC = ("evaluation_set", "rubric")
RESULT = "evals.evaluation_result"


def cases_and_rubric(thresholds: Document | None) -> tuple[str, ...]:
    """Return the digests of the set and the rubric that thresholds pin; results on the same can be compared."""
    named = {link.role: link.digest for link in docs.envelope(thresholds).references} if thresholds is not None else {}
    return tuple(named.get(role, "") for role in CASES_AND_RUBRIC)


def results_of(subject: Document, on: tuple[str, ...], *, before: Document) -> list[Document]:
    """Return the results of a subject on that set and rubric that were frozen before one of them, the first first.

    In a constant number of queries.
    """
    links = subject.links_in.filter(role="subject", source__kind=RESULT, source__seq__lt=before.seq)
    rows = [link.source for link in links.select_related("source").order_by("source__seq")]
    plan = docs.linked_in_all(rows, ("thresholds",))
    return [row for row in rows if cases_and_rubric(plan[row.digest]["thresholds"]) == on]
