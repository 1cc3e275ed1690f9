"""What reports say of deployments, estimates of requalification, fallback plans and drills."""

from typing import Any

from governance.models import Document
from governance.proof.sections.blocks import Notice
from governance.reports.printed import notices, section
from training.selectors.deployed import origin_of

deployment = section("deployment")
deployment_notices = notices("deployment")
estimate = section("estimate")
plan = section("fallback")
drill = section("drill")


def deployment_tells(document: Document, _body: dict[str, Any]) -> list[Notice]:
    """Say what stands behind a deployment now."""
    found = origin_of(document)
    return [Notice(found.label.capitalize(), f"It {found.words}.")]
