"""The worker judges what a runner recorded; other thresholds can be asked about, and bind nobody."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from evals import documents as evals
from evals.engine.cases import read_cases
from evals.engine.spec import Arm, EvaluationResultBody, EvaluationSetBody, RubricBody
from evals.services import judging
from governance import store
from governance.errors import Denied, Invalid
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
    client.force_authenticate(site.story.people["officer"])
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


@pytest.mark.attack(
    name="try thresholds on a holdout's outputs until one passes, before having it signed",
    caught_by="whoever the cases are kept from is refused the replay, and the refusal is on the ledger",
    unless="somebody who may see the cases does it for them",
)
def test_counts_that_a_runner_sends_are_replaced(site) -> None:
    right = {"still_right": 300, "newly_right": 0, "newly_wrong": 0, "still_wrong": 0}
    gain = {"how": "difference", "value": "1", "low": "1", "high": "1", "n": 300, "method": "said so", "better": True}
    lies = {
        "became": {"all": {"passed": 300, "failed": 0, "unparsed": 0, "missing": 0}},
        "moved": {"baseline": {"all": right}},
        "differences": {"all": {"exact_match": gain}},
    }

    def lying(_: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        body, files = delivered(site, "base", 30)
        return body | lies, files

    with on_paper():
        site.story.submit("engineer", "base again", evals.SPEC, arm("base"), **PLAN, subject="base")
        body = docs.model_body(site.story.run("base again", lying), EvaluationResultBody)
    kept = body.became["all"]
    assert (kept.passed, kept.failed, kept.unparsed, kept.missing) == (30, 270, 0, 0)
    assert (body.moved, body.differences) == ({}, {}), "nothing was compared"


def test_who_must_not_see_the_cases_cannot_ask_what_if(site, judged: Document) -> None:
    engineer, before = site.story.people["engineer"], ledger.size()
    with pytest.raises(Denied, match="kept"):
        judging.what_if(actor=engineer, result=judged, thresholds=papers.thresholds())
    assert ledger.size() == before + 1
    told = ledger.leaf(before)
    assert (told.event, told.actor, told.subjects) == ("refusal:access:denied", engineer.actor, [judged.digest])
    assert told.data["action"] == judging.WHAT_IF


def test_a_result_that_was_not_judged_has_no_what_if(site) -> None:
    officer = site.story.people["officer"]
    with pytest.raises(Invalid, match="measured and not judged"):
        judging.what_if(actor=officer, result=site.story["baseline"], thresholds=papers.thresholds())
    with pytest.raises(Invalid, match="expected an evaluation result"):
        judging.what_if(actor=officer, result=site.story["rubric"], thresholds=papers.thresholds())
