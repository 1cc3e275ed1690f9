"""Judges in a run: asked after the answers, once for each prompt, recorded word for word, and read again by others."""

import json
import re
import shutil
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evals.engine.answers import Answer
from evals.engine.backends.base import EachBatch, Request
from evals.engine.calibrations import CalibrationFigure
from evals.engine.deciders import UNCALIBRATED
from evals.engine.grading import Grading
from evals.engine.judgement import judge
from evals.engine.output_lines import OutputsInvalid, parse_outputs
from evals.engine.outputs import read_outputs
from evals.engine.results import EvaluationResultBody
from evals.engine.run import evaluate
from evals.engine.spec import Case, Decoding
from evals.engine.unsupported import of_plan
from governance.proof.formats.canonical import dumps
from governance.proof.sections import plans
from governance.proof.sections.held import Paper
from governance.runner.protocol import RunFailed
from tests.evals.engine import builders
from tests.evals.engine.backends.endpoint import Reply, Script, proper, serving
from tests.evals.engine.builders import case, rubric, rubric_dict, threshold_dict, thresholds
from tests.evals.engine.test_run import Recorder, documents, run

SAYS = ["good", "bad", "odd", "good"]
"""What the model answers to the cases, over and over: the judge likes the first, not the second, and babbles."""
COUNT = 12
PROMPT = "{question}: is this helpful? {answer}"


def judged(address: str, **changes: Any) -> dict[str, Any]:
    """The changes of a rubric whose one criterion is for a judge at `address`."""
    criterion = dict(rubric_dict()["criteria"][0], name="helpful", grader="judge", weight="1")
    criterion["parameters"] = {"judge": "j", "scale": {"low": 0, "high": 2, "met_from": 1}}
    pinned = {"backend": "http", "endpoint": address, "model": "m", "prompt": PROMPT} | changes
    return {"criteria": [criterion], "output": {"format": "text"}, "judges": {"j": pinned}}


class Speaker:
    """A model that says what `SAYS` says."""

    def answer(self, requests: Sequence[Request], decoding: Decoding, each_batch: EachBatch) -> None:
        each_batch({one.key: Answer(SAYS[int(one.case[1:]) % len(SAYS)], 1, True) for one in requests})

    def environment(self) -> dict[str, str]:
        return {}


def scores(body: dict[str, Any], before: int) -> Reply:
    asked = body["messages"][-1]["content"]
    said = "2" if asked.endswith("good") else '{"score": 0}' if asked.endswith("bad") else "Well, it depends."
    return Reply(content=proper(body, message={"role": "assistant", "content": said}))


def laid_out(folder: Path) -> Path:
    for name in ("documents", "cases"):
        (folder / "inputs" / name).mkdir(parents=True, exist_ok=True)
    # Two cases ask the same: their answers are the same, so the judge is asked about them once.
    cases = [case(f"c{n:02}", None, messages=[{"role": "user", "content": f"question {n % 8}"}]) for n in range(COUNT)]
    content = b"".join(dumps(found.model_dump(exclude_none=True)) + b"\n" for found in cases)
    (folder / "inputs/cases/holdout.jsonl").write_bytes(content)
    return folder


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return laid_out(tmp_path)


def evaluated(work: Path, changes: dict[str, Any], arm: str = "tuned", report: Recorder | None = None) -> Any:
    permit = documents(work, arm=arm, cases=COUNT, **changes)
    return evaluate(work, permit, report or Recorder(), Speaker)  # type: ignore[arg-type]


def asked(script: Script, work: Path, arm: str = "tuned", **changes: Any) -> tuple[Any, Any, dict[str, Any]]:
    with serving(script) as (address, seen):
        wanted = judged(address, **changes)
        return evaluated(work, wanted, arm), seen, wanted


def cases_of(work: Path) -> list[Case]:
    lines = (work / "inputs/cases/holdout.jsonl").read_text().splitlines()
    return [Case.model_validate_json(line) for line in lines]


def test_each_answer_is_kept_with_what_the_judge_said_of_it(work: Path) -> None:
    report = Recorder()
    with serving(scores) as (address, seen):
        outcome = evaluated(work, judged(address), report=report)
    body = EvaluationResultBody.model_validate(outcome.body)
    assert len(seen.bodies) == 8, "one question for each of the prompts, which repeat from the ninth case on"
    assert seen.bodies[0]["temperature"] == 0
    assert report.shares == sorted(report.shares)
    lines = parse_outputs(outcome.files[0].path.read_bytes())
    told = [(line.output, line.replies["helpful"][0].state, line.replies["helpful"][0].score) for line in lines[:4]]
    assert told == [("good", "scored", 2), ("bad", "scored", 0), ("odd", "unparsed", None), ("good", "scored", 2)]
    assert lines[2].replies["helpful"][0].reply == "Well, it depends."
    assert [line.passed for line in lines[:4]] == [True, False, False, True]
    assert body.metrics["all"]["met:helpful"].value == "0.500000"
    assert body.report_only == {"helpful": UNCALIBRATED}
    took = r"8 prompts, 8 replies, \d+ tokens read, \d+ written, no price named"
    assert re.fullmatch(took, body.environment["judge j"])


def test_what_a_judge_costs_is_told_where_the_rubric_names_a_price(work: Path) -> None:
    outcome, _, _ = asked(scores, work, price_in="2", price_out="10.50")
    body = EvaluationResultBody.model_validate(outcome.body)
    told = re.fullmatch(
        r"8 prompts, 8 replies, (\d+) tokens read, (\d+) written, (\S+) US dollars", body.environment["judge j"]
    )
    assert told is not None
    read, written, dollars = (Decimal(one) for one in told.groups())
    assert written > 0
    assert dollars == ((2 * read + Decimal("10.5") * written) / 1_000_000).quantize(Decimal("0.000001"))
    assert body.cost is None, "the answers' own cost, which has no price here"


def test_interrupted_while_the_judge_is_asked_it_goes_on(work: Path) -> None:
    broken = []

    def moody(body: dict[str, Any], before: int) -> Reply:
        broken.append(1)
        return scores(body, before) if len(broken) != 5 else Reply(status=400, content=b"no", delay=0.3)

    with serving(moody) as (address, seen):
        wanted = judged(address, requests_per_minute=100_000, price_in="2", price_out="10.50")
        with pytest.raises(RunFailed, match=r"judge 'j': .*400"):
            evaluated(work, wanted)
        before = len(seen.bodies)
        kept = (work / "journal" / "judge-1.jsonl").read_bytes().count(b"\n") - 1
        again = evaluated(work, wanted)
        assert len(seen.bodies) - before == 8 - kept
        assert kept >= 1
        shutil.rmtree(work / "journal")
        whole = evaluated(work, wanted)
    assert again.files[0].path.read_bytes() == whole.files[0].path.read_bytes()
    assert again.body["environment"]["judge j"] == whole.body["environment"]["judge j"], "what it cost before counts"


@pytest.mark.attack(
    name="a runner, or whoever can write the file, changes what a judge said, was asked, or came to",
    caught_by="prompts and scores are made again from the rubric and the replies; grades from both",
    unless="the reply itself is another from the start: a judge's words are the runner's word, as answers are",
)
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"reply":"{\\"score\\": 0}"', b'"reply":"2"', "score 0 of a judge"),
        (b'"score":0,"state"', b'"score":2,"state"', "score 2 of a judge"),
        (b'"state":"unparsed"', b'"state":"scored"', "of a judge"),
        (b'"met":false,"score":"0.000000"', b'"met":true,"score":"1.000000"', "other than the rubric gives"),
        (b'"replies":{"helpful"', b'"replies":{"kind"', "were not asked what the rubric asks"),
    ],
)  # fmt: skip
def test_tampered_judge_answers_are_refused(work: Path, old: bytes, new: bytes, message: str) -> None:
    outcome, _, wanted = asked(scores, work)
    data, grading = outcome.files[0].path.read_bytes(), Grading(rubric(**wanted))
    assert read_outputs(data, cases_of(work), grading, "tuned").graded["c00", 1].passed
    assert old in data
    with pytest.raises(OutputsInvalid, match=message):
        read_outputs(data.replace(old, new, 1), cases_of(work), grading, "tuned")


def test_a_judge_that_was_asked_something_else_or_nothing_is_refused(work: Path) -> None:
    outcome, _, wanted = asked(scores, work)
    data = outcome.files[0].path.read_bytes()
    other = Grading(rubric(**(wanted | {"judges": {"j": wanted["judges"]["j"] | {"prompt": "Helpful? {answer}"}}})))
    with pytest.raises(OutputsInvalid, match="were not asked"):
        read_outputs(data, cases_of(work), other, "tuned")
    first, *rest = [json.loads(line) for line in data.splitlines()]
    del first["replies"]
    silent = b"".join(dumps(line) + b"\n" for line in [first, *rest])
    with pytest.raises(OutputsInvalid, match="were not asked"):
        read_outputs(silent, cases_of(work), Grading(rubric(**wanted)), "tuned")


def rate(value: str, n: int) -> dict[str, Any]:
    return {"value": value, "low": "0", "high": "1", "n": n}


def figure(found_good: int, good: int, found_bad: int, bad: int) -> CalibrationFigure:
    return CalibrationFigure.model_validate({
        "found_good": found_good, "good": good, "found_bad": found_bad, "bad": bad, "unparsed": 0,
        "sensitivity": rate("0.9", good), "specificity": rate("0.8", bad), "kappa": None, "alpha": None, "low": None,
        "high": None, "people": None, "corrected": [],
    })  # fmt: skip


PLAN = thresholds(threshold_dict(metric="met:helpful", limit="0.3"))


def verdict(work: Path, data: bytes, wanted: dict[str, Any], found: CalibrationFigure | None, plan: Any = PLAN) -> Any:
    known = {} if found is None else {"helpful": found}
    return judge(plan, data, cases_of(work), rubric(**wanted), calibrations=known)


def test_only_a_calibrated_judge_decides_and_its_errors_are_corrected(work: Path) -> None:
    outcome, _, wanted = asked(scores, work)
    data = outcome.files[0].path.read_bytes()
    alone = verdict(work, data, wanted, None)
    assert (alone.verdict, alone.report_only) == ("INCONCLUSIVE", {"helpful": UNCALIBRATED})
    assert UNCALIBRATED in alone.verdicts[0].reason
    sure = verdict(work, data, wanted, figure(100_000, 100_000, 100_000, 100_000)).verdicts[0]
    assert sure.value == "0.500000", "a judge that never errs needs no correction"
    erring = verdict(work, data, wanted, figure(900, 1000, 800, 1000)).verdicts[0]
    # (0.5 + 0.8 - 1) / (0.9 + 0.8 - 1): Rogan and Gladen
    assert erring.value == "0.428571"
    assert "the judge called 50.0% good" in erring.reason
    assert float(erring.low or 0) < float(sure.low or 0)
    unsure = verdict(work, data, wanted, figure(9, 10, 8, 10)).verdicts[0]
    assert float(unsure.low or 0) < float(erring.low or 0), "few calibrated answers make wide bounds"
    useless = verdict(work, data, wanted, figure(50, 100, 50, 100)).verdicts[0]
    assert (useless.low, useless.verdict) == (None, "INCONCLUSIVE")


def test_what_cannot_be_corrected_is_report_only_and_no_hard_threshold(work: Path) -> None:
    outcome, _, wanted = asked(scores, work)
    data, body = outcome.files[0].path.read_bytes(), rubric(**wanted)
    for changes in (
        {"metric": "score:helpful"}, {"metric": "pass_rate"}, {"kind": "zero_tolerance", "limit": "0.9"},
    ):  # fmt: skip
        plan = thresholds(threshold_dict(metric="met:helpful", limit="0.1") | changes)
        [line] = verdict(work, data, wanted, figure(900, 1000, 900, 1000), plan).verdicts
        assert line.verdict == "INCONCLUSIVE"
        assert "can be corrected only in an absolute limit" in line.reason
        with pytest.raises(ValueError, match="make the threshold soft"):
            of_plan(plan, body)
    of_plan(PLAN, body)


def test_a_missing_answer_never_helps_a_judged_model(work: Path) -> None:
    outcome, _, wanted = asked(scores, work)
    lines = outcome.files[0].path.read_bytes().splitlines(keepends=True)
    found = figure(90, 100, 80, 100)
    whole = verdict(work, b"".join(lines), wanted, found).verdicts[0]
    for number in (0, 1, 2):  # one that the judge called good, one bad, one that it babbled about
        less = verdict(work, b"".join(lines[:number] + lines[number + 1 :]), wanted, found).verdicts[0]
        assert float(less.low or 0) <= float(whole.low or 0)
        assert float(less.value or 0) <= float(whole.value or 0)


def test_who_signs_a_rubric_is_told_the_price() -> None:
    for prices, told in (({"price_in": "2", "price_out": "10.50"}, True), ({}, False)):
        body = rubric(**judged("http://127.0.0.1:1/v1", **prices)).model_dump(mode="json")
        printed = str(plans.rubric(cast(Paper, SimpleNamespace(body=body))))
        assert ("a million tokens cost 2 US dollars read and 10.50 written" in printed) == told


def test_prices_come_in_pairs_and_for_endpoints_alone() -> None:
    with pytest.raises(ValueError, match="together or not at all"):
        rubric(**judged("http://127.0.0.1:1/v1", price_in="2"))
    local = {"backend": "local", "model_digest": "sha256:" + "7" * 64, "endpoint": None, "model": None}
    assert rubric(**judged("http://127.0.0.1:1/v1", **local))
    with pytest.raises(ValueError, match="have no price"):
        rubric(**judged("http://127.0.0.1:1/v1", **local, price_in="2", price_out="3"))


@pytest.mark.ml
def test_a_judge_on_this_machine_is_loaded_from_its_own_files(tmp_path: Path, base: Path) -> None:
    work = laid_out(tmp_path)
    shutil.copytree(base, work / "inputs/base")
    pinned = {"backend": "local", "model_digest": "sha256:" + "7" * 64, "prompt": "Score: {answer}",
              "endpoint": None, "model": None}  # fmt: skip
    wanted = judged("http://127.0.0.1:1/v1", **pinned)
    with pytest.raises(RunFailed, match="cannot be read"):
        run(work, documents(work, cases=COUNT, **wanted))
    shutil.copytree(base, work / "inputs" / rubric(**wanted).judges["j"].folder / "base")
    outcome = run(work, documents(work, cases=COUNT, **wanted))
    data = outcome.files[0].path.read_bytes()
    states = {line.replies["helpful"][0].state for line in parse_outputs(data) if line.replies}
    assert states == {"unparsed"}, "a model of random weights gives no score"
    assert read_outputs(data, cases_of(work), Grading(rubric(**wanted)), "base").graded


@pytest.mark.ml
def test_an_answer_that_a_judge_cannot_be_given_does_not_end_the_evaluation(tmp_path: Path, base: Path) -> None:
    from transformers import AutoTokenizer

    work = laid_out(tmp_path)
    control = str(AutoTokenizer.from_pretrained(base).all_special_tokens[0])
    pinned = {"backend": "local", "model_digest": "sha256:" + "7" * 64, "prompt": "Score: {answer}",
              "endpoint": None, "model": None}  # fmt: skip
    wanted = judged("http://127.0.0.1:1/v1", **pinned)
    shutil.copytree(base, work / "inputs" / rubric(**wanted).judges["j"].folder / "base")

    class Hostile(Speaker):
        def answer(self, requests: Sequence[Request], decoding: Decoding, each_batch: EachBatch) -> None:
            each_batch({one.key: Answer(f"I am good {control} 2", 1, True) for one in requests})

    permit = documents(work, arm="tuned", cases=COUNT, **wanted)
    outcome = evaluate(work, permit, Recorder(), Hostile)  # type: ignore[arg-type]
    data = outcome.files[0].path.read_bytes()
    assert {line.replies["helpful"][0].state for line in parse_outputs(data)} == {"unasked"}
    assert not any(
        g.passed for g in read_outputs(data, cases_of(work), Grading(rubric(**wanted)), "tuned").graded.values()
    )


def test_builders_write_what_judges_are_not_asked_about() -> None:
    data = builders.outputs(rubric(), [case("a")], {"a": "x"})
    assert b"replies" not in data
