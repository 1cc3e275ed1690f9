"""Arms planned by API: recorded answers, endpoints, models."""

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from evals import samples
from evals.engine.spec import EvaluationSetBody
from governance.models import Document
from governance.selectors import documents as docs
from tests.governance.api.conftest import Api, Door
from tests.support.cast import Cast, evaluation_spec

RECORDING = {"system": "search 2.1", "made_by": "the desk", "made_on": "2026-11-20"}
ENDPOINT = {"address": "https://api.example/v1", "model": "big-1"}


def plan(cast: Cast) -> Document:
    found = docs.linked_one(evaluation_spec(cast), "thresholds")
    assert found is not None
    return found


def form(thresholds: Document, **changes: Any) -> dict[str, Any]:
    cases = samples.stored_cases(docs.model_body(docs.linked(thresholds, "evaluation_set")[0], EvaluationSetBody))
    lines = "".join(json.dumps({"id": case.id, "output": "{}"}) + "\n" for case in cases)
    file = SimpleUploadedFile("answers.jsonl", lines.encode())
    return {"arm": "retrieval", "recording": json.dumps(RECORDING), "file": file} | changes


def record(api: Api, thresholds: Document, expect: int = 201, **changes: Any) -> Any:
    address = f"plans/{thresholds.digest}/arms/recorded"
    return api.post(address, form(thresholds, **changes), format="multipart", expect=expect)


def test_recorded_answers(cast: Cast, api: Door) -> None:
    thresholds, erik = plan(cast), api("erik")
    made = record(erik, thresholds)
    body = erik.get(f"documents/{made['digest']}")["envelope"]["body"]
    assert body["recording"]["system"] == "search 2.1"
    assert body["recorded"]["path"] == "answers.jsonl"
    gate = erik.get(f"documents/{made['digest']}/gate")
    assert gate["open"], gate
    assert record(erik, thresholds, 400, recording="[]")["field"] == "recording"
    assert record(erik, thresholds, 400, recording="{")["field"] == "recording"
    assert record(erik, thresholds, 400, recording='{"system": "x"}')["field"].startswith("body.recording")
    empty = SimpleUploadedFile("answers.jsonl", b'{"id": "nobody", "output": ""}\n')
    assert "to nothing that is asked" in record(erik, thresholds, 400, file=empty)["detail"]
    record(api("mallory"), thresholds, 404)


def test_endpoints_and_models(cast: Cast, api: Door, settings: Any) -> None:
    thresholds, erik = plan(cast), api("erik")
    address = f"plans/{thresholds.digest}/arms"
    made = erik.post(address, {"arm": "other", "endpoint": ENDPOINT})
    gate = erik.get(f"documents/{made['digest']}/gate")
    assert [line["check"] for line in gate["checks"] if line["blocks"]] == ["endpoints"]
    settings.COUNTERSIGN_ENDPOINTS = [ENDPOINT["address"]]
    assert erik.get(f"documents/{made['digest']}/gate")["open"]
    base = Document.objects.get(kind="training.base_model")
    erik.post(address, {"arm": "other", "subject": base.digest})
    assert erik.post(address, {"arm": "other"}, expect=400)["field"] == "body"
    assert erik.post(address, {"arm": "tuned", "endpoint": ENDPOINT}, expect=400)["field"] == "arm"
    assert erik.post(f"plans/{base.digest}/arms", {"arm": "other"}, expect=400)["field"] == "thresholds"
