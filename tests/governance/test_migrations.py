"""Databases that were in use before a migration: what they hold is still there, is told, and verifies."""

import json

import pytest

from tests.governance.test_ledger import script, start
from tests.support.deployment import Deployment

pytestmark = pytest.mark.crash

# As the code of that time wrote them: the reason in the insert-only row, and in the opening of its leaf.
BEFORE = """
import json
from django.db import DatabaseError, connection, transaction
from governance import policy, registry
from governance.models import User
from governance.selectors.keys import root_fingerprint
from governance.services import documents, signoff
from governance.services.installation import Person, set_up
from governance.services.reauthentication import Proof

phrase = "a-long-pass-phrase-1"
OLD = ("governance_rejection", "governance_revocation")
def with_reason(execute, sql, params, many, context):
    if any(sql.startswith(f'INSERT INTO "{table}" (') for table in OLD):
        assert not many
        sql = sql.replace("(", '("reason", ', 1).replace("VALUES (", "VALUES (%s, ", 1)
        params = ("kept in the row", *params)
    return execute(sql, params, many, context)

set_up(
    organisation="Old", owner=Person("owner", "Owner", phrase), officer=Person("officer", "Officer", phrase), demo=True
)
owner, officer = User.objects.get(username="owner"), User.objects.get(username="officer")
rule = {"roles": {"owner": 1, "compliance_officer": 1}, "validity_days": 365}
body = {
    "title": "Standard policy", "tier": "standard", "max_attempts": 1,
    "rules": {name: rule for name, kind in registry.KINDS.items() if kind.signed},
}
def asked(title):
    made = documents.document_submit(actor=owner, project=None, kind=policy.KIND, body=body | {"title": title})
    return made, signoff.request_open(actor=owner, documents=[made])
with connection.execute_wrapper(with_reason):
    signoff.reject(actor=officer, request=asked("First")[1], reason="Too vague: Mrs Example says so")
    signoff.revoke(actor=officer, document=asked("Second")[0], reason="Wrong tier", proof=Proof(phrase))

with connection.cursor() as cursor:
    for table in OLD:
        cursor.execute(f"SELECT reason FROM {table}")
        assert cursor.fetchall() == [("kept in the row",)], table
        try:
            with transaction.atomic():
                cursor.execute(f"UPDATE {table} SET reason = 'another'")
        except DatabaseError as refused:
            assert "insert-only" in str(refused), refused
        else:
            raise AssertionError(f"{table} is not insert-only here")
print(json.dumps(root_fingerprint()))
"""
AFTER = """
import json
from django.db import connection
from governance import triggers
from governance.models import Rejection, Revocation
from governance.selectors import reasons
told = [row.reason for model in (Rejection, Revocation) for row in reasons.tell(model.objects.all())]
columns = {
    table: [column.name for column in connection.introspection.get_table_description(connection.cursor(), table)]
    for table in ("governance_rejection", "governance_revocation")
}
print(json.dumps({"told": told, "columns": columns, "faults": triggers.faults()}))
"""


def test_reasons_of_before_leave_the_rows_and_are_told_by_their_openings(each_deployment: Deployment) -> None:
    deployment = each_deployment
    deployment.manage("migrate", "governance", "0013_calendar_feeds", "--verbosity", "0")
    fingerprint = run(deployment, "before", BEFORE)
    deployment.manage("migrate", "--verbosity", "0")
    found = run(deployment, "after", AFTER)
    assert found["told"] == ["Too vague: Mrs Example says so", "Wrong tier"]
    assert all("reason" not in columns for columns in found["columns"].values())
    assert found["faults"] == []
    done = deployment.manage("verify_ledger", "--root", str(fingerprint), "--hash-files", check=False)
    assert done.returncode == 0, done.stdout


def run(deployment: Deployment, name: str, text: str):
    program = start(deployment, name, script(deployment, name, text))
    assert program.process.wait(120) == 0, program.log.read_text()
    return json.loads(program.log.read_text().splitlines()[-1])
