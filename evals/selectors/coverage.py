"""Whether a plan looks for attacks and for lost general capability, and which verdict lines are about which."""

from collections.abc import Mapping, Sequence
from typing import Any

from governance.models import Document
from governance.proof.sections import stages
from governance.proof.sections.stages import OfRole as Section
from governance.proof.sections.stages import Stage
from governance.selectors.held import Row

__all__ = ["Section", "by_stages", "sections", "uncovered"]


def uncovered(thresholds: Document | None) -> dict[str, str]:
    """Return what a plan does not look for, by role: no slice, or no hard threshold that would judge it."""
    return dict(stages.uncovered(Row.of(thresholds))) if thresholds is not None else {}


def by_stages(result: Document, verdicts: Sequence[Mapping[str, Any]]) -> list[Stage]:
    """Return the verdict lines of a result or judgement by stage, each with what its plan says that it decides."""
    return stages.by_stages(Row.of(result), verdicts)


def sections(result: Document, verdicts: Sequence[Mapping[str, Any]]) -> list[Section]:
    """Return the verdict lines of a result by role, for the roles that people look for first; empty ones, too."""
    return stages.by_role(Row.of(result), verdicts)
