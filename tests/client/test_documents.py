"""Listing, showing and submitting documents on the command line."""

import json
from pathlib import Path

import pytest

from client.failure import NOT_ALLOWED, OK, USAGE
from governance.models import Document
from governance.proof.formats.canonical import sha256
from governance.services.documents import draft_create
from tests.client.conftest import Command, Server
from tests.support.cast import PASSWORD, RUBRIC, Cast, rubric, rubric_body


def test_what_is_submitted_is_listed_and_shown(erik: Command, cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "rubric.json"
    file.write_text(json.dumps({"project": "triage", "kind": RUBRIC, "body": rubric_body("From a file")}))
    ran = erik("submit", str(file))
    assert ran.code == OK, ran.err
    digest = ran.out.strip()
    assert Document.objects.get(pk=digest).title == "From a file"
    rows = erik("documents", "--project", "triage").out.splitlines()
    assert rows[1].split("\t") == [digest, RUBRIC, "From a file", "1", "triage", "not submitted for signature"]
    shown = erik("show", "From a file").out
    assert digest in shown
    assert '"pass_mark": "1"' in shown
    assert erik("show", digest[7:20], "--json").json["digest"] == digest
    piped = erik("submit", "-", "--json", stdin=file.read_text())
    assert piped.json["number"] == 1


def test_the_lineage_is_exported_for_other_programs(erik: Command, cast: Cast, tmp_path: Path) -> None:
    made = rubric(cast, "Exported")
    file = tmp_path / "lineage.json"
    ran = erik("export", "Exported", "--format", "prov", "-o", str(file), "--json")
    assert ran.json == {"file": str(file), "sha256": sha256(file.read_bytes())}
    digest = made.digest.removeprefix("sha256:")
    assert list(json.loads(file.read_text())["entity"]) == [f"document:{digest}"]
    again = tmp_path / "again.json"
    size = str(made.seq + 1)
    assert erik("export", made.digest, "--format", "prov", "--as-of", size, "-o", str(again)).code == OK
    assert erik("export", made.digest, "--format", "prov", "--as-of", "1", "-o", str(again)).code == USAGE
    ran = erik("export", made.digest, "--format", "cyclonedx")
    assert (ran.code, "expected one of prov, openlineage" in ran.err) == (USAGE, True)


def test_signatures_are_shown(erik: Command, cast: Cast) -> None:
    shown = erik("show", cast.policy.digest).out
    assert "signed  Carl Officer as compliance_officer" in shown


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"kind": 1}', '{"body": {}, "kind": "x", "more": 1}', "\x00"])
def test_a_file_that_is_no_document(erik: Command, tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text)
    ran = erik("submit", str(file))
    assert ran.code == USAGE
    assert "Traceback" not in ran.err


def test_what_the_server_refuses_is_said(erik: Command, cast: Cast, server: Server, tmp_path: Path) -> None:
    assert erik("submit", str(tmp_path / "absent.json")).code == USAGE
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe")
    assert erik("submit", str(binary)).code == USAGE
    wrong = json.dumps({"project": "triage", "kind": RUBRIC, "body": {"title": 5}})
    ran = erik("submit", "-", stdin=wrong)
    assert (ran.code, "body.title" in ran.err) == (USAGE, True)
    erik("login", server.url, "--username", "ada", "--password-stdin", stdin=f"{PASSWORD}\n")
    ran = erik("submit", "-", stdin=json.dumps({"project": "triage", "kind": RUBRIC, "body": rubric_body()}))
    assert ran.code == NOT_ALLOWED
    assert "your roles here: auditor" in ran.err


def test_two_documents_of_one_title_have_to_be_told_apart(erik: Command, cast: Cast) -> None:
    rubric(cast, "Twin")
    rubric(cast, "Twin")
    ran = erik("show", "Twin")
    assert ran.code == USAGE
    assert ran.err.count("sha256:") == 2


def test_a_draft_is_printed_for_discussion(erik: Command, cast: Cast, tmp_path: Path) -> None:
    made = draft_create(actor=cast.erik, project=cast.triage, kind=RUBRIC, body=rubric_body("To discuss"))
    file = tmp_path / "draft.pdf"
    ran = erik("preview", str(made.pk), "-o", str(file))
    assert (ran.code, ran.out.strip()) == (OK, f"{file}  {sha256(file.read_bytes())}")
    told = erik("verify", str(file))
    assert (told.code, "proves nothing" in told.out) == (2, True)
