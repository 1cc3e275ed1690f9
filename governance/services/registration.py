"""The browser's part of an enrolment: what it is asked, and its answer verified (WebAuthn Level 3, section 7.1).

The same library serves sign-in (django-allauth's `fido2`). What a device says of itself is judged and kept
(`governance.attestation`), and nothing is decided by it: it says what a device is, not whose.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fido2.attestation.base import InvalidSignature
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestationConveyancePreference,
    AttestationObject,
    AuthenticatorData,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialParameters,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from governance.attestation import MOST_BYTES, attested, to_keep
from governance.errors import Finding, Invalid, Refused
from governance.models import User
from governance.proof.formats.keys import KeyMaterialError
from governance.proof.formats.passkey import COSE, key_from_cose
from governance.proof.history.passkeys import ATTESTATION_FORMAT
from governance.relying_party import NAME, RelyingParty, relying_party


def usable_party() -> RelyingParty:
    """Return this installation as passkeys see it. Refused when browsers make none for its address."""
    party = relying_party()
    if party.obstacle:
        raise Refused(
            Finding(
                "address",
                party.obstacle,
                "a COUNTERSIGN_URL that passkeys can belong to",
                "Set COUNTERSIGN_URL to the https address people use (or to http://localhost on one machine).",
                "the operator",
            )
        )
    return party


def options(party: RelyingParty, user: User, challenge: bytes, known: Iterable[bytes]) -> dict[str, Any]:
    """Return `{"publicKey": PublicKeyCredentialCreationOptionsJSON}`; `known` are credentials not to be made again."""
    made, _ = _server(party).register_begin(
        user=PublicKeyCredentialUserEntity(id=user.ledger_id.bytes, name=user.get_username(), display_name=str(user)),
        credentials=[descriptor(identifier) for identifier in known],
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.REQUIRED,
        challenge=challenge,
        extensions={"credProps": True},
    )
    return dict(made)


def descriptor(identifier: bytes, transports: Sequence[Any] = ()) -> PublicKeyCredentialDescriptor:
    """Return how a browser is told of a credential."""
    return PublicKeyCredentialDescriptor(
        type=PublicKeyCredentialType.PUBLIC_KEY, id=identifier, transports=list(transports) or None
    )


class Registered:
    """A registration that verified: its parts, and whether the device's statement about itself verified, too.

    Raises ValueError and its like for whatever a browser could send; `verified` translates them.
    """

    def __init__(self, party: RelyingParty, challenge: bytes, credential: Mapping[str, Any]) -> None:
        self.attested = False
        answer = RegistrationResponse.from_dict(dict(credential))
        client = json.loads(bytes(answer.response.client_data))
        if client.get("crossOrigin", False) is not False or "topOrigin" in client:
            raise ValueError("it was made on a page inside another site's")
        state = {"challenge": websafe_encode(challenge), "user_verification": UserVerificationRequirement.REQUIRED}
        self.data: AuthenticatorData = _server(party, self._judge).register_complete(state, answer)
        if self.data.credential_data is None:
            raise ValueError("it holds no credential")
        self.credential = self.data.credential_data
        if answer.raw_id != self.credential.credential_id:
            raise ValueError("it names another credential than the device made")
        self.attestation: str = answer.response.attestation_object.fmt
        if not re.fullmatch(ATTESTATION_FORMAT, self.attestation):
            raise ValueError(f"it has an attestation of the unheard-of format {self.attestation[:60]!r}")
        self.kept = to_keep(answer.response.attestation_object, answer.response.client_data)
        if len(self.kept) > MOST_BYTES:
            raise ValueError(f"what the device says of itself is longer than {MOST_BYTES} bytes")
        self.algorithm, self.public_key = key_from_cose(self.credential.public_key)
        named = credential["response"].get("transports")
        known = {transport.value for transport in AuthenticatorTransport}
        self.transports = sorted(known.intersection(named)) if isinstance(named, list) else []

    def _judge(self, statement: AttestationObject, client_data_hash: bytes) -> None:
        """Judge what the device says of itself; a wrong signature refuses the passkey."""
        self.attested = attested(statement, client_data_hash)


def verified(party: RelyingParty, challenge: bytes, credential: Mapping[str, Any]) -> Registered:
    """Return a browser's answer to `options`. Invalid when it does not hold."""
    try:
        return Registered(party, challenge, credential)
    except (ValueError, TypeError, KeyError, AttributeError, InvalidSignature, KeyMaterialError) as error:
        raise Invalid("credential", f"the passkey does not verify: {str(error) or type(error).__name__}") from None


def _server(party: RelyingParty, judge: Any = None) -> Fido2Server:
    server = Fido2Server(
        PublicKeyCredentialRpEntity(name=NAME, id=party.id),
        attestation=AttestationConveyancePreference.DIRECT,
        verify_origin=lambda origin: origin == party.origin,
        verify_attestation=judge,
    )
    server.allowed_algorithms = [
        PublicKeyCredentialParameters(type=PublicKeyCredentialType.PUBLIC_KEY, alg=algorithm) for algorithm in COSE
    ]
    return server
