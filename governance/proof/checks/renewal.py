"""Renewed evidence: what keeps a sealed report provable after its keys, its authority or their algorithms weakened.

The idea of RFC 4998 (evidence records, §5): before old evidence is worth nothing, newer and stronger evidence covers
it. Every report's SHA-256 stands on the ledger, so each later checkpoint covers it, with its signature, cosignatures
and time stamp; a renewal is the way there. It is about one file and does not replace it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal, Self

from cryptography.x509 import Certificate
from pydantic import Field, ValidationError

from governance.proof.checks.checkpoints import check_time_stamps, check_witnesses, open_head
from governance.proof.checks.evidence import LeafEntry, TimeStamped, Witnessed
from governance.proof.checks.graph import proved
from governance.proof.checks.kept_checkpoints import Consistency, Kept, kept_lines
from governance.proof.checks.outcome import TWO_HISTORIES, CheckLine
from governance.proof.checks.second_key import second_lines
from governance.proof.checks.witnesses import WitnessPolicy
from governance.proof.formats.canonical import Digest
from governance.proof.formats.checkpoint import Checkpoint
from governance.proof.formats.fields import Strict, told
from governance.proof.formats.keyring import Keyring
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.leaf import REPORT_SEALED
from governance.proof.formats.merkle import ProofError
from governance.proof.formats.note import VerifierKey
from governance.proof.words.printed import utc

FORMAT: Literal["countersign-renewal/1"] = "countersign-renewal/1"
NAME = "renewal"


class Renewal(Strict):
    """JSON, signed by nobody: each of its parts holds or does not.

    `file` is the digest of the sealed report, `leaf` the entry that records it with its way to `checkpoint`, and
    `consistency` the proof that the ledger of the checkpoint goes on from the report's. `keyrings` are all versions of
    then. `witnessed` and `time_stamps` are as in `Evidence`.
    """

    format: Literal["countersign-renewal/1"] = FORMAT
    file: Digest
    leaf: LeafEntry
    checkpoint: str
    consistency: Consistency
    keyrings: list[str] = Field(min_length=1)
    witnessed: Witnessed | None = None
    time_stamps: list[TimeStamped] = Field(default_factory=list)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the renewal that JSON spells; raises ValueError if it is none. Whether it holds is not looked at."""
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise ValueError(f"found no renewal of a report's evidence: {told(error)}") from error

    @property
    def envelopes(self) -> list[bytes]:
        """The envelopes of all versions of the keyring, the first first."""
        return [text.encode() for text in self.keyrings]


def longest(keyrings: Sequence[Sequence[bytes]]) -> list[bytes]:
    """Return the keyrings that go furthest, of several that must be versions of one another.

    Raises:
        SignatureError: they are not.
    """
    ordered = sorted((list(one) for one in keyrings), key=len)
    for shorter, longer in pairwise(ordered):
        if longer[: len(shorter)] != shorter:
            raise SignatureError("the keyrings given and those of a renewal are not versions of one another")
    return ordered[-1]


def renewal_lines(
    renewal: Renewal,
    report: bytes,
    head: Checkpoint,
    keyring: Keyring,
    *,
    witnesses: WitnessPolicy | None,
    second_key: VerifierKey | None,
    authorities: Sequence[Certificate],
) -> list[CheckLine]:
    """Return whether `renewal` covers the file `report`, whose evidence rests on the checkpoint `head`.

    `keyring` is the newest known. The line on the entry comes first; where that does not hold, the rest says nothing.
    """
    digest = f"sha256:{hashlib.sha256(report).hexdigest()}"
    if renewal.file != digest:
        return [CheckLine(NAME, False, f"found one of the file {renewal.file}, expected one of {digest}")]
    try:
        later = open_head(renewal.checkpoint, keyring)
        leaf = proved(renewal.leaf, later)
        if leaf.event != REPORT_SEALED or leaf.data.get("file") != digest:
            raise ProofError(f"ledger entry {leaf.seq}, {leaf.event}, does not record the file {digest}")
        if leaf.data.get("ledger_size") != head.size:
            raise ProofError(f"ledger entry {leaf.seq} records it as of another ledger size than its {head.size}")
    except (SignatureError, ProofError, ValueError) as error:
        return [CheckLine(NAME, False, str(error))]
    history = kept_lines(later, [Kept("the report’s checkpoint", "")], [renewal.consistency], opened=lambda _: head)
    if any(line.name == TWO_HISTORIES for line in history):
        return history
    if broken := [replace(line, name=NAME) for line in history if not line.ok]:
        return broken
    detail = f"entry {leaf.seq} recorded this very file at {utc(leaf.time)}; signed again at {later.size} entries"
    if sealed := [key for key in keyring.compromised if key.purpose == "seal" and key.compromised_since is not None]:
        before = all(leaf.seq < (key.compromised_since or 0) for key in sealed)
        detail += ", before a seal key was declared compromised" if before else ""
    others = [
        check_witnesses(renewal, keyring, later, witnesses),
        *second_lines(renewal.checkpoint, later, second_key),
        *check_time_stamps(renewal, keyring, later, authorities),
    ]
    return [CheckLine(NAME, True, detail), *(replace(line, name=f"renewed {line.name}") for line in others)]
