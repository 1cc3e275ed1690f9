"""The seal of a report: one PAdES signature over the whole PDF (ETSI EN 319 142-1, ISO 32000-2 §12.8), B-B or B-T.

A PDF signature leaves one gap: the bytes that hold the signature itself. Ours must be, byte for byte, what its parts
dictate, so that no byte of the file can change unnoticed: upper-case hexadecimal, a CMS in the one shape below, zeros
to the end. Of the time stamp in a B-T seal the authority's own signature is the judge. pyHanko decides whether the
signature is right; trust comes from the keyring alone, never from a certification authority, and nothing goes on line.
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from governance.proof.keyring import KeyEntry

# The order n of the group P-256 (NIST SP 800-186 §3.2.1.3).
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

# What these say about a broken file is in the error; without a handler Python would print it to the terminal too.
for _library in ("pyhanko", "pyhanko_certvalidator", "pikepdf"):
    logging.getLogger(_library).addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Seal:
    """A seal that holds: its key and, of a B-T seal, the time stamp over the signature as RFC 3161 replies are.

    `covered` is what of the file was signed, as a PDF says it (start and length, twice), and `digest` its SHA-256.
    """

    entry: KeyEntry
    signature: bytes
    stamp: bytes | None
    covered: tuple[int, int, int, int]
    digest: bytes


class SealError(Exception):
    """The file is not sealed as a report must be, or no longer is."""


def check_seal(data: bytes, seals: Mapping[str, KeyEntry]) -> Seal:
    """Return the seal, by a key of `seals` (by key id), whose signature covers all of the PDF `data`.

    Raises:
        SealError: no signature or several, one that leaves bytes uncovered, is wrong, is by another certificate, or is
            not encoded in exactly the expected bytes. Anything a broken PDF makes the parser raise becomes one too.
    """
    try:
        return _check(data, seals)
    except SealError:
        raise
    # The file is hostile until its seal holds, and parsers fail on hostile files in ways of their own.
    except Exception as error:
        raise SealError(f"the sealed PDF cannot be parsed ({type(error).__name__}: {error})") from error


def _check(data: bytes, seals: Mapping[str, KeyEntry]) -> Seal:
    from io import BytesIO

    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    signatures = list(PdfFileReader(BytesIO(data)).embedded_signatures)
    if len(signatures) != 1:
        raise SealError(f"found {len(signatures)} signatures in the file, expected one")
    [signature] = signatures
    certificate = signature.signer_cert
    entry = _entry_of(certificate.dump(), seals)
    context = ValidationContext(trust_roots=[certificate], allow_fetching=False)
    # Whether the stamp's authority is one to believe is asked later, with the reader's own certificate.
    [signer] = signature.signed_data["signer_infos"]
    token = _time_stamp(signer)
    told = ValidationContext(trust_roots=_certificates(token), allow_fetching=False)
    first, length, second, rest = (int(each) for each in signature.byte_range)
    covered, digest = (first, length, second, rest), _digest_in(signer)
    unchanged(data, covered, digest)
    status = validate_pdf_signature(signature, context, told)
    if not (status.intact and status.valid):
        raise SealError("the file changed after it was sealed: its signature does not match")
    if status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        raise SealError(f"the signature covers {status.coverage.name}, expected ENTIRE_FILE: bytes were added")
    if token is not None and not (status.timestamp_validity and status.timestamp_validity.intact):
        raise SealError("the time stamp in the seal is over another signature, or was changed")
    _check_gap(data, list(signature.byte_range), signature.signed_data, certificate)
    return Seal(entry, signer["signature"].native, _reply(token), covered, digest)


def unchanged(data: bytes, covered: tuple[int, int, int, int], digest: bytes) -> None:
    """Return if what is covered of a file has the digest that was signed. Raises SealError: it changed."""
    whole, seen = hashlib.sha256(), memoryview(data)
    for start, length in (covered[:2], covered[2:]):
        whole.update(seen[start : start + length])
    if whole.digest() != digest:
        raise SealError("the file changed after it was sealed: its signature does not match")


def _digest_in(signer: Any) -> bytes:
    """Return the digest of the file that a signature is over (RFC 5652 §11.2)."""
    [found] = [each["values"] for each in signer["signed_attrs"] if each["type"].native == "message_digest"]
    [digest] = found
    value: bytes = digest.native
    return value


def _time_stamp(signer: Any) -> Any:
    """Return the time-stamp token (CMS) of a B-T seal; None of a B-B seal."""
    attributes = _unsigned(signer)
    if not attributes:
        return None
    if [each["type"].native for each in attributes] != ["signature_time_stamp_token"]:
        raise SealError("the seal carries something besides one time stamp")
    [token] = attributes[0]["values"]
    return token


def _unsigned(signer: Any) -> Any:
    """Return the unsigned attributes, read anew; none where there are none. Raises SealError: they are not DER.

    asn1crypto encodes again, part by part, whatever was looked into. That takes seconds for a time stamp.
    """
    from asn1crypto import cms, core

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


def _certificates(token: Any) -> list[Any]:
    """Return the certificates that a time stamp carries; none where there is no stamp."""
    return [] if token is None else [each.chosen for each in token["content"]["certificates"]]


def _reply(token: Any) -> bytes | None:
    """Return a time-stamp token as the reply of an authority (DER, RFC 3161 §2.4.2)."""
    from asn1crypto import tsp

    if token is None:
        return None
    encoded: bytes = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()
    return encoded


def _entry_of(certificate: bytes, seals: Mapping[str, KeyEntry]) -> KeyEntry:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    for entry in seals.values():
        known = x509.load_pem_x509_certificate((entry.certificate or "").encode())
        if known.public_bytes(Encoding.DER) == certificate:
            return entry
    raise SealError("the file is sealed with a certificate that the keyring does not list as a seal at that time")


def _check_gap(data: bytes, byte_range: list[int], signed: Any, certificate: Any) -> None:
    """Compare the bytes outside the signature's own coverage with the only ones that its parts allow."""
    start, end = byte_range[1], byte_range[2]
    gap = data[start:end]
    expected = _expected_cms(signed, certificate).hex().upper().encode()
    if gap != b"<" + expected.ljust(len(gap) - 2, b"0") + b">":
        raise SealError("the bytes that hold the signature are not exactly its encoding and zeros: they were changed")
    signature: bytes = signed["signer_infos"][0]["signature"].native
    if signature != lower(signature):
        raise SealError("the signature is spelt in another way than seals are: anybody can respell one, nobody need")


def lower(signature: bytes) -> bytes:
    """Return the one of two spellings of an ECDSA signature on P-256 (DER, RFC 3279 §2.2.3) that seals have.

    With (r, s) always (r, n - s) is right, too (SEC 1 §4.1.4), and anybody can make the one of the other without a key.
    """
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, min(s, _ORDER - s))


def _expected_cms(signed: Any, certificate: Any) -> bytes:
    """Return the DER of the CMS (RFC 5652) that a seal consists of, given its attributes and signature."""
    from asn1crypto import algos, cms

    if len(signed["signer_infos"]) != 1:
        raise SealError(f"found {len(signed['signer_infos'])} signers, expected one")
    [signer] = signed["signer_infos"]
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
    signer_info = {
        "version": "v1",
        "sid": {
            "issuer_and_serial_number": {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
        },
        "digest_algorithm": sha256,
        "signed_attrs": signer["signed_attrs"],
        "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
        "signature": signer["signature"].native,
    }
    if attributes := _unsigned(signer):
        signer_info["unsigned_attrs"] = attributes
    content = {
        "version": "v1",
        "digest_algorithms": [sha256],
        "encap_content_info": {"content_type": "data"},
        "certificates": [certificate],
        "signer_infos": [signer_info],
    }
    encoded: bytes = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(content)}).dump()
    return encoded
