"""Quality reports asked for by API: a job does the checks, and what they find is frozen."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from evals.assessments import digest
from governance import store
from governance.models import Attempt, Document, Job
from governance.selectors import documents as docs
from governance.services import attempts
from tests.governance.api.conftest import Api, Door
from tests.support import hands
from tests.support.cast import SET, Cast, contract, row, rubric, set_body

REPORT = "evals.quality_report"


def dataset(erik: Api, cast: Cast, content: str) -> str:
    form = {
        "project": "triage",
        "title": "Phrases",
        "description": "Phrases and their chapters",
        "source": "written for tests",
        "contract": contract(cast).digest,
        "files": [SimpleUploadedFile("rows.jsonl", content.encode())],
    }
    return str(erik.post("datasets", form, format="multipart")["digest"])


def asked(erik: Api, cast: Cast, content: str) -> Job:
    cases = erik.post("documents", {"project": "triage", "kind": SET, "body": set_body("Cases")})["digest"]
    wanted = {"datasets": [dataset(erik, cast, content)], "evaluation_set": cases, "rubric": rubric(cast).digest}
    told = erik.post("quality-reports", wanted, expect=202)
    assert (told["purpose"], told["state"], told["output"]) == ("assess", "queued", None)
    return Job.objects.get(pk=told["id"])


def reported(erik: Api, job: Job, work: Path) -> dict[str, Any]:
    assert attempts.accept(attempt=hands.worked(job, work)) is not None
    told = erik.get(f"jobs/{job.pk}")
    assert told["state"] == "succeeded"
    found: dict[str, Any] = erik.get(f"documents/{told['output']}")
    return found


LEAKED = "".join(row(n) for n in range(10)) + "".join(row(90 + n, f"phrase {n}") for n in range(40))


def test_a_leaked_case_is_found_and_frozen(cast: Cast, api: Door, tmp_path: Path) -> None:
    erik = api("erik")
    made = reported(erik, asked(erik, cast, LEAKED), tmp_path)
    assert made["kind"] == REPORT
    assert made["envelope"]["body"]["title"] == "Quality of Phrases"
    assert {link["role"] for link in made["references"]} == {"spec", "dataset", "evaluation_set", "rubric"}
    found = {finding["check"]: finding for finding in made["envelope"]["body"]["findings"]}
    assert found["leakage.exact"]["status"] == "fail"


def test_every_place_is_there_and_not_only_those_that_are_shown(cast: Cast, api: Door, tmp_path: Path) -> None:
    erik = api("erik")
    content = "".join(row(n, "the same words") for n in range(30)) + row(99, "phrase 0")
    made = reported(erik, asked(erik, cast, content), tmp_path)
    found = {finding["check"]: finding for finding in made["envelope"]["body"]["findings"]}
    assert (len(found["duplicates.exact"]["examples"]), found["duplicates.exact"]["places"]) == (10, 29)
    address = f"quality-reports/{made['digest']}/findings"
    page = erik.get(address, check="duplicates.exact", limit=200)
    assert page["count"] == 29
    assert len({place["row"] for place in page["results"]}) == 29
    leaks = erik.get(address, check="leakage.exact")["results"]
    assert [(place["row"][-2:], place["case"]) for place in leaks] == [("99", "")]
    [seen] = api("dora").get(address, check="leakage.exact")["results"]
    assert (seen["row"][-2:], bool(seen["case"])) == ("99", True)
    assert erik.get(address, check="no.such")["count"] == 0
    erik.get(address, chekc="duplicates.exact", expect=400)
    api("mallory").get(address, expect=404)
    erik.get(f"quality-reports/{rubric(cast).digest}/findings", expect=404)


QUESTION = "which chapter holds a torn ligament of the left knee after a fall from stairs"
WORDS = [*QUESTION.split(), "eye", "ear", "burn", "rash"]


@pytest.mark.attack(
    name="put a hidden holdout's questions together word by word from what the quality check says of rows",
    caught_by="engineers are told of rows that are like a case or hold one, never of the case; of rows that are part "
    "of a case a report says only that there are some",
    unless="somebody guesses most of a question, or asks in some hundred checks, one yes or no each, all on the ledger",
)
def test_rows_of_three_words_tell_an_engineer_nothing(cast: Cast, api: Door, tmp_path: Path) -> None:
    erik, dora = api("erik"), api("dora")
    case = {"id": "hidden-1", "messages": [{"role": "user", "content": QUESTION}], "target": '{"chapter":"ear"}',
            "slices": [], "provenance": "by hand"}  # fmt: skip
    other = case | {"id": "hidden-2", "messages": [{"role": "user", "content": "something else altogether, dear"}]}
    content = "".join(json.dumps(one) + "\n" for one in (case, other))
    entry = store.put([content.encode()])
    body = set_body("Cases") | {"files": [{"path": "c.jsonl", "size": entry.size, "sha256": entry.sha256}]}
    cases = dora.post("documents", {"project": "triage", "kind": SET, "body": body})["digest"]
    texts = [" ".join(WORDS[start : start + 3]) for start in range(len(WORDS) - 2)]
    rows = "".join(row(n, text) for n, text in enumerate(texts))
    wanted = {"datasets": [dataset(erik, cast, rows)], "evaluation_set": cases, "rubric": rubric(cast).digest}
    made = reported(erik, Job.objects.get(pk=erik.post("quality-reports", wanted, expect=202)["id"]), tmp_path)
    findings = {f["check"]: f for f in made["envelope"]["body"]["findings"] if f["check"].startswith("leakage")}
    assert findings["leakage.part"]["status"] == "fail", "they still keep a run back"
    assert not any(finding["examples"] or finding.get("places") for finding in findings.values())
    address = f"quality-reports/{made['digest']}/findings"
    told = erik.get(address, limit=200)["results"]
    assert [place for place in told if place["check"].startswith("leakage")] == []
    seen = dora.get(address, check="leakage.part", limit=200)["results"]
    assert {place["case"] for place in seen} == {"hidden-1"}
    assert len(seen) == len(QUESTION.split()) - 2


def test_what_cannot_be_assessed(cast: Cast, api: Door) -> None:
    erik, other = api("erik"), rubric(cast)
    wanted = {"datasets": [other.digest], "evaluation_set": other.digest, "rubric": other.digest}
    assert erik.post("quality-reports", wanted, expect=400)["field"] == "datasets"
    assert erik.post("quality-reports", wanted | {"datasets": []}, expect=400)["field"] == "datasets"
    assert erik.post("quality-reports", wanted | {"more": 1}, expect=400)["field"] == "more"
    found = dataset(erik, cast, row(1))
    assert erik.post("quality-reports", wanted | {"datasets": [found]}, expect=400)["field"] == "evaluation_set"
    api("mallory").post("quality-reports", wanted | {"datasets": [found]}, expect=400)
    cases = erik.post("documents", {"project": "triage", "kind": SET, "body": set_body("Cases")})["digest"]
    api("ada").post("quality-reports", wanted | {"datasets": [found], "evaluation_set": cases}, expect=403)
    assert not Document.objects.filter(kind__in=(REPORT, "evals.quality_spec")).exists()


@pytest.mark.attack(
    name="write a quality report by hand, or have one of one's own making accepted from a runner",
    caught_by="nobody may freeze the kind; what a runner sends is held against the specification and the cases",
    unless="the runner is under the attacker's control and makes up findings of every check that is asked for",
)
def test_findings_are_the_checks_own(cast: Cast, api: Door, tmp_path: Path) -> None:
    erik = api("erik")
    job = asked(erik, cast, LEAKED)
    attempt = hands.worked(job, tmp_path)
    result: dict[str, Any] = dict(attempt.result or {})
    body = result["body"]
    links = erik.get(f"documents/{job.spec_id}")["envelope"]["references"]
    form = {"project": "triage", "kind": REPORT, "body": body, "references": links}
    erik.post("documents", form, expect=403)
    clean = [finding for finding in body["findings"] if not finding["check"].startswith("leakage")]
    for change, why in (
        ({"findings": clean}, "leakage.contained, leakage.exact, leakage.near, leakage.part"),
        ({"cases": body["cases"] + 1}, "as the evaluation_set says"),
        ({"listed": body["listed"] | {"sha256": "sha256:" + "0" * 64}}, "was not delivered"),
        ({"title": 5}, "title"),
    ):
        altered = result | {"body": body | change}
        with pytest.raises(Exception, match=why):
            _digest(attempt, altered)
    assert _digest(attempt, result | {"body": body | {"title": "All is well"}})["title"] == "Quality of Phrases"


def _digest(attempt: Attempt, result: dict[str, Any]) -> dict[str, Any]:
    attempt.result = json.loads(json.dumps(result))
    return digest(attempt)


def sampled(erik: Api, content: str, name: str = "may.csv", expect: int = 201, **changes: Any) -> dict[str, Any]:
    form = {
        "project": "triage", "format": "csv", "title": "May", "source": "the desk's log", "drawn": "every tenth",
        "first_day": "2026-05-01", "last_day": "2026-05-31", "columns": json.dumps({"input": "question"}),
        "files": [SimpleUploadedFile(name, content.encode())],
    }  # fmt: skip
    told: dict[str, Any] = erik.post("production-samples", form | changes, expect=expect, format="multipart")
    return told


TABLE = "question,slices,target\n" + "".join(f"what is phrase {n}?,common,secret\n" for n in range(40))


def test_cases_are_held_against_a_production_sample(cast: Cast, api: Door, tmp_path: Path) -> None:
    erik = api("erik")
    sample = sampled(erik, TABLE)
    body = sample["envelope"]["body"]
    assert (body["rows"], body["drawn"], sample["kind"]) == (40, "every tenth", "evals.production_sample")
    kept = store.read(body["files"][0]["sha256"]).decode()
    assert "what is phrase 7?" in kept
    assert "secret" not in kept
    cases = erik.post("documents", {"project": "triage", "kind": SET, "body": set_body("Cases")})["digest"]
    wanted = {
        "datasets": [dataset(erik, cast, LEAKED)], "evaluation_set": cases, "rubric": rubric(cast).digest,
        "production_sample": sample["digest"],
    }  # fmt: skip
    job = Job.objects.get(pk=erik.post("quality-reports", wanted, expect=202)["id"])
    made = reported(erik, job, tmp_path)
    assert made["envelope"]["body"]["observed"] == 40
    assert {"role": "production_sample", "digest": sample["digest"]} in made["envelope"]["references"]
    told = {finding["check"]: finding for finding in made["envelope"]["body"]["findings"]}
    assert all("cannot tell" in told[f"representative.{look}"]["found"] for look in ("slices", "lengths", "texts"))
    erik.post("quality-reports", wanted | {"production_sample": cases}, expect=400)


def test_what_is_no_sample_is_refused_and_nothing_is_kept(cast: Cast, api: Door) -> None:
    erik = api("erik")
    assert sampled(erik, "other,slices\na,b\n", expect=400)["field"] == "files"
    assert "before the first" in str(sampled(erik, TABLE, expect=400, last_day="2026-04-01"))
    assert "such as '2026-05-31'" in str(sampled(erik, TABLE, expect=400, first_day="May"))
    sampled(api("ada"), TABLE, expect=403)
    sampled(api("mallory"), TABLE, expect=404)
    assert not Document.objects.filter(kind="evals.production_sample").exists()
    first = sampled(erik, TABLE)
    second = sampled(erik, TABLE + "one more?,common,\n", base=first["digest"])
    assert second["number"] == 2
    entry = first["envelope"]["body"] | {"rows": 41}
    form = {"project": "triage", "kind": "evals.production_sample", "body": entry}
    assert "expected 41 as the body says" in str(erik.post("documents", form, expect=400))


@pytest.mark.attack(
    name="have a report accepted that leaves out how unlike production the cases are",
    caught_by="a report asked to hold the cases against a sample must hold all three findings about it",
    unless="no sample was named in the first place, which the report says",
)
def test_what_was_asked_about_production_cannot_be_left_out(cast: Cast, api: Door, tmp_path: Path) -> None:
    erik = api("erik")
    cases = erik.post("documents", {"project": "triage", "kind": SET, "body": set_body("Cases")})["digest"]
    wanted = {
        "datasets": [dataset(erik, cast, LEAKED)], "evaluation_set": cases, "rubric": rubric(cast).digest,
        "production_sample": sampled(erik, TABLE)["digest"],
    }  # fmt: skip
    job = Job.objects.get(pk=erik.post("quality-reports", wanted, expect=202)["id"])
    attempt = hands.worked(job, tmp_path)
    result: dict[str, Any] = dict(attempt.result or {})
    kept = [f for f in result["body"]["findings"] if f["check"] != "representative.texts"]
    with pytest.raises(Exception, match=r"found none of representative\.texts"):
        _digest(attempt, result | {"body": result["body"] | {"findings": kept}})


@pytest.mark.attack(
    name="have a quality report accepted of checks that looked at one row, or at one prompt of the sample",
    caught_by="rows, cases and prompts that were looked at are held against those that the documents say there are",
    unless="the runner is under the attacker's control and states numbers that it did not look at",
)
def test_a_report_of_a_part_is_no_report(cast: Cast, api: Door, tmp_path: Path) -> None:
    erik = api("erik")
    cases = erik.post("documents", {"project": "triage", "kind": SET, "body": set_body("Cases")})["digest"]
    wanted = {
        "datasets": [dataset(erik, cast, LEAKED)], "evaluation_set": cases, "rubric": rubric(cast).digest,
        "production_sample": sampled(erik, TABLE)["digest"],
    }  # fmt: skip
    attempt = hands.worked(Job.objects.get(pk=erik.post("quality-reports", wanted, expect=202)["id"]), tmp_path)
    result: dict[str, Any] = dict(attempt.result or {})
    assert _digest(attempt, result)["rows"] == 50
    for change, why in (
        ({"rows": 1}, "1 were looked at, expected 50 as the dataset says"),
        ({"observed": 1}, "1 were looked at, expected 40 as the production_sample says"),
        ({"observed": None}, "0 were looked at, expected 40"),
    ):
        with pytest.raises(Exception, match=why):
            _digest(attempt, result | {"body": result["body"] | change})


def test_bytes_that_are_gone_start_nothing(cast: Cast, api: Door, state: Path) -> None:
    erik = api("erik")
    found = dataset(erik, cast, LEAKED)
    cases = erik.post("documents", {"project": "triage", "kind": SET, "body": set_body("Cases")})["digest"]
    path = store.path_of(docs.envelope(Document.objects.get(pk=found)).body["files"][0]["sha256"])
    path.chmod(0o644)
    path.write_bytes(b"other")
    wanted = {"datasets": [found], "evaluation_set": cases, "rubric": rubric(cast).digest}
    refused = erik.post("quality-reports", wanted, expect=409)
    assert {finding["check"] for finding in refused["findings"]} == {"row_bytes"}
    assert not Job.objects.exists()
