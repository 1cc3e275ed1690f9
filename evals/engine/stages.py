"""The stages of a plan: what each decides, and what its thresholds came to apart from those of the others."""

from governance.proof.charts.results import stage_of
from governance.proof.sections.stages import FIRST, STAGES, Stage, by_stage, verdict_of

__all__ = ["FIRST", "STAGES", "Stage", "by_stage", "stage_of", "verdict_of"]
