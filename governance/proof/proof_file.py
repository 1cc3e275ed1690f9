"""Verify the proof of one ledger entry as a file, trusting only the log's key and, if given, witnesses' keys."""

from governance.proof.canonical import NotCanonical
from governance.proof.checkpoint import open_checkpoint, trusted
from governance.proof.keys import SignatureError
from governance.proof.leaf import Leaf
from governance.proof.merkle import ProofError
from governance.proof.note import VerifierKey
from governance.proof.outcome import CheckLine, Verification
from governance.proof.second_key import second_lines
from governance.proof.tlog_proof import HEADER, TlogProof
from governance.proof.witnesses import WitnessPolicy, witness_line


def is_proof(data: bytes) -> bool:
    """Return whether the file claims to be a tlog-proof of the version that is read here."""
    return data.startswith(f"{HEADER}\n".encode())


def verify_proof(
    data: bytes,
    log_key: str | None,
    witnesses: WitnessPolicy | None = None,
    second_key: VerifierKey | None = None,
) -> Verification:
    """Return whether the entry in `data` is in a tree that the log of `log_key` (a vkey) signed.

    Code 0: it is, and enough of the `witnesses` cosigned. Code 1: it is not. Code 2: no usable log key was given.
    """
    try:
        key = VerifierKey.from_text(log_key or "")
        keys = trusted([key])
    except ValueError as error:
        return Verification.impossible("log key", f"{error}; get the log's key by another way than this file")
    try:
        proof = TlogProof.from_text(data.decode("utf-8"))
        checkpoint = open_checkpoint(proof.checkpoint, key.name, keys)
        if checkpoint.origin != key.name:
            raise SignatureError(f"found a checkpoint of {checkpoint.origin}, expected {key.name}")
        result = [CheckLine("checkpoint", True, f"{key.name} signed root {checkpoint.root.hex()} at {checkpoint.size}")]
        proof.verify(checkpoint)
        leaf = Leaf.from_bytes(proof.leaf)
        if leaf.seq != proof.index:
            raise ProofError(f"found a leaf that says it is entry {leaf.seq}, expected {proof.index}")
    except (ValueError, SignatureError, ProofError, NotCanonical) as error:
        return Verification.of([CheckLine("proof", False, str(error))])
    result.append(CheckLine("proof", True, f"entry {leaf.seq}, {leaf.event} at {leaf.time}, is in the ledger"))
    result.append(witness_line(proof.checkpoint, checkpoint, witnesses))
    return Verification.of([*result, *second_lines(proof.checkpoint, checkpoint, second_key)])
