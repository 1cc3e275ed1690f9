"""Insert-only tables, attacked by SQL on both databases."""

import sqlite3
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from governance import events, triggers
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.models import (
    Attempt,
    Candidate,
    CandidateWithdrawn,
    Condition,
    Exchange,
    ExchangeAnswer,
    ExchangeGrade,
    GradingClosed,
    GradingRound,
    HumanGrade,
    Job,
    LedgerEntry,
    RoleGrant,
)
from governance.models.base import InsertOnlyError
from governance.proof.formats import merkle
from governance.proof.formats.cosignature import Cosigner, generate_key
from governance.selectors import audit_findings as audited
from governance.selectors import candidates, gradings, ledger
from governance.selectors.witnesses import head_of
from governance.services import (
    attachments,
    audit_findings,
    checkpoints,
    comments,
    conditions,
    delegation,
    deliveries,
    identities,
    passkeys,
    people,
    reviews,
    signers,
    signing,
    signoff,
    witnesses,
)
from governance.services.ledger import mutation
from governance.services.reauthentication import Proof
from governance.witnesses import Witness
from tests.governance import passkeys as hands
from tests.governance import tampering
from tests.governance.cast import PASSWORD, REASON

pytestmark = pytest.mark.postgres
WITNESS = Cosigner.from_pem("witness.test", generate_key())
TABLES = triggers.insert_only_tables()
assert len(TABLES) > 20  # or what goes through all of them goes through nothing


def refused(statement: str, *values: object) -> str:
    """Run a statement that must fail and return what the database said."""
    with pytest.raises(DatabaseError) as problem, transaction.atomic():
        tampering.run(statement, *values)
    return str(problem.value)


def column(table: str) -> str:
    with connection.cursor() as cursor:
        return str(connection.introspection.get_table_description(cursor, table)[0].name)


# Tables of governance whose rows may change, each with why nothing rests on them alone.
CHANGEABLE = {
    "calendarfeed": "the address of somebody's calendar",
    "accessrecord": "who read what; kept for a while",
    "apitoken": "a token; its making and end are on the ledger",
    "notice": "mail and bell: they tell, and decide nothing",
    "noticechoice": "how somebody wants to be told",
    "attempt": "a state machine whose moves are on the ledger",
    "codememory": "which one-time code was used last",
    "preparedenrolment": "challenges that wait for a device, used once",
    "preparedproof": "the name of an act that waits for a device, used once",
    "preparedsignature": "statements that wait for a device, used once",
    "device": "browsers somebody signed in from",
    "draft": "the only mutable stage of a document",
    "draft_contributors": "who edited a draft; only ever added to by the services, and frozen into the envelope",
    "job": "a state machine whose moves are on the ledger",
    "ledgerevent": "index over the leaves",
    "ledgeropening": "private parts, which can be erased",
    "ledgersubject": "index over the leaves",
    "organisation": "the name of the installation",
    "project": "a name; its creation is on the ledger",
    "reference": "index over the documents",
    "report": "a request that the worker answers; the file is on the ledger",
    "series": "index over the documents",
    "signin": "sessions; their opening and end are on the ledger",
    "upload": "bytes that an attempt delivered",
    "user": "an account; what it may do is told by grants on the ledger",
    "user_groups": "Django's own, unused",
    "user_user_permissions": "Django's own, unused",
}


def test_every_table_that_decides_is_insert_only() -> None:
    models = apps.get_app_config("governance").get_models(include_auto_created=True)
    tables = {model._meta.db_table.removeprefix("governance_") for model in models}
    assert tables - {table.removeprefix("governance_") for table in TABLES} == set(CHANGEABLE)


def fill(world) -> None:
    """Leave a row in every insert-only table, each told by the ledger; `fill_exchanges` has those of sessions."""
    note = world.note()
    world.agree(note)
    world.revoke(note)
    signoff.reject(actor=world.owner, request=world.ask(world.note("Other")), reason="No")
    signoff.withdraw(actor=world.engineer, request=world.ask(world.note("Third")))
    granted = people.role_grant(
        actor=world.owner, user=world.auditor, role="engineer", project=None, proof=Proof(PASSWORD)
    )
    people.role_revoke(actor=world.owner, grant_id=str(granted.pk))
    attachments.attach(actor=world.engineer, document=world.note("With a file"), name="file.txt", chunks=[b"text"])
    checkpoint = checkpoints.checkpoint_make()
    witness = Witness(WITNESS.key, "http://127.0.0.1")
    head = head_of(checkpoint)
    witnesses.cosignature_keep(witness=witness, checkpoint=checkpoint, line=WITNESS.cosign(head, 1))
    witnesses.contradiction_record(witness=witness, head=head, note=checkpoint.note)
    deliveries.failed(target="nowhere", checkpoint=checkpoint, detail="it was away")
    audit_findings.raise_finding(
        actor=world.auditor, record=audited.record(world.auditor, note.digest), text="Odd", severity="minor",
        owner=world.engineer, due=timezone.now() + timedelta(days=9),
    )  # fmt: skip
    fill_ceremonies(world)
    fill_passkeys(world)
    fill_gradings(world)
    fill_candidates(world)
    type(world.owner).objects.filter(pk=world.owner.pk).update(email="owner@example.org")
    identities.resolve(issuer="https://sso.example", subject="1", email="owner@example.org", verified=True)
    identities.unlink(actor=world.owner_two, user=world.owner, proof=Proof(PASSWORD))


def fill_exchanges(world) -> None:
    """Leave rows of a session that no ledger tells of: one that it tells of needs a model that answers."""
    now, by, spec = timezone.now(), world.engineer, world.note("Nothing to talk to")
    moments = {"created_at": now, "changed_at": now}
    job = Job.objects.create(
        purpose="converse", project=world.project, spec=spec, requested_by=by, state="failed", seq=10**6, **moments
    )
    attempt = Attempt.objects.create(
        job=job, number=1, state="failed", permit=b"{}", permit_digest="sha256:" + "0" * 64, permit_seq=10**6,
        expires_at=now, **moments,
    )  # fmt: skip
    said = {"sha256": "sha256:" + "0" * 64, "at": now}
    exchange = Exchange.objects.create(job=job, number=1, by=by, seq=10**6, **said)
    ExchangeAnswer.objects.create(exchange=exchange, attempt=attempt, seq=10**6, **said)
    ExchangeGrade.objects.create(exchange=exchange, severity="none", by=by, at=now, seq=10**6)


def fill_ceremonies(world) -> None:
    note, now = world.note("Under conditions"), timezone.now()
    due = now + timedelta(days=9)
    task = signing.condition(kind="task", text="Do it", owner=world.engineer, due=due)
    request = world.ask(note)
    said = {"role": OWNER, "password": PASSWORD, **REASON}
    signing.sign(actor=world.owner, request=request, conditions=[task], **said)
    world.sign(request, world.officer, COMPLIANCE_OFFICER)
    row = Condition.objects.get(pk=task.id)
    conditions.hand_over(actor=world.engineer, condition=row, to=world.engineer_two)
    conditions.meet(actor=world.owner_two, condition=row, evidence="Seen", proof=Proof(PASSWORD))
    given = delegation.give(
        actor=world.officer,
        to=world.officer_two,
        role=COMPLIANCE_OFFICER,
        project=None,
        starts_at=now,
        ends_at=due,
        reason="Leave",
        proof=Proof(PASSWORD),
    )
    delegation.end(actor=world.officer, delegation=given)
    review = reviews.open_review(actor=world.owner, document=note, trigger="drift", due=due, reason="Drift")
    reviews.close(actor=world.officer, review=review, finding="None", proof=Proof(PASSWORD))
    comments.comment_make(actor=world.engineer, document=note, kind="comment", text="So")


def fill_gradings(world) -> None:
    round_ = GradingRound(project=world.project, seed="0" * 64, body={"title": "Grading"}, by=world.officer)
    with mutation(actor=world.officer, action="project.view", project=world.project) as m:
        round_.at = m.time
        round_.seq = m.append(events.GRADING_OPENED, data=gradings.opening(round_) | {"items": 1})
        round_.save()
        grade = HumanGrade(round=round_, item="sha256:" + "0" * 64, adjudicates=False, number=1, scores=[1])
        grade.by, grade.at = world.officer, m.time
        grade.seq = m.append(events.GRADE_GIVEN, data=gradings.grade(grade))
        grade.save()
        end = GradingClosed(round=round_, document=world.policy, by=world.officer, at=m.time)
        end.seq = m.append(events.GRADING_CLOSED, data=gradings.closing(end))
        end.save()


def fill_candidates(world) -> None:
    digest = "sha256:" + "0" * 64
    with mutation(actor=world.engineer, action="project.view", project=world.project) as m:
        row = Candidate(result=world.policy, use="case", sha256=digest, by=world.engineer, at=m.time)
        row.seq = m.append(events.CANDIDATE_MARKED, data=candidates.marking(row))
        row.save()
        end = CandidateWithdrawn(candidate=row, by=world.engineer, at=m.time)
        end.seq = m.append(events.CANDIDATE_WITHDRAWN, data=candidates.withdrawing(end))
        end.save()


def fill_passkeys(world) -> None:
    device = hands.usable(world.owner, by=world.officer)
    hands.sign(world.owner, device, world.ask(world.note("By passkey")), OWNER)
    passkeys.revoke(actor=world.owner, passkey=hands.newest(world.owner), reason="lost")
    signers.identify(actor=world.owner, user=world.engineer, how="Passport seen", proof=Proof(PASSWORD))


def test_update_delete_truncate_and_replace_are_refused_everywhere(world) -> None:
    fill(world)
    fill_exchanges(world)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # no deferred check may hide what the triggers say
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in TABLES:
        name = column(table)
        assert "insert-only" in refused(f"UPDATE {table} SET {name} = {name}"), table
        assert "insert-only" in refused(f"DELETE FROM {table}"), table
        if connection.vendor == "postgresql":
            assert "insert-only" in refused(f"TRUNCATE {table} CASCADE"), table
            continue
        word = "grows by one" if table == triggers.LEDGER else "insert-only"
        assert word in refused(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1"), table
        assert word in refused(f"REPLACE INTO {table} SELECT * FROM {table} LIMIT 1"), table
        assert "insert-only" in refused(f"UPDATE OR REPLACE {table} SET {name} = {name}"), table


def test_replacing_by_another_unique_column_is_refused_too(world) -> None:
    """A new primary key with the seq of another row would push that row out."""
    if connection.vendor == "postgresql":
        assert "insert-only" in refused(
            "INSERT INTO governance_rolegrant SELECT * FROM governance_rolegrant "
            "ON CONFLICT (seq) DO UPDATE SET role = ''"
        )
        return
    tampering.run("PRAGMA recursive_triggers = OFF")  # as any client but ours has it
    grant = RoleGrant.objects.latest("seq")
    try:
        said = refused(
            "INSERT OR REPLACE INTO governance_rolegrant (id, user_id, role, project_id, seq) "
            "VALUES (%s, %s, %s, %s, %s)",
            "0" * 32,
            grant.user_id,
            "owner",
            None,
            grant.seq,
        )
    finally:
        tampering.run("PRAGMA recursive_triggers = ON")
    assert "no replace" in said
    assert RoleGrant.objects.get(seq=grant.seq).role == grant.role


def entry(seq: int, leaf: bytes = b"{}", digest: bytes | None = None) -> tuple[object, ...]:
    return seq, leaf, digest or merkle.leaf_hash(leaf), b"", b"\0" * 32


INSERT = "INSERT INTO governance_ledgerentry (seq, leaf, leaf_hash, nodes, root) VALUES (%s, %s, %s, %s, %s)"


@pytest.mark.parametrize("offset", [-1, 1, 1000])
def test_the_ledger_grows_only_at_its_end(world, offset) -> None:
    assert "grows by one entry" in refused(INSERT, *entry(ledger.size() + offset))


def test_no_gap_at_the_beginning_either(db) -> None:
    assert "grows by one entry" in refused(INSERT, *entry(1))
    tampering.run(INSERT, *entry(0))
    assert LedgerEntry.objects.count() == 1


def test_several_rows_in_one_statement_keep_the_order(db) -> None:
    values = "(%s, %s, %s, %s, %s)"
    statement = f"{INSERT}, {values}"
    assert "grows by one entry" in refused(statement, *entry(0), *entry(2))
    assert LedgerEntry.objects.count() == 0
    tampering.run(statement, *entry(0), *entry(1))
    assert ledger.size() == 2


def test_postgresql_checks_the_leaf_hash(db) -> None:
    if connection.vendor == "sqlite":
        assert not hasattr(sqlite3, "sha256")  # SQLite has no SHA-256; verify_ledger finds what this would have refused
        return
    assert "not the hash of the leaf" in refused(INSERT, *entry(0, digest=b"\0" * 32))


def test_postgresql_triggers_hold_for_replication_and_copy(world) -> None:
    if connection.vendor == "sqlite":
        return
    tampering.run("SET session_replication_role = replica")
    assert "insert-only" in refused("DELETE FROM governance_signature")
    tampering.run("SET session_replication_role = DEFAULT")


def test_the_models_say_the_same_before_the_database_has_to(world) -> None:
    grant = RoleGrant.objects.latest("seq")
    with pytest.raises(InsertOnlyError):
        grant.delete()
    grant.role = "owner"
    with pytest.raises(InsertOnlyError):
        grant.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        RoleGrant.objects.filter(pk=grant.pk).update(role="owner")
    with pytest.raises(DatabaseError), transaction.atomic():
        RoleGrant.objects.filter(pk=grant.pk)._raw_delete("default")


def test_a_missing_trigger_is_named_and_laid_again(db) -> None:
    assert triggers.faults() == []
    with transaction.atomic():
        tampering.drop_triggers()
        assert len(triggers.faults()) >= 2 * len(TABLES)
        assert any("governance_signature" in fault for fault in triggers.faults())
        triggers.install()
    assert triggers.faults() == []
    triggers.install()
    assert triggers.faults() == []


def test_a_trigger_that_does_something_else_is_named(db) -> None:
    name = "countersign_governance_signature_" + ("row" if connection.vendor == "postgresql" else "delete")
    if connection.vendor == "postgresql":
        tampering.run(
            "CREATE FUNCTION idle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN COALESCE(NEW, OLD); END $$"
        )
        tampering.run(f"DROP TRIGGER {name} ON governance_signature")
        tampering.run(
            f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON governance_signature "
            "FOR EACH ROW EXECUTE FUNCTION idle()"
        )
        tampering.run(f"ALTER TABLE governance_signature ENABLE ALWAYS TRIGGER {name}")
    else:
        tampering.run(f"DROP TRIGGER {name}")
        tampering.run(f"CREATE TRIGGER {name} BEFORE DELETE ON governance_signature BEGIN SELECT 1; END")
    assert triggers.faults() == [f"trigger {name} is not the one expected"]
    triggers.install()
    assert triggers.faults() == []


def test_a_function_that_lets_everything_pass_or_a_trigger_put_to_sleep_is_named(db) -> None:
    if connection.vendor == "sqlite":
        tampering.run("DROP TRIGGER countersign_governance_ledgerentry_insert")
        assert triggers.faults() == ["trigger countersign_governance_ledgerentry_insert is missing"]
        triggers.install()
        return
    tampering.run(
        "CREATE OR REPLACE FUNCTION countersign_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN COALESCE(NEW, OLD); END $$"
    )
    assert triggers.faults() == ["function countersign_refuse is not the one expected"]
    triggers.install()
    tampering.run("ALTER TABLE governance_signature DISABLE TRIGGER countersign_governance_signature_row")
    assert triggers.faults() == ["trigger countersign_governance_signature_row is not always enabled"]
    triggers.install()
    assert triggers.faults() == []
