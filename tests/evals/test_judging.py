"""The worker judges what a runner recorded; other thresholds can be asked about, and bind nobody."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from evals import documents as evals
from evals.engine.cases import read_cases
from evals.engine.spec import Arm, EvaluationResultBody, EvaluationSetBody, RubricBody
from evals.services import judging
from governance import store
from governance.errors import Invalid
from governance.models import Document
from governance.selectors import documents as docs
from governance.selectors import ledger
from tests.evals.engine import builders
from tests.support import papers
from tests.support.governed import on_paper

PLAN = {"thresholds": "thresholds", "evaluation_set": "set", "rubric": "rubric"}
RUBRIC = RubricBody.model_validate(papers.rubric())


def delivered(site, arm: Arm, right: int):
    """A result and the outputs behind it, of a model that gets the first `right` cases right."""
    [entry] = docs.model_body(site.story["set"], EvaluationSetBody).files
    cases = read_cases([(entry.path, store.path_of(entry.sha256))])
    texts = {case.id: str(case.target) if number < right else '{"chapter":"none"}' for number, case in enumerate(cases)}
    kept = site.story.bytes(f"{arm}-{right}", builders.outputs(RUBRIC, cases, texts, arm))
    return papers.evaluation_result(arm, kept, 0.5), [kept]


@pytest.fixture
def judged(site) -> Document:
    story = site.story
    with on_paper():
        story.submit("engineer", "base again", evals.SPEC, arm("base"), **PLAN, subject="base")
        story.made["measured"] = story.run("base again", lambda _: delivered(site, "base", 30))
        story.run_spec("real run", baseline="measured")
        story.made["real record"] = story.run("real run", story._record)
        links = PLAN | {"subject": "real record", "baseline": "measured"}
        story.submit("engineer", "tuned again", evals.SPEC, arm("tuned"), **links)
        found: Document = story.run("tuned again", lambda _: delivered(site, "tuned", 299))
        return found


def arm(name: str) -> dict[str, Any]:
    return {"arm": name, "attempt_index": 1, "note": ""}


def asked(*items: dict[str, Any]) -> dict[str, Any]:
    return papers.thresholds() | {"thresholds": list(items)}


def test_the_verdict_is_the_plans_and_other_thresholds_bind_nobody(site, judged: Document) -> None:
    body = docs.model_body(judged, EvaluationResultBody)
    assert [(line.threshold, line.verdict) for line in body.verdicts] == [
        ("accuracy", "PASS"), ("form", "PASS"), ("high-value", "INCONCLUSIVE"),
    ]  # fmt: skip
    assert "at least 98.5 % with 95 % confidence (measured 99.7 % on 300 cases)" in body.verdicts[0].reason
    documents, entries = Document.objects.count(), ledger.size()

    client = APIClient()
    client.force_authenticate(site.story.people["engineer"])
    stricter = asked(
        papers.threshold("accuracy", "exact_match", "all", "0.99"),
        papers.threshold("gain", "exact_match", "all", "5", kind="relative"),
        papers.threshold("never", "exact_match", "all", "0.01", kind="zero_tolerance"),
        papers.threshold("apart", "exact_match", "all", "0.1", kind="gap", direction="<=",
                         groups=["common", "red-team"]),
    )  # fmt: skip
    address = f"/api/v1/results/{judged.digest}/what-if"
    answer = client.post(address, {"thresholds": stricter}, format="json")
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert told["what_if"] == "not binding"
    assert {line["threshold"]: line["verdict"] for line in told["judgement"]["verdicts"]} == {
        "accuracy": "INCONCLUSIVE", "gain": "PASS", "never": "FAIL", "apart": "PASS",
    }  # fmt: skip
    assert "verdict" not in told, "nothing that reads a verdict can take this for one"
    assert (Document.objects.count(), ledger.size()) == (documents, entries)

    misfit = client.post(address, {"thresholds": asked(papers.threshold("a", "f1:nose", "all", "0.5"))}, format="json")
    assert (misfit.status_code, misfit.json()["field"]) == (400, "result")
    assert client.post(address, {"thresholds": {"title": "x"}}, format="json").status_code == 400


def test_a_result_that_was_not_judged_has_no_what_if(site) -> None:
    with pytest.raises(Invalid, match="measured and not judged"):
        judging.what_if(result=site.story["baseline"], thresholds=papers.thresholds())
    with pytest.raises(Invalid, match="expected an evaluation result"):
        judging.what_if(result=site.story["rubric"], thresholds=papers.thresholds())
