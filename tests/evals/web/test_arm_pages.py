"""Planning the measurement of another arm on its page."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from evals import samples
from evals.engine.spec import EvaluationSetBody, EvaluationSpecBody
from governance.models import Document
from governance.selectors import documents as docs
from tests.governance.web.world import World

SAID = {"arm": "retrieval", "system": "search 2.1", "made_by": "the coding desk", "made_on": "2026-11-20"}


def answers(world: World, leave_out: int = 0) -> SimpleUploadedFile:
    cases = samples.stored_cases(docs.model_body(world.evaluation_set, EvaluationSetBody))
    lines = [json.dumps({"id": case.id, "output": "{}"}) + "\n" for case in cases[leave_out:]]
    return SimpleUploadedFile("answers.jsonl", "".join(lines).encode())


def page(world: World, way: str) -> str:
    return reverse("arms-new", args=[world.thresholds.digest]) + f"?of={way}"


def specs() -> list[EvaluationSpecBody]:
    found = Document.objects.filter(kind="evals.evaluation_spec").order_by("seq")
    return [docs.model_body(document, EvaluationSpecBody) for document in found]


def test_recorded_answers_become_a_specification_that_is_put_before_the_gate(world: World, as_) -> None:
    client = as_(world.engineer)
    for number in (1, 2):
        prices = {"price_in": "0.5", "price_out": "1.50", "model": "big-1"}
        sent = client.post(page(world, "recorded"), SAID | prices | {"file": answers(world)})
        assert sent.status_code == 302, sent.content
        assert sent["Location"].endswith("/launch/")
        assert specs()[-1].attempt_index == number
        gate = client.get(sent["Location"]).content.decode()
        assert "search 2.1, as the coding desk says" in gate
    body = specs()[-1]
    assert body.recorded is not None
    assert body.recording is not None
    assert body.recording.model_dump(exclude_none=True) == {
        "system": "search 2.1", "made_by": "the coding desk", "made_on": "2026-11-20", "model": "big-1",
        "price_in": "0.5", "price_out": "1.50",
    }  # fmt: skip


def test_a_recording_that_does_not_fit_says_what_is_missing(world: World, as_) -> None:
    sent = as_(world.engineer).post(page(world, "recorded"), SAID | {"file": answers(world, leave_out=3)})
    assert sent.status_code == 400
    assert "3 answers are missing" in sent.content.decode()
    assert not specs()


def test_an_endpoint_is_chosen_from_the_operators_list(world: World, as_, settings: Any) -> None:
    client = as_(world.engineer)
    assert "The operator lists no endpoint here" in client.get(page(world, "endpoint")).content.decode()
    settings.COUNTERSIGN_ENDPOINTS = ["http://127.0.0.1:8001/v1", "https://api.example/v1 EXAMPLE_KEY"]
    said = {"arm": "other", "endpoint": "1", "model": "big-1", "concurrency": "4", "timeout": "60"}
    assert client.post(page(world, "endpoint"), said | {"endpoint": "2"}).status_code == 400
    assert client.post(page(world, "endpoint"), said).status_code == 302
    [body] = specs()
    assert body.endpoint is not None
    assert (body.endpoint.address, body.endpoint.key_from) == ("https://api.example/v1", "EXAMPLE_KEY")
    assert (body.endpoint.model, body.endpoint.concurrency, body.endpoint.timeout) == ("big-1", 4, "60")


def test_a_model_of_another_run_is_measured_as_other(world: World, as_) -> None:
    from tests.governance.web.world import evaluation_spec

    base = docs.linked_one(evaluation_spec(world), "subject")
    assert base is not None
    assert as_(world.engineer).post(page(world, "model"), {"subject": base.digest}).status_code == 302
    assert [body.arm for body in specs()] == ["base", "other"]


@pytest.mark.parametrize("who", ["outsider", "auditor"])
def test_who_may_not_write_plans_nothing(world: World, as_, who: str) -> None:
    client = as_(getattr(world, who))
    sent = client.post(page(world, "recorded"), SAID | {"file": answers(world)})
    assert sent.status_code == (404 if who == "outsider" else 403)
    assert not specs()


def test_only_thresholds_have_arms(world: World, as_) -> None:
    client = as_(world.engineer)
    assert client.get(reverse("arms-new", args=[world.rubric.digest])).status_code == 404
    assert client.get(page(world, "magic")).status_code == 404
