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
from fido2.webauthn import PublicKeyCredentialRequestOptions, UserVerificationRequirement

from governance.errors import Conflict, Finding, NotFound, Refused
from governance.models import (
    Passkey,
    PasskeyUse,
    PreparedEnrolment,
    PreparedProof,
    PreparedSignature,
    Signature,
    SignoffRequest,
    User,
)
from governance.proof.formats import passkey as proof
from governance.proof.formats.signed_statement import PASSKEY
from governance.proof.formats.statement import PAYLOAD_TYPE, Sample, SignoffStatement
from governance.proof.formats.statement import Condition as Stated
from governance.selectors.presentation import subjects
from governance.services import reauthentication
from governance.services.ledger import Unchanged, mutation
from governance.services.registration import descriptor, usable_party
from governance.services.signing import check, conditions_can_be, record, state, still_shown
from governance.services.signing_rules import Intent, not_locked_out, signable

GOOD_FOR = timedelta(minutes=10)
PREPARED = (PreparedSignature.objects.all(), PreparedEnrolment.objects.all(), PreparedProof.objects.all())
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
            chosen = reauthentication.usable(actor, passkey)[-1]
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
        named = Passkey.objects.select_related("user").filter(pk=str(said.passkey), user=actor).first()
        row, assertion, content = reauthentication.asserted(
            named, PAYLOAD_TYPE, statement.to_bytes(), credential, AGAIN
        )
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
