"""The database's owner changes rows of every insert-only table; `verify_ledger` finds each."""

from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from governance import triggers
from governance.models import Exchange, ExchangeAnswer, ExchangeGrade, LedgerEntry
from governance.models.base import InsertOnly
from governance.selectors.verification import verify
from tests.governance import tampering
from tests.governance.test_triggers import fill

pytestmark = pytest.mark.postgres
# These need a model that answers; tests/evals/services/test_sessions.py attacks them.
OF_SESSIONS = {Exchange, ExchangeAnswer, ExchangeGrade}
TOLD: list[Any] = sorted(
    (
        model
        for model in apps.get_models()
        if issubclass(model, InsertOnly)
        and model not in {LedgerEntry, *OF_SESSIONS}
        and any(field.name == "seq" for field in model._meta.local_concrete_fields)
    ),
    key=lambda model: model._meta.db_table,
)


def problems() -> set[str]:
    """Return what a verification finds wrong, the missing triggers aside."""
    checks = [check for check in verify().checks if check.name != "triggers"]
    return {str(problem) for check in checks for problem in check.problems}


def test_every_such_table_has_a_row_to_attack(world) -> None:
    fill(world)
    assert {model._meta.db_table for model in TOLD} <= set(triggers.insert_only_tables())
    assert [model._meta.db_table for model in TOLD if not model._default_manager.exists()] == []
    assert problems() == set()


@pytest.mark.attack(
    name="the database's owner deletes a row of any insert-only table, or lets it claim another ledger entry",
    caught_by="verify_ledger compares every such table with the leaves, in both directions",
    unless="the leaves are rewritten too: then only a checkpoint kept elsewhere tells",
)
def test_a_row_gone_or_moved_is_found_in_every_table(world) -> None:
    fill(world)
    tampering.drop_triggers()
    unfound = []
    for model in TOLD:
        table, key = model._meta.db_table, model._meta.pk
        assert key is not None
        row = model._default_manager.order_by("-seq").first()
        assert row is not None
        free = LedgerEntry.objects.exclude(seq__in=model._default_manager.values("seq"))
        other = free.order_by("-seq").values_list("seq", flat=True).first()
        where = f"WHERE {connection.ops.quote_name(key.column)} = %s"
        value = key.get_db_prep_value(row.pk, connection)
        for act, statement, values in (
            ("moved", f"UPDATE {table} SET seq = %s {where}", (other, value)),
            ("deleted", f"DELETE FROM {table} {where}", (value,)),
        ):
            with transaction.atomic():
                assert tampering.run(statement, *values) == 1
                if not problems():
                    unfound.append(f"{table} {act}")
                transaction.set_rollback(True)
    assert unfound == []
