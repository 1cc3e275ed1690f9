"""What the demo shows of continuity: weights restored from a backup, and a hosted model whose end is announced."""

import importlib.resources
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.utils import timezone

from demo.hands import Hands
from governance import store
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.models import Document
from governance.selectors import documents as docs
from governance.services import reports
from training.bodies.base_models import BaseModelBody
from training.bodies.continuity import ESTIMATE, FALLBACK
from training.bodies.custody import RestoreSpecBody
from training.kinds import tuning as kinds
from training.selectors import risk as at_risk
from training.services import custody, deployments, observations, risk

BACKUP: Final = "demo"
NAME: Final = "gpt-4o-2024-08-06"
DAYS: Final = {"data": 5, "plan": 5, "baseline": 1, "run": 2, "verdict": 1, "release": 5}
"""What the demo's people say each stage takes, most likely."""


def backup(var: Path) -> Path:
    """Return the folder that stands for a backup."""
    return var / "demo" / "backup"


def tell(hands: Hands, base: Document, thresholds: Document) -> None:
    """Drill the backup, register an example service on a hosted model, and assess what its end brings."""
    _drill(hands, base)
    _hosted(hands, base, thresholds)
    _assess(hands)


def _drill(hands: Hands, base: Document) -> None:
    with hands.console.step("Restore drill: the weights, from a backup", "the base model's custody page"):
        body: BaseModelBody = docs.model_body(base, BaseModelBody)
        for entry in body.files:
            target = backup(hands.var) / entry.path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(store.path_of(entry.sha256), target)
        spec = RestoreSpecBody(
            title="Restore drill", backup=BACKUP, prompts=["Which chapter: acute bronchitis?"], max_new_tokens=16
        )
        job = custody.drill(actor=hands.people["engineer"], project=hands.project, base=base, body=spec)
        record = docs.body(hands.finish(job))
        hands.console.note(f"{record.outcome}: {len(record.files)} files, loaded in {record.seconds_to_load} s")


def _hosted(hands: Hands, base: Document, thresholds: Document) -> None:
    with hands.console.step("A hosted model whose end is announced, and a service on it", "Retirement"):
        feed = importlib.resources.files("model_retire").joinpath("models.json").read_bytes()
        read = observations.bring(actor=hands.people["owner"], form="bydtech", chunks=[feed], name="models.json")
        hands.console.note(f"{read.new} published dates, of the package bydtech-model-retire")
        hosted = hands.submit("owner", kinds.BASE_MODEL, _hosted_body(), project=None)
        hands.sign([hosted], requester="owner", signers=[("officer", COMPLIANCE_OFFICER)])
        row = SERVICE | {"base_model": hosted.digest}
        deployments.register(actor=hands.people["engineer"], project=hands.project, row=row)
        estimate = hands.submit("owner", ESTIMATE, _estimate_body(), project=None)
        hands.sign([estimate], requester="owner", signers=[("officer", COMPLIANCE_OFFICER)])
        plan = hands.submit(
            "engineer", FALLBACK, _plan_body(), base_model=hosted, successor=base, thresholds=thresholds
        )
        hands.sign([plan], signers=[("owner", OWNER), ("officer", COMPLIANCE_OFFICER)])


def _assess(hands: Hands) -> None:
    with hands.console.step("Retirement risk assessed; the board's report sealed and verified", "Retirement"):
        made = risk.assess(actor=hands.people["owner"])
        for row in at_risk.body(made).bases:
            hands.console.note(f"{row.title}: {row.band}. {' '.join(row.because)}")
        report = reports.request(actor=hands.people["owner"], subject=made)
        hands.sealed(report, "retirement-and-continuity.pdf")


SERVICE: Final = {
    "service": "Letter drafting (example)",
    "environment": "production",
    "criticality": "standard",
    "max_outage_hours": "72",
    "since": "2025-03-01",
    "owner": "Correspondence desk (example)",
    "daily_impact": "800",
    "currency": "EUR",
}


def _hosted_body() -> dict[str, Any]:
    """Return a hosted base model as it can be described without asking its vendor anything."""
    return {
        "title": "GPT-4o, hosted by OpenAI (example)",
        "name": "gpt-4o",
        "version": "2024-08-06",
        "source": "OpenAI API",
        "source_sha256": None,
        "parameters": None,
        "context_window": 128_000,
        "licence": {
            "id": "LicenseRef-OpenAI-Services-Agreement",
            "name": "OpenAI Services Agreement",
            "text_sha256": None,
            "commercial_use": True,
            "derivatives": True,
            "gated": True,
        },
        "files": [],
        "lifecycle": [],
        "custody": None,
        "identities": [{"channel": "openai", "name": NAME}],
        "released_on": "2024-08-06",
        "channels": [{"name": "openai", "kind": "hosted API"}],
        "hosted": {
            "provider": "openai", "snapshot": NAME, "region": None, "observed_on": timezone.now().date().isoformat(),
        },
    }  # fmt: skip


def _estimate_body() -> dict[str, Any]:
    return {
        "title": "How long requalifying takes here (example)",
        "basis": "What the people of the demo would say; no stage was completed often enough to be measured.",
        "stages": [
            {"stage": stage, "low": str(max(days - 2, 1)), "likely": str(days), "high": str(days * 3)}
            for stage, days in DAYS.items()
        ],
    }


def _plan_body() -> dict[str, Any]:
    return {
        "title": "When the hosted model goes (example)",
        "route": "successor",
        "steps": "Measure the model that runs here on the same signed cases; if it passes, release it for the letters.",
        "owner": "Head of correspondence (example)",
        "trigger_date": (timezone.now().date() + timedelta(days=14)).isoformat(),
        "drill_days": 180,
    }
