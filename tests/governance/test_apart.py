"""Asking a module in a process of its own: what it says, that it says no, and that it is stopped."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from governance.errors import Invalid
from governance.selectors import apart
from tests.support.forked import ENGINE, Forks

ASKED = "evals.engine.judgement"
pytestmark = pytest.mark.usefixtures("unforked")


def test_what_it_says_no_to_is_told_in_its_words() -> None:
    with pytest.raises(Invalid, match=r"they do not fit: \d+ validation errors") as refused:
        apart.ask(ASKED, {}, "outputs", "they do not fit")
    assert refused.value.field == "outputs"


def test_one_that_hangs_or_is_killed_is_told_apart_from_one_that_says_no(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid, match="they do not fit: it was stopped") as stopped:
        apart.ask("evals.engine.no_such_module", {}, "outputs", "they do not fit")
    assert "Traceback" not in str(stopped.value), "whoever asks is not told of our insides"
    monkeypatch.setattr(apart, "SECONDS", 0.01)
    with pytest.raises(Invalid, match=r"it took more than 0\.01 seconds"):
        apart.ask(ASKED, {}, "outputs", "they do not fit")


def test_nothing_else_starts_a_process_here() -> None:
    """So that each of them ends: a copy forgot what becomes of one that hangs."""
    root = Path(settings.BASE_DIR)
    files = [file for app in ("evals", "governance") for file in (root / app).rglob("*.py")]
    starting = {str(file.relative_to(root)) for file in files if "subprocess" in file.read_text()}
    runs_jobs = {"governance/jobs/executors/local.py", "governance/management/servers.py"}
    at_a_terminal = {"governance/safekeeping.py", "governance/management/commands/check_backup.py"}
    assert starting == {"governance/selectors/apart.py"} | runs_jobs | at_a_terminal


@pytest.mark.parametrize(
    ("module", "given"), [*((module, "{}") for module in sorted(ENGINE)), ("evals.formats", '{"do": "table"}')]
)
def test_started_from_nothing_or_forked_a_program_says_the_same(module: str, given: str, forks: Forks) -> None:
    command = [sys.executable, "-m", module]
    options: Any = {"input": given, "cwd": settings.BASE_DIR, "timeout": 60}
    alone = subprocess.run(command, capture_output=True, text=True, **options)
    forked = forks.run(command, capture_output=True, text=True, **options)
    assert (forked.returncode, forked.stdout, forked.stderr) == (alone.returncode, alone.stdout, alone.stderr)
    assert alone.returncode == apart.REFUSED
    assert "Field required" in alone.stderr


@pytest.mark.parametrize("content", [b'{"a": {"litellm_provider": "openai", "mode": "chat"}}', b"[]"])
def test_a_forked_reader_of_feeds_says_the_same(content: bytes, tmp_path: Path, forks: Forks) -> None:
    feed = tmp_path / "feed"
    feed.write_bytes(content)
    found = []
    for run in (subprocess.run, forks.run):
        with feed.open("rb") as given:
            command = [sys.executable, "-m", "training.lifecycle.feeds", "litellm"]
            done = run(command, stdin=given, capture_output=True, cwd=settings.BASE_DIR, timeout=60)
            found.append((done.returncode, done.stdout, done.stderr))
    assert found[0] == found[1]


def test_a_forked_program_that_hangs_is_ended_too(forks: Forks) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        forks.run([sys.executable, "-m", ASKED], input="{}", cwd=settings.BASE_DIR, timeout=0.001)
