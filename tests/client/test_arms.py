"""Arms on the command line."""

import json
from pathlib import Path

from client.failure import NOT_ALLOWED, OK, USAGE
from evals import samples
from evals.engine.spec import EvaluationSetBody
from governance.selectors import documents as docs
from tests.client.conftest import Command
from tests.support.cast import Cast, evaluation_spec

SAID = ("--system", "search 2.1", "--made-by", "the desk", "--made-on", "2026-11-20")


def test_answers_are_recorded_and_endpoints_asked(erik: Command, cast: Cast, tmp_path: Path) -> None:
    thresholds = docs.linked_one(evaluation_spec(cast), "thresholds")
    assert thresholds is not None
    cases = samples.stored_cases(docs.model_body(docs.linked(thresholds, "evaluation_set")[0], EvaluationSetBody))
    file = tmp_path / "answers.jsonl"
    file.write_text("".join(json.dumps({"id": case.id, "output": "{}"}) + "\n" for case in cases))
    ran = erik("arms", "record", thresholds.digest, str(file), *SAID, "--json")
    assert ran.code == OK, ran.err
    assert erik("gate", ran.json["digest"]).code == OK
    ran = erik("arms", "ask", thresholds.digest, "--address", "https://api.example/v1", "--model", "big")
    assert ran.code == OK, ran.err
    assert "Evaluation of the other arm" in ran.out
    shown = erik("arms", "show", thresholds.digest)
    assert (shown.code, "what answered" in shown.out) == (OK, True), shown.err
    assert erik("arms", "show", thresholds.digest, "--json").json["arms"] == []
    file.write_text(file.read_text().splitlines()[0] + "\n")
    ran = erik("arms", "record", thresholds.digest, str(file), *SAID)
    assert ran.code == USAGE
    assert "1 answer is missing" in ran.err
    assert erik("arms", "record", "sha256:" + "0" * 64, str(file), *SAID).code == NOT_ALLOWED
    assert erik("arms", "record", thresholds.digest, str(tmp_path / "absent"), *SAID).code == USAGE
