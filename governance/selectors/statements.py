"""What signers said: their statements, each opened again under the attestation keys."""

from collections.abc import Iterable
from dataclasses import dataclass

from governance.models import Signature
from governance.proof.dsse import open_envelope
from governance.proof.keys import SignatureError
from governance.proof.statement import PAYLOAD_TYPE, SignoffPredicate, SignoffStatement
from governance.selectors.keys import keyring


@dataclass(frozen=True)
class Said:
    """A signature and what its statement says; `said` is None when the statement does not verify."""

    signature: Signature
    said: SignoffPredicate | None


def said(signatures: Iterable[Signature]) -> list[Said]:
    """Return what each signature says, in the order given, asking for the keys once."""
    rows = list(signatures)
    keys = keyring().for_purpose("attestation") if rows else {}
    found = []
    for row in rows:
        try:
            content = open_envelope(bytes(row.statement), keys, payload_type=PAYLOAD_TYPE).payload
            found.append(Said(row, SignoffStatement.from_bytes(content).predicate))
        except (SignatureError, ValueError):
            found.append(Said(row, None))
    return found
