"""Interval estimates that verdicts rest on, with numpy and scipy. Every bound is one-sided at level `alpha`.

    shares     Wilson's bound, for clustered and weighted cases at their effective number; the exact bound
    paired     Tango's bound for the difference of two shares on the same cases
    ratios     means, ratios and their comparison with a baseline, by the BCa bootstrap over cases or clusters
    f1         F1 per label and macro-F1, likewise
    quantiles  bounds from the order of the values
    gaps       differences between subgroups
    agreement  how far people who grade agree
    judges     shares that a judge measured who was compared with people

What can be known before anything is measured is in `evals.engine.planning`, with the standard library alone.
"""

from evals.engine.planning.power import cases_needed_absolute, cases_needed_non_inferiority
from evals.engine.statistics.agreement import cohen_kappa, fleiss_kappa, krippendorff, pairs_agreeing
from evals.engine.statistics.estimates import Codes, Estimate
from evals.engine.statistics.f1 import f1, f1_compared, f1_difference, f1_per_label
from evals.engine.statistics.gaps import WidestGap, comparisons, gap, widest_gap
from evals.engine.statistics.judges import Calibration, corrected_share
from evals.engine.statistics.paired import TANGO, share_difference, tango
from evals.engine.statistics.quantiles import quantile, quantile_ratio
from evals.engine.statistics.ratios import mean, mean_compared, ratio
from evals.engine.statistics.resampling import BCA, BCA_PAIRED, BOOTSTRAP_RESAMPLES, BOOTSTRAP_SEED
from evals.engine.statistics.shares import WILSON, clopper_pearson, share, wilson

__all__ = [
    "BCA", "BCA_PAIRED", "BOOTSTRAP_RESAMPLES", "BOOTSTRAP_SEED", "TANGO", "WILSON", "Calibration", "Codes",
    "Estimate", "WidestGap", "cases_needed_absolute", "cases_needed_non_inferiority", "clopper_pearson",
    "cohen_kappa", "comparisons", "corrected_share", "f1", "f1_compared", "f1_difference", "f1_per_label",
    "fleiss_kappa", "gap", "krippendorff", "mean", "mean_compared", "pairs_agreeing", "quantile", "quantile_ratio",
    "ratio", "share", "share_difference", "tango", "widest_gap", "wilson",
]  # fmt: skip
