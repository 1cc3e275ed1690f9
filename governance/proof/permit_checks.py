"""Checks of the permits in a report's evidence, and of the receipts of their consumption."""

from collections.abc import Iterator

from governance.proof import canonical, dsse
from governance.proof.checkpoint import open_checkpoint
from governance.proof.evidence import Evidence
from governance.proof.keyring import KeyEntry
from governance.proof.keyring_checks import compromised_line
from governance.proof.keys import SignatureError
from governance.proof.leaf import PERMIT_ISSUED
from governance.proof.outcome import CheckLine, lines
from governance.proof.permit import Permit, PermitError, Receipt, read_permit, read_receipt
from governance.proof.signature_checks import Facts


def check_permits(evidence: Evidence, facts: Facts) -> list[CheckLine]:
    """Return lines for each permit and receipt: signed by the right key, recorded, and all it relied on included."""
    result: list[CheckLine] = []
    known: set[str] = set()
    for text in evidence.permits:
        try:
            permit = read_permit(text.encode(), facts.keyring.for_purpose("permit"))
        except PermitError as error:
            result.append(CheckLine("permit", False, str(error)))
            continue
        known.add(permit.id)
        issued = _issued(canonical.sha256(text.encode()), facts)
        entry = facts.keyring.entry(dsse.peek(text.encode()).keyid)
        holds = f"attempt {permit.number} of job {permit.job} was permitted at {permit.issued_at} to {permit.purpose}"
        if (
            entry is not None
            and entry.compromised_since is not None
            and (issued is None or entry.compromised_at(issued))
        ):
            result.append(compromised_line(entry, holds))
            continue
        if entry is not None and issued is not None and not entry.spans(issued):
            detail = f"permit {permit.id} is by key {entry.keyid}, which was not in use in ledger entry {issued}"
            result.append(CheckLine("permit", False, detail))
            continue
        result += lines("permit", _problems(permit, facts), holds)
        if issued is None:
            detail = f"server-attested: the ledger entry that records the issue of permit {permit.id} is not included"
            result.append(CheckLine("permit", None, detail))
    return [*result, *_receipts(evidence, facts, known)]


def _receipts(evidence: Evidence, facts: Facts, permits: set[str]) -> Iterator[CheckLine]:
    consumed: set[str] = set()
    for text in evidence.receipts:
        try:
            receipt = read_receipt(text.encode(), facts.keyring.for_purpose("attestation"))
        except PermitError as error:
            yield CheckLine("receipt", False, str(error))
            continue
        entry = facts.keyring.entry(dsse.peek(text.encode()).keyid)
        if entry is not None and (entry.compromised_at(receipt.seq) or _late(entry, receipt, facts)):
            yield compromised_line(entry, f"the consumption of permit {receipt.permit}")
        elif entry is not None and entry.until is not None and entry.until <= receipt.seq:
            detail = f"receipt of ledger entry {receipt.seq} is by a key that had ended by size {entry.until}"
            yield CheckLine("receipt", False, detail)
        elif receipt.permit in consumed:
            yield CheckLine("receipt", False, f"found the receipt of permit {receipt.permit} twice, expected once")
        elif receipt.permit not in permits:
            yield CheckLine("receipt", False, f"permit {receipt.permit} was consumed, but is not included")
        else:
            consumed.add(receipt.permit)
            detail = f"permit {receipt.permit} was consumed at {receipt.time}, ledger entry {receipt.seq}"
            yield CheckLine("receipt", True, detail)


def _issued(digest: str, facts: Facts) -> int | None:
    """Return the ledger entry that records the issue of a permit; None when it is not included."""
    found = (leaf for leaf in facts.leaves.values() if leaf.event == PERMIT_ISSUED)
    return next((leaf.seq for leaf in found if leaf.data.get("permit") == digest), None)


def _late(entry: KeyEntry, receipt: Receipt, facts: Facts) -> bool:
    """Return whether a compromised key's receipt names an entry that does not tell of it: anybody may have made it."""
    leaf = facts.leaves.get(receipt.seq)
    return entry.compromised_since is not None and (leaf is None or leaf.data.get("attempt") != receipt.attempt)


def _problems(permit: Permit, facts: Facts) -> Iterator[str]:
    if permit.spec not in facts.documents:
        yield f"permit {permit.id} is for {permit.spec}, which is not included"
    for entry in permit.inputs:
        if entry.name.startswith("documents/") and entry.sha256 not in facts.documents:
            yield f"permit {permit.id} gave {entry.name} {entry.sha256} to the run, which is not included"
    for seq in permit.decisions:
        if seq not in facts.leaves:
            yield f"permit {permit.id} relied on ledger entry {seq}, which is not included"
    try:
        checkpoint = open_checkpoint(permit.checkpoint, facts.keyring.origin, facts.keyring.for_purpose("log"))
    except SignatureError as error:
        yield f"permit {permit.id}, its checkpoint: {error}"
        return
    if facts.tree is not None and (
        checkpoint.size > facts.tree.size or facts.tree.root(checkpoint.size) != checkpoint.root
    ):
        yield f"permit {permit.id} was issued on root {checkpoint.root.hex()}, the ledger had another"
