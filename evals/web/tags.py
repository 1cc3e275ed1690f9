"""Template tags for thresholds, verdicts and intervals."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

METRICS = {
    "exact_match": "Exact match",
    "valid_format": "Valid format",
    "pass_rate": "Pass rate",
    "macro_f1": "Macro F1",
}
WIDTH, MARGIN, MIDDLE = 144, 6, 10


@register.filter
def metric_label(name: str) -> str:
    """A metric in words."""
    return f"F1 of {name[3:]}" if name.startswith("f1:") else METRICS.get(name, name)


@register.filter
def slice_label(name: str) -> str:
    """A slice in words."""
    return "all cases" if name == "all" else f"slice {name}"


@register.filter
def demand(line: Mapping[str, Any]) -> str:
    """What a threshold demands, in words."""
    what, where = metric_label(line["metric"]), slice_label(line["slice"])
    if line["kind"] == "non_inferiority":
        return f"{what} on {where} at most {line['limit']} below the baseline"
    return f"{what} on {where} at least {line['limit']}"


@register.simple_tag
def interval(line: Mapping[str, Any]) -> SafeString:
    """Draw bounds, value and limit on one axis: 0 to 1, or for a difference as far as it reaches, 0 in the middle.

    The words stand beside it, so a screen reader is spared the drawing.
    """
    if line["value"] is None or line["low"] is None:
        return mark_safe("")
    difference = line["kind"] == "non_inferiority"
    limit = -Decimal(line["limit"]) if difference else Decimal(line["limit"])
    upper = Decimal(1) if line["high"] is None else Decimal(line["high"])
    reach = max(abs(Decimal(line["low"])), abs(upper), abs(limit)) * Decimal("1.25")
    low, high = (-reach, reach) if difference and reach else (Decimal(0), Decimal(1))

    def at(value: Decimal | str) -> str:
        place = (min(max(Decimal(value), low), high) - low) / (high - low)
        return f"{MARGIN + float(place) * (WIDTH - 2 * MARGIN):.1f}"

    return format_html(
        '<svg class="interval" viewBox="0 0 {w} 20" aria-hidden="true" focusable="false">'
        '<line class="interval-axis" x1="{m}" x2="{end}" y1="{y}" y2="{y}"></line>'
        '<line class="interval-limit" x1="{limit}" x2="{limit}" y1="1" y2="19"></line>'
        '<line class="interval-range" x1="{a}" x2="{b}" y1="{y}" y2="{y}"></line>'
        '<circle class="interval-point" cx="{v}" cy="{y}" r="4.5"></circle></svg>',
        w=WIDTH,
        m=MARGIN,
        end=WIDTH - MARGIN,
        y=MIDDLE,
        limit=at(limit),
        a=at(line["low"]),
        b=at(upper),
        v=at(line["value"]),
    )


@register.filter
def tally(lines: Sequence[Mapping[str, Any]]) -> str:
    """How many thresholds came to which verdict, in words."""
    words = (("PASS", "passed"), ("FAIL", "failed"), ("INCONCLUSIVE", "inconclusive"))
    counts = [(sum(line["verdict"] == verdict for line in lines), text) for verdict, text in words]
    return ", ".join(f"{count} {text}" for count, text in counts if count)


@register.filter
def at(items: list[Any], index: int) -> Any:
    """One item of a list."""
    return items[index]
