"""Datasets registered by upload."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from governance.models import Document
from tests.governance.api.conftest import Api, Door
from tests.support.cast import Cast, contract, row

ROWS = "".join(row(number) for number in range(20))


def register(api: Api, cast: Cast, *contents: str | bytes, expect: int = 201, **changes: Any) -> Any:
    found = Document.objects.filter(kind="training.data_contract").first() or contract(cast)
    files = [
        SimpleUploadedFile(f"part-{number}.jsonl", content.encode() if isinstance(content, str) else content)
        for number, content in enumerate(contents)
    ]
    form = {
        "project": "triage",
        "title": "Phrases",
        "description": "Phrases and their chapters",
        "source": "written for tests",
        "contract": found.digest,
        "files": files,
    }
    return api.post("datasets", form | changes, expect=expect, format="multipart")


def test_a_dataset_and_its_next_version(cast: Cast, api: Door) -> None:
    erik = api("erik")
    first = register(erik, cast, ROWS, row(100))
    body = first["envelope"]["body"]
    assert (first["kind"], body["rows"], len(body["files"])) == ("training.dataset", 21, 2)
    assert {link["role"] for link in first["references"]} == {"contract"}
    second = register(erik, cast, ROWS, row(100), row(101), base=first["digest"])
    assert (second["number"], second["series"]) == (2, first["series"])
    assert second["envelope"]["body"]["path"] == body["path"]
    changed = {
        change["path"] for change in erik.get(f"documents/{second['digest']}/diff", base=first["digest"])["changes"]
    }
    assert {"body.rows", "body.commit", "body.dvc_md5"} <= changed


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("", "part-0.jsonl:0"),
        ("not JSON\n", "part-0.jsonl:1"),
        (row(1) + "{}\n", "part-0.jsonl:2"),
        (row(1) + row(1), "part-0.jsonl:2"),
        (b'{"id": "\xff"}\n', "part-0.jsonl:1"),
        (row(1).replace('"target"', '"colour"'), "part-0.jsonl:1"),
        ("\n\n", "part-0.jsonl:1"),
    ],
)
def test_bad_rows_are_refused_by_file_and_line(cast: Cast, api: Door, content: str | bytes, field: str) -> None:
    assert register(api("erik"), cast, content, expect=400)["field"].startswith(field)
    assert not Document.objects.filter(kind="training.dataset").exists()


def test_bad_forms(cast: Cast, api: Door, settings: Any) -> None:
    erik = api("erik")
    assert register(erik, cast, expect=400)["field"] == "files"
    assert register(erik, cast, ROWS, expect=400, colour="red")["field"] == "colour"
    assert register(erik, cast, ROWS, expect=400, contract="x")["field"] == "contract"
    assert register(erik, cast, ROWS, expect=400, contract=cast.policy.digest)["field"] == "contract"
    assert register(erik, cast, ROWS, expect=400, base=cast.policy.digest)["field"] == "base"
    assert register(erik, cast, ROWS, expect=400, files="text")["field"].startswith("files")
    register(erik, cast, ROWS, expect=404, contract="sha256:" + "0" * 64)
    register(erik, cast, ROWS, expect=404, project="other")
    settings.COUNTERSIGN_UPLOAD_LIMIT = 100
    assert register(erik, cast, ROWS, expect=400)["field"] == "files"


def test_those_who_may_not(cast: Cast, api: Door) -> None:
    contract(cast)
    register(api("ada"), cast, ROWS, expect=403)
    register(api("mallory"), cast, ROWS, expect=404)


def test_a_release_rests_on_a_result(cast: Cast, api: Door) -> None:
    erik = api("erik")
    assert erik.get("releases/gate", result=cast.policy.digest, expect=400)["field"] == "result"
    release = {"result": cast.policy.digest, "title": "Release"}
    assert erik.post("releases", release, expect=400)["field"] == "result"
    erik.post("releases", release | {"result": "sha256:" + "0" * 64}, expect=404)
