"""Verify the proof of one ledger entry as a file, trusting only the log's key and, if given, witnesses' keys."""

from collections.abc import Mapping

from governance.proof.checks.elsewhere import NOTHING, Elsewhere
from governance.proof.checks.kept_checkpoints import kept_lines
from governance.proof.checks.outcome import CheckLine, Verification
from governance.proof.checks.second_key import second_lines
from governance.proof.checks.witnesses import witness_line
from governance.proof.formats.canonical import NotCanonical
from governance.proof.formats.checkpoint import Checkpoint, open_checkpoint, trusted
from governance.proof.formats.keys import PublicKey, SignatureError
from governance.proof.formats.leaf import Leaf
from governance.proof.formats.merkle import ProofError
from governance.proof.formats.note import VerifierKey
from governance.proof.formats.tlog_proof import HEADER, TlogProof
from governance.proof.words.printed import utc


def is_proof(data: bytes) -> bool:
    """Return whether the file claims to be a tlog-proof of the version that is read here."""
    return data.startswith(f"{HEADER}\n".encode())


def verify_proof(data: bytes, log_key: str | None, elsewhere: Elsewhere = NOTHING) -> Verification:
    """Return whether the entry in `data` is in a tree that the log of `log_key` (a vkey) signed.

    Code 0: it is, and what was got `elsewhere` agrees. Code 1: it is not, or does not. Code 2: no usable log key was
    given. Code 3: a kept checkpoint proves that the log signed two histories.
    """
    try:
        key = VerifierKey.from_text(log_key or "")
        keys = trusted([key])
    except ValueError as error:
        return Verification.impossible("log key", f"{error}; get the log's key by another way than this file")
    try:
        proof = TlogProof.from_text(data.decode("utf-8"))
        checkpoint = _opened(proof.checkpoint, key.name, keys)
        result = [CheckLine("checkpoint", True, f"{key.name} signed root {checkpoint.root.hex()} at {checkpoint.size}")]
        proof.verify(checkpoint)
        leaf = Leaf.from_bytes(proof.leaf)
        if leaf.seq != proof.index:
            raise ProofError(f"found a leaf that says it is entry {leaf.seq}, expected {proof.index}")
    except (ValueError, SignatureError, ProofError, NotCanonical) as error:
        return Verification.of([CheckLine("proof", False, str(error))])
    result.append(CheckLine("proof", True, f"entry {leaf.seq}, {leaf.event} at {utc(leaf.time)}, is in the ledger"))
    result.append(witness_line(proof.checkpoint, checkpoint, elsewhere.witnesses))
    result += second_lines(proof.checkpoint, checkpoint, elsewhere.second_key)
    result += kept_lines(
        checkpoint,
        elsewhere.checkpoints,
        elsewhere.consistency,
        opened=lambda note: _opened(note, key.name, keys),
    )
    if elsewhere.least is not None and checkpoint.size < elsewhere.least:
        detail = f"found a proof as of {checkpoint.size} ledger entries, expected {elsewhere.least} or more"
        result.append(CheckLine("age", False, detail))
    return Verification.of(result)


def _opened(note: str, origin: str, keys: Mapping[str, PublicKey]) -> Checkpoint:
    checkpoint = open_checkpoint(note, origin, keys)
    if checkpoint.origin != origin:
        raise SignatureError(f"found a checkpoint of {checkpoint.origin}, expected {origin}")
    return checkpoint
