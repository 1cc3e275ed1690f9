"""Installations to measure: migrated databases of their own with the settings of a real one, durability included.

`python -m benchmarks.installed` makes one where the environment says, with the peer's audit table, and prints nothing.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

ENGINES = ("SQLite", "PostgreSQL")
Environment = dict[str, str]


def environment(folder: Path, database_url: str = "") -> Environment:
    """Return what tells a process to use the installation in `folder`."""
    return {
        "COUNTERSIGN_VAR": str(folder),
        "COUNTERSIGN_KEYS": str(folder / "keys"),
        "DATABASE_URL": database_url or f"sqlite:///{folder / 'db.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def begin(folder: Path) -> None:
    """Make an installation in `folder` for this process: migrated, set up, nothing in it. Once in a process."""
    os.environ.update(environment(folder))
    _make()


@contextmanager
def prepared(engine: str, folder: Path) -> Iterator[Environment]:
    """Yield the environment of a new installation on `engine`; PostgreSQL runs as a server of its own."""
    if engine == "SQLite":
        yield _in_a_process(environment(folder))
        return
    from tests.support.postgres import Server

    with Server(durable=True) as server:
        yield _in_a_process(environment(folder, server.create_database("benchmark")))


@cache
def audit_row() -> Any:
    """Return the model of the peer's audit row: who did what to what and when, found by object and by time."""
    from django.db import models

    class AuditRow(models.Model):
        at = models.DateTimeField(db_index=True)
        actor = models.CharField(max_length=40)
        action = models.CharField(max_length=80)
        object = models.CharField(max_length=100, db_index=True)
        change = models.JSONField()

        class Meta:
            app_label = "benchmarks"

        def __str__(self) -> str:
            return f"{self.action} {self.object}"

    return AuditRow


def _in_a_process(environment: Environment) -> Environment:
    subprocess.run([sys.executable, "-m", "benchmarks.installed"], env=os.environ | environment, check=True)
    return environment


def _make() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from governance.services.installation import Person, set_up

    call_command("migrate", verbosity=0)
    phrase = "a-long-pass-phrase-1"
    people = Person("owner", "Owner", phrase), Person("officer", "Officer", phrase)
    set_up(organisation="Benchmark", owner=people[0], officer=people[1], demo=True)


def main() -> None:
    """Make the installation that the environment names, and the peer's table in it."""
    _make()
    from django.db import connection

    with connection.schema_editor() as editor:
        editor.create_model(audit_row())


if __name__ == "__main__":
    main()
