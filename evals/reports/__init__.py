"""What reports say of the documents about evaluation: what kinds register, and words that pages share."""

from evals.reports.data import measures, production_sample, quality_notices, quality_report, quality_spec
from evals.reports.people import (
    calibration_notices,
    calibration_since,
    calibration_tells,
    human_grades,
    judge_calibration,
    session_record,
    session_spec,
)
from evals.reports.plan_dossier import DOSSIER as PLAN_DOSSIER
from evals.reports.plans import (
    THRESHOLDS,
    evaluation_set,
    preset,
    rubric,
    threshold_notices,
    threshold_tells,
    thresholds,
)
from evals.reports.results import VERDICTS, evaluation_result, evaluation_spec, judgement, result_notices
from evals.reports.words import asked, bounds, figure, metric

__all__ = [
    "PLAN_DOSSIER",
    "THRESHOLDS",
    "VERDICTS",
    "asked",
    "bounds",
    "calibration_notices",
    "calibration_since",
    "calibration_tells",
    "evaluation_result",
    "evaluation_set",
    "evaluation_spec",
    "figure",
    "human_grades",
    "judge_calibration",
    "judgement",
    "measures",
    "metric",
    "preset",
    "production_sample",
    "quality_notices",
    "quality_report",
    "quality_spec",
    "result_notices",
    "rubric",
    "session_record",
    "session_spec",
    "threshold_notices",
    "threshold_tells",
    "thresholds",
]
