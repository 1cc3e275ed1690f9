"""F1 per label and its mean over labels, by the bootstrap over cases."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from evals.engine.statistics.bootstrap import Ends, bootstrapped, quotient
from evals.engine.statistics.estimates import Codes, Estimate, Floats
from evals.engine.statistics.ratios import Comparison
from evals.engine.statistics.resampling import BCA, BCA_PAIRED


def f1_per_label(targets: Codes, answers: Codes, labels: int) -> Floats:
    """Return F1 = 2 TP / (2 TP + FP + FN) for the labels 0..labels-1, and 0 where all three are 0.

    `targets` and `answers` hold label numbers, shape (n,); other classes (unparsed, other) are numbered from `labels`
    up. The result has shape (labels,).
    """
    return _f1(_f1_rows(targets, answers, range(labels)).sum(axis=0))


def f1(
    targets: Codes,
    answers: Codes,
    labels: Sequence[int],
    alpha: float,
    *,
    clusters: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> Estimate:
    """Return the mean F1 over `labels` (one: that label's F1; all that occur: macro-F1) with bootstrap bounds.

    A label that no case of a resample has, and none is answered with, counts as F1 0 there, which can only lower the
    lower bound. Where all cases agree, one wrong answer to a case of the rarest label is added for the lower bound,
    one right for the upper.

    Raises:
        ValueError: clusters or weights do not fit the cases.
    """
    rows = _f1_rows(targets, answers, labels)
    return bootstrapped(rows, _mean_f1, _f1_ends(targets, labels, 1), alpha, BCA, clusters, weights)


def f1_compared(
    targets: Codes,
    answers: Codes,
    baseline: Codes,
    labels: Sequence[int],
    alpha: float,
    how: Comparison,
    *,
    clusters: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> Estimate | None:
    """Return the mean F1 of `answers` minus that of `baseline` or divided by it, both answers to the same cases.

    None for a ratio where the baseline's F1 is 0.

    Raises:
        ValueError: clusters or weights do not fit the cases.
    """
    rows = np.hstack([_f1_rows(targets, found, labels) for found in (answers, baseline)])
    width = 2 * len(labels)

    def statistic(totals: Floats) -> Floats:
        new, old = _mean_f1(totals[..., :width]), _mean_f1(totals[..., width:])
        return new - old if how == "difference" else quotient(new, old)

    if how == "ratio" and not float(_mean_f1(rows.sum(axis=0)[width:])) > 0:
        return None
    return bootstrapped(rows, statistic, _f1_ends(targets, labels, 2), alpha, BCA_PAIRED, clusters, weights)


def f1_difference(targets: Codes, answers: Codes, baseline: Codes, labels: Sequence[int], alpha: float) -> Estimate:
    """Return the mean F1 of `answers` minus that of `baseline` over independent cases; see `f1_compared`."""
    found = f1_compared(targets, answers, baseline, labels, alpha, "difference")
    if found is None:
        raise AssertionError("a difference always has a value")
    return found


def _f1_rows(targets: Codes, answers: Codes, labels: Sequence[int]) -> Floats:
    """Return per case and label: whether it is a true positive, and how often target and answer name the label."""
    wanted = np.asarray(labels)
    asked, given = targets[:, None] == wanted, answers[:, None] == wanted
    return np.hstack([asked & given, asked.astype(np.float64) + given]).astype(np.float64)


def _f1_ends(targets: Codes, labels: Sequence[int], models: int) -> Ends:
    """Return the rows of a wrong and a right answer to a case of the rarest label; a second model gets the reverse."""
    wanted = np.asarray(labels)
    rarest = int(np.argmin((targets[:, None] == wanted).sum(axis=0)))
    other = (rarest + 1) % wanted.size
    right, wrong = np.zeros(2 * wanted.size), np.zeros(2 * wanted.size)
    right[rarest], right[wanted.size + rarest] = 1, 2
    wrong[wanted.size + rarest] += 1
    if wanted.size > 1:
        wrong[wanted.size + other] += 1
    second = [] if models == 1 else [(right, wrong)]
    return np.concatenate([wrong, *[a for a, _ in second]]), np.concatenate([right, *[b for _, b in second]])


def _f1(totals: Floats) -> Floats:
    labels = totals.shape[-1] // 2
    above, below = 2 * totals[..., :labels], totals[..., labels:]
    return np.divide(above, below, out=np.zeros(below.shape), where=below > 0)


def _mean_f1(totals: Floats) -> Floats:
    return np.asarray(_f1(totals).mean(axis=-1))
