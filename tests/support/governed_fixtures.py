"""Fixtures over `tests.support.governed`; a folder's conftest imports those it uses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import toy
from tests.support.governed import Site, Sites, Step, connected


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Sites:
    return Sites(tmp_path_factory.mktemp("governed"))


@pytest.fixture
def already() -> Step | None:
    """What has happened before each test of a module, which overrides this; it is done once and then copied."""
    return None


@pytest.fixture
def site(
    sites: Sites,
    already: Step | None,
    sqlite_templates: Any,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path: Path,
    monkeypatch: Any,
) -> Iterator[Site]:
    """A governed installation on SQLite, with the tests' own purpose installed in this process."""
    toy.install(monkeypatch)
    with django_db_blocker.unblock():
        made = sites.site("sqlite", tmp_path / "site", sqlite_templates, already=already)
        try:
            with connected(made.deployment):
                yield made
        finally:
            made.deployment.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def each_site(
    request: pytest.FixtureRequest,
    sites: Sites,
    already: Step | None,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path: Path,
    monkeypatch: Any,
) -> Iterator[Site]:
    """The same, once on SQLite and once on PostgreSQL."""
    toy.install(monkeypatch)
    sqlite = request.param == "sqlite"
    templates = request.getfixturevalue("sqlite_templates" if sqlite else "postgres_templates")
    server = None if sqlite else request.getfixturevalue("postgres_server")
    with django_db_blocker.unblock():
        made = sites.site(request.param, tmp_path / "site", templates, server, already)
        try:
            with connected(made.deployment):
                yield made
        finally:
            made.deployment.stop()
