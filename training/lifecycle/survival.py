"""How long things last of which some are not over yet: the product-limit estimate.

Source: E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations", Journal of the American
Statistical Association 53 (1958) 457-481: of n that had lasted until t, d end there, so a share (n - d) / n goes on;
what is censored at t was still going on then. Variance: M. Greenwood, "The natural duration of cancer", Reports on
Public Health and Medical Subjects 33 (1926): S(t)^2 times the sum of d / (n (n - d)).
"""

from collections import Counter
from collections.abc import Iterable

from training.lifecycle.lengths import Lengths
from training.lifecycle.model import Step


def curve(complete: Iterable[float], unfinished: Iterable[float]) -> tuple[Step, ...]:
    """Return the steps of the survival curve, one for each length at which something ended; none without any.

    `complete` are lengths of what ended, `unfinished` how long the rest lasted so far, in days.
    """
    ended, going_on = Counter(complete), Counter(unfinished)
    at_risk = ended.total() + going_on.total()
    survival, hazard = 1.0, 0.0
    steps = []
    for days in sorted(ended.keys() | going_on.keys()):
        if (done := ended[days]) > 0:
            survival *= (at_risk - done) / at_risk
            if done < at_risk:
                hazard += done / (at_risk * (at_risk - done))
            steps.append(Step(days, at_risk, done, survival, survival**2 * hazard if done < at_risk else None))
        at_risk -= done + going_on[days]
    return tuple(steps)


def lengths(complete: Iterable[float], unfinished: Iterable[float]) -> Lengths:
    """Return the distribution of the lengths; beyond the last end of a curve with unfinished ones it is unbounded."""
    ended, going_on = list(complete), list(unfinished)
    steps = curve(ended, going_on)
    days = tuple(step.days for step in steps)
    return Lengths(days, tuple(1 - step.survival for step in steps), max((*ended, *going_on), default=0.0))
