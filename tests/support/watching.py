"""Watching the database: a write to a governed table while no mutation is open fails the test."""

import re
from contextlib import contextmanager

from django.apps import apps
from django.db import connection

from governance.services import ledger as ledger_service
from governance.services import locked as locked_service


def governed_tables() -> set[str]:
    operational = {
        "attempt",
        "upload",
        "preparedenrolment",
        "preparedsignature",
        "user",
        "user_groups",
        "user_user_permissions",
        "checkpoint",
        "notice",
        "noticechoice",
        "cosignature",
        "delivery",
        "calendarfeed",
    }
    return {
        table
        for model in apps.get_app_config("governance").get_models(include_auto_created=True)
        if (table := model._meta.db_table).removeprefix("governance_") not in operational
    }


@contextmanager
def watched(monkeypatch):
    """Fail on every write to a governed table while no mutation is open."""
    depth = 0
    opened, closed = ledger_service._open, locked_service.ledger_lock
    tables = governed_tables()

    def count(*arguments, **options):
        nonlocal depth
        depth += 1
        return opened(*arguments, **options)

    @contextmanager
    def locked(*first):
        nonlocal depth
        before = depth
        try:
            with closed(*first) as held:
                yield held
        finally:
            depth = before

    def watch(execute, sql, params, many, context):
        verb = re.match(r"\s*(INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", sql)
        if verb and verb[2] in tables and not depth:
            raise AssertionError(f"written outside a mutation: {sql[:200]}")
        return execute(sql, params, many, context)

    monkeypatch.setattr(ledger_service, "_open", count)
    monkeypatch.setattr(ledger_service, "ledger_lock", locked)
    with connection.execute_wrapper(watch):
        yield
