"""The freeze window, in which a model serves but can no longer be trained, and the chance to need a retrain in it.

Sources: retrains as a Poisson process; without any observed, 3 / n bounds the rate at 95 %: J. A. Hanley and A.
Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249 (1983) 1743-1745.
"""

import datetime as dt
import math

from training.lifecycle.figures import DAYS, PROBABILITY, Figures
from training.lifecycle.model import TRAINING_ENDS, Base, Dependant, Figure, Freeze, Inputs, Label, Loss
from training.lifecycle.words import current, earliest

RULE_OF_THREE = 3


def freeze(base: Base, loss: Loss, inputs: Inputs) -> Freeze:
    """Return the window of `base`: from the earliest withdrawal of training that a source now gives to the loss.

    Weights that are held can be trained on for good unless a source says otherwise: no window.
    """
    make = Figures(inputs.as_of).figure
    word = earliest(current(base.seen, TRAINING_ENDS, inputs.as_of))
    begins, ends = word.date if word else None, loss.date
    sources = dict.fromkeys(one.document for one in (word, loss.counted) if one is not None)
    label: Label = "" if word is None or word.precision == "exact" else word.precision
    if begins is None:
        days: float | None = None if base.hosted else 0
        ahead, label = days, "unknown" if base.hosted else "held"
    elif ends is None:
        days = ahead = math.inf
    else:
        days, ahead = max(0, (ends - begins).days), max(0, (ends - max(begins, inputs.today)).days)
    span = {"begins": begins or "unknown", "ends": ends or "unknown"}
    return Freeze(
        begins=begins,
        ends=ends,
        days=make(days, DAYS, "freeze window", sources, label, **span),
        ahead=make(ahead, DAYS, "freeze ahead", sources, label, **span, as_of=inputs.today),
    )


def retrain(dependant: Dependant, freeze: Freeze | None, as_of: dt.datetime) -> Figure:
    """Return the chance that the dependant needs a retrain in what is left of the window of its base.

    Unknown without a window or days of observation; in a window without an end, at most 1.
    """
    observed = dependant.observed_days
    rate = (dependant.retrains or RULE_OF_THREE) / observed if observed else None
    sources = (dependant.digest, *(freeze.ahead.sources if freeze else ()))
    chance: float | None
    label: Label
    if freeze is None or rate is None or freeze.ahead.label == "unknown":
        chance, label = None, "unknown"
    elif not isinstance(freeze.ahead.value, int | float):
        chance, label = 1.0, "upper bound"
    else:
        chance = -math.expm1(-rate * freeze.ahead.value)
        label = freeze.ahead.label if dependant.retrains else "upper bound"
    return Figures(as_of).figure(
        chance,
        PROBABILITY,
        "retrain in freeze",
        sources,
        label,
        retrains=dependant.retrains,
        days_observed=observed,
        days=freeze.ahead.value if freeze else None,
    )
