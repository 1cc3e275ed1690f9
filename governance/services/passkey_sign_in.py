"""Signing in with a passkey: a challenge for one session, used once, and the device's answer (WebAuthn 3, section 7.2).

What counts is what the ledger tells: a passkey that is enrolled and not revoked. It need not be vouched for, because
that says whose signature it is; here it stands beside or in place of the password of the account that enrolled it.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.serialization import load_der_public_key
from fido2.cose import ES256, RS256, CoseKey, EdDSA
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    UserVerificationRequirement,
)

from governance.errors import Invalid
from governance.models import Passkey, User
from governance.proof.formats.canonical import sha256
from governance.proof.formats.passkey import Enrolled, went_back
from governance.relying_party import NAME, RelyingParty, relying_party
from governance.selectors import passkeys as select
from governance.services import registration, second_factor
from governance.services.registration import usable_party

UNKNOWN = "This passkey is not known here, or it was revoked."


def options(user: User | None) -> tuple[dict[str, Any], str]:
    """Return what the browser is asked, and the challenge to keep: for somebody's passkeys, or (None) for anybody's.

    Raises:
        Refused: browsers make no passkeys for the address of this installation.
    """
    challenge = secrets.token_bytes(32)
    mine = select.of(user) if user else []
    known = [registration.descriptor(bytes(one.row.credential_id), one.row.transports) for one in mine if _stands(one)]
    made, _ = _server(usable_party()).authenticate_begin(
        credentials=known or None, user_verification=UserVerificationRequirement.REQUIRED, challenge=challenge
    )
    return dict(made), websafe_encode(challenge)


def prove(challenge: str, credential: Mapping[str, Any], now: datetime) -> User:
    """Return whose passkey answered the challenge, present and verified by the device.

    Raises:
        Invalid: it is no passkey of an active person, or the answer does not verify.
    """
    try:
        answer = AuthenticationResponse.from_dict(dict(credential))
        client = json.loads(bytes(answer.response.client_data))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Invalid("credential", "found no answer of a passkey") from None
    if client.get("crossOrigin", False) is not False or "topOrigin" in client:
        raise Invalid("credential", "The passkey answered on a page inside another site's.")
    row = Passkey.objects.select_related("user").filter(credential_digest=sha256(bytes(answer.raw_id))).first()
    shown = next((one for one in select.of(row.user) if one.row.pk == row.pk), None) if row else None
    history = shown.history if shown is not None else None
    if row is None or history is None or history.revoked or not row.user.is_active:
        raise Invalid("credential", UNKNOWN)
    handle = answer.response.user_handle
    if handle is not None and bytes(handle) != row.user.ledger_id.bytes:
        raise Invalid("credential", UNKNOWN)
    public = AttestedCredentialData.create(bytes(16), bytes(row.credential_id), _key(history.enrolled))
    state = {"challenge": challenge, "user_verification": UserVerificationRequirement.REQUIRED}
    try:
        _server(relying_party()).authenticate_complete(state, [public], answer)
    except ValueError as problem:
        raise Invalid("credential", f"The passkey's answer does not verify: {problem}.") from None
    counter = answer.response.authenticator_data.counter
    if went_back(counter, select.counter_seen(row)):
        raise Invalid("credential", "The passkey's counter went back: it may have been copied.")
    mine = second_factor.passkeys_of(row.user, bytes(row.credential_id))
    for one in mine:
        Authenticator.objects.filter(pk=one.pk).update(last_used_at=now, data={**one.data, select.COUNTER: counter})
    return row.user


def _stands(shown: select.Shown) -> bool:
    return shown.history is not None and not shown.history.revoked


def _key(enrolled: Enrolled) -> CoseKey:
    """Return the key that the ledger tells of."""
    kinds: dict[str, type[CoseKey]] = {"ES256": ES256, "EdDSA": EdDSA, "RS256": RS256}
    return kinds[enrolled.algorithm].from_cryptography_key(load_der_public_key(enrolled.public_key))


def _server(party: RelyingParty) -> Fido2Server:
    entity = PublicKeyCredentialRpEntity(name=NAME, id=party.id)
    return Fido2Server(entity, verify_origin=lambda origin: origin == party.origin)
