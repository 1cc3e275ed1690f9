"""The library: every entry can be read, adopted and extended; what it drafts is valid where drafts are read."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse

from evals.engine.evaluation_set import sizes
from evals.engine.grading import Grading
from evals.engine.library import equal_weights, failure_modes, regression_cases
from evals.engine.spec import Case, EvaluationSetBody, RubricBody, Threshold
from evals.selectors import coverage
from evals.services import library
from governance import store
from governance.errors import Denied, Invalid, NotFound
from governance.models import Document, Draft
from governance.selectors import ledger
from governance.services import documents, signoff
from tests.evals.services.test_sessions import holdout
from tests.evals.web.test_session_pages import as_
from tests.governance.api.conftest import Door
from tests.support.cast import Cast, links, rubric


def test_every_entry_is_whole() -> None:
    assert len(failure_modes()) >= 8
    ids = [case.id for mode in failure_modes().values() for case in mode.cases_in(mode.name)]
    ids += [case.id for case in regression_cases()]
    assert len(set(ids)) == len(ids)
    assert all("published example" in case.provenance for case in regression_cases())


@pytest.mark.parametrize("count", range(1, 25))
def test_weights_sum_to_one(count: int) -> None:
    from decimal import Decimal

    assert sum(map(Decimal, equal_weights(count))) == 1


@pytest.mark.parametrize("starter", ["red-team", "regression"])
def test_a_starter_is_a_plan_that_can_be_read(cast: Cast, starter: str) -> None:
    made = library.adopt_starter(actor=cast.erik, project=cast.triage, starter=starter)
    cases = EvaluationSetBody.model_validate(made.evaluation_set.body)
    graded = RubricBody.model_validate(made.rubric.body)
    thresholds = [Threshold.model_validate(t) for t in made.thresholds.body["thresholds"]]
    assert set(cases.roles.values()) == {"red_team" if starter == "red-team" else "regression"}
    assert {t.slice for t in thresholds} <= {"all", *cases.slices}
    for threshold in thresholds:
        if threshold.metric.startswith("met:"):
            assert threshold.metric[4:] in {criterion.name for criterion in graded.criteria}
    found = [
        Case.model_validate(json.loads(line)) for entry in cases.files for line in store.read(entry.sha256).splitlines()
    ]
    assert len(found) == cases.cases
    assert cases.sizes == sizes(found, cases.slices)
    plan = {
        "evaluation_set": documents.draft_freeze(actor=cast.erik, draft=made.evaluation_set, revision=1),
        "rubric": documents.draft_freeze(actor=cast.erik, draft=made.rubric, revision=1),
    }
    draft = documents.draft_edit(
        actor=cast.erik, draft=made.thresholds, revision=1, body=made.thresholds.body, references=links(**plan)
    )
    assert documents.draft_freeze(actor=cast.erik, draft=draft, revision=2).number == 1
    answers = {(case.id, 1): case.target or "" for case in found}
    grades = Grading(graded).grade_all(found, answers)
    assert {name for one in grades.values() for name in one.grades} == {c.name for c in graded.criteria}
    if starter == "regression":
        assert all(one.passed for one in grades.values())


def test_modes_extend_the_next_versions_and_nothing_else(cast: Cast) -> None:
    known, graded = holdout(cast, "development"), rubric(cast)
    wanted: dict[str, Any] = {"actor": cast.erik, "project": cast.triage, "evaluation_set": known, "rubric": graded}
    made = library.adopt_modes(modes=["prompt-injection", "unsafe-advice", "wrong-escalation"], **wanted)
    assert (made.evaluation_set.series, made.rubric.series) == (known.series_id, graded.series_id)
    assert made.evaluation_set.body["cases"] == 1 + 9
    assert made.evaluation_set.body["sizes"]["all"]["cases"] == 1 + 9
    assert made.evaluation_set.body["sizes"]["unsafe-advice"]["cases"] == 3
    criteria = RubricBody.model_validate(made.rubric.body).criteria
    assert [(c.name, c.weight) for c in criteria] == [
        ("answer", "1"), ("no injection", "0"), ("acts as expected", "0")
    ]  # fmt: skip
    assert Document.objects.filter(series=known.series).count() == 1
    again = library.adopt_modes(modes=["prompt-injection", "personal-data"], **wanted)
    assert again.evaluation_set.pk == made.evaluation_set.pk
    assert again.evaluation_set.body["cases"] == 1 + 9 + 3
    with pytest.raises(Invalid, match="already"):
        library.adopt_modes(modes=["prompt-injection"], **wanted)
    documents.draft_freeze(actor=cast.erik, draft=again.evaluation_set, revision=again.evaluation_set.revision)


def test_what_is_refused(cast: Cast) -> None:
    for wrong in ([], ["no-such-mode"]):
        with pytest.raises(Invalid):
            library.adopt_modes(actor=cast.erik, project=cast.triage, modes=wrong)
    with pytest.raises(Invalid):
        library.adopt_starter(actor=cast.erik, project=cast.triage, starter="all")
    for actor, error in ((cast.ada, Denied), (cast.mallory, NotFound)):
        before = ledger.size()
        with pytest.raises(error):
            library.adopt_starter(actor=actor, project=cast.triage, starter="regression")
        assert ledger.size() == before + 1, "an attempt that was denied is on the ledger, once"
        assert (ledger.leaf(before).event, ledger.leaf(before).actor) == ("refusal:access:denied", actor.actor)
    assert not Draft.objects.filter(frozen=None).exists()


def test_by_page_api_and_command(cast: Cast, api: Door, capsys: pytest.CaptureFixture[str]) -> None:
    erik, page = api("erik"), reverse("failure-modes", args=["triage"])
    assert len(erik.get("failure-modes")) == len(failure_modes())
    made = erik.post("failure-modes", {"project": "triage", "modes": ["personal-data"]})
    assert [draft["kind"] for draft in made] == ["evals.evaluation_set", "evals.rubric", "evals.thresholds"]
    erik.post("failure-modes", {"project": "triage"}, expect=400)
    api("ada").post("failure-modes", {"project": "triage", "starter": "regression"}, expect=403)
    assert "Prompt injection" in as_(cast.erik).get(page).content.decode()
    wanted = {"act": "modes", "modes": ["over-refusal", "format-break"]}
    assert as_(cast.erik).post(page, wanted).status_code == 302
    assert as_(cast.erik).post(page, {"act": "modes"}).status_code == 400
    starter = {"act": "starter", "starter": "regression", "purpose": "holdout"}
    assert as_(cast.erik).post(page, starter).status_code == 302
    assert Draft.objects.filter(kind="evals.evaluation_set", body__purpose="holdout").count() == 1
    call_command("adopt", "triage", "--user", "erik", "--starter", "regression")
    assert "regression" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        call_command("adopt", "other", "--user", "erik", "--starter", "regression")


def test_a_plan_says_what_it_does_not_look_for(cast: Cast) -> None:
    known, graded = holdout(cast), rubric(cast)
    threshold = {
        "id": "right", "metric": "exact_match", "slice": "all", "layer": "quality", "stage": "release",
        "direction": ">=", "kind": "absolute", "limit": "0.5", "importance": "hard", "alpha": "0.05", "n_min": 1,
        "missing_policy": "failure",
    }  # fmt: skip
    plan = documents.document_submit(
        actor=cast.erik, project=cast.triage, kind="evals.thresholds",
        body={"title": "Plan", "preset": "own", "thresholds": [threshold], "exceptions": {"right": "A test alone"}},
        references=links(evaluation_set=known, rubric=graded),
    )  # fmt: skip
    assert set(coverage.uncovered(plan)) == {"regression", "red_team"}
    request = signoff.request_open(actor=cast.erik, documents=[known, graded, plan])
    shown = as_(cast.carl).get(reverse("request", args=[request.pk])).content.decode()
    assert "no slice is there for it" in shown
