"""Fixtures that any test may use; what they stand on is in tests/support/."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings as django_settings
from django.test.utils import setup_databases, teardown_databases
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from governance.selectors import apart
from tests.support.browser import open_page
from tests.support.database import Templates, already_migrated, copied_sqlite, once_in_a_run, own_database
from tests.support.deployment import Deployment
from tests.support.forked import ASKED, Forks
from tests.support.postgres import Server
from tests.support.stage import Stages
from training import dvc
from training.services import observations, refresh

ASKING = (apart, dvc, observations, refresh)

# Machines differ in speed, so examples have no deadline of their own; in CI the same examples come every time, and
# `--hypothesis-profile=thorough` asks for ten times as many.
hypothesis_settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile("ci", parent=hypothesis_settings.get_profile("default"), derandomize=True)
hypothesis_settings.register_profile("thorough", parent=hypothesis_settings.get_profile("default"), max_examples=1000)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_configure(config: pytest.Config) -> None:
    from tests.support import quick_settings  # which also changes the options of SQLite in place

    # Hundreds of sign-ins in the tests need no slow hash, here or in the processes that tests start.
    django_settings.PASSWORD_HASHERS = quick_settings.PASSWORD_HASHERS
    # Every test client makes the middleware anew; it need not list all static files each time.
    django_settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: Any,
    django_db_modify_db_settings: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path | None]:
    """The migrated test database, also when only `fresh_database` tests run, for which pytest-django makes none.

    Yields a copy of it before any test, where it is SQLite's. Whichever process of the run comes first migrates it.
    """
    with django_db_blocker.unblock(), once_in_a_run("migrated.sqlite3") as migrated:
        with already_migrated(migrated):
            made = setup_databases(verbosity=0, interactive=False)
        copied = copied_sqlite(tmp_path_factory.mktemp("migrated"))
        if copied and not migrated.exists():
            shutil.copy(copied, migrated)
    yield copied
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session", autouse=True)
def forks() -> Iterator[Forks]:
    """What this process asks others is answered by processes that need not load their libraries anew."""
    forks = Forks(ASKED)
    with ExitStack() as stack:
        stack.callback(forks.stop)
        for module in ASKING:
            stack.enter_context(patch.object(module, "subprocess", forks))
        yield forks


@pytest.fixture
def unforked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start those processes from nothing, as everywhere outside the tests."""
    for module in ASKING:
        monkeypatch.setattr(module, "subprocess", subprocess)


@pytest.fixture
def state(settings: Any, tmp_path: Path) -> Path:
    """A state folder for this test alone; returns it."""
    folder = tmp_path / "var"
    folder.mkdir()
    settings.COUNTERSIGN_VAR = folder
    settings.COUNTERSIGN_KEYS = folder / "keys"
    return folder


@pytest.fixture
def fresh_database(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any, tmp_path: Path
) -> Iterator[None]:
    """A committed copy of the migrated database for this test alone (SQLite file or PostgreSQL database)."""
    with django_db_blocker.unblock(), own_database(tmp_path):
        yield


@pytest.fixture(scope="session")
def stages(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """Installations that are built once for all tests of this process."""
    with Stages(tmp_path_factory.mktemp("stages"), django_db_blocker) as made:
        yield made


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """This test process's own PostgreSQL server."""
    with Server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: Server) -> str:
    """The address of an empty PostgreSQL database on a server of this test process's own."""
    return postgres_server.create_database("empty")


@pytest.fixture(scope="session")
def sqlite_templates(tmp_path_factory: pytest.TempPathFactory, django_db_setup: Path | None) -> Templates:
    return Templates(tmp_path_factory.mktemp("templates"), None, migrated=django_db_setup)


@pytest.fixture(scope="session")
def postgres_templates(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Templates:
    return Templates(tmp_path_factory.mktemp("templates"), postgres_server, shared=True)


@pytest.fixture
def deployment(sqlite_templates: Templates, tmp_path: Path) -> Iterator[Deployment]:
    """A migrated installation on SQLite whose web process and worker the test starts."""
    installation = sqlite_templates.deployment("sqlite", tmp_path / "deployment")
    yield installation
    installation.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def each_deployment(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deployment]:
    """A migrated installation, once on SQLite and once on PostgreSQL."""
    templates = request.getfixturevalue("sqlite_templates" if request.param == "sqlite" else "postgres_templates")
    installation = templates.deployment(request.param, tmp_path / "deployment")
    yield installation
    installation.stop()


@pytest.fixture
def page(deployment: Deployment) -> Iterator[Any]:
    """An empty page of Chromium at a running web process of `deployment`."""
    deployment.start_web()
    with open_page(deployment.url) as opened:
        yield opened
