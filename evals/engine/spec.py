"""The bodies of the documents about evaluation: what is measured, how, against which limits, and what came out.

Pydantic only, so that the control plane can import it. Every model is frozen, strict and refuses unknown keys. Numbers
that are not whole are decimal strings ("0.95"), because canonical JSON carries no floats.
"""

from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, model_validator

from evals.engine.fields import ALL, Body, DecimalText, Line, Name, Share, Text, Verdict, unique
from evals.engine.results import (
    Confusion,
    EvaluationResultBody,
    Judgement,
    Measure,
    QualityFinding,
    QualityReportBody,
    VerdictLine,
)
from governance.proof.manifest import FileEntry

BINARY_METRICS: Final = ("exact_match", "valid_format", "pass_rate")
"""Metrics that are a share of cases, so that Wilson's and Tango's intervals apply."""

METRIC_GRADERS: Final = {"exact_match": "exact", "valid_format": "json_schema", "macro_f1": "label", "f1": "label"}
"""The grader a rubric must have for a metric to exist; `pass_rate` follows from the pass mark and needs none."""


class Message(Body):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: Annotated[str, Field(min_length=1, max_length=100_000)]


class Case(Body):
    """One line of an evaluation set's JSONL file: what is asked and the answer that counts as right.

    `messages` that begin with a system message are sent as they are; others get the rubric's prompt. `cluster` names
    cases that are not independent of one another; `provenance` says where the case comes from.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")]
    messages: Annotated[list[Message], Field(min_length=1)]
    target: Annotated[str, Field(min_length=1, max_length=100_000)]
    slices: list[Name]
    cluster: Line | None = None
    provenance: Line
    note: Text | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "Case":
        unique(self.slices, "slices")
        if ALL in self.slices:
            raise ValueError(f"found the slice {ALL!r}, expected declared ones; every case belongs to {ALL!r} anyway")
        if self.messages[-1].role != "user":
            raise ValueError(f"the last message is from {self.messages[-1].role!r}, expected 'user': that is answered")
        return self


class EvaluationSetBody(Body):
    """An evaluation set: its files of cases, the slices and the labels they use."""

    title: Line
    purpose: Literal["holdout", "development"]
    task: Literal["classification"]
    description: Text
    slices: dict[Name, Line]
    labels: Annotated[list[Name], Field(min_length=2)]
    files: Annotated[list[FileEntry], Field(min_length=1)]
    cases: Annotated[int, Field(ge=1, description="number of cases in all files")]

    @model_validator(mode="after")
    def _consistent(self) -> "EvaluationSetBody":
        unique(self.labels, "labels")
        unique([entry.path for entry in self.files], "file paths")
        if ALL in self.slices:
            raise ValueError(f"found a slice named {ALL!r}, expected other names; {ALL!r} always means every case")
        return self


class Anchor(Body):
    """What one score of a criterion looks like, in words."""

    score: Share
    description: Line


class Criterion(Body):
    """One thing an answer is graded for.

    `parameters` is empty for the graders that exist: what they need (schema, label field) is in the rubric's `output`.
    """

    name: Name
    description: Text
    grader: Literal["exact", "label", "json_schema"]
    parameters: Annotated[dict[str, str], Field(max_length=0)]
    weight: Share
    anchors: Annotated[list[Anchor], Field(min_length=2)]


class OutputFormat(Body):
    """The form of an answer: JSON that satisfies `schema`; `label_field` is the member that holds the label."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, serialize_by_alias=True, validate_by_name=True)

    format: Literal["json"]
    json_schema: Annotated[dict[str, Any], Field(alias="schema")]
    label_field: Name


class Prompt(Body):
    """What surrounds a case's user message: `template` holds `{input}` exactly once; `system` goes before."""

    system: Text | None
    template: Text

    @model_validator(mode="after")
    def _one_input(self) -> "Prompt":
        if (found := self.template.count("{input}")) != 1:
            raise ValueError(f"found {{input}} {found} times in the template, expected it once")
        return self


class Decoding(Body):
    """How answers are generated; greedy, so that the same model gives the same answers."""

    max_new_tokens: Annotated[int, Field(ge=1, le=4096)]
    do_sample: Literal[False]
    batch_size: Annotated[int, Field(ge=1, le=512)]
    precision: Literal["fp32"]


class RubricBody(Body):
    """How answers are asked for, generated and graded.

    A case's score is the sum of the weights of the criteria it meets (weights sum to 1); it passes from `pass_mark` up.
    """

    title: Line
    criteria: Annotated[list[Criterion], Field(min_length=1)]
    pass_mark: Share
    output: OutputFormat
    prompt: Prompt
    decoding: Decoding
    unparsed: Literal["counts as failure"]

    @model_validator(mode="after")
    def _consistent(self) -> "RubricBody":
        unique([criterion.name for criterion in self.criteria], "criteria")
        unique([criterion.grader for criterion in self.criteria], "graders")
        total = sum((Decimal(criterion.weight) for criterion in self.criteria), Decimal(0))
        if total != 1:
            raise ValueError(f"the criteria's weights sum to {total}, expected 1")
        return self


class Threshold(Body):
    """One acceptance threshold.

    `absolute`: the metric on the slice is at least `limit`. `non_inferiority`: tuned minus baseline is at least minus
    `limit`. Either must hold with confidence 1 - `alpha` (one-sided) on at least `n_min` cases.
    """

    id: Name
    metric: Annotated[str, Field(pattern=r"^(exact_match|valid_format|pass_rate|macro_f1|f1:.{1,64})$")]
    slice: Name
    layer: Literal["quality"]
    stage: Literal["release"]
    direction: Literal[">="]
    kind: Literal["absolute", "non_inferiority"]
    limit: Share
    importance: Literal["hard", "soft"]
    alpha: Share
    n_min: Annotated[int, Field(ge=1, le=10_000_000)]
    missing_policy: Literal["failure"]

    @property
    def label(self) -> str | None:
        """The label of an `f1:<label>` metric, None for the others."""
        return self.metric.removeprefix("f1:") if self.metric.startswith("f1:") else None

    @model_validator(mode="after")
    def _decidable(self) -> "Threshold":
        if not 0 < Decimal(self.alpha) <= Decimal("0.25"):
            raise ValueError(f"found alpha {self.alpha!r}, expected more than '0' and at most '0.25', such as '0.05'")
        if self.kind == "non_inferiority" and Decimal(self.limit) == 0:
            raise ValueError("found a non-inferiority limit of 0, expected a margin above 0 such as '0.10'")
        if self.kind == "absolute" and Decimal(self.limit) == 1 and self.metric in BINARY_METRICS:
            raise ValueError("found the limit '1', which no finite number of cases can show; state one below 1")
        return self


class ThresholdsBody(Body):
    """The acceptance thresholds of one plan; at least one is hard, or nothing would hold a release back."""

    title: Line
    preset: Literal["standard"]
    thresholds: Annotated[list[Threshold], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> "ThresholdsBody":
        unique([threshold.id for threshold in self.thresholds], "threshold ids")
        if all(threshold.importance == "soft" for threshold in self.thresholds):
            raise ValueError("all thresholds are soft, expected at least one hard one; nothing would block a release")
        return self

    def check_against(self, evaluation_set: EvaluationSetBody, rubric: RubricBody) -> None:
        """Check that every slice, label and metric the thresholds name exists in the plan they belong to.

        Raises:
            ValueError: names the first threshold that refers to something the set or the rubric does not have.
        """
        graders = {criterion.grader for criterion in rubric.criteria}
        for threshold in self.thresholds:
            where = f"threshold {threshold.id!r}"
            if threshold.slice != ALL and threshold.slice not in evaluation_set.slices:
                known = ", ".join([ALL, *sorted(evaluation_set.slices)])
                raise ValueError(f"{where} names the slice {threshold.slice!r}, expected one of: {known}")
            if threshold.label is not None and threshold.label not in evaluation_set.labels:
                known = ", ".join(evaluation_set.labels)
                raise ValueError(f"{where} names the label {threshold.label!r}, expected one of: {known}")
            needed = METRIC_GRADERS.get("f1" if threshold.label is not None else threshold.metric)
            if needed is not None and needed not in graders:
                raise ValueError(
                    f"{where} uses {threshold.metric!r}, which needs a criterion with the grader {needed!r}; "
                    f"the rubric has {', '.join(sorted(graders))}; add the criterion or drop the threshold"
                )


class EvaluationSpecBody(Body):
    """One planned evaluation: which arm, and which attempt at this plan it is."""

    arm: Literal["base", "tuned"]
    attempt_index: Annotated[int, Field(ge=1)]
    note: Annotated[str, Field(max_length=2000)]


__all__ = [
    "ALL", "BINARY_METRICS", "METRIC_GRADERS", "Anchor", "Body", "Case", "Confusion", "Criterion", "DecimalText",
    "Decoding", "EvaluationResultBody", "EvaluationSetBody", "EvaluationSpecBody", "FileEntry", "Judgement", "Measure",
    "Message", "OutputFormat", "Prompt", "QualityFinding", "QualityReportBody", "RubricBody", "Share",
    "Threshold", "ThresholdsBody", "Verdict", "VerdictLine",
]  # fmt: skip
