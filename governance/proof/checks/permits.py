"""Checks of the permits in a report's evidence, and of the receipts of their consumption."""

from collections.abc import Iterator, Mapping, Sequence

from governance.proof.checks.evidence import Evidence
from governance.proof.checks.keyrings import compromised_line
from governance.proof.checks.outcome import CheckLine, lines
from governance.proof.checks.signatures import Facts
from governance.proof.formats import canonical, dsse
from governance.proof.formats.checkpoint import open_checkpoint
from governance.proof.formats.fields import moment
from governance.proof.formats.keyring import KeyEntry
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.leaf import PERMIT_CONSUMED, PERMIT_ISSUED, Leaf
from governance.proof.formats.permit import Permit, PermitError, Receipt, read_permit, read_receipt
from governance.proof.words.printed import utc


def check_permits(evidence: Evidence, facts: Facts) -> list[CheckLine]:
    """Return lines for each permit and receipt: signed by the right key, recorded, and all it relied on included."""
    result: list[CheckLine] = []
    known: dict[str, tuple[str, Permit]] = {}
    recorded = {str(leaf.data.get("permit")): leaf for leaf in facts.leaves.values() if leaf.event == PERMIT_ISSUED}
    for text in evidence.permits:
        try:
            permit = read_permit(text.encode(), facts.keyring.for_purpose("permit"))
        except PermitError as error:
            result.append(CheckLine("permit", False, str(error)))
            continue
        if permit.id in known:
            result.append(CheckLine("permit", False, f"found permit {permit.id} twice, expected once"))
            continue
        digest = canonical.sha256(text.encode())
        known[permit.id] = digest, permit
        leaf = recorded.get(digest)
        entry = facts.keyring.entry(dsse.peek(text.encode()).keyid)
        holds = (
            f"attempt {permit.number} of job {permit.job} was permitted at {utc(permit.issued_at)} to {permit.purpose}"
        )
        if (
            entry is not None
            and entry.compromised_since is not None
            and (leaf is None or entry.compromised_at(leaf.seq))
        ):
            result.append(compromised_line(entry, holds))
            continue
        if fault := _out_of_use(permit, entry, leaf):
            result.append(CheckLine("permit", False, fault))
            continue
        result += lines("permit", _problems(permit, leaf, facts), holds)
        if leaf is None:
            detail = f"server-attested: the ledger entry that records the issue of permit {permit.id} is not included"
            result.append(CheckLine("permit", None, detail))
    return [*result, *_receipts(evidence, facts, known)]


def _out_of_use(permit: Permit, entry: KeyEntry | None, leaf: Leaf | None) -> str:
    """Return what is wrong with the key of a permit; empty for nothing. A key that ended may have signed since."""
    if entry is not None and leaf is not None and not entry.spans(leaf.seq):
        return f"permit {permit.id} is by key {entry.keyid}, which was not in use in ledger entry {leaf.seq}"
    if entry is not None and leaf is None and entry.until is not None:
        return f"permit {permit.id} is by key {entry.keyid}, which has ended, and no entry shows that it is from before"
    return ""


def _receipts(evidence: Evidence, facts: Facts, permits: Mapping[str, tuple[str, Permit]]) -> Iterator[CheckLine]:
    consumed: set[str] = set()
    consumptions: dict[str, list[Leaf]] = {}
    for leaf in facts.leaves.values():
        if leaf.event == PERMIT_CONSUMED:
            consumptions.setdefault(str(leaf.data.get("attempt")), []).append(leaf)
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
            detail = f"permit {receipt.permit} was consumed at {utc(receipt.time)}, ledger entry {receipt.seq}"
            problems = _unconsumed(receipt, *permits[receipt.permit], consumptions.get(receipt.attempt, []))
            yield from lines("receipt", problems, detail)


def _unconsumed(receipt: Receipt, digest: str, permit: Permit, told: Sequence[Leaf]) -> Iterator[str]:
    """Yield how a receipt says otherwise than its permit, or than `told`, the consumptions of its attempt."""
    what = f"the receipt of permit {receipt.permit}"
    if receipt.attempt != permit.attempt:
        yield f"{what} is of attempt {receipt.attempt}, the permit of {permit.attempt}"
        return
    said = {"attempt": receipt.attempt, "permit": digest, "nonce": canonical.sha256(receipt.nonce.encode())}
    first = next((leaf for leaf in told if leaf.seq == receipt.seq), None)
    if first is None or any(first.data.get(name) != value for name, value in said.items()):
        yield f"{what} names ledger entry {receipt.seq}, which does not tell that it was consumed, or is not included"
        return
    # The same runner may ask again; its newest receipt is of that time, and names the first entry.
    if not any(leaf.time == receipt.time for leaf in told):
        yield f"{what} says {receipt.time}, no ledger entry on its consumption does"
    if not moment(permit.issued_at) <= moment(first.time) < moment(permit.expires_at):
        yield f"permit {receipt.permit} was consumed at {first.time}, and allowed it until {permit.expires_at}"


def _late(entry: KeyEntry, receipt: Receipt, facts: Facts) -> bool:
    """Return whether a compromised key's receipt names an entry that does not tell of it: anybody may have made it."""
    leaf = facts.leaves.get(receipt.seq)
    return entry.compromised_since is not None and (leaf is None or leaf.data.get("attempt") != receipt.attempt)


def _problems(permit: Permit, leaf: Leaf | None, facts: Facts) -> Iterator[str]:
    if leaf is not None and (leaf.data.get("job"), leaf.data.get("attempt")) != (permit.job, permit.attempt):
        yield f"ledger entry {leaf.seq} records permit {permit.id} for another job or attempt than it is for"
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
    if checkpoint.origin != facts.keyring.origin:
        yield f"permit {permit.id} was issued on a checkpoint of {checkpoint.origin}, expected {facts.keyring.origin}"
    if leaf is not None and checkpoint.size > leaf.seq:
        yield f"permit {permit.id} was issued in entry {leaf.seq}, on a ledger of {checkpoint.size} entries"
    if facts.tree is not None and (
        checkpoint.size > facts.tree.size or facts.tree.root(checkpoint.size) != checkpoint.root
    ):
        yield f"permit {permit.id} was issued on root {checkpoint.root.hex()}, the ledger had another"
