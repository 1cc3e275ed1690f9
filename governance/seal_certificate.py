"""The self-signed certificate that names the seal's key inside PDF signatures.

Trust in a seal comes from the keyring, not from this certificate: it carries the key in the form PDF readers want.
"""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from governance.proof.formats.keys import KeyMaterialError, Signer, public_key

VALID_DAYS = 3650


def make_seal_certificate(signer: Signer, organisation: str, *, demo: bool) -> str:
    """Return a PEM certificate for the P-256 seal key of `signer`, its name saying so when it is a demo's.

    The extended key usage includes e-mail protection, without which common PDF readers refuse document signatures.

    Raises:
        KeyMaterialError: the key is not on P-256, or its signer does not sign.
    """
    public = public_key(signer)
    key = load_pem_public_key(public.spki_pem.encode())
    if not isinstance(key, EllipticCurvePublicKey):
        raise KeyMaterialError(f"found an {public.algorithm} key, expected a P-256 key for the seal")
    label = "Countersign report seal (DEMO, not for production)" if demo else "Countersign report seal"
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, label),
        ]
    )
    now = datetime.now(UTC).replace(microsecond=0)
    unsigned = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION, x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")]),
            critical=False,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
    return _signed(unsigned, signer)


def _signed(unsigned: x509.CertificateBuilder, signer: Signer) -> str:
    """Return the certificate in PEM, signed where the key is.

    The library signs only with keys in memory. So a throw-away key gives the certificate its form, and the signer signs
    the part that is signed, which does not depend on that key (RFC 5280 §4.1.1).
    """
    from asn1crypto import core, pem
    from asn1crypto import x509 as asn1

    form = unsigned.sign(generate_private_key(SECP256R1()), hashes.SHA256())
    tbs = form.tbs_certificate_bytes
    certificate = asn1.Certificate(
        {
            "tbs_certificate": asn1.TbsCertificate.load(tbs),
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature_value": core.OctetBitString(bytes.fromhex(signer.sign(tbs).signature)),
        }
    )
    armoured: bytes = pem.armor("CERTIFICATE", certificate.dump())
    return armoured.decode()
