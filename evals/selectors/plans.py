"""Reads about the parts of evaluation plans."""

from collections.abc import Iterable
from typing import Final

from evals.engine.fields import MEASURED
from evals.engine.spec import EvaluationSetBody
from governance.models import Document, Reference
from governance.selectors import documents as docs
from governance.selectors import told


def purpose(evaluation_set: Document | None) -> str:
    """Return whether a set is a "holdout" or a "development" set; "" when there is none."""
    if evaluation_set is None:
        return ""
    body: EvaluationSetBody = docs.model_body(evaluation_set, EvaluationSetBody)
    return body.purpose


CASES_AND_RUBRIC = ("evaluation_set", "rubric")
RESULT = "evals.evaluation_result"
PARTS: Final = ("evaluation_set", "rubric", "signed_preset")
"""What thresholds pin: with them it is the plan."""
SPEAKING: Final = {
    ("evals.quality_report", "evaluation_set"): "evaluation_set",
    ("evals.judge_calibration", "rubric"): "rubric",
    (RESULT, "thresholds"): "",
}
"""Kinds that speak of a plan, in which role they name what part of it ("": the thresholds)."""
MOST_TOLD: Final = 20
"""documents of one kind about a plan that are told of, the newest"""


def cases_and_rubric(thresholds: Document | None) -> tuple[str, ...]:
    """Return the digests of the set and the rubric that thresholds pin; results on the same can be compared."""
    named = {link.role: link.digest for link in docs.references(thresholds)} if thresholds is not None else {}
    return tuple(named.get(role, "") for role in CASES_AND_RUBRIC)


def results_of(subject: Document, on: tuple[str, ...], *, before: Document) -> list[Document]:
    """Return the results of a subject on that set and rubric that were frozen before one of them, the first first.

    In a constant number of queries.
    """
    links = subject.links_in.filter(role="subject", source__kind=RESULT, source__seq__lt=before.seq)
    rows = [link.source for link in links.select_related("source").order_by("source__seq")]
    plan = docs.linked_in_all(rows, ("thresholds",))
    return [row for row in rows if cases_and_rubric(plan[row.digest]["thresholds"]) == on]


def about(thresholds: Document, ledger_size: int) -> list[Document]:
    """Return what speaks of a plan and is no part of it, as the ledger had it at a size, the oldest first.

    The versions before of its parts; quality reports of its set, calibrations of its judges and what was measured
    beside a tuned model, in its own project, at most `MOST_TOLD` of each.
    """
    linked = docs.linked_in(thresholds, PARTS)
    parts = [thresholds, *(part for part in linked.values() if part is not None)]
    before = [docs.envelope(part).previous for part in parts]
    found = {one.digest: one for one in Document.objects.filter(pk__in=[one for one in before if one])}
    for (kind, role), part in SPEAKING.items():
        target = linked[part] if part else thresholds
        if target is None:
            continue
        rows = Reference.objects.filter(target=target, role=role, source__kind=kind, source__seq__lt=ledger_size)
        sources = [row.source for row in rows.filter(source__project=thresholds.project).select_related("source")]
        # The index is only where to look: what a document names is read from its own bytes.
        named = [
            one for one in sources if any((x.role, x.digest) == (role, target.digest) for x in docs.references(one))
        ]
        made = _measured(named, ledger_size) if kind == RESULT else {one.digest for one in named}
        newest = sorted((one for one in named if one.digest in made), key=lambda one: -one.seq)[:MOST_TOLD]
        found |= {one.digest: one for one in newest}
    return sorted(found.values(), key=lambda one: one.seq)


def _measured(results: Iterable[Document], ledger_size: int) -> set[str]:
    """Return those accepted by then of arms that are measured and not judged: baselines, and what else was tried."""
    return told.outputs([one for one in results if docs.envelope(one).body["arm"] in MEASURED], ledger_size)
