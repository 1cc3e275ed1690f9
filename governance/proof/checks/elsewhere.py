"""What a reader got by another way than the file that is checked: only that can hold a file to anything."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.x509 import Certificate

from governance.proof.checks.kept_checkpoints import Consistency, Kept
from governance.proof.checks.renewal import Renewal
from governance.proof.checks.witnesses import WitnessPolicy
from governance.proof.formats.note import VerifierKey


@dataclass(frozen=True)
class Elsewhere:
    """Everything but the root fingerprint or log key, without which nothing can be checked at all.

    `keyrings` are the envelopes of all versions as known today: they show which keys were declared compromised since.
    `witnesses` says whose cosignatures count and how many must be there; `second_key` is the log's ML-DSA-44 key;
    `authorities` are root certificates of time-stamp authorities. `checkpoints` were kept from earlier times, and
    `consistency` are proofs between their sizes and the file's. `renewals` renew the file's own evidence. `least` is
    the ledger size that the file must tell of at least: an older one is not what was asked for.
    """

    keyrings: Sequence[bytes] = ()
    witnesses: WitnessPolicy | None = None
    second_key: VerifierKey | None = None
    authorities: Sequence[Certificate] = ()
    checkpoints: Sequence[Kept] = ()
    consistency: Sequence[Consistency] = ()
    renewals: Sequence[Renewal] = ()
    least: int | None = None


NOTHING = Elsewhere()
