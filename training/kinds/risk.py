"""The kind of an assessment of retirement risk."""

from typing import Any

from governance.proof.formats.manifest import FileEntry
from governance.registry import Kind, Link, register_kind
from training.bodies.risk import ASSESSMENT, RiskAssessmentBody
from training.kinds import tuning as kinds
from training.kinds.observations import OBSERVATIONS
from training.reports import risk as reports


def register() -> None:
    """Register the kind. Only the system makes one."""
    register_kind(
        Kind(
            ASSESSMENT,
            "assessment of retirement risk",
            RiskAssessmentBody,
            shelf=True,
            signed=False,
            confined=True,
            routine=True,
            report="Retirement and continuity report",
            authors=frozenset(),
            files=_files,
            printed="assessment",
            sections=reports.sections,
            notices=reports.notices,
            links={
                "base_model": Link(frozenset({kinds.BASE_MODEL}), required=True, many=True),
                "observations": Link(frozenset({OBSERVATIONS}), required=False, many=True),
            },
        )
    )


def _files(body: dict[str, Any]) -> list[FileEntry]:
    return [FileEntry.model_validate(entry) for entry in body["files"]]
