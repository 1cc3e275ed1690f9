"""Checks of a report's evidence that need the keyring: sign-offs, passkeys, revocations."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from governance.proof.checks.evidence import Evidence
from governance.proof.checks.keyrings import compromised_line
from governance.proof.checks.outcome import CheckLine, lines
from governance.proof.formats import canonical, passkey
from governance.proof.formats.canonical import NotCanonical
from governance.proof.formats.envelope import SHELF, Envelope
from governance.proof.formats.fields import moment
from governance.proof.formats.keyring import CompromisedKey, Keyring
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.leaf import DOCUMENT_REVOKED, DOCUMENT_SIGNED, PERSON_ENROLLED, Leaf
from governance.proof.formats.merkle import MemoryTree
from governance.proof.formats.signed_statement import attested, by_passkey, claimed_passkey, in_time, payload
from governance.proof.formats.statement import PAYLOAD_TYPE, SignoffStatement
from governance.proof.history.passkeys import COMPROMISED_PASSKEY, History
from governance.proof.history.roles import Roles
from governance.proof.words.printed import utc


@dataclass(frozen=True)
class Facts:
    """What was read from the evidence and proved so far; `tree` only when the complete leaf file is included.

    `passkeys` are those that the proved leaves enrol, by identifier; `roles` what they tell of roles and delegations.
    """

    keyring: Keyring
    documents: Mapping[str, Envelope]
    leaves: Mapping[int, Leaf]
    tree: MemoryTree | None
    passkeys: Mapping[str, History] = field(default_factory=dict)
    roles: Roles = field(default_factory=Roles)


@dataclass(frozen=True)
class Signoff:
    """A sign-off whose signature held, and the ledger entry that records it.

    `counter` is what a passkey had counted by then (0: none signed, or it does not count).
    """

    statement: SignoffStatement
    leaf: Leaf
    counter: int = 0


def check_signoffs(evidence: Evidence, facts: Facts) -> tuple[list[Signoff], list[CheckLine]]:
    """Return the sign-offs that hold and a line for each; a recorded sign-off without its statement fails too."""
    recorded = {
        str(leaf.data.get("statement")): leaf for leaf in facts.leaves.values() if leaf.event == DOCUMENT_SIGNED
    }
    held: list[Signoff] = []
    result: list[CheckLine] = []
    seen: set[str] = set()
    for text in evidence.signatures:
        digest = ""
        try:
            digest = canonical.sha256(payload(text.encode()))
            if digest in seen:
                raise SignatureError(f"found statement {digest} twice, expected once")
            seen.add(digest)
            if digest not in recorded:
                raise SignatureError(f"statement {digest} is not recorded by any ledger entry that is included")
            statement = _statement(text, recorded[digest], facts)
            count = passkey.counted(text.encode()) if statement.predicate.passkey else 0
            signoff = Signoff(statement, recorded[digest], count)
        except CompromisedKey as error:
            statement = SignoffStatement.from_bytes(payload(text.encode()))
            what = f"{_described(statement)}; ledger entry {recorded[digest].seq}"
            result.append(compromised_line(error.entry, what))
            continue
        except (SignatureError, NotCanonical) as error:
            result.append(CheckLine("sign-off", False, str(error)))
            continue
        if fallen := _fallen(signoff, facts):
            result.append(CheckLine(COMPROMISED_PASSKEY, False, f"{_described(signoff.statement)}: {fallen}"))
            continue
        held.append(signoff)
        result += lines("sign-off", _signoff_problems(signoff, facts), _described(signoff.statement))
    # Of the entries of a period only those of what the report is about come with their statements.
    alone = {entry.index for entry in evidence.leaves}
    result += [
        CheckLine("sign-off", False, f"ledger entry {leaf.seq} records statement {digest}, which is not included")
        for digest, leaf in recorded.items()
        if digest not in seen and leaf.seq in alone
    ]
    return held, result


def check_revocations(signoffs: Sequence[Signoff], ledger: Sequence[Leaf] | None, known: Sequence[Leaf]) -> CheckLine:
    """Return whether a revocation of a signed document follows its sign-off.

    With the complete `ledger` the answer is final. Without it only a revocation among the `known` leaves shows; its
    absence is the server's word.
    """
    signed: dict[str, int] = {}
    for signoff in signoffs:
        for subject in signoff.statement.subjects:
            signed[subject.digest] = min(signoff.leaf.seq, signed.get(subject.digest, signoff.leaf.seq))
    for leaf in known if ledger is None else ledger:
        if leaf.event != DOCUMENT_REVOKED:
            continue
        if hit := sorted(digest for digest in leaf.subjects if signed.get(digest, leaf.seq) < leaf.seq):
            detail = f"{', '.join(hit)}, signed in ledger entry {signed[hit[0]]}, was revoked in {leaf.seq}"
            return CheckLine("revocations", False, detail)
    if ledger is None:
        detail = (
            "server-attested: that nothing was revoked, and no role taken back before it was used, shows only in the "
            "complete leaf file, not included here"
        )
        return CheckLine("revocations", None, detail)
    return CheckLine("revocations", True, f"none among all {len(ledger)} ledger entries")


def check_names(evidence: Evidence, signoffs: Sequence[Signoff], leaves: Iterable[Leaf]) -> list[CheckLine]:
    """Return a line for each name that a signature prints otherwise than its signer was enrolled under.

    It may have been changed since; a statement with another's name is signed by the same key, so a reader must see it.
    """
    enrolled: dict[str, str] = {}
    for leaf in leaves:
        opening = evidence.openings.get(str(leaf.seq)) if leaf.event == PERSON_ENROLLED else None
        if opening is not None and len(leaf.subjects) == 1:
            enrolled[leaf.subjects[0].removeprefix("user:")] = str(opening.private.get("printed_name"))
    told = {(one.statement.predicate.signer, one.statement.predicate.printed_name) for one in signoffs}
    return [
        CheckLine("names", None, f"“{name}” signed; the ledger enrolled the same person as “{enrolled[signer]}”")
        for signer, name in sorted(told)
        if enrolled.get(signer, name) != name
    ]


def check_counters(signoffs: Sequence[Signoff]) -> list[CheckLine]:
    """Return a line for each passkey whose counter did not go up from one sign-off to the next (WebAuthn 6.1.1)."""
    last: dict[str, tuple[int, int]] = {}
    result = []
    for one in sorted(signoffs, key=lambda each: each.leaf.seq):
        named, count = one.statement.predicate.passkey, one.counter
        if named is None:
            continue
        seq, before = last.get(named, (0, 0))
        if passkey.went_back(count, before):
            counts = f"{before} in ledger entry {seq} and {count} in {one.leaf.seq}"
            detail = f"the counter of {named} was {counts}: there may be a copy of it"
            result.append(CheckLine("passkeys", None, detail))
        last[named] = one.leaf.seq, max(count, before)
    return result


def check_passkeys(signoffs: Sequence[Signoff], ledger: Sequence[Leaf] | None) -> list[CheckLine]:
    """Return what cannot be shown of the passkeys that signed without the complete `ledger`; empty when nothing."""
    if ledger is not None or not any(signoff.statement.predicate.passkey for signoff in signoffs):
        return []
    detail = "server-attested: that no passkey was revoked shows only in the complete leaf file, not included here"
    return [CheckLine("passkeys", None, detail)]


def check_presented(evidence: Evidence, signoffs: Sequence[Signoff]) -> list[CheckLine]:
    """Return whether a receipt has what its signer was shown, under the digest that the signed statement names.

    Nothing is said of other reports, unless their evidence has something of the kind, nor of a statement that names
    none, as those before its version 2.
    """
    given, wanted = evidence.presented, None
    if evidence.report.kind == "receipt" and signoffs:
        wanted = max(signoffs, key=lambda one: one.leaf.seq).statement.predicate.presented
    found = None if given is None else canonical.sha256(given.encode())
    if found is None and wanted is None:
        return []
    problem = f"found what has the digest {found}, expected {wanted}, which the signed statement names"
    holds = "what the signer was shown has the digest that the signed statement names"
    return lines("shown", [problem] if found != wanted else [], holds)


def _statement(text: str, leaf: Leaf, facts: Facts) -> SignoffStatement:
    content = text.encode()
    named = claimed_passkey(content)
    if named is None:
        signed = facts.keyring.open_signed(content, "attestation", leaf.seq, payload_type=PAYLOAD_TYPE)
        return attested(signed.payload)
    if named not in facts.passkeys:
        raise SignatureError(f"no ledger entry that is included enrols passkey {named or 'unnamed'}")
    return by_passkey(content, facts.passkeys[named].enrolled)


def _fallen(signoff: Signoff, facts: Facts) -> str:
    """Return how a later revocation of the passkey reached back to a sign-off; empty when none did."""
    named, leaf = signoff.statement.predicate.passkey, signoff.leaf
    back = facts.passkeys[named].reached(seq=leaf.seq, at=moment(leaf.time)) if named else None
    return f"ledger entry {back.seq} revoked its passkey from before ledger entry {leaf.seq} on" if back else ""


def _signoff_problems(signoff: Signoff, facts: Facts) -> Iterator[str]:
    statement, leaf = signoff.statement, signoff.leaf
    predicate = statement.predicate
    for subject in statement.subjects:
        document = facts.documents.get(subject.digest)
        if document is None:
            yield f"{predicate.printed_name} signed {subject.name} {subject.digest}, which is not included"
        if subject.digest not in leaf.subjects:
            yield f"{predicate.printed_name} signed {subject.digest}, but ledger entry {leaf.seq} is not about it"
        project = None if document is None or document.project == SHELF else document.project
        if project is not None and predicate.scope != project:
            yield f"{predicate.printed_name} signed {subject.digest} for {predicate.scope}, it is of project {project}"
        if document is not None and (fault := facts.roles.fault(predicate, leaf, project)):
            yield f"{predicate.printed_name} signed {subject.name} {subject.digest} as {predicate.role}, but {fault}"
    if predicate.passkey is not None:
        at = moment(leaf.time)
        if fault := facts.passkeys[predicate.passkey].fault(signer=predicate.signer, seq=leaf.seq, at=at):
            yield f"{predicate.printed_name} signed by passkey {predicate.passkey}, but {fault}"
    if not in_time(predicate, leaf.time):
        yield f"the statement is of {predicate.time}, ledger entry {leaf.seq} of {leaf.time}"
    if leaf.actor != predicate.signer:
        yield f"found signer {predicate.signer}, expected {leaf.actor} as in ledger entry {leaf.seq}"
    if predicate.ledger.size > leaf.seq:
        yield f"the signer saw a ledger of {predicate.ledger.size} entries, but signed in entry {leaf.seq}"
    elif facts.tree is not None and facts.tree.root(predicate.ledger.size).hex() != predicate.ledger.root:
        yield f"the signer saw root {predicate.ledger.root} at {predicate.ledger.size}, the ledger had another"


def _described(statement: SignoffStatement) -> str:
    who = statement.predicate
    names = ", ".join(subject.name for subject in statement.subjects)
    place = "the organisation" if who.scope == "organisation" else f"project {who.scope}"
    role = f"{who.role.replace('_', ' ')} of {place}"
    return f"{who.printed_name}, {role}, {utc(who.time)}: “{who.meaning}”; {names}; {who.method.label}"
