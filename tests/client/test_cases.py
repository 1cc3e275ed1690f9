"""Cases on the command line: checked, converted, compared."""

import json
from pathlib import Path

import pytest

from client.failure import FAILED, NOT_ALLOWED, OK, USAGE
from evals.services import cases as service
from governance.models import Document
from governance.services.documents import draft_freeze
from tests.client.conftest import Command
from tests.support.cast import Cast

TABLE = "id,question,target,slices,provenance\na,What is 1 plus 2?,3,sums,by hand\nb,Name a fish,cod,words,by hand\n"
ASKED = ("--project", "triage", "--from", "csv", "--purpose", "development", "--column", "input=question")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "cases.csv"
    file.write_text(TABLE)
    return file


def test_a_table_is_checked_and_converted(erik: Command, table: Path, tmp_path: Path) -> None:
    assert "inspect" in erik("cases", "formats").out
    assert erik("cases", "check", str(table), *ASKED).code == OK
    target = tmp_path / "out.jsonl"
    ran = erik("cases", "convert", str(table), *ASKED, "--to", "inspect", "-o", str(target))
    assert ran.code == OK, ran.err
    assert [json.loads(line)["target"] for line in target.read_text().splitlines()] == ["3", "cod"]


def test_what_is_wrong_is_told_with_its_place(erik: Command, table: Path, tmp_path: Path) -> None:
    table.write_text(TABLE.replace("b,Name a fish", "a,Name a fish"))
    ran = erik("cases", "check", str(table), *ASKED)
    assert ran.code == FAILED
    assert "cases.csv, line 3: found the id 'a'" in ran.out
    target = tmp_path / "out"
    assert erik("cases", "convert", str(table), *ASKED, "-o", str(target)).code == USAGE
    assert not target.exists()
    assert erik("cases", "check", str(tmp_path / "absent"), *ASKED).code == USAGE
    assert erik("cases", "check", str(table), *ASKED, "--column", "nonsense").code == USAGE
    held_out = ["holdout" if part == "development" else part for part in ASKED]
    assert erik("cases", "check", str(table), *held_out).code == NOT_ALLOWED


def version(cast: Cast, content: str, base: Document | None = None) -> Document:
    files = [("cases.csv", [content.replace("question", "input").encode()])]
    purpose = "development"
    found = service.understand(actor=cast.erik, project=cast.triage, purpose=purpose, form="csv", files=files)
    assert found.entry is not None
    draft = service.draft_from(
        actor=cast.erik, project=cast.triage, purpose=purpose, understood=found.entry, count=len(found.cases),
        title="Sums", description="Two", task="generation", slices=found.told["slices"], roles={}, labels=[], base=base,
    )  # fmt: skip
    return draft_freeze(actor=cast.erik, draft=draft, revision=1)


def test_two_versions_are_compared(erik: Command, cast: Cast) -> None:
    first = version(cast, TABLE)
    second = version(cast, TABLE.replace("a fish", "a cold fish") + "c,Name a tree,oak,words,new\n", base=first)
    ran = erik("cases", "diff", second.digest)
    assert ran.code == OK, ran.err
    assert "added    c  v2, Erik Engineer" in ran.out
    assert "{+cold +}fish" in ran.out
    assert erik("cases", "diff", second.digest, "--base", first.digest, "--json").json["same"] == 1
    assert erik("cases", "diff", first.digest).code == USAGE
