"""Fixtures of the control plane's tests: an installation with people in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from governance import registry
from tests.governance import cast
from tests.support.stage import Stages


@pytest.fixture
def note_kind(monkeypatch):
    """A kind of document without subject matter, known for this test alone."""
    monkeypatch.setitem(registry.KINDS, cast.NOTE, cast.NOTE_KIND)
    return cast.NOTE_KIND


def found_with_notes() -> cast.World:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setitem(registry.KINDS, cast.NOTE, cast.NOTE_KIND)
        return cast.found()


@pytest.fixture
def world(stages: Stages, state: Path, note_kind) -> Iterator[cast.World]:
    """An installation with people, projects and a policy in force; rows are rolled back, files are a copy."""
    with stages.entered(found_with_notes, state) as made:
        yield made


@pytest.fixture
def bare_world(db, state, note_kind) -> cast.World:
    """The same before its first policy is signed."""
    return cast.found(with_policy=False)


@pytest.fixture
def committed_world(stages: Stages, state: Path, tmp_path: Path, note_kind) -> Iterator[cast.World]:
    """The same in a database of its own, where everything is committed."""
    with stages.committed(found_with_notes, state, tmp_path) as made:
        yield made
