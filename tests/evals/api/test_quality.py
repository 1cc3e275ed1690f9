"""Quality reports asked for by API: the checks run, and what they find is frozen."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from governance.models import Document
from tests.governance.api.conftest import Api, Door
from tests.support.cast import SET, Cast, contract, row, rubric, set_body


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


def test_a_leaked_case_is_found_and_frozen(cast: Cast, api: Door) -> None:
    erik = api("erik")
    cases = erik.post("documents", {"project": "triage", "kind": SET, "body": set_body("Cases")})["digest"]
    leaked = dataset(erik, cast, "".join(row(n) for n in range(10)) + row(99, "phrase 0"))
    asked: dict[str, Any] = {"datasets": [leaked], "evaluation_set": cases, "rubric": rubric(cast).digest}
    made = erik.post("quality-reports", asked)
    assert made["kind"] == "evals.quality_report"
    assert "leak" in str(made["envelope"]["body"]).lower()
    assert {link["role"] for link in made["references"]} == {"dataset", "evaluation_set", "rubric"}


def test_what_cannot_be_assessed(cast: Cast, api: Door) -> None:
    erik, other = api("erik"), rubric(cast)
    asked = {"datasets": [other.digest], "evaluation_set": other.digest, "rubric": other.digest}
    assert erik.post("quality-reports", asked, expect=400)["field"] == "datasets"
    assert erik.post("quality-reports", asked | {"datasets": []}, expect=400)["field"] == "datasets"
    assert erik.post("quality-reports", asked | {"more": 1}, expect=400)["field"] == "more"
    found = dataset(erik, cast, row(1))
    assert erik.post("quality-reports", asked | {"datasets": [found]}, expect=400)["field"] == "evaluation_set"
    api("mallory").post("quality-reports", asked | {"datasets": [found]}, expect=400)
    cases = erik.post("documents", {"project": "triage", "kind": SET, "body": set_body("Cases")})["digest"]
    api("ada").post("quality-reports", asked | {"datasets": [found], "evaluation_set": cases}, expect=403)
    assert not Document.objects.filter(kind="evals.quality_report").exists()
