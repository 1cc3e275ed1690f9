"""The seal: a PAdES signature (ETSI EN 319 142-1) over the whole file, with its own visible box on page one.

Its level is B-B or, with a time-stamp authority, B-T.

The seal says which installation made the file and that no byte changed since. It is not a sign-off: those are the
signatures printed in the report and carried by the evidence.
"""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from pyhanko.keys.pemder import load_certs_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, Margins, SimpleBoxLayoutRule
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers import Signer as CmsSigner
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from governance.proof.files.seal_cms import lower
from governance.proof.formats.keyring import certified_key
from governance.proof.formats.keys import Signer, public_key
from governance.reports import style
from governance.reports.stamp import draw_stamp

FIELD = "CountersignSeal"
LONGEST = 72  # bytes of an ECDSA signature on P-256 in DER (RFC 3279 §2.2.3)


class _Key(CmsSigner):
    """pyHanko's view of the seal key, wherever it is: it asks our signer for each signature."""

    def __init__(self, signer: Signer, certificate_pem: bytes) -> None:
        super().__init__(
            signing_cert=next(iter(load_certs_from_pemder_data(certificate_pem))),
            cert_registry=SimpleCertificateStore(),
        )
        self._ours = signer

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """Return ECDSA with SHA-256 over `data`, in DER; a dry run only asks how much room it needs."""
        return bytes(LONGEST) if dry_run else lower(bytes.fromhex(self._ours.sign(data).signature))


class _Sealer(PdfSigner):
    """A signer that states the time it is given, so that seal, ledger and page agree."""

    def __init__(self, at: datetime, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self._at = at

    def init_signing_session(self, *args: Any, **keywords: Any) -> Any:
        session = super().init_signing_session(*args, **keywords)
        session.system_time = self._at
        return session


def seal(
    pdf: bytes,
    signer: Signer,
    certificate_pem: bytes,
    *,
    name: str,
    reason: str,
    at: datetime,
    stamper: TimeStamper | None = None,
) -> bytes:
    """The file with the seal added; it certifies the file, so that any later change is reported as one.

    `stamper` has an authority state the time inside the seal. `name` is printed and stated as the signer's; `at` must
    have a zone. Raises ValueError when key and certificate do not belong together or the key is not P-256 (stock tools
    do not all know other curves).
    """
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone: found {at.isoformat()}, expected an aware datetime (UTC)")
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    _check(signer, certificate_pem)
    field = SigFieldSpec(FIELD, on_page=0, box=style.SEAL_BOX)
    metadata = PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", name=name, reason=reason, subfilter=SigSeedSubFilter.PADES,
        certify=True, docmdp_permissions=MDPPerm.NO_CHANGES,
    )  # fmt: skip
    with TemporaryDirectory(prefix="seal-") as folder:
        # pyHanko imports a page as the field's look by file name only.
        stamp = Path(folder) / "stamp.pdf"
        stamp.write_bytes(_stamp(certificate, name, reason, at))
        look = StaticStampStyle.from_pdf_file(
            str(stamp),
            border_width=0,
            background_opacity=1.0,
            background_layout=SimpleBoxLayoutRule(
                x_align=AxisAlignment.ALIGN_MID, y_align=AxisAlignment.ALIGN_MID, margins=Margins.uniform(0)
            ),
        )
        sealer = _Sealer(
            at.astimezone(UTC), metadata, signer=_Key(signer, certificate_pem), stamp_style=look, new_field_spec=field,
            timestamper=stamper,
        )  # fmt: skip
        sealed: BytesIO = sealer.sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)))
    return sealed.getvalue()


def _stamp(certificate: x509.Certificate, name: str, reason: str, at: datetime) -> bytes:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    common = str(names[0].value) if names else certificate.subject.rfc4514_string()
    return draw_stamp(
        name=name, reason=reason, at=at, certificate=common, fingerprint=certificate.fingerprint(SHA256())
    )


def _check(signer: Signer, certificate_pem: bytes) -> None:
    key = public_key(signer)
    if key.algorithm != "ecdsa-p256":
        raise ValueError(f"the seal key must be P-256: found {key.algorithm}; make one for the purpose 'seal'")
    if certified_key(certificate_pem.decode()) != key:
        raise ValueError("the seal certificate is for another key: expected that of the key given; issue it again")
