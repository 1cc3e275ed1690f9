"""One metric of several arms, drawn: a row for each arm, slice by slice, on one scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from evals.engine.fields import ALL
from evals.engine.metric_names import metric
from evals.engine.results import Measure
from evals.engine.thresholds import Threshold
from evals.selectors.arms import Arm

WIDTH = 1000
"""of the drawing; it is stretched to the room there is, with lines and points that keep their size"""
MARGIN = 12
ROOM = 0.08
STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Bar:
    """What one arm came to: its place on the scale, and the figure itself. Places are None where nothing is known."""

    arm: Arm
    measure: Measure | None
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Panel:
    """The arms on one slice; `band` is what is known of the reference, `limits` what the plan asks for."""

    slice: str
    bars: Sequence[Bar]
    band: tuple[float, float] | None
    limits: Sequence[float]


@dataclass(frozen=True)
class Chart:
    """Panels over one scale, whose ticks are pairs of place and figure."""

    metric: str
    panels: Sequence[Panel]
    ticks: Sequence[tuple[float, str]]
    width: int = WIDTH


def chart(name: str, arms: Sequence[Arm], reference: Arm | None, thresholds: Sequence[Threshold]) -> Chart | None:
    """Return the drawing of a metric; None where no arm was measured by it."""
    measured = {piece for arm in arms for piece, figures in arm.body.metrics.items() if name in figures}
    pieces = sorted(measured, key=lambda piece: (piece != ALL, piece))
    found = [m for arm in arms for piece in pieces if (m := arm.body.metrics.get(piece, {}).get(name))]
    if not found:
        return None
    asked = [t for t in thresholds if t.metric == name and t.kind == "absolute"]
    values = [float(part) for m in found for part in (m.value, m.low, m.high) if part is not None]
    scale = _Scale([*values, *(float(one.limit) for one in asked)], name)
    return Chart(
        name,
        [
            Panel(
                piece,
                [_bar(arm, arm.body.metrics.get(piece, {}).get(name), scale) for arm in arms],
                _band(reference, piece, name, scale),
                [scale.at(one.limit) for one in asked if one.slice == piece],
            )
            for piece in pieces
        ],
        scale.ticks,
    )


def _bar(arm: Arm, found: Measure | None, scale: "_Scale") -> Bar:
    if found is None:
        return Bar(arm, None)
    ends = [None if part is None else scale.at(part) for part in (found.value, found.low, found.high)]
    return Bar(arm, found, *ends)


def _band(reference: Arm | None, piece: str, name: str, scale: "_Scale") -> tuple[float, float] | None:
    found = reference.body.metrics.get(piece, {}).get(name) if reference else None
    if found is None or found.low is None or found.high is None:
        return None
    low, high = scale.at(found.low), scale.at(found.high)
    return low, round(high - low, 1)


class _Scale:
    """From what was measured to places on the drawing, with round figures at the ticks."""

    def __init__(self, values: Sequence[float], name: str) -> None:
        known = metric(name)
        low, high = min(values), max(values)
        room = (high - low or abs(high) or 1.0) * ROOM
        self._low, self._high = max(low - room, 0.0), high + room
        if known.bounded:
            self._high = min(self._high, 1.0)
        step = _step((self._high - self._low) / 4)
        first = int(self._low / step) + (self._low > int(self._low / step) * step)
        ticks = [number * step for number in range(first, int(self._high / step + 1e-9) + 1)]
        self.ticks = [(self.at(tick), _told(tick, step, known.bounded)) for tick in ticks]

    def at(self, value: str | float) -> float:
        """Return the place of a figure."""
        share = (float(value) - self._low) / (self._high - self._low)
        return round(MARGIN + min(max(share, 0.0), 1.0) * (WIDTH - 2 * MARGIN), 1)


def _step(rough: float) -> float:
    """Return the round figure at or above a rough distance of ticks."""
    size = Decimal(10) ** (Decimal(rough).adjusted())
    return float(next(Decimal(str(step)) * size for step in STEPS if float(Decimal(str(step)) * size) >= rough))


def _told(tick: float, step: float, bounded: bool) -> str:
    value, distance = (tick * 100, step * 100) if bounded else (tick, step)
    places = max(-Decimal(str(round(distance, 12))).normalize().as_tuple().exponent, 0)  # type: ignore[operator]
    return f"{value:.{places}f}" + (" %" if bounded else "")
