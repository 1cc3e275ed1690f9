"""The bodies of what evaluations and quality checks found. Import them from `evals.engine.spec`."""

from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from evals.engine.comparisons import Difference
from evals.engine.fields import MEASURED, Amount, Arm, Body, Count, DecimalText, Line, Name, Share, Verdict
from evals.engine.thresholds import Kind, Layer, Stage
from governance.proof.formats.manifest import FileEntry


class Measure(Body):
    """One metric on one slice. `low` and `high` are each a one-sided 95 % bound, None where only a point is given."""

    value: DecimalText
    n: Annotated[int, Field(ge=0, description="cases")]
    low: DecimalText | None
    high: DecimalText | None
    method: Line


class Confusion(Body):
    """Counts of cases: `rows[i][j]` have the target `labels[i]` and were answered `columns[j]`."""

    labels: list[str]
    columns: list[str]
    rows: list[list[Count]]

    @model_validator(mode="after")
    def _rectangular(self) -> "Confusion":
        if len(self.rows) != len(self.labels) or any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"the confusion matrix is not {len(self.labels)} rows by {len(self.columns)} columns")
        return self


Against = Literal["baseline", "last_release"]
"""What a result is held against, by the role in which it names that."""


class Missed(Body):
    """How many of the `n` answers that a criterion applies to missed it."""

    failed: Count
    n: Count


class Became(Body):
    """What became of the answers on one slice, and by which criteria they failed."""

    passed: Count
    failed: Count
    unparsed: Count
    missing: Count
    missed: dict[Name, Missed] = {}


class Moved(Body):
    """What became of the answers on one slice from one result to another."""

    still_right: Count
    newly_right: Count
    newly_wrong: Count
    still_wrong: Count


class Counted(Body):
    """What a result keeps of single answers, by slice: from it no case can be told.

    `moved` tells them beside the answers of the results that it is compared with; `differences` are those from the
    baseline, metric by metric, paired case by case: described, not judged. All are empty in results from before they
    were kept.
    """

    became: dict[Name, Became] = {}
    moved: dict[Against, dict[Name, Moved]] = {}
    differences: dict[Name, dict[str, Difference]] = {}


class VerdictLine(Body):
    """What one threshold came to, with everything needed to say so in words.

    For `absolute`, `value`, `low` and `high` are of the metric; for `non_inferiority`, of the measured arm minus what
    it is compared with; for `relative`, of the one divided by the other; for `zero_tolerance`, of the share of
    failures; for `gap`, of the largest difference between two groups. `baseline` is the value compared with.
    `waits_for` says who still has to grade answers before this can be decided.
    """

    threshold: Name
    metric: str
    slice: Name
    kind: Kind
    direction: Literal[">=", "<="] = ">="
    layer: Layer = "quality"
    stage: Stage = "release"
    limit: DecimalText
    against: Against | None = None
    groups: list[Name] = []
    importance: Literal["hard", "soft"]
    verdict: Verdict
    value: DecimalText | None
    low: DecimalText | None
    high: DecimalText | None
    baseline: DecimalText | None
    n: Count
    missing: Annotated[int, Field(ge=0, description="cases without an output; each counted as a failure")]
    method: Line
    reason: Annotated[str, Field(min_length=1, max_length=1000)]
    waits_for: Literal["people"] | None = None


class Judgement(Body):
    """All thresholds judged; `verdict` follows from the hard ones of the stage release alone.

    `report_only` names criteria whose grades decide nothing, with the reason.
    """

    verdict: Verdict
    verdicts: Annotated[list[VerdictLine], Field(min_length=1)]
    report_only: dict[Name, Line] = {}


class JudgementBody(Judgement):
    """A result judged again, with people's grades: the same thresholds on the same outputs."""


class WhatIf(Body):
    """What other thresholds would have said of outputs that are there. It binds nobody and is kept nowhere.

    Not a `Judgement`, so that nothing that takes one can take this by mistake.
    """

    what_if: Literal["not binding"] = "not binding"
    judgement: Judgement


class Figures(Counted):
    """What was measured in a file of outputs; the fields are those of `EvaluationResultBody`."""

    metrics: dict[Name, dict[str, Measure]]
    confusion: Confusion
    missing: Count
    missing_in: dict[Name, Annotated[int, Field(ge=1)]] = {}
    by_repeat: list[Share] = []
    tokens: Count
    cost: Amount | None


class EvaluationResultBody(Counted):
    """What one evaluation found. A baseline has no verdicts and `verdict` None: it is measured, not judged.

    `metrics` holds slice → metric → figure. `report_only` names criteria whose scores are shown and decide nothing,
    with the reason (a judge that nobody has calibrated). `cost` is in US dollars, None where nothing has a price.
    `missing_in` tells `missing` by slice, where there are any; `by_repeat` holds the pass rate of each round of answers
    in turn, where cases are asked more than once.
    """

    arm: Arm
    n: Annotated[int, Field(ge=1)]
    metrics: dict[Name, dict[str, Measure]]
    outputs: FileEntry
    confusion: Confusion
    seconds: DecimalText
    tokens: Annotated[int, Field(ge=0, description="new tokens generated")]
    repeats: Annotated[int, Field(ge=1, description="answers asked for per case")] = 1
    missing: Annotated[int, Field(ge=0, description="cases without an answer, counted as failures")] = 0
    missing_in: dict[Name, Annotated[int, Field(ge=1)]] = {}
    by_repeat: list[Share] = []
    cost: Amount | None = None
    report_only: dict[Name, Line] = {}
    verdicts: list[VerdictLine]
    verdict: Verdict | None
    environment: dict[str, str]

    @model_validator(mode="after")
    def _judged_or_not(self) -> "EvaluationResultBody":
        if bool(self.verdicts) != (self.verdict is not None):
            raise ValueError("verdict and verdicts must be given together or not at all")
        if self.arm in MEASURED and self.verdict is not None:
            raise ValueError(f"found a verdict on the {self.arm} arm, expected none; it is measured, not judged")
        return self


class QualityFinding(Body):
    """What one check found. `examples` are ids or file positions, never the text of a row or case, nor a case's id.

    `places` says how many there are in all; None where that would tell of a case, and in reports from before it was
    counted.
    """

    check: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]{0,63}$")]
    status: Literal["ok", "warn", "fail"]
    found: Line
    expected: Line
    examples: Annotated[list[Line], Field(max_length=20)]
    places: Count | None = None


PART: Final = "leakage.part"
"""Rows that stand inside a case. Reports from before had them under "leakage.contained"."""
LEAKAGE: Final = frozenset({"leakage.exact", "leakage.near", "leakage.contained", PART})
"""What no quality report may leave out."""


class QualityReportBody(Body):
    """What the quality checks found in the datasets, alone and against the evaluation set.

    `observed` counts the rows of the production sample that the cases were held against. `listed` is the file that
    names every place of every finding, one a line.
    """

    title: Line
    rows: Count
    cases: Count
    findings: Annotated[list[QualityFinding], Field(min_length=1)]
    settings: dict[str, str]
    observed: Annotated[int, Field(ge=1)] | None = None
    listed: FileEntry | None = None

    @property
    def status(self) -> Literal["ok", "warn", "fail"]:
        """The worst status among the findings."""
        found = {finding.status for finding in self.findings}
        return "fail" if "fail" in found else "warn" if "warn" in found else "ok"
