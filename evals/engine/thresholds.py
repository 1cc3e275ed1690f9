"""Acceptance thresholds, and how they are held against the rest of their plan. Import from `evals.engine.spec`."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from evals.engine.evaluation_set import Case, EvaluationSetBody
from evals.engine.fields import ALL, Body, DecimalText, Line, Name, Share, Text, unique
from evals.engine.metric_names import PATTERN, Family, argument, metric
from evals.engine.rubric import RubricBody
from governance.proof.sections.amounts import COMPARED
from governance.proof.sections.presets import USUAL_POWER

Kind = Literal["absolute", "relative", "non_inferiority", "zero_tolerance", "gap"]
Stage = Literal["release", "pilot", "production"]
Layer = Literal["quality", "workflow", "business_risk"]

FEWEST_GROUPS: Final = 2
MOST_ALPHA: Final = Decimal("0.25")
"""what a plan counts on where a threshold names no power"""


class Threshold(Body):
    """One acceptance threshold.

    `absolute`: the metric on the slice is at least (`<=`: at most) `limit`. `relative`: it is at least `limit` times
    what it is compared with. `non_inferiority`: it is worse by less than `limit`. `zero_tolerance`: not one failure,
    on so many cases that a true failure rate of `limit` is excluded. `gap`: no two `groups` are further apart than
    `limit`. Each must hold with confidence 1 - `alpha` (one-sided) on at least `n_min` cases.

    `power` is the chance to show it that the plan counts on; `cluster_key` says whether cases of one cluster count as
    dependent; `estimand` says in words what is estimated.
    """

    id: Name
    metric: Annotated[str, Field(pattern=PATTERN)]
    slice: Name
    layer: Layer
    stage: Stage
    direction: Literal[">=", "<="]
    kind: Kind
    limit: DecimalText
    importance: Literal["hard", "soft"]
    alpha: Share
    power: Share | None = None
    n_min: Annotated[int, Field(ge=1, le=10_000_000)]
    estimand: Line | None = None
    cluster_key: Literal["cluster", "none"] = "cluster"
    missing_policy: Literal["failure", "excluded_with_bound"]
    against: Literal["baseline", "last_release"] | None = None
    groups: list[Name] = []

    @property
    def label(self) -> str | None:
        """The label of an `f1:<label>` metric, None for the others."""
        return argument(self.metric) if self.metric.startswith("f1:") else None

    @property
    def reference(self) -> Literal["baseline", "last_release"] | None:
        """What the metric is compared with: None unless the kind compares; without a word the baseline."""
        return (self.against or "baseline") if self.kind in COMPARED else None

    @property
    def family(self) -> Family:
        """The family of the threshold's metric."""
        return metric(self.metric).family

    @property
    def counted_power(self) -> Decimal:
        """The power that the plan counts on: the one it names, or the usual one."""
        return Decimal(self.power) if self.power is not None else USUAL_POWER

    @property
    def blocks(self) -> bool:
        """Whether a release needs this threshold to pass."""
        return self.importance == "hard" and self.stage == "release"

    @model_validator(mode="after")
    def _decidable(self) -> "Threshold":
        if not 0 < Decimal(self.alpha) <= MOST_ALPHA:
            expected = f"expected more than '0' and at most '{MOST_ALPHA}', such as '0.05'"
            raise ValueError(f"found alpha {self.alpha!r}, {expected}")
        if self.power is not None and not Decimal("0.5") <= Decimal(self.power) < 1:
            raise ValueError(f"found the power {self.power!r}, expected at least '0.5' and below '1', such as '0.8'")
        limit, bounded = Decimal(self.limit), metric(self.metric).bounded
        if (bounded and self.kind != "relative" and limit > 1) or (limit < 0 and (bounded or self.kind != "absolute")):
            raise ValueError(f"found the limit {self.limit!r}, expected a share from '0' to '1'")
        if self.against is not None and self.kind not in COMPARED:
            raise ValueError(f"found {self.against!r}, but the kind {self.kind!r} compares with nothing")
        {
            "absolute": self._absolute,
            "relative": self._relative,
            "non_inferiority": self._non_inferiority,
            "zero_tolerance": self._zero_tolerance,
            "gap": self._gap,
        }[self.kind](limit)
        if self.kind != "gap" and self.groups:
            raise ValueError(f"found groups on a threshold of the kind {self.kind!r}; only a gap has groups")
        return self

    def _absolute(self, limit: Decimal) -> None:
        if metric(self.metric).family == "agreement" and limit >= 1:
            raise ValueError(f"found the limit {self.limit!r} of an agreement, which is 1 at most; state one below")
        impossible = Decimal(1 if self.direction == ">=" else 0)
        if limit == impossible and metric(self.metric).family == "share":
            raise ValueError(
                f"found the limit {self.limit!r}, which no finite number of cases can show; "
                f"state one {'below 1' if impossible else 'above 0'}"
            )

    def _relative(self, limit: Decimal) -> None:
        if limit <= 0:
            raise ValueError(f"found the factor {self.limit!r}, expected one above '0', such as '1.1' for a tenth more")

    def _non_inferiority(self, limit: Decimal) -> None:
        if limit == 0:
            raise ValueError("found a non-inferiority limit of 0, expected a margin above 0 such as '0.10'")

    def _zero_tolerance(self, limit: Decimal) -> None:
        if metric(self.metric).family != "share":
            raise ValueError(f"{self.metric!r} is no share of cases, so nothing can be tolerated zero times")
        if not 0 < limit < 1:
            raise ValueError(f"found the limit {self.limit!r}, expected the failure rate to exclude, such as '0.01'")

    def _gap(self, limit: Decimal) -> None:
        unique(self.groups, "groups")
        if len(self.groups) < FEWEST_GROUPS:
            raise ValueError("found fewer than two groups, expected the slices that are held against one another")
        if self.direction != "<=":
            raise ValueError("found the direction '>=' on a gap, expected '<=': groups are at most `limit` apart")
        if limit == 0:
            raise ValueError("found a gap limit of 0, which no finite number of cases can show; state one above 0")


class ThresholdsBody(Body):
    """The acceptance thresholds of one plan; at least one blocks, or nothing would hold a release back.

    `stages` says in words what is decided at a stage, `subgroups` why no gap between groups of people is judged
    (None: one is, or the question was not asked), `exceptions` why a threshold that the set cannot decide is signed
    all the same.
    """

    title: Line
    preset: Literal["standard", "strict", "own"]
    stages: dict[Stage, Line] = {}
    thresholds: Annotated[list[Threshold], Field(min_length=1)]
    subgroups: Text | None = None
    exceptions: dict[Name, Text] = {}

    @model_validator(mode="after")
    def _consistent(self) -> "ThresholdsBody":
        unique([threshold.id for threshold in self.thresholds], "threshold ids")
        if all(threshold.importance == "soft" for threshold in self.thresholds):
            raise ValueError("all thresholds are soft, expected at least one hard one; nothing would block a release")
        if not any(threshold.blocks for threshold in self.thresholds):
            raise ValueError("no hard threshold is of the stage release, expected one; nothing would block a release")
        known = {threshold.id for threshold in self.thresholds}
        if strange := sorted(set(self.exceptions) - known):
            raise ValueError(f"found exceptions for {', '.join(strange)}, which are no thresholds here")
        if self.subgroups is not None and any(threshold.kind == "gap" for threshold in self.thresholds):
            raise ValueError("found a reason why no subgroups are compared beside a gap that compares some")
        if self.preset == "strict" and self.subgroups is None and all(t.kind != "gap" for t in self.thresholds):
            raise ValueError("the preset 'strict' asks for a gap between subgroups, or for the reason why none applies")
        return self

    def check_against(self, evaluation_set: EvaluationSetBody, rubric: RubricBody) -> None:
        """Check that every slice, label, criterion and metric the thresholds name exists in the plan they belong to.

        Raises:
            ValueError: names the first threshold that refers to something the set or the rubric does not have.
        """
        if rubric.criteria_of("label") and not evaluation_set.labels:
            raise ValueError("the rubric grades labels, but the evaluation set declares none; add its labels")
        for threshold in self.thresholds:
            where = f"threshold {threshold.id!r}"
            for name in (threshold.slice, *threshold.groups):
                _declared(where, "slice", name, [ALL, *sorted(evaluation_set.slices)])
            _check_metric(where, threshold.metric, evaluation_set, rubric)
        groups = evaluation_set.slices_of("subgroup")
        if groups and self.subgroups is None and all(threshold.kind != "gap" for threshold in self.thresholds):
            raise ValueError(
                f"the set has subgroups ({', '.join(groups)}), but no threshold judges the gap between them; "
                "add one, or say in `subgroups` why none applies"
            )


def check_apart(body: ThresholdsBody, cases: Sequence[Case]) -> None:
    """Check that the groups of each gap have no case in common: who is in both cannot be held against anybody.

    Raises:
        ValueError: names the threshold, the two groups, how many cases are in both and one of them.
    """
    for threshold in body.thresholds:
        for first, second in combinations(threshold.groups, 2):
            both = sorted(case.id for case in cases if {first, second} <= {ALL, *case.slices})
            if both:
                raise ValueError(
                    f"threshold {threshold.id!r} holds {first!r} against {second!r}, but {len(both)} cases are in "
                    f"both, such as {both[0]!r}; name groups that have no case in common"
                )


def _check_metric(where: str, name: str, evaluation_set: EvaluationSetBody, rubric: RubricBody) -> None:
    found, graders = metric(name), {criterion.grader for criterion in rubric.criteria}
    if found.argument == "label":
        _declared(where, "label", argument(name), evaluation_set.labels)
    if found.argument == "criterion":
        criteria = rubric.criteria_of("human") if found.family == "agreement" else rubric.criteria
        _declared(where, "criterion", argument(name), [criterion.name for criterion in criteria])
    if found.graders and graders.isdisjoint(found.graders):
        raise ValueError(
            f"{where} uses {name!r}, which needs a criterion with the grader {found.graders[0]!r}; "
            f"the rubric has {', '.join(sorted(graders))}; add the criterion or drop the threshold"
        )
    if found.argument == "field" and argument(name):
        fields = [field for criterion in rubric.criteria_of("fields") for field in criterion.parameters["fields"]]
        _declared(where, "field", argument(name), fields)
    behaviour = {"abstention": "abstain", "escalation": "escalate"}.get(name.partition("_")[0])
    for criterion in rubric.criteria_of("behaviour") if behaviour else []:
        if criterion.parameters.get(behaviour or "") is None:
            raise ValueError(f"{where} uses {name!r}, but criterion {criterion.name!r} says no signs of {behaviour!r}")


def _declared(where: str, what: str, name: str, known: list[str]) -> None:
    if name not in known:
        raise ValueError(f"{where} names the {what} {name!r}, expected one of: {', '.join(known) or 'none declared'}")
