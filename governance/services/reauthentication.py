"""Showing anew that it is oneself, for every act that binds, hands power on or undoes: a stolen session does none.

It is shown as for a signature: by the password, with or without a one-time code, or by a passkey that counts for
signing. A passkey that signs documents signs the statement itself (`passkey_signing`); here it signs a short text that
names the act. The payload's type is another, so neither answer can ever pass for the other.
"""

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.utils import timezone
from fido2.webauthn import AuthenticationResponse, PublicKeyCredentialRequestOptions, UserVerificationRequirement

from governance import access
from governance.errors import Finding, Invalid, Refused
from governance.models import Passkey, PreparedProof, User
from governance.proof.answers.quorum import METHODS, strong_enough
from governance.proof.formats import canonical
from governance.proof.formats import passkey as proof
from governance.proof.formats.fields import rfc3339
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.passkey import Assertion
from governance.selectors import passkeys as select
from governance.services.ledger import Mutation
from governance.services.registration import descriptor, usable_party
from governance.services.second_factor import passkeys_of, verify_totp
from governance.services.signing_rules import authenticate, not_locked_out, unproven

GOOD_FOR = timedelta(minutes=10)
PAYLOAD_TYPE = "application/vnd.countersign.reauthentication+json"
PASSWORD, PASSWORD_AND_CODE, PASSKEY = METHODS
REMEDY = {
    PASSKEY: "Confirm it with your passkey; enrol one on your account's page if you have none.",
    PASSWORD_AND_CODE: "Give the one-time code of your authenticator too; set one up on your account's page.",
}


@dataclass(frozen=True)
class Proof:
    """What somebody gives anew: password, with or without a one-time code; or a passkey's answer to a `Question`."""

    password: str = ""
    code: str = ""
    preparation: uuid.UUID | None = None
    credential: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Checked:
    """A proof of which the slow part was looked at before the ledger was locked."""

    proof: Proof
    right: bool


@dataclass(frozen=True)
class Question:
    """What the browser asks a passkey for until `expires_at`, and the identifier that goes with the answer."""

    id: uuid.UUID
    expires_at: datetime
    options: dict[str, Any]


def prepare(*, actor: User, act: str) -> Question:
    """Put an act's name before somebody's passkeys. Nothing is decided by it.

    Raises:
        Invalid: there is no such act. Refused: no passkey of theirs counts, or not at this address.
    """
    if act not in access.ACTIONS:
        raise Invalid("act", f"found {act!r}, expected an act of the access table")
    party, known = usable_party(), usable(actor)
    expires_at = timezone.now() + GOOD_FOR
    content = canonical.dumps(
        {"act": act, "signer": actor.actor, "until": rfc3339(expires_at), "nonce": secrets.token_hex(16)}
    )
    row = PreparedProof.objects.create(user=actor, act=act, content=content, expires_at=expires_at)
    options = PublicKeyCredentialRequestOptions(
        challenge=proof.challenge(PAYLOAD_TYPE, content),
        timeout=int(GOOD_FOR.total_seconds() * 1000),
        rp_id=party.id,
        allow_credentials=[descriptor(bytes(one.credential_id), one.transports) for one in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Question(row.pk, expires_at, {"publicKey": dict(options)})


def known(actor: User, password: str, code: str = "") -> bool:
    """Return whether password and one-time code (if any) are right; the code is used up by it.

    Call it before the ledger is locked: a password is slow on purpose, and a used code must stay used.
    """
    return actor.check_password(password) and (not code or verify_totp(actor, code))


def check(actor: User, given: Proof) -> Checked:
    """Return a proof to `require` inside a mutation; call it before the mutation is opened, as `known` says."""
    return Checked(given, given.preparation is None and known(actor, given.password, given.code))


def require(m: Mutation, actor: User, checked: Checked, *, wanted: str = PASSWORD) -> str:
    """Return the method by which the actor of an open mutation showed who they are; it is at least `wanted`.

    Raises:
        Refused: it was not shown, by too weak a method, or too many attempts failed lately.
    """
    given = checked.proof
    if given.preparation is None:
        authenticate(m, actor, right=checked.right)
        method = PASSWORD_AND_CODE if given.code else PASSWORD
    else:
        not_locked_out(m, actor)
        _answered(m, actor, given)
        method = PASSKEY
    strong(method, wanted)
    return method


def strong(method: str, wanted: str) -> None:
    """Refuse when an act was confirmed by a weaker method than a policy asks of signatures."""
    if not strong_enough(method, wanted):
        found, expected = f"confirmed by {method}", f"{wanted}, as the policy asks of a signature there"
        raise Refused(Finding("method", found, expected, REMEDY[wanted], "you"))


def usable(actor: User, only: uuid.UUID | None = None) -> list[Passkey]:
    """Return the passkeys of somebody that count for signing (`only` the one named), the oldest first.

    Raises:
        Refused: there is none.
    """
    found = [row for row in select.usable(actor) if only in (None, row.pk)]
    if found:
        return found
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


def asserted(
    row: Passkey | None, payload_type: str, payload: bytes, credential: Mapping[str, Any], again: str
) -> tuple[Passkey, Assertion, bytes]:
    """Return a passkey, what it asserted over a payload, and the signed form; `again` says what to do otherwise.

    Raises:
        Refused: the passkey does not count, its answer does not verify, or its device counted backwards.
    """
    history = select.histories([str(row.pk)]).get(str(row.pk)) if row is not None else None
    if row is None or history is None or not select.confirmed(row, history) or not history.counts:
        raise _failed("a passkey that was revoked, that nobody vouched for, or that is not yours", again)
    try:
        answer = AuthenticationResponse.from_dict(dict(credential))
        content = proof.compose(
            payload_type,
            payload,
            credential=answer.raw_id,
            authenticator=bytes(answer.response.authenticator_data),
            client=bytes(answer.response.client_data),
            signature=answer.response.signature,
        )
        assertion = proof.verify(content, history.enrolled, payload_type=payload_type)
    except (SignatureError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _failed(f"an answer that does not hold: {str(error) or type(error).__name__}", again) from None
    seen = select.counter_seen(row)
    if proof.went_back(assertion.counter, seen):
        raise _failed(f"count {assertion.counter} after {seen} was seen: there may be a copy of the device", again)
    return row, assertion, content


def _answered(m: Mutation, actor: User, given: Proof) -> None:
    """Take a passkey's answer to what was put before it for this very act; it counts once."""
    again = "Confirm it again."
    asked = PreparedProof.objects.filter(user=actor, act=m.action, expires_at__gt=m.time)
    row = asked.filter(pk=str(given.preparation)).first()
    if row is None or given.credential is None:
        raise _failed("no answer to a question that was put for this act and still runs", again)
    try:
        raw = bytes(AuthenticationResponse.from_dict(dict(given.credential)).raw_id)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _failed("an answer that no browser gives", again) from None
    mine = Passkey.objects.select_related("user").filter(user=actor, credential_digest=canonical.sha256(raw)).first()
    _, assertion, _ = asserted(mine, PAYLOAD_TYPE, bytes(row.content), given.credential, again)
    row.delete()
    for one in passkeys_of(actor, raw):  # where a sign-in keeps the count, too
        counted = {**one.data, select.COUNTER: max(assertion.counter, one.data.get(select.COUNTER, 0))}
        Authenticator.objects.filter(pk=one.pk).update(data=counted)


def _failed(found: str, again: str) -> Refused:
    expected = "your passkey's own answer to what was put before it"
    return unproven(found, expected, f"{again} Tell the owner if it was not you.")
