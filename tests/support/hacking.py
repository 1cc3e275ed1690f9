"""What somebody with the database's password can do: SQL past models, services and triggers."""

from typing import Any

from django.db import connection

from governance.models import Attempt, Document, Job


def execute(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def drop_triggers() -> None:
    """Take every trigger away, as the owner of the database can."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
            return
        cursor.execute(
            "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'counter%'"
        )
        for name, table in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name} ON {table}")


def alter(row: Job | Attempt | Document, **values: Any) -> None:
    """Set columns of one row by SQL."""
    names = ", ".join(f"{name} = %s" for name in values)
    key = row.pk.hex if connection.vendor == "sqlite" and not isinstance(row, Document) else row.pk
    execute(f"UPDATE {row._meta.db_table} SET {names} WHERE {row._meta.pk.column} = %s", *values.values(), key)
    if not isinstance(row, Document):
        row.refresh_from_db()
