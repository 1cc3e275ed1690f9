"""A standing approval in the governed installation of these tests, and later data that was not signed itself."""

import json
from datetime import timedelta
from typing import Any

from django.utils import timezone

from evals import documents as evals
from governance import store
from governance.models import Document
from governance.proof.formats.fields import rfc3339
from governance.registry import KINDS
from governance.services import documents
from governance.services.ledger import mutation
from tests.support import papers
from tests.support.governed import Site
from training.kinds import tuning as kinds

ROWS = 60


def rows(count: int, **more: Any) -> bytes:
    return "".join(json.dumps({"target": str(n), **more}) + "\n" for n in range(count)).encode()


def dataset(site: Site, name: str, content: bytes | None = None, *, series: bool = True, **changes: Any) -> Document:
    """Freeze a version of the story's dataset that nobody signed; with `series` False, of another series."""
    story = site.story
    kept = store.put([content or rows(ROWS)])
    entry = {"path": "rows.jsonl", "size": kept.size, "sha256": kept.sha256}
    story.made[name] = documents.document_submit(
        actor=story.people["engineer"],
        project=story.project,
        kind=kinds.DATASET,
        body=papers.dataset(entry, f"Coding terms, {name}") | {"rows": ROWS} | changes,
        references=[{"role": "contract", "digest": story["contract"].digest}],
        base=story["dataset"] if series else None,
    )
    assess(site, name)
    return story[name]


def assess(site: Site, name: str, *findings: dict[str, Any]) -> None:
    """Freeze the quality report on a dataset."""
    story = site.story
    references = [
        {"role": role, "digest": story[target].digest}
        for role, target in (("dataset", name), ("evaluation_set", "set"), ("rubric", "rubric"))
    ]
    body = papers.quality_report()
    body["findings"] += findings
    with mutation(actor=story.people["engineer"], action="quality.assess", project=story.project) as m:
        story.made[f"quality of {name}"] = documents.freeze(
            m, kind=KINDS[evals.QUALITY], body=body, references=references, contributors=[], by=story.people["engineer"]
        )


def body(site: Site, **changes: Any) -> dict[str, Any]:
    return {
        "title": "Monthly terms",
        "reason": "The list is published monthly in the same form.",
        "series": [str(site.story["dataset"].series_id)],
        "fields": ["target"],
        "min_rows": 50,
        "max_rows": ROWS,
        "quality": ["ok", "warn"],
        "methods": ["lora"],
        "hyperparameters": {"learning_rate": {"low": "0.0001", "high": "0.001"}, "steps": {"low": "1", "high": "150"}},
        "max_seconds": 900,
        "max_seconds_in_all": 3600,
        "max_runs": 2,
        "expires_at": rfc3339(timezone.now() + timedelta(days=90)),
    } | changes


def approval(site: Site, *, sign: bool = True, **changes: Any) -> Document:
    """Freeze a standing approval by the domain expert, and have the officer sign it."""
    story = site.story
    story.submit(
        "expert", "standing", kinds.STANDING, body(site, **changes), contract="contract", base_model="base",
        thresholds="thresholds",
    )  # fmt: skip
    if sign:
        story.sign("standing", requester="expert", signers=("officer",))
    return story["standing"]


def spec(site: Site, name: str, data: str = "may", **changes: Any) -> Document:
    """Freeze a run on unsigned data that names the standing approval."""
    links = {
        "thresholds": "thresholds", "dataset": data, "quality_report": f"quality of {data}", "base_model": "base",
        "decision_record": "decision", "baseline": "baseline", "standing_approval": "standing",
    }  # fmt: skip
    content = papers.run_spec() | {"title": name}
    content["hyperparameters"] |= changes.pop("hyperparameters", {})
    return site.story.submit("engineer", name, kinds.RUN_SPEC, content | changes, **links)
