"""Audit samples: built by the worker, the same bytes again, drawn again off line, and refused when anything changed."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from client.failure import FAILED, OK, USAGE
from client.main import app
from governance import registry, store
from governance.access import AUDITOR
from governance.errors import Denied, Invalid
from governance.models import Job, LedgerEntry, LedgerEvent, Report
from governance.registry import Sampling
from governance.reports import audit_sample
from governance.selectors import ledger
from governance.services import jobs, reports
from tests.governance import cast
from tests.governance import jobs as sample
from tests.governance.cast import World
from tests.governance.reports.test_extract import built


@pytest.fixture
def world(committed_world: World, monkeypatch: Any) -> World:
    world = committed_world
    sample.done(world, monkeypatch, world.note("Done"))
    jobs.cancel(actor=world.engineer, job=jobs.launch(actor=world.engineer, spec=world.note("Cancelled")))
    entry = store.put([b"what came of it"])
    noted = {"title": "With a file", "text": "", "files": [entry.model_dump() | {"path": "result.json"}]}
    world.agree(reports_note(world, noted))
    world.enrol("chief_auditor", AUDITOR)
    return world


def reports_note(world: World, body: dict[str, Any]) -> Any:
    from governance.services import documents

    return documents.document_submit(actor=world.engineer, project=world.project, kind=cast.NOTE, body=body)


def ask(world: World, who: str = "chief_auditor", **more: Any) -> Report:
    project = more.pop("project", None)
    return reports.request(actor=getattr(world, who), kind="audit-sample", project=project, parameters=more)


def opened(data: bytes) -> tuple[dict[str, bytes], dict[str, Any]]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        content = {name: package.read(name) for name in package.namelist()}
    return content, json.loads(content["index.json"])


@pytest.fixture
def redraw(tmp_path: Path) -> Callable[..., Any]:
    def run(data: bytes, leaves: list[bytes] | None = None) -> Any:
        file, kept = tmp_path / "sample.zip", tmp_path / "leaves.jsonl"
        file.write_bytes(data)
        rows = LedgerEntry.objects.order_by("seq").values_list("leaf", flat=True)
        kept.write_bytes(b"".join(leaf + b"\n" for leaf in (leaves or [bytes(row) for row in rows])))
        return CliRunner().invoke(app, ["sample", "--redraw", str(file), "--leaves", str(kept), "--json"])

    return run


@pytest.mark.attack(
    name="hand the auditor other records than the seed draws, or change one",
    caught_by="countersign sample --redraw counts the population from the leaves, draws again and proves every entry",
    unless="the leaves are another history, which a kept checkpoint shows",
)
def test_it_is_drawn_again_from_the_leaves_and_nothing_can_be_exchanged(world: World, redraw: Any) -> None:
    report = ask(world, population="documents", size=4)
    data = built(report)
    assert report.filename.endswith(".zip")
    assert audit_sample.build(report, opened(data)[0]["checkpoint"].decode(), lambda what: None) == data
    content, index = opened(data)
    assert (index["recipe"]["chosen"], index["recipe"]["seed"]) == (False, ledger.root(report.ledger_size).hex())
    assert len(index["records"]) == 4
    assert "rule" not in index["bound"]
    assert "95 %" in index["bound"]
    ran = redraw(data)
    assert (ran.exit_code, json.loads(ran.stdout)["wrong"]) == (OK, [])

    def changed(**files: bytes | None) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as package:
            for name, old in content.items():
                new = files.get(name.replace("/", "|"), old)
                if new is not None:
                    package.writestr(name, new)
        return buffer.getvalue()

    def index_with(**more: Any) -> bytes:
        return changed(**{"index.json": json.dumps({**index, **more}, sort_keys=True, separators=(",", ":")).encode()})

    leaves = "records|001|leaves.json"
    other = {**index["recipe"], "seed": "0" * 64}
    lies = {
        "other records": index_with(records=index["records"][1:]),
        "a seed that suits": index_with(recipe=other),
        "another population": index_with(population=3),
        "a file gone": changed(**{leaves: None}),
        "entries of elsewhere": changed(**{leaves: content["records/002/leaves.json"]}),
    }
    for name, lie in lies.items():
        ran = redraw(lie)
        assert ran.exit_code == FAILED, (name, ran.stdout)

    # Whoever makes the ZIP lists what is in it: what must be in it follows from the leaves.
    def relisted(name: str, new: bytes | None) -> bytes:
        files = {**index["files"], name: f"sha256:{hashlib.sha256(new or b'').hexdigest()}"}
        if new is None:
            del files[name]
        told = json.dumps({**index, "files": dict(sorted(files.items()))}, sort_keys=True, separators=(",", ":"))
        return changed(**{name.replace("/", "|"): new, "index.json": told.encode()})

    proofs = json.loads(content["records/001/leaves.json"])
    fewer = json.dumps({"leaves": proofs["leaves"][1:]}, sort_keys=True, separators=(",", ":")).encode()
    document = next(name for name in content if name.startswith("records/001/documents/"))
    signature = next(name for name in content if "/signatures/" in name)
    for name, new, words in (
        ("records/001/leaves.json", fewer, "missing, added or moved"),
        (document, content[document].replace(b'"number":1', b'"number":9'), "missing or altered"),
        (document, None, "missing or altered"),
        (signature, None, "is missing"),
        (signature, content[signature].replace(b"a", b"b"), "ledger records"),
    ):
        ran = redraw(relisted(name, new))
        assert ran.exit_code == FAILED
        assert any(words in one or "signed statement" in one for one in json.loads(ran.stdout)["wrong"]), (name, words)
    ran = redraw(index_with(asked={"first": "2026-01-01", "last": "2026-01-02"}))
    assert "the recipe is wrong about entry 0" in ran.stdout
    entry = json.loads(content["records/001/leaves.json"])
    entry["leaves"][0]["index"] += 1
    forged = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()
    assert "records/001/leaves.json" in redraw(changed(**{leaves: forged})).stdout
    rows = [bytes(row) for row in LedgerEntry.objects.order_by("seq").values_list("leaf", flat=True)]
    hidden = redraw(data, [*rows[:5], *rows[6:], rows[5]])  # entry 5 moved to the end
    assert hidden.exit_code != OK
    assert redraw(b"no zip").exit_code == USAGE


def test_every_population_and_what_stays_hidden(world: World, redraw: Any, monkeypatch: Any) -> None:
    for population, least in (("runs", 2), ("releases", 0), ("sign_offs", 2), ("refusals", 0)):
        data = built(ask(world, population=population, size=3, seed="chosen by me"))
        index = opened(data)[1]
        assert len(index["records"]) >= min(least, 3), population
        assert redraw(data).exit_code == OK, population
    ran = ask(world, population="runs", size=9)
    first = built(ran)
    [done] = [one for one in opened(first)[1]["records"] if one["stratum"].endswith("succeeded")]
    assert len(done["documents"]) == 2  # what was asked and what came of it
    Job.objects.filter(pk=done["name"]).update(output=None)  # a row changes nothing, nor does what comes later
    jobs.launch(actor=world.engineer, spec=world.note("Later"))
    assert audit_sample.build(ran, opened(first)[0]["checkpoint"].decode(), lambda what: None) == first
    own = built(ask(world, "auditor", population="documents", kind=cast.NOTE, size=200, project=world.project))
    content, index = opened(own)
    assert redraw(own).exit_code == OK
    [file] = [file for one in index["records"] for file in one["files"]]
    assert (file["path"], file["left_out"]) == ("result.json", "")
    assert b"what came of it" in content.values()
    assert not [data for data in content.values() if b"Stranger" in data]
    kept = Sampling(lambda *_: [], lambda *_: [], lambda document: frozenset({"engineer"}))
    monkeypatch.setitem(registry.KINDS, cast.NOTE, replace(cast.NOTE_KIND, sample=kept))
    content, index = opened(built(ask(world, population="documents", kind=cast.NOTE, size=200)))
    [file] = [file for one in index["records"] for file in one["files"]]
    assert file["left_out"] == "cases are kept from some"
    assert b"what came of it" not in content.values()
    made = Report.objects.filter(kind="audit-sample", state=Report.State.READY)
    told = LedgerEvent.objects.filter(event="report:file:sealed", entry__in=made.values("seq"))
    assert (made.count(), told.count()) == (7, 7)


def test_who_asks_for_one_and_what_makes_no_sense(world: World) -> None:
    with pytest.raises(Denied):
        ask(world, "engineer", population="runs", project=world.project)
    for more in (
        {"population": "wishes"},
        {"population": "runs", "size": 0},
        {"population": "runs", "kind": cast.NOTE},
    ):
        with pytest.raises(Invalid):
            ask(world, **more)
