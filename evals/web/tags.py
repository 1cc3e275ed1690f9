"""Template tags for thresholds, verdicts and intervals."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from evals import reports
from evals.engine import words
from evals.engine.comparisons import Difference
from evals.engine.metric_names import in_words, metric
from evals.engine.stages import Stage
from evals.engine.words import Demand, required, subject
from evals.selectors import coverage, deciding, grading, judgements, quality
from governance.errors import Invalid
from governance.models import Document, User

register = template.Library()

WIDTH, MARGIN, MIDDLE = 144, 6, 10
REACH, LETTER, SMALLEST_MARGIN = 320, 7.5, 0.04
"""width of the drawing of a threshold's reach and of a letter in it, and the share shown beyond each end at least"""


@register.filter
def metric_label(name: str) -> str:
    """A metric in words."""
    words = in_words(name)
    return words[:1].upper() + words[1:]


@register.filter
def slice_label(name: str) -> str:
    """A slice in words."""
    return "all cases" if name == "all" else f"slice {name}"


@register.filter
def in_unit(value: str, name: str) -> str:
    """A figure in the unit of its metric: percent, seconds, tokens, dollars."""
    known, found = metric(name), Decimal(value)
    if known.bounded:
        return f"{found * 100:.1f} %"
    if known.unit == "USD":
        return f"{found:.6f}".rstrip("0").rstrip(".") + " USD" if found < 1 else f"{found:.2f} USD"
    if known.unit == "s":
        return f"{found * 1000:.0f} ms" if found < 1 else f"{found:.2f} s"
    return f"{found:,.0f}" if found >= 100 else f"{found:.1f}".removesuffix(".0")


@register.filter
def differs(found: Difference, name: str) -> str:
    """A difference in words: points of shares, or the metric's unit with its sign, or times."""
    return _differs(found.value, found.how, name)


@register.filter
def differs_between(found: Difference, name: str) -> str:
    """The bounds of a difference in words."""
    ends = [None if end is None else _differs(end, found.how, name) for end in (found.low, found.high)]
    if ends[0] is None or ends[1] is None:
        return "no bounds"
    return f"{ends[0]} to {ends[1]}"


def _differs(value: str, how: str, name: str) -> str:
    if how == "ratio":
        return f"{Decimal(value):.2f} times"
    found = Decimal(value)
    sign = "+" if found > 0 else "−" if found < 0 else "±"
    if metric(name).bounded:
        return f"{sign}{abs(found) * 100:.1f} points"
    return f"{sign}{in_unit(str(abs(found)), name)}"


@register.filter
def demand(line: Mapping[str, Any]) -> str:
    """What a threshold demands, in words."""
    asked = Demand.of(line)
    about = subject(asked)
    return f"{about[:1].upper()}{about[1:]}: {required(asked)}"


@register.simple_tag
def interval(line: Mapping[str, Any]) -> SafeString:
    """Draw bounds, value and limit on one axis: 0 to 1, or as far as they reach, a difference with 0 in the middle.

    The words stand beside it, so a screen reader is spared the drawing.
    """
    if line["value"] is None or (line["low"] is None and line["high"] is None):
        return mark_safe("")
    difference = line["kind"] == "non_inferiority"
    limit = Decimal(line["limit"])
    if difference and line.get("direction", ">=") == ">=":
        limit = -limit
    known = metric(line["metric"]).bounded and line["kind"] != "relative"
    found = [Decimal(part) for part in (line["value"], line["low"], line["high"]) if part is not None]
    reach = max(abs(part) for part in (*found, limit)) * Decimal("1.25")
    low, high = (-reach, reach) if difference and reach else (Decimal(0), Decimal(1) if known else reach or Decimal(1))
    lower = low if line["low"] is None else Decimal(line["low"])
    upper = high if line["high"] is None else Decimal(line["high"])

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
        a=at(lower),
        b=at(upper),
        v=at(line["value"]),
    )


@register.simple_tag
def reach(thresholds: Document, name: str) -> SafeString:
    """Draw which measured shares of a threshold come to which verdict; nothing where it is not about a share.

    The words stand beside it, so a screen reader is spared the drawing.
    """
    one = next((one for one in deciding.foretold(thresholds) if one.threshold.id == name), None)
    if one is None or one.ranges is None or one.ranges.passes is None:
        return mark_safe("")
    passes, limit = one.ranges.passes, float(one.threshold.limit)
    turned = one.threshold.direction == "<="
    fails = one.ranges.fails if one.ranges.fails is not None else float(turned)
    margin = max(abs(passes - fails), SMALLEST_MARGIN)
    low, high = max(0.0, min(passes, fails) - margin), min(1.0, max(passes, fails) + margin)

    def at(value: float) -> float:
        return round(1 + (value - low) / (high - low) * (REACH - 2), 1)

    inner = sorted((at(passes), at(fails)))
    ends = ("pass", "fail") if turned else ("fail", "pass")
    parts = [(ends[0], 1.0, inner[0]), ("open", inner[0], inner[1]), (ends[1], inner[1], REACH - 1.0)]
    words = {"pass": "PASS", "open": "not shown", "fail": "FAIL"}
    drawn = format_html_join(
        "",
        '<rect class="reach-{}" x="{}" y="2" width="{}" height="18"></rect>',
        ((kind, start, round(end - start, 1)) for kind, start, end in parts),
    )
    told = format_html_join(
        "",
        '<text class="reach-text" x="{}" y="15">{}</text>',
        ((round((a + b) / 2, 1), words[kind]) for kind, a, b in parts if b - a >= len(words[kind]) * LETTER),
    )
    return format_html(
        '<svg class="reach" viewBox="0 0 {w} 36" aria-hidden="true" focusable="false">{drawn}'
        '<line class="interval-limit" x1="{x}" x2="{x}" y1="21" y2="27"></line>{told}'
        '<text class="reach-end" x="1" y="33">{low}</text>'
        '<text class="reach-end reach-last" x="{end}" y="33">{high}</text></svg>',
        w=REACH,
        drawn=drawn,
        told=told,
        x=at(min(max(limit, low), high)),
        end=REACH - 1,
        low=f"{low * 100:.0f} %",
        high=f"{high * 100:.0f} %",
    )


@register.simple_tag
def by_role(document: Document, body: Mapping[str, Any]) -> list[coverage.Section]:
    """The verdict lines about regression and about attacks."""
    return coverage.sections(document, body["verdicts"])


@register.filter
def figure(value: str | None) -> str:
    """A decimal in at most three places, as reports print it; documents keep all of them."""
    return reports.figure(value)


@register.simple_tag
def rounds_waiting(user: User) -> list[grading.Waiting]:
    """Open grading rounds in which outputs wait for somebody."""
    return grading.waiting(user)


@register.simple_tag
def judged_by_people(result: Document) -> judgements.Standing:
    """What a result is worth once people have graded: its newest judgement, and what still waits for them."""
    return judgements.standing(result)


@register.simple_tag
def by_stages(document: Document, body: Mapping[str, Any]) -> list[Stage]:
    """The verdict lines of each stage, with what the stage came to."""
    return coverage.by_stages(document, body["verdicts"])


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


@register.filter
def check_label(check: str) -> str:
    """A quality check in words."""
    return words.check(check)


@register.simple_tag
def quality_told(body: Mapping[str, Any]) -> quality.Told:
    """The findings of a quality report, sorted into what they are about."""
    return quality.told(body)


@register.simple_tag
def leaked(document: Document, user: User) -> Mapping[str, Sequence[str]]:
    """The cases that each finding of a quality report names, for a reader who may see them; none if they are gone."""
    try:
        return quality.leaked(user, document)
    except Invalid:
        return {}


@register.filter
def named_by(cases: Mapping[str, Sequence[str]], finding: Mapping[str, Any]) -> Sequence[str]:
    """The cases that one finding names."""
    return cases.get(finding["check"], ())
