"""The section that puts a result beside the other arms of its plan."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from evals.engine.fields import ALL
from evals.engine.metric_names import metric as known_metric
from evals.reports.words import difference, interval, metric
from evals.selectors import arms
from governance.errors import Invalid
from governance.models import Document
from governance.proof.charts.figures import ChartRow, IntervalChart
from governance.proof.sections.arms import OPERATION, figure
from governance.proof.sections.blocks import Block, Column, Heading, Value, table
from governance.proof.words.printed import capital
from governance.selectors import documents as docs


def side_by_side(document: Document) -> list[Block]:
    """The arms of the plan as they stood when this result was accepted: later ones change no report."""
    thresholds = docs.linked_one(document, "thresholds")
    found = arms.of_plan(thresholds, document.seq + 1) if thresholds is not None else None
    chosen = found.chosen() if found is not None else []
    if found is None or len(chosen) < 2:
        return []
    overall = [name for piece, name in arms.metrics(chosen, found.demands) if piece == ALL]
    asked_first = next((t.metric for t in found.demands.thresholds if t.metric in overall), overall[0])
    rows: list[tuple[Value, ...]] = [
        (
            f"{arm.name}: {arm.answered}",
            arm.proof,
            _came_to(arm, asked_first),
            difference,
            *(_came_to(arm, name, alone=True) for name in OPERATION),
        )
        for arm, difference in zip(chosen, _less(found, chosen, asked_first), strict=True)
    ]
    columns = (
        Column("Arm", 22), Column("Whose word that is", 17), Column(capital(metric(asked_first)), 14, "right"),
        Column("Less the base model", 17, "right"), Column("Cost per call", 11, "right"),
        Column("Median latency", 10, "right"), Column("Tokens per call", 9, "right"),
    )  # fmt: skip
    caption = "Arms measured by the same plan before, on the same cases. Only the tuned model is judged."
    return [Heading("Side by side"), *_arms_chart(found, chosen, asked_first), table(caption, columns, rows)]


def _arms_chart(found: arms.Arms, chosen: Sequence[arms.Arm], name: str) -> list[Block]:
    asked_for = (name, ALL, "absolute")
    asked = [t for t in found.demands.thresholds if (t.metric, t.slice, t.kind) == asked_for]
    limits = [Decimal(t.limit) for t in asked]
    drawn = [
        ChartRow(f"{arm.name}: {arm.answered}", None, measured.told(), limits[0] if limits else None)
        for arm in chosen
        if (measured := interval(_told(arm, name))) is not None
    ]
    if not drawn or not known_metric(name).bounded:
        return []
    caption = f"{capital(metric(name))} of each arm on all cases. Each end of a bar is a one-sided 95 % bound."
    return [IntervalChart(caption, tuple(drawn), ("", "measured"))]


def _less(found: arms.Arms, chosen: Sequence[arms.Arm], name: str) -> list[str]:
    """How each arm differs from the base model, paired, in words."""
    reference = found.reference(chosen)
    if reference is None:
        return ["no base model here"] * len(chosen)
    try:
        told = arms.differences(found, chosen, reference).arms
    except Invalid:  # the bytes were disposed of, or are not what they were; the evidence says so
        return ["not compared: the outputs cannot be read as frozen"] * len(chosen)
    differs = [told.get(arm.result.digest, {}).get(ALL, {}).get(name) for arm in chosen]
    return [
        "the base model" if arm is reference else "" if one is None else "{} ({})".format(*difference(name, one))
        for arm, one in zip(chosen, differs, strict=True)
    ]


def _told(arm: arms.Arm, name: str) -> dict[str, Any] | None:
    found = arm.body.metrics.get(ALL, {}).get(name)
    return None if found is None else found.model_dump()


def _came_to(arm: arms.Arm, name: str, *, alone: bool = False) -> str:
    return figure(name, _told(arm, name), alone=alone)
