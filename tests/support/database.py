"""Migrated databases to copy: a test that commits gets its own, because the ledger's triggers let nothing be deleted.

Tests inside the process use pytest-django's rollback (`db`) wherever they can; `fresh_database` is for those that must
see real commits (threads, the refusal after a rollback). Whole-process tests get a `Deployment`.
"""

import fcntl
import os
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connections
from psycopg import sql

from config.secret import development_secret_key
from tests.support.deployment import Deployment
from tests.support.postgres import Server

# What makes an empty database and state folder an installation.
PREPARE = (("migrate", "--no-input", "--verbosity", "0"),)
TEMPLATE = "countersign_template"


def copy_of(source: Deployment, folder: Path) -> Deployment:
    """Return a new installation whose state lies in `folder`, like one on SQLite none of whose processes runs."""
    _fold_journal(source.folder / "db.sqlite3")
    shutil.copytree(source.folder, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("logs"))
    return Deployment(folder, _sqlite_url(folder))


class Templates:
    """Prepared installations, one per database engine, made when first asked for and copied ever after.

    SQLite's is made of `migrated`, a database that this process has migrated already, where there is one. With `shared`
    PostgreSQL's is migrated by one process of the run for all of them.
    """

    def __init__(
        self, folder: Path, server: Server | None, *, migrated: Path | None = None, shared: bool = False
    ) -> None:
        self._folder = folder
        self._shared = shared
        self._server = server
        self._migrated = migrated
        self._ready: dict[str, Deployment] = {}

    def deployment(self, engine: str, folder: Path) -> Deployment:
        """Return a new installation on `engine` ("sqlite" or "postgresql") whose state lies in `folder`."""
        source = self._template(engine)
        if engine == "sqlite":
            return copy_of(source, folder)
        shutil.copytree(source.folder, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("logs"))
        name = f"countersign_{uuid.uuid4().hex}"
        return Deployment(folder, self._postgres().create_database(name, template=TEMPLATE))

    def _template(self, engine: str) -> Deployment:
        if engine not in self._ready:
            folder = self._folder / engine
            folder.mkdir()
            try:
                self._ready[engine] = self._prepared(engine, folder)
            except BaseException:  # half a template would tell the next test "File exists" in place of the cause
                shutil.rmtree(folder)
                if engine == "postgresql" and self._server is not None:
                    self._server.drop_database(TEMPLATE)
                raise
        return self._ready[engine]

    def _prepared(self, engine: str, folder: Path) -> Deployment:
        if engine == "sqlite" and self._migrated:
            shutil.copy(self._migrated, folder / "db.sqlite3")
            # As `migrate` leaves it. The first processes, at the same time, could not all change that: one would be
            # told at once that the database is locked.
            with closing(sqlite3.connect(folder / "db.sqlite3")) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
            development_secret_key(folder)  # as the first of its processes would
            return Deployment(folder, _sqlite_url(folder))
        url = _sqlite_url(folder) if engine == "sqlite" else self._postgres().create_database(TEMPLATE)
        template = Deployment(folder, url)
        if engine == "postgresql" and self._shared:
            return self._migrated_once(template)
        for arguments in PREPARE:
            template.manage(*arguments)
        if engine == "sqlite":
            _fold_journal(folder / "db.sqlite3")
        return template

    def _migrated_once(self, template: Deployment) -> Deployment:
        """Migrate the database, or restore the dump of the one that another process of the run has migrated."""
        address = f"--dbname={template.database_url}"
        with once_in_a_run("migrated.dump") as dump:
            if dump.exists():
                self._postgres().tool("pg_restore", address, str(dump))
                development_secret_key(template.folder)  # as the first of its processes would
                return template
            for arguments in PREPARE:
                template.manage(*arguments)
            unfinished = dump.with_suffix(".new")
            if self._postgres().tool("pg_dump", "--format=custom", address, f"--file={unfinished}"):
                unfinished.rename(dump)
        return template

    def _postgres(self) -> Server:
        if self._server is None:
            raise RuntimeError("These templates were made without a PostgreSQL server; pass one")
        return self._server


def _sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'db.sqlite3'}"


def _fold_journal(path: Path) -> None:
    """Move what the write-ahead log holds into the file itself, so that the file alone is the database."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def own_database(folder: Path) -> Iterator[None]:
    """Let Django use a committed copy of the migrated test database; the test database itself stays untouched."""
    settings = connections.settings["default"]
    original = connections["default"]
    copied = _copy_sqlite if original.vendor == "sqlite" else _copy_postgresql
    with copied(settings, folder) as name:
        del connections["default"]
        connections.settings["default"] = {**settings, "NAME": name}
        try:
            yield
        finally:
            connections["default"].close()
            connections.settings["default"] = settings
            connections["default"] = original


@contextmanager
def _copy_sqlite(settings: dict[str, Any], folder: Path) -> Iterator[str]:
    yield str(copied_sqlite(folder))


def copied_sqlite(folder: Path) -> Path | None:
    """Copy the database that Django uses into a file of `folder`; return its path, or None when it is another's."""
    source = connections["default"]
    if source.vendor != "sqlite":
        return None
    source.ensure_connection()
    path = folder / "fresh.sqlite3"
    with closing(sqlite3.connect(path)) as target:
        source.connection.backup(target)
    return path


def _administrator(settings: dict[str, Any]) -> psycopg.Connection[Any]:
    address = {
        "host": settings["HOST"],
        "port": settings["PORT"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
    }
    return psycopg.connect(dbname="postgres", autocommit=True, **address)


def _copy_of(name: str, source: str) -> sql.Composed:
    return sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(source))


@contextmanager
def _copy_postgresql(settings: dict[str, Any], folder: Path) -> Iterator[str]:
    connections["default"].close()  # a database that is in use cannot be copied
    name = f"fresh_{uuid.uuid4().hex}"
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
    with _administrator(settings) as administrator:
        administrator.execute(_copy_of(name, settings["NAME"]))
        try:
            yield name
        finally:
            administrator.execute(drop)


@contextmanager
def _from_template(marker: Path) -> Iterator[None]:
    settings = connections["default"].settings_dict
    if marker.exists():
        settings["TEST"]["TEMPLATE"] = marker.read_text()
        yield
        return
    yield
    connections["default"].close()  # a database that is in use cannot be copied
    name = f"migrated_{uuid.uuid4().hex}"
    with _administrator(settings) as administrator:
        administrator.execute(_copy_of(name, settings["NAME"]))
    marker.write_text(name)


@contextmanager
def once_in_a_run(name: str) -> Iterator[Path]:
    """Yield the path of a file that all processes of the test run share, to one of them at a time."""
    path = Path(os.environ["COUNTERSIGN_TEST_ROOT"]) / name
    with path.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path


@contextmanager
def already_migrated(path: Path) -> Iterator[None]:
    """Let Django find the test database that it makes inside migrated, if another process of the run was there first.

    SQLite's is then in the file `path`; PostgreSQL's is a template on the run's server, named in a file beside it.
    """
    if connections["default"].vendor == "postgresql":
        with _from_template(path.with_suffix(".postgresql")):
            yield
        return
    made: Any = connections["default"].creation
    name = made._get_test_db_name() if connections["default"].vendor == "sqlite" else ""
    if not path.exists() or not made.is_in_memory_db(name):
        yield
        return
    # The database in memory lives as long as somebody has opened it.
    with closing(sqlite3.connect(name, uri=True)) as target:
        with closing(sqlite3.connect(path)) as source:
            source.backup(target)
        yield
