"""The auditor's package holds every report sealed in the period, can be checked by itself, and hides other projects."""

import io
import json
import zipfile
from typing import Any

import pytest

from governance.access import AUDITOR
from governance.errors import Denied
from governance.models import Report
from governance.proof import ranges
from governance.proof.canonical import sha256
from governance.proof.evidence import Period
from governance.proof.fields import base64_bytes
from governance.proof.leaf import Leaf
from governance.proof.merkle import ProofError, leaf_hash
from governance.proof.report_file import verify_report
from governance.reports import tasks
from governance.selectors import ledger
from governance.services import reports
from tests.governance.cast import World
from tests.governance.reports.test_extract import built


def opened(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def test_every_sealed_report_is_in_it_and_none_can_be_missing(committed_world: World) -> None:
    world = committed_world
    world.enrol("chief_auditor", AUDITOR)
    sealed = [
        built(reports.request(actor=world.auditor, kind="access", project=world.project)),
        built(reports.request(actor=world.auditor, kind="ledger-extract", project=world.project)),
        built(reports.request(actor=world.chief_auditor, kind="access")),
    ]
    asked = reports.request(actor=world.chief_auditor, kind="audit-package")
    files = opened(built(asked))
    assert asked.filename.endswith(".zip")
    index = json.loads(files["index.json"])
    inside = {name: content for name, content in files.items() if name.startswith("reports/")}
    assert sorted(inside.values()) == sorted(sealed)
    assert {name: sha256(content) for name, content in files.items() if name != "index.json"} == index["files"]
    for one in index["reports"]:
        assert sha256(files[one["file"]]) == one["sha256"]
        assert verify_report(files[one["file"]], world.fingerprint).code == 0

    # Anybody can tell that no sealing is left out: all entries of the period are there.
    period = Period.model_validate_json(files["period.json"])
    leaves = [base64_bytes(text) for text in period.leaves]
    proof, root = [bytes.fromhex(node) for node in period.proof], ledger.root(asked.ledger_size)
    ranges.verify_range(period.first, [leaf_hash(leaf) for leaf in leaves], asked.ledger_size, proof, root)
    told = [Leaf.from_bytes(leaf) for leaf in leaves]
    sealings = [leaf.seq for leaf in told if leaf.event == "report:file:sealed"]
    assert [one["sealed_in"] for one in index["reports"]] == sealings
    cut = [leaf_hash(leaf) for leaf in leaves[:-1]]
    with pytest.raises(ProofError):
        ranges.verify_range(period.first, cut, asked.ledger_size, proof, root)

    # Of a project: its own reports alone; the entries of others are hashes.
    files = opened(built(reports.request(actor=world.auditor, kind="audit-package", project=world.project)))
    index = json.loads(files["index.json"])
    assert [one["kind"] for one in index["reports"]] == ["access", "ledger-extract"]
    assert index["hidden"] > 0
    with pytest.raises(Denied):
        reports.request(actor=world.engineer, kind="audit-package", project=world.project)


def test_a_report_that_the_rows_forgot_stops_the_package(committed_world: World) -> None:
    world = committed_world
    made = reports.request(actor=world.auditor, kind="ledger-extract", project=world.project)
    built(made)
    asked: Any = reports.request(actor=world.auditor, kind="audit-package", project=world.project)
    Report.objects.filter(pk=made.pk).update(file_sha256=f"sha256:{'0' * 64}")
    tasks.build(asked)
    asked.refresh_from_db()
    assert asked.state == Report.State.FAILED
    assert "of which no row is left" in asked.error
