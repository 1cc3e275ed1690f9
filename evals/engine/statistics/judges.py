"""What a share is that a judge measured who sometimes errs, once the judge was compared with people.

Sensitivity and specificity are estimated from answers that both the judge and people graded; the observed share is
corrected by them: W. J. Rogan and B. Gladen, "Estimating prevalence from the results of a screening test", American
Journal of Epidemiology 107 (1978) 71-76. The bounds allow for the errors of all three figures: Z. Lang and J.
Reiczigel, "Confidence limits for prevalence of disease adjusted for estimated sensitivity and specificity", Preventive
Veterinary Medicine 113 (2014) 13-22, as the R package asht (prevSeSp) has them.

It holds as far as the judge errs on the new answers as on those of the calibration: calibrate on answers of the kind.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evals.engine.bounds import normal_quantile
from evals.engine.statistics.estimates import Estimate

ROGAN_GLADEN = "Rogan-Gladen estimate, Lang-Reiczigel bound"


@dataclass(frozen=True)
class Calibration:
    """How a judge graded answers that people called good and bad: of `good` ones it found `found_good`, and so on.

    Counts need not be whole: answers that depend on one another are worth fewer than there are.

    Raises:
        ValueError: a count is negative or more are found than there are, or there is no good or no bad answer.
    """

    found_good: float
    good: float
    found_bad: float
    bad: float

    def __post_init__(self) -> None:
        if not (0 <= self.found_good <= self.good and 0 <= self.found_bad <= self.bad and self.good and self.bad):
            raise ValueError(f"found {self}, expected good and bad answers, and no more found than there are")

    @classmethod
    def of(cls, judged: ArrayLike, human: ArrayLike) -> "Calibration":
        """Return the calibration from both grades of the same answers, each right or wrong, shape (n,)."""
        found, true = np.asarray(judged, dtype=bool), np.asarray(human, dtype=bool)
        return cls(int((found & true).sum()), int(true.sum()), int((~found & ~true).sum()), int((~true).sum()))

    @property
    def sensitivity(self) -> float:
        """The share of good answers that the judge calls good."""
        return self.found_good / self.good

    @property
    def specificity(self) -> float:
        """The share of bad answers that the judge calls bad."""
        return self.found_bad / self.bad


def corrected_share(called_good: float, n: float, calibration: Calibration, alpha: float) -> Estimate:
    """Return the share of good answers where a judge called `called_good` of `n` good.

    Neither need be whole: clustered or weighted answers are worth fewer than there are.

    No bounds where the judge is no better than chance (sensitivity + specificity at most 1, also as the bounds shift
    them towards a half): such grades say nothing.

    Raises:
        ValueError: n is not positive or called_good is not within 0..n.
    """
    if n < 1 or not 0 <= called_good <= n:
        raise ValueError(f"found {called_good} of {n} called good, expected 0..n of at least one answer")
    informed = calibration.sensitivity + calibration.specificity - 1
    good, bad = calibration.good + 2, calibration.bad + 2
    sensitivity, specificity = (calibration.found_good + 1) / good, (calibration.found_bad + 1) / bad
    if informed <= 0 or sensitivity + specificity <= 1:  # the bounds divide by the second
        method = f"{ROGAN_GLADEN}: the judge is no better than chance"
        return Estimate(called_good / n, None, None, math.floor(n), method)
    value = min(1.0, max(0.0, (called_good / n + calibration.specificity - 1) / informed))
    z = normal_quantile(1 - alpha)
    trials = n + z * z
    seen = (called_good + z * z / 2) / trials
    informed = sensitivity + specificity - 1
    centre = (seen + specificity - 1) / informed
    errors_good, errors_bad = sensitivity * (1 - sensitivity) / good, specificity * (1 - specificity) / bad
    shift = 2 * z * z * (centre * errors_good - (1 - centre) * errors_bad)
    variance = seen * (1 - seen) / trials + centre**2 * errors_good + (1 - centre) ** 2 * errors_bad
    half = z * math.sqrt(variance) / informed
    low, high = max(0.0, centre + shift - half), min(1.0, centre + shift + half)
    return Estimate(value, min(low, value), max(high, value), math.floor(n), ROGAN_GLADEN)
