"""A ledger of a million entries: building a proof, verifying all of it, and one document with a thousand decisions.

Its entries are written in bulk, past the services, with their true hashes; that takes most of the time this needs.
"""

import hashlib
import os
import random
import resource
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.installed import begin
from benchmarks.measurement import Goal, Measurement

if TYPE_CHECKING:
    from governance.models import Document

ENTRIES = 1_000_000
BATCH = 2_000  # as many as a verification reads at once, so that its memory is not that of filling
PROOFS = 300
DECISIONS = 1000
PHRASE = "a-long-pass-phrase-1"
MEGABYTE = 1024  # ru_maxrss counts in kilobytes


def measure() -> list[Measurement]:
    """Return milliseconds of a proof and of in-force, seconds and megabytes of a whole verification."""
    with tempfile.TemporaryDirectory() as name:
        begin(Path(name))
        document = decided()
        fill(ENTRIES)
        return [proving(), consistency(), *verifying(), judging(document)]


def fill(total: int) -> None:
    """Let the ledger grow to `total` entries, each with its rows in the index."""
    from django.db import connection, transaction

    from governance import events
    from governance.models import LedgerEntry, LedgerEvent, LedgerSubject
    from governance.proof.formats import merkle
    from governance.proof.formats.fields import rfc3339
    from governance.proof.formats.leaf import Leaf
    from governance.selectors import ledger
    from governance.services.rows import insertion

    tree, now = ledger.frontier(ledger.size()), datetime.now(UTC)
    while tree.size < total:
        rows: dict[Any, list[tuple[Any, ...]]] = {LedgerEntry: [], LedgerEvent: [], LedgerSubject: []}
        for seq in range(tree.size, min(tree.size + BATCH, total)):
            draft = str(uuid.uuid4())
            leaf = Leaf(
                seq=seq,
                time=rfc3339(now),
                event=events.DRAFT_EDITED,
                actor="system",
                project=None,
                subjects=[f"draft:{draft}"],
                data={"draft": draft, "revision": seq},
            ).to_bytes()
            digest = merkle.leaf_hash(leaf)
            nodes = b"".join(tree.append(digest))
            rows[LedgerEntry].append((seq, leaf, digest, nodes, tree.root()))
            rows[LedgerEvent].append((seq, events.DRAFT_EDITED, "system", None, now))
            rows[LedgerSubject].append((seq, f"draft:{draft}"))
        fields = {
            LedgerEntry: ("seq", "leaf", "leaf_hash", "nodes", "root"),
            LedgerEvent: ("entry", "event", "actor", "project", "at"),
            LedgerSubject: ("entry", "subject"),
        }
        with transaction.atomic(), connection.cursor() as cursor:
            for model, of in rows.items():
                made = [insertion(connection.vendor, model, fields[model], row) for row in of]
                cursor.executemany(made[0].statement, [one.values for one in made])


def proving() -> Measurement:
    """Return the milliseconds of reading and building the inclusion proof of some entry."""
    from governance.proof.formats import merkle
    from governance.selectors import ledger

    root, draw = ledger.root(ENTRIES), random.Random(1)

    def one() -> None:
        seq = draw.randrange(ENTRIES)
        path = ledger.inclusion(seq, ENTRIES)
        if len(path) > ENTRIES.bit_length():
            raise AssertionError(f"a proof of {len(path)} hashes")

    merkle.verify_inclusion(5, ENTRIES, merkle.leaf_hash(ledger.leaf(5).to_bytes()), ledger.inclusion(5, ENTRIES), root)
    return Measurement(f"inclusion proof among {ENTRIES:,} entries", _milliseconds(one, PROOFS), "ms", _at_most(2))


def consistency() -> Measurement:
    """Return the milliseconds of reading and building a consistency proof."""
    from governance.selectors import ledger

    draw = random.Random(2)
    value = _milliseconds(lambda: ledger.consistency(draw.randrange(1, ENTRIES), ENTRIES), PROOFS)
    return Measurement(f"consistency proof among {ENTRIES:,} entries", value, "ms", _at_most(2))


def verifying() -> list[Measurement]:
    """Return seconds and megabytes of a whole verification, beside reading and hashing the leaves alone."""
    from governance.models import LedgerEntry
    from governance.selectors.verification import verify

    processes = os.cpu_count() or 1
    started = time.perf_counter()
    digest = hashlib.sha256()
    for content in LedgerEntry.objects.order_by("seq").values_list("leaf", flat=True).iterator(chunk_size=2000):
        digest.update(bytes(content))
    plain = time.perf_counter() - started
    outcome = verify(processes=processes)
    if outcome.code != 0 or outcome.size != ENTRIES:
        raise AssertionError([check.as_dict() for check in outcome.checks if not check.holds][:1])
    own, child = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    what = f"whole verification of {ENTRIES:,} entries"
    return [
        Measurement(what, outcome.seconds, "s", _at_most(30), plain, "reading and hashing the leaves, unchecked"),
        # More than all had at once: what forks share is counted for each.
        Measurement(f"memory of a {what}", (own + processes * child) / MEGABYTE, "MB", _at_most(500)),
    ]


def decided() -> "Document":
    """Return a document on which DECISIONS were taken: turned down again and again, then signed by two people.

    The services ask what is in force before each of their acts, so the refusals are written as they write them, without
    the questions.
    """
    from benchmarks.gate import signed_papers
    from governance import events
    from governance.models import Rejection, RequestSubject, SignoffRequest, User
    from governance.services import documents, signing, signoff
    from governance.services.ledger import mutation

    paper, author = signed_papers()
    owner, officer = (User.objects.get(username=name) for name in ("owner", "officer"))
    project, policy = paper.project, SignoffRequest.objects.latest("seq").policy
    document = documents.document_submit(
        actor=author, project=project, kind="bench.paper", body={"title": "Much discussed"}
    )
    told = {"policy": policy.digest if policy else None}
    for _ in range(DECISIONS - 2):
        with mutation(actor=author, action="signoff.request", project=project) as m:
            request = SignoffRequest(project=project, policy=policy, requested_by=author, at=m.time, seq=m.size)
            data = told | {"request": str(request.id)}
            m.append(events.REQUEST_OPENED, subjects=[document.digest], data=data)
            request.save()
            RequestSubject(request=request, document=document).save()
        with mutation(actor=officer, action="signoff.reject", project=project) as m:
            rejection = Rejection(request=request, by=officer, at=m.time, seq=m.size)
            data, private = {"request": str(request.id)}, {"reason": "Not yet"}
            m.append(events.REQUEST_REJECTED, subjects=[document.digest], data=data, private=private)
            rejection.save()
    request = signoff.request_open(actor=author, documents=[document])
    for user, role in ((owner, "owner"), (officer, "compliance_officer")):
        signing.sign(actor=user, request=request, role=role, meaning="I approve", reason="Agreed", password=PHRASE)
    return document


def judging(document: "Document") -> Measurement:
    """Return the milliseconds of computing whether that document is in force."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from governance.selectors import ledger, signoff

    size, now = ledger.size(), timezone.now()
    with CaptureQueriesContext(connection) as seen:
        if not signoff.in_force(document, size, now).ok:
            raise AssertionError("the document that was signed in the end is not in force")
    return Measurement(
        f"in force, a document with {DECISIONS:,} decisions among {ENTRIES:,} entries, {len(seen)} queries",
        _milliseconds(lambda: signoff.in_force(document, size, now), 30),
        "ms",
        _at_most(5),
    )


def _at_most(limit: float) -> Goal:
    return Goal("value", "<=", limit)


def _milliseconds(act: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        act()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1000
