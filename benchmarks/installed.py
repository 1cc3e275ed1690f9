"""Installations to measure: migrated databases of their own with the settings of a real one, durability included."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

ENGINES = ("SQLite", "PostgreSQL")


def begin(folder: Path, database_url: str = "") -> None:
    """Make an installation in `folder`: migrated, set up, without anything in it. Once in a process."""
    os.environ.update(
        COUNTERSIGN_VAR=str(folder), COUNTERSIGN_KEYS=str(folder / "keys"), DJANGO_SETTINGS_MODULE="config.settings"
    )
    os.environ["DATABASE_URL"] = database_url or f"sqlite:///{folder / 'db.sqlite3'}"
    import django

    django.setup()
    from django.core.management import call_command

    from governance.services.installation import Person, set_up

    call_command("migrate", verbosity=0)
    phrase = "a-long-pass-phrase-1"
    people = Person("owner", "Owner", phrase), Person("officer", "Officer", phrase)
    set_up(organisation="Benchmark", owner=people[0], officer=people[1], demo=True)


@contextmanager
def database(engine: str, folder: Path) -> Iterator[str]:
    """Yield the address of an empty database: a file in `folder`, or on a PostgreSQL server of its own."""
    if engine == "SQLite":
        yield f"sqlite:///{folder / 'db.sqlite3'}"
        return
    from tests.support.postgres import Server

    with Server(durable=True) as server:
        yield server.create_database("benchmark")


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
