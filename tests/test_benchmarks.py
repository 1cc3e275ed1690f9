"""The runner of benchmarks: what it accepts, writes and returns."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import benchmarks
from benchmarks import __main__ as runner
from benchmarks import collect, estimators, judging
from benchmarks.measurement import Goal, Measurement

KEYS = ["name", "value", "unit", "peer", "ratio", "goal", "holds"]
FASTER = Goal("ratio", ">=", 0.9)


def test_a_row_has_the_promised_keys_and_says_what_the_peer_is() -> None:
    row = Measurement("append", 190.0, "1/s", FASTER, peer=200.0, beside="the row alone").as_row()
    assert list(row) == KEYS
    assert row["name"] == "append, beside the row alone"
    assert (row["ratio"], row["goal"], row["holds"]) == (0.95, "ratio >= 0.9", True)


@pytest.mark.parametrize(
    ("relation", "value", "holds"), [("<=", 2.0, True), ("<=", 2.1, False), (">=", 2.0, True), (">=", 1.9, False)]
)
def test_a_goal_on_the_value_needs_no_peer(relation, value, holds) -> None:
    measured = Measurement("proof", value, "ms", Goal("value", relation, 2.0))
    assert (measured.ratio, measured.holds) == (None, holds)


@pytest.mark.parametrize(
    ("value", "peer", "goal"),
    [(float("nan"), 1.0, FASTER), (1.0, float("inf"), FASTER), (1.0, 0.0, FASTER), (1.0, None, FASTER)],
)
def test_figures_that_mean_nothing_are_refused(value, peer, goal) -> None:
    with pytest.raises(ValueError, match="append"):
        Measurement("append", value, "1/s", goal, peer=peer)


@pytest.fixture
def benchmark(tmp_path, monkeypatch):
    """Put a module into the package for one test; returns the function that does it."""
    folder = tmp_path / "more"
    folder.mkdir()
    monkeypatch.setattr(benchmarks, "__path__", [str(folder)])
    monkeypatch.setattr(runner, "alone", collect.measure)
    monkeypatch.setenv("COUNTERSIGN_VAR", str(tmp_path / "var"))

    def add(name: str, body: str) -> None:
        monkeypatch.delitem(sys.modules, f"benchmarks.{name}", raising=False)
        head = "from benchmarks.measurement import Goal, Measurement\n"
        (folder / f"{name}.py").write_text(f"{head}def measure():\n    {body}\n")

    return add


def written(tmp_path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((tmp_path / "var" / "bench.json").read_text())
    return rows


def test_all_are_measured_and_written(benchmark, tmp_path, capsys) -> None:
    benchmark("one_good", "return Measurement('one', 1.0, 's', Goal('value', '<=', 2.0))")
    benchmark("two_good", "return [Measurement('two', 3.0, 's', Goal('ratio', '<=', 2.0), peer=2.0)]")
    assert runner.main([]) == 0
    assert [row["name"] for row in written(tmp_path)] == ["one", "two"]
    assert "ratio <= 2" in capsys.readouterr().out


def test_a_missed_goal_is_said_by_the_exit_code(benchmark, tmp_path) -> None:
    benchmark("slow_one", "return Measurement('slow', 3.0, 's', Goal('value', '<=', 2.0))")
    assert runner.main([]) == 1
    assert written(tmp_path)[0]["holds"] is False


def test_one_that_cannot_run_does_not_hide_the_others(benchmark, tmp_path, capsys) -> None:
    benchmark("a_broken", "raise OSError('no room')")
    benchmark("b_wrong", "return [{'name': 'by hand'}]")
    benchmark("c_fine", "return Measurement('fine', 1.0, 's', Goal('value', '<=', 2.0))")
    assert runner.main([]) == 2
    assert [row["name"] for row in written(tmp_path)] == ["fine"]
    errors = capsys.readouterr().err
    assert "no room" in errors
    assert "found dict, expected Measurement" in errors


def test_an_unknown_name_is_refused_with_the_known_ones(benchmark, capsys) -> None:
    benchmark("d_known", "return []")
    assert runner.main(["other"]) == 2
    assert "there are: d_known" in capsys.readouterr().err


def test_the_real_package_runs_each_in_a_process_of_its_own() -> None:
    assert "collect" not in collect.names()
    with pytest.raises(ModuleNotFoundError):
        collect.alone("no_such_benchmark")


def test_counted_sizes_of_estimators_are_within_their_goal() -> None:
    counted = [*estimators._shares(), *estimators._quantiles()]
    assert {one.tries for one in counted} == {0}
    assert all(0 < one.wrong <= estimators.WRONG_AT_MOST < (one.shown or 0) for one in counted)
    assert all(one.plain > 0.5 for one in counted if one.plain is not None), "a point estimate passes every other time"


def test_the_engine_is_measured_with_recorded_answers(tmp_path) -> None:
    """The benchmark lays its inputs out as the engine's own command wants them."""
    assert judging._evaluated(tmp_path, 4, ["exact", "json_schema"]) > 0
