"""Stages are judged apart: what a pilot or production asks for keeps no release, and a release asks for its own."""

from typing import Any
from unittest.mock import patch

import pytest

from evals import documents as evals
from evals import reports
from evals.engine.results import Judgement
from evals.engine.stages import by_stage, verdict_of
from evals.selectors import coverage
from governance import store
from governance.errors import Invalid
from governance.models import Document
from governance.selectors.documents import display_body
from governance.services import documents
from tests.support import holdout, papers
from tests.support.governed import Site, on_paper
from training.services import releases


def judged(*later: tuple[str, str, str, str]) -> Judgement:
    """The story's judgement with lines of other stages: threshold, stage, importance, verdict."""
    body = papers.judgement()
    model = body["verdicts"][0]
    for name, stage, importance, verdict in later:
        line = model | {"threshold": name, "stage": stage, "importance": importance, "verdict": verdict}
        body["verdicts"].append(line)
    return Judgement.model_validate(body)


def result(site: Site, *later: tuple[str, str, str, str]) -> Document:
    with on_paper(), patch("tests.support.story.Judgement.model_validate", return_value=judged(*later)):
        site.story.train()
        site.story.evaluate()
    return site.story["result"]


LATER = (
    ("override", "pilot", "hard", "FAIL"),
    ("handling", "pilot", "soft", "INCONCLUSIVE"),
    ("incidents", "production", "soft", "FAIL"),
)


def test_a_release_waits_for_its_own_stage_alone(site: Site) -> None:
    made = result(site, *LATER)
    lines = {line.check: line for line in releases.gate(result=made, user=site.engineer).lines}
    assert lines["verdict"].answer.passed
    assert lines["soft_thresholds"].answer.found == "high-value: INCONCLUSIVE"


def test_each_stage_has_a_verdict_of_its_own_in_page_and_report(site: Site) -> None:
    made = result(site, *LATER)
    body = display_body(made)
    stages = {stage.name: stage for stage in coverage.by_stages(made, body["verdicts"])}
    assert list(stages) == ["release", "pilot", "production"]
    assert [stage.verdict for stage in stages.values()] == ["PASS", "FAIL", None]
    notices = {notice.label: notice.text for notice in reports.result_notices(made, body)}
    assert notices["Other stages"] == (
        "No release waits for these: override FAIL (pilot, hard), handling INCONCLUSIVE (pilot, soft), "
        "incidents FAIL (production, soft)."
    )
    assert notices["Soft thresholds"].endswith("high-value INCONCLUSIVE (soft).")
    told = str(reports.evaluation_result(made, body))
    assert "Stage pilot, whether the pilot goes on: FAIL" in told
    assert "Stage production, whether it stays in production: nothing decided" in told


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [([], None), (["PASS"], "PASS"), (["PASS", "INCONCLUSIVE"], "INCONCLUSIVE"), (["INCONCLUSIVE", "FAIL"], "FAIL")],
)
def test_a_stage_passes_only_when_every_hard_threshold_does(verdicts: list[str], expected: str | None) -> None:
    assert verdict_of(verdicts) == expected


def test_lines_from_before_there_were_stages_are_of_the_release() -> None:
    (stage,) = by_stage([{"importance": "hard", "verdict": "PASS"}], {"release": "what the desk does"})
    assert (stage.name, stage.decides, stage.verdict) == ("release", "what the desk does", "PASS")


def plan(site: Site, cases: bytes, threshold: dict[str, Any]) -> Document:
    expert, project = site.story.people["expert"], site.story.project
    entry = store.put([cases]).model_dump(exclude={"md5"})
    body = papers.evaluation_set(entry) | {"slices": {"young": "under 40", "old": "over 60"}, "cases": 300}
    holds = documents.document_submit(actor=expert, project=project, kind=evals.SET, body=body)
    limits = papers.thresholds()
    limits["thresholds"] = [limits["thresholds"][0], threshold]
    links = {"evaluation_set": holds, "rubric": site.story["rubric"]}
    references = [{"role": role, "digest": found.digest} for role, found in links.items()]
    return documents.document_submit(
        actor=expert, project=project, kind=evals.THRESHOLDS, body=limits, references=references
    )


GAP = papers.threshold("gap", "exact_match", "all", "0.1", kind="gap", direction="<=", groups=["young", "old"])


def test_groups_of_a_gap_have_no_case_in_common(site: Site) -> None:
    apart = holdout.lines(300, papers.LABELS, ["young", "old"])
    assert plan(site, apart, GAP).number == 1
    both = apart.replace(b'"slices": ["young"]', b'"slices": ["young", "old"]', 3)
    assert both != apart
    with pytest.raises(Invalid, match="holds 'young' against 'old', but 3 cases are in both"):
        plan(site, both, GAP)
    with pytest.raises(Invalid, match=r"but \d+ cases are in both"):
        plan(site, apart, GAP | {"groups": ["all", "old"]})


def test_a_plan_is_covered_by_what_keeps_a_release_alone(site: Site) -> None:
    cases = holdout.lines(300, papers.LABELS, ["young", "old"])
    attacks = papers.threshold("attacks", "exact_match", "old", "0.05", kind="zero_tolerance")
    expert, project = site.story.people["expert"], site.story.project
    entry = store.put([cases]).model_dump(exclude={"md5"})
    body = papers.evaluation_set(entry) | {
        "slices": {"young": "under 40", "old": "attacks"}, "roles": {"old": "red_team"}
    }  # fmt: skip
    holds = documents.document_submit(actor=expert, project=project, kind=evals.SET, body=body)
    for stage, told in (("release", False), ("production", True)):
        limits = papers.thresholds()
        limits["thresholds"] = [limits["thresholds"][0], attacks | {"stage": stage}]
        links = {"evaluation_set": holds, "rubric": site.story["rubric"]}
        references = [{"role": role, "digest": found.digest} for role, found in links.items()]
        made = documents.document_submit(
            actor=expert, project=project, kind=evals.THRESHOLDS, body=limits, references=references
        )
        assert ("red_team" in coverage.uncovered(made)) is told
