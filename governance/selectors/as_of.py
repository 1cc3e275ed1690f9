"""As of a moment: what was in force then, by whom, under which policy, and which checkpoint covers it.

A moment is the ledger's size then and the time itself. Everything is asked of the same functions that decide now, with
that size and time, so the past is judged by what was known then: by the documents, roles, signatures, conditions,
reviews and keys that the ledger held. Names are those that signers printed. The number of queries is constant.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from governance.errors import Invalid
from governance.models import Checkpoint, Document, LedgerEvent, Project, Signature, SignoffRequest
from governance.proof.answers import inforce
from governance.proof.answers.inforce import InForce, Standing
from governance.proof.formats.fields import moment
from governance.registry import KINDS
from governance.selectors import ledger
from governance.selectors import signoff as select
from governance.selectors.statements import said

MOST = 500  # documents one answer tells of


@dataclass(frozen=True)
class Moment:
    """A time, how many entries the ledger held then, its root, and the first checkpoint that covers them (if any)."""

    time: datetime
    size: int
    root: str
    checkpoint: Checkpoint | None


@dataclass(frozen=True)
class Signer:
    """Somebody whose signature counted then, as their statement says it."""

    printed_name: str
    role: str
    method: str
    at: datetime
    seq: int
    on_behalf_of: str = ""


@dataclass(frozen=True)
class Line:
    """A document at a moment: its standing, who signed, and the policy its request snapshotted."""

    document: Document
    standing: InForce
    signers: tuple[Signer, ...]
    policy: Document | None
    genesis: bool

    @property
    def in_force(self) -> bool:
        """True when it was in force."""
        return self.standing.standing is Standing.IN_FORCE


@dataclass(frozen=True)
class Change:
    """A document whose standing differs between two moments, and why."""

    document: Document
    before: InForce
    after: InForce

    @property
    def why(self) -> str:
        """What happened, in words."""
        return inforce.told(self.before, self.after)


def at(time: datetime) -> Moment:
    """Return a moment that is over.

    Raises:
        Invalid: it is still to come.
        LeafCorrupt: the index over the entries' times does not say what the entries do.
    """
    if time > timezone.now():
        raise Invalid("time", "found a time to come, expected one that is over")
    size = size_at(time)
    covering = Checkpoint.objects.filter(size__gte=max(size, 1)).order_by("size").first()
    return Moment(time, size, ledger.root(size).hex(), covering)


def size_at(time: datetime) -> int:
    """Return how many entries the ledger held at a time: all, where the last is no later, in one query.

    Otherwise, since entries' times never go back, it is searched by halving in the index, and the entries on both sides
    of the answer are then read themselves.

    Raises:
        LeafCorrupt: they do not agree.
    """
    last = ledger.last()
    if last is None or moment(last.time) <= time:
        return 0 if last is None else last.seq + 1
    whole = last.seq + 1
    table = LedgerEvent._meta.db_table
    search = (
        "WITH RECURSIVE half(lo, hi) AS (SELECT 0, %s UNION ALL SELECT "  # noqa: S608  (a table of our own)
        f"CASE WHEN (SELECT at FROM {table} WHERE entry_id = (lo + hi) / 2) <= %s THEN (lo + hi) / 2 + 1 ELSE lo END, "
        f"CASE WHEN (SELECT at FROM {table} WHERE entry_id = (lo + hi) / 2) <= %s THEN hi ELSE (lo + hi) / 2 END "
        "FROM half WHERE lo < hi) SELECT lo FROM half WHERE lo = hi"
    )
    when = connection.ops.adapt_datetimefield_value(time)
    with connection.cursor() as cursor:
        cursor.execute(search, [whole, when, when])
        (size,) = cursor.fetchone()
    around = ledger.leaves_at([size - 1, size])
    before, after = around.get(size - 1), around.get(size)
    fits = (before is None or moment(before.time) <= time) and (after is None or moment(after.time) > time)
    if not fits or (before is None) != (size == 0) or (after is None) != (size == whole):
        raise ledger.LeafCorrupt(f"the index over the entries' times is wrong near entry {size}; run rebuild_indexes")
    return int(size)


def frozen_by(rows: "QuerySet[Document]", then: Moment) -> list[Document]:
    """Return those of the documents that somebody signs and that were there at a moment, newest first.

    Raises:
        Invalid: there are more than MOST.
    """
    kinds = [name for name, kind in KINDS.items() if kind.signed]
    chosen = rows.filter(seq__lt=then.size, kind__in=kinds).select_related("project", "series").order_by("-seq")
    found = list(chosen[: MOST + 1])
    if len(found) > MOST:
        raise Invalid("project", f"found more than {MOST} documents, expected fewer; choose a project or a document")
    return found


@dataclass(frozen=True)
class Answer:
    """The documents at a moment, the policy that governed a project's new requests, and what had changed since."""

    lines: list[Line]
    policy: Document | None
    changes: list[Change] | None


def answer(
    documents: Iterable[Document],
    then: Moment,
    *,
    since: Moment | None = None,
    governed: Sequence[Project | None] = (),
) -> Answer:
    """Return the documents as they stood at a moment, in the order given.

    `since`: tell also whose standing differs from that earlier moment. `governed`: one project (None: the shelf) whose
    policy is asked for; none: no policy is.
    """
    asked = list(documents)
    known = select.policies() if governed else []
    standing = select.in_force_many([*asked, *known], then.size, then.time)
    policy = select.policy_of(known, standing, governed, then.size)
    return Answer(
        lines(asked, standing),
        policy[governed[0]] if governed else None,
        None if since is None else changes(asked, select.in_force_many(asked, since.size, since.time), standing),
    )


def lines(asked: Sequence[Document], standing: Mapping[str, InForce]) -> list[Line]:
    """Return documents that stand so with who signed each and under which policy, in the order given."""
    wanted = {standing[document.digest].request for document in asked} - {""}
    requests = {str(row.pk): row for row in SignoffRequest.objects.filter(pk__in=wanted).select_related("policy")}
    seqs = {signed.seq for document in asked for signed in standing[document.digest].signatures}
    told = {
        one.signature.seq: Signer(
            one.said.printed_name,
            one.said.role,
            one.said.method.label,
            one.signature.at,
            one.signature.seq,
            one.said.on_behalf_of.printed_name if one.said.on_behalf_of else "",
        )
        for one in said(Signature.objects.filter(seq__in=seqs).select_related("signer"))
        if one.said is not None
    }
    return [
        Line(
            document,
            found,
            tuple(told[signed.seq] for signed in found.signatures if signed.seq in told),
            request.policy if request else None,
            request is not None and request.policy is None,
        )
        for document in asked
        for found in [standing[document.digest]]
        for request in [requests.get(found.request)]
    ]


def changes(documents: Sequence[Document], before: Mapping[str, InForce], after: Mapping[str, InForce]) -> list[Change]:
    """Return the documents that stood otherwise before than after, in the order given."""
    return [
        Change(document, before[document.digest], after[document.digest])
        for document in documents
        if before[document.digest].standing is not after[document.digest].standing
    ]
