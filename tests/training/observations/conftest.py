"""An installation with people in it, and feeds to bring."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cast import Cast, assemble
from tests.support.stage import Stages


@pytest.fixture
def cast(stages: Stages, state: Path) -> Iterator[Cast]:
    with stages.entered(assemble, state) as made:
        yield made


@pytest.fixture
def committed(stages: Stages, state: Path, tmp_path: Path) -> Iterator[Cast]:
    """The same in a database of its own, where everything is committed."""
    with stages.committed(assemble, state, tmp_path) as made:
        yield made
