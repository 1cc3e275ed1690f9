"""A log, and a witness that follows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.witnesses import Log, Running


@pytest.fixture
def log() -> Log:
    return Log(leaves=5)


@pytest.fixture
def witness(log: Log, tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "witness", log.vkey)
    yield running
    running.stop()
