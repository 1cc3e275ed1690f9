"""The governed installation that these tests attack, and the story as far as its release."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.governed_fixtures import already, each_site, site, sites
from tests.support.stage import Stages
from tests.support.story import Story, told

__all__ = ["already", "each_site", "site", "sites"]


@pytest.fixture
def story(stages: Stages, state: Path) -> Iterator[Story]:
    """The story told; built once for this process, and what a test does to it is undone."""
    with stages.entered(told, state) as made:
        yield made
