"""What each kind of document tells in a report, and that the web process never loads what typesets it."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evals import reports as evals
from evals.selectors import deciding
from governance import registry
from governance.proof.charts.figures import IntervalChart
from governance.proof.sections import results, tuning
from governance.proof.sections.blocks import DataTable, FactsTable
from tests.governance.proof.held import Held
from tests.support import papers

ROOT = Path(__file__).resolve().parents[3]
FILE: dict[str, Any] = {"path": "a.bin", "size": 7, "sha256": papers.digest("a")}


def test_every_kind_tells_something() -> None:
    assert [name for name, kind in registry.KINDS.items() if kind.sections is None] == []


def test_neither_web_nor_registration_loads_what_typesets() -> None:
    code = (
        "import django; django.setup(); from django.urls import get_resolver; get_resolver().url_patterns;"
        "import sys; print([n for n in ('reportlab', 'pikepdf', 'pyhanko') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def tables(blocks: list[Any]) -> list[DataTable]:
    return [block for block in blocks if isinstance(block, DataTable)]


def test_a_result_shows_the_baseline_beside_the_tuned_model_with_the_signed_limits() -> None:
    baseline = Held(papers.evaluation_result("base", FILE, 0.04))
    body = papers.evaluation_result("tuned", FILE, 0.58) | papers.judgement()
    charts = [b for b in results.evaluation_result(Held(body, {"baseline": baseline})) if isinstance(b, IntervalChart)]
    first = charts[0].rows[0]
    assert first.label == "all cases"
    shown = [str(measured.value) for measured in (first.baseline, first.tuned) if measured is not None]
    assert (shown, str(first.limit)) == (["0.040000", "0.580000"], "0.5")
    assert [row.limit is None for row in charts[0].rows] == [False, True, True, False, True]


def test_a_baseline_is_measured_and_has_no_verdict() -> None:
    body = papers.evaluation_result("base", FILE, 0.04)
    blocks = results.evaluation_result(Held(body))
    assert all(row.tuned is None for b in blocks if isinstance(b, IntervalChart) for row in b.rows)
    assert not any("Verdict" in table.caption for table in tables(blocks))
    assert results.result_notices(Held(body)) == []


@pytest.mark.parametrize(
    ("verdict", "label"), [("FAIL", "Verdict"), ("INCONCLUSIVE", "Verdict"), ("PASS", "Soft thresholds")]
)
def test_a_verdict_that_is_not_clean_is_warned_of(verdict: str, label: str) -> None:
    body = papers.evaluation_result("tuned", FILE, 0.58) | papers.judgement() | {"verdict": verdict}
    [notice] = results.result_notices(Held(body))
    assert notice.label == label
    assert "high-value INCONCLUSIVE (soft)" in notice.text


def test_a_small_confusion_is_a_matrix_and_a_large_one_is_told_target_by_target() -> None:
    small = {"labels": ["eye", "ear"], "columns": ["eye", "ear", "unparsed"], "rows": [[3, 1, 0], [0, 4, 0]]}
    body = papers.evaluation_result("base", FILE, 0.04)
    body["metrics"]["all"]["f1:eye"] = {"value": "0.85", "n": 4, "low": None, "high": None, "method": "point"}
    matrix = tables(results.evaluation_result(Held(body | {"confusion": small})))[-2]
    assert [column.title for column in matrix.columns] == ["Target", "eye", "ear", "F1"]
    assert matrix.rows == (("eye", 3, 1, "85 %"), ("ear", 0, 4, ""))
    told = tables(results.evaluation_result(Held(body)))[-2]
    assert told.rows[0] == ("blood", 20, 14, "", "circulatory 3, escalate 1, injury 1, unparsed 1")


def test_a_threshold_that_the_cases_cannot_decide_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    why = "needs 400 cases, the slice has 300"
    open_one = SimpleNamespace(
        threshold=SimpleNamespace(id="high-value"), found=SimpleNamespace(reason=why), decidable=False
    )
    monkeypatch.setattr(deciding, "foretold", lambda _document: [open_one])
    monkeypatch.setattr("governance.selectors.documents.linked", lambda _document, _role: [])
    notice = evals.threshold_notices(None, papers.thresholds())[0]  # type: ignore[arg-type]
    assert notice.text.endswith(f"cannot decide: high-value: {why}.")
    monkeypatch.setattr(deciding, "foretold", lambda _document: [])
    listed, shown = tables(evals.thresholds(None, papers.thresholds()))  # type: ignore[arg-type]
    assert [row[0] for row in listed.rows] == [t["id"] for t in papers.thresholds()["thresholds"]]
    assert not shown.rows


def test_lifecycle_dates_come_with_words_source_and_day_or_are_unknown() -> None:
    body = papers.base_model(FILE)
    lifecycle = tables(tuning.base_model(Held(body)))[0]
    assert lifecycle.rows[0][1:] == (
        "2027-03-31 (earliest)",
        "“New fine-tuning jobs will not start before retirement of the base, at the earliest then.”",
        "https://models.example/lifecycle",
        "2026-05-30",
    )
    assert [row[1] for row in lifecycle.rows[1:]] == [None] * 5
    assert [n.label for n in tuning.base_model_notices(Held(body))] == ["Lifecycle unknown"]
    body["lifecycle"][0]["phase"] = "retired"
    assert tuning.base_model_notices(Held(body)) == []


@pytest.mark.parametrize(
    ("code", "labels"),
    [({"commit": "unknown"}, ["Code unknown"]), ({"dirty": True}, ["Code changed"]), ({}, [])],
)
def test_code_that_cannot_be_found_again_is_warned_of(code: dict[str, Any], labels: list[str]) -> None:
    body = papers.run_spec()
    body["code"] |= {"dirty": False} | code
    assert [n.label for n in tuning.run_spec_notices(Held(body))] == labels


def test_a_loss_curve_of_any_length_is_told_in_a_dozen_points_with_its_end() -> None:
    for length in (1, 2, 12, 13, 199, 200):
        body = papers.run_record(FILE, papers.digest("permit"))
        body["loss_curve"] = [{"step": s + 1, "loss": "1", "learning_rate": "0"} for s in range(length)]
        curve = tables(tuning.run_record(Held(body)))[0]
        assert len(curve.rows) <= tuning.POINTS + 1
        assert curve.rows[-1][0] == length
        assert len({row[0] for row in curve.rows}) == len(curve.rows)


def test_files_come_with_both_hashes_when_dvc_gave_one() -> None:
    body = papers.dataset(FILE)
    [listed] = tables(tuning.dataset(Held(body)))
    assert listed.rows == (("train.jsonl", 7, FILE["sha256"][7:], "c" * 32),)
    facts = [f for b in tuning.dataset(Held(body)) if isinstance(b, FactsTable) for f in b.rows]
    assert ("Git commit", "a" * 40) in {(fact.label, fact.value) for fact in facts}
