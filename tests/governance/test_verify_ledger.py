"""What the database's owner changes after dropping the triggers, and where verification finds it."""

import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import Model
from django.test import override_settings

from governance import anchors, events, registry, store, triggers
from governance.errors import Refused
from governance.models import (
    Attempt,
    Document,
    Job,
    KeyringVersion,
    LedgerEntry,
    LedgerOpening,
    Project,
    Rejection,
    Report,
    RequestSubject,
    Revocation,
    RoleGrant,
    Series,
    Signature,
    SignoffRequest,
    User,
    Withdrawal,
)
from governance.proof.formats import keys
from governance.proof.formats.checkpoint import Checkpoint as TreeHead
from governance.proof.formats.checkpoint import sign_checkpoint
from governance.selectors import ledger
from governance.selectors.verification import verify
from governance.services import checkpoints, documents, people, reports, signoff
from governance.services.ledger import mutation
from governance.services.reauthentication import Proof
from tests.governance import jobs, tampering
from tests.governance.cast import NOTE, NOTE_KIND, PASSWORD, World
from tests.governance.cast import found as found_installation
from tests.support.database import own_database

UNKNOWN = "00000000-0000-4000-8000-000000000000"
Story = tuple[World, dict[str, Document]]


def tell(monkeypatch: pytest.MonkeyPatch) -> Story:
    """Do a bit of everything that leaves rows and leaves."""
    world = found_installation()
    file = store.put([b"some bytes"]).model_copy(update={"path": "file.txt"})
    body = {"title": "Base", "files": [file.model_dump()]}
    base = documents.document_submit(actor=world.engineer, project=world.project, kind=NOTE, body=body)
    world.agree(base)
    about = [{"role": "about", "digest": base.digest}]
    draft = documents.draft_create(
        actor=world.engineer, project=world.project, kind=NOTE, body={"title": "Draft"}, references=about
    )
    draft = documents.draft_edit(
        actor=world.engineer_two, draft=draft, revision=1, body={"title": "Joint"}, references=about
    )
    joint = documents.draft_freeze(actor=world.engineer, draft=draft, revision=2)
    signoff.reject(actor=world.owner, request=world.ask(joint), reason="Not yet")
    signoff.withdraw(actor=world.engineer, request=world.ask(joint))
    second = world.note("Base, mended", base=base)
    world.agree(second)
    world.revoke(second)
    granted = people.role_grant(
        actor=world.owner, user=world.stranger, role="auditor", project=None, proof=Proof(PASSWORD)
    )
    people.role_revoke(actor=world.owner, grant_id=str(granted.pk))
    with pytest.raises(Refused, match="separation of duties"):
        people.role_grant(actor=world.owner, user=world.owner, role="engineer", project=None, proof=Proof(PASSWORD))
    jobs.done(world, monkeypatch, base)
    report = reports.request(actor=world.auditor, subject=base)
    reports.sealed(report=report, file=store.put([b"%PDF sealed"]))
    checkpoints.checkpoint_make()
    return world, {"base": base, "joint": joint, "second": second}


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[tuple[Path, Story]]:
    """The story, told once in a database of its own; its state folder."""
    folder = tmp_path_factory.mktemp("story")
    state = folder / "var"
    state.mkdir()
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        override_settings(COUNTERSIGN_VAR=state, COUNTERSIGN_KEYS=state / "keys"),
        django_db_blocker.unblock(),
        own_database(folder),
    ):
        monkeypatch.setitem(registry.KINDS, NOTE, NOTE_KIND)
        yield state, tell(monkeypatch)


@pytest.fixture
def story(told, settings, tmp_path: Path) -> Iterator[Story]:
    """The story for this test to spoil: rows are rolled back, files are a copy."""
    state, story = told
    settings.COUNTERSIGN_VAR = tmp_path / "var"
    shutil.copytree(state, settings.COUNTERSIGN_VAR)
    outer = transaction.atomic()
    outer._from_testcase = True  # type: ignore[attr-defined]  # as Django's own TestCase says it
    with outer:
        yield story
        transaction.set_rollback(True)


def found() -> dict[str, list[str]]:
    """Return the problems by check, with the checkpoints in the folder as the command has them."""
    outcome = verify(checkpoints=anchors.home().glob("*"))
    return {check.name: [str(problem) for problem in check.problems] for check in outcome.checks if not check.holds}


def only(check: str, *words: str) -> None:
    """Assert that this check, and at least it, names every word in one of its problems."""
    problems = found()
    assert check in problems, problems
    assert any(all(word in problem for word in words) for problem in problems[check]), problems[check]


def entry_of(event: str) -> int:
    return next(leaf.seq for leaf in reversed(tampering.leaves()) if leaf.event == event)


def test_an_untouched_installation_holds(story: Story) -> None:
    world, _ = story
    assert found() == {}
    outcome = verify(fingerprint=world.fingerprint, hash_files=True)
    assert outcome.code == 0
    assert outcome.size == ledger.size()
    assert outcome.root == ledger.root(outcome.size).hex()
    assert {check.name for check in outcome.checks if not check.looked_at} == set()


# Each: what the owner does, the check that must find it, words of the place.
Act = Callable[[dict[str, Document]], object]
run = tampering.run


def _flip_leaf(_: object) -> None:
    leaf = bytearray(LedgerEntry.objects.get(seq=7).leaf)
    leaf[20] ^= 1
    run("UPDATE governance_ledgerentry SET leaf = %s WHERE seq = 7", bytes(leaf))


def _flip_node(_: object) -> None:
    nodes = bytearray(LedgerEntry.objects.get(seq=7).nodes)
    nodes[3] ^= 1
    run("UPDATE governance_ledgerentry SET nodes = %s WHERE seq = 7", bytes(nodes))


def _drop_last(_: object) -> None:
    last = ledger.size() - 3
    for table, column in (("ledgerevent", "entry_id"), ("ledgersubject", "entry_id"), ("ledgeropening", "entry_id")):
        run(f"DELETE FROM governance_{table} WHERE {column} >= %s", last)
    run("DELETE FROM governance_report WHERE seq >= %s OR seq IS NULL", last)
    run("DELETE FROM governance_ledgerentry WHERE seq >= %s", last)


def _drop_middle(_: object) -> None:
    run("DELETE FROM governance_ledgerentry WHERE seq = 9")


def _renumber(_: object) -> None:
    run("DELETE FROM governance_ledgerentry WHERE seq = 9")
    if connection.vendor == "postgresql":
        run("ALTER TABLE governance_ledgerentry DISABLE TRIGGER USER")
    for seq in range(10, ledger.size()):
        run("UPDATE governance_ledgerentry SET seq = %s WHERE seq = %s", seq - 1, seq)


def _swap(_: object) -> None:
    rows = LedgerEntry.objects.in_bulk([11, 12])
    for seq, row in ((11, rows[12]), (12, rows[11])):
        run(
            "UPDATE governance_ledgerentry SET leaf = %s, leaf_hash = %s WHERE seq = %s",
            bytes(row.leaf),
            bytes(row.leaf_hash),
            seq,
        )


def _rewrite_suffix(_: object) -> None:
    start = 15
    changed = [leaf.model_copy(update={"actor": "somebody-else"}).to_bytes() for leaf in tampering.leaves(start)]
    tampering.rewrite(changed, start)


def _edit_document(papers: dict[str, Document]) -> None:
    content = bytes(papers["base"].content).replace(b'"Base"', b'"Case"')
    run("UPDATE governance_document SET content = %s WHERE digest = %s", content, papers["base"].digest)


def _other_opening(_: object) -> None:
    row = LedgerOpening.objects.get(entry=entry_of(events.REQUEST_REJECTED))
    run("UPDATE governance_ledgeropening SET private = %s WHERE entry_id = %s", '{"reason": "All well"}', row.pk)


def _swap_openings(_: object) -> None:
    first, second = LedgerOpening.objects.order_by("pk")[:2]
    for row, other in ((first, second), (second, first)):
        text = json.dumps(other.private)
        run("UPDATE governance_ledgeropening SET private = %s WHERE entry_id = %s", text, row.pk)


def _forge_signature(papers: dict[str, Document]) -> None:
    seen = Signature.objects.order_by("seq").first()
    assert seen is not None
    content = bytes(seen.statement).replace(b'"sig":"', b'"sig":"0')
    run("UPDATE governance_signature SET statement = %s WHERE seq = %s", content, seen.seq)


def _contributor_dropped(papers: dict[str, Document]) -> None:
    """As if the draft's second author had been struck off before freezing."""
    run("UPDATE governance_draft SET frozen_id = %s WHERE title = 'Joint'", papers["second"].digest)


def _unknown_project(_: object) -> None:
    Project.objects.create(name="Shadow", slug="shadow")


def _superuser(_: object) -> None:
    User.objects.create_superuser("root", password=PASSWORD, printed_name="Root", ledger_id=UNKNOWN)


def _other_person(_: object) -> None:
    """As if somebody else had signed all that: the account keeps its name and gets another identity."""
    User.objects.filter(username="owner").update(ledger_id=UNKNOWN)


def _extra_series(_: object) -> None:
    Series.objects.create(kind="test.note", title="Nothing")


def _keyring(_: object) -> None:
    envelope = bytes(KeyringVersion.objects.get(number=1).envelope).replace(b'"keyid":"', b'"keyid":"0', 1)
    run("UPDATE governance_keyringversion SET envelope = %s", envelope)


def _plain(statement: str, *values: object) -> Act:
    return lambda _: run(statement, *values)


def _of(model: type[Model], statement: str) -> Act:
    """Run the statement on the newest row of a model that has a `seq`."""
    return lambda _: run(statement, model._default_manager.order_by("-seq").values_list("seq", flat=True)[0])


ACTS: dict[str, tuple[Act, str, tuple[str, ...]]] = {
    "a leaf's byte flipped": (_flip_leaf, "tree", ("entry 7", "altered")),
    "an interior hash flipped": (_flip_node, "tree", ("entry 7", "interior")),
    "the last rows dropped": (_drop_last, "checkpoints", ("cut off",)),
    "one row dropped": (_drop_middle, "tree", ("entry 9", "missing")),
    "a row dropped and the rest renumbered": (_renumber, "tree", ("entry 9", "it is entry 10")),
    "two rows swapped": (_swap, "tree", ("entry 11", "it is entry 12")),
    "a suffix rewritten with every hash anew": (_rewrite_suffix, "checkpoints", ("rewritten",)),
    "a root replaced": (
        _plain("UPDATE governance_ledgerentry SET root = leaf_hash WHERE seq = 8"),
        "tree",
        ("entry 8", "root"),
    ),
    "a signature deleted": (
        _of(Signature, "DELETE FROM governance_signature WHERE seq = %s"),
        "sign-offs",
        ("entry", "no signature row"),
    ),
    "a signature's time moved": (
        _of(Signature, "UPDATE governance_signature SET at = '2040-01-01 00:00:00+00:00' WHERE seq = %s"),
        "sign-offs",
        ("signature", "at: found"),
    ),
    "a signature's envelope forged": (_forge_signature, "sign-offs", ("signature", "does not verify")),
    "a signature given to another role": (
        _of(Signature, "UPDATE governance_signature SET role = 'engineer' WHERE seq = %s"),
        "sign-offs",
        ("signature", "role"),
    ),
    "a revocation deleted": (
        _of(Revocation, "DELETE FROM governance_revocation WHERE seq = %s"),
        "sign-offs",
        ("no revocation row",),
    ),
    "a rejection deleted": (
        _of(Rejection, "DELETE FROM governance_rejection WHERE seq = %s"),
        "sign-offs",
        ("no rejection row",),
    ),
    "a withdrawal deleted": (
        _of(Withdrawal, "DELETE FROM governance_withdrawal WHERE seq = %s"),
        "sign-offs",
        ("no withdrawal row",),
    ),
    "a request given another policy": (
        _of(SignoffRequest, "UPDATE governance_signoffrequest SET policy_id = NULL WHERE seq = %s"),
        "sign-offs",
        ("request", "policy"),
    ),
    "a document slipped into a request": (
        lambda papers: RequestSubject(request=SignoffRequest.objects.latest("seq"), document=papers["joint"]).save(),
        "sign-offs",
        ("request", "documents"),
    ),
    "a role grant deleted": (
        _plain("DELETE FROM governance_rolegrant WHERE seq = (SELECT MIN(seq) FROM governance_rolegrant)"),
        "people",
        ("entry", "no role grant row"),
    ),
    "a role grant raised": (
        _plain("UPDATE governance_rolegrant SET role = 'owner' WHERE role = 'engineer'"),
        "people",
        ("role grant", "'owner'", "'engineer'"),
    ),
    "a role revocation deleted": (
        _plain("DELETE FROM governance_rolerevocation"),
        "people",
        ("no role revocation row",),
    ),
    "a project made by hand": (_unknown_project, "people", ("project", "never created")),
    "an account made by hand": (_superuser, "people", (f"person {UNKNOWN}", "never enrolled", "createsuperuser")),
    "an account given another identity": (_other_person, "people", (f"person {UNKNOWN}", "never enrolled")),
    "a document edited": (_edit_document, "documents", ("document sha256:", "altered")),
    "a document given another kind": (
        _plain("UPDATE governance_document SET kind = 'governance.policy' WHERE title = 'Base'"),
        "documents",
        ("kind",),
    ),
    "a document's title changed": (
        _plain("UPDATE governance_document SET title = 'Harmless' WHERE title = 'Base'"),
        "documents",
        ("title", "Harmless"),
    ),
    "a document dropped": (
        _plain("DELETE FROM governance_document WHERE title = 'Joint'"),
        "documents",
        ("no document row",),
    ),
    "a contributor left out": (_contributor_dropped, "documents", ("wrote its draft",)),
    "a reference's index row deleted": (
        _plain("DELETE FROM governance_reference"),
        "document index",
        ("references of document",),
    ),
    "a series renamed": (
        _plain("UPDATE governance_series SET title = 'Other' WHERE title = 'Joint'"),
        "document index",
        ("series", "Other"),
    ),
    "a series without documents": (_extra_series, "document index", ("series", "no document")),
    "an event's index row changed": (
        _plain("UPDATE governance_ledgerevent SET actor = 'nobody' WHERE entry_id = 5"),
        "ledger index",
        ("entry 5", "nobody"),
    ),
    "an event's index row deleted": (
        _plain("DELETE FROM governance_ledgerevent WHERE entry_id = 5"),
        "ledger index",
        ("entry 5",),
    ),
    "a subject's index row deleted": (
        _plain("DELETE FROM governance_ledgersubject WHERE entry_id = 5"),
        "ledger index",
        ("entry 5",),
    ),
    "an opening's text changed": (_other_opening, "private parts", ("opening of entry",)),
    "two openings swapped": (_swap_openings, "private parts", ("opening of entry",)),
    "the keyring altered": (_keyring, "keyrings", ("keyring",)),
    "a job's state set": (
        _plain("UPDATE governance_job SET state = 'failed'"),
        "jobs",
        ("job", "failed"),
    ),
    "a job's output exchanged": (
        lambda papers: run("UPDATE governance_job SET output_id = %s", papers["joint"].digest),
        "jobs",
        ("job", "end"),
    ),
    "a job deleted": (
        lambda _: [run(f"DELETE FROM governance_{t}") for t in ("upload", "attempt", "job")],
        "jobs",
        ("no job row",),
    ),
    "an attempt's permit exchanged": (
        _plain("UPDATE governance_attempt SET permit = receipt"),
        "permits",
        ("attempt", "permit"),
    ),
    "an attempt reopened": (
        _plain("UPDATE governance_attempt SET state = 'submitted'"),
        "permits",
        ("attempt", "submitted"),
    ),
    "a result changed": (
        _plain("""UPDATE governance_attempt SET result = '{"body": {}, "files": []}'"""),
        "permits",
        ("result",),
    ),
    "a consumption undone": (
        _plain("UPDATE governance_attempt SET consumed_seq = NULL"),
        "permits",
        ("consumed",),
    ),
    "a report's digest changed": (
        lambda _: run("UPDATE governance_report SET file_sha256 = %s", store.put([b"other"]).sha256),
        "reports",
        ("report", "file"),
    ),
    "a report deleted": (_plain("DELETE FROM governance_report"), "reports", ("report",)),
    "a checkpoint row changed": (
        _plain("UPDATE governance_checkpoint SET root = 'sha256:00'"),
        "checkpoints",
        ("checkpoint of size",),
    ),
}


@pytest.mark.postgres
@pytest.mark.parametrize("act", ACTS)
def test_what_the_owner_changes_is_found_and_placed(story: Story, act: str) -> None:
    change, check, words = ACTS[act]
    with Unchecked(), tampering.owner():
        change(story[1])
    only(check, *words)
    assert "triggers" not in found()


class Unchecked:
    """Without foreign keys, as the owner of a database can have it: SQLite and PostgreSQL defer them to the commit."""

    def __enter__(self) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET session_replication_role = replica")

    def __exit__(self, *_: object) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET session_replication_role = DEFAULT")


def test_a_lost_file_and_an_altered_one(story: Story) -> None:
    entry = registry.KINDS["test.note"].files({"files": [store.put([b"some bytes"]).model_dump(exclude_none=True)]})[0]
    path = store.path_of(entry.sha256)
    path.chmod(0o600)
    path.write_bytes(b"SOME bytes")
    assert found() == {}  # same size: only hashing tells
    hashed = {check.name: check.problems for check in verify(hash_files=True).checks if not check.holds}
    assert "file.txt" in str(hashed["files"][0])
    path.unlink()
    only("files", "file.txt", "nothing")


def test_missing_triggers_are_named(story: Story) -> None:
    tampering.drop_triggers()
    problems = found()["triggers"]
    assert len(problems) >= 2 * len(triggers.insert_only_tables())
    assert all("missing" in problem for problem in problems)


def test_only_a_checkpoint_kept_elsewhere_shows_a_ledger_rewritten_together_with_its_checkpoints(
    story: Story, tmp_path: Path
) -> None:
    """The limit the design states: with everything on this machine rewritten, only what left it can tell."""
    kept = tmp_path / "kept.checkpoint"
    kept.write_text(checkpoints.checkpoint_make().note)
    with tampering.owner():
        run("DELETE FROM governance_checkpoint")
        _drop_last({})
    for file in anchors.home().glob("*"):
        file.unlink()
    problems = found()
    assert "checkpoints" not in problems
    outcome = verify(checkpoints=[kept])
    heads = next(check for check in outcome.checks if check.name == "checkpoints")
    assert "cut off" in str(heads.problems[0])


def test_a_checkpoint_by_another_key_counts_for_nothing(story: Story, tmp_path: Path) -> None:
    private, _ = keys.generate("ed25519")
    origin = checkpoints.checkpoint_make().note.splitlines()[0]
    forged = tmp_path / "forged.checkpoint"
    size = ledger.size()
    forged.write_text(sign_checkpoint(TreeHead(origin, size, ledger.root(size)), origin, keys.signer_from_pem(private)))
    outcome = verify(checkpoints=[forged])
    assert outcome.code == 1
    assert any("log key did not sign" in str(p) for check in outcome.checks for p in check.problems)


def test_another_root_key_is_found_by_the_published_fingerprint(story: Story) -> None:
    outcome = verify(fingerprint="sha256:" + "0" * 64)
    assert outcome.code == 1
    assert "expected the published" in str(next(c for c in outcome.checks if c.name == "keyrings").problems[0])


def test_rows_that_claim_entries_beyond_the_end_are_forged(story: Story) -> None:
    RoleGrant(user=story[0].stranger, role="owner", project=None, seq=ledger.size() + 5).save()
    only("people", "role grant", "ends before it")


def test_a_row_that_claims_somebody_elses_entry_is_forged(story: Story) -> None:
    taken = entry_of(events.DRAFT_EDITED)
    RoleGrant(user=story[0].stranger, role="owner", project=None, seq=taken).save()
    only("people", "role grant", f"entry {taken}", "something else")


def test_an_opening_that_no_disposal_erased_is_missing(story: Story) -> None:
    seq = entry_of(events.REQUEST_REJECTED)
    LedgerOpening.objects.get(entry=seq).delete()
    only("private parts", f"opening of entry {seq}", "no signed disposal erased it")


def test_time_that_runs_backwards_is_found(story: Story) -> None:
    with tampering.owner():
        last = tampering.leaves(ledger.size() - 1)[0]
        tampering.rewrite([last.model_copy(update={"time": "2020-01-01T00:00:00.000000Z"}).to_bytes()], last.seq)
    only("tree", f"entry {last.seq}", "before the entry before it")


def test_an_event_nobody_writes_is_found(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(events.SCHEMAS, "something:made:up", events.SCHEMAS[events.PERSON_ENROLLED])
    with mutation(actor=None, action="test") as m:
        m.append("something:made:up")
    only("tree", "something:made:up")


def command(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("verify_ledger", *arguments, stdout=out, stderr=err)
    assert isinstance(left.value.code, int)
    return left.value.code, out.getvalue(), err.getvalue()


def test_the_command_says_so_by_its_exit_code(story: Story, monkeypatch) -> None:
    world, _ = story
    code, out, _ = command("--root", world.fingerprint)
    assert code == 0
    assert "DOES NOT HOLD" not in out
    assert ledger.root(ledger.size()).hex() in out
    code, out, _ = command("--json")
    assert (code, json.loads(out)["code"], json.loads(out)["size"]) == (0, 0, ledger.size())
    code, _, err = command("--checkpoint", "/no/such/file")
    assert code == 2
    assert "no checkpoint at" in err
    with tampering.owner():
        _flip_leaf({})
    code, out, _ = command()
    assert code == 1
    assert "entry 7: the leaf's bytes were altered" in out
    code, out, _ = command("--json")
    tree = next(check for check in json.loads(out)["checks"] if check["name"] == "tree")
    assert (code, tree["problems"][0]["place"]) == (1, "entry 7")

    def unreachable(**_: object) -> None:
        raise DatabaseError("no connection")

    monkeypatch.setattr("governance.management.commands.verify_ledger.verify", unreachable)
    code, out, err = command("--json")
    assert (code, json.loads(out)["code"]) == (2, 2)
    assert "no connection" in err


def test_progress_is_told_chunk_by_chunk(story: Story, monkeypatch) -> None:
    monkeypatch.setattr("governance.selectors.verification.chunk.CHUNK", 10)
    told: list[tuple[int, int]] = []
    outcome = verify(progress=lambda done, size: told.append((done, size)))
    assert outcome.code == 0
    assert told[0] == (10, ledger.size())
    assert told[-1] == (ledger.size(), ledger.size())


def test_passwords_and_people_are_not_on_the_ledger(story: Story) -> None:
    everything = b"".join(bytes(leaf) for leaf in LedgerEntry.objects.values_list("leaf", flat=True))
    for secret in (PASSWORD, "Engineer", "Owner", "owner_two", "It was wrong", "Not yet"):
        assert secret.encode() not in everything


def test_jobs_and_reports_are_part_of_the_story(story: Story) -> None:
    reports = Report.objects.exclude(kind="receipt")
    assert (Job.objects.count(), Attempt.objects.count(), reports.count()) == (1, 1, 1)
