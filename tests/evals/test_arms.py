"""Arms that other systems answer: recorded answers and endpoints, measured under a permit like any other."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from evals import documents as evals
from evals.engine.cases import read_cases
from evals.engine.spec import Case, EvaluationResultBody, EvaluationSetBody, EvaluationSpecBody, RubricBody
from evals.purposes import bounds
from evals.selectors import spent
from governance import store
from governance.errors import Invalid, Refused
from governance.models import Document
from governance.proof.formats.permit import read_permit
from governance.selectors import documents as docs
from governance.selectors.keys import keyring
from governance.services import attempts, jobs
from tests.evals.engine import builders
from tests.support import hands, papers
from tests.support.governed import Site, on_paper

PLAN = {"thresholds": "thresholds", "evaluation_set": "set", "rubric": "rubric"}
RUBRIC = RubricBody.model_validate(papers.rubric())
RECORDING = {"system": "search 2.1", "made_by": "the coding desk", "made_on": "2026-11-20", "sources": "ICD-10, 2026"}
ENDPOINT = {"address": "https://api.example/v1", "model": "big-1", "key_from": "EXAMPLE_KEY"}
LISTED = ["https://api.example/v1 EXAMPLE_KEY"]


def cases(site: Site) -> list[Case]:
    [entry] = docs.model_body(site.story["set"], EvaluationSetBody).files
    return read_cases([(entry.path, store.path_of(entry.sha256))])


def lines(site: Site, right: int = 200) -> list[dict[str, Any]]:
    """A recording that gets the first `right` cases right."""
    return [
        {
            "id": case.id,
            "output": str(case.target) if number < right else '{"chapter":"none"}',
            "tokens_in": 900,
            "tokens": 12,
            "seconds": "1.5",
            "prompt": "sha256:" + "4" * 64,
        }
        for number, case in enumerate(cases(site))
    ]


def file(rows: list[dict[str, Any]]) -> dict[str, Any]:
    entry = store.put([b"".join(json.dumps(row).encode() + b"\n" for row in rows)])
    return {"path": "answers.jsonl", "size": entry.size, "sha256": entry.sha256}


def specify(
    site: Site, name: str, arm: str = "retrieval", links: dict[str, str] | None = None, **body: Any
) -> Document:
    content = {"arm": arm, "attempt_index": 1, "note": name, **body}
    return site.story.submit("engineer", name, evals.SPEC, content, **(PLAN | (links or {})))


def recorded(site: Site, name: str = "search", right: int = 200, **changes: Any) -> Document:
    body = {"recorded": file(lines(site, right)), "recording": RECORDING} | changes
    return specify(site, name, **body)


def delivered(site: Site, name: str, arm: str, answers: list[dict[str, Any]]) -> Callable[[Any], Any]:
    """What a runner that was handed these answers delivers, with figures that flatter."""
    from evals.engine.answers import Answer
    from evals.engine.grading import Grading
    from evals.engine.outputs import write_outputs

    found = {
        (row["id"], 1): Answer(
            row["output"], row["tokens"], True, row["tokens_in"], float(row["seconds"]), row.get("cost"), row["prompt"]
        )
        for row in answers
    }
    graded = Grading(RUBRIC).grade_all(cases(site), {key: answer.text for key, answer in found.items()})
    kept = site.story.bytes(name, write_outputs(found, graded, {}))
    return lambda _: (papers.evaluation_result(arm, kept, 0.99), [kept])


class TestRecorded:
    def test_the_permit_binds_the_recording_and_the_figures_are_made_here(self, site: Site) -> None:
        spec = recorded(site, recording=RECORDING | {"price_in": "0.50", "price_out": "2.00"})
        told = lines(site)
        for row in told:
            row["cost"] = 900 * 0.5e-6 + 12 * 2e-6
        with on_paper():
            result = site.story.run("search", delivered(site, "kept", "retrieval", told))
        attempt = hands.fresh(spec.jobs.get().attempts.get())
        permit = read_permit(bytes(attempt.permit), keyring().for_purpose("permit"))
        [bound] = [item for item in permit.inputs if item.role == "recorded"]
        entry = docs.model_body(spec, EvaluationSpecBody).recorded
        assert entry is not None
        assert (bound.name, bound.sha256, bound.size) == ("recorded/answers.jsonl", entry.sha256, entry.size)
        body = docs.model_body(result, EvaluationResultBody)
        assert (body.arm, body.verdict, body.verdicts) == ("retrieval", None, [])
        figures = body.metrics["all"]
        assert figures["exact_match"].value == "0.666667", "not the 0.99 that the runner sent"
        assert figures["cost_mean"].value == "0.000474"
        assert figures["tokens_mean"].value == "912.000000"
        assert docs.linked_one(result, "subject") is None

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda rows: rows[1:], "1 answer is missing"),
            (lambda rows: rows[:10], "290 answers are missing"),
            (lambda rows: [*rows, rows[0]], "is recorded twice"),
            (lambda rows: [*rows, rows[0] | {"id": "unheard-of"}], "'unheard-of', repeat 1"),
            (lambda rows: [*rows, rows[0] | {"repeat": 2}], "to nothing that is asked"),
            (lambda rows: [rows[0] | {"passed": True}, *rows[1:]], "answers.jsonl:1"),
        ],
    )
    def test_a_recording_that_does_not_fit_the_cases_is_not_frozen(self, site: Site, change: Any, reason: str) -> None:
        before = Document.objects.count()
        with pytest.raises(Invalid, match=reason):
            recorded(site, recorded=file(change(lines(site))))
        assert Document.objects.count() == before

    @pytest.mark.parametrize(
        ("changes", "links", "reason"),
        [
            ({"recording": None}, {}, "where they come from"),
            ({"arm": "base"}, {}, "whose approved files have to answer"),
            ({"arm": "best_prompt"}, {}, "whose approved files have to answer"),
            ({}, {"subject": "base"}, "nobody can tell"),
            ({"recorded": None, "recording": None, "arm": "other"}, {}, "nothing that answers"),
            ({"endpoint": ENDPOINT}, {}, "expected one of them"),
        ],
    )
    def test_what_answers_is_one_thing_and_said(self, site: Site, changes: Any, links: Any, reason: str) -> None:
        body = {"recorded": file(lines(site)), "recording": RECORDING, "arm": "retrieval"} | changes
        with pytest.raises(Invalid, match=reason):
            specify(site, "odd", links=links, **body)

    @pytest.mark.attack(
        name="swap recorded answers after the specification was frozen",
        caught_by="their digest and size are in it and in the permit; gate, runner and worker each hash the file again",
        unless="SHA-256 is broken",
    )
    def test_answers_swapped_after_freezing_start_nothing(self, site: Site) -> None:
        spec = recorded(site)
        entry = docs.model_body(spec, EvaluationSpecBody).recorded
        assert entry is not None
        path = store.path_of(entry.sha256)
        path.chmod(0o640)
        path.write_bytes(path.read_bytes().replace(b"none", b"nose"))
        with on_paper(), pytest.raises(Refused) as refused:
            jobs.launch(actor=site.engineer, spec=spec)
        assert {finding.check for finding in refused.value.findings} == {"subject_bytes"}

    @pytest.mark.attack(
        name="deliver better answers than those that were recorded",
        caught_by="the worker holds every delivered output against the recording that the permit bound",
        unless="the recording itself is invented: what made it is its author's word, and the result says so",
    )
    @pytest.mark.parametrize("change", ["text", "cost", "lost"])
    def test_other_answers_than_were_recorded_are_not_accepted(self, site: Site, change: str) -> None:
        spec = recorded(site)
        told = lines(site)
        if change == "text":
            told[-1]["output"] = told[0]["output"]
        elif change == "cost":
            told[-1]["tokens"] = 1
        else:
            del told[-1]
        with on_paper():
            job = jobs.launch(actor=site.engineer, spec=spec)
            attempt, token = hands.consumed(job)
            body, [kept] = delivered(site, "other", "retrieval", told)(attempt)
            attempts.keep_upload(attempt=attempt, digest=kept["sha256"], chunks=[store.read(kept["sha256"])])
            attempts.receive(attempt=attempts.by_token(token), result={"body": body, "files": [kept]})
            assert attempts.accept(attempt=hands.fresh(attempt)) is None
        assert "1 of the delivered outputs are not what was recorded" in hands.fresh(attempt).reason

    @pytest.mark.attack(
        name="probe a holdout's right answers with recorded ones, figure by figure",
        caught_by="every accepted result of answers that somebody chose spends the plan's alpha, as a verdict does",
        unless="a development set asks the same: its cases hide nothing",
    )
    def test_each_look_at_the_holdout_is_counted(self, site: Site) -> None:
        before = spent.spent(site.story["thresholds"])
        assert before is not None
        recorded(site)
        with on_paper():
            site.story.run("search", delivered(site, "kept", "retrieval", lines(site)))
        after = spent.spent(site.story["thresholds"])
        assert after is not None
        assert (after.disclosed, after.account.further) == (before.disclosed + 1, before.account.further - 1)


class TestEndpoints:
    def test_the_permit_names_the_variable_and_never_the_key(self, site: Site, settings: Any, monkeypatch: Any) -> None:
        settings.COUNTERSIGN_ENDPOINTS = LISTED
        monkeypatch.setenv("EXAMPLE_KEY", "sk-never-to-be-seen")
        spec = specify(site, "hosted", "other", endpoint=ENDPOINT)
        with on_paper():
            attempt, _ = hands.issued(jobs.launch(actor=site.engineer, spec=spec))
        permit = read_permit(bytes(attempt.permit), keyring().for_purpose("permit"))
        assert permit.variables == ["EXAMPLE_KEY"]
        assert bounds(spec)["variables"] == ["EXAMPLE_KEY"]
        assert {item.role for item in permit.inputs} == {"document", "cases"}
        assert b"never-to-be-seen" not in bytes(attempt.permit)

    @pytest.mark.attack(
        name="have a key sent to an address of one's own",
        caught_by="the operator lists each address with the variable of its key; the gate knows no other pair",
        unless="the operator lists it",
    )
    @pytest.mark.parametrize(
        ("change", "found"),
        [
            ({"address": "https://evil.example/v1"}, "lists no endpoint"),
            ({"key_from": "DATABASE_URL"}, "does not let DATABASE_URL be used"),
            ({"key_from": None}, "does not let no key be used"),
        ],
    )
    def test_what_the_operator_does_not_list_is_not_asked(
        self, site: Site, settings: Any, change: Any, found: str
    ) -> None:
        settings.COUNTERSIGN_ENDPOINTS = LISTED
        spec = specify(site, "hosted", "other", endpoint=ENDPOINT | change)
        with on_paper(), pytest.raises(Refused) as refused:
            jobs.launch(actor=site.engineer, spec=spec)
        [finding] = refused.value.findings
        assert finding.check == "endpoints"
        assert found in finding.found

    def test_an_endpoint_taken_off_the_list_is_asked_no_more(self, site: Site, settings: Any) -> None:
        settings.COUNTERSIGN_ENDPOINTS = LISTED
        spec = specify(site, "hosted", "other", endpoint=ENDPOINT)
        with on_paper():
            job = jobs.launch(actor=site.engineer, spec=spec)
            settings.COUNTERSIGN_ENDPOINTS = []
            hands.worker().step()
        job.refresh_from_db()
        assert job.state == "refused"
        assert "the operator lists no endpoint" in job.reason

    def test_the_rubric_must_ask_what_the_protocol_can_say(self, site: Site) -> None:
        sampled = papers.rubric()
        sampled["decoding"] |= {"do_sample": True, "temperature": "0.7", "seed": 1, "top_k": 5}
        site.story.submit("expert", "drawn", evals.RUBRIC, sampled)
        plan = {"evaluation_set": "set", "rubric": "drawn"}
        site.story.submit("expert", "of it", evals.THRESHOLDS, papers.thresholds(), **plan)
        with pytest.raises(Invalid, match="top_k"):
            specify(site, "hosted", "other", {"thresholds": "of it", "rubric": "drawn"}, endpoint=ENDPOINT)


def test_another_runs_model_is_measured_and_gets_no_verdict(site: Site) -> None:
    with on_paper():
        site.story.train()
        specify(site, "other run", "other", {"subject": "record"})
        texts = {case.id: str(case.target) for case in cases(site)}
        kept = site.story.bytes("theirs", builders.outputs(RUBRIC, cases(site), texts, "other"))
        result = site.story.run("other run", lambda _: (papers.evaluation_result("other", kept, 0.5), [kept]))
    body = docs.model_body(result, EvaluationResultBody)
    assert (body.arm, body.verdict, body.metrics["all"]["exact_match"].value) == ("other", None, "1.000000")
    assert docs.linked_one(result, "subject") == site.story["record"]


def test_outputs_of_our_own_model_must_have_been_asked_as_the_rubric_says(site: Site) -> None:
    with on_paper():
        specify(site, "again", "base", {"subject": "base"})
        told = lines(site)
        with pytest.raises(AssertionError, match="was asked with the prompt"):
            site.story.run("again", delivered(site, "kept", "base", told))
