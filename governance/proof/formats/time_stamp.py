"""Time stamps (RFC 3161): an authority signed that it saw some bytes, by their digest, at its time.

A stamp is worth what its authority's word is worth, so it is checked against a root certificate that the reader got
from the authority. Its certificates need only have been valid at the time that the stamp states.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.x509 import Certificate, NameOID, load_der_x509_certificate, load_pem_x509_certificates

# Digests that an imprint may be of (RFC 5754 §2.2 to §2.4).
_HASHES = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}


class TimeStampError(Exception):
    """The time stamp is none, is over other bytes, or is not by an authority that is trusted here."""


@dataclass(frozen=True)
class Stamp:
    """What a time stamp says: the authority's name, as the certificate it signed with has it, and its time."""

    authority: str
    time: datetime

    def __str__(self) -> str:
        return f"{self.authority} at {self.time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def roots_of(pem: bytes) -> tuple[Certificate, ...]:
    """Return the root certificates in a PEM file; raises ValueError when there is none."""
    return tuple(load_pem_x509_certificates(pem))


def read(reply: bytes, content: bytes) -> Stamp:
    """Return what an authority's reply (DER, RFC 3161 §2.4.2) *claims* of exactly these bytes; nobody vouches for it.

    Raises:
        TimeStampError: it is no granted reply, or is over other bytes.
    """
    return _read(reply, content)[1]


def verify(reply: bytes, content: bytes, roots: Sequence[Certificate], *, nonce: int | None = None) -> Stamp:
    """Return what a reply says of exactly these bytes, by an authority whose certificates lead to one of `roots`.

    With `nonce` it must answer the query that had this number (RFC 3161 §2.4.1).

    Raises:
        TimeStampError: it does not hold.
    """
    from rfc3161_client import VerifierBuilder

    decoded, stamp = _read(reply, content)
    try:
        VerifierBuilder(roots=list(roots), nonce=nonce).build().verify_message(decoded, content)
    except Exception as error:  # see _read
        raise TimeStampError(f"the time stamp by {stamp} does not hold: {error}") from error
    return stamp


def _read(content: bytes, over: bytes) -> tuple[Any, Stamp]:
    """Return the decoded reply, and what it claims of the bytes it must be over."""
    from rfc3161_client import decode_timestamp_response

    try:
        reply = decode_timestamp_response(content)
        imprint = reply.tst_info.message_imprint
        name = _HASHES.get(imprint.hash_algorithm.dotted_string, "")
        stamp = Stamp(_authority(reply.signed_data), reply.tst_info.gen_time)
    # The bytes are hostile until their signature holds, and parsers fail on hostile bytes in ways of their own.
    except Exception as error:
        raise TimeStampError(f"found no time stamp (RFC 3161) that can be read: {error}") from error
    if not name or hashlib.new(name, over).digest() != imprint.message:
        raise TimeStampError(f"the time stamp by {stamp} does not hold: it is over other bytes than these")
    return reply, stamp


def _authority(signed: Any) -> str:
    """Return the common name, or else the whole subject, of the certificate that the reply was signed with."""
    signers = {(signer.issuer, signer.serial_number) for signer in signed.signer_infos}
    for certificate in map(load_der_x509_certificate, signed.certificates):
        if (certificate.issuer, certificate.serial_number) in signers:
            named = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            return str(named[0].value) if named else certificate.subject.rfc4514_string()
    return "an authority that does not name itself"
