"""The arms of a plan as reports tell them: what answered, whose word that is, and what it came to."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from governance.proof.charts.results import ALL
from governance.proof.sections.held import Paper
from governance.proof.words.vocabulary import between, in_unit, measured

NAMES: Final = {
    "base": "Base model",
    "best_prompt": "Best prompt",
    "retrieval": "Retrieval",
    "other": "Other",
    "tuned": "Tuned model",
}
"""The arms in words, in the order in which they stand side by side."""
DELIVERED: Final = "delivered under a permit for these files"
BY_ENDPOINT: Final = "as the endpoint says"


def answered(result: Paper) -> str:
    """Return what answered: a model of ours, an endpoint's, or what a recording is said to come from."""
    subject = result.linked("subject")
    if subject is not None:
        return f"{subject.title} v{subject.number}"
    spec = _spec(result)
    if endpoint := spec.get("endpoint"):
        return f"{endpoint['model']} at {endpoint['address']}"
    recording = spec.get("recording")
    return str(recording["system"]) if recording else "unknown"


def proof(result: Paper) -> str:
    """Return whose word it is that this answered."""
    recording = _spec(result).get("recording")
    if result.linked("subject") is not None:
        return DELIVERED
    return recorded(recording["made_by"]) if recording else BY_ENDPOINT


def recorded(by: str) -> str:
    """Return whose word it is what a recording came from."""
    return f"recorded; {by} says so"


def attempt(result: Paper) -> int:
    """Return which attempt at its plan it is."""
    return int(_spec(result)["attempt_index"])


def came_to(result: Paper, metric: str) -> str:
    """Return what a result came to in a metric over all cases, with its bounds."""
    return figure(metric, result.body["metrics"].get(ALL, {}).get(metric))


def figure(metric: str, one: Mapping[str, Any] | None, *, alone: bool = False) -> str:
    """Return a measure of a metric in words, with its bounds or `alone`; None: it was not measured."""
    if one is None:
        return "not measured"
    # What a call costs is often less than three decimals show.
    costs = f"{Decimal(one['value']).normalize():f} {measured(metric).unit}"
    value = costs if metric == "cost_mean" else in_unit(metric, one["value"])
    return value if alone else f"{value} ({between(metric, one['low'], one['high'])})"


OPERATION: Final = ("cost_mean", "latency_p50", "tokens_mean")
"""the metrics that stand beside the one that is asked for first"""


def last(result: Paper) -> tuple[str | None, ...] | None:
    """Return the row of a tuned model beside the arms before it, which is the last; None of other arms.

    Which metric is told there first, and how it differs from the base model, depends on the others.
    """
    if result.body["arm"] != "tuned":
        return None
    overall = result.body["metrics"].get(ALL, {})
    shown = (figure(one, overall.get(one), alone=True) for one in OPERATION)
    named = f"{NAMES[result.body['arm']]}: {answered(result)}"
    return (named, proof(result), None, None, *shown)


def _spec(result: Paper) -> Mapping[str, Any]:
    spec = result.linked("spec")
    return spec.body if spec is not None else {}
