"""Checks of the keyrings in a report's evidence: do they lead to the published root, and what became of keys since?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from governance.proof.checks.evidence import Evidence
from governance.proof.checks.outcome import CheckLine
from governance.proof.formats import canonical
from governance.proof.formats.keyring import KeyEntry, Keyring, back_dated
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.leaf import KEYRING_PUBLISHED, LOG_FOUNDED, Leaf

COMPROMISED = "compromised key"
"""The name of every line about something that was signed with a key declared compromised by then."""


@dataclass(frozen=True)
class KeyringChain:
    """Every version of a keyring with its envelope, the first first; `last` is what signatures are checked against."""

    rings: Sequence[Keyring]
    envelopes: Sequence[bytes]

    @property
    def last(self) -> Keyring:
        return self.rings[-1]


def read_keyrings(evidence: Evidence, root_fingerprint: str, newer: Sequence[bytes] = ()) -> KeyringChain:
    """Return the keyrings of the evidence, or those in `newer` (obtained elsewhere) where they go further.

    Raises:
        SignatureError: they do not lead from the published root, or the two are not versions of one keyring.
    """
    return open_keyrings(evidence.keyrings, root_fingerprint, newer)


def open_keyrings(own: Sequence[bytes], root_fingerprint: str, newer: Sequence[bytes] = ()) -> KeyringChain:
    """Return what `read_keyrings` does of the envelopes that a file has as its `own`."""
    shorter, longer = sorted((list(own), list(newer)), key=len)
    if longer[: len(shorter)] != shorter:
        raise SignatureError(
            "the keyrings given and those of the file are not versions of one another; get them again from the "
            "organisation, and ask it about this file"
        )
    return KeyringChain(Keyring.open_chain(longer, root_fingerprint), longer)


def keyring_lines(chain: KeyringChain, root_fingerprint: str) -> list[CheckLine]:
    """Return what is to be said of the keyrings themselves: which they are, and which keys cannot be trusted."""
    ring = chain.last
    detail = f"version {ring.number} of {ring.origin}, signed by root {ring.root.key.fingerprint}"
    result = [CheckLine("keyring", True, detail)]
    if any(entry.demo for entry in ring.entries):
        result.append(CheckLine("keyring", None, "demonstration keys: whoever holds the demo can sign with them"))
    for entry in ring.compromised:
        since = f"declared compromised since ledger size {entry.compromised_since}"
        if entry.purpose == "root" and entry.key.fingerprint == root_fingerprint:
            detail = f"the fingerprint given is of a root key {since}: get the newer one from the organisation"
            result.append(CheckLine("keyring", False, detail))
        else:
            result.append(CheckLine("keyring", None, f"{entry.purpose} key {entry.keyid} was {since}"))
    return result


def published_lines(chain: KeyringChain, leaves: Mapping[int, Leaf]) -> list[CheckLine]:
    """Return whether the ledger tells of the same keyrings: none left out, none altered, no key dated back."""
    result = []
    recorded: set[int] = set()
    for leaf in leaves.values():
        if leaf.event not in (LOG_FOUNDED, KEYRING_PUBLISHED):
            continue
        number = leaf.data.get("number", 1)
        if (
            not isinstance(number, int)
            or not 1 <= number <= len(chain.rings)
            or leaf.data.get("keyring") != canonical.sha256(chain.envelopes[number - 1])
        ):
            detail = (
                f"ledger entry {leaf.seq} published keyring {number} {leaf.data.get('keyring')}, found another or none"
            )
            result.append(CheckLine("keyring", False, detail))
            continue
        recorded.add(number)
        before = chain.rings[number - 2] if number > 1 else None
        if late := back_dated(before, chain.rings[number - 1], leaf.seq):
            result.append(CheckLine("keyring", False, f"keyring {number} {late}"))
    for number in range(2, len(chain.rings) + 1):
        if number not in recorded:
            detail = f"server-attested: the ledger entry that published keyring {number} is not included"
            result.append(CheckLine("keyring", None, detail))
    return result


def compromised_line(entry: KeyEntry, what: str) -> CheckLine:
    """Return the line about something that was signed with a key declared compromised by then."""
    since = f"declared compromised since ledger size {entry.compromised_since}"
    return CheckLine(COMPROMISED, False, f"{what}: signed with {entry.purpose} key {entry.keyid}, {since}")
