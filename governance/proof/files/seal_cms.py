"""The CMS (RFC 5652) that a seal consists of: of one shape, byte for byte, so that nothing in it can change unnoticed.

Everything in it follows from the certificate and the digest of what is sealed, but for the signature itself and what an
authority may have stamped on it. So it is made again from these, and only then is the signature checked.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from asn1crypto import algos, cms, core, tsp, x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_der_x509_certificate

from governance.proof.formats import time_stamp
from governance.proof.formats.time_stamp import TimeStampError

# The order n of the group P-256 (NIST SP 800-186 §3.2.1.3).
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class SealError(Exception):
    """The file is not sealed as a report must be, or no longer is."""


@dataclass(frozen=True)
class Signed:
    """What a seal's CMS says, none of it checked: certificate (DER), digest of the file, signature, time stamp.

    `stamp` is a token (CMS, RFC 3161 §2.4.2) of a B-T seal, in DER; None of a B-B seal.
    """

    certificate: bytes
    digest: bytes
    signature: bytes
    stamp: bytes | None

    def reply(self) -> bytes | None:
        """Return the time stamp as the reply of an authority (DER, RFC 3161 §2.4.2)."""
        if self.stamp is None:
            return None
        token = cms.ContentInfo.load(self.stamp)
        encoded: bytes = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()
        return encoded


def read_cms(content: bytes) -> Signed:
    """Return what a CMS says. Raises SealError, or whatever its parser does: no seal could consist of it."""
    signed = cms.ContentInfo.load(content)["content"]
    for name, what in (("signer_infos", "signers"), ("certificates", "certificates")):
        if len(signed[name]) != 1:
            detail = "the bytes that hold the signature are not exactly its encoding and zeros"
            raise SealError(f"found {len(signed[name])} {what}, expected one: {detail}")
    [signer] = signed["signer_infos"]
    [certificate] = signed["certificates"]
    # The digest of the file (§11.2).
    [found] = [each["values"] for each in signer["signed_attrs"] if each["type"].native == "message_digest"]
    [digest] = found
    return Signed(certificate.chosen.dump(), digest.native, signer["signature"].native, _time_stamp(signer))


def check_cms(signed: Signed, room: bytes) -> None:
    """Return if the signature is right, and `room`, the bytes between < and > that hold it, could not be others.

    Raises:
        SealError: it is not; or they could.
    """
    expected, over = _expected(signed)
    key = load_der_x509_certificate(signed.certificate).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise SealError("the seal is by a key that is not of the curve P-256")
    try:
        key.verify(signed.signature, over, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise SealError("the file changed after it was sealed: its signature does not match") from None
    reply = signed.reply()
    if reply is not None and signed.stamp is not None:
        _check_stamp(signed.stamp, reply, signed.signature)
    if room != expected.hex().upper().encode().ljust(len(room), b"0"):
        raise SealError("the bytes that hold the signature are not exactly its encoding and zeros: they were changed")
    if signed.signature != lower(signed.signature):
        raise SealError("the signature is spelt in another way than seals are: anybody can respell one, nobody need")


def lower(signature: bytes) -> bytes:
    """Return the one of two spellings of an ECDSA signature on P-256 (DER, RFC 3279 §2.2.3) that seals have.

    With (r, s) always (r, n - s) is right, too (SEC 1 §4.1.4), and anybody can make the one of the other without a key.
    """
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, min(s, _ORDER - s))


def _time_stamp(signer: Any) -> bytes | None:
    """Return the time-stamp token of a B-T seal; None of a B-B seal."""
    attributes = _unsigned(signer)
    if not attributes:
        return None
    if [each["type"].native for each in attributes] != ["signature_time_stamp_token"]:
        raise SealError("the seal carries something besides one time stamp")
    [token] = attributes[0]["values"]
    encoded: bytes = token.dump()
    return encoded


def _unsigned(signer: Any) -> Any:
    """Return the unsigned attributes, read anew; none where there are none. Raises SealError: they are not DER.

    asn1crypto encodes again, part by part, whatever was looked into. That takes seconds for a time stamp.
    """
    found = signer["unsigned_attrs"]
    if isinstance(found, core.Void):
        return []
    encoded = b"\x31" + found.dump()[1:]  # SET, in place of the field's own tag (X.690 §8.14)
    if not _definite(encoded):
        raise SealError("the time stamp in the seal is not encoded as DER has it: with the shortest definite lengths")
    return cms.CMSAttributes.load(encoded)


def _definite(data: bytes) -> bool:
    """Return whether every element in `data` says its length in the one way that DER allows (X.690 §10.1)."""
    at = 0
    while at < len(data):
        length, start = data[at + 1], at + 2
        if length >= 0x80:
            digits = data[start : start + length - 0x80]
            length, start = int.from_bytes(digits), start + len(digits)
            if not digits or digits[0] == 0 or length < 0x80:
                return False
        end = start + length
        nested = bool(data[at] & 0x20)  # constructed (X.690 §8.1.2.5)
        if data[at] & 0x1F == 0x1F or end > len(data) or (nested and not _definite(data[start:end])):
            return False
        at = end
    return True


def _check_stamp(token: bytes, reply: bytes, signature: bytes) -> None:
    """Return if a time stamp is whole and over a signature. Raises SealError: it is not.

    Whether its authority is one to believe is asked later, with the reader's own certificate.
    """
    signed = cms.ContentInfo.load(token)["content"]
    [signer] = signed["signer_infos"]
    [found] = [each["values"] for each in signer["signed_attrs"] if each["type"].native == "message_digest"]
    [digest] = found
    said = bytes(signed["encap_content_info"]["content"])
    try:
        time_stamp.read(reply, signature)
        whole = hashlib.new(signer["digest_algorithm"]["algorithm"].native, said).digest() == digest.native
    except TimeStampError:
        whole = False
    if not whole:
        raise SealError("the time stamp in the seal is over another signature, or was changed")


def _expected(said: Signed) -> tuple[bytes, bytes]:
    """Return the DER of the CMS that a seal consists of, and the part of it that is signed (§5.4).

    Signed are the type of what is sealed, its digest, and the digest and name of the certificate (RFC 5035 §3), as
    PAdES has it (ETSI EN 319 142-1 §6.3).
    """
    certificate = x509.Certificate.load(said.certificate)
    issuer, serial = certificate.issuer, certificate.serial_number
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
    named = tsp.ESSCertIDv2(
        {
            "cert_hash": hashlib.sha256(said.certificate).digest(),
            "issuer_serial": {"issuer": [x509.GeneralName("directory_name", issuer)], "serial_number": serial},
        }
    )
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["data"]},
            {"type": "message_digest", "values": [said.digest]},
            {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2({"certs": [named]})]},
        ]
    )
    signer = {
        "version": "v1",
        "sid": {"issuer_and_serial_number": {"issuer": issuer, "serial_number": serial}},
        "digest_algorithm": sha256,
        "signed_attrs": attributes,
        "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
        "signature": said.signature,
    }
    if said.stamp is not None:
        token = cms.ContentInfo.load(said.stamp)
        signer["unsigned_attrs"] = cms.CMSAttributes([{"type": "signature_time_stamp_token", "values": [token]}])
    content = {
        "version": "v1",
        "digest_algorithms": [sha256],
        "encap_content_info": {"content_type": "data"},
        "certificates": [certificate],
        "signer_infos": [signer],
    }
    encoded: bytes = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(content)}).dump()
    return encoded, attributes.dump()
