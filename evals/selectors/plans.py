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
