"""Signing by passkey, in two steps: the statement is put before the signer, then their device signs it.

Between the two anything may happen, so the second step asks every rule anew under the ledger's lock. The server signs
nothing: what it keeps is the device's own assertion.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from fido2.webauthn import AuthenticationResponse, PublicKeyCredentialRequestOptions, UserVerificationRequirement

from governance import access
from governance.errors import Conflict, Finding, NotFound, Refused
from governance.models import Passkey, PasskeyUse, PreparedEnrolment, PreparedSignature, Signature, SignoffRequest, User
from governance.proof import passkey as proof
from governance.proof.keys import SignatureError
from governance.proof.passkey import Assertion
from governance.proof.signed_statement import PASSKEY
from governance.proof.statement import PAYLOAD_TYPE, Sample, SignoffStatement
from governance.proof.statement import Condition as Stated
from governance.selectors import passkeys as select
from governance.selectors.presentation import subjects
from governance.services.ledger import Unchanged, mutation
from governance.services.passkeys import usable_party
from governance.services.registration import descriptor
from governance.services.signing import check, conditions_can_be, record, state, still_shown
from governance.services.signing_rules import Intent, not_locked_out, signable, unproven

GOOD_FOR = timedelta(minutes=10)
PREPARED = (PreparedSignature.objects.all(), PreparedEnrolment.objects.all())
AGAIN = "Open the request and sign it again."


@dataclass(frozen=True)
class Prepared:
    """A statement that waits for the signer's passkey until `expires_at`, and what the browser needs to ask for it."""

    id: uuid.UUID
    expires_at: datetime
    statement: SignoffStatement
    options: dict[str, Any]


def prepare(
    *,
    actor: User,
    request: SignoffRequest,
    role: str,
    meaning: str,
    reason: str,
    opened: Sequence[str] = (),
    samples: Sequence[Sample] = (),
    relied_on: Sequence[str] = (),
    conditions: Sequence[Stated] = (),
    delegation: uuid.UUID | None = None,
    presented: str | None = None,
    shown_at: int | None = None,
    passkey: uuid.UUID | None = None,
) -> Prepared:
    """Put a statement before a signer's passkey: all that `signing.sign` signs, without a password.

    `passkey` chooses one of several (default: the newest that counts).

    Raises:
        Refused: as `signing.sign`, or no passkey of theirs counts yet.
        Invalid: as `signing.sign`.
    """
    intent = Intent(
        role=role,
        meaning=meaning,
        reason=reason,
        opened=tuple(opened),
        samples=tuple(samples),
        relied_on=tuple(relied_on),
        conditions=tuple(conditions),
        delegation=delegation,
        presented=presented,
        shown_at=shown_at,
    )
    check(intent)
    party = usable_party()
    documents = subjects(request)
    statement, expires_at, chosen = None, None, None
    try:
        with mutation(
            actor=actor, action="signoff.sign", project=request.project, subjects=[d.digest for d in documents]
        ) as m:
            not_locked_out(m, actor)
            mine = signable(m, actor, request, documents, intent, PASSKEY.kind)
            chosen = _chosen(actor, passkey)
            statement = state(m, actor, request, mine, intent, PASSKEY, chosen)
            expires_at = m.time + GOOD_FOR
            raise Unchanged  # nothing is decided until the device has signed
    except Unchanged:
        pass
    assert statement is not None and expires_at is not None and chosen is not None  # noqa: S101, PT018
    content = statement.to_bytes()
    row = PreparedSignature.objects.create(request=request, user=actor, statement=content, expires_at=expires_at)
    options = PublicKeyCredentialRequestOptions(
        challenge=proof.challenge(PAYLOAD_TYPE, content),
        timeout=int(GOOD_FOR.total_seconds() * 1000),
        rp_id=party.id,
        allow_credentials=[descriptor(bytes(chosen.credential_id), chosen.transports)],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Prepared(row.pk, expires_at, statement, {"publicKey": dict(options)})


def sign(*, actor: User, request: SignoffRequest, preparation: uuid.UUID, credential: Mapping[str, Any]) -> Signature:
    """Record what the signer's passkey signed. `credential` is the browser's answer (`AuthenticationResponseJSON`).

    Raises:
        Refused: the assertion does not hold, or a rule that held at the preparation no longer does.
        NotFound: nothing was prepared for this person, or it is over. Conflict: it was signed already.
    """
    documents = subjects(request)
    with mutation(
        actor=actor, action="signoff.sign", project=request.project, subjects=[d.digest for d in documents]
    ) as m:
        not_locked_out(m, actor)
        prepared = PreparedSignature.objects.filter(pk=preparation, user=actor, request=request).first()
        if prepared is None:
            raise NotFound("there is no such signature under way; open the request and sign it again")
        if prepared.used_at is not None:
            raise Conflict(found="it was signed already", expected="an open one", remedy="Nothing needs doing.")
        if prepared.expires_at <= m.time:
            raise Refused(Finding("time", "more time than a passkey is given", "an answer in time", AGAIN, "you"))
        statement = SignoffStatement.from_bytes(bytes(prepared.statement))
        said = statement.predicate
        row, assertion, content = _asserted(actor, statement, credential)
        intent = Intent.of(said)
        mine = signable(m, actor, request, documents, intent, PASSKEY.kind)
        conditions_can_be(m, request, intent.conditions)
        still_shown(m, actor, request, intent)
        if {d.digest for d in mine} != {s.digest for s in statement.subjects} or said.policy != request.policy_id:
            raise Refused(
                Finding("request", "other documents than were put before you", "the same documents", AGAIN, "you")
            )
        PreparedSignature.objects.filter(pk=preparation).update(used_at=m.time)
        signature = record(m, actor, request, statement, content)
        PasskeyUse(signature=signature, passkey=row, counter=assertion.counter).save()
        return signature


def sweep() -> bool:
    """Delete what was prepared and is over; return whether there was any. Nothing rests on it."""
    found = False
    for rows in PREPARED:
        over = rows.filter(expires_at__lte=timezone.now())
        if over.exists():  # a DELETE that finds nothing would still take SQLite's one write lock, twice a second
            over.delete()
            found = True
    return found


def _chosen(actor: User, wanted: uuid.UUID | None) -> Passkey:
    usable = select.usable(actor)
    found = usable[-1:] if wanted is None else [row for row in usable if row.pk == wanted]
    if not found:
        waits = any(one.waits for one in select.of(actor))
        who = access.words({access.OWNER, access.COMPLIANCE_OFFICER})
        raise Refused(
            Finding(
                "passkey",
                "a passkey that nobody vouched for yet" if waits else "no passkey of yours that counts",
                "one that somebody else vouched for and that was not revoked",
                "Ask them to vouch for it." if waits else "Enrol one on your account's page and have it vouched for.",
                who if waits else "you",
            )
        )
    return found[0]


def _asserted(
    actor: User, statement: SignoffStatement, credential: Mapping[str, Any]
) -> tuple[Passkey, Assertion, bytes]:
    """Return the passkey that signed the statement, what it asserted, and the signed form."""
    said = statement.predicate
    row = Passkey.objects.select_related("user").filter(pk=str(said.passkey), user=actor).first()
    history = select.histories([str(said.passkey)]).get(str(said.passkey))
    if row is None or history is None or not select.confirmed(row, history) or not history.counts:
        raise _failed("a passkey that was revoked, that nobody vouched for, or that is not yours")
    try:
        answer = AuthenticationResponse.from_dict(dict(credential))
        content = proof.compose(
            PAYLOAD_TYPE,
            statement.to_bytes(),
            credential=answer.raw_id,
            authenticator=bytes(answer.response.authenticator_data),
            client=bytes(answer.response.client_data),
            signature=answer.response.signature,
        )
        assertion = proof.verify(content, history.enrolled, payload_type=PAYLOAD_TYPE)
    except (SignatureError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _failed(f"an answer that does not hold: {str(error) or type(error).__name__}") from None
    seen = select.counter_seen(row)
    if assertion.counter <= seen and (assertion.counter or seen):
        raise _failed(f"count {assertion.counter} after {seen} was seen: there may be a copy of the device")
    return row, assertion, content


def _failed(found: str) -> Refused:
    return unproven(found, "your passkey's own answer to this statement", f"{AGAIN} Tell the owner if it was not you.")
