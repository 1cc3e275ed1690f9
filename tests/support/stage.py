"""Installations that the tests of one process share: each built once, committed, and never changed by a test.

A test gets one whose rows are rolled back at its end, or a copy of its own to commit to.
"""

import copy
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from django.db import connections, transaction
from django.test import override_settings

from tests.support.database import own_database

Cast = TypeVar("Cast")


@dataclass
class Stage:
    """A built installation: what `build` returned, its state folder, and its database as Django knows one."""

    made: Any
    folder: Path
    database: tuple[Any, Any]


class Stages:
    """The installations of this process, by the function that builds one. Use it as a context manager."""

    def __init__(self, folder: Path, blocker: Any) -> None:
        self._folder = folder
        self._blocker = blocker
        self._stages: dict[Callable[[], Any], Stage] = {}
        self._open = ExitStack()

    def __enter__(self) -> "Stages":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._blocker.unblock():
            self._open.close()

    @contextmanager
    def entered(self, build: Callable[[], Cast], state: Path) -> Iterator[Cast]:
        """Yield a copy of what `build` returned; its rows are rolled back, and `state` gets a copy of its files."""
        with self._copied(build, state) as made, rolled_back():
            yield made

    @contextmanager
    def committed(self, build: Callable[[], Cast], state: Path, folder: Path) -> Iterator[Cast]:
        """Yield the same in a copy of the database, in `folder`, where everything that is done is committed."""
        with self._copied(build, state) as made, own_database(folder):
            yield made

    @contextmanager
    def _copied(self, build: Callable[[], Cast], state: Path) -> Iterator[Cast]:
        with self._blocker.unblock():
            if build not in self._stages:
                self._stages[build] = self._built(build)
            stage = self._stages[build]
            shutil.copytree(stage.folder, state, dirs_exist_ok=True)
            outside = _put(stage.database)
            try:
                yield copy.deepcopy(stage.made)
            finally:
                _put(outside)

    def _built(self, build: Callable[[], Any]) -> Stage:
        folder = self._folder / str(len(self._stages))
        state = folder / "var"
        state.mkdir(parents=True)
        outside = _database()
        self._open.enter_context(own_database(folder))
        inside = _database()
        # Whoever closes what was opened finds the database that was opened.
        self._open.callback(_put, inside)
        try:
            with override_settings(COUNTERSIGN_VAR=state, COUNTERSIGN_KEYS=state / "keys"):
                return Stage(build(), state, inside)
        finally:
            _put(outside)


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo at the end whatever is done inside, as Django's TestCase does; foreign keys are not asked."""
    outer = transaction.atomic()
    outer._from_testcase = True  # type: ignore[attr-defined]  # so that "durable" blocks may stand inside
    with outer:
        yield
        transaction.set_rollback(True)


def _database() -> tuple[Any, Any]:
    return connections["default"], connections.settings["default"]


def _put(database: tuple[Any, Any]) -> tuple[Any, Any]:
    """Let Django use a database; return the one it used before."""
    before = _database()
    connections["default"], connections.settings["default"] = database
    return before
