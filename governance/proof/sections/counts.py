"""What a result keeps of single answers, as reports tell it: how many failed, what changed, how far figures moved."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from governance.proof.charts import counts as charts
from governance.proof.charts.counts import BEFORE, COUNTED, MOVED
from governance.proof.charts.intervals import MINUS, signed
from governance.proof.charts.results import ALL
from governance.proof.sections.amounts import in_words
from governance.proof.sections.blocks import Block, Column, KeyFigure, Paragraph, Value, table
from governance.proof.words.printed import plain, rounded
from governance.proof.words.vocabulary import counted_in

MISSED: Final = "Answers that missed a criterion, of those it applies to."
EVERY_DIFFERENCE: Final = f"Every difference from the baseline, paired case by case. {COUNTED}"
UNPAIRED: Final = "No baseline was named, or the result is from before differences from it were kept."
UNCOUNTED: Final = (
    "The result is from before counts of single answers were kept with it; whoever may see them finds them on its page."
)


def lost(role: str) -> str:
    """Return the caption of the table of what was right before and is wrong now."""
    return f"What was right before and is wrong now, beside {BEFORE[role]}: answers, by slice."


def became(body: Mapping[str, Any]) -> list[Block]:
    """How many answers passed and failed, and which criteria they missed, slice by slice."""
    kept = charts.by_slice(body.get("became") or {})
    if not kept:
        return [Paragraph(UNCOUNTED)]
    names = sorted({name for _, row in kept for name in row["missed"]})
    columns = (Column("Slice", 24), *(Column(name, 76 / len(names), "right") for name in names))
    missed: list[tuple[Value, ...]] = [
        (piece, *(f"{row['missed'][name]['failed']} of {row['missed'][name]['n']}" for name in names))
        for piece, row in kept
    ]
    return [*charts.became(body), table(MISSED, columns, missed)]


def moved(body: Mapping[str, Any], role: str) -> list[Block]:
    """What was right and wrong before, beside the result that a result names in a role, slice by slice."""
    kept = charts.by_slice((body.get("moved") or {}).get(role) or {})
    if not kept:
        return [Paragraph(UNCOUNTED)]
    columns = (Column("Slice", 28), *(Column(part.capitalize(), 18, "right") for part in MOVED))
    rows: list[tuple[Value, ...]] = [(piece, *charts.counts(row, MOVED)) for piece, row in kept]
    return [*charts.moved(body, role), table(lost(role), columns, rows)]


def differences(body: Mapping[str, Any]) -> list[Block]:
    """How a result differs from its baseline, metric by metric, paired case by case."""
    rows: list[tuple[Value, ...]] = [
        (in_words(name), piece, one["how"], *less(name, one), one["n"], tells(one))
        for piece, name, one in charts.paired(body)
    ]
    if not rows:
        return [Paragraph(UNPAIRED)]
    columns = (
        Column("Metric", 21), Column("Slice", 14), Column("How", 10), Column("Value", 13, "right"),
        Column("Bounds", 18, "right"), Column("Cases", 8, "right"), Column("What that tells", 16),
    )  # fmt: skip
    return [*charts.differences(body), table(EVERY_DIFFERENCE, columns, rows)]


def over_baseline(body: Mapping[str, Any], name: str) -> list[KeyFigure]:
    """How far a result is from its baseline in a metric over all cases, in large type; nothing where it is not told."""
    one = (body.get("differences") or {}).get(ALL, {}).get(name)
    if one is None or one["how"] != "difference":
        return []
    return [KeyFigure(signed(Decimal(one["value"])), "Points over baseline", tells(one))]


def less(name: str, one: Mapping[str, Any]) -> tuple[str, str]:
    """How far a metric moved, and between which one-sided bounds, such as "+71.7 points" and "+66.9 to +75.9 points".

    Bounds are rounded outwards; a ratio has no unit.
    """
    value, unit = _in_unit(name, one, "value", ROUND_HALF_EVEN)
    said = f"{value} {unit}".strip()
    if one["low"] is None or one["high"] is None:
        return said, "no bounds"
    low, _ = _in_unit(name, one, "low", ROUND_FLOOR)
    high, _ = _in_unit(name, one, "high", ROUND_CEILING)
    return said, f"{low} to {high} {unit}".strip()


def _in_unit(name: str, one: Mapping[str, Any], end: str, rounding: str) -> tuple[str, str]:
    """Return a figure with its sign, and what it is counted in."""
    shown = rounded(Decimal(one[end]), rounding)
    if one["how"] == "ratio":
        return plain(shown), ""
    figure, _, unit = counted_in(name, shown, "gap").partition(" ")
    return (f"+{figure}" if shown > 0 else figure.replace("-", MINUS)), unit


def tells(one: Mapping[str, Any]) -> str:
    """What the bounds of a difference tell: better or worse when both lie on one side of no difference."""
    none = Decimal(1) if one["how"] == "ratio" else Decimal(0)
    if one["low"] is not None and Decimal(one["low"]) > none:
        return "better" if one["better"] else "worse"
    if one["high"] is not None and Decimal(one["high"]) < none:
        return "worse" if one["better"] else "better"
    return "not told apart"
