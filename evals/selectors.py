"""Reads about evaluation plans."""

from evals.engine.spec import EvaluationSetBody
from governance.models import Document
from governance.selectors import documents as docs


def purpose(evaluation_set: Document | None) -> str:
    """Return whether a set is a "holdout" or a "development" set; "" when there is none."""
    if evaluation_set is None:
        return ""
    body: EvaluationSetBody = docs.model_body(evaluation_set, EvaluationSetBody)
    return body.purpose


def undecidable(thresholds: Document | None) -> dict[str, str]:
    """Return the thresholds that ask for more cases than their whole evaluation set has, with the reason."""
    cases = docs.linked_one(thresholds, "evaluation_set") if thresholds else None
    if thresholds is None or cases is None:
        return {}
    size, asked = docs.envelope(cases).body["cases"], docs.envelope(thresholds).body["thresholds"]
    return {t["id"]: f"needs {t['n_min']} cases, the set has {size}" for t in asked if t["n_min"] > size}
