"""What the demo shows of an incident: what ran is told for a moment, rolled back, found fault with, and taken along.

The service is an example. It runs a release where the verdict allowed one; otherwise the tuned model as a trial without
a release, which every answer then says.
"""

from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from demo.hands import Hands
from governance.models import Document
from governance.selectors import as_of
from governance.selectors import audit_findings as findings
from governance.selectors import documents as docs
from governance.services import audit_findings, reports
from training.bodies.continuity import DEPLOYMENT
from training.selectors import incident, serving
from training.services import deployments, rollbacks

SERVICE: Final = {
    "service": "Triage, an example",
    "environment": "trial",
    "criticality": "standard",
    "max_outage_hours": "72",
    "since": "2026-01-01",
    "owner": "Coding desk (example)",
}


def tell(hands: Hands, base: Document, tuned: Document) -> None:
    """Deploy what was tuned, ask what ran, roll it back, raise a finding, and hand an auditor the package."""
    service = _incident(hands, base, tuned)
    _finding(hands, service)
    _package(hands)


def _incident(hands: Hands, base: Document, tuned: Document) -> Document:
    with hands.console.step("An example service: deployed, asked what ran, rolled back", "Incident"):
        engineer = hands.people["engineer"]
        row = SERVICE | {"base_model": base.digest}
        (service,) = deployments.register(actor=engineer, project=hands.project, row=row).documents
        rollbacks.record(
            actor=engineer, deployment=service, what="deployed", at=timezone.now(), now=tuned,
            reason="A trial with the coding desk (example).",
        )  # fmt: skip
        ran = timezone.now()
        _answer(hands, service, ran)
        rollbacks.record(
            actor=engineer, deployment=service, what="rolled back", at=timezone.now(), now=base,
            reason="Phrases came back in the wrong queue (example).",
        )  # fmt: skip
        _answer(hands, service, timezone.now())
        newest = next(d for d in docs.heads(hands.project, DEPLOYMENT) if d.series_id == service.series_id)
        asked = {"time": f"{ran:%Y-%m-%dT%H:%M:%S.%fZ}"}
        report = reports.request(actor=hands.people["auditor"], kind="incident", subject=newest, parameters=asked)
        hands.sealed(report, "incident.pdf")
        return newest


def _answer(hands: Hands, service: Document, time: Any) -> None:
    known = as_of.at(timezone.now())
    services = serving.services([hands.project], known.size)
    of = serving.of_deployment(services, service)
    if of is None:
        raise AssertionError("the service that was registered is not on record")
    found = incident.answer(of, min(time, known.time), known, services)
    approved = found.model.approval if found.model else "not known"
    safe = found.last_safe.name if found.last_safe else "none on record"
    hands.console.note(f"{found.headline} Approval: {approved}; last safe version before: {safe}.")


def _finding(hands: Hands, service: Document) -> None:
    with hands.console.step("The auditor raises a finding; its owner answers", "Audit → Findings"):
        auditor, owner = hands.people["auditor"], hands.people["engineer"]
        row = audit_findings.raise_finding(
            actor=auditor, record=findings.record(auditor, service.digest), severity="minor", owner=owner,
            text="The trial was rolled back. Say what it answered wrongly, and who checked the answers meanwhile.",
            due=timezone.now() + timedelta(days=14),
        )  # fmt: skip
        audit_findings.answer(
            actor=owner, finding=findings.get(owner, row.pk),
            text="A coder assigned every code, so no phrase was filed by the model alone (example).",
        )  # fmt: skip
        found = findings.get(auditor, row.pk)
        hands.console.note(f"{found.severity}, due {found.told.due:%Y-%m-%d}, owner {owner}: {found.told.state}")


def _package(hands: Hands) -> None:
    with hands.console.step("The auditor's package: every sealed report, and proof that none is missing", "Reports"):
        report = reports.request(actor=hands.people["auditor"], kind="audit-package", project=hands.project)
        hands.sealed(report, "audit-package.zip")
