"""The seal of a report: one PAdES signature over the whole PDF (ETSI EN 319 142-1, ISO 32000-2 §12.8), B-B or B-T.

A PDF signature leaves one gap: the bytes that hold the signature itself. Ours must be, byte for byte, what its parts
dictate (`proof.files.seal_cms`), so that no byte of the file can change unnoticed: upper-case hexadecimal, a CMS
in one shape, zeros to the end. Of the time stamp in a B-T seal the authority's own signature is the judge. Trust comes
from the keyring alone, never from a certification authority, and nothing goes on line.
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from governance.proof.files.seal_cms import SealError, check_cms, read_cms
from governance.proof.formats.keyring import KeyEntry

__all__ = ["Seal", "SealError", "check_seal", "unchanged"]

DEEPEST = 4
"""fields within fields of a form that are looked through"""
SUBFILTER = "/ETSI.CAdES.detached"

# What it says about a broken file is in the error; without a handler Python would print it to the terminal too.
logging.getLogger("pikepdf").addHandler(logging.NullHandler())


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
    covered, content = _signature(data)
    signed = read_cms(content)
    entry = _entry_of(signed.certificate, seals)
    unchanged(data, covered, signed.digest)
    first, length, second, rest = covered
    gap = data[length:second]
    if (first, second + rest) != (0, len(data)) or not 0 < length < second:
        raise SealError(f"the signature covers {covered}, expected ENTIRE_FILE of {len(data)}: bytes were added")
    # What the file calls the signature is what stands in the gap: nothing else in the file could be it, since the
    # digest that it signs is over all the rest.
    if gap[:1] + gap[-1:] != b"<>" or bytes.fromhex(gap[1:-1].decode("ascii")) != content:
        raise SealError("the bytes that hold the signature are not exactly its encoding and zeros: they were changed")
    check_cms(signed, gap[1:-1])
    return Seal(entry, signed.signature, signed.reply(), covered, signed.digest)


def _signature(data: bytes) -> tuple[tuple[int, int, int, int], bytes]:
    """Return what the one signature of a file covers, and its CMS as the file has it, with what pads it."""
    from io import BytesIO

    import pikepdf

    with pikepdf.open(BytesIO(data), attempt_recovery=False, suppress_warnings=True) as pdf:
        form = pdf.Root.get("/AcroForm", {})
        signatures = [field.V for field in _fields(form.get("/Fields", []), "", 0) if "/V" in field]
        if len(signatures) != 1:
            raise SealError(f"found {len(signatures)} signatures in the file, expected one")
        [signature] = signatures
        if (str(signature.Type), str(signature.SubFilter)) != ("/Sig", SUBFILTER):
            raise SealError(f"found a signature {signature.Type} {signature.SubFilter}, expected /Sig {SUBFILTER}")
        first, length, second, rest = (int(each) for each in signature.ByteRange)
        return (first, length, second, rest), bytes(signature.Contents)


def _fields(nodes: Any, inherited: str, depth: int) -> Iterator[Any]:
    """Yield the fields for signatures of a form, those within others too (ISO 32000-2 §12.7.4)."""
    for node in nodes:
        kind = str(node.get("/FT", inherited))
        if kind == "/Sig":
            yield node
        if "/Kids" in node:
            if depth == DEEPEST:
                raise SealError(f"found fields of a form more than {DEEPEST} deep")
            yield from _fields(node.Kids, kind, depth + 1)


def unchanged(data: bytes, covered: tuple[int, int, int, int], digest: bytes) -> None:
    """Return if what is covered of a file has the digest that was signed. Raises SealError: it changed."""
    whole, seen = hashlib.sha256(), memoryview(data)
    for start, length in (covered[:2], covered[2:]):
        whole.update(seen[start : start + length])
    if whole.digest() != digest:
        raise SealError("the file changed after it was sealed: its signature does not match")


def _entry_of(certificate: bytes, seals: Mapping[str, KeyEntry]) -> KeyEntry:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    for entry in seals.values():
        known = x509.load_pem_x509_certificate((entry.certificate or "").encode())
        if known.public_bytes(Encoding.DER) == certificate:
            return entry
    raise SealError("the file is sealed with a certificate that the keyring does not list as a seal at that time")
