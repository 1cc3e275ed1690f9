"""The demo as a newcomer runs it, on the tiny model: real training, real evaluation, sealed and verified reports."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.deployment import FORKS, REPOSITORY

pytestmark = [pytest.mark.ml, pytest.mark.timeout(1000)]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Run `manage.py demo` in a state folder of its own; return the folder and what it printed."""
    var = tmp_path_factory.mktemp("demo") / "var"
    environment = {n: v for n, v in os.environ.items() if not n.startswith(("PYTEST_", "COUNTERSIGN_", "DATABASE_"))}
    done = subprocess.run(
        [sys.executable, "manage.py", "demo", "--model", "tiny"],
        env=environment | {"COUNTERSIGN_VAR": str(var)},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=960,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return var, done.stdout


def verify(file: Path, *more: str) -> int:
    command = [sys.executable, "-c", "from client.main import app; app()", "verify", str(file), *more]
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return FORKS.run(command, env=env, cwd=REPOSITORY, timeout=120).returncode


def test_baseline_training_evaluation_verdict_and_report(told, tmp_path):
    var, _ = told
    summary = json.loads((var / "demo" / "summary.json").read_text())
    assert summary["verify_ledger"] == 0
    assert summary["verdict"] in ("PASS", "FAIL", "INCONCLUSIVE")
    assert summary["released"] == (summary["verdict"] == "PASS")
    assert {line["verdict"] for line in summary["thresholds"]} <= {"PASS", "FAIL", "INCONCLUSIVE"}
    assert set(summary["baseline"]["all"]) == set(summary["tuned"]["all"]) >= {"exact_match", "valid_format"}
    assert summary["n"] == summary["tuned"]["all"]["exact_match"]["n"]
    assert summary["model"]
    assert len(summary["refused"]) >= 4  # too early, two on their own work, the flipped byte
    assert len(summary["reports"]) >= 4
    assert len(summary["packages"]) == 1
    root = summary["root_fingerprint"]
    for report in summary["reports"]:
        file = var.parent / report["file"]
        assert verify(file, "--root", root) == 0
        assert verify(file) == 2
        flipped = bytearray(file.read_bytes())
        flipped[len(flipped) // 3] ^= 1
        altered = tmp_path / file.name
        altered.write_bytes(bytes(flipped))
        assert verify(altered, "--root", root) == 1
        assert verify(file, "--root", "sha256:" + "0" * 64) == 1


def test_runners_left_no_private_files_behind(told):
    var, _ = told
    assert list((var / "attempts").iterdir())
    for name in ("work", "tmp", "permit"):
        assert not list((var / "attempts").glob(f"*/{name}"))
