"""What signers said, and whether it counts: each statement opened again under the key or passkey that was to sign it.

One rule says of a signature, whatever it is about, why it does not count (`Opener.judge`): the standing of documents,
pages and API ask it alike.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_

from django.db.models import F, Q

from governance import access, events
from governance.models import Signature
from governance.proof.formats.dsse import open_envelope
from governance.proof.formats.fields import moment
from governance.proof.formats.keyring import KeyEntry, Keyring
from governance.proof.formats.keys import PublicKey, SignatureError
from governance.proof.formats.leaf import Leaf
from governance.proof.formats.passkey import Enrolled
from governance.proof.formats.signed_statement import attested, by_passkey, claimed_passkey, in_time
from governance.proof.formats.statement import PAYLOAD_TYPE, SignoffPredicate, SignoffStatement
from governance.proof.history.passkeys import History
from governance.selectors import ledger, passkeys
from governance.selectors.keys import keyring

Keys = tuple[tuple[str, PublicKey], ...]


@dataclass(frozen=True)
class Judged:
    """What a signature says (None: it does not verify), and why it does not count; an empty `fault` when it does.

    `compromised`: the one fault is that its key or passkey was declared compromised, or revoked, back to before it.
    """

    statement: SignoffStatement | None
    fault: str = ""
    compromised: bool = False


@dataclass(frozen=True)
class Said:
    """A signature, what its statement says and of which documents; `said` is None when it does not verify.

    `fault` says why it does not count, whatever it is about; it is empty when the signature holds.
    """

    signature: Signature
    said: SignoffPredicate | None
    fault: str = ""
    subjects: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether it counts wherever the policy asks for it."""
        return not self.fault


def said(signatures: Iterable[Signature], at_size: int | None = None) -> list[Said]:
    """Return what each signature says and whether it counts, in the order given, in a constant number of queries.

    `at_size`: as was known when the ledger had that size (default: now).
    """
    rows = list(signatures)
    opener = Opener(at_size=at_size)
    opener.know(rows)
    leaves = ledger.leaves_at(row.seq for row in rows)
    return [_said(row, opener.judge(row, leaves.get(row.seq))) for row in rows]


def _said(row: Signature, found: Judged) -> Said:
    predicate = found.statement.predicate if found.statement else None
    subjects = tuple(subject.digest for subject in found.statement.subjects) if found.statement else ()
    return Said(row, predicate, found.fault, subjects)


def fallen() -> list[Said]:
    """Return the signatures that fell with a key declared compromised, or a passkey revoked, back to before them.

    What was forged with such a key since is among them. The oldest first, in a constant number of queries.
    """
    spoilt = [one.compromised_since for one in keyring().compromised if one.purpose == "attestation"]
    by_passkey = Q(signer__passkeys__revocations__since__lte=F("at"))
    by_server = [Q(seq__gte=min(size for size in spoilt if size is not None))] if spoilt else []
    rows = Signature.objects.filter(reduce(or_, by_server, by_passkey)).distinct()
    return [one for one in said(rows.select_related("signer", "request").order_by("seq")) if one.fault]


def relied_on(signatures: Iterable[Said]) -> dict[str, str]:
    """Return who signed the statements that these signatures rely on, by digest: "Dora Expert, domain expert"."""
    wanted = {digest for one in signatures if one.said for digest in one.said.relied_on}
    if not wanted:
        return {}
    rows = Signature.objects.filter(statement_digest__in=wanted).select_related("signer")
    return {
        one.signature.statement_digest: f"{one.said.printed_name}, {access.label(one.said.role)}"
        for one in said(rows)
        if one.said is not None
    }


class Opener:
    """Opens statements under the keys in use when each was recorded, and under the passkeys of their signers.

    The keyring is read once, when the first statement needs it; passkeys as the ledger tells them, once each.

    A key that was declared compromised opens statements, too: what was said is still shown. `judge` tells that it
    proves nothing.
    """

    def __init__(self, ring: Keyring | None = None, *, at_size: int | None = None) -> None:
        self._ring, self._at_size = ring, at_size
        self._asked = ring is not None
        self._passkeys: dict[str, History | None] = {}

    def know(self, signatures: Iterable[Signature]) -> None:
        """Read the passkeys of several signatures at once: three queries, or none when no passkey signed."""
        named = {found for row in signatures if (found := _claimed(bytes(row.statement)))}
        if wanted := named - set(self._passkeys):
            told = passkeys.histories(wanted)
            self._passkeys |= {identifier: told.get(identifier) for identifier in wanted}

    def open(self, signature: Signature) -> SignoffStatement:
        """Return the statement of a signature.

        Raises:
            SignatureError: neither a key in use at its ledger entry nor an enrolled passkey signed it.
            ValueError: what is signed is no statement.
        """
        return self._opened(signature)[0]

    def judge(self, signature: Signature, leaf: Leaf | None) -> Judged:
        """Return what a signature says and why it does not count, if so; `leaf` is what the ledger holds at its entry.

        A moment is the ledger's: the row's own time could have been altered since.
        """
        try:
            statement, key = self._opened(signature)
        except (SignatureError, ValueError) as problem:
            return Judged(None, f"the signature does not verify ({problem})")
        found = statement.predicate
        if leaf is None or not _told(signature, statement, leaf):
            return Judged(statement, "the signature is not on the ledger as its row says")
        if found.passkey is not None:
            history, at = self.passkey(found.passkey), moment(leaf.time)
            if history is None:  # `_opened` has found it; nothing may lie between
                return Judged(statement, "the ledger never saw the passkey enrolled")
            fault = history.fault(signer=found.signer, seq=leaf.seq, at=at, size=self._at_size)
            back = history.reached(seq=leaf.seq, at=at, size=self._at_size) if fault else None
            return Judged(statement, fault, compromised=back is not None)
        if key is not None and key.compromised_at(signature.seq):
            since = f"since ledger size {key.compromised_since}"
            return Judged(statement, f"signed with a key declared compromised {since}", compromised=True)
        return Judged(statement)

    def passkey(self, identifier: str) -> History | None:
        """Return what the ledger tells of a passkey; None when it does not know it."""
        if identifier and identifier not in self._passkeys:
            self._passkeys[identifier] = passkeys.histories([identifier]).get(identifier)
        return self._passkeys.get(identifier)

    def _opened(self, signature: Signature) -> tuple[SignoffStatement, KeyEntry | None]:
        """Return the statement of a signature, and the server's key that signed it, if it was not a passkey."""
        content = bytes(signature.statement)
        if (named := _claimed(content)) is not None:
            history = self.passkey(named)
            if history is None:
                raise SignatureError(f"found passkey {named or 'unnamed'}, which the ledger never saw enrolled")
            return _by_passkey(content, history.enrolled), None
        ring = self._keyring()
        if ring is None:
            raise SignatureError("there is no keyring whose signature verifies")
        keys = ring.spanning("attestation", signature.seq)
        statement, keyid = _attested(content, tuple(sorted(keys.items())))
        return statement, ring.entry(keyid)

    def _keyring(self) -> Keyring | None:
        if not self._asked:
            self._asked = True
            with suppress(SignatureError):
                self._ring = keyring(self._at_size)
        return self._ring


def _told(signature: Signature, statement: SignoffStatement, leaf: Leaf) -> bool:
    """Return whether the ledger tells of a signature as its row and its statement do."""
    found = statement.predicate
    return (
        leaf.event == events.DOCUMENT_SIGNED
        and leaf.data.get("statement") == statement.digest
        and leaf.subjects == sorted(subject.digest for subject in statement.subjects)
        and leaf.actor == signature.signer.actor
        and (found.signer, found.role, found.request) == (leaf.actor, signature.role, str(signature.request_id))
        and in_time(found, leaf.time)
    )


@lru_cache(maxsize=4096)
def _claimed(content: bytes) -> str | None:
    """Return the passkey that a signed form names, "" when it cannot be read; None for a DSSE envelope."""
    try:
        return claimed_passkey(content)
    except (SignatureError, ValueError):
        return ""


@lru_cache(maxsize=4096)
def _attested(content: bytes, keys: Keys) -> tuple[SignoffStatement, str]:
    """Return what a signature by one of the keys says, and which key it was."""
    signed = open_envelope(content, dict(keys), payload_type=PAYLOAD_TYPE)
    return attested(signed.payload), signed.keyid


@lru_cache(maxsize=4096)
def _by_passkey(content: bytes, enrolled: Enrolled) -> SignoffStatement:
    return by_passkey(content, enrolled)
