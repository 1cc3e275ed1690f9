"""What comes on record of a signer: identity and competence by somebody else, the declaration by themself.

21 CFR 11.100(b) asks that identity is verified before an electronic signature is sanctioned, 11.100(c) that people
certify that it is the legally binding equivalent of their handwritten one.
"""

import uuid
from collections.abc import Mapping

from governance import access
from governance.errors import Conflict, Finding, Invalid, Refused
from governance.models import SignerRecord, User
from governance.proof.formats.canonical import is_digest, sha256
from governance.selectors import signers as select
from governance.services import reauthentication
from governance.services.ledger import Mutation, mutation
from governance.services.reauthentication import Proof

DECLARATION = (
    "My electronic signature in this system is the legally binding equivalent of my handwritten signature. "
    "I let nobody else use my password, my codes or my passkeys."
)


def identify(*, actor: User, user: User, how: str, proof: Proof) -> SignerRecord:
    """Record that one checked somebody's identity, and how: by which kind of document, in person or not.

    Raises:
        Refused: it is oneself, or the proof does not hold. Invalid: not said how.
    """
    return _about(actor, user, SignerRecord.Kind.IDENTITY, "how", how, {}, proof)


def qualify(*, actor: User, user: User, evidence: str, proof: Proof, attachment: str | None = None) -> SignerRecord:
    """Record what shows that somebody can judge what they sign; `attachment` is the digest of a paper kept elsewhere.

    Raises:
        Refused: it is oneself, or the proof does not hold. Invalid: no evidence, or no digest.
    """
    if attachment is not None and not is_digest(attachment):
        raise Invalid("attachment", "expected sha256: and 64 lower-case hexadecimal digits")
    return _about(actor, user, SignerRecord.Kind.COMPETENCE, "evidence", evidence, {"attachment": attachment}, proof)


def declare(*, actor: User, proof: Proof) -> SignerRecord:
    """Declare that one's electronic signature binds like one by hand.

    Raises:
        Refused: the proof does not hold. Conflict: it is declared already.
    """
    checked = reauthentication.check(actor, proof)
    with mutation(actor=actor, action="signer.declare", subjects=[f"user:{actor.actor}"]) as m:
        reauthentication.require(m, actor, checked)
        if any(one.row.kind == SignerRecord.Kind.DECLARATION for one in select.of(actor)):
            raise Conflict(found="you declared it already", expected="once", remedy="Nothing needs doing.")
        wording = {"wording": sha256(DECLARATION.encode())}
        return _recorded(m, actor, SignerRecord.Kind.DECLARATION, DECLARATION, wording)


def _about(
    actor: User,
    user: User,
    kind: SignerRecord.Kind,
    field: str,
    words: str,
    data: Mapping[str, str | None],
    proof: Proof,
) -> SignerRecord:
    if not words.strip():
        raise Invalid(field, "found nothing, expected what was looked at")
    checked = reauthentication.check(actor, proof)
    with mutation(actor=actor, action="signer.record", subjects=[f"user:{user.actor}"]) as m:
        reauthentication.require(m, actor, checked)
        if actor.pk == user.pk:
            raise Refused(
                Finding(
                    "separation of duties",
                    "your own record",
                    "the word of somebody else",
                    "Ask another owner or compliance officer.",
                    access.words({access.OWNER, access.COMPLIANCE_OFFICER}),
                )
            )
        return _recorded(m, user, kind, words.strip(), data)


def _recorded(
    m: Mutation, user: User, kind: SignerRecord.Kind, words: str, data: Mapping[str, str | None]
) -> SignerRecord:
    row = SignerRecord(id=uuid.uuid4(), user=user, kind=kind.value, by=m.actor, at=m.time, seq=m.size)
    m.append(
        select.EVENTS[kind],
        subjects=[f"user:{user.actor}"],
        data={"record": str(row.pk), **data},
        private={"words": words},
    )
    row.save()
    return row
