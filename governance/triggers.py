"""Triggers that keep insert-only tables insert-only, on SQLite and PostgreSQL.

They stop accidents and bypasses through SQL; against the database's owner stand the proofs. SQLite drops triggers
when Django rebuilds a table, so `post_migrate` lays them anew, and `verify_ledger` compares what is there with this.
There is no off switch.
"""

from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from governance.models.base import InsertOnly

LEDGER = "governance_ledgerentry"
PREFIX = "countersign_"


def _models() -> dict[str, type[InsertOnly]]:
    return {m._meta.db_table: m for m in apps.get_models() if issubclass(m, InsertOnly) and m._meta.managed}


def insert_only_tables() -> list[str]:
    """Return the names of all insert-only tables, sorted."""
    return sorted(_models())


def _sqlite(table: str) -> dict[str, str]:
    made = {
        f"{PREFIX}{table}_{verb}": (
            f"CREATE TRIGGER {PREFIX}{table}_{verb} BEFORE {verb.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only: no {verb}'); END"
        )
        for verb in ("update", "delete")
    }
    if table == LEDGER:
        name = f"{PREFIX}{table}_insert"
        made[name] = (
            f"CREATE TRIGGER {name} BEFORE INSERT ON {table} "  # noqa: S608  (names of our own tables)
            f"WHEN NEW.seq IS NOT (SELECT COALESCE(MAX(seq), -1) + 1 FROM {table}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} grows by one entry at its end'); END"
        )
        return made
    # INSERT OR REPLACE deletes what it replaces, and asks the delete trigger only where recursive triggers are on.
    name = f"{PREFIX}{table}_insert"
    made[name] = (
        f"CREATE TRIGGER {name} BEFORE INSERT ON {table} "  # noqa: S608
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {_same_key(_models()[table])}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only: no replace'); END"
    )
    return made


def _same_key(model: type[InsertOnly]) -> str:
    """Return the SQL condition that a row shares a unique key with NEW."""
    columns = {field.name: field.column for field in model._meta.local_concrete_fields}
    keys = [[field.column] for field in model._meta.local_concrete_fields if field.unique]
    keys += [[columns[name] for name in constraint.fields] for constraint in model._meta.total_unique_constraints]
    return " OR ".join("(" + " AND ".join(f"{column} = NEW.{column}" for column in key) + ")" for key in keys)


_PG_FUNCTIONS = {
    f"{PREFIX}refuse": (
        f"CREATE OR REPLACE FUNCTION {PREFIX}refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% is insert-only: no %', TG_TABLE_NAME, TG_OP; END $$"
    ),
    f"{PREFIX}next": (
        f"CREATE OR REPLACE FUNCTION {PREFIX}next() RETURNS trigger LANGUAGE plpgsql AS $$ "  # noqa: S608
        f"BEGIN IF NEW.seq IS DISTINCT FROM (SELECT COALESCE(MAX(seq), -1) + 1 FROM {LEDGER}) THEN "
        f"RAISE EXCEPTION '{LEDGER} grows by one entry at its end'; END IF; "
        "IF NEW.leaf_hash IS DISTINCT FROM sha256('\\x00'::bytea || NEW.leaf) THEN "
        "RAISE EXCEPTION 'the leaf hash is not the hash of the leaf'; END IF; RETURN NEW; END $$"
    ),
}


def _postgresql(table: str) -> dict[str, str]:
    made = {
        f"{PREFIX}{table}_row": (
            f"CREATE TRIGGER {PREFIX}{table}_row BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {PREFIX}refuse()"
        ),
        f"{PREFIX}{table}_truncate": (
            f"CREATE TRIGGER {PREFIX}{table}_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {PREFIX}refuse()"
        ),
    }
    if table == LEDGER:
        made[f"{PREFIX}{table}_insert"] = (
            f"CREATE TRIGGER {PREFIX}{table}_insert BEFORE INSERT ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {PREFIX}next()"
        )
    return made


def install(using: str = "default", **_: Any) -> None:
    """Lay every trigger whose table exists; idempotent. Connected to `post_migrate`."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    tables = [table for table in insert_only_tables() if table in present]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for body in _PG_FUNCTIONS.values():
                cursor.execute(body)
        for table in tables:
            for name, statement in _wanted(connection.vendor, table).items():
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")
                cursor.execute(statement)
                if connection.vendor == "postgresql":
                    cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def faults(using: str = "default") -> list[str]:
    """Return what differs between the triggers in the database and those above; empty when all stand."""
    connection = connections[using]
    wanted = {n: s for t in insert_only_tables() for n, s in _wanted(connection.vendor, t).items()}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            return _postgresql_faults(cursor, wanted)
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        there = dict(cursor.fetchall())
    return [
        f"trigger {name} is {'missing' if name not in there else 'not the one expected'}"
        for name, statement in sorted(wanted.items())
        if there.get(name) != statement
    ]


def require(using: str = "default") -> None:
    """Refuse to serve a database whose triggers do not stand. Raises ImproperlyConfigured naming the first.

    A database without the ledger's table (not migrated yet) has nothing to protect.
    """
    if LEDGER in connections[using].introspection.table_names() and (found := faults(using)):
        raise ImproperlyConfigured(f"{found[0]} ({len(found)} in all); run manage.py migrate, then verify_ledger")


def _postgresql_faults(cursor: Any, wanted: dict[str, str]) -> list[str]:
    cursor.execute(
        "SELECT tgname, tgenabled, pg_get_triggerdef(oid, true) FROM pg_trigger "
        "WHERE NOT tgisinternal AND tgname = ANY(%s)",
        [list(wanted)],
    )
    there = {name: (enabled, _words(text)) for name, enabled, text in cursor.fetchall()}
    found = []
    for name, statement in sorted(wanted.items()):
        enabled, text = there.get(name, (None, set()))
        if enabled is None:
            found.append(f"trigger {name} is missing")
        elif enabled not in ("A", b"A"):
            found.append(f"trigger {name} is not always enabled")
        elif text != _words(statement):
            found.append(f"trigger {name} is not the one expected")
    cursor.execute("SELECT proname, prosrc FROM pg_proc WHERE proname = ANY(%s)", [list(_PG_FUNCTIONS)])
    bodies = dict(cursor.fetchall())
    for name, statement in _PG_FUNCTIONS.items():
        if bodies.get(name) != statement.split("$$")[1]:
            found.append(f"function {name} is not the one expected")
    return found


def _words(definition: str) -> set[str]:
    """Return the words of a trigger's definition: PostgreSQL reorders the events, and may name the schema."""
    return set(definition.replace("public.", "").replace("(", " (").split())


def _wanted(vendor: str, table: str) -> dict[str, str]:
    return _postgresql(table) if vendor == "postgresql" else _sqlite(table)
