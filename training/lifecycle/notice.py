"""What a vendor usually does: all there is to go by for a model without a date, and never more than a hint."""

from collections.abc import Iterable

from training.lifecycle import survival
from training.lifecycle.figures import Figures
from training.lifecycle.lengths import Lengths
from training.lifecycle.model import SERVING_ENDS, Base, Inputs, Notice, Spread
from training.lifecycle.words import current, earliest

LEAST = (0.5, 0.2, 0.05)
"""Of 100 models, 50, 80 and 95 had at least the length at these shares from below."""


def notices(bases: Iterable[Base], inputs: Inputs) -> list[int]:
    """Return the days from announcement to end of each model with both, ascending; its sources' shortest counts.

    All `bases` are one vendor's. Hosted ones alone count: weights that are held do not end by announcement.
    """
    found = []
    for base in bases:
        words = current(base.seen, SERVING_ENDS, inputs.as_of) if base.hosted else ()
        days = [(word.date - word.announced_on).days for word in words if word.date and word.announced_on]
        if days:
            found.append(max(0, min(days)))
    return sorted(found)


def usual(bases: Iterable[Base], inputs: Inputs) -> Notice:
    """Return the notice and lifetime of these bases of one vendor, as known at the inputs' moment."""
    bases = [base for base in bases if base.hosted]
    given = notices(bases, inputs)
    ended, going_on = [], []
    for base in bases:
        if base.released_on is None or base.released_on > inputs.today:
            continue
        last = earliest(current(base.seen, SERVING_ENDS, inputs.as_of))
        if last is not None and last.date is not None:
            ended.append(float(max(0, (last.date - base.released_on).days)))
        else:
            going_on.append(float((inputs.today - base.released_on).days))
    lifetimes = len(ended) + len(going_on)
    return Notice(
        notice=_at_least(survival.lengths(map(float, given), ()), "usual notice", len(given), bases, inputs),
        lifetime=_at_least(survival.lengths(ended, going_on), "usual lifetime", lifetimes, bases, inputs),
        notices=len(given),
        lifetimes=lifetimes,
    )


def _at_least(lengths: Lengths, formula: str, models: int, bases: Iterable[Base], inputs: Inputs) -> Spread:
    make = Figures(inputs.as_of)
    if not models:
        return make.spread((None, None, None), formula, (), "unknown", models=models)
    p50, p80, p95 = (lengths.quantile(share) for share in LEAST)
    sources = dict.fromkeys(base.digest for base in bases)
    return make.spread((p50, p80, p95), formula, sources, "weak", models=models)
