"""The bodies of the documents about evaluation: what is measured, how, against which limits, and what came out.

Pydantic only (and RE2, for patterns), so that the control plane can import it. Every model is frozen, strict and
refuses unknown keys. Numbers that are not whole are decimal strings ("0.95"), because canonical JSON carries no floats.
"""

from typing import Annotated

from pydantic import Field, model_validator

from evals.engine.endpoints import Endpoint
from evals.engine.evaluation_set import Case, EvaluationSetBody, Message, Passage, Retired
from evals.engine.fields import ALL, Arm, Body, DecimalText, Share, Verdict
from evals.engine.provenance import Recording
from evals.engine.results import (
    Confusion,
    EvaluationResultBody,
    Judgement,
    Measure,
    QualityFinding,
    QualityReportBody,
    VerdictLine,
)
from evals.engine.rubric import Criterion, Decoding, Judge, OutputFormat, Prompt, RubricBody
from evals.engine.thresholds import Threshold, ThresholdsBody
from governance.proof.formats.manifest import FileEntry


class EvaluationSpecBody(Body):
    """One planned evaluation: which arm, which attempt at this plan it is, and what answers.

    The model's own files answer, unless an `endpoint` does or the answers were `recorded` (JSON Lines); then
    `recording` says where those come from.
    """

    arm: Arm
    attempt_index: Annotated[int, Field(ge=1)]
    note: Annotated[str, Field(max_length=2000)]
    endpoint: Endpoint | None = None
    recorded: FileEntry | None = None
    recording: Recording | None = None

    @model_validator(mode="after")
    def _one_backend(self) -> "EvaluationSpecBody":
        if self.endpoint is not None and self.recorded is not None:
            raise ValueError("found an endpoint and recorded answers, expected one of them or neither")
        elsewhere = self.endpoint is not None or self.recorded is not None
        if self.arm in ("base", "best_prompt", "tuned") and elsewhere:
            raise ValueError(
                f"found answers of another system for the arm {self.arm!r}, whose approved files have to answer; "
                "make it the arm 'retrieval' or 'other'"
            )
        if self.arm == "retrieval" and not elsewhere:
            raise ValueError("found nothing that answers for the arm 'retrieval', expected an endpoint or a recording")
        if self.recording is not None and self.recorded is None:
            raise ValueError("found where recorded answers come from, and no recorded answers")
        return self


__all__ = [
    "ALL", "Arm", "Body", "Case", "Confusion", "Criterion", "DecimalText", "Decoding", "EvaluationResultBody",
    "EvaluationSetBody", "EvaluationSpecBody", "FileEntry", "Judge", "Judgement", "Measure", "Message", "OutputFormat",
    "Passage", "Prompt", "QualityFinding", "QualityReportBody", "Retired", "RubricBody", "Share", "Threshold",
    "ThresholdsBody", "Verdict", "VerdictLine",
]  # fmt: skip
