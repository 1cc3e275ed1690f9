"""What earlier disclosures of a holdout have used up of it: pure accounting, by case overlap.

Every disclosed verdict may be wrong with probability alpha, and whoever sees it may train towards it. By the union
bound (Bonferroni) the chance that any of several is wrong is at most the sum of their alphas, so each disclosure spends
its alpha from a budget. That is exact where a disclosure says no more than that the plan did not pass; figures shown
beside it reveal more, and then this is a rule of account, not a proof: C. Dwork, V. Feldman, M. Hardt, T. Pitassi, O.
Reingold and A. Roth, "The reusable holdout: preserving statistical validity in adaptive data analysis", Science 349
(2015) 636-638; A. Blum and M. Hardt, "The Ladder: a reliable leaderboard for machine learning competitions", ICML 2015.

A disclosure counts against a plan by the cases that both use, as a share of the smaller of the two sets. So freezing
the same cases again resets nothing, padding used cases with new ones gives nothing back, a set without any used case
has spent nothing, and replacing used cases gives back in proportion.
"""

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction

_PLACES = Decimal("0.000001")


@dataclass(frozen=True)
class Disclosure:
    """One verdict on a holdout that somebody was shown: the ids of its cases, and the alpha it was held to."""

    cases: frozenset[str]
    alpha: Decimal


@dataclass(frozen=True)
class Account:
    """What a plan may still spend: shares of error, rounded so that never less is spent nor more left than is true.

    `next` is what disclosing this plan's verdict once more spends; `costs` is what each earlier disclosure spent of it,
    in their order; `further` is how many more disclosures fit the budget.
    """

    budget: Decimal
    spent: Decimal
    left: Decimal
    next: Decimal
    costs: tuple[Decimal, ...]
    further: int

    @property
    def affordable(self) -> bool:
        """Whether the plan's verdict can be disclosed within the budget."""
        return self.further > 0


def plan_alpha(stages: Iterable[Collection[Decimal]]) -> Decimal:
    """Return the alpha of what a plan discloses: of each stage the largest of its deciding thresholds', summed.

    A stage passes only if all of them do, so it passes wrongly only if the one that should have failed passes wrongly:
    R. L. Berger, "Multiparameter hypothesis testing and acceptance sampling", Technometrics 24 (1982) 295-300. Stages
    are judged apart on the same cases, so each is a verdict of its own, and their alphas add up as those of any two do.

    Raises:
        ValueError: there is none.
    """
    found = [max(alphas) for alphas in stages if alphas]
    if not found:
        raise ValueError("found no alpha, expected that of at least one deciding threshold")
    return sum(found, Decimal(0))


def account(disclosures: Sequence[Disclosure], cases: AbstractSet[str], alpha: Decimal, budget: Decimal) -> Account:
    """Return the account of a plan with these `cases`, held to `alpha`, after the earlier `disclosures`.

    Raises:
        ValueError: the plan has no case, or an alpha or the budget is not within (0, 1].
    """
    if not cases:
        raise ValueError("found a plan without cases, expected at least one")
    for figure in (alpha, budget, *(one.alpha for one in disclosures)):
        if not 0 < figure <= 1:
            raise ValueError(f"found {figure} as an alpha or budget, expected more than 0 and at most 1")
    costs = [Fraction(one.alpha) * overlap(one.cases, cases) for one in disclosures]
    left = max(Fraction(0), Fraction(budget) - sum(costs))
    return Account(
        budget=budget,
        spent=_decimal(sum(costs, Fraction(0)), ROUND_CEILING),
        left=_decimal(left, ROUND_FLOOR),
        next=alpha,
        costs=tuple(_decimal(cost, ROUND_CEILING) for cost in costs),
        further=int(left / Fraction(alpha)),
    )


def overlap(first: AbstractSet[str], second: AbstractSet[str]) -> Fraction:
    """Return the cases in both, as a share of the smaller set: 0 if they share none, 1 if one holds the other."""
    smaller = min(len(first), len(second))
    return Fraction(len(first & second), smaller) if smaller else Fraction(0)


def _decimal(value: Fraction, rounding: str) -> Decimal:
    places = value / Fraction(_PLACES)
    whole = -((-places.numerator) // places.denominator) if rounding == ROUND_CEILING else int(places)
    return Decimal(whole) * _PLACES
