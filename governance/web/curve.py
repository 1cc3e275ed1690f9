"""A run's figures as a line chart: coordinates for an inline SVG that the template draws. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 68, 16, 14, 34
TICKS = 4
# Which figure is drawn when a runner reports several, and which one counts along the bottom.
FIGURES = ("loss", "tokens_per_second")
ALONG = ("step", "cases", "done")


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where (in the SVG's units) and what it says."""

    at: float
    text: str


@dataclass(frozen=True)
class Chart:
    """A line through points; `summary` says in words what it shows."""

    figure: str
    along: str
    points: str
    last: tuple[float, float]
    xs: list[Tick]
    ys: list[Tick]
    rows: list[tuple[str, str]]
    summary: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def chart(points: Sequence[Mapping[str, Any]]) -> Chart | None:
    """Return the chart of the points' first known figure, or None when there are fewer than two to draw."""
    figure = next((name for name in FIGURES if any(name in point for point in points)), None)
    along = next((name for name in ALONG if any(name in point for point in points)), None)
    if figure is None or along is None:
        return None
    pairs = [
        (x, y) for p in points if (x := _number(p.get(along))) is not None and (y := _number(p.get(figure))) is not None
    ]
    if len(pairs) < 2:
        return None
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    across, up = _scale(min(xs), max(xs), LEFT, WIDTH - RIGHT), _scale(min(ys), max(ys), HEIGHT - BOTTOM, TOP)
    placed = [(round(across(x), 1), round(up(y), 1)) for x, y in pairs]
    return Chart(
        figure=figure,
        along=along,
        points=" ".join(f"{x},{y}" for x, y in placed),
        last=placed[-1],
        xs=_ticks(min(xs), max(xs), across, whole=all(x == int(x) for x in xs)),
        ys=_ticks(min(ys), max(ys), up),
        rows=[(_text(x), _text(y)) for x, y in _thinned(pairs)],
        summary=f"{figure} from {_text(ys[0])} to {_text(ys[-1])}, lowest {_text(min(ys))}, over {len(pairs)} points",
    )


def _scale(low: float, high: float, start: float, end: float) -> Any:
    span = high - low or 1.0
    return lambda value: start + (value - low) / span * (end - start)


def _ticks(low: float, high: float, place: Any, *, whole: bool = False) -> list[Tick]:
    values = [low + (high - low) * step / TICKS for step in range(TICKS + 1)] if high > low else [low]
    if whole:  # there is no step 37.8
        values = sorted({float(round(value)) for value in values})
    return [Tick(round(place(value), 1), _text(value)) for value in values]


def _thinned(pairs: list[tuple[float, float]], most: int = 12) -> list[tuple[float, float]]:
    if len(pairs) <= most:
        return pairs
    return [pairs[round(step * (len(pairs) - 1) / (most - 1))] for step in range(most)]


def _number(value: Any) -> float | None:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return float(found) if found.is_finite() else None


def _text(value: float) -> str:
    return f"{value:.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.3g}"
