"""The endpoints outside that an evaluation asks, and whether the operator lets it."""

from evals.engine.endpoints import Endpoint
from evals.engine.spec import EvaluationSpecBody
from evals.selectors import judges
from governance import endpoints
from governance.gates import Answer
from governance.models import Document
from governance.selectors import documents as docs


def asked(spec: Document, rubric: Document | None) -> list[Endpoint]:
    """Return every endpoint that an evaluation asks: by its specification for answers, by its rubric for judges."""
    body: EvaluationSpecBody = docs.model_body(spec, EvaluationSpecBody)
    answering = [body.endpoint] if body.endpoint is not None else []
    return answering + judges.endpoints(rubric)


def variables(spec: Document) -> list[str]:
    """Return the environment variables that hold the keys of those endpoints, for the permit to name."""
    return sorted({one.key_from for one in asked(spec, docs.linked_one(spec, "rubric")) if one.key_from is not None})


def answer(spec: Document, rubric: Document | None) -> Answer:
    """Return whether the operator lists every endpoint that would be asked, each with the variable of its key."""
    expected = "endpoints that the operator lists, each with its own key"
    found = asked(spec, rubric)
    faults = [fault for one in found if (fault := endpoints.fault(one.address, one.key_from))]
    if faults:
        return Answer(
            False,
            "; ".join(faults),
            expected,
            "Have the operator add it to COUNTERSIGN_ENDPOINTS: whoever runs it sees the cases.",
            "operator",
        )
    return Answer(True, ", ".join(one.address for one in found) or "none is asked", expected)
