"""Cases by API: brought, converted, compared, retired; and never shown to whoever must not see them."""

import io
import json
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from governance.models import Document, Draft
from tests.governance.api.conftest import Api, Door
from tests.support.cast import SET, Cast, set_body, stored

TABLE = "id,input,target,slices,provenance\na,What is 1 plus 2?,3,sums,by hand\nb,Name a fish,cod,words,by hand\n"


def form(content: str | bytes, name: str = "cases.csv", **more: Any) -> dict[str, Any]:
    data = content.encode() if isinstance(content, str) else content
    return {"project": "triage", "format": "csv", "files": [SimpleUploadedFile(name, data)], **more}


def described(content: str, **more: Any) -> dict[str, Any]:
    return form(content, title="Sums and words", description="Two", task="generation", **more)


def bring(person: Api, content: str = TABLE, **more: Any) -> Any:
    draft = person.post("evaluation-sets", described(content, **more), format="multipart")
    return person.post(f"drafts/{draft['id']}/freeze", {"revision": draft["revision"]})


def test_files_of_any_format_become_a_draft_and_a_set(cast: Cast, api: Door) -> None:
    dora = api("dora")
    told = dora.post("cases/read", form(TABLE), format="multipart", expect=200)
    assert (told["ok"], told["cases"], told["problems"]) == (True, 2, [])
    more = {"slices": json.dumps({"sums": "arithmetic"}), "roles": json.dumps({"sums": "regression"})}
    made = bring(dora, **more)
    body = made["envelope"]["body"]
    assert (body["cases"], body["purpose"]) == (2, "holdout")
    assert body["slices"] == {"sums": "arithmetic", "words": "words"}
    assert body["roles"] == {"sums": "regression"}
    one = {"cases": 1, "clusters": 1, "high_risk": 0, "repeats": 0}
    assert body["sizes"] == {"all": one | {"cases": 2, "clusters": 2}, "sums": one, "words": one}
    assert dora.get(f"evaluation-sets/{made['digest']}/cases").count(b"\n") == 2


def test_problems_are_told_all_at_once_and_nothing_is_kept(cast: Cast, api: Door) -> None:
    dora, wrong = api("dora"), TABLE.replace("a,What", ",What").replace("b,Name a fish", "b,")
    before = Document.objects.count(), Draft.objects.count()
    told = dora.post("cases/read", form(wrong.replace("\na,", "\n,")), format="multipart", expect=200)
    assert [(p["file"], p["at"]) for p in told["problems"]] == [("cases.csv", "line 3")]
    refused = dora.post("evaluation-sets", described(wrong), format="multipart", expect=400)
    assert refused["field"] == "files"
    assert "cases.csv, line 3" in refused["detail"]
    assert (Document.objects.count(), Draft.objects.count()) == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"format": "magic"}, "format"),
        ({"columns": "{"}, "columns"),
        ({"columns": '{"input": 5}'}, "columns"),
        ({"every_slice": '"x"'}, "every_slice"),
        ({"purpose": "show"}, "purpose"),
        ({"more": "x"}, "more"),
        ({"files": []}, "files"),
    ],
)
def test_bad_input_is_refused_by_field(cast: Cast, api: Door, change: dict[str, Any], field: str) -> None:
    refused = api("dora").post("cases/read", form(TABLE) | change, format="multipart", expect=400)
    assert refused["field"] == field


def test_conversion(cast: Cast, api: Door) -> None:
    dora = api("dora")
    assert dora.get("case-formats")[0]["name"] == "canonical"
    lines = dora.post("cases/convert", form(TABLE, to="inspect"), format="multipart", expect=200).decode()
    assert json.loads(lines.splitlines()[0])["input"] == "What is 1 plus 2?"
    archive = dora.post("cases/convert", form(TABLE, to="lm-eval"), format="multipart", expect=200)
    assert zipfile.ZipFile(io.BytesIO(archive)).namelist() == ["cases.yaml", "cases.jsonl"]
    again = form(lines, "dataset.jsonl", to="csv") | {"format": "inspect"}
    table = dora.post("cases/convert", again, format="multipart", expect=200).decode()
    assert "What is 1 plus 2?,3" in table
    refused = dora.post("cases/convert", form("x\n1\n", to="csv"), format="multipart", expect=400)
    assert "line 1" in refused["detail"]


def test_an_engineer_never_sees_or_brings_a_case_of_a_holdout(cast: Cast, api: Door) -> None:
    erik, made = api("erik"), bring(api("dora"))
    for door in ("cases", "cases?format=xlsx", "changes"):
        erik.get(f"evaluation-sets/{made['digest']}/{door}", expect=403)
    erik.post(f"evaluation-sets/{made['digest']}/retire", {"case": "a", "reason": "x"}, expect=403)
    erik.post("cases/read", form(TABLE), format="multipart", expect=403)
    erik.post("cases/convert", form(TABLE, to="csv"), format="multipart", expect=403)
    erik.post("evaluation-sets", described(TABLE), format="multipart", expect=403)
    assert erik.post("cases/read", form(TABLE, purpose="development"), format="multipart", expect=200)["ok"]
    api("mallory").get(f"evaluation-sets/{made['digest']}/cases", expect=404)
    api("ada").post("cases/read", form(TABLE), format="multipart", expect=403)


def test_calling_a_holdouts_file_a_development_set_shows_nothing(cast: Cast, api: Door) -> None:
    erik, made = api("erik"), bring(api("dora"))
    body = made["envelope"]["body"] | {"purpose": "development"}
    again = erik.post("documents", {"project": "triage", "kind": SET, "body": body})
    erik.get(f"evaluation-sets/{again['digest']}/cases", expect=403)
    own = bring(erik, TABLE.replace("fish", "bird"), purpose="development")
    erik.get(f"evaluation-sets/{own['digest']}/cases")


def test_what_became_of_the_cases_and_who_wrote_it(cast: Cast, api: Door) -> None:
    dora, carl = api("dora"), api("carl")
    first = bring(dora)
    changed = TABLE.replace("Name a fish,cod,words", "Name a cold fish,cod,sums") + "c,Name a bird,tit,words,new\n"
    second = bring(carl, changed, base=first["digest"])
    third = bring(dora, changed.replace("a,What is 1 plus 2?,3,sums,by hand\n", ""), base=second["digest"])
    told = dora.get(f"evaluation-sets/{third['digest']}/changes", base=first["digest"])
    (moved,) = told["changed"]
    assert (moved["id"], moved["moved"], moved["author"]["number"]) == ("b", True, 2)
    assert moved["author"]["people"] == ["Carl Officer"]
    assert [field["name"] for field in moved["fields"]] == ["messages", "slices"]
    assert {"kind": "added", "text": "cold "} in moved["fields"][0]["pieces"]
    assert [(one["case"]["id"], one["author"]["people"]) for one in told["removed"]] == [("a", ["Dora Expert"])]
    assert [(one["case"]["id"], one["author"]["number"]) for one in told["added"]] == [("c", 2)]
    assert dora.get(f"evaluation-sets/{third['digest']}/changes")["same"] == 2
    dora.get(f"evaluation-sets/{first['digest']}/changes", expect=400)
    other = bring(dora)
    dora.get(f"evaluation-sets/{third['digest']}/changes", base=other["digest"], expect=400)


def test_a_case_is_retired_with_a_replacement_and_stays_on_the_list(cast: Cast, api: Door) -> None:
    dora, first = api("dora"), bring(api("dora"))
    new = {
        "id": "b2", "messages": [{"role": "user", "content": "Name a tree"}], "target": "oak", "slices": ["words"],
        "provenance": "by hand", "risk": "high",
    }  # fmt: skip
    where = f"evaluation-sets/{first['digest']}/retire"
    draft = dora.post(where, {"case": "b", "reason": "found in the training data", "replacement": new})
    second = dora.post(f"drafts/{draft['id']}/freeze", {"revision": draft["revision"]})
    body = second["envelope"]["body"]
    assert (second["number"], body["cases"]) == (2, 2)
    assert [body["sizes"][name]["high_risk"] for name in ("all", "sums", "words")] == [1, 0, 1]
    assert body["retired"] == [{"id": "b", "reason": "found in the training data", "replaced_by": "b2"}]
    cases = dora.get(f"evaluation-sets/{second['digest']}/cases").decode()
    assert '"b2"' in cases
    assert "fish" not in cases
    assert "fish" in dora.get(f"evaluation-sets/{first['digest']}/cases").decode()
    assert dora.post(where, {"case": "a", "reason": "x"}, expect=400)["field"] == "evaluation_set"
    newest = f"evaluation-sets/{second['digest']}/retire"
    assert dora.post(newest, {"case": "b", "reason": "x"}, expect=400)["field"] == "case"
    back = {"case": "a", "reason": "x", "replacement": new | {"id": "b"}}
    assert dora.post(newest, back, expect=400)["field"] == "replacement"
    assert dora.post(newest, back | {"replacement": {"id": "z"}}, expect=400)["field"] == "replacement"


def test_graders_are_read_and_nothing_is_changed(cast: Cast, api: Door) -> None:
    grader = {
        "type": "string_check", "name": "same", "input": "{{sample.output_text}}", "reference": "{{item.target}}",
        "operation": "eq",
    }  # fmt: skip
    asked = {"project": "triage", "files": [SimpleUploadedFile("g.json", json.dumps(grader).encode())]}
    found = api("erik").post("graders/read", asked, format="multipart", expect=200)
    assert [one["grader"] for one in found["criteria"]] == ["exact"]
    bad = {"project": "triage", "files": [SimpleUploadedFile("g.json", b"[")]}
    assert api("erik").post("graders/read", bad, format="multipart", expect=400)["field"] == "files"


def test_cases_whose_bytes_changed_are_not_handed_out(cast: Cast, api: Door) -> None:
    from governance import store

    made = api("dora").post("documents", {"project": "triage", "kind": SET, "body": set_body("Cases")})
    path = store.path_of(stored(b"x", "x")["sha256"]).parent.parent
    entry = made["envelope"]["body"]["files"][0]["sha256"]
    target = store.path_of(entry)
    assert path in target.parents
    target.chmod(0o600)
    target.write_bytes(target.read_bytes().replace(b"phrase 0", b"phrase 9"))
    assert api("dora").get(f"evaluation-sets/{made['digest']}/cases", expect=400)["field"] == "files"
