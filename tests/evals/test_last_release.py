"""What an evaluation calls the last release is the release in force, and nobody chooses among its results."""

from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evals import documents as evals
from evals.selectors import plans
from evals.subjects import releases_in_force
from governance.errors import Finding, Refused
from governance.models import Document
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.selectors import signoff as select
from governance.services import jobs, signoff
from governance.services.documents import freeze
from governance.services.ledger import mutation
from governance.services.reauthentication import Proof
from tests.support import papers
from tests.support.governed import Site, Step, on_paper
from tests.support.story import PASSWORD, Story, fabricated


def specification(story: Story, name: str, last: str, plan: dict[str, str] | None = None) -> Document:
    named = {
        "thresholds": "thresholds", "evaluation_set": "set", "rubric": "rubric", "subject": "record",
        "baseline": "baseline", "last_release": last,
    } | (plan or {})  # fmt: skip
    named = {role: target for role, target in named.items() if target}
    return story.submit("engineer", name, evals.SPEC, {"arm": "tuned", "attempt_index": 9, "note": name}, **named)


def refused(site: Site, spec: Document) -> list[Finding]:
    with pytest.raises(Refused) as found:
        jobs.launch(actor=site.engineer, spec=spec)
    return list(found.value.findings)


def release(site: Site) -> None:
    with on_paper():
        site.story.train()
        site.story.evaluate()
        site.story.release()


@pytest.fixture
def already() -> Step:
    return release


def again(story: Story, name: str) -> Document:
    """Evaluate the released run once more, by the same plan."""
    was = dict(story.made)
    story.evaluate()
    made = story["result"]
    story.made = was | {name: made}
    return made


@pytest.mark.attack(
    name="compare a new model with a weak result that once passed instead of with the last release",
    caught_by="the gate asks for the result that the release in force was signed on",
    unless="the release itself was signed on that weak result",
)
def test_only_the_result_of_the_release_in_force_is_the_last_release(site: Site) -> None:
    with on_paper():
        story = site.story
        other = again(story, "other")
        assert other != story["result"]
        (finding,) = refused(site, specification(story, "with another", "other"))
        assert finding.check == "last_release"
        assert f"signed on another result: {story['result'].digest}" in finding.found
        assert jobs.launch(actor=site.engineer, spec=specification(story, "with it", "result")).state == "queued"


@pytest.mark.parametrize("already", [None])
def test_a_result_that_was_never_released_is_no_last_release(site: Site) -> None:
    with on_paper():
        site.story.train()
        site.story.evaluate()
        (finding,) = refused(site, specification(site.story, "too early", "result"))
    assert (finding.check, "of no release in force (there is none)" in finding.found) == ("last_release", True)


def test_a_release_that_was_taken_back_is_none(site: Site) -> None:
    with on_paper():
        story = site.story
        spec = specification(story, "after it fell", "result")
        signoff.revoke(
            actor=story.people["officer"], document=story["release"], reason="It was wrong", proof=Proof(PASSWORD)
        )
        findings = refused(site, spec)
    assert {finding.check for finding in findings} == {"last_release"}
    assert "of no release in force" in findings[0].found


def test_on_other_cases_the_first_result_of_the_released_model_counts(site: Site) -> None:
    """The plan changed since: the released run is measured on the new one, and its first result is the one."""
    with on_paper():
        story = site.story
        tuned = another_plan(story)
        first = measured(story, "first", "tuned", 0.58, tuned)
        second = measured(story, "second", "tuned", 0.58, tuned)
        findings = refused(site, specification(story, "cherry", "second", tuned))
        assert {finding.check for finding in findings} == {"last_release"}
        assert first.digest in findings[0].found
        assert second.digest not in findings[0].found
        assert jobs.launch(actor=site.engineer, spec=specification(story, "fair", "first", tuned)).state == "queued"


def test_a_released_model_that_was_measured_as_another_arm_keeps_nothing_back(site: Site) -> None:
    """Such a result has no verdict, so it can never be named; the first judged one still counts."""
    with on_paper():
        story = site.story
        tuned = another_plan(story)
        measured(story, "aside", "other", 0.58, tuned | {"baseline": ""})
        measured(story, "first", "tuned", 0.58, tuned)
        assert jobs.launch(actor=site.engineer, spec=specification(story, "fair", "first", tuned)).state == "queued"


def test_a_plan_that_compares_with_the_last_release_asks_for_it(site: Site) -> None:
    with on_paper():
        story = site.story
        body = papers.thresholds() | {"title": "No worse than before"}
        body["thresholds"] += [
            papers.threshold("as-before", "exact_match", "all", "0.1", kind="non_inferiority", against="last_release")
        ]
        story.submit("expert", "no worse", evals.THRESHOLDS, body, evaluation_set="set", rubric="rubric")
        spec = specification(story, "without it", "", {"thresholds": "no worse"})
        (found,) = (one for one in refused(site, spec) if one.check == "last_release")
        assert found.found == "no last release, which is asked for by: as-before"
        base = story.submit(
            "engineer", "base of it", evals.SPEC, {"arm": "base", "attempt_index": 1, "note": ""}, subject="base",
            thresholds="no worse", evaluation_set="set", rubric="rubric",
        )  # fmt: skip
        assert "last_release" not in {one.check for one in refused(site, base)}, "what is only measured needs none"


def test_what_did_not_pass_or_is_of_another_plan_is_no_last_release(site: Site) -> None:
    with on_paper():
        story = site.story
        tuned = another_plan(story)
        (finding,) = refused(site, specification(story, "the base", "baseline"))
        assert "it was not passed: not judged" in finding.found
        lines = papers.judgement()["verdicts"]
        missed = {"verdict": "FAIL", "verdicts": [lines[0] | {"verdict": "FAIL"}, *lines[1:]]}
        with patch.object(papers, "judgement", return_value=missed):
            failed = measured(story, "failed", "tuned", 0.2, tuned)
        assert docs.envelope(failed).body["verdict"] == "FAIL"
        (finding,) = refused(site, specification(story, "after it failed", "failed", tuned))
        assert (finding.check, finding.found.partition(";")[0]) == ("last_release", "it was not passed: FAIL")
        (finding,) = refused(site, specification(story, "of another plan", "result", tuned))
        assert finding.found == "it has another rubric"


def test_a_result_that_no_permit_stands_behind_is_no_last_release(site: Site) -> None:
    with on_paper():
        story = site.story
        body = docs.envelope(story["result"]).body | {"seconds": "9.0"}
        links = [{"role": link.role, "digest": link.digest} for link in docs.envelope(story["result"]).references]
        with mutation(actor=site.engineer, action="document.freeze", project=story.project) as m:
            story.made["made up"] = freeze(
                m, kind=KINDS[evals.RESULT], body=body, references=links, contributors=[], by=None
            )
        (finding,) = refused(site, specification(story, "with it", "made up"))
    assert finding.found == "no consumed permit stands behind it"


def test_what_is_asked_of_the_last_release_does_not_grow_with_what_was_released_before(site: Site) -> None:
    """Every release of the project, and every result of the released model, was asked for alone."""
    with on_paper():
        story = site.story
        tuned = another_plan(story)
        measured(story, "first", "tuned", 0.58, tuned)
        measured(story, "second", "tuned", 0.58, tuned)
        spec, result = specification(story, "fair", "second", tuned), story["second"]
        before = asked_of(spec, result)
        for _ in range(2):
            story.release()
        measured(story, "third", "tuned", 0.58, tuned)
        measured(story, "last", "tuned", 0.58, tuned)
        assert story.project is not None
        size, now = ledger.size(), timezone.now()
        assert len(releases_in_force(story.project, size, now)) == 3
        assert asked_of(specification(story, "later", "last", tuned), story["last"]) == before


def asked_of(spec: Document, result: Document) -> tuple[int, int]:
    """Return how many queries ask what releases in force are of, beside their sign-off, and for earlier results."""
    assert spec.project is not None
    counts = []
    released = list(Document.objects.filter(project=spec.project, kind="training.release"))
    standing = select.in_force_many(released)
    subject, plan = docs.linked(result, "subject")[0], docs.linked(result, "thresholds")[0]
    for question in (
        lambda: releases_in_force(spec.project, ledger.size(), timezone.now()),
        lambda: plans.results_of(subject, plans.cases_and_rubric(plan), before=result),
    ):
        with patch.object(select, "in_force_many", return_value=standing), CaptureQueriesContext(connection) as asked:
            question()
        counts.append(len(asked))
    return counts[0], counts[1]


def another_plan(story: Story) -> dict[str, str]:
    """Have a plan with another rubric signed, and the base model measured; return what a judged evaluation names."""
    story.submit("expert", "new rubric", evals.RUBRIC, papers.rubric() | {"title": "Chapter, later"})
    later = papers.thresholds() | {"title": "Acceptance, later"}
    story.submit("expert", "new thresholds", evals.THRESHOLDS, later, evaluation_set="set", rubric="new rubric")
    story.sign("new rubric", "new thresholds", requester="engineer", signers=("officer", "officer2"))
    plan = {"thresholds": "new thresholds", "evaluation_set": "set", "rubric": "new rubric"}
    measured(story, "new baseline", "base", 0.04, plan | {"subject": "base"})
    return plan | {"subject": "record", "baseline": "new baseline"}


def measured(story: Story, name: str, arm: str, share: float, links: dict[str, str]) -> Document:
    named = {role: target for role, target in links.items() if target}
    story.submit("engineer", f"{name} spec", evals.SPEC, {"arm": arm, "attempt_index": 1, "note": name}, **named)
    with fabricated(arm, share):
        story.made[name] = story.run(f"{name} spec", lambda _: story._result(arm, share))
    return story[name]
