"""Whatever is sent: a 4xx that names field and reason, never a 500, and nothing half-written."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from governance import store
from governance.models import Document, Draft
from governance.selectors import ledger
from tests.governance.api.conftest import Api, Door
from tests.support.cast import RUBRIC, Cast, rubric, rubric_body

pytestmark = pytest.mark.postgres
DEEP = json.loads("[" * 500 + "]" * 500)
BODIES: list[tuple[Any, str]] = [
    ([], "body"),
    ("x", "body"),
    (None, "body"),
    ({"project": "triage", "kind": RUBRIC, "body": {}, "colour": "red"}, "colour"),
    ({"project": "triage", "kind": RUBRIC}, "body"),
    ({"kind": RUBRIC, "body": {}}, "project"),
    ({"project": "triage", "kind": RUBRIC, "body": []}, "body"),
    ({"project": "triage", "kind": RUBRIC, "body": "x"}, "body"),
    ({"project": "triage", "kind": 5, "body": {}}, "kind"),
    ({"project": "triage", "kind": True, "body": {}}, "kind"),
    ({"project": "triage", "kind": "no.such", "body": {}}, "kind"),
    ({"project": "triage", "kind": RUBRIC, "body": {}}, "body.title"),
    ({"project": "triage", "kind": RUBRIC, "body": {"title": 1.5}}, "body"),
    ({"project": "triage", "kind": RUBRIC, "body": {"title": 2**60}}, "body"),
    ({"project": "triage", "kind": RUBRIC, "body": {"title": "a\0b"}}, "body"),
    ({"project": "triage", "kind": RUBRIC, "body": {"a\0b": "x"}}, "body"),
    ({"project": "triage", "kind": RUBRIC, "body": {"title": "\ud800"}}, "body"),
    ({"project": "triage", "kind": RUBRIC, "body": {"title": DEEP}}, "body"),
    ({"project": "triage", "kind": RUBRIC, "body": rubric_body() | {"more": 1}}, "body.more"),
    ({"project": "triage", "kind": RUBRIC, "body": rubric_body() | {"title": ""}}, "body.title"),
    ({"project": None, "kind": RUBRIC, "body": rubric_body()}, "project"),
    ({"project": "triage", "kind": "governance.policy", "body": {}}, "project"),
    ({"project": "Tri age", "kind": RUBRIC, "body": {}}, "project"),
    ({"project": 5, "kind": RUBRIC, "body": {}}, "project"),
    ({"project": "triage", "kind": RUBRIC, "body": rubric_body(), "base": "sha256:abc"}, "base"),
    ({"project": "triage", "kind": RUBRIC, "body": rubric_body(), "references": {}}, "references"),
    ({"project": "triage", "kind": RUBRIC, "body": rubric_body(), "references": [{}]}, "references.0.role"),
    ({"project": "triage", "kind": RUBRIC, "body": rubric_body(), "references": [5]}, "references"),
    (
        {"project": "triage", "kind": RUBRIC, "body": rubric_body(), "references": [{"role": "x", "digest": "y"}]},
        "references.0.digest",
    ),
]


@pytest.fixture
def erik(api: Door) -> Api:
    return api("erik")


@pytest.mark.parametrize(("body", "field"), BODIES)
def test_bad_documents(erik: Api, body: Any, field: str) -> None:
    size, documents = ledger.size(), Document.objects.count()
    refused = erik._checked(
        erik.client.post("/api/v1/documents", json.dumps(body), content_type="application/json"), 400
    )
    assert refused["error"] == "invalid"
    assert refused["field"].startswith(field), refused
    assert refused["reason"]
    assert (ledger.size(), Document.objects.count()) == (size, documents)


RAW: list[tuple[bytes, str, int]] = [
    (b"", "application/json", 400),
    (b"{", "application/json", 400),
    (b"\xff\xfe", "application/json", 400),
    (b'{"a": 1, "a": 2}', "application/json", 400),
    (b'{"a": NaN}', "application/json", 400),
    (b'{"a": "\xff"}', "application/json", 400),
    (b"[" * 100_000, "application/json", 400),
    (b'{"a": ' + b"9" * 10_000 + b"}", "application/json", 400),
    (b"a=1", "application/x-www-form-urlencoded", 415),
    (b"<a/>", "application/xml", 415),
    (b"{}", "application/json; charset=utf-16", 400),
    (b"{}", "\xff", 415),
]


@pytest.mark.parametrize(("content", "kind", "status"), RAW)
def test_bodies_that_are_no_json(erik: Api, content: bytes, kind: str, status: int) -> None:
    answer = erik.client.generic("POST", "/api/v1/documents", content, content_type=kind)
    assert answer.status_code == status, answer.content
    assert answer.json()["error"]


def test_a_body_that_is_too_large(erik: Api, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    big = json.dumps({"project": "triage", "kind": RUBRIC, "body": {"title": "x" * 10_000}})
    answer = erik.client.post("/api/v1/documents", big, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]) == (413, "too large")


@pytest.mark.parametrize(
    "path",
    [
        "documents/x",
        "documents/sha256:",
        "documents/sha256:" + "G" * 64,
        "documents/sha256:" + "A" * 64,
        "documents/sha256:" + "a" * 63,
        "documents/%00",
        "documents/%ff",
        "drafts/x",
        "requests/6c8dd6c2",
        "jobs/6c8dd6c20cf04f4c9a4c2c9f3a5ffb8a",
        "jobs/" + "9" * 36,
        "reports/ ",
        "projects/%E2%80%AE",
        "documents?limit=x",
        "documents?limit=0",
        "documents?limit=100000",
        "documents?offset=-1",
        "documents?offset=99999999999999999999",
        "documents?series=x",
        "documents?knd=x",
        "documents?kind=a&kind=b",
        "documents?q=%00",
        "documents?standing=maybe",
        "documents?newest=perhaps",
        "documents?order=digest;drop",
        "jobs?state=flying",
        "jobs?spec=x",
        "requests?open=x",
        "reports?subject=x",
        "ledger/entries?after=-5",
        "ledger/entries?event=%00",
        "ledger/consistency?old=99999999999999999999",
    ],
)
def test_bad_addresses(erik: Api, path: str) -> None:
    answer = erik.client.get(f"/api/v1/{path}")
    assert 400 <= answer.status_code < 500, path
    assert answer.json()["error"]
    if answer.status_code == 400:
        assert answer.json()["reason"]


def test_bad_times(cast: Cast, erik: Api) -> None:
    for value in ("x", "0000-01-01", "99999-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "-1", "\0"):
        refused = erik.get(f"documents/{cast.policy.digest}/standing", time=value, expect=400)
        assert refused["field"] == "time", value
    for value in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        answer = erik.client.get(f"/api/v1/documents/{cast.policy.digest}/standing", {"time": value})
        assert answer.status_code in (200, 400)


def test_bad_acts(cast: Cast, erik: Api) -> None:
    spec = rubric(cast).digest
    draft = erik.post("drafts", {"project": "triage", "kind": RUBRIC, "body": {}})["id"]
    request = erik.post("requests", {"documents": [spec]})["id"]
    sign = {"role": "owner", "meaning": "m", "reason": "r", "password": "p"}
    for path, body, field in (
        ("requests", {"documents": []}, "documents"),
        ("requests", {"documents": "x"}, "documents"),
        ("requests", {"documents": ["x"]}, "documents"),
        ("requests", {"documents": ["sha256:" + "0" * 64]}, "documents"),
        (f"requests/{request}/sign", sign | {"role": "king"}, "role"),
        (f"requests/{request}/sign", sign | {"role": ["owner"]}, "role"),
        (f"requests/{request}/sign", sign | {"meaning": "  "}, "meaning"),
        (f"requests/{request}/sign", sign | {"opened": ["x"]}, "opened"),
        (f"requests/{request}/sign", sign | {"totp": "1"}, "totp"),
        (f"requests/{request}/withdraw", {"why": "x"}, "why"),
        (f"drafts/{draft}/freeze", {"revision": "1"}, "revision"),
        (f"drafts/{draft}/freeze", {"revision": True}, "revision"),
        (f"drafts/{draft}/freeze", {"revision": 1.0}, "revision"),
        (f"drafts/{draft}/freeze", {"revision": 10**30}, "revision"),
        ("jobs", {"spec": spec, "arm": "yes"}, "arm"),
        ("jobs", {"spec": spec, "arm": 1}, "arm"),
        ("jobs", {"spec": spec}, "spec"),
        ("tokens", {"username": "erik", "password": "x", "days": 10_000}, "days"),
        ("tokens", {"username": "e\0rik", "password": "x"}, "username"),
        ("tokens", {"username": {"$ne": ""}, "password": "x"}, "username"),
    ):
        assert erik.post(path, body, expect=400)["field"].startswith(field), (path, body)


@pytest.mark.parametrize("title", [5, None, [], {}, "", "x" * 5000, True])
def test_drafts_may_hold_any_object_and_still_open(erik: Api, title: Any) -> None:
    made = erik.post("drafts", {"project": "triage", "kind": "evals.evaluation_set", "body": {"title": title}})
    assert erik.get(f"drafts/{made['id']}")["body"] == {"title": title}
    assert Draft.objects.filter(pk=made["id"]).exists()


def upload(erik: Api, name: str = "cases.jsonl", content: bytes = b"{}\n", expect: int = 201, **extra: Any) -> Any:
    form = {"project": "triage", "file": SimpleUploadedFile(name, content)} | extra
    return erik.post("files", form, expect=expect, format="multipart")


def test_uploads(cast: Cast, erik: Api, api: Door, settings: Any) -> None:
    entry = upload(erik)
    assert (entry["path"], entry["size"]) == ("cases.jsonl", 3)
    assert store.read(entry["sha256"]) == b"{}\n"
    assert upload(erik, content=b"")["size"] == 0
    assert upload(erik, name="../../etc/passwd")["path"] == "passwd"
    assert upload(erik, expect=400, colour="red")["field"] == "colour"
    upload(erik, expect=404, project="other")
    upload(api("ada"), expect=403)
    assert erik.post("files", {"project": "triage"}, expect=400, format="multipart")["field"] == "file"
    assert erik.post("files", {"project": "triage", "file": "text"}, expect=400, format="multipart")["field"] == "file"
    settings.COUNTERSIGN_UPLOAD_LIMIT = 100
    assert upload(erik, content=b"x" * 101, expect=400)["field"] == "file"
    assert upload(erik, content=b"x" * 70_000, expect=413)["error"] == "too large"


def test_broken_forms(erik: Api) -> None:
    for content, kind in (
        (b"", "multipart/form-data"),
        (b"", "multipart/form-data; boundary=x"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="\xff"\r\n\r\na\r\n--x--',
            "multipart/form-data; boundary=x",
        ),
        (b"x" * 1000, "multipart/form-data; boundary=" + "b" * 500),
        (b"{}", "application/json"),
    ):
        answer = erik.client.generic("POST", "/api/v1/files", content, content_type=kind)
        assert 400 <= answer.status_code < 500, (content, answer.content)
        assert answer.json()["error"]


def test_other_methods_are_not_allowed(erik: Api) -> None:
    for method in ("put", "patch", "delete"):
        assert getattr(erik.client, method)("/api/v1/documents").status_code == 405
