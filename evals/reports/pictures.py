"""Pictures of plans and results: verdicts against limits, what a plan can show, who was taken for whom, what failed."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from evals.engine.fields import ALL
from evals.engine.metric_names import metric as known_metric
from evals.engine.planning.foretold import Foretold, rounded
from evals.engine.words import Demand, subject
from evals.reports.words import figure, interval
from governance.reports.figures import (
    ForestChart,
    ForestRow,
    MatrixChart,
    RegionChart,
    RegionRow,
    Scale,
)

LARGEST_MATRIX = 24
"""rows or columns of a confusion matrix that can be drawn so that its counts are read"""
OF_LABEL = "f1:"
SCALES: Mapping[Scale, str] = {"share": "Shares.", "difference": "Differences, in points."}
USUAL = ("exact_match", "valid_format", "pass_rate")


def verdicts(lines: Sequence[Mapping[str, Any]], caption: str) -> list[ForestChart]:
    """Return verdict lines drawn against their limits: shares on one scale, differences on another.

    What has neither scale, such as seconds or a ratio, is left to the table.
    """
    drawn: dict[Scale, list[ForestRow]] = {"share": [], "difference": []}
    for line in lines:
        if (scale := _scale(line)) is not None:
            drawn[scale].append(_row(line))
    return [ForestChart(f"{caption} {SCALES[scale]}", tuple(rows), scale) for scale, rows in drawn.items() if rows]


def _scale(line: Mapping[str, Any]) -> Scale | None:
    if line["kind"] == "relative" or not known_metric(line["metric"]).bounded:
        return None
    return "difference" if line["kind"] in ("non_inferiority", "gap") else "share"


def _row(line: Mapping[str, Any]) -> ForestRow:
    limit, upward = Decimal(line["limit"]), line.get("direction", ">=") == ">="
    passes: Literal["above", "below"] = "above" if upward else "below"
    if line["kind"] == "non_inferiority" and upward:
        limit = -limit
    if line["kind"] == "zero_tolerance":
        passes = "below"
    return ForestRow(
        line["threshold"],
        f"{line['importance']}; {subject(Demand.of(line))}",
        interval(line),
        limit,
        passes,
        line["verdict"],
        "not measured" if line["value"] is None else "no bounds",
    )


def regions(found: Iterable[Foretold]) -> RegionChart | None:
    """Return what each threshold can show where that is a matter of measured shares; None where it is of none."""
    rows = []
    for one in found:
        asked, ranges = one.threshold, one.ranges
        if ranges is None:
            continue
        above, smallest = asked.direction == ">=", one.found.smallest
        rows.append(
            RegionRow(
                asked.id,
                f"{asked.importance}; {one.found.n} cases",
                Decimal(asked.limit),
                None if ranges.passes is None else rounded(ranges.passes, up=above),
                None if ranges.fails is None else rounded(ranges.fails, up=not above),
                None if smallest is None else rounded(smallest, up=above),
                above,
            )
        )
    caption = "What a measured share would come to, threshold by threshold, reckoned before anything was measured."
    return RegionChart(caption, tuple(rows)) if rows else None


def drawn_by_slice(lines: Iterable[Mapping[str, Any]], body: Mapping[str, Any]) -> list[str]:
    """Return the metrics that are charted beside the baseline, slice by slice: what limits ask for, then usual ones."""
    overall = body["metrics"].get(ALL, {})
    asked = [line["metric"] for line in lines if known_metric(line["metric"]).bounded]
    return [name for name in dict.fromkeys([*asked, *USUAL]) if name in overall and not name.startswith(OF_LABEL)]


def confusion(body: Mapping[str, Any]) -> MatrixChart | None:
    """Return the confusion matrix of a result drawn; None where no case has a label, or it would not be legible."""
    found, overall = body["confusion"], body["metrics"].get(ALL, {})
    labels, answers, rows = found["labels"], found["columns"], found["rows"]
    used = [j for j in range(len(answers)) if answers[j] in labels or any(row[j] for row in rows)]
    if not rows or max(len(labels), len(used)) > LARGEST_MATRIX:
        return None
    measured = [overall.get(f"{OF_LABEL}{label}") for label in labels]
    return MatrixChart(
        "Which answer was given for which target: targets down, answers across, as counts of cases.",
        tuple(labels),
        tuple(answers[j] for j in used),
        tuple(tuple(row[j] for j in used) for row in rows),
        tuple(figure(one["value"]) if one else "" for one in measured) if any(measured) else (),
        "F1",
    )
