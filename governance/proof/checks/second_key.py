"""The log's second line on checkpoints: ML-DSA-44 (FIPS 204), for the day when Ed25519 no longer convinces anybody.

It is a line of type 0x06 in the log's own name (C2SP tlog-cosignature), with time 0: the log says nothing about when.
Its key does not hang on the keyring, whose root is an Ed25519 key that would have fallen by
then: a reader must have got it before, and only the digest stands on the ledger.
"""

from governance.proof.checks.outcome import CheckLine
from governance.proof.formats.checkpoint import Checkpoint
from governance.proof.formats.cosignature import verify_cosignature
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.note import SUBTREE_COSIGNATURE, Note, VerifierKey

NAME = "second signature"
LENGTH = 8 + 2420


def second_key_of(text: str) -> VerifierKey:
    """Return the key that a vkey spells; raises ValueError unless it is an ML-DSA-44 key."""
    key = VerifierKey.from_text(text.strip())
    if key.kind != SUBTREE_COSIGNATURE:
        raise ValueError(f"found {key.name}, a key of type {key.kind:#04x}, expected the log's second key: 0x06")
    return key


def second_lines(note: str, checkpoint: Checkpoint, key: VerifierKey | None) -> list[CheckLine]:
    """Return the verifier's line on the second signature: none where there is neither such a line nor a key to ask."""
    lines = Note.parse(note).signatures
    if key is None:
        there = any(line.name == checkpoint.origin and len(line.signature) == LENGTH for line in lines)
        detail = "there is one by ML-DSA-44, but nobody vouched for its key: give --second-key"
        return [CheckLine(NAME, None, detail)] if there else []
    if key.name != checkpoint.origin:
        return [CheckLine(NAME, False, f"found a key of {key.name}, expected one of {checkpoint.origin}")]
    for line in lines:
        if key.signed(line):
            try:
                verify_cosignature(line, key, checkpoint, stamped=False)
            except SignatureError as error:
                return [CheckLine(NAME, False, str(error))]
            return [CheckLine(NAME, True, "the log signed the checkpoint by ML-DSA-44, too")]
    return [CheckLine(NAME, False, "the log did not sign this checkpoint with that ML-DSA-44 key")]
