"""One measured figure, the same figure of its peer, and whether the goal holds."""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Relation = Literal["<=", ">="]
_HOLDS: dict[str, Callable[[float, float], bool]] = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True)
class Goal:
    """What a figure must reach: its ratio to the peer, or (where there is no peer) its value.

    Written `ratio <= 1.10` or `value >= 100`; a measurement holds when the relation is true.
    """

    of: Literal["ratio", "value"]
    relation: Relation
    limit: float

    def __str__(self) -> str:
        return f"{self.of} {self.relation} {self.limit:g}"


@dataclass(frozen=True)
class Measurement:
    """A figure and its peer's, both in `unit` and from the same run on the same machine.

    `name` says what was measured ("ledger append on SQLite"); `peer` is the figure of the plain thing it is compared
    with ("the business row alone"), named by `beside`.

    Raises:
        ValueError: a figure is not a finite number, a peer's figure is zero, or the goal needs a peer and has none.
    """

    name: str
    value: float
    unit: str
    goal: Goal
    peer: float | None = None
    beside: str = ""

    def __post_init__(self) -> None:
        for figure in (self.value, self.peer):
            if figure is not None and not math.isfinite(figure):
                raise ValueError(f"{self.name}: found {figure}, expected a finite number; measure again")
        if self.peer == 0:
            raise ValueError(f"{self.name}: the peer's figure is 0, so there is no ratio; measure more work")
        if self.goal.of == "ratio" and self.peer is None:
            raise ValueError(
                f"{self.name}: the goal is a ratio but no peer was measured; give one or set the goal on value"
            )

    @property
    def ratio(self) -> float | None:
        """Return value / peer, or None without a peer."""
        return None if self.peer is None else self.value / self.peer

    @property
    def holds(self) -> bool:
        """Return whether the goal is met."""
        figure = self.ratio if self.goal.of == "ratio" else self.value
        return figure is not None and _HOLDS[self.goal.relation](figure, self.goal.limit)

    def as_row(self) -> dict[str, Any]:
        """Return the row of `var/bench.json`; its name says what the peer is."""
        name = f"{self.name}, beside {self.beside}" if self.beside else self.name
        figures = {"value": self.value, "unit": self.unit, "peer": self.peer, "ratio": self.ratio}
        return {"name": name, **figures, "goal": str(self.goal), "holds": self.holds}
