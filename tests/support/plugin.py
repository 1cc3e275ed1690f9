"""Loaded by pytest before Django's settings are: the environment of the test run, and which database it uses.

`--database=postgresql` starts a PostgreSQL server for the whole run; everything else runs on SQLite.
"""

import atexit
import gc
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.support.deployment import Deployment

ENVIRONMENT = {
    "COUNTERSIGN_MODE": "development",
    "COUNTERSIGN_PROCESS": "command",
    "DVC_NO_ANALYTICS": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_OFFLINE": "1",
    # One test process per core: more threads than that only fight.
    "OMP_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "LOG_LEVEL": "WARNING",
}
# What the caller's shell may say about a real installation must not reach the tests.
FOREIGN = (
    "ALLOWED_HOSTS",
    "COUNTERSIGN_ANCHOR_FOLDERS",
    "COUNTERSIGN_ANCHOR_MAIL",
    "COUNTERSIGN_ANCHOR_MAIL_SECONDS",
    "COUNTERSIGN_ANCHOR_S3",
    "COUNTERSIGN_ANCHOR_S3_ENDPOINT",
    "COUNTERSIGN_BACKUPS",
    "COUNTERSIGN_CHECKPOINT_SECONDS",
    "COUNTERSIGN_ENDPOINTS",
    "COUNTERSIGN_KEYS",
    "COUNTERSIGN_TIMESTAMP_ROOT",
    "COUNTERSIGN_TIMESTAMP_SECONDS",
    "COUNTERSIGN_TIMESTAMP_URL",
    "COUNTERSIGN_URL",
    "COUNTERSIGN_WITNESSES",
    "COUNTERSIGN_WITNESS_QUORUM",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASE_URL",
    "DEBUG",
    "SECRET_KEY",
    # Hundreds of processes import the same code; compiling it each time would be half of what they do.
    "PYTHONDONTWRITEBYTECODE",
)
ROOT = "COUNTERSIGN_TEST_ROOT"
TESTS = Path(__file__).resolve().parents[1]
# Marks of tests that start browsers, models and processes to kill.
LONG = ("browser", "ml", "crash")
# The files that take longest, from over four minutes down to half of one; no count of their tests tells that.
LONGEST = (
    "gate/test_whole_story.py", "governance/web/test_every_page.py", "evals/web/test_session_journey.py",
    "governance/attempts/test_sudden_death.py", "governance/api/test_schema.py", "governance/web/test_pages.py",
    "governance/attempts/test_out_of_the_house.py", "governance/test_restore.py",
    "governance/reports/test_page_lies.py", "client/test_jobs.py", "governance/test_verify_segments.py",
    "evals/test_judgements.py", "evals/test_calibrations.py", "governance/test_migrations.py",
)  # fmt: skip

# Files whose tests load torch into their own process, a dozen seconds of work: one process does them all. Nothing of
# the training stack is loaded to collect them.
WITH_TORCH = (
    "evals/engine/backends/test_local_model.py", "evals/engine/test_command.py", "evals/engine/test_converse.py",
    "evals/engine/test_judging.py", "evals/engine/test_resuming.py", "evals/engine/test_run.py",
    "training/custody/test_restore.py", "training/trainers/test_base_files.py", "training/trainers/test_batching.py",
    "training/trainers/test_rows.py", "training/trainers/test_run.py", "training/trainers/test_watch.py",
)  # fmt: skip
TRAINING_STACK = {"torch", "transformers", "trl", "peft", "bitsandbytes", "datasets"}
loaded_to_collect: set[str] = set()
"""What of the training stack this process had loaded when it had collected the tests."""


class Scheduling(LoadFileScheduling):
    """Give each process whole files, and one process all that load torch."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "with torch" if file.removeprefix("tests/") in WITH_TORCH else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling | None:
    return Scheduling(config, log) if config.option.dist == "loadfile" else None


def _prepare_environment() -> None:
    """Give this process (the run's first, or one of its workers) a state folder of its own under the run's folder."""
    if ROOT not in os.environ:
        for name in FOREIGN:
            os.environ.pop(name, None)
        sys.dont_write_bytecode = False
        os.environ.update(ENVIRONMENT)
        os.environ[ROOT] = tempfile.mkdtemp(prefix="countersign-tests-")
        atexit.register(shutil.rmtree, os.environ[ROOT], ignore_errors=True)
    state = Path(os.environ[ROOT]) / os.environ.get("PYTEST_XDIST_WORKER", "main")
    (state / "static").mkdir(parents=True, exist_ok=True)  # whitenoise warns when there is none
    os.environ["COUNTERSIGN_VAR"] = str(state)


_prepare_environment()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=["sqlite", "postgresql"], default="sqlite", help="database of the test run")


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, Any]:
    """Start the database before anything reads the settings; a worker finds its address in the environment."""
    if early_config.known_args_namespace.database == "postgresql" and "DATABASE_URL" not in os.environ:
        from tests.support.postgres import Server

        server = Server()
        server.__enter__()
        early_config.add_cleanup(server.stop)
        os.environ["DATABASE_URL"] = server.url()
    return (yield)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out, unread, the files without a test for PostgreSQL when only such tests are asked for."""
    asked = config.option.markexpr.split()
    if "postgres" not in asked or not set(asked) <= {"postgres", "and", "attack"}:
        return None
    return (collection_path.match("test_*.py") and b"mark.postgres" not in collection_path.read_bytes()) or None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no worker is left alone with one at the end."""
    long = {item.path for item in items for name in LONG if item.get_closest_marker(name)}
    rank = {TESTS / name: number for number, name in enumerate(LONGEST)}
    counts = Counter(item.path for item in items)
    items.sort(key=lambda item: (rank.get(item.path, len(rank)), item.path not in long, -counts[item.path]))


def pytest_collection_finish() -> None:
    """What was imported stays: let no collection of garbage go through it again, and come seldom.

    A test makes and drops some hundred thousand objects, nearly all of them in no cycle.
    """
    loaded_to_collect.update(TRAINING_STACK & sys.modules.keys())
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 10)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what a failed test's own processes wrote."""
    report = yield
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, Deployment):
                report.sections += [(f"log of {name}", text[-10_000:]) for name, text in value.logs().items()]
    return report
