"""The metrics a threshold may name: what each means, how it is estimated, and which grader it needs.

A metric has a family, and each family one estimator per kind of threshold (`evals.engine.estimators`):

    share     right or wrong case by case, averaged: a proportion
    mean      a number per case, averaged
    ratio     a ratio of counts over cases, such as precision, recall or F1
    quantile  the value that a share of the cases stays below
    external  measured elsewhere and imported with its source
    agreement how far people who graded the same answers agree
"""

from dataclasses import dataclass
from typing import Final, Literal

from governance.proof.sections.amounts import in_words

__all__ = ["METRICS", "NOT_OF_CASES", "PATTERN", "Argument", "Family", "Metric", "argument", "in_words", "metric"]

Family = Literal["share", "mean", "ratio", "quantile", "external", "agreement"]
Argument = Literal["", "label", "field", "criterion", "name"]


@dataclass(frozen=True)
class Metric:
    """One metric, or one family of names such as `f1:LABEL`.

    `words` name it, `of` names it with what follows the colon (None: nothing may), which is an `argument`;
    `graders` are those of which the rubric must have one; `bounded` says whether values lie between 0 and 1; `higher`
    whether more is better; `unit` what values are counted in.
    """

    words: str
    family: Family
    graders: tuple[str, ...] = ()
    of: str | None = None
    argument: Argument = ""
    bounded: bool = True
    higher: bool = True
    unit: str = ""


PATTERN: Final = (
    r"^(exact_match|valid_format|pass_rate|macro_f1|record_exact|field_f1|refusal_rate|consistency"
    r"|(abstention|escalation)_(precision|recall)|latency_p(50|95|99)|tokens_mean|cost_mean"
    r"|(f1|field_f1|score|met|agreement|measure):.{1,64})$"
)
"""The form of a metric's name."""

NOT_OF_CASES: Final = ("external", "agreement")
"""Families whose figures are not made of the answers to cases."""

METRICS: Final[dict[str, Metric]] = {
    "pass_rate": Metric("pass rate", "share"),
    "exact_match": Metric("exact match", "share", ("exact",)),
    "valid_format": Metric("valid format", "share", ("json_schema",)),
    "record_exact": Metric("records with every field right", "share", ("fields",)),
    "met": Metric("criterion met", "share", of="“{}” met", argument="criterion"),
    "refusal_rate": Metric("share refused", "share", ("refusal",)),
    "score": Metric("mean score", "mean", of="mean score of “{}”", argument="criterion"),
    "consistency": Metric("consistency", "mean", ("consistency",)),
    "tokens_mean": Metric("tokens per call", "mean", bounded=False, higher=False, unit="tokens"),
    "cost_mean": Metric("cost per call", "mean", bounded=False, higher=False, unit="USD"),
    "macro_f1": Metric("macro F1", "ratio", ("label",)),
    "f1": Metric("F1", "ratio", ("label",), of="F1 of {}", argument="label"),
    "field_f1": Metric("F1 over all fields", "ratio", ("fields",), of="F1 of the field {}", argument="field"),
    "abstention_precision": Metric("precision of abstaining", "ratio", ("behaviour",)),
    "abstention_recall": Metric("recall of abstaining", "ratio", ("behaviour",)),
    "escalation_precision": Metric("precision of escalating", "ratio", ("behaviour",)),
    "escalation_recall": Metric("recall of escalating", "ratio", ("behaviour",)),
    "latency_p50": Metric("median latency", "quantile", bounded=False, higher=False, unit="s"),
    "latency_p95": Metric("latency, 95th percentile", "quantile", bounded=False, higher=False, unit="s"),
    "latency_p99": Metric("latency, 99th percentile", "quantile", bounded=False, higher=False, unit="s"),
    "agreement": Metric(
        "agreement of people",
        "agreement",
        ("human",),
        of="agreement of people on “{}” (Krippendorff’s α)",
        argument="criterion",
        bounded=False,
    ),
    "measure": Metric("imported measure", "external", of="{}, measured outside", argument="name", bounded=False),
}
"""Every metric by the part of its name before the colon."""


def metric(name: str) -> Metric:
    """Return the metric that `name` names, such as "exact_match" or "f1:eye". KeyError for a name of no metric."""
    return METRICS[name.partition(":")[0]]


def argument(name: str) -> str:
    """Return what follows the colon of a metric's name; "" where nothing does."""
    return name.partition(":")[2]
