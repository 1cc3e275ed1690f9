"""A drill and a probe by API: submitted like any document, launched like any job."""

from pathlib import Path
from typing import Any

import pytest

from governance import store
from governance.models import Document
from governance.services import documents
from tests.governance.api.conftest import Door
from tests.support import papers
from tests.support.cast import Cast
from tests.training.custody import samples


@pytest.fixture
def base(cast: Cast) -> Document:
    entry = store.put([b"weights"])
    body = papers.base_model({"size": entry.size, "sha256": entry.sha256})
    return documents.document_submit(actor=cast.olga, project=None, kind="training.base_model", body=body)


def submission(cast: Cast, kind: str, base: Document, body: dict[str, Any]) -> dict[str, Any]:
    references = [{"role": "base_model", "digest": base.digest}]
    return {"project": cast.triage.slug, "kind": kind, "body": body, "references": references}


def test_a_drill_meets_its_gate_by_api(cast: Cast, api: Door, base: Document, settings: Any, tmp_path: Path) -> None:
    settings.COUNTERSIGN_BACKUPS = [f"vault={tmp_path / 'vault'}"]
    erik = api("erik")
    spec = erik.post("documents", submission(cast, "training.restore_spec", base, samples.restore_spec()))
    verdict = erik.get(f"documents/{spec['digest']}/gate")
    assert {check["check"]: check["passed"] for check in verdict["checks"]} == {
        "base_model": False, "weights": True, "backup": True, "launcher": True,
    }  # fmt: skip
    refusal = erik.post("jobs", {"spec": spec["digest"]}, expect=409)
    assert [finding["check"] for finding in refusal["findings"]] == ["base_model"]
    told = erik.get(f"base-models/{base.digest}/custody")
    assert told == {
        "hosted": False, "verified": False, "last_passed": None, "drills": [], "probes": [], "unfinished": [],
    }  # fmt: skip
    erik.get(f"base-models/{spec['digest']}/custody", expect=404)
    settings.COUNTERSIGN_BACKUPS = []
    verdict = erik.get(f"documents/{spec['digest']}/gate")
    assert [check["check"] for check in verdict["checks"] if check["blocks"]] == ["base_model", "backup"]


def test_a_probe_meets_its_gate_by_api(cast: Cast, api: Door, base: Document) -> None:
    erik = api("erik")
    spec = erik.post("documents", submission(cast, "training.probe_spec", base, samples.probe_spec()))
    verdict = erik.get(f"documents/{spec['digest']}/gate")
    blocking = {check["check"] for check in verdict["checks"] if check["blocks"]}
    assert blocking == {"base_model", "hosted_model", "endpoints"}


def test_records_and_results_are_made_by_jobs_alone(cast: Cast, api: Door, base: Document) -> None:
    erik = api("erik")
    spec = erik.post("documents", submission(cast, "training.restore_spec", base, samples.restore_spec()))
    asked = submission(cast, "training.restore_record", base, samples.restore_record())
    asked["references"].append({"role": "spec", "digest": spec["digest"]})
    assert erik.post("documents", asked, expect=403)["findings"]
    assert not Document.objects.filter(kind="training.restore_record").exists()
