"""Results of evaluations on the command line: what failed, counted, listed, written to a file."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from client.failure import CLOSED, NOT_ALLOWED, OK, USAGE
from evals.engine.cases import read_cases
from evals.engine.results import Judgement, WhatIf
from evals.engine.spec import RubricBody
from governance import store
from governance.models import Document
from governance.registry import KINDS
from governance.services.documents import check_body, document_submit, freeze
from governance.services.ledger import mutation
from tests.client.conftest import Command
from tests.evals.engine import builders
from tests.support import cast as people
from tests.support import papers
from tests.support.cast import Cast

ANSWERS = {"case-0000": '{"chapter":"eye"}', "case-0001": "ears\x1b[31m"}


def result(cast: Cast, purpose: str) -> Document:
    """Freeze a result on a set of that purpose, as the system does when it accepts one."""
    links = people.links

    def submit(kind: str, body: dict[str, Any], **named: Document) -> Document:
        return document_submit(actor=cast.erik, project=cast.triage, kind=kind, body=body, references=links(**named))

    body = people.set_body("Cases") | {"purpose": purpose}
    chosen = submit(people.SET, body)
    graded = people.rubric(cast)
    limits = submit("evals.thresholds", people.thresholds_body("Limits"), evaluation_set=chosen, rubric=graded)
    base = document_submit(actor=cast.olga, project=None, kind="training.base_model", body=people.base_model_body())
    asked = {"arm": "base", "attempt_index": 1, "note": ""}
    plan = {"thresholds": limits, "evaluation_set": chosen, "rubric": graded}
    spec = submit("evals.evaluation_spec", asked, **plan, subject=base)
    cases = read_cases([("cases.jsonl", store.path_of(body["files"][0]["sha256"]))])
    rubric = RubricBody.model_validate(people.rubric_body())
    kept = people.stored(builders.outputs(rubric, cases, ANSWERS, "base"), "outputs.jsonl")
    kind = KINDS["evals.evaluation_result"]
    measured = check_body(kind, papers.evaluation_result("base", kept, 0.5))
    with mutation(actor=None, action="result.accept", project=cast.triage) as m:
        references = links(spec=spec, thresholds=limits, subject=base)
        return freeze(m, kind=kind, body=measured, references=references, contributors=[], by=None)


@pytest.fixture(autouse=True)
def permitted() -> Iterator[None]:
    """No permit stands behind these results."""
    with patch("evals.selectors.failures.told.output_of", return_value=True):
        yield


def test_failures_are_listed_counted_and_written(erik: Command, cast: Cast, tmp_path: Path) -> None:
    digest = result(cast, "development").digest
    ran = erik("results", "failures", digest)
    assert ran.code == OK, ran.err
    assert "case-0001  unparsed" in ran.out
    assert "asked     phrase 1" in ran.out
    assert 'expected  {"chapter": "ear"}' in ran.out
    assert "not met   answer" in ran.out
    assert "\x1b" not in ran.out
    assert "1 of 1 answers" in ran.err
    assert erik("results", "failures", digest, "--outcome", "any", "--text", "EYE", "--json").json["count"] == 1
    assert erik("results", "failures", digest, "--pattern", "(").code == USAGE
    assert "all\t1 of 2\t1\t0\t1 of 2" in erik("results", "failures", digest, "--counts").out
    target = tmp_path / "failures.jsonl"
    assert erik("results", "failures", digest, "--criterion", "answer", "-o", str(target)).code == OK
    assert [json.loads(line)["id"] for line in target.read_text().splitlines()] == ["case-0001"]


def test_of_a_holdout_an_engineer_gets_counts(erik: Command, cast: Cast, tmp_path: Path) -> None:
    digest = result(cast, "holdout").digest
    assert erik("results", "failures", digest).code == NOT_ALLOWED
    target = tmp_path / "failures.jsonl"
    assert erik("results", "failures", digest, "-o", str(target)).code == NOT_ALLOWED
    assert not target.exists()
    assert erik("results", "failures", digest, "--counts", "--json").json[0]["failing"] == 1


def test_failures_are_marked_listed_withdrawn_and_drafted(erik: Command, cast: Cast, tmp_path: Path) -> None:
    found = result(cast, "development")
    case = erik("results", "mark", found.digest, "case-0001", "--note", "odd")
    assert case.code == OK, case.err
    row = {"id": "row", "messages": [{"role": "user", "content": "where does it ring"}], "target": "ear"}
    (tmp_path / "row.json").write_text(json.dumps(row))
    example = erik("results", "mark", found.digest, "case-0001", "--use", "example", "--content",
                   str(tmp_path / "row.json"), "--json")  # fmt: skip
    assert example.json["content"] == row
    assert erik("results", "mark", found.digest, "case-0000").code == USAGE, "that one passed"
    assert erik("results", "mark", found.digest, "case-0001", "--content", str(tmp_path / "no.json")).code == USAGE
    listed = erik("results", "candidates", "--project", "triage")
    assert f"{case.out.strip()}\tcase\twaits\tErik Engineer\tcase-0001" in listed.out
    target = tmp_path / "rows.jsonl"
    assert erik("results", "candidates", "--project", "triage", "-o", str(target)).code == OK
    assert json.loads(target.read_text()) == row
    assert erik("results", "withdraw", example.json["id"]).code == OK
    assert erik("results", "withdraw", example.json["id"]).code == CLOSED
    drafted = erik("results", "draft", "Cases", case.out.strip(), "--json")
    assert drafted.code == OK, drafted.err
    assert "\tdrafted\t" in erik("results", "candidates", "--project", "triage").out


def test_a_result_is_written_as_a_log_and_has_no_what_if_before_it_is_judged(
    erik: Command, cast: Cast, tmp_path: Path
) -> None:
    found = result(cast, "development")
    target = tmp_path / "result.eval"
    assert erik("results", "inspect-log", found.digest, "-o", str(target)).code == OK
    with zipfile.ZipFile(target) as archive:
        assert "samples/case-0001_epoch_1.json" in archive.namelist()
    (tmp_path / "limits.json").write_text(json.dumps(people.thresholds_body("Others")))
    refused = erik("results", "what-if", found.digest, str(tmp_path / "limits.json"))
    assert refused.code == USAGE
    assert "measured and not judged" in refused.err


def test_what_if_says_that_it_binds_nothing(erik: Command, cast: Cast, tmp_path: Path) -> None:
    found = result(cast, "development")
    judgement = Judgement.model_validate(papers.judgement())
    (tmp_path / "limits.json").write_text(json.dumps(people.thresholds_body("Others")))
    with patch("evals.services.judging.what_if", return_value=WhatIf(judgement=judgement)) as asked:
        ran = erik("results", "what-if", found.digest, str(tmp_path / "limits.json"))
    assert ran.code == OK, ran.err
    assert ran.out.startswith("WHAT IF: binds nothing, kept nowhere")
    assert judgement.verdicts[0].reason in ran.out
    assert asked.call_args.kwargs["thresholds"] == people.thresholds_body("Others")
