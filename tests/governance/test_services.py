"""Nothing is changed without a leaf: a walk over every service, and every write that the database sees.

Two nets with different meshes. The first reads the source of every service module there is: a write must stand inside
`with mutation(...)`, or in a function that is handed an open mutation. The second watches the database itself while
the services work: a write to a governed table outside a mutation fails.
"""

import ast
import importlib
import pkgutil
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

import evals.services
import governance.services
import training.services
from governance import store
from governance.models import Attempt
from governance.selectors import audit_findings as findings_of
from governance.selectors import ledger
from governance.selectors.keys import keyring
from governance.services import (
    attachments,
    attempts,
    audit_findings,
    disposal,
    documents,
    jobs,
    keys,
    leaving,
    passkeys,
    people,
    permits,
    reports,
    signers,
    signoff,
)
from governance.services.reauthentication import Proof
from tests.governance import jobs as sample
from tests.governance import passkeys as hands
from tests.governance.cast import PASSWORD
from tests.governance.test_triggers import fill_ceremonies
from tests.support.watching import watched
from tests.training.observations import feeds

PACKAGES = (governance.services, evals.services, training.services)
ROWS = {
    "save",
    "create",
    "bulk_create",
    "bulk_update",
    "delete",
    "get_or_create",
    "update_or_create",
    "create_user",
    "insert",
}
# Sets, dictionaries and hashes have methods of these names as well; what they are called by is said in PLAIN.
SHARED = {"update", "add", "execute", "set", "remove", "clear", "_raw_delete"}
PLAIN = re.compile(r"^(seen|taken|nodes|self\.nodes|values|digest|sha256|md5|found|data|opened\.nodes|dvc)$")
# Writes that decide nothing, each with why no leaf is owed for it.
ALLOWED = {
    "governance.services.attempts.heartbeat": "lease, progress and log of a running attempt: told, never decided",
    "governance.services.attempts.keep_upload": "bytes delivered; what counts is the result that names them",
    "governance.services.checkpoints._signed": "a checkpoint is about the ledger; a leaf would call for another one",
    "governance.services.deliveries._write": "where a checkpoint went; a leaf would call for another one",
    "governance.services.disposal.carry_out": "bytes leave the disk once their entry is on the ledger",
    "governance.services.indexes._ledger": "derived from leaves",
    "governance.services.indexes._documents": "derived from documents",
    "governance.services.feeds.feed_end": "a calendar's address; it lets read what its owner may, and nothing else",
    "governance.services.feeds.feed_make": "a calendar's address; it lets read what its owner may, and nothing else",
    "governance.services.jobs.release_armed": "what an armed job still waits for, for display",
    "governance.services.ledger.append": "the ledger itself",
    "governance.services.notices._bind": "which letter carries a notice",
    "governance.services.notices._put_away": "that somebody read a notice",
    "governance.services.notices.choose": "how somebody wants to be told",
    "governance.services.notices.claim": "who sends a letter now",
    "governance.services.notices.failed": "that a letter did not leave",
    "governance.services.notices.forget": "notices tell, they decide nothing; old ones are deleted",
    "governance.services.notices.keep": "notices tell, they decide nothing",
    "governance.services.notices.sent": "that a letter left",
    "governance.services.second_factor._failed": "wrong codes counted, for the lockout",
    "governance.services.second_factor.verify_totp": "a code used up; what it was used for has its own leaf",
    "governance.services.passkey_sign_in.prove": "when a passkey was last used; the sign-in has its leaf",
    "governance.services.reading.note": "the access log; what auditors read has its leaf",
    "governance.services.reading.prune": "the access log at the end of its time",
    "governance.services.tokens.used": "when a token was last used, for its holder to see",
    "governance.services.sign_ins.seen": "that somebody is active, for the idle timeout",
    "governance.services.locked.rows": "the lock itself",
    "governance.services.locked.insert": "what mutations appended",
    "governance.services.locked.finish": "what mutations appended",
    "governance.services.locked.commit": "the end of a mutation",
    "governance.services.witnesses.cosignature_keep": "about a checkpoint, too; it proves itself by its signature",
    "governance.services.passkey_signing.prepare": "a statement that waits for a device: nothing is decided yet",
    "governance.services.passkey_signing.sweep": "what waited and is over: nothing rests on it",
    "governance.services.reauthentication.prepare": "the name of an act that waits for a device",
    "governance.services.passkeys.prepare": "a challenge: nothing is decided yet",
    "governance.services.reports.progressing": "what the worker does for a report, in words, gone once it is there",
    "governance.services.reports.failed": "that a report could not be typeset; it can be made after all",
    "governance.services.reports.again": "that the worker shall try once more what is asked for on the ledger",
}


def modules():
    for package in PACKAGES:
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(found.name)


class Finder(ast.NodeVisitor):
    """Collects (function, line, call) of every write that stands outside a mutation."""

    def __init__(self, module: str) -> None:
        self.module, self.function, self.open = module, "", False
        self.loose: list[tuple[str, int, str]] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        before = self.function, self.open
        handed = any(
            arg.annotation is not None and "Mutation" in ast.unparse(arg.annotation)
            for arg in [*node.args.args, *node.args.kwonlyargs]
        )
        self.function, self.open = f"{self.module}.{node.name}", handed
        self.generic_visit(node)
        self.function, self.open = before

    def visit_With(self, node: ast.With) -> None:
        before = self.open
        self.open = before or any(ast.unparse(item.context_expr).startswith("mutation(") for item in node.items)
        self.generic_visit(node)
        self.open = before

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and not self.open:
            verb, on = node.func.attr, ast.unparse(node.func.value)
            if verb in ROWS or (verb in SHARED and not PLAIN.match(on)):
                self.loose.append((self.function, node.lineno, f"{on}.{verb}"))
        self.generic_visit(node)


def loose() -> list[tuple[str, int, str]]:
    found = []
    for module in modules():
        assert module.__file__ is not None
        finder = Finder(module.__name__)
        finder.visit(ast.parse(Path(module.__file__).read_text(encoding="utf-8")))
        found += finder.loose
    return found


def test_every_write_of_every_service_stands_inside_a_mutation() -> None:
    strays = [f"{name}:{line} {call}" for name, line, call in loose() if name not in ALLOWED]
    assert strays == [], "write inside `with mutation(...)`, or say in ALLOWED why no leaf is owed"


def test_no_exception_outlives_its_reason() -> None:
    assert set(ALLOWED) == {name for name, _, _ in loose() if name in ALLOWED}


def test_the_finder_finds() -> None:
    finder = Finder("m")
    finder.visit(ast.parse("def change(*, actor):\n    Job.objects.filter(pk=1).update(state='x')\n"))
    finder.visit(
        ast.parse("def fine(m: Mutation):\n    job.save()\ndef too():\n    with mutation(actor=a):\n        j.save()\n")
    )
    assert finder.loose == [("m.change", 2, "Job.objects.filter(pk=1).update")]


def test_the_watch_watches(world, monkeypatch) -> None:
    with watched(monkeypatch), pytest.raises(AssertionError, match="outside a mutation"):
        world.project.save()


@pytest.mark.postgres
def test_every_write_the_database_sees_is_made_inside_a_mutation(world, monkeypatch) -> None:
    base = world.note("Base")
    with watched(monkeypatch):
        world.agree(base)
        user = world.enrol("newcomer", "engineer", world.project)
        people.role_revoke(actor=world.owner, grant_id=str(user.grants.get().pk))
        people.project_create(actor=world.owner, name="Another")
        draft = world.draft()
        draft = documents.draft_edit(actor=world.engineer_two, draft=draft, revision=1, body={"title": "More"})
        frozen = documents.draft_freeze(actor=world.engineer, draft=draft, revision=2)
        signoff.reject(actor=world.owner, request=world.ask(frozen), reason="No")
        signoff.withdraw(actor=world.engineer, request=world.ask(frozen))
        job = sample.done(world, monkeypatch, base)
        assert job.output is not None
        second = jobs.launch(actor=world.engineer, spec=frozen)
        issued = permits.issue(job=second)
        assert issued is not None
        lost = Attempt.objects.select_related("job__spec", "job__project").get(pk=issued[0].pk)
        assert attempts.end(attempt=lost, state=sample.EXPIRED, reason="unused", retry=False)
        third = jobs.launch(actor=world.engineer, spec=world.note("Third"))
        jobs.cancel(actor=world.engineer, job=third)
        report = reports.request(actor=world.auditor, subject=base)
        reports.sealed(report=report, file=store.put([b"%PDF"]))
        device = hands.usable(world.owner, by=world.officer)
        hands.sign(world.owner, device, world.ask(world.note("By passkey")), "owner")
        passkeys.revoke(actor=world.owner, passkey=hands.newest(world.owner), reason="lost")
        world.revoke(base)
        fill_ceremonies(world)
        attached = attachments.attach(
            actor=world.engineer, document=world.note("With a file"), name="file.txt", chunks=[b"text"]
        )
        leaving.person_leave(actor=world.owner, user=user, successor=None, proof=Proof(PASSWORD))
        listed: dict[str, Any] = {"openings": [attached.seq], "files": [attached.sha256], "people": [user.actor]}
        draft = disposal.draft(actor=world.owner_two, title="All", reason="Over", legal_basis="None", **listed)
        paper = documents.draft_freeze(actor=world.owner_two, draft=draft, revision=draft.revision)
        world.agree(paper, by=world.owner_two)
        assert disposal.carry_out(actor=world.owner, document=paper, proof=Proof(PASSWORD)) == 3
        old = keyring().in_use("log")
        keys.rotate(purpose="log")
        assert old is not None
        keys.declare_compromise(purpose="log", keyid=old.keyid, since=ledger.time_of(3), reason="Stolen")
        for _ in range(2):  # the second finds what the first recorded
            feeds.bring(world.owner, "litellm", feeds.table({"name": "m", "date": "2027-10-01"}))
        pinned = findings_of.record(world.auditor, base.digest)
        due = timezone.now() + timedelta(days=9)
        asked = {"record": pinned, "text": "Odd", "severity": "major", "owner": world.engineer, "due": due}
        raised = audit_findings.raise_finding(actor=world.auditor, **asked)
        found = findings_of.get(world.auditor, raised.pk)
        audit_findings.answer(actor=world.engineer, finding=found, text="Mended")
        audit_findings.hand_over(actor=world.engineer, finding=found, to=world.engineer_two)
        audit_findings.close(actor=world.auditor, finding=found, outcome="mended", text="Looked")
        signers.declare(actor=world.officer_two, proof=Proof(PASSWORD))
        leaving.person_leave(actor=world.owner, user=world.auditor, successor=None, proof=Proof(PASSWORD))
