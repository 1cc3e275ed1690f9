"""What reports say of drills and probes: whole bodies, and typeset in a sealed report."""

from pathlib import Path
from typing import Any

import pytest

from governance import store
from governance.models import Document, Report
from governance.proof.sections.blocks import DataTable, FactsTable
from governance.reports import tasks
from governance.services import attempts, reports
from tests.evals.engine.backends.endpoint import Reply, proper, serving
from tests.governance.reports.poppler import text
from tests.support import hands
from tests.support.governed import Site
from tests.training.custody import samples, world
from training.bodies.custody import ProbeSpecBody, RestoreRecordBody
from training.reports import custody


def tables(blocks: list[Any]) -> list[DataTable]:
    return [block for block in blocks if isinstance(block, DataTable)]


def facts(blocks: list[Any]) -> dict[str, Any]:
    return {row.label: row.value for block in blocks if isinstance(block, FactsTable) for row in block.rows}


def test_a_record_lists_every_file_with_what_was_found_in_its_place() -> None:
    gone = samples.restored("b") | {"found": "missing", "found_size": None, "found_sha256": None}
    other = samples.restored("c") | {"found": "altered", "found_size": 9, "found_sha256": None}
    flipped = samples.restored("d") | {"found": "altered", "found_sha256": samples.digest("x")}
    failed = {"outcome": "failed", "finding": "3 of 4 files", "loaded": False, "answers": []}
    body = samples.restore_record(files=[samples.restored("a"), gone, other, flipped], folder="models", **failed)
    body = RestoreRecordBody.model_validate(body).model_dump(mode="json")
    blocks = custody.restore_record(None, body)  # type: ignore[arg-type]
    rows = tables(blocks)[0].rows
    assert [(row[0], row[2], row[4]) for row in rows] == [
        ("a", "intact", "the same"),
        ("b", "missing", "nothing"),
        ("c", "altered", "9 bytes"),
        ("d", "altered", samples.digest("x").removeprefix("sha256:")),
    ]
    assert facts(blocks)["Backup"] == "vault, folder models (files by their names)"
    (notice,) = custody.restore_notices(None, body)  # type: ignore[arg-type]
    assert "3 of 4 files" in notice.text
    assert custody.restore_notices(None, samples.restore_record()) == []  # type: ignore[arg-type]


def test_a_probe_says_how_often_and_at_which_alpha() -> None:
    body = ProbeSpecBody.model_validate(samples.probe_spec()).model_dump(mode="json")
    told = facts(custody.probe_spec(None, body))  # type: ignore[arg-type]
    assert (told["Repeated"], told["System prompt"]) == ("every 7 days", "none")
    by_hand = facts(custody.probe_spec(None, body | {"cadence_days": None}))  # type: ignore[arg-type]
    assert by_hand["Repeated"] == "by hand"


@pytest.mark.ml
def test_a_failed_drill_is_on_page_one_of_its_report(
    site: Site, tmp_path: Path, settings: Any, monkeypatch: Any
) -> None:
    (tmp_path / "vault").mkdir()
    settings.COUNTERSIGN_BACKUPS = [f"vault={tmp_path / 'vault'}"]
    monkeypatch.setenv("COUNTERSIGN_BACKUP_VAULT", str(tmp_path / "vault"))
    job = world.launched(site, world.drill(site, site.story["base"]))
    made = attempts.accept(attempt=hands.worked(job, tmp_path / "work"))
    assert made is not None, hands.fresh(job).reason
    assert "Custody not verified" in typeset(site, made, tmp_path, page=1)
    assert "model.safetensors is missing" in typeset(site, made, tmp_path)


def answered(site: Site, probe: Document, work: Path) -> Document:
    work.mkdir()
    job = world.launched(site, probe)
    made = attempts.accept(attempt=hands.worked(job, work))
    assert made is not None, hands.fresh(job).reason
    return made


def typeset(site: Site, subject: Document, folder: Path, page: int | None = None) -> str:
    report = reports.request(actor=site.engineer, subject=subject)
    tasks.build(report)
    built = Report.objects.get(pk=report.pk)
    assert built.state == "ready", built.error
    return text(store.read(built.file_sha256), folder, page=page)


def test_a_probe_is_told_with_its_answers_and_its_tests(site: Site, tmp_path: Path, settings: Any) -> None:
    said = iter([*["Paris"] * 20, *["Lyon, of course"] * 20])

    def script(body: dict[str, Any], _before: int) -> Reply:
        return Reply(content=proper(body, message={"role": "assistant", "content": next(said)}))

    with serving(script) as (address, _):
        settings.COUNTERSIGN_ENDPOINTS = [address]
        probe = world.probe(site, world.hosted(site), endpoint={"address": address, "model": world.SNAPSHOT})
        first, second = (answered(site, probe, tmp_path / name) for name in ("first", "second"))
    assert "nothing to compare with" in first.title
    page = typeset(site, second, tmp_path)
    assert "The hosted model changed" in page
    assert "10 × Lyon, of course" in page
    assert "every 7 days" in page
