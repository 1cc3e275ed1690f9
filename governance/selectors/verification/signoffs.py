"""Requests, signatures, rejections, withdrawals and revocations against the leaves, both ways."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from governance import events
from governance.models import (
    Rejection,
    RequestSubject,
    Revocation,
    Signature,
    SignoffRequest,
    Withdrawal,
)
from governance.proof.formats.fields import moment
from governance.proof.formats.keyring import Keyring
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.leaf import Leaf
from governance.proof.formats.passkey import verify
from governance.proof.formats.signed_statement import in_time
from governance.proof.formats.statement import PAYLOAD_TYPE, SignoffPredicate
from governance.selectors import ledger
from governance.selectors.statements import Opener
from governance.selectors.verification.chunk import Chunk, beyond, both_ways
from governance.selectors.verification.outcome import Problem, differences
from governance.selectors.verification.tables import Pairs, Table, Tables


def _of_request(row: Any, leaf: Leaf) -> Pairs:
    return {"request": (str(row.request_id), leaf.data.get("request"))}


_ENDS = (
    Table("rejection", (events.REQUEST_REJECTED,), Rejection.objects.select_related("by"), _of_request),
    Table("withdrawal", (events.REQUEST_WITHDRAWN,), Withdrawal.objects.select_related("by"), _of_request),
    Table(
        "revocation",
        (events.DOCUMENT_REVOKED,),
        Revocation.objects.select_related("by"),
        lambda row, leaf: {"document": ([row.document_id], leaf.subjects)},
    ),
)


class Signoffs(Tables):
    """Verifies every signature and compares every row of a sign-off with its leaf."""

    tables = _ENDS

    def __init__(self, keyring: Keyring | None) -> None:
        super().__init__()
        self._opener = Opener(keyring)

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what is wrong with the sign-offs of these entries."""
        yield from self._requests(chunk)
        yield from self._signatures(chunk)
        yield from super().chunk(chunk)

    def finish(self, size: int) -> Iterator[Problem]:
        """Yield rows that no leaf stands behind."""
        yield from beyond(SignoffRequest.objects.all(), "seq", "request", size)
        yield from beyond(Signature.objects.all(), "seq", "signature", size)
        yield from super().finish(size)

    def _requests(self, chunk: Chunk) -> Iterator[Problem]:
        rows = chunk.rows(SignoffRequest.objects.select_related("requested_by"))
        leaves = chunk.of(events.REQUEST_OPENED)
        yield from both_ways(leaves, rows, "request")
        asked: dict[Any, list[str]] = defaultdict(list)
        subjects = RequestSubject.objects.filter(request__seq__gt=chunk.after, request__seq__lte=chunk.last)
        for request, document in subjects.values_list("request_id", "document_id"):
            asked[request].append(str(document))
        for seq in rows.keys() & leaves.keys():
            row, leaf = rows[seq], leaves[seq]
            yield from differences(
                f"request {row.pk}",
                {
                    "documents": (sorted(asked[row.pk]), leaf.subjects),
                    "request": (str(row.pk), leaf.data.get("request")),
                    "policy": (row.policy_id, leaf.data.get("policy")),
                    "requested_by": (row.requested_by.actor, leaf.actor),
                    "project": (str(row.project_id) if row.project_id else None, leaf.project),
                    "at": (row.at, moment(leaf.time)),
                },
            )

    def _signatures(self, chunk: Chunk) -> Iterator[Problem]:
        rows = chunk.rows(Signature.objects.select_related("signer", "request", "passkey_use"))
        self._opener.know(rows.values())
        leaves = chunk.of(events.DOCUMENT_SIGNED)
        yield from both_ways(leaves, rows, "signature")
        for seq in sorted(rows.keys() & leaves.keys()):
            self.seen += 1
            yield from self._signature(rows[seq], leaves[seq], chunk)

    def _signature(self, row: Signature, leaf: Leaf, chunk: Chunk) -> Iterator[Problem]:
        place = f"signature {row.pk}"
        try:
            statement = self._opener.open(row)
            self.compromised += self._opener.judge(row, leaf).compromised
        except (SignatureError, ValueError) as problem:
            yield Problem(place, f"it does not verify: {problem}")
            return
        said = statement.predicate
        if said.passkey is not None:
            yield from self._by_passkey(row, said)
            # What a passkey signs was put before the signer earlier, and tells of the ledger as it was then.
            seen = (min(said.ledger.size, row.seq), _root(chunk, said.ledger.size).hex())
        else:
            seen = (row.seq, chunk.root_at(row.seq).hex())
        yield from differences(
            place,
            {
                "row's digest": (row.statement_digest, statement.digest),
                "leaf's digest": (leaf.data.get("statement"), statement.digest),
                "leaf's signature": (leaf.data.get("signature"), str(row.pk)),
                "documents": (leaf.subjects, sorted(s.digest for s in statement.subjects)),
                "signer": ((row.signer.actor, leaf.actor), (said.signer, said.signer)),
                "role": ((row.role, leaf.data.get("role")), (said.role, said.role)),
                "request": ((str(row.request_id), leaf.data.get("request")), (said.request, said.request)),
                "policy": (row.request.policy_id, said.policy),
                "at": (row.at, moment(leaf.time)),
                "time": (said.time, said.time if in_time(said, leaf.time) else leaf.time),
                "ledger seen": ((said.ledger.size, said.ledger.root), seen),
            },
        )

    def _by_passkey(self, row: Signature, said: SignoffPredicate) -> Iterator[Problem]:
        place, history = f"signature {row.pk}", self._opener.passkey(str(said.passkey))
        if history is None:  # the opener has found it; nothing may lie between
            return
        if fault := history.fault(signer=said.signer, seq=row.seq, at=row.at, size=row.seq):
            yield Problem(place, f"when it was made, {fault}")
        use = getattr(row, "passkey_use", None)
        if use is None:
            yield Problem(place, "the row that keeps its passkey's count is gone: deleted?")
            return
        asserted = verify(bytes(row.statement), history.enrolled, payload_type=PAYLOAD_TYPE)
        pair = ((str(use.passkey_id), use.counter), (said.passkey, asserted.counter))
        yield from differences(place, {"passkey's count": pair})


def _root(chunk: Chunk, size: int) -> bytes:
    """Return the stored tree head at a size, which may lie before the chunk."""
    return chunk.root_at(size) or ledger.root(min(size, ledger.size()))
