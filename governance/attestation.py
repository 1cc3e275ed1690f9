"""What a device says of itself when its passkey is made (WebAuthn Level 3, section 6.5): judged, kept, judged again.

What is kept is the browser's answer as it came: attestation object and client data, from which anybody can judge anew.
Makers' certificates are not at hand here, so a statement is judged by its own signature and chain alone.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from fido2.attestation.base import (
    Attestation,
    AttestationType,
    InvalidData,
    InvalidSignature,
    UnsupportedType,
    verify_x509_chain,
)
from fido2.webauthn import AttestationObject, CollectedClientData

from governance.proof.formats import canonical
from governance.proof.formats.fields import base64_bytes, base64_text
from governance.proof.formats.keys import KeyMaterialError
from governance.proof.formats.passkey import key_from_cose
from governance.proof.history.passkeys import Enrolment

MOST_BYTES = 64 * 1024
NO_TYPE = "00000000-0000-0000-0000-000000000000"


def attested(statement: AttestationObject, client_data_hash: bytes) -> bool:
    """Return whether a device's statement about itself is signed, by its maker's certificate or its own key.

    False for one that says nothing, or of a form that cannot be judged.

    Raises:
        InvalidSignature: its signature, or that of a certificate it comes with, is wrong.
    """
    try:
        found = Attestation.for_type(statement.fmt)().verify(statement.att_stmt, statement.auth_data, client_data_hash)
        if found.trust_path:
            verify_x509_chain(found.trust_path)
    except (UnsupportedType, InvalidData, NotImplementedError):  # the last: ECDAA, which the standard dropped
        return False
    return found.attestation_type is not AttestationType.NONE


def to_keep(statement: AttestationObject, client_data: bytes) -> bytes:
    """Return the file that keeps a statement: canonical JSON of both parts in base64."""
    return canonical.dumps(
        {"attestation_object": base64_text(bytes(statement)), "client_data": base64_text(client_data)}
    )


def differing(content: bytes, told: Enrolment) -> Iterator[tuple[str, object, object]]:
    """Judge what was kept anew; yield what the ledger tells otherwise: (what, as kept, as told)."""
    try:
        kept: Mapping[str, Any] = canonical.loads(content)
        client_data = base64_bytes(kept["client_data"])
        client, statement = (
            CollectedClientData(client_data),
            AttestationObject(base64_bytes(kept["attestation_object"])),
        )
        data = statement.auth_data
        if data.credential_data is None:
            raise ValueError("it holds no credential")
        algorithm, key = key_from_cose(data.credential_data.public_key)
        holds = attested(statement, client.hash)
    except InvalidSignature:
        yield "the device's statement", "a wrong signature", "one that holds"
        return
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, KeyMaterialError) as problem:
        yield "the device's statement", f"unreadable ({type(problem).__name__}: {problem})", "one that can be read"
        return
    yield from (
        (what, found, said)
        for what, found, said in (
            ("format", statement.fmt, told.attestation),
            # What could not be judged then may be judged later; what held must go on to hold.
            ("attested", holds and told.attested, told.attested),
            ("credential", canonical.sha256(data.credential_data.credential_id), told.credential),
            ("algorithm", algorithm, told.algorithm),
            ("key", base64_text(key), told.public_key),
            ("device type", str(data.credential_data.aaguid), told.aaguid),
            ("host", data.rp_id_hash, sha256(told.rp_id.encode()).digest()),
            ("origin", client.origin, told.origin),
            ("synced", data.is_backup_eligible(), told.synced),
        )
        if found != said
    )


def words(told: Enrolment) -> tuple[str, str, str]:
    """Return what the ledger tells of a passkey's device: what it said of itself, where the key lives, its type."""
    if told.attested:
        said = f"what the device says of itself is signed ({told.attestation}); no maker's list was asked"
    elif told.attestation == "none":
        said = "the device says nothing of itself"
    else:
        said = f"the device says something of itself ({told.attestation}) that could not be judged"
    place = "may be synced to other devices of its holder" if told.synced else "bound to one device"
    return said, place, "device type not told" if told.aaguid == NO_TYPE else f"device type {told.aaguid}"
