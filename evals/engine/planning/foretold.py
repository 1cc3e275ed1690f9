"""What a plan's thresholds can show with the cases they are held to, threshold by threshold, in plain words."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from evals.engine.bounds import wilson_high, wilson_low
from evals.engine.evaluation_set import Expects
from evals.engine.fields import ALL
from evals.engine.metric_names import argument, in_words, metric
from evals.engine.planning.decidability import Claim, Decidability, decidable
from evals.engine.planning.sample import Sample
from evals.engine.thresholds import Threshold, ThresholdsBody
from governance.proof.sections.plans import CANNOT

"""the chance of showing what is true that is reckoned with where a threshold names none"""


@dataclass(frozen=True)
class Planned:
    """What is known of a case before anything is measured: what a threshold's sample is drawn from."""

    slices: frozenset[str]
    cluster: str | None
    weight: Decimal
    expects: Expects
    label: str | None


@dataclass(frozen=True)
class Ranges:
    """Which observed shares come to which verdict: `passes` from there, `fails` up to there, in the metric's direction.

    None where no share does.
    """

    passes: float | None
    fails: float | None


@dataclass(frozen=True)
class Foretold:
    """What one threshold can come to. `words` is one sentence or more; `exception` why it is signed all the same."""

    threshold: Threshold
    found: Decidability
    words: str
    ranges: Ranges | None
    exception: str | None

    @property
    def decidable(self) -> bool:
        """Whether there are answers that would pass and answers that would fail, on enough cases."""
        return self.found.decidable


def foretell(body: ThresholdsBody, cases: Iterable[Planned]) -> list[Foretold]:
    """Return what each threshold can show with `cases`, in the order of the thresholds."""
    known = list(cases)
    return [_one(threshold, known, body.exceptions.get(threshold.id)) for threshold in body.thresholds]


def _one(threshold: Threshold, cases: list[Planned], exception: str | None) -> Foretold:
    claim = _claim(threshold)
    counted = [case for case in cases if _asked(threshold.metric)(case)]
    sample = _sample(threshold, counted, threshold.slice)
    groups = {name: _sample(threshold, counted, name) for name in threshold.groups} or None
    found = decidable(claim, sample, groups=groups)
    ranges = _ranges(claim, found)
    return Foretold(threshold, found, _words(threshold, claim, found, ranges), ranges, exception)


def _claim(threshold: Threshold) -> Claim:
    found = metric(threshold.metric)
    quantile = threshold.metric.removeprefix("latency_p")
    return Claim(
        kind=threshold.kind,
        family=found.family,
        limit=float(threshold.limit),
        alpha=float(threshold.alpha),
        n_min=threshold.n_min,
        direction=threshold.direction,
        bounded=found.bounded,
        quantile=int(quantile) / 100 if found.family == "quantile" else 0.95,
        power=float(threshold.counted_power),
    )


def _asked(name: str) -> Callable[[Planned], bool]:
    """Return which cases say something about a metric: those of its label, those that expect its behaviour."""
    if name.startswith("f1:"):
        return lambda case: case.label == argument(name)
    behaviour = {"abstention": "abstain", "escalation": "escalate"}.get(name.partition("_")[0])
    return (lambda case: case.expects == behaviour) if behaviour else (lambda case: True)


def _sample(threshold: Threshold, cases: list[Planned], name: str) -> Sample:
    clustered = threshold.cluster_key == "cluster"
    return Sample.of(
        (case.cluster if clustered else None, case.weight) for case in cases if name == ALL or name in case.slices
    )


def _ranges(claim: Claim, found: Decidability) -> Ranges | None:
    """Return which observed shares pass and which fail, reckoned with what the cases are worth if clusters agree."""
    shares = claim.kind == "absolute" and claim.bounded and claim.family in ("share", "mean", "ratio")
    if not shares or not found.enough or found.n == 0:
        return None
    turned = claim.direction == "<="
    n, limit = found.effective, 1 - claim.limit if turned else claim.limit
    passes = _first(found.n, lambda k: wilson_low(k / found.n, n, claim.alpha) >= limit)
    fails = _first(found.n, lambda k: wilson_high(k / found.n, n, claim.alpha) >= limit) - 1
    low = passes / found.n if passes <= found.n else None
    high = fails / found.n if fails >= 0 else None
    return Ranges(*(None if value is None else 1 - value for value in (low, high))) if turned else Ranges(low, high)


def _first(n: int, holds: Callable[[int], bool]) -> int:
    low, high = 0, n + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _words(threshold: Threshold, claim: Claim, found: Decidability, ranges: Ranges | None) -> str:
    if not found.decidable:
        return f"{CANNOT}{found.reason}."
    told = [_cases(threshold, found)]
    if ranges is not None and ranges.passes is not None:
        told.append(_of_shares(threshold, claim, found, ranges))
    else:
        told.append(_OF_KIND.get(claim.kind, _otherwise)(threshold, claim, found))
    return " ".join(part for part in told if part)


def _cases(threshold: Threshold, found: Decidability) -> str:
    where = "all cases" if threshold.slice == ALL else f"the slice {threshold.slice}"
    if metric(threshold.metric).family == "external":
        return "This figure is measured outside and imported with its source."
    words = f"{found.n} case{'' if found.n == 1 else 's'} of {where} count"
    if math.floor(found.effective) < found.n:
        words += f", worth about {math.floor(found.effective)} independent ones"
    return words + "."


def _of_shares(threshold: Threshold, claim: Claim, found: Decidability, ranges: Ranges) -> str:
    turned = claim.direction == "<="
    name, more, less = (
        in_words(threshold.metric),
        "or less" if turned else "or more",
        "or more" if turned else "or less",
    )
    words = f"PASS takes a measured {name} of {_percent(ranges.passes, up=not turned)} {more}"
    if ranges.fails is not None:
        words += f"; {_percent(ranges.fails, up=turned)} {less} is FAIL; in between nothing is shown"
    words += "."
    if found.smallest is not None:
        words += f" If in truth it is {_percent(found.smallest, up=not turned)}, {_often(claim.power)}."
    return words


def _no_worse(threshold: Threshold, claim: Claim, found: Decidability) -> str:
    if found.outcome is None:
        return _otherwise(threshold, claim, found)
    chance = "If both are equally good and one case in ten comes out differently, "
    words = chance + _often(found.outcome.passes)
    if found.needed is not None and found.needed > found.n:
        words += f"; {found.needed} cases would bring that to {_tenths(claim.power)}"
    return words + "."


def _no_failure(_threshold: Threshold, claim: Claim, found: Decidability) -> str:
    words = (
        f"One failure is FAIL; none at all shows that fewer than {_percent(float(claim.limit), up=True)} would fail."
    )
    if found.smallest is not None:
        words += f" If in truth {_percent(found.smallest, up=False, places=2)} fail, {_often(claim.power)}."
    return words


def _otherwise(_threshold: Threshold, _claim: Claim, found: Decidability) -> str:
    return found.reason[:1].upper() + found.reason[1:] + "."


_OF_KIND: Mapping[str, Callable[[Threshold, Claim, Decidability], str]] = {
    "non_inferiority": _no_worse,
    "zero_tolerance": _no_failure,
}


def _often(chance: float) -> str:
    return f"it says PASS in {_tenths(chance)} evaluations"


def _tenths(chance: float) -> str:
    tenths = math.floor(chance * 10 + 1e-9)
    return f"{tenths} of 10" if tenths else "fewer than 1 of 10"


def _percent(value: float | None, *, up: bool, places: int = 1) -> str:
    """Return a share as a percentage, rounded so that it never promises more than is true."""
    shown = f"{rounded(cast('float', value), up=up, places=places) * 100:.{places}f}".rstrip("0").rstrip(".")
    return f"{shown or '0'}\N{NO-BREAK SPACE}%"


def rounded(share: float, *, up: bool, places: int = 1) -> Decimal:
    """Return a share to so many places of a percentage, upwards or downwards."""
    scale = 100 * int(10**places)
    scaled = share * scale
    return Decimal(math.ceil(scaled - 1e-9) if up else math.floor(scaled + 1e-9)) / scale
