"""What the ledger tells of a passkey: enrolled by its holder, vouched for by somebody else, revoked.

A passkey counts for signing only after a second person vouched that they checked whose it is. A revocation ends it, and
reaches back: what it signed from `since` on does not count either. Services, standing and offline verifier ask here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from governance.proof.formats.canonical import Digest
from governance.proof.formats.fields import Strict, Time, Uuid, base64_bytes, moment
from governance.proof.formats.leaf import PASSKEY_ENROLLED, PASSKEY_REVOKED, PASSKEY_VOUCHED, Leaf
from governance.proof.formats.passkey import Algorithm, Enrolled
from governance.proof.history.roles import VOUCHERS, Roles

EVENTS = (PASSKEY_ENROLLED, PASSKEY_VOUCHED, PASSKEY_REVOKED)
COMPROMISED_PASSKEY = "compromised passkey"
"""The name of every line about a sign-off that a later revocation of its passkey reached."""
REASONS = {
    "lost": "it was lost",
    "compromised": "somebody else may have used it",
    "replaced": "another one took its place",
    "left": "its holder left",
}
ATTESTATION_FORMAT = r"[a-z0-9-]{1,40}"
Reason = Literal["lost", "compromised", "replaced", "left"]


class Enrolment(Strict):
    """What the leaf of an enrolment holds: a pseudonymous key, and where it belongs.

    `public_key` is the DER SubjectPublicKeyInfo in base64; `attestation` the format in which the device spoke for
    itself, and `attested` whether that statement verified; `synced` whether the key may live on several devices.
    `statement` is the digest of what the device said, as it is kept; None for passkeys of before it was.
    """

    passkey: Uuid
    credential: Digest
    algorithm: Algorithm
    public_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=4000)]
    aaguid: Uuid
    rp_id: Annotated[str, Field(pattern=r"^[a-z0-9.-]{1,253}$")]
    origin: Annotated[str, Field(pattern=r"^https?://[a-z0-9.-]{1,253}(:[0-9]{1,5})?$")]
    attestation: Annotated[str, Field(pattern=f"^{ATTESTATION_FORMAT}$")]
    attested: bool
    synced: bool
    statement: Digest | None = None


class Vouching(Strict):
    """What the leaf of a vouching holds; its actor vouches."""

    passkey: Uuid


class Revoking(Strict):
    """What the leaf of a revocation holds: nothing that the passkey signed from `since` on counts."""

    passkey: Uuid
    reason: Reason
    since: Time


@dataclass(frozen=True)
class Revoked:
    """A revocation, its ledger entry, and from when on nothing that the passkey signed counts."""

    seq: int
    since: datetime
    reason: str


@dataclass(frozen=True)
class History:
    """A passkey from its enrolment in entry `seq` on, which `told` of it.

    `vouched` are the entries in which others vouched for it.
    """

    enrolled: Enrolled
    seq: int
    at: datetime
    told: Enrolment
    vouched: tuple[int, ...] = ()
    revoked: tuple[Revoked, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether it can sign now."""
        return bool(self.vouched) and not self.revoked

    def fault(self, *, signer: str, seq: int, at: datetime, size: int | None = None) -> str:
        """Return why a signature in ledger entry `seq` at a time does not count; empty when it does.

        `size` is the ledger size as of which it is asked (default: all that is known).
        """
        if self.enrolled.user != signer or self.seq >= seq:
            return "the passkey is not the signer's, or was enrolled later"
        for one in self.revoked:
            if (size is None or one.seq < size) and (one.seq < seq or one.since <= at):
                return f"the passkey was revoked in ledger entry {one.seq}: {REASONS[one.reason]}"
        if not any(vouched < seq for vouched in self.vouched):
            return "nobody who may had vouched for the passkey by then"
        return ""

    def reached(self, *, seq: int, at: datetime, size: int | None = None) -> Revoked | None:
        """Return the later revocation that reaches back to a signature in entry `seq`, if one does."""
        back = [one for one in self.revoked if one.seq > seq and one.since <= at and (size is None or one.seq < size)]
        return back[0] if back else None


def read(leaves: Iterable[Leaf], roles: Roles | None = None) -> dict[str, History]:
    """Return the passkeys that these leaves enrol, by identifier. Leaves about anything else change nothing.

    Nobody vouches for a passkey of their own, nor, where `roles` are at hand, without a role that may: such a leaf
    counts for nothing.
    """
    found: dict[str, History] = {}
    for leaf in sorted((leaf for leaf in leaves if leaf.event in EVENTS), key=lambda leaf: leaf.seq):
        try:
            _take(found, leaf, roles)
        except ValueError:
            continue  # no service writes such a leaf; what it would tell is not believed
    return found


def _take(found: dict[str, History], leaf: Leaf, roles: Roles | None) -> None:
    if leaf.event == PASSKEY_ENROLLED:
        said = Enrolment.model_validate(leaf.data)
        if said.passkey not in found and f"passkey:{said.passkey}" in leaf.subjects:
            key = base64_bytes(said.public_key)
            enrolled = Enrolled(said.passkey, leaf.actor, said.credential, said.algorithm, key, said.rp_id, said.origin)
            found[said.passkey] = History(enrolled, leaf.seq, moment(leaf.time), said)
        return
    known = found.get(str(leaf.data.get("passkey")))
    if known is None:
        return
    if leaf.event == PASSKEY_VOUCHED:
        Vouching.model_validate(leaf.data)
        allowed = roles is None or roles.held(leaf.actor, VOUCHERS, None, leaf.seq)
        if allowed and leaf.actor != known.enrolled.user:
            found[known.enrolled.id] = replace(known, vouched=(*known.vouched, leaf.seq))
    else:
        revoking = Revoking.model_validate(leaf.data)
        revoked = Revoked(leaf.seq, moment(revoking.since), revoking.reason)
        found[known.enrolled.id] = replace(known, revoked=(*known.revoked, revoked))
