"""Fixtures of the control plane's tests: an installation with people in it."""

import copy
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connections, transaction
from django.test import override_settings

from governance import registry
from tests.governance import cast
from tests.support.database import own_database


@pytest.fixture
def note_kind(monkeypatch):
    """A kind of document without subject matter, known for this test alone."""
    monkeypatch.setitem(registry.KINDS, cast.NOTE, cast.NOTE_KIND)
    return cast.NOTE_KIND


@dataclass
class Stage:
    """The installation that the tests of this process share: its people, its state folder, its database."""

    world: cast.World
    folder: Path
    entered: Callable[[], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def stage(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Stage]:
    """Set the installation up once, in a committed database of its own that no test ever changes."""
    folder = tmp_path_factory.mktemp("stage")
    state = folder / "var"
    state.mkdir()
    with django_db_blocker.unblock():
        outside = connections["default"], connections.settings["default"]
        with own_database(folder):
            inside = connections["default"], connections.settings["default"]
            with (
                pytest.MonkeyPatch.context() as monkeypatch,
                override_settings(COUNTERSIGN_VAR=state, COUNTERSIGN_KEYS=state / "keys"),
            ):
                monkeypatch.setitem(registry.KINDS, cast.NOTE, cast.NOTE_KIND)
                world = cast.found()

            def put(connection, settings) -> None:
                connections["default"], connections.settings["default"] = connection, settings

            @contextmanager
            def entered() -> Iterator[None]:
                put(*inside)
                try:
                    with rolled_back():
                        yield
                finally:
                    put(*outside)

            put(*outside)
            yield Stage(world, state, entered)
            put(*inside)


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo at the end whatever is done inside, as Django's TestCase does; foreign keys are not asked."""
    outer = transaction.atomic()
    outer._from_testcase = True  # type: ignore[attr-defined]  # so that "durable" blocks may stand inside
    with outer:
        yield
        transaction.set_rollback(True)


@pytest.fixture
def world(stage, django_db_blocker, settings, tmp_path, note_kind) -> Iterator[cast.World]:
    """An installation with people, projects and a policy in force; rows are rolled back, files are a copy."""
    settings.COUNTERSIGN_VAR = tmp_path / "var"
    settings.COUNTERSIGN_KEYS = settings.COUNTERSIGN_VAR / "keys"
    shutil.copytree(stage.folder, settings.COUNTERSIGN_VAR)
    with django_db_blocker.unblock(), stage.entered():
        yield copy.deepcopy(stage.world)


@pytest.fixture
def bare_world(db, state, note_kind) -> cast.World:
    """The same before its first policy is signed."""
    return cast.found(with_policy=False)


@pytest.fixture
def committed_world(fresh_database, state, note_kind) -> cast.World:
    """An installation in a database of its own, where everything is committed."""
    return cast.found()
