"""What reports say of plans: evaluation sets, rubrics, thresholds, presets."""

from collections.abc import Sequence
from typing import Any

from evals.engine.case_changes import compare
from evals.engine.evaluation_set import sizes
from evals.reports import pictures
from evals.reports.words import examples
from evals.selectors import cases, deciding, presets, spent
from governance.errors import Invalid
from governance.models import Document
from governance.proof.charts.counts import SIZES, by_slice
from governance.proof.charts.figures import StackChart
from governance.proof.sections.besides import undecided
from governance.proof.sections.blocks import Block, Column, Notice, facts, table
from governance.proof.sections.plans import FORETOLD, GONE, NO_CASES, THRESHOLDS
from governance.reports.printed import notices, section

__all__ = [
    "THRESHOLDS",
    "evaluation_set",
    "preset",
    "rubric",
    "threshold_notices",
    "threshold_tells",
    "thresholds",
]


def _sizes(document: Document, body: dict[str, Any]) -> list[Block]:
    """How many cases each slice has: counts, never a case."""
    try:
        held = cases.stored(document)
    except Invalid:  # the bytes were disposed of, or are not what they were; the evidence says so
        return []
    rows = tuple((name, (size.cases,)) for name, size in by_slice(sizes(held, body["slices"])))
    return [StackChart(SIZES, ("cases",), rows)]


def _became(document: Document, _body: dict[str, Any]) -> list[Block]:
    """What became of the cases since the version before: counts and ids, never a case."""
    before = cases.before(document)
    if before is None:
        return []
    try:
        found = compare(cases.stored(before), cases.stored(document))
    except Invalid:  # the bytes were disposed of, or are not what they were; the evidence says so
        return [facts((f"Cases since version {before.number}", GONE))]

    def ids(names: Sequence[str]) -> str:
        return f"{len(names)}: {examples(list(names))}" if names else "0"

    return [
        facts(
            (f"Added since version {before.number}", ids([case.id for case in found.added])),
            ("Removed", ids([case.id for case in found.removed])),
            ("Changed", ids([change.id for change in found.changed])),
            ("Moved between slices", ids([change.id for change in found.moved])),
        )
    ]


def _foretold(document: Document, _body: dict[str, Any]) -> list[Block]:
    """What each threshold can show with the cases there are."""
    foretold = deciding.foretold(document)
    shown, drawn = [(one.threshold.id, one.words) for one in foretold], pictures.regions(foretold)
    columns = (Column("Threshold", 22), Column("What it can show", 78))
    return [*([drawn] if drawn else []), table(FORETOLD, columns, shown, NO_CASES)]


evaluation_set = section("evaluation set", sizes=_sizes, became=_became)
rubric = section("rubric")
thresholds = section("thresholds", foretold=_foretold)
preset = section("preset")
_known = notices("thresholds")


def threshold_notices(document: Document, body: dict[str, Any]) -> list[Notice]:
    """Warn of thresholds that the signed cases cannot decide, and of attacks and regression not looked for."""
    foretold = deciding.foretold(document)
    reasons = {one.threshold.id: one.found.reason for one in foretold if not one.decidable}
    return [*undecided(body, reasons if foretold else None), *_known(document, body)]


def threshold_tells(document: Document, _body: dict[str, Any]) -> list[Notice]:
    """Say of each threshold what it can show with the cases it is signed for, and what is left of a holdout."""
    shown = [Notice(one.threshold.id, one.words) for one in deciding.foretold(document)]
    left = spent.spent(document) if shown else None
    return [
        *shown,
        Notice("Preset", presets.made(document).words),
        *([Notice("What is left of the holdout", f"{left.words}.")] if left else []),
    ]
