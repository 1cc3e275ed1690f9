"""The cases that a threshold is about, as planning sees them: how many, how clustered, how weighted."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Sample:
    """`n` cases in `clusters` clusters, weighing `weights` together.

    `squares` and `cluster_squares` sum the squares of the weights of cases and of clusters; they say what the cases are
    worth. See `evals.engine.statistics.clusters` for the formula and its sources.
    """

    n: int
    clusters: int
    weights: float
    squares: float
    cluster_squares: float

    @classmethod
    def of(cls, cases: Iterable[tuple[str | None, Decimal]]) -> "Sample":
        """Return the sample of cases given as (cluster, weight); a case of no cluster is one of its own."""
        totals: defaultdict[str, float] = defaultdict(float)
        weights = []
        for number, (cluster, weight) in enumerate(cases):
            weights.append(float(weight))
            totals[f"c:{cluster}" if cluster is not None else f"n:{number}"] += float(weight)
        squares = sum(weight * weight for weight in weights)
        return cls(len(weights), len(totals), sum(weights), squares, sum(total**2 for total in totals.values()))

    @classmethod
    def independent(cls, n: int) -> "Sample":
        """Return the sample of `n` independent cases of equal weight."""
        return cls(n, n, n, n, n)

    def worth(self, correlation: float) -> float:
        """Return the effective number of cases at that correlation within clusters, from 0 to 1; 0 without cases."""
        shared = max(self.cluster_squares - self.squares, 0.0)
        return self.weights**2 / (self.squares + correlation * shared) if self.n else 0.0

    @property
    def least(self) -> float:
        """The effective number of cases where clusters agree within: what answers that are all right are worth."""
        return self.worth(1.0)
