"""The picture of what a plan can show, reckoned from its cases."""

from collections.abc import Iterable
from decimal import Decimal

from evals.engine.planning.foretold import Foretold, rounded
from governance.proof.charts.figures import RegionChart, RegionRow
from governance.proof.sections.plans import REGIONS


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
    return RegionChart(REGIONS, tuple(rows)) if rows else None
