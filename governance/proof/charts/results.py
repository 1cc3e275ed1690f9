"""The charts of what was measured and judged, out of bodies with `metrics`, `verdicts` and a `confusion`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Literal

from governance.proof.charts.figures import (
    ChartRow,
    ForestChart,
    ForestRow,
    IntervalChart,
    MatrixChart,
    Scale,
)
from governance.proof.charts.held import Held
from governance.proof.charts.intervals import Interval
from governance.proof.words.printed import capital
from governance.proof.words.vocabulary import in_unit, measure, measured

ALL: Final = "all"
"""the slice that every case belongs to"""
STAGES: Final = ("release", "pilot", "production")
"""the stages of a plan, in their order; a line without one is of the first"""
LARGEST_MATRIX: Final = 24
"""rows or columns of a confusion matrix that can be drawn so that its counts are read"""
OF_LABEL: Final = "f1:"
SCALES: Final[Mapping[Scale, str]] = {"share": "Shares.", "difference": "Differences, in points."}
ALWAYS: Final = ("exact_match", "valid_format")
"""the metrics that a result's own section charts beside the baseline"""
USUAL: Final = (*ALWAYS, "pass_rate")
"""those that a release's does, besides what its limits ask for"""

Line = Mapping[str, Any]


def interval(measured: Line | None) -> Interval | None:
    """Return what a chart draws of a measure; None where it was not measured or has no bounds."""
    if measured is None or measured["low"] is None or measured["high"] is None:
        return None
    return Interval(Decimal(measured["value"]), Decimal(measured["low"]), Decimal(measured["high"]))


def subject(metric: str, piece: str, kind: str, groups: Iterable[str] = ()) -> str:
    """Return what a limit is about: the metric and the slice, or the groups."""
    if kind == "gap":
        return f"{measure(metric)}, gap between {', '.join(groups)}"
    return f"{measure(metric)} on {'all cases' if piece == ALL else piece}"


def stage_of(line: Line) -> str:
    """Return the stage of a threshold or a verdict line."""
    return str(line.get("stage") or STAGES[0])


def verdicts(stage: str, lines: Iterable[Line]) -> list[ForestChart]:
    """Return the verdict lines of a stage against their limits: shares on one scale, differences on another.

    What has neither scale, such as seconds or a ratio, is left to the table.
    """
    drawn: dict[Scale, list[ForestRow]] = {"share": [], "difference": []}
    for line in lines:
        if (scale := _scale(line)) is not None:
            drawn[scale].append(_row(line))
    caption = f"Stage {stage}, each limit as signed."
    return [ForestChart(f"{caption} {SCALES[scale]}", tuple(rows), scale) for scale, rows in drawn.items() if rows]


def _scale(line: Line) -> Scale | None:
    if line["kind"] == "relative" or not measured(line["metric"]).bounded:
        return None
    return "difference" if line["kind"] in ("non_inferiority", "gap") else "share"


def _row(line: Line) -> ForestRow:
    limit, upward = Decimal(line["limit"]), line.get("direction", ">=") == ">="
    passes: Literal["above", "below"] = "above" if upward else "below"
    if line["kind"] == "non_inferiority" and upward:
        limit = -limit
    if line["kind"] == "zero_tolerance":
        passes = "below"
    return ForestRow(
        line["threshold"],
        f"{line['importance']}; {subject(line['metric'], line['slice'], line['kind'], line.get('groups', ()))}",
        interval(line),
        limit,
        passes,
        line["verdict"],
        "not measured" if line["value"] is None else "no bounds",
    )


def slices(name: str, body: Mapping[str, Any], lines: Iterable[Line], before: Mapping[str, Any]) -> list[IntervalChart]:
    """Return a metric by slice beside the `metrics` of the baseline; none where it was not measured with bounds."""
    limits = {
        one["slice"]: Decimal(one["limit"]) for one in lines if (one["metric"], one["kind"]) == (name, "absolute")
    }
    rows = []
    for piece in sorted(body["metrics"], key=lambda piece: (piece != ALL, piece)):
        now = interval(body["metrics"][piece].get(name))
        if now is None:
            continue
        label = "all cases" if piece == ALL else piece
        one, other = (now, None) if body["arm"] == "base" else (interval(before.get(piece, {}).get(name)), now)
        rows.append(ChartRow(label, one, other, limits.get(piece)))
    caption = f"{capital(measure(name))} by slice. Each end of a bar is a one-sided 95 % bound."
    return [IntervalChart(caption, tuple(rows))] if rows else []


def drawn_by_slice(lines: Iterable[Line], body: Mapping[str, Any]) -> list[str]:
    """Return the metrics that a release charts slice by slice: what limits ask for, then usual ones."""
    overall = body["metrics"].get(ALL, {})
    asked = [line["metric"] for line in lines if measured(line["metric"]).bounded]
    return [name for name in dict.fromkeys([*asked, *USUAL]) if name in overall and not name.startswith(OF_LABEL)]


def confusion(body: Mapping[str, Any]) -> list[MatrixChart]:
    """Return the confusion matrix of a result; none where no case has a label, or it would not be legible."""
    found, overall = body["confusion"], body["metrics"].get(ALL, {})
    labels, answers, rows = found["labels"], found["columns"], found["rows"]
    used = [j for j in range(len(answers)) if answers[j] in labels or any(row[j] for row in rows)]
    if not rows or max(len(labels), len(used)) > LARGEST_MATRIX:
        return []
    known = [overall.get(f"{OF_LABEL}{label}") for label in labels]
    return [
        MatrixChart(
            "Which answer was given for which target: targets down, answers across, as counts of cases.",
            tuple(labels),
            tuple(answers[j] for j in used),
            tuple(tuple(row[j] for j in used) for row in rows),
            tuple(in_unit(OF_LABEL, one["value"]) if one else "" for one in known) if any(known) else (),
            "F1",
        )
    ]


def judged(lines: Sequence[Line]) -> Iterator[ForestChart]:
    """Yield the verdict lines, stage by stage."""
    for stage in STAGES:
        yield from verdicts(stage, [line for line in lines if stage_of(line) == stage])


def counted(result: Held) -> Sequence[Line]:
    """Return the verdict lines that count: with people's grades, once they are there, where some wait for them."""
    lines: Sequence[Line] = _judged_last(result)["verdicts"]
    return lines


def verdict(result: Held) -> str | None:
    """Return the verdict that counts, of the lines that `counted` returns; None: it was not judged."""
    found: str | None = _judged_last(result)["verdict"]
    return found


def _judged_last(result: Held) -> Mapping[str, Any]:
    """Return the body that holds the verdicts that count: the result's own, or of the newest judgement by people."""
    waits = any(line.get("waits_for") == "people" for line in result.body["verdicts"])
    anew = [one.body for one in result.named_by("result") if "verdicts" in one.body] if waits else []
    return anew[-1] if anew else result.body


def of_slices(result: Held) -> Iterator[IntervalChart]:
    """Yield what is charted slice by slice of the result that a release rests on."""
    lines = counted(result)
    for name in drawn_by_slice(lines, result.body):
        yield from slices(name, result.body, lines, _before(result))


def _before(result: Held) -> Mapping[str, Any]:
    baseline = result.linked("baseline")
    found: Mapping[str, Any] = baseline.body["metrics"] if baseline is not None else {}
    return found
