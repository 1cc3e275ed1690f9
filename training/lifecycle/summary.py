"""What page one says: how much hangs on each vendor, and the few figures that sum it up."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal

from training.lifecycle.figures import DAYS, PROBABILITY, Figures, weakest
from training.lifecycle.model import BANDS, BaseRisk, DependantRisk, Figure, Headline, Inputs, Label, VendorRisk, worst


def vendors(bases: Sequence[BaseRisk], dependants: Sequence[DependantRisk], inputs: Inputs) -> tuple[VendorRisk, ...]:
    """Return what hangs on each vendor, by name."""
    make = Figures(inputs.as_of).figure
    of_base: dict[str | None, list[DependantRisk]] = defaultdict(list)
    for one in dependants:
        of_base[one.dependant.base].append(one)
    found: dict[str, list[BaseRisk]] = defaultdict(list)
    for base in bases:
        found[base.base.vendor].append(base)
    result = []
    for vendor, theirs in sorted(found.items()):
        hanging = [one for base in theirs for one in of_base[base.base.digest]]
        digests = tuple(one.dependant.digest for one in hanging)
        result.append(
            VendorRisk(
                vendor=vendor,
                bases=tuple(base.base.digest for base in theirs),
                dependants=digests,
                share=make(
                    len(hanging) / len(dependants) if dependants else 0.0,
                    PROBABILITY,
                    "share of dependants",
                    digests,
                    dependants=len(hanging),
                    of=len(dependants),
                ),
                worst=worst((*(base.band for base in theirs), *(one.band for one in hanging))),
            )
        )
    return tuple(result)


def headline(dependants: Sequence[DependantRisk], inputs: Inputs) -> Headline:
    """Return the figures that sum the dependants up."""
    make = Figures(inputs.as_of).figure
    counts = Counter(one.band for one in dependants)
    named = {band: [one.dependant.digest for one in dependants if one.band == band] for band in BANDS}
    currencies = sorted({one.dependant.currency for one in dependants if one.dependant.daily_impact is not None})
    return Headline(
        by_band=tuple((band, make(counts[band], "dependants", "count", named[band])) for band in BANDS),
        past_latest_start=tuple(named["red"]),
        unproven=tuple(one.dependant.digest for one in dependants if not one.dependant.proven),
        uncovered=_sum([one.uncovered for one in dependants], DAYS, make=Figures(inputs.as_of)),
        impact=tuple((currency, _impact(dependants, currency, Figures(inputs.as_of))) for currency in currencies),
    )


def _impact(dependants: Sequence[DependantRisk], currency: str, make: Figures) -> Figure:
    return _sum([one.impact for one in dependants if one.dependant.currency == currency], currency, make)


def _sum(figures: Sequence[Figure], unit: str, make: Figures) -> Figure:
    """Return the sum of those that are known, at least that if others are not."""
    known = [figure for figure in figures if isinstance(figure.value, float | Decimal)]
    missing = len(figures) - len(known)
    more: Label = "at least" if missing else ""
    sources = dict.fromkeys(source for figure in known for source in figure.sources)
    label = weakest(more, *(figure.label for figure in known))
    amounts = [figure.value for figure in known if isinstance(figure.value, Decimal)]
    lengths = [figure.value for figure in known if isinstance(figure.value, float)]
    total = sum(amounts, Decimal(0)) if amounts else math.fsum(lengths) if lengths else None
    return make.figure(total, unit, "sum", sources, label if known else "unknown", known=len(known), unknown=missing)
